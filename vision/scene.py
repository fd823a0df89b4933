"""Whether a camera still looks at the scene it has learnt.

Comes in: the small grey picture, frame by frame. Goes out: once a second, the share of the
scene's textured blocks that are still where they were. Kept in memory only, as blurred edges of a
picture of 160 pixels; nothing of it is ever stored.

Edges hardly change when the light does. Each block is compared by normalised cross-correlation,
which no gain and no offset changes, so a lamp leaves the share high, a person hides the blocks
that he covers, and a turned camera breaks nearly all of them at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from vision.small import Gray

ACROSS: Final = 8
DOWN: Final = 6
LEARN_S: Final = 10.0
"""So long a scene is learnt before it is compared with."""
SHORT_S: Final = 1.0
"""Time constant that washes out noise and passers-by."""
LONG_S: Final = 600.0
"""Time constant with which the scene follows furniture and daylight."""
LOOK_NS: Final = 1_000_000_000
TEXTURED: Final = 2.0
"""Standard deviation of edge strength (grey levels a pixel) that makes a block worth comparing."""
FEW_BLOCKS: Final = 6
MATCHES: Final = 0.5
"""Correlation from which a block counts as still there …"""
FAINT: Final = 0.1
"""… if its contrast is at least this share: what fades from the short mean is gone."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Match:
    """What a look at the scene found.

    Attributes
    ----------
    scene
        Share of the learnt scene's textured blocks that are still there, 0..1.
    steady
        The same against the look before this one: whether the picture stands still.
    """

    scene: float
    steady: float


@dataclass(slots=True)
class SceneMemory:
    """Learns a scene and compares with it."""

    _short: Floats | None = None
    _scene: Floats | None = None
    _before: Floats | None = None
    _learnt_s: float = 0.0
    _t_ns: int = -1
    _look_ns: int = -1
    _match: Match | None = None

    @property
    def match(self) -> Match | None:
        """The newest look; None while the scene is being learnt or has too little texture."""
        return self._match

    def close(self) -> None:
        """Let go of all but the learnt scene: the camera is closed, and may be opened again."""
        self._short = self._before = self._match = None
        if self._learnt_s < LEARN_S:
            self._scene, self._learnt_s = None, 0.0

    def update(self, small: Gray, t_ns: int, *, learn: bool) -> None:
        """Take in one picture.

        Parameters
        ----------
        small
            From `vision.small.small_gray`, always of one size; another size starts anew.
        t_ns
            Its event time.
        learn
            Whether the view is good, so that the scene may follow it.
        """
        if self._short is None or self._short.shape != small.shape:
            self._short = small.astype(np.float32)
            self._before = self._match = None
            if self._scene is not None and self._scene.shape != small.shape:
                self._scene, self._learnt_s = None, 0.0
            self._t_ns = self._look_ns = t_ns
            return
        passed_s = min(1.0, max(0.0, (t_ns - self._t_ns) / 1e9))
        self._t_ns = t_ns
        cv2.accumulateWeighted(small, self._short, 1.0 - math.exp(-passed_s / SHORT_S))
        if t_ns - self._look_ns >= LOOK_NS:
            look_s = min(2.0, (t_ns - self._look_ns) / 1e9)
            self._look_ns = t_ns
            self._look(edges(self._short), look_s, learn)

    def _look(self, now: Floats, look_s: float, learn: bool) -> None:
        before, self._before = self._before, now
        if self._scene is None:
            self._scene = now.copy()
        if before is None:
            return
        scene = matched(self._scene, now)
        steady = matched(before, now)
        learning = self._learnt_s < LEARN_S
        self._match = None if learning or scene is None else Match(scene, steady or 0.0)
        if learn and (learning or scene is None or scene >= MATCHES):
            self._learnt_s += look_s
            weight = max(look_s / LONG_S, look_s / max(self._learnt_s, look_s))
            cv2.accumulateWeighted(now, self._scene, min(1.0, weight))


def edges(picture: Floats) -> Floats:
    """Return edge strength, blurred so that a pixel's shake does not matter."""
    across = cv2.Sobel(picture, cv2.CV_32F, 1, 0, scale=0.25)
    down = cv2.Sobel(picture, cv2.CV_32F, 0, 1, scale=0.25)
    strength = cv2.GaussianBlur(cv2.magnitude(across, down), (5, 5), 0)
    return np.asarray(strength, dtype=np.float32)


def matched(reference: Floats, now: Floats) -> float | None:
    """Return the share of `reference`'s textured blocks that correlate with `now`.

    None when fewer than `FEW_BLOCKS` blocks have texture.
    """
    height, width = reference.shape[0] // DOWN * DOWN, reference.shape[1] // ACROSS * ACROSS
    if height == 0 or width == 0:
        return None
    a, b = _blocks(reference[:height, :width]), _blocks(now[:height, :width])
    a -= a.mean(axis=1, keepdims=True)
    b -= b.mean(axis=1, keepdims=True)
    deviation_a, deviation_b = np.sqrt((a * a).mean(axis=1)), np.sqrt((b * b).mean(axis=1))
    textured = deviation_a > TEXTURED
    if np.count_nonzero(textured) < FEW_BLOCKS:
        return None
    correlation = (a * b).mean(axis=1) / (deviation_a * deviation_b + 1e-3)
    there = (correlation > MATCHES) & (deviation_b > FAINT * deviation_a)
    return float(np.mean(there[textured]))


def _blocks(picture: Floats) -> Floats:
    height, width = picture.shape
    cut = picture.reshape(DOWN, height // DOWN, ACROSS, width // ACROSS)
    return cut.transpose(0, 2, 1, 3).reshape(DOWN * ACROSS, -1)
