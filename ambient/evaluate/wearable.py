"""The wearable fall detector measured: recordings of worn accelerometers in, a report out.

Behind ``ambient evaluate wearable``. Subjects that the weights were learned from are judged by
networks that never saw them, at a threshold that was chosen without them (see
`ambient.train.wearable`); everybody else by the shipped weights. A fall is found when an impact in
its recording is judged a fall; an everyday recording is quiet when none in it is. Alarms are
counted over what was recorded; the end that is held to judge the last impact (5 s) is no exposure.
Traces are pushed whole: batches of any size give the same (``tests/vitals/motion``). What it costs
is measured in batches as devices send them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from msgspec import Struct

from ambient.errors import UsageError
from ambient.evaluate.accelerations import SECOND, Recording, Trace, recordings
from ambient.evaluate.impacts import AROUND_S, fall_time
from ambient.evaluate.statistics import Rate, Share, poisson, share_of
from ambient.observations import Wear
from ambient.train.wearable import read_folds
from models.wearable import FallNet, Weights, load
from models.wearable.learning.fit import calibration_error
from models.wearable.learning.tell import tell
from vitals.devices import Device
from vitals.motion.impacts import Impact
from vitals.motion.meter import MotionMeter

HELD_OUT: Final = "left out"
UNSEEN: Final = "shipped weights"
CHUNK: Final = 25
"""Samples in a batch, as devices send them."""
RATE: Final = 50.0
COST_S: Final = 600.0
"""So much is pushed to know what it costs."""
TOLD_SEED: Final = 99
_DEVICE: Final = Device(source="device", room="room")
UNKNOWN: Final = "umafall, place unknown"
TOLD: Final = "umafall, told as other devices"


class Place(Struct, frozen=True):
    """What was found at one place on the body of one set.

    Attributes
    ----------
    sensitivity
        Recordings of falls that were found.
    specificity
        Everyday recordings that stayed quiet.
    false_per_hour
        False alarms an hour of everyday recordings (exact Poisson interval).
    everyday_minutes
        Recorded.
    beside
        Alarms in recordings of falls further than 4 s from the fall.
    after_s
        Median and largest seconds from the impact to when it was judged.
    """

    sensitivity: Share
    specificity: Share
    false_per_hour: Rate
    everyday_minutes: float
    beside: int
    after_s: tuple[float, float] | None


class Set(Struct, frozen=True):
    """One data set: who judged it, at which thresholds, and each place on the body.

    `calibration_error` is the expected one over all impacts of everyday recordings and the largest
    of each fall; `wrong` names what was missed and what was called a fall.
    """

    judged_by: str
    thresholds: list[float]
    places: dict[Wear, Place]
    calibration_error: float | None
    wrong: list[str]


class Report(Struct, frozen=True):
    """The whole measurement.

    Attributes
    ----------
    sets
        By name.
    us_per_s
        Processor microseconds for one second of a device at 50 Hz in batches of 25, measured on
        everyday recordings.
    errors
        Recordings that could not be read, and why; none of them counts.
    """

    sets: dict[str, Set]
    us_per_s: float | None
    errors: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Judged:
    """One trace.

    Attributes
    ----------
    impacts
        What the node's code said of each.
    threshold
        Probability from which on an impact is called a fall.
    fall_ns
        When the impact of the fall was; None in everyday recordings, and where nothing was felt.
    """

    recording: Recording
    wear: Wear
    impacts: list[Impact]
    threshold: float
    seconds: float
    fall_ns: int | None

    @property
    def alarms(self) -> list[Impact]:
        """The impacts that are called falls."""
        return [one for one in self.impacts if one.fall >= self.threshold]

    def near(self, impact: Impact) -> bool:
        """Return whether an impact is of the fall."""
        return (
            self.fall_ns is not None and abs(impact.impact_ns - self.fall_ns) <= AROUND_S * SECOND
        )


def run(data: Path, *, progress: Callable[[int, int], None] | None = None) -> Report:
    """Measure every recording of a worn accelerometer in a folder.

    Parameters
    ----------
    data
        The folder ``vitals`` of the labelled recordings.
    progress
        Called with (done, all).

    Raises
    ------
    UsageError
        The folder holds no such recording, or none that can be read.
    ModelError
        The weights are missing.
    """
    errors: dict[str, str] = {}
    every = list(recordings(data, errors=errors))
    if not every:
        why = next(iter(errors.values()), "no row of its manifest is labelled fall or adl")
        raise UsageError(f"{data}: expected recordings of falls and everyday life, got none: {why}")
    shipped, folds = load(), read_folds()
    told = np.random.default_rng(TOLD_SEED)
    sets: dict[str, list[Judged]] = {}
    by: dict[str, str] = {}
    for done, recording in enumerate(every, start=1):
        own = recording.dataset == "umafall" and recording.subject in folds
        weights = folds[recording.subject] if own else shipped
        name = recording.dataset if own or recording.dataset != "umafall" else "umafall, unseen"
        by[name] = HELD_OUT if own else UNSEEN
        plain = [_judged(recording, t, weights) for t in recording.traces.values()]
        felt = [[(one.impact_ns, one.peak) for one in of.impacts] for of in plain]
        fall = fall_time(felt) if recording.fall else None
        sets.setdefault(name, []).extend(replace(of, fall_ns=fall) for of in plain)
        for trace in recording.traces.values() if own else ():
            by[UNKNOWN] = by[TOLD] = HELD_OUT
            unknown = _judged(recording, trace, weights, worn=Wear.ELSEWHERE)
            other = Trace(trace.wear, *tell(trace.times, trace.samples, told))
            as_told = _judged(recording, other, weights)
            sets.setdefault(UNKNOWN, []).append(replace(unknown, fall_ns=fall))
            sets.setdefault(TOLD, []).append(replace(as_told, fall_ns=fall))
        if progress is not None:
            progress(done, len(every))
    return Report(
        sets={name: summarise(judged, by[name]) for name, judged in sets.items()},
        us_per_s=cost(every),
        errors=errors,
    )


def _judged(
    recording: Recording, trace: Trace, weights: Weights, worn: Wear | None = None
) -> Judged:
    """Push one trace through a node's meter."""
    held = trace.held()
    meter = MotionMeter(_DEVICE, worn or trace.wear, FallNet(weights))
    _, impacts = meter.push(held.times, held.samples)
    return Judged(recording, trace.wear, impacts, weights.threshold, trace.seconds, None)


