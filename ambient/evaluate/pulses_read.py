"""Recorded pulse waves of a folder: a manifest in, each wave with its rate out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np

from ambient.errors import UsageError
from ambient.evaluate import labelled
from ambient.evaluate.pulses import Floats

PULSE: Final = "ppg"


def read(folder: Path, errors: dict[str, str]) -> dict[str, tuple[Floats, float]]:
    """Return the pulse waves of a folder, each with its rate in hertz, in the manifest's order.

    Rows of ``manifest.csv`` whose column ``sensors`` says ppg are such. A file has a line for each
    sample, the value last; where a time stands before it (ms, or date and time) it says the rate,
    else the column ``rate_hz`` does.

    Parameters
    ----------
    folder
        With ``manifest.csv``.
    errors
        What cannot be read is added, by file.

    Raises
    ------
    UsageError
        The manifest cannot be understood, or names no pulse wave that can be read.
    """
    out = {}
    manifest = folder / "manifest.csv"
    for _, row in labelled.rows(manifest, ("file", "sensors"), "point to the folder vitals"):
        if row["sensors"].strip().lower() != PULSE:
            continue
        path = folder / row["file"]
        try:
            out[row["file"]] = _wave(path.read_text("utf-8-sig"), row.get("rate_hz") or "")
        except (OSError, ValueError, IndexError, ZeroDivisionError) as error:
            why = getattr(error, "strerror", None) or error
            errors[row["file"]] = f"{path}: expected a pulse wave, cannot read it ({why})"
    if not out:
        why = next(iter(errors.values()), f"no row says {PULSE} in its column sensors")
        raise UsageError(f"{manifest}: expected a pulse wave at least, got none: {why}")
    return out


def _wave(text: str, rate_hz: str) -> tuple[Floats, float]:
    rows = [line.split(",") for line in text.splitlines() if line and line[0] in "-.0123456789"]
    wave = np.array([float(row[-1]) for row in rows])
    rate = _rate([row[0] for row in rows]) if len(rows[0]) > 1 else float(rate_hz)
    if not (np.isfinite(wave).all() and 1.0 <= rate <= 10_000.0):
        raise ValueError(f"expected numbers at 1 to 10000 Hz, got {rate:g} Hz")
    return wave, rate


def _rate(stamps: Sequence[str]) -> float:
    def seconds(stamp: str) -> float:
        if "-" in stamp:
            return datetime.fromisoformat(stamp).timestamp()
        return float(stamp) / 1000.0

    return (len(stamps) - 1) / (seconds(stamps[-1]) - seconds(stamps[0]))
