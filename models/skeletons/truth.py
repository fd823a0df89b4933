"""What is true at an instant: on the ground or not, fallen or not, in need of help or not.

Joints, labels and what the body is on go in, the truth channels of a `Sequence` come out.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from models.skeletons.figures import State
from models.skeletons.furniture import Bools, Indices, Place
from models.skeletons.joints import Array, Joint
from models.skeletons.motion import Motion
from models.skeletons.sequence import LABELS

FELL_S: Final = 3.0
"""As `Sequence.fell` has it."""
LOW_NECK, LOW_PELVIS = 0.30, 0.22
"""Heights above the surface, relative to the body's, under which a body is down."""

_ALWAYS: Final = np.array([LABELS.index(word) for word in ("fallen", "lying")])
_BETWEEN: Final = np.array([LABELS.index(word) for word in ("fall", "lie_down", "stand_up")])
_STANDS: Final = np.array([LABELS.index(word) for word in ("walk", "standing", "jump")])
_FALL: Final = LABELS.index("fall")


def is_down(joints: Array, labels: Indices, surface: Array, height: float) -> Bools:
    """Whether the body lies or is crumpled low (T,), on whatever surface.

    Lying and fallen are down; on the way there and back the height decides; nothing else is.

    Parameters
    ----------
    joints, labels
        (T, 24, 3) metres; (T,) indices into `LABELS`.
    surface
        (T,) height of what the body is on, metres.
    height
        Of the body, metres.
    """
    neck = (joints[:, Joint.NECK, 2] - surface) / height
    pelvis = (joints[:, Joint.PELVIS, 2] - surface) / height
    low = (neck < LOW_NECK) & (pelvis < LOW_PELVIS)
    out: Bools = np.isin(labels, _ALWAYS) | (np.isin(labels, _BETWEEN) & low)
    return out


def has_fallen(motion: Motion, t: Array) -> Bools:
    """Whether a fall is under way at the seconds `t` (T,) or ended within the last 3 s."""
    out = np.zeros(len(t), np.bool_)
    for segment in motion.segments:
        if segment.label == "fall":
            out |= (t >= segment.start_s) & (t < segment.end_s + FELL_S)
    return out


def needs_help(down: Bools, place: Indices, *, permitted: bool) -> Bools:
    """Whether a body that is down lies on the floor where lying is not permitted (T,)."""
    out: Bools = down & (place == Place.FLOOR) & (not permitted)
    return out


def states(labels: Indices, down: Bools) -> Indices:
    """`State` at every instant (T,), which the network's errors depend on."""
    out = np.full(len(labels), int(State.LOW))
    out[np.isin(labels, _STANDS)] = State.UPRIGHT
    out[labels == _FALL] = State.FALLING
    out[down & (labels != _FALL)] = State.DOWN
    return out
