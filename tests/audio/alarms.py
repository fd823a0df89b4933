"""A smoke detector's tone in a quiet room, made here: the temporal pattern of ISO 8201."""

from __future__ import annotations

import numpy as np

from audio.blocks import RATE, Samples
from tests.audio.rooms import quiet


def smoke_alarm(seconds: float, begins: float = 2.0, hertz: float = 3100.0) -> Samples:
    """Return three pulses of 0.5 s, 1.5 s of nothing, and again, in a quiet room."""
    t = np.arange(round(seconds * RATE)) / RATE
    place = (t - begins) % 4.0
    sounds = (t >= begins) & (place < 2.5) & (place % 1.0 < 0.5)
    tone = 0.2 * np.sin(2 * np.pi * hertz * t) * sounds
    return (tone + quiet(seconds)).astype(np.float32)
