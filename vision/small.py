"""The small grey picture on which quality and motion are judged.

Comes in: a frame of any size. Goes out: grey, its longest side 160 pixels, averaged over areas so
that sensor noise is small. At this size each pixel is about 4 × 4 of a 640 × 360 camera.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

LONGEST: Final = 160
"""Longest side in pixels."""
_LARGE: Final = 800
"""Wider pictures are first sampled down, which costs the same whatever their size."""

Gray = npt.NDArray[np.uint8]


def small_size(width: int, height: int) -> tuple[int, int]:
    """Return width and height of the small picture, each at least 1."""
    longest = max(width, height)
    return max(1, round(width * LONGEST / longest)), max(1, round(height * LONGEST / longest))


def small_gray(image: npt.NDArray[np.uint8]) -> Gray:
    """Return the small grey picture of `image`, BGR uint8 of shape (height, width, 3)."""
    height, width = image.shape[:2]
    size = small_size(width, height)
    if max(width, height) > _LARGE:
        double = (size[0] * 2, size[1] * 2)
        image = np.asarray(
            cv2.resize(image, double, interpolation=cv2.INTER_LINEAR), dtype=np.uint8
        )
    gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
