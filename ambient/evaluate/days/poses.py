"""What the simulated pose engine reports: truth and lapses in, noisy poses out.

Jitter is an AR(1) process with Student-t innovations, in torso lengths, larger when the body moves
fast or lies; beneath it each part of the body is off by an error that only movement changes, since
a picture that stays the same gets the same answer. Joints that are hidden or out of the picture
are made up around where they are and wander slowly; visibility and the network's confidence fall
with what is hidden. Magnitudes: see docs/evaluate-days.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

from ambient.evaluate.days.lapses import Guess, Lapses, look_of
from ambient.evaluate.days.people import Role, Stay
from ambient.evaluate.days.rooms import ASPECT, Layout, hidden

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

JITTER: Final = np.array([1.0] * 11 + [1.0] * 2 + [1.3] * 2 + [1.8] * 2 + [2.0] * 6 + [1.0] * 2
                         + [1.15] * 2 + [1.35] * 2 + [1.5] * 4)  # fmt: skip
"""Of each landmark over that of the hips: wrists 1.8, ankles 1.35 (measured walking)."""
STILL, WALKING, LYING, FALLING = 0.003, 0.009, 0.018, 0.06
"""Jitter of the hips in torso lengths."""
TAIL: Final = 4.0
"""Degrees of freedom of the innovations."""
MEMORY: Final = 0.78
"""Of the jitter from one look to the next: 0.4 s at ten looks a second."""
WANDER: Final = 0.17
WANDER_MEMORY: Final = 0.94
"""Of joints that are made up, torso lengths."""
PARTS: Final = np.array([0] * 11 + [1, 2, 3, 4] + [5, 6] * 4 + [7, 8, 9, 10] + [11, 12] * 3)
"""Head, shoulders, elbows, hands, hips, knees, feet: what is off together."""
BIAS: Final = np.array([
    [0.065, 0.06, 0.06, 0.065, 0.065, 0.09, 0.09, 0.065, 0.065, 0.05, 0.05, 0.05, 0.05],
    [0.08, 0.075, 0.075, 0.09, 0.09, 0.13, 0.13, 0.08, 0.08, 0.075, 0.075, 0.06, 0.06],
    [0.095, 0.095, 0.095, 0.12, 0.12, 0.17, 0.17, 0.10, 0.10, 0.10, 0.10, 0.075, 0.075],
    [0.07, 0.085, 0.085, 0.16, 0.16, 0.24, 0.24, 0.095, 0.095, 0.075, 0.075, 0.08, 0.08],
])  # fmt: skip
"""Standard deviation of that error in torso lengths, by `Look` and part: upright, low and lying
after models/skeletons/noise.json (measured); of who sits, between upright and low (assumed)."""
BIAS_M: Final = 0.35
"""So far must the body's middle go for the error to become another, metres (assumed)."""
WORLD_SCALE: Final = 0.9
"""World landmarks come out smaller than the body (1.25 m from head to ankle standing)."""
SWAP: Final = np.array([0, 4, 5, 6, 1, 2, 3, 8, 7, 10, 9, *(
    at for pair in range(11, 33, 2) for at in (pair + 1, pair))])  # fmt: skip
LEGS: Final = np.arange(25, 33)
CROP: Final = 0.15
"""So far beyond the border joints are still reported about where they are."""


@dataclass(frozen=True, slots=True, eq=False)
class Reported:
    """One stay as the engine reports it, at n of the day's looks.

    Attributes
    ----------
    at
        (n,) which of the day's looks.
    seen
        (n,) whether a pose is reported.
    keypoints, world
        (n, 33, 3) as in `vision.pose.types.Pose`.
    presence
        (n,) the network's confidence.
    box
        (n, 4) where the body truly is in the picture.
    look
        (n,) `lapses.Look`.
    """

    at: npt.NDArray[np.int64]
    seen: Mask
    keypoints: Floats
    world: Floats
    presence: Array
    box: Array
    look: npt.NDArray[np.int64]


def reported(
    stay: Stay, lapses: Lapses, room: Layout, times: Array, rng: np.random.Generator
) -> Reported:
    """Return what the engine reports of a stay at the day's looks `times` (T,) seconds."""
    at = np.flatnonzero((times >= stay.start) & (times < stay.end))
    t = times[at]
    seen = _within(t, lapses.seen)
    points = stay.figure.landmarks(stay.path.at(t), t, stay.seed)
    picture, world, torso, out = _views(stay, room, points, t)
    box = _true_box(picture, out)
    look = _unsteady(points, t)
    looks = look_of(points, stay.figure.scale)
    noise = _ar1(rng, (len(t), 33, 3), MEMORY) * (look[:, None] * JITTER)[..., None]
    wander = _ar1(rng, (len(t), 33, 3), WANDER_MEMORY) * (WANDER * out)[..., None]
    moved = noise + wander + _bias(rng, points, looks)
    picture = picture + moved[..., :2] * torso[:, None, None] / (ASPECT, 1.0)
    squash = 1.0 - 0.2 * rng.random()
    world = world * (1.0, 1.0, squash) * WORLD_SCALE
    world = world + moved * (0.5, 0.5, 0.75)
    visibility = _visibility(rng, out, look)
    keypoints = np.concatenate([picture, visibility[..., None]], axis=2)
    return Reported(
        at=at,
        seen=seen,
        keypoints=keypoints.astype(np.float32),
        world=(world - world[:, 23:25].mean(axis=1, keepdims=True)).astype(np.float32),
        presence=_presence(rng, stay.role, out, look),
        box=box,
        look=looks,
    )


