"""The BlazePose detector around its network: views, decoding, weighted suppression.

In: a picture; out: people as two alignment points each, in pixels of the picture. The network
itself is a function argument, so everything here runs without a runtime.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.pose.anchors import INPUT_SIZE, anchor_centres
from vision.pose.roi import Roi, apply_affine
from vision.pose.types import Box, Floats, Image

# Boxes that overlap by more are one person: their mean, weighted by score, is kept.
_SAME_IOU = 0.5
# A region looked at closely keeps this much of its surroundings.
_REGION_MARGIN = 1.5

Infer = Callable[[Image], tuple[Floats, Floats]]
"""From a (224, 224, 3) BGR view to boxes (2254, 12) and score logits (2254,)."""


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """One person as the detector sees them.

    Attributes
    ----------
    score
        0..1.
    box
        (4,) float32: x0, y0, x1, y1 of the head and trunk, in the view's 0..1.
    points
        (4, 2) float32: middle of the hips, rim of the whole body, middle of the shoulders, rim
        of the upper body, in the view's 0..1.
    """

    score: float
    box: Floats
    points: Floats


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A square part of the picture as the detector sees it, ``turns`` x 90° anticlockwise.

    ``to_picture`` is the 2 x 3 matrix from pixels of the unturned view to the picture.
    """

    pixels: Image
    to_picture: NDArray[np.float64]
    turns: int

    @classmethod
    def of(cls, image: Image, region: Box | None = None) -> View:
        """Return the letterboxed view of a picture, or of a region of it, unturned.

        Parameters
        ----------
        image
            (height, width, 3) uint8.
        region
            x0, y0, x1, y1, 0..1; looked at with some surroundings, as a square.
        """
        height, width = image.shape[:2]
        if region is None:
            x, y, side = width / 2, height / 2, float(max(width, height))
        else:
            x0, y0, x1, y1 = region
            x, y = (x0 + x1) / 2 * width, (y0 + y1) / 2 * height
            side = max((x1 - x0) * width, (y1 - y0) * height) * _REGION_MARGIN
            side = min(max(side, 16.0), float(max(width, height)))
        matrix = Roi(x, y, side, 0.0).to_picture(INPUT_SIZE)
        pixels = cv2.warpAffine(
            image,
            matrix,
            (INPUT_SIZE, INPUT_SIZE),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT,
        )
        return cls(np.asarray(pixels, np.uint8), matrix, 0)

    def without(self, boxes: Sequence[Box]) -> View:
        """Return this unturned view with boxes (in pixels of the picture) painted over.

        The detector was trained to find the most prominent person, and overlooks others beside
        them: who is known already is taken out of its sight.
        """
        if not boxes:
            return self
        pixels = self.pixels.copy()
        grey = tuple(int(level) for level in cv2.mean(pixels)[:3])
        scale, offset = self.to_picture[0, 0], self.to_picture[:, 2]
        for x0, y0, x1, y1 in boxes:
            low = np.floor((np.array((x0, y0)) - offset) / scale).astype(int)
            high = np.ceil((np.array((x1, y1)) - offset) / scale).astype(int)
            cv2.rectangle(pixels, tuple(low.tolist()), tuple(high.tolist()), grey, cv2.FILLED)
        return View(pixels, self.to_picture, self.turns)

    def turned(self, turns: int) -> View:
        """Return this view turned by ``turns`` quarter turns anticlockwise."""
        pixels = np.ascontiguousarray(np.rot90(self.pixels, turns))
        return View(pixels, self.to_picture, (self.turns + turns) % 4)

    def points_in_picture(self, points: Floats) -> Floats:
        """Map (n, 2) points of this view, 0..1, to pixels of the picture."""
        x, y = points[:, 0], points[:, 1]
        # A quarter turn anticlockwise moved what was at (x, y) to (y, 1 - x): undo it.
        back = ((x, y), (1 - y, x), (1 - x, 1 - y), (y, 1 - x))[self.turns]
        return apply_affine(self.to_picture, np.stack(back, axis=1) * INPUT_SIZE)


def find(view: View, infer: Infer, min_score: float) -> list[Roi]:
    """Return the regions of the people in a view, surest first."""
    boxes, logits = infer(view.pixels)
    rois = []
    for found in weighted_nms(decode(boxes, logits, min_score)):
        points = view.points_in_picture(found.points)
        rois.append(Roi.from_alignment(tuple(points[0].tolist()), tuple(points[1].tolist())))
    return rois


def decode(boxes: Floats, logits: Floats, min_score: float) -> list[Detection]:
    """Return the detections of at least ``min_score``, surest first.

    Parameters
    ----------
    boxes
        (2254, 12) float32: centre x, y, width, height, then four points, in pixels of the input
        and relative to the anchor.
    logits
        (2254,) float32: score before the sigmoid.
    min_score
        0..1.
    """
    # Further out the sigmoid is 0 or 1, and float32 overflows.
    clipped = np.clip(logits, -80.0, 80.0)
    scores = 1.0 / (1.0 + np.exp(-clipped))
    kept = np.flatnonzero(scores >= min_score)
    kept = kept[np.argsort(-scores[kept], kind="stable")]
    anchors = anchor_centres()[kept]
    raw = boxes[kept] / np.float32(INPUT_SIZE)
    centre = raw[:, :2] + anchors
    half = raw[:, 2:4] / 2
    corners = np.concatenate([centre - half, centre + half], axis=1)
    points = raw[:, 4:].reshape(-1, 4, 2) + anchors[:, None, :]
    return [
        Detection(float(scores[index]), corners[row], points[row])
        for row, index in enumerate(kept.tolist())
    ]


def weighted_nms(detections: list[Detection], same_iou: float = _SAME_IOU) -> list[Detection]:
    """Merge detections of one person into their mean, weighted by score.

    Parameters
    ----------
    detections
        Surest first.
    same_iou
        Intersection over union above which two boxes are one person.

    Returns
    -------
    list[Detection]
        One for each person, surest first, with the score of the surest.
    """
    if not detections:
        return []
    scores = np.array([d.score for d in detections], np.float32)
    boxes = np.stack([d.box for d in detections])
    points = np.stack([d.points for d in detections])
    left = np.arange(len(detections))
    merged = []
    while left.size:
        same = box_iou(boxes[left[0]], boxes[left]) > same_iou
        same[0] = True  # A box without area overlaps nothing, not even itself.
        group = left[same]
        weight = scores[group] / scores[group].sum()
        merged.append(
            Detection(
                float(scores[group[0]]),
                np.tensordot(weight, boxes[group], axes=1),
                np.tensordot(weight, points[group], axes=1),
            )
        )
        left = left[~same]
    return merged


def box_iou(box: Floats, boxes: Floats) -> Floats:
    """Return the intersection over union of one (4,) box with each of (n, 4)."""
    low = np.maximum(box[:2], boxes[:, :2])
    high = np.minimum(box[2:], boxes[:, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=1)
    area = np.prod(box[2:] - box[:2])
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    union = area + areas - shared
    iou: Floats = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return iou
