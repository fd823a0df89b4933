"""The floor of one camera, learned from its people: poses in, how high a body rests over it out.

Joins the floor's plane (`vision.floor`) and where people stood (`vision.rest`), and tells who
walks: who has moved over the picture by a fair share of their own length within a moment, while
upright in proportion. Pure, no pixels and no clock; what is kept of a person goes with the track.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vision.features import body_size
from vision.floor import FloorPlane, FloorState
from vision.rest import Resting

WINDOW_NS: Final = 2_000_000_000
WALKED: Final = 0.6
"""Hips that moved by so many body sizes within `WINDOW_NS`, half of it in its latter half, were
carried by steps: somebody who falls or sits down comes less far, and then rests."""
SEE_NS: Final = 240_000_000
"""Poses of a track that follow each other more closely tell nothing further of the floor."""
ASK_NS: Final = 450_000_000
"""A height is worked out anew so often; in between the last one holds."""
SURE: Final = 0.25
"""A height less sure than this (standard deviation) is not told."""

Floats = NDArray[np.float64]


@dataclass(slots=True)
class _Track:
    hips: deque[tuple[int, float, float]] = field(default_factory=deque)
    asked_ns: int = -ASK_NS
    height: float | None = None


class Ground:
    """Learns and uses the floor of one camera.

    Parameters
    ----------
    state
        Of an earlier one of the same camera in the same place.
    """

    def __init__(self, state: FloorState | None = None) -> None:
        self.floor = FloorPlane(state)
        self._resting = Resting()
        self._tracks: dict[int, _Track] = {}

    def update(self, track: int, keypoints: NDArray[np.floating], aspect: float, t_ns: int) -> None:
        """Take in a pose (33, 3) of a track; only poses that may be trusted."""
        known = self._of(track)
        if known.hips and t_ns - known.hips[-1][0] < SEE_NS:
            return
        points = np.asarray(keypoints, np.float64)
        walking = _walking(known.hips, points, aspect, t_ns)
        self.floor.update(points, aspect, t_ns, walking=walking)
        self._resting.update(track, points, aspect, t_ns)

    def rest(self, track: int, keypoints: ArrayLike, aspect: float, t_ns: int) -> float | None:
        """Return how high the hips are over where the feet last stood, in heights of a person.

        None when that is not known, or not surely.
        """
        known = self._of(track)
        if t_ns - known.asked_ns >= ASK_NS:
            known.asked_ns = t_ns
            measure = self._resting.height(track, keypoints, aspect, t_ns, self.floor)
            sure = measure is not None and measure.sd <= SURE
            known.height = measure.value if measure is not None and sure else None
        return known.height

    def _of(self, track: int) -> _Track:
        known = self._tracks.get(track)
        if known is None:
            known = self._tracks[track] = _Track()
        return known

    def end(self, track: int) -> None:
        """Forget a track."""
        self._resting.end(track)
        self._tracks.pop(track, None)

    def reset(self) -> None:
        """Forget the floor and where people stood: the camera was moved."""
        self.floor.reset()
        self._resting = Resting()
        self._tracks.clear()


def _walking(
    hips: deque[tuple[int, float, float]], points: Floats, aspect: float, t_ns: int
) -> bool:
    """Return whether the hips have come far lately; remembers where they are."""
    square = points[:, :2] * (aspect, 1.0)
    x, y = ((square[23] + square[24]) / 2).tolist()
    while hips and t_ns - hips[0][0] > WINDOW_NS:
        hips.popleft()
    hips.append((t_ns, x, y))
    late = next(hip for hip in hips if t_ns - hip[0] <= WINDOW_NS // 2)
    far = WALKED * body_size(square)
    return math.dist(hips[0][1:], (x, y)) > far and math.dist(late[1:], (x, y)) > far / 2