def mistake(
    every: list[Reported], lapses: list[Lapses], times: Array, rng: np.random.Generator
) -> None:
    """Put the wrong poses into what is reported, in place."""
    for mine, lapse in zip(every, lapses, strict=True):
        t = times[mine.at]
        for wrong in lapse.wrong:
            k = np.arange(*np.searchsorted(t, [wrong.start, wrong.end]))
            if len(k) == 0:
                continue
            if wrong.kind is Guess.JUMPED and wrong.beside >= 0:
                _jump(mine, every[wrong.beside], k)
            else:
                _distort(mine, k, wrong.kind, wrong.strength)
            mine.presence[k] = np.minimum(mine.presence[k], 1.0 - np.exp(rng.normal(-3.2, 1.0)))


def _jump(mine: Reported, other: Reported, k: npt.NDArray[np.int64]) -> None:
    there = np.searchsorted(other.at, mine.at[k])
    there = np.minimum(there, max(0, len(other.at) - 1))
    if len(other.at) == 0:
        return
    both = other.at[there] == mine.at[k]
    mine.keypoints[k[both]] = other.keypoints[there[both]]
    mine.world[k[both]] = other.world[there[both]]


def _distort(mine: Reported, k: npt.NDArray[np.int64], kind: Guess, strength: float) -> None:
    scale = np.array([ASPECT, 1.0], np.float32)
    keypoints, world = mine.keypoints[k], mine.world[k]
    hips = keypoints[:, 23:25, :2].mean(axis=1, keepdims=True)
    middle = world[:, 23:25].mean(axis=1, keepdims=True)
    flat, solid = (keypoints[..., :2] - hips) * scale, world - middle
    if kind is Guess.SWAPPED:
        mine.keypoints[k], mine.world[k] = keypoints[:, SWAP], world[:, SWAP]
        return
    if kind is Guess.SHRUNK:
        flat[:, LEGS] *= 0.25 + 0.2 * abs(strength)
        solid[:, LEGS] *= 0.25 + 0.2 * abs(strength)
    else:
        legs = kind is Guess.LEGS
        angle = np.radians(strength * 90 if legs else (90 if abs(strength) < 0.75 else 180))
        angle *= 1.0 if legs else np.sign(strength)
        which = LEGS if legs else np.arange(33)
        c, s = float(np.cos(angle)), float(np.sin(angle))
        turn = np.array([[c, -s], [s, c]], np.float32)
        flat[:, which] = flat[:, which] @ turn.T
        solid[:, which, :2] = solid[:, which, :2] @ turn.T
    keypoints[..., :2] = flat / scale + hips
    if kind is not Guess.TURNED:
        keypoints[:, LEGS, 2] *= 0.5
    mine.keypoints[k], mine.world[k] = keypoints, solid + middle


def _views(stay: Stay, room: Layout, points: Array, t: Array) -> tuple[Array, Array, Array, Array]:
    """Return x, y in the picture, world landmarks, torso length in the picture, what is hidden."""
    if stay.role is Role.SCREEN:
        return _on_screen(room, points)
    picture, depth = room.eye.project(points)
    local = (points - points[:, 23:25].mean(axis=1, keepdims=True)) @ room.eye.axes.T
    trunk = points[:, 11:13].mean(axis=1) - points[:, 23:25].mean(axis=1)
    metre = room.eye.focal / np.maximum(depth[:, 23:25].mean(axis=1), 0.4)
    outside = ((picture < -CROP) | (picture > 1.0 + CROP)).any(axis=2)
    out = (hidden(room, points) | outside).astype(np.float64)
    if stay.covered:
        under = _within(t, stay.covered)[:, None]
        out[:, LEGS] = np.where(under, 1.0, out[:, LEGS])
        out[:, 23:25] = np.where(under, np.maximum(out[:, 23:25], 0.5), out[:, 23:25])
    return picture, local, np.linalg.norm(trunk, axis=1) * metre, out


def _true_box(picture: Array, out: Array) -> Array:
    """Return the boxes (T, 4) of what is to be seen of a body, flesh around the joints included."""
    shown = np.where(out[..., None] >= 1.0, np.nan, picture)
    shown = np.where(np.isnan(shown).all(axis=1, keepdims=True), picture, shown)
    low, high = np.nanmin(shown, axis=1), np.nanmax(shown, axis=1)
    margin = 0.06 * (high - low).max(axis=1, keepdims=True)
    return np.asarray(np.concatenate([low - margin, high + margin], axis=1).clip(0.0, 1.0))


