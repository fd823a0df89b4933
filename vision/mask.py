"""Privacy masks: parts of a picture that nobody and nothing sees.

Comes in: polygons in normalised coordinates, drawn by the installer, and a frame. Goes out: the
same buffer, black there, before anything else looks at it.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from ambient.observations import Point


class PrivacyMask:
    """Blackens polygons in place.

    Parameters
    ----------
    polygons
        Each of at least three points x, y in 0..1; they may overlap. None at all is fine.
    """

    def __init__(self, polygons: Sequence[Sequence[Point]]) -> None:
        self._polygons = [np.asarray(polygon, dtype=np.float64) for polygon in polygons]
        self._size = (0, 0)
        self._pixels: list[npt.NDArray[np.int32]] = []

    def apply(self, image: npt.NDArray[np.uint8]) -> None:
        """Fill the polygons of `image`, shape (h, w) or (h, w, 3), with black.

        The outline itself is black too.
        """
        if not self._polygons:
            return
        height, width = image.shape[:2]
        if self._size != (width, height):
            self._size = (width, height)
            scale = np.array((width - 1, height - 1))
            self._pixels = [np.rint(p * scale).astype(np.int32) for p in self._polygons]
        for pixels in self._pixels:
            # One by one: in a single call, where two overlap would stay clear.
            cv2.fillPoly(image, [pixels], (0, 0, 0))
