"""How many of the falls that are known the system told of: sensitivity in the field. Pure.

Definitions
-----------
told
    Falls of which an alarm of any kind told, and somebody judged it to be a fall. Alarms of one
    room within `SAME_S` are one fall. What was only recorded (shadow mode) told nobody.
not told
    Falls that somebody reported as not told, unless one that was told lies in the time around it
    (`ambient.hub.unreported.window`); reports of one room whose times overlap are one fall.
sensitivity
    Told among told and not told, Wilson interval. Falls that nobody found are in neither, and
    alarms that nobody judged do not count as told: by the first it may be too high, by the second
    too low.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from ambient.hub.alarms.rota import Rota
from ambient.hub.burden.facts import NS, Fact, shift_at
from ambient.hub.unreported import Fate, Unreported
from ambient.intervals import Share, wilson

SAME_S: Final = 900


class Sensitivity(Struct, frozen=True, kw_only=True):
    """The falls of one shift, or of all (None).

    Attributes
    ----------
    told, not_told
        Falls.
    not_judged
        Fall alarms of which nobody said what they were.
    kept
        Of how many that were not told the room keeps what it recorded.
    """

    shift: str | None
    told: int
    not_told: int
    not_judged: int
    kept: int
    share: Share


def sensitivity(
    facts: Sequence[Fact], missed: Sequence[Unreported], shifts: Rota, shift: str | None
) -> Sensitivity:
    """Return the figures of `shift`, all shifts without.

    Parameters
    ----------
    facts, missed
        Of the period.
    """
    told = _told([one for one in facts if one.fall and not one.shadow])
    lost = [one for one in _apart(missed) if not _was_told(one, told)]
    if shift is not None:
        told = [one for one in told if one.shift == shift]
        lost = [one for one in lost if shift_at(shifts, one.said.about) == shift]
    unsaid = [
        one
        for one in facts
        if one.is_fall and one.sure and not one.shadow and one.true is None and not one.test
        and shift in (None, one.shift)
    ]  # fmt: skip
    return Sensitivity(
        shift=shift,
        told=len(told),
        not_told=len(lost),
        not_judged=len(unsaid),
        kept=sum(one.fate is Fate.KEPT for one in lost),
        share=wilson(len(told), len(told) + len(lost)),
    )


def _told(facts: Sequence[Fact]) -> list[Fact]:
    """Return one alarm of each fall."""
    found: list[Fact] = []
    for one in sorted(facts, key=lambda fact: fact.at):
        same = any(one.room == f.room and one.at - f.at <= SAME_S * NS for f in found)
        if not same:
            found.append(one)
    return found


def _apart(missed: Sequence[Unreported]) -> list[Unreported]:
    """Return one report of each fall."""
    found: list[Unreported] = []
    for one in sorted(missed, key=lambda report: report.at):
        same = any(
            one.said.room == f.said.room and one.began <= f.ended and f.began <= one.ended
            for f in found
        )
        if not same:
            found.append(one)
    return found


def _was_told(report: Unreported, told: Sequence[Fact]) -> bool:
    return any(
        one.room == report.said.room and report.began <= one.at <= report.ended for one in told
    )