def _pushed(meter: MotionMeter, trace: Trace) -> None:
    """Push a trace in batches as a device sends them."""
    for begin in range(0, len(trace.times), CHUNK):
        of = slice(begin, begin + CHUNK)
        meter.push(trace.times[of], trace.samples[of])


def summarise(judged: Sequence[Judged], by: str) -> Set:
    """Return the figures of one set; pure."""
    places = {
        wear: _place([one for one in judged if one.wear is wear])
        for wear in Wear
        if any(one.wear is wear for one in judged)
    }
    said, was = [], []
    for one in judged:
        if not one.recording.fall:
            said += [impact.fall for impact in one.impacts]
            was += [False] * len(one.impacts)
        elif near := [impact for impact in one.impacts if one.near(impact)]:
            # The body bounces: of a fall's impacts the largest is the fall.
            said.append(max(near, key=lambda impact: impact.peak).fall)
            was.append(True)
    error = None
    if any(was) and not all(was):
        error = round(calibration_error(np.asarray(said), np.asarray(was)), 4)
    return Set(
        judged_by=by,
        thresholds=sorted({one.threshold for one in judged}),
        places=places,
        calibration_error=error,
        wrong=[
            f"{one.recording.file} {one.wear}"
            for one in judged
            if bool(one.alarms) is not one.recording.fall
        ],
    )


def _place(judged: Sequence[Judged]) -> Place:
    falls = [one for one in judged if one.recording.fall]
    others = [one for one in judged if not one.recording.fall]
    hours = sum(one.seconds for one in others) / 3600
    after = [(i.judged_ns - i.impact_ns) / SECOND for one in judged for i in one.impacts]
    return Place(
        sensitivity=_share(falls, [bool(one.alarms) for one in falls]),
        specificity=_share(others, [not one.alarms for one in others]),
        false_per_hour=poisson(sum(len(one.alarms) for one in others), hours),
        everyday_minutes=round(hours * 60, 1),
        beside=sum(not one.near(i) for one in falls for i in one.alarms),
        after_s=(round(float(np.median(after)), 2), round(max(after), 2)) if after else None,
    )


def _share(judged: Sequence[Judged], hits: list[bool]) -> Share:
    subjects = [one.recording.subject for one in judged]
    return share_of(hits, subjects if all(subjects) else None)


def cost(every: Iterable[Recording]) -> float | None:
    """Return processor microseconds for a second of a device at 50 Hz; None without a recording."""
    spent, seconds = 0.0, 0.0
    for recording in every:
        for trace in recording.traces.values():
            at = np.arange(trace.times[0], trace.times[-1], SECOND // int(RATE))
            samples = np.column_stack(
                [np.interp(at, trace.times, trace.samples[:, axis]) for axis in range(3)]
            )
            meter = MotionMeter(_DEVICE, trace.wear)
            began = time.process_time()
            _pushed(meter, Trace(trace.wear, at, samples))
            spent += time.process_time() - began
            seconds += trace.seconds
        if seconds > COST_S:
            break
    return round(spent / seconds * 1e6, 1) if seconds else None
