"""Whose wearable is whose on recordings of both: videos and worn accelerometers of one moment.

Clips last seconds, in which nothing can be matched, so those of a data set are joined end to end
into one stretch, what the camera saw and what the device felt alike. That is the true pair. Wrong
pairs join the devices' recordings in another order, so that each video stands beside what was felt
in another clip: everybody falls or sits down in much the same way in both, a hard case. What is
said is how much better the true pair fits; and of two people at once, each clip beside another one,
whether the right one is named.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from msgspec import Struct

from ambient.errors import UsageError
from ambient.evaluate import both_senses
from ambient.evaluate.accelerations import Recording, recordings, worn_sets
from ambient.evaluate.fusion_falls.cache import looked_at
from ambient.evaluate.manifest import Row, read
from ambient.observations import MotionMeasured, PostureSeen, Wear
from fusion.who import EVERY_S, WAIT_S, Matcher
from fusion.who_evidence import RELATIONS, log_odds, scores
from vitals.motion.cells import Grid
from vitals.motion.scale import Scale
from vitals.motion.seconds import Moved, Seconds

BEGIN_S: Final = 1000.0
"""Where the clock of the recordings begins."""
SECOND: Final = 1_000_000_000
TRUE, OTHER = 1, 2
"""Tracks of the wearer and of somebody beside."""
SHIFTS: Final = 10
"""Wrong pairs of each place on the body, at most."""


class Pairs(Struct, frozen=True):
    """The true pair of a data set and place on the body beside its wrong pairs.

    Attributes
    ----------
    clips, seconds
        Joined; seconds that could be compared, those in which the wearable lies still less.
    true
        Log-odds of the true pair.
    wrong
        Log-odds of each wrong pair.
    better
        Wrong pairs that fit less well than the true one.
    right, mistaken
        Of two people at once, the wearer and the one of a wrong pair: how often it is said who
        wears it, and how often the other or nobody is named.
    """

    clips: int
    seconds: float
    true: float
    wrong: list[float]
    better: int
    right: int
    mistaken: int


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """One recording: what the camera said in real time from 0, and the seconds of each device."""

    seen: list[PostureSeen]
    moved: dict[Wear, list[Moved]]
    seconds: float


def run(
    data: Path,
    kept: Path,
    progress: Callable[[int, int], None] | None = None,
    errors: dict[str, str] | None = None,
) -> dict[str, Pairs]:
    """Compare true with wrong pairs, in every data set that has recordings of both senses.

    Parameters
    ----------
    data
        The folder with ``video`` and ``vitals``.
    kept
        Where what the camera says of each clip is kept; looking takes minutes.
    progress
        Called with (done, all) clips of a data set.
    errors
        What cannot be read or told apart is added, by file, and the others go on; without it that
        is an error.

    Raises
    ------
    UsageError
        A manifest cannot be read, or no clip is of a camera and of a wrist or waist.
    UsageError, SourceError
        A recording cannot be read, without `errors`.
    """
    out: dict[str, Pairs] = {}
    vitals, videos = data / "vitals", read(data / "video" / "manifest.csv")
    shown = {row.dataset for row in videos}
    of = both_senses.worn_of(vitals, videos, errors)
    for dataset in sorted(name for name in worn_sets(vitals) if name in shown):
        worn = {one.file: one for one in recordings(vitals, (dataset,), errors=errors)}
        rows = [row for row in videos if row.dataset == dataset and of.get(_key(row)) in worn]
        clips = [
            _clip(row, worn[of[_key(row)]], said)
            for row, said in looked_at(rows, kept, progress, errors)
        ]
        for wear in (Wear.WRIST, Wear.WAIST):
            worn_there = [one for one in clips if wear in one.moved]
            if worn_there:
                out[f"{dataset}, {wear}"] = compare(worn_there, wear)
    if not out:
        why = next(iter((errors or {}).values()), "")
        raise UsageError(
            f"{data}: expected recordings that a camera and a sensor at the wrist or waist share, "
            f"got none: {why or 'give both rows of one data set and files alike in name'}"
        )
    return out


def _key(row: Row) -> tuple[str, str]:
    return row.dataset, row.file


def compare(clips: Sequence[Clip], wear: Wear) -> Pairs:
    """Return how well the true pair and wrong pairs fit."""
    true, seconds = _odds(clips, wear, 0)
    shifts = range(1, min(len(clips), SHIFTS + 1))
    wrong = [_odds(clips, wear, by)[0] for by in shifts]
    said = [_said(clips, wear, by) for by in shifts]
    return Pairs(
        clips=len(clips),
        seconds=round(seconds, 1),
        true=round(true, 2),
        wrong=[round(one, 2) for one in wrong],
        better=sum(one < true for one in wrong),
        right=said.count(True),
        mistaken=said.count(False),
    )


def _clip(row: Row, recording: Recording, said: Sequence[object]) -> Clip:
    seen = [one for one in said if isinstance(one, PostureSeen)]
    tracks = [one.track for one in seen]
    # One person is recorded; what else is taken for somebody is left out.
    most = max(set(tracks), key=tracks.count, default=0)
    slower = recording.slower
    traces = recording.traces
    begin = min(int(one.times[0]) for one in traces.values())
    felt_s = max(one.seconds for one in traces.values()) + (begin / SECOND - BEGIN_S)
    length = felt_s if row.duration_s is None else min(felt_s, row.duration_s * slower)
    return Clip(
        seen=[
            msgspec.structs.replace(one, t=int(one.t * slower), track=TRUE)
            for one in seen
            if one.track == most and one.t * slower <= length * SECOND
        ],
        moved={
            wear: [
                one
                for one in _seconds(trace.times, trace.samples)
                if one.t <= (BEGIN_S + length) * SECOND
            ]
            for wear, trace in traces.items()
            if wear in (Wear.WRIST, Wear.WAIST)
        },
        seconds=length,
    )


def _seconds(times: np.ndarray, samples: np.ndarray) -> list[Moved]:
    grid, scale, seconds = Grid(), Scale(), Seconds()
    out: list[Moved] = []
    for cells in grid.push(times, samples):
        for scaled in scale.push(cells):
            out += seconds.push(scaled.cells)
    return out


def _odds(clips: Sequence[Clip], wear: Wear, shift: int) -> tuple[float, float]:
    """Return the log-odds of joined clips, devices `shift` clips later, and seconds compared."""
    matcher = _told([*_seen(clips, 0, TRUE), *_felt(clips, wear, shift)])
    found = matcher.likeness("device", "camera", TRUE)
    if found is None:
        return 0.0, 0.0
    return float(log_odds(scores(found.sums, RELATIONS[wear]))), found.seconds


def _said(clips: Sequence[Clip], wear: Wear, shift: int) -> bool | None:
    """Return whether it is said who of two wears it: the person of each clip, or of `shift` later.

    None when it is not known.
    """
    beside = _seen(clips, shift, OTHER)
    matcher = _told([*_seen(clips, 0, TRUE), *beside, *_felt(clips, wear, 0)])
    belief = next(iter(matcher.beliefs()), None)
    if belief is None or (belief.track is None and not belief.elsewhere):
        return None
    return belief.track == TRUE


def _told(every: list[PostureSeen | MotionMeasured]) -> Matcher:
    matcher = Matcher()
    for said in sorted(every, key=lambda each: each.t):
        matcher.observe(said)
        matcher.advance(said.t)
    # The last seconds are compared once the camera is past them.
    end = max((one.t for one in every), default=0)
    matcher.advance(round(end + (WAIT_S + EVERY_S) * SECOND))
    return matcher


def _seen(clips: Sequence[Clip], shift: int, track: int) -> list[PostureSeen | MotionMeasured]:
    """Return what the camera says of joined clips, each in the time of the one `shift` before."""
    out: list[PostureSeen | MotionMeasured] = []
    for at, start in enumerate(_starts(clips)):
        out += [
            msgspec.structs.replace(one, t=one.t + start, track=track)
            for one in clips[(at + shift) % len(clips)].seen
            if one.t < clips[at].seconds * SECOND
        ]
    return out


def _felt(clips: Sequence[Clip], wear: Wear, shift: int) -> list[PostureSeen | MotionMeasured]:
    """Return what the device says of joined clips, each in the time of the one `shift` before."""
    out: list[PostureSeen | MotionMeasured] = []
    for at, start in enumerate(_starts(clips)):
        for one in clips[(at + shift) % len(clips)].moved[wear]:
            since = one.t - round(BEGIN_S * SECOND)
            if 0 < since <= clips[at].seconds * SECOND:
                out.append(
                    MotionMeasured(
                        t=start + since, room="room", source="device", received=0, wear=wear,
                        counts=one.counts, peak=one.peak, lowest=one.lowest, gravity=one.gravity,
                        steps=one.steps,
                    )
                )  # fmt: skip
    return out


def _starts(clips: Sequence[Clip]) -> list[int]:
    """Return when each of the joined clips begins, nanoseconds."""
    ends = accumulate((one.seconds for one in clips), initial=BEGIN_S)
    return [round(begin * SECOND) for begin in ends][: len(clips)]
