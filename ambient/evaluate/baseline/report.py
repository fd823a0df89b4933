"""Is a changed voice reported in time, and an unchanged one left alone: measured on residents.

Comes in: how many simulated residents, how many days, a seed. Goes out: a `Report`. What the
residents say goes through the node's own code (`fusion.voice`), day by day. Thresholds are chosen
(`choose`) on another family of seeds than the one that is measured.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import UTC
from typing import Final

import msgspec
import numpy as np
from msgspec import Struct

from ambient.errors import UsageError
from ambient.evaluate.baseline.residents import (
    DAY,
    NAMES,
    ROOM,
    SUBJECT,
    Cause,
    Life,
    Shift,
    live,
    minutes,
)
from ambient.evaluate.baseline.variances import DAY_SHARE
from ambient.evaluate.statistics import Rate, Share, poisson, wilson
from ambient.observations import VoiceMeasured
from fusion.hours import DAY_BEGINS
from fusion.markers import DEFINITIONS, GROUPS, Part
from fusion.voice import Changed, RoomVoice, VoiceState
from fusion.voice_baseline import THRESHOLDS, Thresholds

IN_TIME: Final = 7
"""A shift shall be reported within so many days, those without speech included."""

AFTER: Final = 14
"""A report at most so many days after a cause began, or a cold ended, is put down to it."""

CHOOSING: Final = 1_000_003
"""Added to the seed for the family on which thresholds are chosen."""

SHORTEST: Final = 60
YEAR: Final = 365.25
OTHER_SHARES: Final = (0.35, 0.5)
OTHER_SIZES: Final = (0.5, 1.5, 2.0)

Progress = Callable[[int, int], None]


class Found(Struct, frozen=True):
    """Shifts of one kind.

    Attributes
    ----------
    in_time
        Of all residents: reported within `IN_TIME` days.
    ready
        Of those whose baseline had learned enough when the shift came.
    median_days
        Until the report, of those reported in time.
    """

    in_time: Share
    ready: Share
    median_days: float | None


class Assumed(Struct, frozen=True):
    """What comes of another share of variance between days, with the same thresholds."""

    day_share: float
    false: Rate
    found: Found


class Report(Struct, frozen=True):
    """The whole measurement; rates are per resident-year in which a report was possible.

    Attributes
    ----------
    false
        Reports that no cause explains, while causes happen too.
    all_reports
        All reports of the same lives, those with a cause included.
    undisturbed
        Reports of the same people when nothing happens to them.
    confounders
        Cause ► how many of those that came to somebody whose baseline was ready were reported.
    chance
        Reports in the same week without a shift.
    whole_set
        Every feature shifted by 1 spread, each group up or down at random.
    sizes
        The same with other sizes, in spreads.
    markers
        The features of one marker alone shifted by 1 spread.
    """

    residents: int
    days: int
    seed: int
    thresholds: Thresholds
    false: Rate
    all_reports: Rate
    undisturbed: Rate
    confounders: dict[str, Share]
    chance: Share
    whole_set: Found
    sizes: dict[str, Found]
    markers: dict[str, Found]
    assumptions: list[Assumed]
    seconds: float


class Choice(Struct, frozen=True):
    """Thresholds, and the rate of reports they give when nothing happens to anybody."""

    thresholds: Thresholds
    rate: Rate


class Lived(Struct, frozen=True):
    """One life without a shift.

    Attributes
    ----------
    reports
        Days at whose end a chain of deviations began.
    ready
        Days at whose end a deviation could have been stated.
    kept
        The room's state before the day of the shift.
    """

    life: Life
    reports: list[int]
    ready: list[int]
    kept: bytes


def run(
    residents: int = 200,
    days: int = 90,
    seed: int = 2,
    *,
    thresholds: Thresholds = THRESHOLDS,
    progress: Progress = lambda done, total: None,
) -> Report:
    """Measure the baseline on simulated residents.

    Raises
    ------
    UsageError
        When there are too few days to learn and to shift in.
    """
    began = time.monotonic()
    total = 4
    lived = _live(residents, days, seed, thresholds)
    progress(1, total)
    undisturbed = _live(residents, days, seed, thresholds, quiet=True)
    progress(2, total)
    sizes = {size: _found(lived, thresholds, _set(size)) for size in (1.0, *OTHER_SIZES)}
    markers = {one.marker.value: _found(lived, thresholds, _one(one.parts)) for one in DEFINITIONS}
    progress(3, total)
    assumptions = [_assumed(residents, days, seed, thresholds, share) for share in OTHER_SHARES]
    progress(4, total)
    unexplained = sum(not _causes(one.life, day) for one in lived for day in one.reports)
    years = _years(lived)
    week = sum(any(_in_time(one.life, day) for day in one.reports) for one in lived)
    return Report(
        residents=residents,
        days=days,
        seed=seed,
        thresholds=thresholds,
        false=poisson(unexplained, years),
        all_reports=_rate(lived),
        undisturbed=_rate(undisturbed),
        confounders={cause.value: _confounder(lived, cause) for cause in Cause},
        chance=wilson(week, residents),
        whole_set=sizes.pop(1.0),
        sizes={f"{size:g}": found for size, found in sizes.items()},
        markers=markers,
        assumptions=assumptions,
        seconds=round(time.monotonic() - began, 1),
    )


def choose(residents: int, days: int, seed: int, candidates: Iterable[Thresholds]) -> list[Choice]:
    """Return what each of `candidates` gives on the choosing family of `seed`."""
    return [
        Choice(one, _rate(_live(residents, days, seed + CHOOSING, one, quiet=True)))
        for one in candidates
    ]


def _live(
    residents: int,
    days: int,
    seed: int,
    thresholds: Thresholds,
    *,
    quiet: bool = False,
    day_share: float = DAY_SHARE,
) -> list[Lived]:
    if days < SHORTEST:
        raise UsageError(
            f"--days: expected at least {SHORTEST} to learn and to shift in, got {days}"
        )
    return [
        _lived(live(seed, number, days, quiet=quiet), thresholds, day_share)
        for number in range(residents)
    ]


def _lived(life: Life, thresholds: Thresholds, day_share: float) -> Lived:
    room = RoomVoice(ROOM, [SUBJECT], UTC, on=True, thresholds=thresholds)
    reports: list[int] = []
    ready: list[int] = []
    kept = b""
    for day, heard in enumerate(minutes(life, day_share=day_share)):
        if day == life.shift_day:
            kept = msgspec.msgpack.encode(room.state)
        changed = _day(room, day, heard)
        reports += [day] * sum(one.deviation.position == 0 for one in changed)
        baselines = room.state.voices.get(SUBJECT, {}).values()
        latest = max(baselines, key=lambda one: one.used, default=None)
        if latest is not None and latest.ready:
            ready.append(day)
    return Lived(life, reports, ready, kept)


def _day(room: RoomVoice, day: int, heard: list[VoiceMeasured]) -> list[Changed]:
    """Let one day go by and end."""
    said = [one for seen in heard for one in room.observe(seen)]
    said += room.advance((day + 1) * DAY + DAY_BEGINS * DAY // 24)
    return [one for one in said if isinstance(one, Changed)]


def _found(
    lived: list[Lived],
    thresholds: Thresholds,
    shift: Callable[[Life], Shift],
    day_share: float = DAY_SHARE,
) -> Found:
    delays: list[int] = []
    of_ready: list[bool] = []
    for one in lived:
        delay = _delay(one, thresholds, shift(one.life), day_share)
        if delay is not None:
            delays.append(delay)
        if one.life.shift_day - 1 in one.ready:
            of_ready.append(delay is not None)
    return Found(
        in_time=wilson(len(delays), len(lived)),
        ready=wilson(sum(of_ready), len(of_ready)),
        median_days=float(np.median(delays)) if delays else None,
    )


def _delay(one: Lived, thresholds: Thresholds, shift: Shift, day_share: float) -> int | None:
    """Return after how many days a shift is reported; None when not in time."""
    state = msgspec.msgpack.decode(one.kept, type=VoiceState)
    room = RoomVoice(ROOM, [SUBJECT], UTC, on=True, state=state, thresholds=thresholds)
    begin = one.life.shift_day
    shifted = minutes(one.life, shift=shift, day_share=day_share, begin=begin)
    for number, heard in zip(range(IN_TIME), shifted, strict=False):
        if _day(room, begin + number, heard):
            return number + 1
    return None


def _set(size: float) -> Callable[[Life], Shift]:
    """Return a shift of every feature: each group up or down, as the resident's seed says."""

    def shift(life: Life) -> Shift:
        rng = np.random.default_rng((*life.seed, 3))
        signs = rng.choice((-1.0, 1.0), len(GROUPS)).tolist()
        parts = {
            part.feature: size * sign * np.sign(part.weight)
            for sign, group in zip(signs, GROUPS, strict=True)
            for part in group
        }
        # What depends on the distance goes along with the energy; no decision looks at it.
        return Shift({name: float(parts.get(name, size * signs[0])) for name in NAMES})

    return shift


