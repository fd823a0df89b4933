"""What the node's senses say while the wizard is open: the newest people, and a minute of it all.

Comes in: observations off the tap. Goes out: people as lines for the installer to see which camera
is which, and the observations of a stretch of time for the walk's judge. Held in memory alone.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from ambient.observations import (
    AnyObservation,
    HearingState,
    Point,
    PoseSeen,
    PostureSeen,
    Tick,
    ViewState,
)

NS: Final = 1_000_000_000
KEPT_NS: Final = 180 * NS
MOST: Final = 60_000
FRESH_NS: Final = 1_500_000_000
"""Whoever was not seen for longer is not drawn."""
VISIBLE: Final = 0.4

_BONES: Final = (
    (0, 11), (0, 12), (11, 12), (11, 13), (13, 15), (12, 14), (14, 16), (11, 23), (12, 24),
    (23, 24), (23, 25), (25, 27), (24, 26), (26, 28), (27, 31), (28, 32),
)  # fmt: skip
"""Pairs of BlazePose landmarks that are joined by a line: head to shoulders, arms, trunk, legs."""


class Person(Struct, frozen=True, kw_only=True):
    """Somebody as lines."""

    camera: str
    track: int
    lines: list[tuple[Point, Point]]
    posture: str = ""


class Watcher:
    """Keeps the last minutes of what was said; filled in one thread, read in others."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._said: deque[AnyObservation] = deque(maxlen=MOST)
        self._states: dict[tuple[str, str], AnyObservation] = {}
        self._newest = 0

    def take(self, found: Iterable[AnyObservation]) -> None:
        """Take in observations in whatever order they come."""
        with self._lock:
            for one in found:
                self._newest = max(self._newest, one.t)
                if isinstance(one, ViewState | HearingState):
                    self._states[one.room, one.source] = one
                if not isinstance(one, Tick):
                    self._said.append(one)
            while self._said and self._said[0].t < self._newest - KEPT_NS:
                self._said.popleft()

    def people(self, room: str) -> list[Person]:
        """Return who is seen in a room now, by camera."""
        with self._lock:
            said = [one for one in self._said if one.room == room]
            after = self._newest - FRESH_NS
        poses: dict[tuple[str, int], PoseSeen] = {}
        postures: dict[tuple[str, int], str] = {}
        for one in said:
            if one.t < after:
                continue
            if isinstance(one, PoseSeen):
                poses[one.source, one.track] = one
            elif isinstance(one, PostureSeen):
                postures[one.source, one.track] = one.posture.value
        return [
            Person(
                camera=camera,
                track=track,
                lines=_lines(pose),
                posture=postures.get((camera, track), ""),
            )
            for (camera, track), pose in sorted(poses.items())
        ]

    def between(self, room: str, began: int, ended: int) -> list[AnyObservation]:
        """Return what was said of a room in a time (ns), the states that held before it first."""
        with self._lock:
            states = [s for (where, _), s in self._states.items() if where == room and s.t < began]
            return states + [
                one for one in self._said if one.room == room and began <= one.t <= ended
            ]

    def views(self, room: str) -> dict[str, str]:
        """Return what each camera can see and each microphone hear, as it was said last."""
        with self._lock:
            states = [state for (where, _), state in self._states.items() if where == room]
        found = {one.source: one.view.value for one in states if isinstance(one, ViewState)}
        return found | {
            one.source: one.hearing.value for one in states if isinstance(one, HearingState)
        }


def _lines(pose: PoseSeen) -> list[tuple[Point, Point]]:
    """Return the lines of a body between joints that are seen."""
    found = []
    for a, b in _BONES:
        (x0, y0, sure0), (x1, y1, sure1) = pose.keypoints[a], pose.keypoints[b]
        if min(sure0, sure1) >= VISIBLE:
            found.append(((round(x0, 4), round(y0, 4)), (round(x1, 4), round(y1, 4))))
    return found
