"""How a person is: the poses of one track in, labels and evidence of a fall out.

`PostureModel` is the seam: whatever estimates posture from poses over time stands behind it.
`RulePosture` is the first: a logistic model of the body's shape says how far the body is down,
its memory of the last seconds says how fast it got there, and rules name the label. Pure: time is
the `t` of the poses.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from ambient.observations import Box, BoxSeen, Point, PoseSeen, Posture
from models.posture import POSTURE
from vision.features import BodyFeatures, measure, ramp
from vision.outline_shape import Outline, cut_off

MEMORY_NS: Final = 4_000_000_000
IMPACT_NS: Final = 150_000_000
DESCENT_NS: Final = 1_300_000_000
"""A fall from standing to rest takes about a second (Robinovitch et al. 2013)."""
LATELY_NS: Final = 600_000_000
STILL_NS: Final = 2_000_000_000
FRESH_S: Final = 3.0
PRESENCE_S: Final = 0.8
"""Time constant of how sure the network is."""
_INVERTED: Final = 0.95
"""Probability of being down with the head below the feet."""
_FELL_LOG_ODDS: Final = 1.2
"""Who fell is more probably down than the shape of the body alone says."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a posture model says of one person at one instant; all probabilities 0..1.

    Attributes are those of `ambient.observations.PostureSeen`, and `body`: the shape that the pose
    has, where it was measured for this.
    """

    posture: Posture
    probability: float
    down: float
    upright: float
    descent: float
    still: float
    quality: float
    at: tuple[float, float]
    size: float
    body: BodyFeatures | None = None


class PostureModel(Protocol):
    """Estimates posture and fall evidence from the poses of one camera, track by track."""

    def look(
        self,
        t: int,
        seen: Sequence[PoseSeen | BoxSeen],
        *,
        boxes: Mapping[int, tuple[Box, float]] | None = None,
        places: Mapping[int, NDArray[np.float32]] | None = None,
    ) -> None:
        """Take in everybody of one picture at once, before each is asked for.

        Parameters
        ----------
        t
            Its instant, nanoseconds.
        seen
            Poses, and outlines of those of whom no pose is seen.
        boxes
            By track: box and score of the second detector for people whose pose is seen too.
        places
            By track: (4,) probabilities of floor, bed, sofa, chair.
        """
        ...

    def update(self, pose: PoseSeen) -> Estimate:
        """Take the next pose of a track and return how the person is."""
        ...

    def outline(self, seen: BoxSeen) -> Estimate:
        """Take the next sight of a track of which only the outline is known."""
        ...

    def end(self, track: int) -> None:
        """Forget a track."""
        ...


@dataclass(frozen=True, slots=True)
class _Moment:
    t: int
    head: Point
    hip: Point
    ankle: Point
    extent_m: float
    down: float
    level: float
    """Height of the body's centre over its reference, in picture heights; falls when one falls."""
    outer: float | None
    """The same by the box around the body; None where the picture's border cuts it."""
    outlined: bool = False
    """Known by the box alone."""

    @classmethod
    def of(cls, pose: PoseSeen, body: BodyFeatures, down: float) -> _Moment:
        """Return what is kept of one pose."""
        level = -(body.hip[1] + body.head[1]) / 2
        outer = None if cut_off(pose.box) else Outline.of(pose.box, pose.aspect, 0.0).level
        return cls(pose.t, body.head, body.hip, body.ankle, body.extent_m, down, level, outer)

    def repeats(self, other: _Moment) -> bool:
        """Whether this is the very same sight, as of a frozen picture."""
        return self.head == other.head and self.hip == other.hip and self.ankle == other.ankle


@dataclass(slots=True)
class _Track:
    moments: deque[_Moment] = field(default_factory=deque)
    size: float = 0.0
    tall: float = 0.0
    """Height in the picture when last seen upright, in picture heights; 0 when never."""
    descent: float = 0.0
    descent_t: int = 0
    before: float = 0.0
    """Level of the body before the descent that counts."""
    fell: bool = False
    """Went down by a fall and has not been upright since."""
    lowest: float = 0.0
    """Lowest level since the fall."""
    surest: float = 0.0
    """Highest probability of being down since the fall."""
    evidence: float = 0.0
    """Of a descent, in the frame before."""
    presence: float = 0.0
    """How sure the network was of late that this is a body, 0..1."""


