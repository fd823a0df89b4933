"""What the temporal network is given: one person's pose, box and place in, F numbers out.

`Inputs` follows one person instant by instant, as the node does; `batch` takes a whole `Sequence`
at once, as training does. Both give the same numbers. Everything is relative to the body (origin
between the hips, unit the body's size) or to the picture's height, speeds are per second whatever
the frame rate, and what is missing is held and marked with its age. Numpy alone.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.falls import columns
from models.falls.columns import BOX_AGE_S, FEATURES
from models.skeletons.sequence import Sequence

Floats = NDArray[np.float32]
Wide = NDArray[np.float64]

WINDOWS_S: Final = (0.15, 0.6)
"""Over how long speeds are taken: an impact, and a whole descent."""
FORGET_S: Final = 1.5
"""After so long unseen, what was before says nothing of speed."""
SIZE_S: Final = 10.0
"""Time constant with which the largest size seen is forgotten: whoever walks away shrinks."""
CLIP: Final = 5.0


@dataclass(slots=True)
class Inputs:
    """The inputs of one person, instant by instant.

    Attributes are the memory that one person needs: the poses of the last `FORGET_S`, the body's
    size, the last pose and box with their instants.
    """

    _history: deque[tuple[float, Wide]] = field(default_factory=deque)
    _start: float = math.nan
    _last: float = math.nan
    _size: float = 0.0
    _size_now: float = 0.0
    _pose_t: float = math.nan
    _pose: Wide = field(default_factory=lambda: np.zeros((1, columns.POSE)))
    _hip: Wide = field(default_factory=lambda: np.zeros((1, 2)))
    _box_t: float = math.nan
    _box: Wide = field(default_factory=lambda: np.zeros((1, 5)))
    _grow: Wide = field(default_factory=lambda: np.zeros((1, columns.GROW)))

    def update(
        self,
        t_s: float,
        keypoints: Floats | None,
        world: Floats | None,
        score: float,
        aspect: float,
        box: Floats | None,
        box_score: float,
        place: Floats,
    ) -> Floats:
        """Take the next instant and return its inputs.

        Parameters
        ----------
        t_s
            Seconds, later than the one before.
        keypoints, world
            (33, 3) each as in `Sequence`; None, or with a value that is no number: not seen.
        score
            The pose network's confidence, 0..1.
        aspect
            Width / height of the picture.
        box, box_score
            (4,) normalised corners of the second detector's box; None: none at this instant.
        place
            (4,) probabilities as in `Sequence`.

        Returns
        -------
        (F,) float32
        """
        if math.isnan(self._start):
            self._start = self._last = t_s
        seen = keypoints is not None and bool(np.isfinite(keypoints).all())
        speeds = np.zeros((1, columns.SPEEDS))
        if box is not None and bool(np.isfinite(box).all()):
            self._take_box(t_s, box, box_score, aspect)
        if seen and keypoints is not None:
            speeds = self._take_pose(t_s, keypoints, world, aspect)
        size = self._size if self._size > 0 else _box_size(self._box)[0]
        rows = columns.assemble(
            pose=self._pose,
            speeds=speeds,
            box=columns.of_box(
                self._box, self._hip, np.array([size]), np.array([self._size > 0]), aspect
            ),
            grow=self._grow / max(size, 1e-3),
            now=np.array(
                [
                    [seen],
                    [score if seen else 0.0],
                    [t_s - self._last],
                    [t_s - self._pose_t],
                    [t_s - self._box_t],
                    [t_s - self._start],
                ]
            ),
            place=np.asarray(place, np.float64)[None],
        )
        self._last = t_s
        return np.asarray(_finish(rows)[0], np.float32)

    def _take_pose(
        self, t_s: float, keypoints: Floats, world: Floats | None, aspect: float
    ) -> Wide:
        worlds = None if world is None else np.asarray(world, np.float64)[None]
        body = columns.measure(np.asarray(keypoints, np.float64)[None], worlds, aspect)
        now = float(body.size[0])
        agreed = min(now, self._size_now) if self._size_now > 0 else now
        faded = self._size * math.exp(-(t_s - self._pose_t) / SIZE_S) if self._size > 0 else 0.0
        self._size, self._size_now = max(faded, agreed), now
        if self._history and t_s - self._history[-1][0] > FORGET_S:
            self._history.clear()
        self._history.append((t_s, body.moving[0]))
        while len(self._history) > 2 and self._history[1][0] <= t_s - WINDOWS_S[-1]:
            self._history.popleft()
        size = np.array([self._size])
        self._pose, self._hip, self._pose_t = columns.of_pose(body, size), body.hip, t_s
        past = [self._at(t_s - window) for window in WINDOWS_S]
        return columns.of_speed(body.moving, past, WINDOWS_S, size)

    def _at(self, t_s: float) -> Wide:
        """Return what moves as it was at `t_s`, between the two poses around it."""
        history = self._history
        if t_s <= history[0][0]:
            return history[0][1][None]
        for index in range(len(history) - 2, -1, -1):
            t0, before = history[index]
            if t0 <= t_s:
                t1, after = history[index + 1]
                share = (t_s - t0) / (t1 - t0)
                return np.asarray(before + (after - before) * share)[None]
        return history[0][1][None]

    def _take_box(self, t_s: float, box: Floats, score: float, aspect: float) -> None:
        taken = _boxes(np.asarray(box, np.float64)[None], np.array([score]), aspect)
        if not math.isnan(self._box_t) and t_s - self._box_t <= BOX_AGE_S:
            self._grow = columns.of_growth(self._box, taken, np.array([t_s - self._box_t]))
        else:
            self._grow = np.zeros((1, columns.GROW))
        self._box, self._box_t = taken, t_s


def batch(sequence: Sequence) -> Floats:
    """Return the inputs of a whole sequence.

    Returns
    -------
    (T, F) float32
        What `Inputs` gives instant by instant.
    """
    t = sequence.t
    n = len(t)
    seen = sequence.seen & np.isfinite(sequence.keypoints).all(axis=(1, 2))
    boxed = np.asarray(np.isfinite(sequence.box).all(axis=1))
    pose, speeds = np.zeros((n, columns.POSE)), np.zeros((n, columns.SPEEDS))
    hip, size, age = np.zeros((n, 2)), np.zeros(n), np.full(n, np.nan)
    held = _last_true(seen)
    if seen.any():
        at = np.flatnonzero(seen)
        body = columns.measure(
            sequence.keypoints[at].astype(np.float64),
            sequence.world[at].astype(np.float64),
            sequence.aspect,
        )
        sizes = _slow_size(t[at], body.size)
        past = [_before(t[at], body.moving, window) for window in WINDOWS_S]
        speeds[at] = columns.of_speed(body.moving, past, WINDOWS_S, sizes)
        known = held >= 0
        rank = np.cumsum(seen)[known] - 1
        pose[known] = columns.of_pose(body, sizes)[rank]
        hip[known], size[known] = body.hip[rank], sizes[rank]
        age[known] = t[known] - t[held[known]]
    box, grow, box_age = _held_boxes(sequence, boxed)
    posed = size > 0
    scale = np.where(posed, size, _box_size(box))
    rows = columns.assemble(
        pose=pose,
        speeds=speeds,
        box=columns.of_box(box, hip, scale, posed, sequence.aspect),
        grow=grow / np.maximum(scale, 1e-3)[:, None],
        now=np.array(
            (
                seen,
                np.where(seen, sequence.score, 0.0),
                np.diff(t, prepend=t[:1]),
                age,
                box_age,
                t - t[:1],
            )
        ),
        place=sequence.place.astype(np.float64),
    )
    return np.asarray(_finish(rows), np.float32)


def _finish(rows: Wide) -> Wide:
    if rows.shape[1] != len(FEATURES):
        raise ValueError(f"inputs: expected {len(FEATURES)} columns, got {rows.shape[1]}")
    return np.minimum(np.maximum(rows, -CLIP), CLIP)


def _last_true(there: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return for each instant the index of the last that is true, -1 before the first."""
    index = np.where(there, np.arange(len(there)), -1)
    return np.asarray(np.maximum.accumulate(index), np.int64)


