"""What the BlazePose landmark network says, decoded.

In: the network's raw outputs for one crop; out: landmarks in the picture, world landmarks, and
the region for the next frame. Source: V. Bazarevsky et al., "BlazePose", 2020 (coordinates by
regression, refined by heatmaps), with the constants published beside the networks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from vision.pose.roi import Roi, apply_affine
from vision.pose.types import Floats, Landmark

CROP_SIZE = 256
_BODY = 33
# The rest of the network's 39 points: 33 and 34 are the alignment points, 35 to 38 unused.
_USED = 35
_HEATMAP = 64
_MIRROR = np.array([-1.0, 1.0, 1.0], np.float32)
_MIN_HEAT = 0.5
_REACH = 3
# Column and row of each of the kernel's 49 cells, from its middle; as steps in the flattened map;
# and with a 1, so that one product gives weighted sums and the sum of weights.
_OFFSETS = np.stack(np.meshgrid(*[np.arange(-_REACH, _REACH + 1)] * 2), axis=-1).reshape(-1, 2)
_STEPS = _OFFSETS[:, 1] * _HEATMAP + _OFFSETS[:, 0]
_MOMENTS = np.column_stack([_OFFSETS, np.ones(len(_OFFSETS))]).astype(np.float32)


def _opposite(name: str) -> Landmark:
    ours, theirs = ("LEFT", "RIGHT") if "LEFT" in name else ("RIGHT", "LEFT")
    return Landmark[name.replace(ours, theirs)]


# For each landmark that of the other side of the body.
_OTHER_SIDE = np.array([_opposite(landmark.name) for landmark in Landmark])


@dataclass(frozen=True, slots=True, eq=False)
class Landmarks:
    """One person's landmarks.

    Attributes
    ----------
    points
        (33, 2) float32, pixels of the picture.
    visibility
        (33,) float32, 0..1.
    world
        (33, 3) float32, metres, turned as the picture is.
    next_roi
        Where to look in the next frame.
    """

    points: Floats
    visibility: Floats
    world: Floats
    next_roi: Roi


def decode(
    raw: Floats, heatmap: Floats, raw_world: Floats, roi: Roi, *, mirrored: bool = False
) -> Landmarks:
    """Decode the outputs of the network for the crop of ``roi``.

    Parameters
    ----------
    raw
        (39, 5) float32: x, y, z in pixels of the crop, visibility and presence logits.
    heatmap
        (64, 64, 39) float32 logits.
    raw_world
        (39, 3) float32, metres.
    roi
        What the crop was cut from.
    mirrored
        Whether it was mirrored: what the network takes for the left of the body is its right.
    """
    normalised = refine(raw[:_USED, :2] / np.float32(CROP_SIZE), heatmap)
    points = apply_affine(roi.to_picture(1, mirrored=mirrored), normalised)
    visibility = (1.0 / (1.0 + np.exp(-raw[:_BODY, 3]))).astype(np.float32)
    metres = raw_world[:_BODY]
    if mirrored:
        points[:_BODY], visibility = points[_OTHER_SIDE], visibility[_OTHER_SIDE]
        metres = metres[_OTHER_SIDE] * _MIRROR
    cos, sin = math.cos(roi.rotation), math.sin(roi.rotation)
    world = metres.copy()
    world[:, 0] = cos * metres[:, 0] - sin * metres[:, 1]
    world[:, 1] = sin * metres[:, 0] + cos * metres[:, 1]
    next_roi = Roi.from_alignment(tuple(points[33].tolist()), tuple(points[34].tolist()))
    return Landmarks(points[:_BODY], visibility, world, next_roi)


def refine(points: Floats, heatmap: Floats) -> Floats:
    """Move each point to the centre of the heat around it, where the heatmap is sure.

    The mean of the 7 x 7 cells around the point is taken, weighted by the sigmoid of the
    heatmap, unless none of them reaches 0.5; points outside the crop stay as they are.

    Parameters
    ----------
    points
        (n, 2) float32, 0..1 of the crop.
    heatmap
        (64, 64, at least n) float32 logits; channel i belongs to point i.
    """
    cells = (points * _HEATMAP).astype(np.intp)
    channels = heatmap.shape[2]
    first = (cells[:, 1] * _HEATMAP + cells[:, 0]) * channels + np.arange(len(points))
    heat = heatmap.reshape(-1).take(first[:, None] + _STEPS * channels, mode="clip")
    np.negative(heat, out=heat)
    np.exp(heat, out=heat)
    heat += 1.0
    np.reciprocal(heat, out=heat)
    nearest, farthest = cells.min(axis=1), cells.max(axis=1)
    if nearest.min() < _REACH or farthest.max() >= _HEATMAP - _REACH:
        # Cells beyond the edge count for nothing.
        kernel = cells[:, None, :] + _OFFSETS
        heat[((kernel < 0) | (kernel >= _HEATMAP)).any(axis=2)] = 0.0
    sure = (nearest >= 0) & (farthest < _HEATMAP) & (heat.max(axis=1) >= _MIN_HEAT)
    moments = heat @ _MOMENTS
    centres = cells + moments[:, :2] / np.maximum(moments[:, 2:], np.float32(1e-9))
    return np.where(sure[:, None], centres / _HEATMAP, points).astype(np.float32)