class RulePosture:
    """Rules and a logistic model; see the module."""

    def __init__(self) -> None:
        self._tracks: dict[int, _Track] = {}

    def look(
        self,
        t: int,
        seen: Sequence[PoseSeen | BoxSeen],
        *,
        boxes: Mapping[int, tuple[Box, float]] | None = None,
        places: Mapping[int, NDArray[np.float32]] | None = None,
    ) -> None:
        """Do nothing: the rules look at one person at a time."""

    def update(self, pose: PoseSeen) -> Estimate:
        """Take the next pose of a track and return how the person is."""
        track = self._of(pose.track)
        body = measure(pose)
        # The size of a body changes slowly (approaching the camera), that of a bad pose at once.
        track.size = body.size if track.size == 0 else max(body.size, track.size * 0.995)
        track.size += 0.05 * (body.size - track.size)
        now = _Moment.of(pose, body, down_probability(body))
        _follow_presence(track, now, pose.score)
        standing = upright_probability(body, now.down)
        if standing >= 0.5:
            track.tall = body.box_height
        descent, still = self._follow(track, now)
        down, upright = self._after_fall(track, now, descent, standing)
        posture, probability = _label(track, now, body, descent)
        return Estimate(
            posture=posture,
            probability=probability,
            down=down,
            upright=upright,
            descent=descent,
            still=still,
            quality=ramp(track.presence, 0.75, 0.97) * min(1.0, body.seen * 1.3),
            at=body.hip,
            size=track.size,
            body=body,
        )

    def outline(self, seen: BoxSeen) -> Estimate:
        """Take the next sight of a track of which only the outline is known."""
        track = self._of(seen.track)
        shape = Outline.of(seen.box, seen.aspect, track.tall)
        if shape.upright >= 0.5:
            track.tall = shape.height
        track.size = max(track.size * 0.98, shape.size)
        now = _Moment(
            t=seen.t,
            head=shape.head,
            hip=shape.middle,
            ankle=shape.foot,
            extent_m=shape.extent_m,
            down=shape.down,
            level=shape.level,
            outer=None if cut_off(seen.box) else shape.level,
            outlined=True,
        )
        descent, still = self._follow(track, now)
        down, upright = self._after_fall(track, now, descent, shape.upright)
        posture = Posture.OTHER if down < 0.5 else Posture.FALLEN if track.fell else Posture.LYING
        return Estimate(
            posture=posture,
            probability=down if down >= 0.5 else 1.0 - down,
            down=down,
            upright=upright,
            descent=descent,
            still=still,
            quality=min(1.0, 0.1 + 0.6 * seen.score),
            at=shape.middle,
            size=track.size,
        )

    def end(self, track: int) -> None:
        """Forget a track."""
        self._tracks.pop(track, None)

    def _of(self, number: int) -> _Track:
        track = self._tracks.get(number)
        if track is None:
            track = self._tracks[number] = _Track()
        return track

    def _follow(self, track: _Track, now: _Moment) -> tuple[float, float]:
        """Remember a moment; return the evidence of a descent, and stillness."""
        moments = track.moments
        moments.append(now)
        while now.t - moments[0].t > MEMORY_NS:
            moments.popleft()
        self._follow_descent(track, now)
        descent = track.descent if (now.t - track.descent_t) / 1e9 <= FRESH_S else 0.0
        return descent, _stillness(track, now)

    def _after_fall(
        self, track: _Track, now: _Moment, descent: float, upright: float
    ) -> tuple[float, float]:
        """Return how far down and upright, given what happened before.

        Who fell is down, also crumpled or in a pose that the network makes up, until the body
        has regained a good part of the height that it lost.
        """
        if not track.fell:
            if descent < 0.6 or now.down < 0.4:
                return now.down, upright
            track.fell, track.lowest, track.surest = True, now.level, 0.0
        track.surest = max(track.surest, now.down)
        track.lowest = min(track.lowest, now.level)
        lost = max(track.before - track.lowest, 0.05 * track.size)
        regained = ramp((now.level - track.lowest) / lost, 0.3, 0.6)
        upright *= regained
        if upright >= 0.5:
            track.fell = False
            return now.down, upright
        odds = now.down / max(1.0 - now.down, 1e-6) * math.exp(_FELL_LOG_ODDS)
        low = 0.7 * (1.0 - regained) * ramp(track.surest, 0.4, 0.8)
        return max(odds / (1.0 + odds), low), upright

    def _follow_descent(self, track: _Track, now: _Moment) -> None:
        size = max(track.size, 1e-3)
        strongest, before = 0.0, now.level
        newest, oldest = now.t - IMPACT_NS, now.t - DESCENT_NS
        for moment in track.moments:
            if oldest <= moment.t <= newest and moment.down < 0.5:
                evidence = _sank(moment, now, size, (now.t - moment.t) / 1e9)
                if evidence > strongest:
                    strongest, before = evidence, moment.level
        # One frame is no descent: a pose that the network made up jumps as well.
        strongest, track.evidence = min(strongest, track.evidence), strongest
        stale = (now.t - track.descent_t) / 1e9 > FRESH_S
        if strongest >= track.descent or stale:
            track.descent, track.descent_t = strongest, now.t
            track.before = max(before, track.before) if track.fell else before


def down_probability(body: BodyFeatures) -> float:
    """Return how probable it is that a body of this shape lies or is crumpled low, 0..1."""
    inputs = shape_inputs(body)
    total = POSTURE.bias + sum(w * x for w, x in zip(POSTURE.weights, inputs, strict=True))
    shape = 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))
    # Legs that are only guessed say nothing of how low a body is; then the trunk decides.
    trunk = ramp(body.tilt, math.radians(40), math.radians(65))
    guessed = 1.0 - ramp(body.legs, 0.2, 0.6)
    shape -= guessed * max(0.0, shape - trunk)
    # Nobody stands with the head lower in the picture than the feet: they lie towards the camera.
    inverted = ramp((body.head[1] - body.ankle[1]) / body.size, 0.1, 0.35)
    return max(shape, _INVERTED * inverted * (1.0 - guessed))


