"""Figures of what was learned: how many of some were found, by what, and written so as to be read.

Comes in: which of some were told. Goes out: counts for the files of figures. Needs no PyTorch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray


class Found(Struct, frozen=True):
    """How many of some were told."""

    k: int
    n: int


def found(yes: Sequence[bool] | NDArray[np.bool_]) -> Found:
    """Return how many of `yes` (n,) are true."""
    return Found(int(np.sum(yes)), len(yes))


def found_by(names: NDArray[np.str_], yes: NDArray[np.bool_]) -> dict[str, Found]:
    """Return how many of `yes` (n,) are true, by `names` (n,)."""
    return {str(each): found(yes[names == each]) for each in np.unique(names)}


def found_by_band(
    values: NDArray[np.floating], yes: NDArray[np.bool_], bands: Iterable[tuple[int, int]]
) -> dict[str, Found]:
    """Return how many of `yes` (n,) are true, by the band, [low, high), of `values` (n,)."""
    return {
        f"{low} to {high}": found(yes[(values >= low) & (values < high)]) for low, high in bands
    }


def write_json(path: Path, value: Struct) -> None:
    """Write a struct as JSON that can be read."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")
