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
from vision.pose.types import Floats

CROP_SIZE = 256
_BODY = 33
# The rest of the network's 39 points: 33 and 34 are the alignment points, 35 to 38 unused.
_USED = 35
_HEATMAP = 64
_KERNEL = 7
_MIN_HEAT = 0.5


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


def decode(raw: Floats, heatmap: Floats, raw_world: Floats, roi: Roi) -> Landmarks:
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
    """
    normalised = refine(raw[:_USED, :2] / np.float32(CROP_SIZE), heatmap)
    points = apply_affine(roi.to_picture(1), normalised)
    visibility = 1.0 / (1.0 + np.exp(-raw[:_BODY, 3]))
    cos, sin = math.cos(roi.rotation), math.sin(roi.rotation)
    world = raw_world[:_BODY].copy()
    world[:, 0] = cos * raw_world[:_BODY, 0] - sin * raw_world[:_BODY, 1]
    world[:, 1] = sin * raw_world[:_BODY, 0] + cos * raw_world[:_BODY, 1]
    next_roi = Roi.from_alignment(
        tuple(points[33].tolist()), tuple(points[34].tolist())
    )
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
    count = len(points)
    cells = np.trunc(points * _HEATMAP).astype(np.intp)
    reach = np.arange(_KERNEL) - _KERNEL // 2
    columns = cells[:, 0, None] + reach
    rows = cells[:, 1, None] + reach
    columns_in = (columns >= 0) & (columns < _HEATMAP)
    rows_in = (rows >= 0) & (rows < _HEATMAP)
    logits = heatmap[
        np.clip(rows, 0, _HEATMAP - 1)[:, :, None],
        np.clip(columns, 0, _HEATMAP - 1)[:, None, :],
        np.arange(count)[:, None, None],
    ]
    heat = 1.0 / (1.0 + np.exp(-logits))
    heat *= rows_in[:, :, None] & columns_in[:, None, :]
    by_column, by_row = heat.sum(axis=1), heat.sum(axis=2)
    total = by_row.sum(axis=1)
    inside = np.all((cells >= 0) & (cells < _HEATMAP), axis=1)
    sure = inside & (heat.max(axis=(1, 2)) >= _MIN_HEAT)
    refined = points.copy()
    scale = 1.0 / (_HEATMAP * total[sure])
    refined[sure, 0] = (by_column[sure] * columns[sure]).sum(axis=1) * scale
    refined[sure, 1] = (by_row[sure] * rows[sure]).sum(axis=1) * scale
    return refined