def _slow_size(t: Wide, size: Wide) -> Wide:
    """Return the largest size that two poses in a row agree on, fading with `SIZE_S`."""
    agreed = np.minimum(size, np.concatenate([size[:1], size[:-1]]))
    fading = (t - t[0]) / SIZE_S
    return np.asarray(np.exp(np.maximum.accumulate(np.log(agreed) + fading) - fading))


def _before(t: Wide, moving: Wide, window: float) -> Wide:
    """Return what moves as it was `window` seconds ago, not reaching back over a long gap."""
    new = np.diff(t, prepend=-np.inf) > FORGET_S
    start = t[np.maximum.accumulate(np.where(new, np.arange(len(t)), 0))]
    asked = np.maximum(t - window, start)
    low = np.clip(np.searchsorted(t, asked, side="right") - 1, 0, None)
    high = np.minimum(low + 1, len(t) - 1)
    step = np.maximum(t[high] - t[low], 1e-9)
    share = np.where(high > low, (asked - t[low]) / step, 0.0)
    return np.asarray(moving[low] + (moving[high] - moving[low]) * share[:, None])


def _boxes(box: Wide, score: Wide, aspect: float) -> Wide:
    """Return (n, 5): x0, y0, x1, y1 in picture heights, score."""
    return np.concatenate([box * (aspect, 1.0, aspect, 1.0), score[:, None]], axis=1)


def _box_size(box: Wide) -> Wide:
    """Return the longer side of each box; 0 without one."""
    return np.asarray(np.maximum(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1]))


def _held_boxes(sequence: Sequence, boxed: NDArray[np.bool_]) -> tuple[Wide, Wide, Wide]:
    """Return the last box (T, 5), how it changed from the one before (T, GROW), its age (T,)."""
    n, t = len(sequence), sequence.t
    box, grow, age = np.zeros((n, 5)), np.zeros((n, columns.GROW)), np.full(n, np.nan)
    at = np.flatnonzero(boxed)
    if not len(at):
        return box, grow, age
    raw = sequence.box[at].astype(np.float64)
    taken = _boxes(raw, sequence.box_score[at].astype(np.float64), sequence.aspect)
    change = np.zeros((len(at), columns.GROW))
    if len(at) > 1:
        step = np.diff(t[at])
        fresh = (step <= BOX_AGE_S)[:, None]
        change[1:] = np.where(fresh, columns.of_growth(taken[:-1], taken[1:], step), 0.0)
    known = _last_true(boxed) >= 0
    rank = np.cumsum(boxed)[known] - 1
    box[known], grow[known], age[known] = taken[rank], change[rank], t[known] - t[at[rank]]
    return box, grow, age
