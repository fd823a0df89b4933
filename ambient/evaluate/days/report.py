"""False alarms per room-day, with an exact interval: many days in, a report out.

Behind ``ambient evaluate days``. A confirmed alarm is false unless a real fall, or somebody lying
on the unmarked floor on purpose, was under way; the latter are counted apart.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cache
from itertools import count, islice
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

import fusion
import vision
from ambient.evaluate import days as of_days
from ambient.evaluate.days.diary import HOUR_S, Episode, Truth
from ambient.evaluate.days.falls import FALLS_PER_DAY
from ambient.evaluate.days.rooms import Knowledge
from ambient.evaluate.days.schedule import Day, plan
from ambient.evaluate.days.watch import FOLD_S, Alarm, config_of, watch
from ambient.evaluate.kept import encoded, kept
from ambient.evaluate.statistics import Quantiles, Rate, Share, poisson, quantiles, wilson
from ambient.evaluate.versions import code_hash
from ambient.evaluate.workers import shared
from vision.networks import Part
from vision.temporal import LearnedPosture

BEFORE_S: Final = 1.0
AFTER_S: Final = 15.0
"""An alarm so long after its cause has ended is still of it."""
KNOWN: Final = (Knowledge.ZONES, Knowledge.FURNITURE)
"""Kinds of rooms; days take turns."""
Task = tuple[int, int, float, float, frozenset[Part], Path | None]
NOTHING: Final = "nothing going on"
NIGHT_H: Final = (21.0, 6.5)
"""When the night of a station begins and ends, hours."""


class Cause(Struct, frozen=True):
    """What false alarms came from: the episode, who was taken for down, and on what."""

    episode: str
    who: str
    place: str
    confirmed: int
    suspected: int


class Group(Struct, frozen=True):
    """Figures of a number of days.

    Attributes
    ----------
    false_confirmed, false_suspected
        Alarms that are of nothing, per room-day.
    false_at_night
        Confirmed ones between 21:00 and 6:30, per room-night.
    by_design
        Confirmed alarms of somebody who lay on the unmarked floor on purpose, per room-day.
    designed
        Of the times that somebody did so, how many alarmed.
    found
        Of the real falls, those confirmed.
    confirmed_after
        Seconds from the start of the fall.
    """

    days: int
    false_confirmed: Rate
    false_suspected: Rate
    false_at_night: Rate
    by_design: Rate
    designed: Share
    found: Share
    confirmed_after: Quantiles


class Report(Struct, frozen=True):
    """The whole measurement.

    Attributes
    ----------
    by_knowledge
        By how the node knows what people lie on.
    causes
        Of false alarms, the most frequent first.
    missed
        Falls that were not confirmed: the day, the second, and their kind.
    looks, poses
        How much was looked at, for the speed.
    """

    seed: int
    days: int
    all: Group
    by_knowledge: dict[str, Group]
    causes: list[Cause]
    missed: list[str]
    looks: int
    poses: int
    seconds: float
    config_version: str


class Told(Struct, frozen=True):
    """An alarm, and what it was about."""

    t: float
    confirmed: bool
    truth: str | None
    episode: str
    who: str
    place: str


class Lived(Struct, frozen=True):
    """One day measured."""

    number: int
    knowledge: str
    alarms: list[Told]
    falls: list[tuple[float, str, float | None]]
    """Start, kind, and seconds until confirmed."""
    designed: list[bool]
    looks: int
    poses: int


_decoder: Final = msgspec.json.Decoder(Lived)


def run(
    days: int,
    *,
    seed: int = 1,
    jobs: int = 1,
    falls_per_day: float = FALLS_PER_DAY,
    fold_s: float = FOLD_S,
    without: Collection[Part] = (),
    rooms: Collection[Knowledge] = KNOWN,
    keep: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Live `days` days and return what was told of them.

    Parameters
    ----------
    seed
        Equal seeds give equal reports (but for the seconds).
    jobs
        Processes to share the work.
    fold_s
        After so long without a change a stretch is cut short; see `watch`.
    without
        Parts of the node to leave out.
    rooms
        In which kinds of rooms. Those of one kind are the same days as with both, the others left
        out.
    keep
        A folder in which each day measured is kept as soon as it is; those that it holds, by the
        same code and with the same options, are not lived again.
    progress
        Called with (done, all) after each day.

    Raises
    ------
    UsageError
        A kept file is of something else.
    """
    start = time.monotonic()
    numbers = islice((n for n in count() if KNOWN[n % len(KNOWN)] in rooms), days)
    left_out = frozenset(without)
    tasks = [(seed, number, falls_per_day, fold_s, left_out, keep) for number in numbers]
    lived: list[Lived] = []
    for one in shared(_task, tasks, jobs):
        lived.append(one)
        if progress is not None:
            progress(len(lived), days)
    return summarise(lived, seed, time.monotonic() - start)


