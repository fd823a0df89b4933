"""From the 24 joints of a skeleton to the 33 landmarks of a pose network.

Joints in metres go in, the landmarks' true places go out, in the order of
`vision.pose.types.Landmark`. Face, fingers and heels are not among the joints and are placed by
the proportions of an average adult head, hand and foot (Drillis and Contini 1966; Gordon et al.
2014, ANSUR II, medians), scaled by the bone beside them.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from models.skeletons.joints import Array, Joint, across, unit

LANDMARKS: Final = 33
FACE: Final = slice(0, 11)

MIRRORED: Final = np.array(
    [0, 4, 5, 6, 1, 2, 3, 8, 7, 10, 9]
    + [index + 1 if index % 2 else index - 1 for index in range(11, LANDMARKS)]
)
"""The landmark on the other side of the body."""

HIPS: Final = (23, 24)
SHOULDERS: Final = (11, 12)

_HEAD_BONE: Final = 0.17
"""Metres from the top joint of the neck to the crown in the body that `_FACE` describes."""

# Forward, to the left, up, in metres from the crown: nose, eyes inner to outer, ears, mouth.
_FACE: Final = np.array(
    [
        (0.115, 0.0, -0.150),
        (0.095, 0.016, -0.115), (0.092, 0.032, -0.115), (0.084, 0.044, -0.115),
        (0.095, -0.016, -0.115), (0.092, -0.032, -0.115), (0.084, -0.044, -0.115),
        (0.0, 0.076, -0.130), (0.0, -0.076, -0.130),
        (0.092, 0.025, -0.190), (0.092, -0.025, -0.190),
    ]
)  # fmt: skip

_JOINT_OF: Final = {
    11: Joint.L_SHOULDER, 12: Joint.R_SHOULDER, 13: Joint.L_ELBOW, 14: Joint.R_ELBOW,
    15: Joint.L_WRIST, 16: Joint.R_WRIST, 23: Joint.L_HIP, 24: Joint.R_HIP,
    25: Joint.L_KNEE, 26: Joint.R_KNEE, 27: Joint.L_ANKLE, 28: Joint.R_ANKLE,
}  # fmt: skip

# Along the hand and towards the thumb, in lengths of the joint's hand bone: pinky, index, thumb.
_HAND: Final = ((1.15, -0.40), (1.20, 0.35), (0.60, 0.50))
_SHOULDER_UP, _HIP_DOWN = 0.07, 0.03
"""In lengths of the trunk, as seen on drawn bodies (`ambient.evaluate.measure_noise`)."""
_HEEL_BACK, _HEEL_DOWN = 0.28, 0.30
_TOE_AHEAD: Final = 0.35


def landmarks33(joints: Array, *, head_turn: Array | None = None) -> Array:
    """Landmarks (T, 33, 3), metres, of joints (T, 24, 3) in metres with z up.

    Parameters
    ----------
    joints
        See `models.skeletons.joints.Joint`.
    head_turn
        (T,) radians by which the head is turned to the left of the shoulders; None: not at all.

    Raises
    ------
    ValueError
        When the joints have another shape.
    """
    if joints.ndim != 3 or joints.shape[1:] != (len(Joint), 3):
        raise ValueError(f"joints: expected shape (T, {len(Joint)}, 3), got {joints.shape}")
    out = np.empty((len(joints), LANDMARKS, 3))
    out[:, list(_JOINT_OF)] = joints[:, list(_JOINT_OF.values())]
    as_labelled(out)

    up = unit(joints[:, Joint.HEAD_TOP] - joints[:, Joint.HEAD])
    left = across(joints[:, Joint.L_SHOULDER] - joints[:, Joint.R_SHOULDER], up)
    ahead = np.cross(left, up)
    if head_turn is not None:
        cos, sin = np.cos(head_turn)[:, None], np.sin(head_turn)[:, None]
        ahead, left = cos * ahead + sin * left, cos * left - sin * ahead
    size = np.linalg.norm(joints[:, Joint.HEAD_TOP] - joints[:, Joint.HEAD], axis=-1) / _HEAD_BONE
    # A head is alike in all adults; a bone that came out long or short shall not blow it up.
    frame = np.stack([ahead, left, up], axis=1) * np.clip(size, 0.75, 1.2)[:, None, None]
    out[:, FACE] = joints[:, Joint.HEAD_TOP, None] + _FACE @ frame

    trunk = unit(joints[:, Joint.NECK] - joints[:, Joint.PELVIS])
    chest_left = across(joints[:, Joint.L_SHOULDER] - joints[:, Joint.R_SHOULDER], trunk)
    front = np.cross(chest_left, trunk)
    for side in (0, 1):
        _hand(out, joints, side, front + 0.6 * trunk)
        _foot(out, joints, side, front)
    return out


def as_labelled(points: Array) -> None:
    """Move shoulders and hips (T, 33, 3) in place from the joints to where a network has them.

    To it a shoulder is the top of the shoulder and a hip the groin, as people label them.
    """
    trunk = points[:, 11:13].mean(1) - points[:, 23:25].mean(1)
    points[:, 11:13] += _SHOULDER_UP * trunk[:, None]
    points[:, 23:25] -= _HIP_DOWN * trunk[:, None]


def _hand(out: Array, joints: Array, side: int, towards: Array) -> None:
    wrist = joints[:, Joint.L_WRIST + side]
    along = joints[:, Joint.L_HAND + side] - wrist
    length = np.linalg.norm(along, axis=-1)[:, None]
    thumb = across(towards, unit(along)) * length
    for row, (ahead, aside) in zip((17, 19, 21), _HAND, strict=True):
        out[:, row + side] = wrist + ahead * along + aside * thumb


def _foot(out: Array, joints: Array, side: int, front: Array) -> None:
    ankle, toe = joints[:, Joint.L_ANKLE + side], joints[:, Joint.L_TOE + side]
    shin = unit(ankle - joints[:, Joint.L_KNEE + side])
    foot = toe - ankle
    length = np.linalg.norm(foot, axis=-1)[:, None]
    # A foot stretched in line with the shin has no direction of its own across it.
    ahead = across(foot + 0.05 * length * front, shin)
    out[:, 29 + side] = ankle + length * (_HEEL_DOWN * shin - _HEEL_BACK * ahead)
    out[:, 31 + side] = toe + _TOE_AHEAD * length * unit(foot)
