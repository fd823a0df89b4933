"""The section of hub.yaml for alarms: shifts, staff, who is told when, and for how long.

Comes in: values of the file. Goes out: frozen structs, and `check_alarms` for what spans several
keys. Without it whoever is at a page is told, then the siren sounds.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta, field

from ambient.config_base import Strict
from ambient.config_watch import Hours
from ambient.errors import ConfigError
from ambient.places import Slug

DAY_MIN: Final = 24 * 60
Name = Annotated[str, Meta(min_length=1, max_length=60)]
Channel = Annotated[str, Meta(min_length=1, max_length=32)]


class Told(StrEnum):
    """Who is told in a step."""

    ROOM = "room"
    SHIFT = "shift"
    NURSE = "nurse"
    OUTSIDE = "outside"
    SIREN = "siren"


class ShiftHours(Strict, frozen=True, kw_only=True):
    """A shift by the site's clock, ``21:00-06:30``."""

    id: Slug
    hours: Hours

    @property
    def minutes(self) -> tuple[int, int]:
        """When it begins and ends, in minutes after midnight."""
        begins, ends = (
            int(hour) * 60 + int(minute)
            for hour, minute in (one.split(":") for one in self.hours.split("-"))
        )
        return begins, ends


class Staff(Strict, frozen=True, kw_only=True):
    """One of the staff, by user name, or a shared device that a shift carries."""

    id: Name
    shifts: Annotated[list[Slug], Meta(max_length=16)] = field(default_factory=list)
    rooms: Annotated[list[Slug], Meta(max_length=500)] = field(default_factory=list)
    floors: Annotated[list[Name], Meta(max_length=50)] = field(default_factory=list)
    nurse: bool = False
    """In charge of the shift."""
    ways: Annotated[list[Channel], Meta(min_length=1, max_length=8)] = field(
        default_factory=lambda: ["page"]
    )


class EscalationStep(Strict, frozen=True, kw_only=True):
    """Who is told, and how long after the step before."""

    to: Told
    after_s: Annotated[float, Meta(ge=0, le=900)] = 60.0


class EscalationPlan(Strict, frozen=True, kw_only=True):
    """The steps for some rooms, floors and shifts; what is not named is all of them."""

    steps: Annotated[list[EscalationStep], Meta(min_length=1, max_length=12)]
    rooms: Annotated[list[Slug], Meta(max_length=500)] = field(default_factory=list)
    floors: Annotated[list[Name], Meta(max_length=50)] = field(default_factory=list)
    shifts: Annotated[list[Slug], Meta(max_length=16)] = field(default_factory=list)


class Alarms(Strict, frozen=True, kw_only=True):
    """Shifts, staff, plans and times.

    Attributes
    ----------
    outside
        Channels that reach somebody outside the house.
    coming_min
        A loud alarm that somebody acknowledged rings again when nobody was there by then.
    there_min
        It rings again when nobody has said by then what it was.
    """

    shifts: Annotated[list[ShiftHours], Meta(max_length=16)] = field(default_factory=list)
    staff: Annotated[list[Staff], Meta(max_length=500)] = field(default_factory=list)
    plans: Annotated[list[EscalationPlan], Meta(max_length=50)] = field(default_factory=list)
    outside: Annotated[list[Channel], Meta(max_length=8)] = field(default_factory=list)
    coming_min: Annotated[float, Meta(ge=1, le=10)] = 10.0
    there_min: Annotated[float, Meta(ge=5, le=120)] = 30.0
    repeat_s: Annotated[float, Meta(ge=10, le=300)] = 60.0


def check_alarms(alarms: Alarms, rooms: Mapping[str, str], time_zone: str | None) -> None:
    """Check what spans several keys.

    Parameters
    ----------
    rooms
        Room id ► floor.

    Raises
    ------
    ConfigError
        With the path of the bad key, what was expected and what came.
    """
    shifts = [shift.id for shift in alarms.shifts]
    floors = {floor for floor in rooms.values() if floor}
    for name, ids in (("shifts", shifts), ("staff", [one.id for one in alarms.staff])):
        for i, one in enumerate(ids):
            if one in ids[:i]:
                raise ConfigError(
                    f"alarms.{name}[{i}].id: expected an id used once, got {one!r} again"
                )
    if shifts and time_zone is None:
        raise ConfigError(
            "time_zone: expected the site's time zone for alarms.shifts, like Europe/Berlin, "
            "got none; add it"
        )
    _covered(alarms.shifts)
    parts: list[tuple[str, Staff | EscalationPlan]] = [
        *((f"alarms.staff[{i}]", one) for i, one in enumerate(alarms.staff)),
        *((f"alarms.plans[{i}]", plan) for i, plan in enumerate(alarms.plans)),
    ]
    for where, part in parts:
        _known(f"{where}.shifts", part.shifts, shifts, "a shift of alarms.shifts")
        _known(f"{where}.rooms", part.rooms, rooms, "a room of this file")
        _known(f"{where}.floors", part.floors, floors, "a floor of a room of this file")
    for i, member in enumerate(alarms.staff):
        if shifts and not member.shifts:
            raise ConfigError(f"alarms.staff[{i}].shifts: expected at least one, got none")


def _known(where: str, named: list[str], known: Collection[str], what: str) -> None:
    for i, one in enumerate(named):
        if one not in known:
            listed = ", ".join(sorted(known)[:10]) or "none"
            raise ConfigError(f"{where}[{i}]: expected {what} ({listed}), got {one!r}")


def _covered(shifts: list[ShiftHours]) -> None:
    """Refuse shifts that leave a time of the day in which nobody would be told."""
    if not shifts:
        return
    on = [False] * DAY_MIN
    for shift in shifts:
        begins, ends = shift.minutes
        for minute in range(begins, begins + ((ends - begins) % DAY_MIN or DAY_MIN)):
            on[minute % DAY_MIN] = True
    if False in on:
        gap = on.index(False)
        raise ConfigError(
            "alarms.shifts: expected shifts that cover the whole day, got nobody at "
            f"{gap // 60:02}:{gap % 60:02}; add a shift or lengthen one"
        )