def live(
    seed: int,
    number: int,
    falls_per_day: float = FALLS_PER_DAY,
    fold_s: float = FOLD_S,
    without: frozenset[Part] = frozenset(),
) -> Lived:
    """Return one day measured."""
    day = plan(seed, number, KNOWN[number % len(KNOWN)], falls_per_day=falls_per_day)
    model = None
    if Part.TEMPORAL not in without:
        model = LearnedPosture.create(calibrated=Part.CALIBRATION not in without)
    seen = watch(day, seed, fold_s=fold_s, model=model, without=without)
    return Lived(
        number=number,
        knowledge=str(day.knowledge),
        alarms=[told(day, alarm) for alarm in seen.alarms],
        falls=[
            (fall.start, fall.name, _after(seen.alarms, fall.start, fall.end)) for fall in day.falls
        ],
        designed=[
            _after(seen.alarms, span.start, span.end) is not None
            for span in day.truths
            if span.truth is Truth.BY_DESIGN
        ],
        looks=seen.looks,
        poses=seen.poses,
    )


def told(day: Day, alarm: Alarm) -> Told:
    """Return an alarm with its truth and the episode that it fell into."""
    true = [span for span in day.truths if span.start - BEFORE_S <= alarm.t <= span.end + AFTER_S]
    return Told(
        t=round(alarm.t, 1),
        confirmed=alarm.confirmed,
        truth=str(true[0].truth) if true else None,
        episode=_during(day.episodes, alarm.t),
        who=str(alarm.role) if alarm.role is not None else "nobody",
        place=alarm.place,
    )


def summarise(lived: Sequence[Lived], seed: int, seconds: float) -> Report:
    """Return the report of the days; pure."""
    kinds = sorted({one.knowledge for one in lived})
    false = [alarm for one in lived for alarm in one.alarms if alarm.truth is None]
    tally = Counter((a.episode, a.who, a.place, a.confirmed) for a in false)
    causes = [
        Cause(*key, confirmed=tally[(*key, True)], suspected=tally[(*key, False)])
        for key in {name[:3] for name in tally}
    ]
    causes.sort(key=lambda c: (-c.confirmed, -c.suspected, c.episode, c.who, c.place))
    return Report(
        seed=seed,
        days=len(lived),
        all=group(lived),
        by_knowledge={
            kind: group([one for one in lived if one.knowledge == kind]) for kind in kinds
        },
        causes=causes,
        missed=[
            f"day {one.number} at {start:.0f} s: {name}"
            for one in lived
            for start, name, after in one.falls
            if after is None
        ],
        looks=sum(one.looks for one in lived),
        poses=sum(one.poses for one in lived),
        seconds=round(seconds, 1),
        config_version=config_of(plan(seed, 0)).version,
    )


def at_night(t: float) -> bool:
    """Return whether second `t` of the day lies in the night of a station, 21:00 to 6:30."""
    return t >= NIGHT_H[0] * HOUR_S or t < NIGHT_H[1] * HOUR_S


def group(lived: Sequence[Lived]) -> Group:
    """Return the figures of some days."""
    alarms = [alarm for one in lived for alarm in one.alarms]
    falls = [fall for one in lived for fall in one.falls]
    designed = [alarmed for one in lived for alarmed in one.designed]
    delays = [after for _, _, after in falls if after is not None]
    days = float(len(lived))

    def rate(truth: Truth | None, confirmed: bool) -> Rate:
        return poisson(sum(a.truth == truth and a.confirmed is confirmed for a in alarms), days)

    return Group(
        days=len(lived),
        false_confirmed=rate(None, True),
        false_suspected=rate(None, False),
        false_at_night=poisson(
            sum(a.truth is None and a.confirmed and at_night(a.t) for a in alarms), days
        ),
        by_design=rate(Truth.BY_DESIGN, True),
        designed=wilson(sum(designed), len(designed)),
        found=wilson(len(delays), len(falls)),
        confirmed_after=quantiles(delays),
    )


def _after(alarms: Iterable[Alarm], start: float, end: float) -> float | None:
    """Return the seconds from `start` to the first alarm confirmed until `end`."""
    hits = [a.t - start for a in alarms if a.confirmed and start - BEFORE_S <= a.t <= end + AFTER_S]
    return round(max(0.0, min(hits)), 2) if hits else None


def _during(episodes: Sequence[Episode], t: float) -> str:
    """Return the episode under way that began last, or that has just ended."""
    on = [e for e in episodes if e.start <= t <= e.end + AFTER_S]
    running = [e for e in on if t <= e.end] or on
    return max(running, key=lambda e: e.start).name if running else NOTHING


def _task(task: Task) -> Lived:
    seed, number, falls_per_day, fold_s, without, keep = task
    path = None
    if keep is not None:
        name = "-".join(map(str, (seed, number, falls_per_day, fold_s, *sorted(without), _code())))
        path = keep / f"day-{name}.json"
    return kept(
        path,
        lambda: live(seed, number, falls_per_day, fold_s, without),
        decode=_decoder.decode,
        encode=encoded,
        what="a day measured by this version",
        again="the day is lived again",
    )


@cache
def _code() -> str:
    """Return the hash of what decides what is told of a day."""
    return code_hash((vision, fusion, of_days), ())