def _one(parts: tuple[Part, ...]) -> Callable[[Life], Shift]:
    """Return a shift of one marker's features by 1, up or down as the resident's seed says."""

    def shift(life: Life) -> Shift:
        sign = float(np.random.default_rng((*life.seed, 3)).choice((-1.0, 1.0)))
        return Shift({part.feature: sign * float(np.sign(part.weight)) for part in parts})

    return shift


def _assumed(residents: int, days: int, seed: int, thresholds: Thresholds, share: float) -> Assumed:
    lived = _live(residents, days, seed, thresholds, quiet=True, day_share=share)
    return Assumed(share, _rate(lived), _found(lived, thresholds, _set(1.0), share))


def _causes(life: Life, day: int) -> set[Cause]:
    """Return what may have made a report at the end of `day`."""
    found: set[Cause] = set()
    for one in life.happenings:
        last = one.until if one.cause is Cause.COLD else one.day
        if one.day <= day <= last + AFTER:
            found.add(one.cause)
    return found


def _confounder(lived: list[Lived], cause: Cause) -> Share:
    met = [
        (one, happening)
        for one in lived
        for happening in one.life.happenings
        if happening.cause is cause and happening.day - 1 in one.ready
    ]
    reported = sum(any(cause in _causes(one.life, day) for day in one.reports) for one, _ in met)
    return wilson(reported, len(met))


def _in_time(life: Life, day: int) -> bool:
    return life.shift_day <= day < life.shift_day + IN_TIME


def _years(lived: list[Lived]) -> float:
    return sum(len(one.ready) for one in lived) / YEAR


def _rate(lived: list[Lived]) -> Rate:
    return poisson(sum(len(one.reports) for one in lived), _years(lived))
