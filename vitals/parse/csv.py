"""Readings in a table, for researchers and for replay.

Comes in: lines of a CSV file whose first line names its columns. Goes out: one reading, or
`Refused` by name, for each line. Two tables are known by their columns:

- values: ``t,device,code,value,unit`` and, if wanted, ``number,quality,doubts``. ``t`` is RFC 3339
  or whole nanoseconds since the Unix epoch, empty where unknown. ``code`` is a LOINC code;
  ``sensor:door`` (and the other kinds) with the value 0 or 1; ``worn`` with 0 or 1; ``battery``
  with 0 to 1; or ``rr`` with the value in the unit ``s`` or ``ms``. Spaces part ``doubts``.
- acceleration: ``t,device,x,y,z`` in g, one row a sample, and, if wanted, ``wear``. Rows of one
  device are put together to batches, whose rate is that of their times.

Commas part the columns and points the decimals, as RFC 4180 has it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from ambient.observations import Doubt, SensorKind, Wear
from vitals.parse import samples
from vitals.parse.instants import LARGEST, nanoseconds
from vitals.parse.words import plain
from vitals.readings import AnyReading, Refused, SensorRead, ValueRead, WearRead

VALUES: Final = ("t", "device", "code", "value", "unit")
VALUES_MORE: Final = ("number", "quality", "doubts")
ACCELERATION: Final = ("t", "device", "x", "y", "z")
ACCELERATION_MORE: Final = ("wear",)
MAX_LINE: Final = 2_000
BATCH: Final = 1_000
"""Rows of acceleration that are put together."""
GAP_S: Final = 1.0
"""A pause of the sensor; the batch before it ends there."""

_SENSOR: Final = "sensor:"


def parse(lines: Iterable[str]) -> Iterator[AnyReading | Refused]:
    """Return the readings of a table, line by line.

    Parameters
    ----------
    lines
        Of the file, its heading first. Lines are looked at one at a time: a file may be longer
        than the memory.
    """
    given = iter(lines)
    heading = next(given, "").lstrip("\ufeff").strip()
    columns = tuple(name.strip().lower() for name in heading.split(","))
    if _is(columns, VALUES, VALUES_MORE):
        yield from _values(columns, given)
    elif _is(columns, ACCELERATION, ACCELERATION_MORE):
        yield from _accelerations(columns, given)
    else:
        yield Refused(
            f"columns {plain(heading)}",
            f"expected {','.join(VALUES)} or {','.join(ACCELERATION)}, parted by commas",
        )


def _is(columns: tuple[str, ...], needed: tuple[str, ...], more: tuple[str, ...]) -> bool:
    return set(needed) <= set(columns) <= {*needed, *more} and len(set(columns)) == len(columns)


def _rows(
    columns: tuple[str, ...], lines: Iterator[str]
) -> Iterator[tuple[int, Mapping[str, str] | Refused]]:
    """Return each row with its line number; empty lines are passed over."""
    for number, line in enumerate(lines, start=2):
        if not line.strip():
            continue
        where = f"line {number}: expected"
        if len(line) > MAX_LINE:
            yield number, Refused("row", f"{where} at most {MAX_LINE} characters")
            continue
        try:
            cells = next(csv.reader([line], strict=True))
        except (csv.Error, StopIteration):
            yield number, Refused("row", f"{where} cells parted by commas")
            continue
        if len(cells) != len(columns):
            yield number, Refused("row", f"{where} {len(columns)} cells, got {len(cells)}")
            continue
        yield number, dict(zip(columns, (cell.strip() for cell in cells), strict=True))


def _values(columns: tuple[str, ...], lines: Iterator[str]) -> Iterator[AnyReading | Refused]:
    for number, row in _rows(columns, lines):
        if isinstance(row, Refused):
            yield row
            continue
        try:
            yield _value(row)
        except ValueError as error:
            yield Refused("row", plain(f"line {number}: {error}"))


def _value(row: Mapping[str, str]) -> AnyReading | Refused:
    device, code, t = _device(row), row["code"], _time(row["t"])
    value = _number(row["value"], "value")
    count = row.get("number") or None
    number = None if count is None else _count(count)
    if code.startswith(_SENSOR):
        kind = SensorKind(code.removeprefix(_SENSOR))
        return SensorRead(device=device, t=t, number=number, kind=kind, on=_bool(value))
    match code:
        case "worn":
            return WearRead(device=device, t=t, number=number, worn=_bool(value))
        case "battery":
            if not 0 <= value <= 1:
                raise ValueError(f"expected a battery from 0 to 1, got {value:g}")
            return WearRead(device=device, t=t, number=number, battery=value)
        case "rr":
            if row["unit"] not in ("s", "ms"):
                raise ValueError("expected the unit s or ms for rr")
            seconds = value / 1000 if row["unit"] == "ms" else value
            return samples.intervals(device, [seconds], t=t, number=number)
    quality = _number(row.get("quality") or "1", "quality")
    if not 0 <= quality <= 1:
        raise ValueError(f"expected a quality from 0 to 1, got {quality:g}")
    return ValueRead(
        device=device,
        t=t,
        number=number,
        code=code,
        value=value,
        unit=row["unit"],
        doubts=tuple(Doubt(word) for word in (row.get("doubts") or "").split()),
        quality=quality,
    )


@dataclass
class _Batch:
    """Rows of one device that wait to be put together."""

    wear: Wear
    times: list[int] = field(default_factory=list)
    rows: list[tuple[float, float, float]] = field(default_factory=list)


def _accelerations(
    columns: tuple[str, ...], lines: Iterator[str]
) -> Iterator[AnyReading | Refused]:
    waiting: dict[str, _Batch] = {}
    for number, row in _rows(columns, lines):
        if isinstance(row, Refused):
            yield row
            continue
        try:
            device, t = _device(row), _time(row["t"])
            if t is None:
                raise ValueError("expected a time for a sample, got nothing")
            x, y, z = (_number(row[axis], axis) for axis in "xyz")
            wear = Wear(row.get("wear") or Wear.ELSEWHERE)
        except ValueError as error:
            yield Refused("row", plain(f"line {number}: {error}"))
            continue
        batch = waiting.get(device)
        if batch is not None and _ends(batch, t, wear):
            yield _together(device, batch)
            batch = None
        if batch is None:
            batch = waiting[device] = _Batch(wear)
        batch.times.append(t)
        batch.rows.append((x, y, z))
    for device, batch in waiting.items():
        yield _together(device, batch)


def _ends(batch: _Batch, t: int, wear: Wear) -> bool:
    pause_s = (t - batch.times[-1]) / 1e9
    return len(batch.times) >= BATCH or not 0 <= pause_s <= GAP_S or wear is not batch.wear


def _together(device: str, batch: _Batch) -> AnyReading | Refused:
    span = batch.times[-1] - batch.times[0]
    if span <= 0:
        return Refused("acceleration", "expected at least two samples at different times")
    rate = (len(batch.times) - 1) * 1e9 / span
    return samples.acceleration(device, batch.rows, rate=rate, wear=batch.wear, t=batch.times[-1])


def _device(row: Mapping[str, str]) -> str:
    device = row["device"]
    if not 1 <= len(device) <= 200:
        raise ValueError("expected a device of 1 to 200 characters")
    return device


def _time(text: str) -> int | None:
    if not text:
        return None
    if text.lstrip("-").isascii() and text.lstrip("-").isdigit():
        t = int(text) if len(text) <= 20 else LARGEST + 1
        if abs(t) > LARGEST:
            raise ValueError("expected nanoseconds that 64 bits hold")
        return t
    return nanoseconds(text)


def _number(text: str, name: str) -> float:
    try:
        value = float(text) if text.isascii() and "_" not in text else float("nan")
    except ValueError:
        value = float("nan")
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError(f"expected a finite number for {name}, got {text!r}")
    return value


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and int(text) <= LARGEST):
        raise ValueError(f"expected a whole number that 64 bits hold, got {text!r}")
    return int(text)


def _bool(value: float) -> bool:
    if value not in (0.0, 1.0):
        raise ValueError(f"expected 0 or 1, got {value:g}")
    return value == 1.0
