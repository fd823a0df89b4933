"""What every source of pictures gives, whatever stands behind it.

Comes in: what OpenCV decoded, in whatever layout. Goes out: `Frame`, always BGR, 8 bits, with an
event time that strictly increases within its source, and never larger than `MAX_SIDE`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Protocol, runtime_checkable

import cv2
import numpy as np
import numpy.typing as npt

from ambient import sources
from ambient.errors import SourceError

Image = npt.NDArray[np.uint8]

MAX_SIDE: Final = 1920
"""Longest side of a frame in pixels; larger pictures are shrunk at once."""
MIN_SIDE: Final = 16
"""Below this no person can be seen, and what comes is a broken stream."""
MAX_PIXELS: Final = 64_000_000
"""Largest picture that is decoded at all (8K has 35 million)."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture and the instant it shows.

    Attributes
    ----------
    image
        BGR, uint8, shape (height, width, 3). The receiver owns the buffer and may write on it.
    t_ns
        Event time in nanoseconds; strictly increasing within a source.
    index
        Number of the picture in its source, counting those that were skipped as well.
    """

    image: Image
    t_ns: int
    index: int


@runtime_checkable
class Source(sources.Source[Frame], Protocol):
    """Gives frames in order."""

    @property
    def fps(self) -> float:
        """Nominal rate in frames per second of what `read` gives."""
        ...


class Readable(sources.Readable[Frame]):
    """What the sources share."""


def to_bgr(picture: npt.NDArray[Any]) -> Image:
    """Return `picture` as BGR uint8, its longest side at most `MAX_SIDE`.

    Parameters
    ----------
    picture
        Shape (h, w), (h, w, 1), (h, w, 3) or (h, w, 4); uint8 or uint16.

    Raises
    ------
    SourceError
        For any other shape or type.
    """
    if picture.dtype == np.uint16:
        picture = (picture >> 8).astype(np.uint8)
    channels = 1 if picture.ndim == 2 else picture.shape[2] if picture.ndim == 3 else 0
    if picture.dtype != np.uint8 or channels not in (1, 3, 4):
        raise SourceError(
            "expected pictures of 8 or 16 bits with 1, 3 or 4 channels, "
            f"got {picture.dtype} {picture.shape}; set the camera to a usual format"
        )
    height, width = picture.shape[:2]
    longest = max(height, width)
    if longest > MAX_SIDE:
        size = (
            max(1, round(width * MAX_SIDE / longest)),
            max(1, round(height * MAX_SIDE / longest)),
        )
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    if channels == 1:
        return np.asarray(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR), dtype=np.uint8)
    if channels == 4:
        return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGRA2BGR), dtype=np.uint8)
    return picture


def check_size(name: str, width: int, height: int) -> None:
    """Refuse a picture that is too small to show anybody or too large to decode.

    Raises
    ------
    SourceError
        With the size that came.
    """
    if min(width, height) < MIN_SIDE or width * height > MAX_PIXELS:
        raise SourceError(
            f"{name}: expected a picture of {MIN_SIDE} × {MIN_SIDE} to "
            f"{MAX_PIXELS // 1_000_000} million pixels, got {width} × {height}; "
            "choose another stream or file"
        )