def _on_screen(room: Layout, points: Array) -> tuple[Array, Array, Array, Array]:
    x, y, width, height = room.screen
    local = points - points[:, 23:25].mean(axis=1, keepdims=True)
    flat = np.stack([-local[..., 0], -local[..., 2], local[..., 1]], axis=2)
    centre = np.array([x + width / 2, y + height / 2])
    picture = centre + flat[..., :2] * height * 0.75 / (ASPECT, 1.0)
    torso = np.full(len(points), 0.5 * height * 0.75)
    return picture, flat, torso, np.zeros(points.shape[:2])


def _unsteady(points: Array, t: Array) -> Array:
    """Return the jitter (T,) of the hips in torso lengths, by speed and by how the body lies."""
    hips, shoulders = points[:, 23:25].mean(axis=1), points[:, 11:13].mean(axis=1)
    step = np.maximum(np.diff(t, prepend=t[:1] - 0.1), 0.05)
    middle = points[:, [0, 15, 16, 23, 24, 27, 28]].mean(axis=1)
    speed = np.linalg.norm(np.diff(middle, axis=0, prepend=middle[:1]), axis=1) / step
    down = np.maximum(0.0, -np.diff(hips[:, 2], prepend=hips[:1, 2]) / step)
    trunk = shoulders - hips
    flat = np.abs(trunk[:, 2]) < 0.6 * np.linalg.norm(trunk, axis=1)
    level = STILL + (WALKING - STILL) * np.clip(speed / 0.4, 0.0, 1.5)
    level = np.where(flat, np.maximum(level, LYING * np.clip(0.3 + speed, 0.3, 1.0)), level)
    falling = np.clip((down - 0.6) / 0.8, 0.0, 1.0)
    return np.asarray(level + (FALLING - WALKING) * falling)


def _bias(rng: np.random.Generator, points: Array, looks: npt.NDArray[np.int64]) -> Array:
    """Return the slow error (T, 33, 3) in torso lengths, which changes as the body moves."""
    if len(points) == 0:
        return np.zeros((0, 33, 3))
    middle = points[:, [0, 15, 16, 23, 24, 27, 28]].mean(axis=1)
    gone = np.linalg.norm(np.diff(middle, axis=0, prepend=middle[:1]), axis=1)
    at = np.cumsum(gone) / BIAS_M
    knot = at.astype(np.int64)
    errors = rng.normal(0.0, 1.0, (int(knot[-1]) + 2, BIAS.shape[1], 3))
    share = (at - knot)[:, None, None]
    # Between two knots, mixed so that the variance stays one.
    mixed = (1 - share) * errors[knot] + share * errors[knot + 1]
    mixed = mixed / np.sqrt((1 - share) ** 2 + share**2)
    return np.asarray((mixed * BIAS[looks][..., None])[:, PARTS])


def _visibility(rng: np.random.Generator, out: Array, look: Array) -> Array:
    """Return visibility (T, 33): high where seen, less for far limbs of who lies, low if hidden."""
    lying = np.clip((look - STILL) / (LYING - STILL), 0.0, 1.0)[:, None]
    limbs = np.zeros(33)
    limbs[13:23], limbs[25:] = 1.8, 1.2
    logit = 3.6 - lying * limbs + 0.5 * _ar1(rng, out.shape, WANDER_MEMORY)
    logit = logit - out * 4.8
    result: Array = 1.0 / (1.0 + np.exp(-logit))
    return result


def _presence(rng: np.random.Generator, role: Role, out: Array, look: Array) -> Array:
    """Return the network's confidence (T,)."""
    waver = _ar1(rng, (len(out),), WANDER_MEMORY)
    if role is Role.COAT:
        return np.asarray(np.clip(0.82 + 0.1 * waver, 0.5, 0.99))
    lying = np.clip((look - STILL) / (LYING - STILL), 0.0, 1.0)
    doubt = -6.8 + 2.0 * lying + 3.0 * out.mean(axis=1) + 0.9 * waver
    return np.asarray(1.0 - np.minimum(np.exp(doubt), 0.5))


def _ar1(rng: np.random.Generator, shape: tuple[int, ...], memory: float) -> Array:
    """Return AR(1) noise along the first axis, of unit variance, with heavy tails."""
    shocks = rng.standard_t(TAIL, shape) * np.sqrt((TAIL - 2) / TAIL * (1 - memory**2))
    if len(shocks):
        shocks[0] /= np.sqrt(1 - memory**2)
    result: Array = lfilter([1.0], [1.0, -memory], shocks, axis=0)
    return result


def _within(t: Array, spans: tuple[tuple[float, float], ...]) -> Mask:
    """Return which instants lie in one of the spans, which are in order and apart."""
    if not spans:
        return np.zeros(len(t), np.bool_)
    starts, ends = np.array(spans).T
    k = np.searchsorted(starts, t, side="right") - 1
    return np.asarray((k >= 0) & (t < ends[np.maximum(k, 0)]))
