"""How high the hips came to rest over where the feet last stood.

Comes in: the poses of the people of one camera and its floor. Goes out: for each of them that
height in heights of a person, while it means something. Who fell on the spot has nearly 0, who sat
down or lay down on a bed 0.25 and more; who fell away from the camera lies higher in the picture
and comes near that, so only a low value tells. Pure, one entry a track, forgotten with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vision.floor import FloorPlane
from vision.floor_plane import Measure
from vision.upright import standing

LASTS_NS: Final = 15_000_000_000
"""So long after somebody last stood the place is remembered."""
ASIDE: Final = 0.5
"""Hips farther aside from the feet than this, in heights of a person there, rest elsewhere."""


@dataclass(frozen=True, slots=True)
class _Stood:
    x: float
    row: float
    t_ns: int


class Resting:
    """Remembers where people stood before one camera."""

    def __init__(self) -> None:
        self._stood: dict[int, _Stood] = {}

    def update(self, track: int, keypoints: NDArray[np.floating], aspect: float, t_ns: int) -> None:
        """Take in a pose (33, 3) of a track."""
        points = np.asarray(keypoints, np.float64)
        sample = standing(points, aspect)
        if sample is not None:
            x = float(points[27:33, 0].mean())
            self._stood[track] = _Stood(x, sample[0], t_ns)

    def end(self, track: int) -> None:
        """Forget a track."""
        self._stood.pop(track, None)

    def height(
        self,
        track: int,
        keypoints: ArrayLike,
        aspect: float,
        t_ns: int,
        floor: FloorPlane,
    ) -> Measure | None:
        """Return how high the hips are over where the feet last stood, in heights of a person.

        None when the floor is not known, nobody of this track stood lately, or the hips are
        farther aside than somebody reaches who falls or sits down where he stands.
        """
        stood = self._stood.get(track)
        if stood is None or t_ns - stood.t_ns > LASTS_NS:
            return None
        tall = floor.expected_height(stood.row)
        if tall is None:
            return None
        hips = np.asarray(keypoints, np.float64)[[23, 24], :2].mean(axis=0)
        if abs(float(hips[0]) - stood.x) * aspect > ASIDE * tall.value:
            return None
        return floor.height_above_floor((float(hips[0]), float(hips[1])), stood.row)
