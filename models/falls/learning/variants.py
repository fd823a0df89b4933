"""One sequence, told differently: other frame rates, beginnings, ends, tempi and cameras.

What a network should not care about is varied here, so that it learns not to: how often it is
asked (5 to 30 times a second, unevenly, with frames lost), where a track begins and ends, whether
a picture stands still at the end, how fast a person is, how the camera is turned and shifted, and
whether anything is known of furniture or from the second detector.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.skeletons.sequence import LABELS, Sequence

FPS: Final = (5.0, 30.0)
LOST: Final = 0.02
"""Share of frames that never arrive."""
TEMPO: Final = (0.85, 1.2)
ROLL: Final = np.radians(7.0)
ZOOM: Final = (0.8, 1.7)
SHIFT: Final = ((-0.15, 0.15), (-0.1, 0.2))
"""Of the picture's width and height."""
FAITH: Final = (0.2, 1.5)
"""Visibilities are raised to a power: networks differ in how sure of a joint they are."""
HOLD_S: Final = (2.0, 10.0)
HELD: Final = 0.25
"""Share of sequences whose last instant stands still for `HOLD_S`."""
BLIND: Final = 0.3
"""Share of sequences without boxes; and, again, without places."""
SHORTEST_S: Final = 1.0
FELL_S: Final = 3.0
_MOVING: Final = [LABELS.index(x) for x in ("fall", "sit_down", "lie_down", "stand_up", "jump")]


def vary(sequence: Sequence, random: np.random.Generator, *, held: float = HELD) -> Sequence:
    """Return one telling of a sequence.

    Parameters
    ----------
    sequence
        What happened.
    random
        Decides how it is told.
    held
        Probability that the last instant stands still for a while.
    """
    told = _thin(_begin(sequence, random), random)
    told = replace(told, t=told.t * random.uniform(*TEMPO))
    told = _look(told, random)
    if random.random() < BLIND:
        told = replace(
            told,
            box=np.full_like(told.box, np.nan),
            box_score=np.zeros_like(told.box_score),
        )
    if random.random() < BLIND:
        told = replace(told, place=np.zeros_like(told.place))
    if random.random() < held:
        told = hold(told, random.uniform(*HOLD_S))
    return told


def pick(sequence: Sequence, at: NDArray[np.int64]) -> Sequence:
    """Return the instants `at` of a sequence."""
    arrays = {
        name: getattr(sequence, name)[at]
        for name in Sequence.__slots__
        if name not in ("name", "subject", "aspect")
    }
    return replace(sequence, **arrays)


def hold(sequence: Sequence, seconds: float) -> Sequence:
    """Return a sequence whose last instant stands still for so long.

    A movement that is cut off has no label any more; what is down stays down, and who fell has
    fallen longer ago with every second.
    """
    n = len(sequence)
    if n < 2:
        return sequence
    step = max((sequence.t[-1] - sequence.t[0]) / (n - 1), 1.0 / FPS[1])
    count = int(seconds / step)
    at = np.concatenate([np.arange(n), np.full(count, n - 1)])
    told = pick(sequence, at)
    passed = np.arange(1, count + 1) * step
    told.t[n:] += passed
    told.box[n:], told.box_score[n:] = np.nan, 0.0
    if sequence.label[-1] in _MOVING:
        told.label[n:] = -1
    if sequence.fell[-1] != 0.0:
        told.fell[n:] = np.where(passed > FELL_S, 0.0, np.nan)
    return told


def _begin(sequence: Sequence, random: np.random.Generator) -> Sequence:
    """Begin later, half of the time: a track starts in any posture."""
    latest = sequence.t[-1] - max(SHORTEST_S, 0.3 * (sequence.t[-1] - sequence.t[0]))
    if random.random() < 0.5 or latest <= sequence.t[0]:
        return sequence
    first = int(np.searchsorted(sequence.t, random.uniform(sequence.t[0], latest)))
    return pick(sequence, np.arange(first, len(sequence)))


def _thin(sequence: Sequence, random: np.random.Generator) -> Sequence:
    """Take frames at another rate, at most the one there is, and lose some."""
    t = sequence.t - sequence.t[0]
    rate = (len(t) - 1) / max(t[-1], 1e-3)
    fps = float(np.exp(random.uniform(*np.log(FPS))))
    if fps >= rate * 0.8:
        at = np.arange(len(t))
    else:
        at = np.unique(np.searchsorted(t, np.arange(0.0, t[-1], 1.0 / fps)))
    kept = random.random(len(at)) >= LOST
    kept[:2] = True
    return pick(sequence, at[kept])


def _look(sequence: Sequence, random: np.random.Generator) -> Sequence:
    """Turn, enlarge and shift the picture about its middle; mirroring is done later, on inputs."""
    angle, zoom = random.normal(0.0, ROLL / 2), np.exp(random.uniform(*np.log(ZOOM)))
    shift = random.uniform(*np.array(SHIFT).T)
    faith = np.exp(random.uniform(*np.log(FAITH)))
    wide = np.array([sequence.aspect, 1.0])
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])

    def moved(points: NDArray[np.floating]) -> NDArray[np.float32]:
        centred = (points - 0.5) * wide @ turn * zoom
        return np.asarray(centred / wide + 0.5 + shift, np.float32)

    keypoints, world = sequence.keypoints.copy(), sequence.world.copy()
    keypoints[:, :, :2] = moved(keypoints[:, :, :2])
    keypoints[:, :, 2] **= faith
    world[:, :, :2] = world[:, :, :2] @ turn.astype(np.float32)
    x0, y0, x1, y1 = sequence.box.T
    middle = moved(np.stack([x0 + x1, y0 + y1], axis=1) / 2)
    half = np.stack([x1 - x0, y1 - y0], axis=1) / 2 * zoom
    corners = np.concatenate([middle - half, middle + half], axis=1)
    box = np.clip(corners, 0.0, 1.0).astype(np.float32)
    return replace(sequence, keypoints=keypoints, world=world, box=box)
