"""People before a camera, written down second by second: what they do in, observations out.

`LOOKS` says what a camera gives for each posture: how far down and upright, and under which label.
The figures are set by hand, not measured; they waver from look to look by a seeded jitter. A body
that moves is looked at ten times a second, one that is still twice, as a node does. Places are in
picture heights: x to the right, y down.
"""

from __future__ import annotations

import math
import random
from itertools import pairwise
from typing import TYPE_CHECKING

from ambient.observations import Place, Posture, PostureSeen, TrackEnd, TrackEnded

if TYPE_CHECKING:
    from tests.fusion.situations.kit import Story

At = tuple[float, float]

DOOR: At = (1.68, 0.55)
MIDDLE: At = (1.0, 0.68)
FLOOR: At = (0.95, 0.76)
CHAIR: At = (0.3, 0.7)
IN_A: At = (0.53, 0.4)
EDGE_A: At = (0.53, 0.5)
BY_A: At = (0.53, 0.64)
BEDSIDE_A: At = (0.56, 0.72)
IN_B: At = (1.38, 0.4)
EDGE_B: At = (1.38, 0.5)
BY_B: At = (1.38, 0.64)
MAT: At = (1.1, 0.8)

FAST, SLOW = 0.1, 0.5
"""Seconds between looks at who moves and at who is still."""

LOOKS: dict[str, tuple[Posture, float, float]] = {
    "walks": (Posture.WALK, 0.03, 0.95),
    "stands": (Posture.STANDING, 0.03, 0.96),
    "bends": (Posture.OTHER, 0.25, 0.5),
    "sits": (Posture.SITTING, 0.1, 0.8),
    "sits in bed": (Posture.SITTING, 0.15, 0.75),
    "sits on the floor": (Posture.SITTING, 0.3, 0.4),
    "kneels": (Posture.KNEELING, 0.25, 0.5),
    "squats": (Posture.SQUATTING, 0.25, 0.5),
    "bows down": (Posture.CRAWL, 0.6, 0.1),
    "crawls": (Posture.CRAWL, 0.62, 0.08),
    "slumps": (Posture.OTHER, 0.62, 0.1),
    "lies": (Posture.LYING, 0.94, 0.02),
    "is fallen": (Posture.FALLEN, 0.95, 0.01),
    "hangs": (Posture.OTHER, 0.35, 0.35),
}
"""Label, probability of being down, probability of being upright."""


class Person:
    """Somebody whom one camera follows.

    Parameters
    ----------
    story
        What it is written into.
    track
        Number within the camera.
    size
        Length of the body, picture heights.
    """

    def __init__(
        self, story: Story, track: int, camera: str, size: float, quality: float, seed: int
    ) -> None:
        self._story, self.track, self.camera = story, track, camera
        self.size, self.quality = size, quality
        self._dice = random.Random(f"{seed} {camera} {track}")

    def walks(self, begin: float, end: float, *way: At) -> Person:
        """Walk along `way`, at an even pace."""
        steps = round((end - begin) / FAST)
        for i in range(steps):
            self._look(begin + i * FAST, "walks", _along(way, i / steps), still=0.1)
        return self

    def stays(self, begin: float, end: float, how: str, where: At, **keys: object) -> Person:
        """Stay as one of `LOOKS` in one place.

        `still` below 0.6 is movement; whoever moves is looked at oftener.
        """
        still = float(keys.pop("still", 0.9))  # type: ignore[arg-type]
        every = FAST if still < 0.6 else SLOW
        for i in range(round((end - begin) / every)):
            self._look(begin + i * every, how, where, still=still, **keys)
        return self

    def moves(self, begin: float, end: float, how: str, *way: At, **keys: object) -> Person:
        """Move along `way` as one of `LOOKS`: crawl, slide, be lifted."""
        steps = max(1, round((end - begin) / FAST))
        still = float(keys.pop("still", 0.2))  # type: ignore[arg-type]
        for i in range(steps):
            self._look(begin + i * FAST, how, _along(way, i / steps), still=still, **keys)
        return self

    def falls(self, at: float, start: At, end: At, *, clear: float = 0.95) -> Person:
        """Fall within 0.8 s; `clear` is how clearly the descent is seen."""
        for i in range(8):
            share = (i + 1) / 8
            self._put(
                at + i * FAST,
                Posture.FALL if share > 0.5 else Posture.OTHER,
                0.05 + 0.8 * share,
                0.9 - 0.88 * share,
                _along((start, end), share),
                still=0.0,
                descent=clear * share,
            )
        return self

    def on_floor(self, begin: float, end: float, where: At, **keys: object) -> Person:
        """Lie where one fell; the descent is remembered for the first seconds."""
        recent = float(keys.pop("descent", 0.95))  # type: ignore[arg-type]
        quiet = min(begin + 3.0, end)
        self.stays(begin, quiet, "is fallen", where, still=0.4, descent=recent, **keys)
        return self.stays(quiet, end, "is fallen", where, still=0.9, **keys)

    def gets_up(self, begin: float, where: At) -> float:
        """Rise from the floor within 3 s; return when standing."""
        self.stays(begin, begin + 1.0, "sits on the floor", where, still=0.2)
        self.stays(begin + 1.0, begin + 3.0, "kneels", where, still=0.2)
        return begin + 3.0

    def leaves(self, at: float) -> Person:
        """Walk out of the picture."""
        return self._end(at, TrackEnd.LEFT_PICTURE, 0.02)

    def is_lost(self, at: float, down: float = 0.02) -> Person:
        """Be seen no more in the middle of the picture: behind a curtain, a bed, in the dark."""
        return self._end(at, TrackEnd.LOST, down)

    def _end(self, at: float, reason: TrackEnd, down: float) -> Person:
        self._story.put(
            TrackEnded(
                t=self._story.ns(at), room=self._story.room, source=self.camera, track=self.track,
                reason=reason, down=down,
            )
        )  # fmt: skip
        return self

    def _look(self, at: float, how: str, where: At, *, still: float, **keys: object) -> None:
        posture, down, upright = LOOKS[how]
        jitter = self._dice.gauss(0.0, 0.03)
        self._put(at, posture, down + jitter, upright - jitter, where, still=still, **keys)

    def _put(
        self,
        at: float,
        posture: Posture,
        down: float,
        upright: float,
        where: At,
        *,
        still: float,
        descent: float = 0.0,
        place: Place = Place.UNKNOWN,
        bed: str | None = None,
    ) -> None:
        x, y = (one + self._dice.gauss(0.0, 0.004) for one in where)
        self._story.put(
            PostureSeen(
                t=self._story.ns(at),
                room=self._story.room,
                source=self.camera,
                track=self.track,
                posture=posture,
                probability=max(0.5, min(0.99, max(down, upright))),
                down=_held(down),
                upright=_held(upright),
                place=place,
                bed=bed,
                descent=descent,
                still=still,
                quality=self.quality,
                at=(x, y),
                size=self.size,
            )
        )


def _held(value: float) -> float:
    return max(0.0, min(0.99, value))


def _along(way: tuple[At, ...], share: float) -> At:
    """Return the place after `share` of a way."""
    if len(way) == 1:
        return way[0]
    parts = list(pairwise(way))
    left = share * sum(math.dist(a, b) for a, b in parts)
    for a, b in parts:
        length = math.dist(a, b)
        if left <= length and length > 0:
            part = left / length
            return a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1])
        left -= length
    return way[-1]
