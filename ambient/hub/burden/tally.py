"""Alarms by kind, precision, false alarms per room-day, bursts: facts in, figures out; pure.

Definitions
-----------
alarm
    A condition about people that was ever more than suspected, was not in shadow mode and was not
    held back below a threshold. Those two are counted beside.
ring
    An alarm of which somebody was given a signal.
precision
    True judgements (a fall, help needed) among true and false ones. Tests count nowhere. What
    nobody judged is counted both ways: all of it true, and all of it false.
false alarms per room-day
    Alarms judged false over rooms times days. A shift counts a day as one day, so that the rates of
    the shifts add up to that of the house. The upper of the two counts all that nobody judged.
burst
    At least `BURST_RINGS` rings that began within `BURST_S` seconds; bursts that touch are one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.burden.facts import NS, Fact
from ambient.intervals import Rate, Share, poisson, wilson

BURST_RINGS: Final = 5
BURST_S: Final = 600


class Tally(Struct, frozen=True, kw_only=True):
    """The alarms of one kind.

    Attributes
    ----------
    precision
        Of those that were judged.
    if_true, if_false
        Had all that nobody judged been true, or false.
    held
        Not among `alarms`: below an accepted threshold.
    """

    kind: AlarmKind
    alarms: int
    rings: int
    held: int
    true: int
    false: int
    tests: int
    not_judged: int
    precision: Share
    if_true: Share
    if_false: Share


class Bursts(Struct, frozen=True, kw_only=True):
    """How many bursts, how many rings they had together, and the most in one."""

    bursts: int
    rings: int
    most: int


class Row(Struct, frozen=True, kw_only=True):
    """One room or the house (None), in one shift or in all (None)."""

    room: str | None
    shift: str | None
    tallies: list[Tally]
    rings_per_room_day: Rate
    false_per_room_day: Rate
    false_at_most: Rate
    bursts: Bursts


def tally(kind: AlarmKind, facts: Iterable[Fact]) -> Tally:
    """Return the figures of `kind`; other kinds and what is in shadow mode are passed over."""
    own = [one for one in facts if one.kind is kind and one.sure and not one.shadow]
    alarms = [one for one in own if not one.held]
    return _tally(kind, alarms, held=len(own) - len(alarms))


def would_have(kind: AlarmKind, facts: Iterable[Fact]) -> Tally:
    """Return the figures of what was only recorded: had it not been in shadow mode."""
    return _tally(kind, [f for f in facts if f.kind is kind and f.sure and f.shadow], held=0)


def _tally(kind: AlarmKind, alarms: Sequence[Fact], held: int) -> Tally:
    tests = sum(one.test for one in alarms)
    true = sum(one.true is True for one in alarms)
    false = sum(one.true is False for one in alarms)
    unsaid = len(alarms) - tests - true - false
    return Tally(
        kind=kind,
        alarms=len(alarms),
        rings=sum(one.rang for one in alarms),
        held=held,
        true=true,
        false=false,
        tests=tests,
        not_judged=unsaid,
        precision=wilson(true, true + false),
        if_true=wilson(true + unsaid, true + false + unsaid),
        if_false=wilson(true, true + false + unsaid),
    )


def row(facts: Sequence[Fact], rooms: int, days: float, room: str | None, shift: str | None) -> Row:
    """Return the figures of one room or the house in one shift or all.

    Parameters
    ----------
    facts
        Of the whole house; those of other rooms and shifts are passed over.
    rooms, days
        Exposure: how many rooms are looked at, over how many days.
    """
    own = [f for f in facts if room in (None, f.room) and shift in (None, f.shift)]
    tallies = [tally(kind, own) for kind in _kinds(own)]
    tallies = [one for one in tallies if one.alarms or one.held]
    false = sum(one.false for one in tallies)
    unsaid = sum(one.not_judged for one in tallies)
    exposure = days * (rooms if room is None else 1)
    return Row(
        room=room,
        shift=shift,
        tallies=tallies,
        rings_per_room_day=poisson(sum(one.rings for one in tallies), exposure),
        false_per_room_day=poisson(false, exposure),
        false_at_most=poisson(false + unsaid, exposure),
        bursts=bursts([f.at for f in own if f.rang and not f.shadow]),
    )


def bursts(rings: Sequence[int]) -> Bursts:
    """Return the bursts among the instants (ns) at which rings began, in any order."""
    at = sorted(rings)
    found: list[tuple[int, int]] = []
    for first in range(len(at) - BURST_RINGS + 1):
        last = first + BURST_RINGS - 1
        if at[last] - at[first] > BURST_S * NS:
            continue
        if found and found[-1][1] >= first:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    sizes = [last - first + 1 for first, last in found]
    return Bursts(bursts=len(sizes), rings=sum(sizes), most=max(sizes, default=0))


def _kinds(facts: Iterable[Fact]) -> list[AlarmKind]:
    present = {one.kind for one in facts}
    return [kind for kind in AlarmKind if kind in present]
