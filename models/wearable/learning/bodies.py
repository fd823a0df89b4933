"""What a device on a simulated or captured body would feel: joints in, accelerations out.

A sensor sits in a frame of three joints; its acceleration is the second derivative of its place
(a local quadratic fit over five instants; Savitzky and Golay 1964), less gravity, in that frame.
Joints come at 30 Hz in whole millimetres, which leaves 0.02 g of noise and makes impacts softer
than they are.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import savgol_filter

from models.wearable.inputs import G, Worn

Floats = NDArray[np.float64]

_PELVIS, _L_HIP, _R_HIP, _R_KNEE, _R_ANKLE, _R_TOE, _CHEST, _NECK = 0, 1, 2, 4, 6, 8, 10, 11
_L_SHOULDER, _R_SHOULDER, _L_ELBOW, _L_WRIST = 16, 17, 18, 20
FRAMES: Final = {
    Worn.WAIST: (_PELVIS, _CHEST, _L_HIP, _R_HIP, 0.1),
    Worn.CHEST: (_CHEST, _NECK, _L_SHOULDER, _R_SHOULDER, 0.0),
    Worn.WRIST: (_L_WRIST, _L_ELBOW, _L_ELBOW, _L_SHOULDER, 0.1),
    Worn.ANKLE: (_R_ANKLE, _R_KNEE, _R_ANKLE, _R_TOE, 0.15),
    Worn.THIGH: (_R_HIP, _R_KNEE, _L_HIP, _R_HIP, 0.35),
}
"""Of each place: the joint it is at, the joint its first axis points to, two joints that span the
plane with it, and how far along the first axis it sits (share of that bone)."""
SMOOTHED: Final = 5


def felt(joints: Floats, rate: float, worn: Worn) -> Floats:
    """Return the acceleration (T, 3), g, of a device on a body.

    Parameters
    ----------
    joints
        (T, 24, 3), metres, z up, T at least 5.
    rate
        Instants a second.
    worn
        Where the device is.
    """
    base, along, left, right, share = FRAMES[worn]
    axis = joints[:, along] - joints[:, base]
    place = joints[:, base] + share * axis
    x = _unit(savgol_filter(axis, SMOOTHED, 2, axis=0))
    across = savgol_filter(joints[:, right] - joints[:, left], SMOOTHED, 2, axis=0)
    z = _unit(np.cross(x, across))
    frame = np.stack([x, np.cross(z, x), z], axis=1)
    force = savgol_filter(place, SMOOTHED, 2, deriv=2, delta=1.0 / rate, axis=0)
    force[:, 2] += G
    return np.asarray(np.einsum("tij,tj->ti", frame, force) / G)


def _unit(vectors: Floats) -> Floats:
    norm = np.sqrt(np.square(vectors).sum(axis=1, keepdims=True))
    return np.asarray(vectors / np.maximum(norm, 1e-6))
