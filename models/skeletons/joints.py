"""The 24 joints of a moving skeleton and its bones: lengths, directions and back.

Joints in, directions and lengths out, and the reverse. A body of other proportions is the same
directions with other lengths.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Joint(IntEnum):
    """Rows of `Motion.joints`. Left and right are the person's own."""

    PELVIS = 0
    L_HIP = 1
    R_HIP = 2
    L_KNEE = 3
    R_KNEE = 4
    L_ANKLE = 5
    R_ANKLE = 6
    L_TOE = 7
    R_TOE = 8
    SPINE = 9
    CHEST = 10
    NECK = 11
    HEAD = 12
    HEAD_TOP = 13
    L_COLLAR = 14
    R_COLLAR = 15
    L_SHOULDER = 16
    R_SHOULDER = 17
    L_ELBOW = 18
    R_ELBOW = 19
    L_WRIST = 20
    R_WRIST = 21
    L_HAND = 22
    R_HAND = 23


JOINTS: Final = len(Joint)

PARENTS: Final = np.array(
    [-1, 0, 0, 1, 2, 3, 4, 5, 6, 0, 9, 10, 11, 12, 10, 10, 14, 15, 16, 17, 18, 19, 20, 21]
)
"""Parent of each joint; a parent always comes before its children."""

MIRRORED: Final = np.array(
    [0, 2, 1, 4, 3, 6, 5, 8, 7, 9, 10, 11, 12, 13, 15, 14, 17, 16, 19, 18, 21, 20, 23, 22]
)
"""The joint on the other side."""

_ANCESTRY: Final = np.zeros((JOINTS, JOINTS))
for _joint in range(1, JOINTS):
    _ANCESTRY[_joint] = _ANCESTRY[PARENTS[_joint]]
    _ANCESTRY[_joint, _joint] = 1.0


def offsets(joints: Array) -> Array:
    """Vectors from each joint's parent (..., 24, 3), metres; the pelvis keeps its place."""
    out: Array = joints - joints[..., PARENTS, :]
    out[..., 0, :] = joints[..., 0, :]
    return out


def assemble(parts: Array) -> Array:
    """Joints (..., 24, 3) of the vectors that `offsets` returns."""
    out: Array = np.matmul(_ANCESTRY, parts) + parts[..., :1, :]
    return out


def lengths(joints: Array) -> Array:
    """Mean length of each bone (24,), metres, of joints (T, 24, 3); 0 for the pelvis."""
    some = offsets(joints[:: max(1, len(joints) // 20)])
    out: Array = np.sqrt(np.einsum("tji,tji->tj", some, some)).mean(axis=0)
    out[0] = 0.0
    return out


def stature(joints: Array) -> float:
    """Height in metres of the body whose joints (T, 24, 3) are given, standing straight."""
    bone = lengths(joints)
    chain = (Joint.L_KNEE, Joint.L_ANKLE, Joint.SPINE, Joint.CHEST, Joint.NECK, Joint.HEAD)
    # Hips lie below the pelvis joint and ankles above the floor, by a few centimetres each.
    return float(bone[list(chain)].sum() + bone[Joint.HEAD_TOP]) + 0.10


def unit(vectors: Array) -> Array:
    """Vectors (..., 3) scaled to length 1; zero stays zero."""
    size = np.sqrt(np.einsum("...i,...i->...", vectors, vectors))
    out: Array = vectors / np.maximum(size, 1e-9)[..., None]
    return out


def across(vectors: Array, axis: Array) -> Array:
    """Return the part of vectors (..., 3) at right angles to unit vectors `axis`, scaled to 1."""
    along = np.einsum("...i,...i->...", vectors, axis)[..., None]
    return unit(vectors - along * axis)
