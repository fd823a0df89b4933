"""Anchors of the BlazePose detector.

Out: the centres of the 2254 squares of one size that the detector's outputs are relative to.
Source: V. Bazarevsky et al., "BlazePose", 2020, and the parameters published with the network:
five layers of strides 8, 16, 32, 32, 32 on 224 x 224, two anchors a cell and layer, centred.
"""

from __future__ import annotations

from functools import cache
from itertools import groupby

import numpy as np

from vision.pose.types import Floats

INPUT_SIZE = 224
_STRIDES = (8, 16, 32, 32, 32)
_PER_LAYER = 2


@cache
def anchor_centres() -> Floats:
    """Return (2254, 2) float32: x and y of each anchor, 0..1 of the detector's input.

    Layers of equal stride are interleaved: a cell lists the anchors of all of them in turn.
    """
    parts = []
    for stride, layers in groupby(_STRIDES):
        cells = -(-INPUT_SIZE // stride)
        centres = (np.arange(cells) + 0.5) / cells
        grid = np.stack(np.meshgrid(centres, centres), axis=-1).reshape(-1, 2)
        parts.append(np.repeat(grid, _PER_LAYER * len(list(layers)), axis=0))
    anchors: Floats = np.concatenate(parts).astype(np.float32)
    anchors.setflags(write=False)
    return anchors