def shape_inputs(body: BodyFeatures) -> tuple[float, float, float, float, float, float]:
    """Return the inputs of the model in the order of `models.posture.FEATURES`."""
    right_angle = math.pi / 2
    return (
        body.extent_m,
        min(body.tilt_world / right_angle, 1.1),
        body.height,
        math.log(body.ratio + 0.1),
        min(body.tilt / right_angle, 1.1),
        min(body.thigh / right_angle, 1.2),
    )


def upright_probability(body: BodyFeatures, down: float) -> float:
    """Return how probable it is that a body stands, walks, or sits off the floor, 0..1."""
    tall = ramp(body.extent_m, 0.6, 0.85)
    straight = 1.0 - ramp(body.tilt_world, math.radians(45), math.radians(75))
    return tall * straight * (1.0 - down)


def _label(
    track: _Track, now: _Moment, body: BodyFeatures, descent: float
) -> tuple[Posture, float]:
    size = max(track.size, 1e-3)
    since = now.t - LATELY_NS
    past = next((m for m in track.moments if m.t >= since), now)
    age = max((now.t - past.t) / 1e9, 0.1)
    sinking = (past.level - now.level) / size / age
    travelled = math.dist(past.hip, now.hip) / size / age
    if now.down >= 0.5:
        if sinking > 0.5:
            return Posture.FALL, max(now.down, descent)
        if track.fell:
            return Posture.FALLEN, now.down
        if travelled > 0.25:
            return Posture.CRAWL, now.down * 0.7
        return (Posture.LIE_DOWN if sinking > 0.15 else Posture.LYING), now.down
    sure = 1.0 - now.down
    if sinking > 0.6 and descent >= 0.5:
        return Posture.FALL, descent
    if sinking < -0.55 and abs(past.ankle[1] - now.ankle[1]) / size > 0.18:
        return Posture.JUMP, 0.5 * sure
    if sinking < -0.22:
        return Posture.STAND_UP, 0.7 * sure
    bent_knees = abs(body.thigh - body.shin) > math.radians(60)
    if body.thigh > math.radians(50) and body.tilt_world < math.radians(55):
        if sinking > 0.22:
            return Posture.SIT_DOWN, 0.7 * sure
        if body.hip[1] > body.ankle[1] - 0.16 * size and bent_knees:
            return Posture.SQUATTING, 0.6 * sure
        return Posture.SITTING, 0.8 * sure
    if body.shin > math.radians(60) and body.tilt_world < math.radians(50):
        return Posture.KNEELING, 0.6 * sure
    if sinking > 0.22 and body.tilt_world > math.radians(50):
        return Posture.LIE_DOWN, 0.5 * sure
    if body.extent_m > 0.85:
        return (Posture.WALK if travelled > 0.12 else Posture.STANDING), 0.9 * sure
    return Posture.OTHER, 0.5


def _sank(past: _Moment, now: _Moment, size: float, age: float) -> float:
    """Return the evidence, 0..1, that a body fell between two moments."""
    if past.outlined is not now.outlined:
        # A pose and a box measure the body differently: only its outer shape compares, roughly.
        if past.outer is None or now.outer is None:
            return 0.0
        drop = (past.outer - now.outer) / size
        return min(ramp(drop, 0.25, 0.45), ramp(drop / max(age, 0.3), 0.25, 0.6))
    drop = (past.level - now.level) / size
    lost = past.extent_m - now.extent_m
    if now.outlined and (past.outer is None or now.outer is None):
        return 0.0
    return max(
        min(ramp(drop, 0.18, 0.36), ramp(drop / max(age, 0.3), 0.25, 0.6)),
        0.8 * min(ramp(lost, 0.45, 0.8), ramp(drop, 0.06, 0.2)),
    )


def _follow_presence(track: _Track, now: _Moment, score: float) -> None:
    """Take in how sure the network is that this is a body.

    A coat or a chair taken for somebody lying wavers below 0.95 where people keep above it. The
    very same sight once more is no further witness.
    """
    if not track.moments:
        track.presence = score
    elif not now.repeats(track.moments[-1]):
        passed_s = (now.t - track.moments[-1].t) / 1e9
        track.presence += min(1.0, passed_s / PRESENCE_S) * (score - track.presence)


def _stillness(track: _Track, now: _Moment) -> float:
    """Share of the last 2 s in which hip and head stayed within 2 % of the body's size."""
    size = max(track.size, 1e-3)
    since, hip, head = now.t - STILL_NS, now.hip, now.head
    recent = [m for m in track.moments if m.t >= since]
    if len(recent) < 2 or (now.t - recent[0].t) / 1e9 < 0.5:
        return 0.0
    hip_near, head_near = 0.04 * size, 0.06 * size
    quiet = sum(
        math.dist(m.hip, hip) < hip_near and math.dist(m.head, head) < head_near for m in recent
    )
    return quiet / len(recent)
