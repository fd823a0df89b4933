"""What a detector is shown of a picture, and where that lies in the picture.

In: a picture, or a region of it. Out: a `View` of one of few shapes, so that a network is compiled
for each once and hardly looks at empty borders: of a square a wide picture leaves two fifths black,
which cost as much as the rest. Some black stays on either side where there is room: without it what
the picture cuts off gets other scores (by 0.05, where the square's differ by 0.01).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.pose.types import Box, Floats, Image

Boxes = NDArray[np.float32]
Shape = tuple[int, int]
"""Height and width, pixels."""

SIDE: Final = 416
"""Of the longer side, pixels."""
_BORDER: Final = 16
_SHORTER: Final = (288, 352, SIDE)
"""For pictures of 16 by 9, of 4 by 3, and squares; whole numbers of the coarsest cells."""
# A region looked at closely keeps this much of its surroundings, and is at least so large.
_REGION_MARGIN: Final = 1.5
_SMALLEST_SIDE: Final = 32.0


def shape_for(height: int, width: int) -> Shape:
    """Return the smallest shape that holds a picture whose longer side is `SIDE`, and a border."""
    needed = min(SIDE, min(height, width) + 2 * _BORDER)
    shorter = next(side for side in _SHORTER if side >= needed)
    return (shorter, SIDE) if height <= width else (SIDE, shorter)


def turned(shape: Shape, turns: int) -> Shape:
    """Return the shape of a view of `shape` after quarter turns."""
    return shape[::-1] if turns % 2 else shape


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A part of a picture as the network is shown it, with little black around it.

    Attributes
    ----------
    pixels
        (height, width, 3) uint8, BGR; of a picture as `shape_for` says, of a region a square.
    offset, scale
        From pixels of the view to the picture, 0..1: ``offset + scale * (x, y)``.
    """

    pixels: Image
    offset: Floats
    scale: Floats

    @classmethod
    def of(cls, image: Image, region: Box | None = None) -> View:
        """Return the view of a picture, or of a region of it.

        Parameters
        ----------
        image
            (height, width, 3) uint8.
        region
            x0, y0, x1, y1, 0..1; looked at with some surroundings, as a square where the picture
            has room for one.

        Raises
        ------
        ValueError
            The region has no area inside the picture.
        """
        height, width = image.shape[:2]
        x0, y0, x1, y1 = _part(width, height, region)
        part = image[y0:y1, x0:x1]
        scale = SIDE / max(part.shape[:2])
        down, across = (max(1, round(length * scale)) for length in part.shape[:2])
        # Whatever is looked at closely is shown in one shape: which networks are compiled, and kept
        # on the disk, must not depend on where somebody was seen.
        rows, columns = (SIDE, SIDE) if region is not None else shape_for(down, across)
        top, left = (rows - down) // 2, (columns - across) // 2
        # Plain sampling would skip pixels of a picture this large.
        how = cv2.INTER_AREA if scale <= 0.5 else cv2.INTER_LINEAR
        pixels = np.zeros((rows, columns, 3), np.uint8)
        pixels[top : top + down, left : left + across] = cv2.resize(
            part, (across, down), interpolation=how
        )
        pixel = np.array([(x1 - x0) / across / width, (y1 - y0) / down / height], np.float32)
        corner = np.array([x0 / width, y0 / height], np.float32)
        return cls(pixels, corner - pixel * np.array([left, top], np.float32), pixel)

    def in_picture(self, boxes: Boxes) -> Boxes:
        """Map (n, 4) boxes of the view, in pixels, to the picture, 0..1, cut at its border."""
        placed: Boxes = boxes.reshape(-1, 2, 2) * self.scale + self.offset
        return np.clip(placed, 0, 1).reshape(-1, 4)


def _part(width: int, height: int, region: Box | None) -> tuple[int, int, int, int]:
    """Return x0, y0, x1, y1 of what to look at, in whole pixels of the picture."""
    if region is None:
        return 0, 0, width, height
    x0, y0, x1, y1 = (min(max(edge, 0.0), 1.0) for edge in region)
    if not (x0 < x1 and y0 < y1):
        raise ValueError(
            f"region: expected x0 < x1 and y0 < y1 inside the picture (0 to 1), got {region}"
        )
    x, y = (x0 + x1) / 2 * width, (y0 + y1) / 2 * height
    side = max((x1 - x0) * width, (y1 - y0) * height, _SMALLEST_SIDE) * _REGION_MARGIN
    across, down = min(side, float(width)), min(side, float(height))
    left = min(max(x - across / 2, 0.0), width - across)
    top = min(max(y - down / 2, 0.0), height - down)
    return int(left), int(top), math.ceil(left + across), math.ceil(top + down)


def unturned(boxes: Boxes, turns: int, shape: Shape) -> Boxes:
    """Map (n, 4) boxes of a view turned by quarter turns anticlockwise to the unturned view.

    `shape` is that of the unturned view: height, width.
    """
    x0, y0, x1, y1 = boxes.T
    low, far = (np.float32(length) for length in shape)
    back = (
        (x0, y0, x1, y1),
        (far - y1, x0, far - y0, x1),
        (far - x1, low - y1, far - x0, low - y0),
        (y0, low - x1, y1, low - x0),
    )[turns % 4]
    return np.stack(back, axis=1)
