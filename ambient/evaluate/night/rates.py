"""The table behind the night of a station: ``rates.toml`` in, measured rates and habits out.

A rate carries its interval and the command that printed it; one without a value was not measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from ambient.errors import ModelError

FILE: Final = "rates.toml"
HOURS: Final = 9.5
"""Of a night, 21:00 to 06:30."""
DAY_H: Final = 24.0

Count = Annotated[float, Meta(ge=0)]


class Level(StrEnum):
    """Which end of the intervals of all measured rates is taken."""

    LOW = "low"
    MIDDLE = "middle"
    HIGH = "high"


class Per(StrEnum):
    """What a rate counts over."""

    ROOM_DAY = "room-day"
    ROOM_NIGHT = "room-night"
    BED_NIGHT = "bed-night"
    ACT = "act"
    """Something that a wearer does with the hands, or walks for some seconds."""
    TIME = "time"
    """A share of the times that something happens."""


class Rate(Struct, frozen=True, forbid_unknown_fields=True):
    """One measured rate.

    Attributes
    ----------
    value, low, high
        With the ends of its 95 % interval; None when nobody has measured it.
    goal
        What it is meant to be at most; never taken for a measurement.
    """

    what: str
    per: Per
    source: str
    value: Count | None = None
    low: Count | None = None
    high: Count | None = None
    goal: Count | None = None

    @property
    def measured(self) -> bool:
        """Whether there is a figure."""
        return self.value is not None

    def at(self, level: Level) -> float:
        """Return the rate at one end of its interval; 0 where it was not measured."""
        found = {Level.LOW: self.low, Level.MIDDLE: self.value, Level.HIGH: self.high}[level]
        return 0.0 if found is None else found


class Habit(Struct, frozen=True, forbid_unknown_fields=True):
    """One assumption, and why."""

    value: Count
    what: str
    source: str


class Table(Struct, frozen=True, forbid_unknown_fields=True):
    """All of it."""

    rates: dict[str, Rate]
    habits: dict[str, Habit]

    def habit(self, name: str) -> float:
        """Return the value of a habit."""
        return self.habits[name].value

    def night(self, name: str, level: Level) -> float:
        """Return how often it happens in a night, of a room, a bed or a resident.

        Rates per day are shared out evenly over the hours.
        """
        return self.rates[name].at(level) * self.night_share(name)

    def night_share(self, name: str) -> float:
        """Return how much of what a rate counts over a night is."""
        return HOURS / DAY_H if self.rates[name].per is Per.ROOM_DAY else 1.0

    @property
    def unmeasured(self) -> list[str]:
        """Names of the rates without a figure."""
        return [name for name, rate in self.rates.items() if not rate.measured]


NAMES: Final = (
    *("fall_false", "sound_false", "edge_false", "exit_false", "helped_rang", "not_out_false"),
    *("edge_found", "exit_found"),
    *("band_false", "band_false_bed", "fall_found", "help_found"),
)
HABITS: Final = (
    *("rises", "edges", "helped", "long", "away_min", "wearers", "callers", "bouts", "calls"),
    *("cords", "falls_a_year", "node_lost", "camera_lost", "battery_empty", "walk_min"),
    *("care_min", "watched", "acts"),
)


@cache
def carried() -> Table:
    """Return the table that Ambient carries."""
    return decode(files("ambient.evaluate.night").joinpath(FILE).read_bytes())


def load(path: Path) -> Table:
    """Return another table.

    Raises
    ------
    ModelError
        When it cannot be read, or is none.
    """
    try:
        return decode(path.read_bytes())
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}); name a table") from None


def decode(data: bytes) -> Table:
    """Return the table that TOML holds.

    Raises
    ------
    ModelError
        When it is none, a name is missing, or a rate lies outside its interval.
    """
    try:
        table = msgspec.toml.decode(data, type=Table)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise ModelError(f"{FILE}: expected rates and habits, got: {error}") from None
    _check("rates", table.rates, NAMES)
    _check("habits", table.habits, HABITS)
    for name, rate in table.rates.items():
        ends = (rate.low, rate.value, rate.high)
        if None in ends and ends != (None, None, None):
            raise ModelError(
                f"{FILE}: rates.{name}: expected value, low and high together, got {ends}"
            )
        if rate.measured and not rate.at(Level.LOW) <= rate.at(Level.MIDDLE) <= rate.at(Level.HIGH):
            raise ModelError(f"{FILE}: rates.{name}: expected low <= value <= high, got {ends}")
    return table


def _check(section: str, found: Mapping[str, object], wanted: tuple[str, ...]) -> None:
    if set(found) != set(wanted):
        missing = sorted(set(wanted) ^ set(found))
        raise ModelError(f"{FILE}: {section}: expected {len(wanted)} names, got other: {missing}")
