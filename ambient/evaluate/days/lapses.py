"""When the simulated pose engine loses somebody and when it guesses wrongly.

In: what every stay of a day looks like to the camera on a grid of instants. Out: runs of being
seen and lost, and spans of wrong poses. The model is semi-Markov: how long a run lasts is
log-normal and depends on posture, size, what hides the body, the light, and above all on whether
anything moves (an unchanged picture gets an unchanged answer). Shares after the measurements in
docs/evaluate-days.md; this is another model than the one that training uses.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from ambient.evaluate.days.diary import DAY_S, HOUR_S
from ambient.evaluate.days.people import Role, Stay
from ambient.evaluate.days.rooms import ASPECT, Layout, hidden

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

CORE: Final = [0, 11, 12, 23, 24, 25, 26, 27, 28]
FAR: Final = 0.3
"""Body length, in picture heights, below which the network is out of its own stated range."""
MOVING_LOSS_S: Final = 1.2
STILL_LOSS_S: Final = 120.0
SPREAD: Final = 1.0
"""Of the logarithm of a run's length."""
NIGHT: Final = (21.5 * HOUR_S, 6.5 * HOUR_S)


class Look(IntEnum):
    """What a body looks like, as far as the network's failures depend on it."""

    UP = 0
    SIT = 1
    LOW = 2
    """Bent, squatting, kneeling, on the floor but not lying."""
    LYING = 3


class Guess(IntEnum):
    """How a pose is wrong."""

    LEGS = 0
    """The legs are made up."""
    SHRUNK = 1
    """The body ends at the hips."""
    TURNED = 2
    """Head and feet point elsewhere, by a quarter or a half."""
    SWAPPED = 3
    """Left is right."""
    JUMPED = 4
    """The pose is that of somebody near."""


ODDS_SEEN: Final = (65.0, 32.0, 7.5, 9.0)
"""Seen against lost, by `Look`: 0.985, 0.97, 0.88, 0.90 of the time."""
FAR_ODDS: Final = 0.18
"""… times this when small: of somebody lying in a far bed 19 of 32 pictures found a pose."""
NIGHT_ODDS: Final = 0.5
CROWDED_ODDS: Final = 0.12
PERSON_SPREAD: Final = 0.7
"""Of the logarithm of the odds from person to person (clothing, contrast)."""
GUESSES_PER_S: Final = (1.55 / 60, 1.7 / 60, 3.5 / 60, 2.6 / 60)
"""While something moves. Left and right are swapped 1.4 times a minute (measured: `swap_per_min` in
models/skeletons/noise.json); the rest, 0.15 to 2.1 a minute, is assumed."""
STILL_GUESSES_PER_S: Final = (4 / HOUR_S, 3 / HOUR_S, 15 / HOUR_S, 6 / HOUR_S)
GUESS_S: Final = 0.45
STILL_GUESS_S: Final = 6.0
GUESS_KINDS: Final = (
    (0.07, 0.03, 0.0002, 0.8998, 0.0),
    (0.12, 0.07, 0.0002, 0.8098, 0.0),
    (0.26, 0.21, 0.13, 0.40, 0.0),
    (0.17, 0.09, 0.20, 0.54, 0.0),
)
"""Of each `Guess`, by `Look`, while something moves."""
STILL_KINDS: Final = (
    (0.46, 0.20, 0.001, 0.339, 0.0),
    (0.50, 0.29, 0.001, 0.209, 0.0),
    (0.37, 0.30, 0.18, 0.15, 0.0),
    (0.30, 0.15, 0.35, 0.20, 0.0),
)
"""… and at rest, where nothing was measured."""
JUMPS: Final = 0.5
"""Share of wrong poses of somebody crowded that are the other one's."""
THING_SEEN_S: Final = (3.0, 25.0)
"""How long a coat is taken for somebody, while something moves in the room and while not."""
THING_LOST_S: Final = (25.0, 1500.0)


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """What one stay looks like on the day's grid.

    Attributes
    ----------
    grid
        (G,) seconds.
    look
        (G,) `Look`.
    odds
        (G,) seen against lost.
    moving
        (G,) whether anything in the room moves from there to the next instant.
    beside
        (G,) index of the stay that crowds this one, -1 for nobody.
    """

    grid: Array
    look: npt.NDArray[np.int64]
    odds: Array
    moving: Mask
    beside: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Wrong:
    """A span of seconds in which a pose is wrong."""

    start: float
    end: float
    kind: Guess
    beside: int
    strength: float
    """-1..1, which way and how much."""


@dataclass(frozen=True, slots=True)
class Lapses:
    """When one stay is seen, and when wrongly."""

    seen: tuple[tuple[float, float], ...]
    wrong: tuple[Wrong, ...]


def motion(stays: tuple[Stay, ...]) -> list[tuple[float, float]]:
    """Return the spans of seconds in which anything in the room moves, or comes or goes."""
    spans = [span for stay in stays for span in stay.path.moving()]
    spans += [(stay.start, stay.start + 0.2) for stay in stays]
    spans += [(stay.end, stay.end + 0.2) for stay in stays if stay.end < DAY_S]
    merged: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif start < DAY_S:
            merged.append((start, end))
    return merged


def courses(
    stays: tuple[Stay, ...], room: Layout, moving: list[tuple[float, float]]
) -> list[Course]:
    """Return what each stay looks like through the day."""
    edges = np.array([t for span in moving for t in span])
    fine = [np.arange(start, end, 1.0) for start, end in moving]
    grid = np.unique(np.concatenate([edges, *fine, np.array([0.0])]))
    starts = np.array([span[0] for span in moving])
    ends = np.array([span[1] for span in moving])
    k = np.searchsorted(starts, grid, side="right") - 1
    moves = (k >= 0) & (grid < ends[np.maximum(k, 0)])
    hips = np.full((len(stays), len(grid), 2), np.nan)
    sizes = np.full((len(stays), len(grid)), np.nan)
    depths = np.full((len(stays), len(grid)), np.nan)
    looks = np.zeros((len(stays), len(grid)), np.int64)
    odds = np.zeros((len(stays), len(grid)))
    for i, stay in enumerate(stays):
        here = (grid >= stay.start) & (grid < stay.end)
        if stay.role in (Role.SCREEN, Role.COAT) or not here.any():
            continue
        t = grid[here]
        points = stay.figure.landmarks(stay.path.at(t), t, stay.seed)
        at, depth = room.eye.project(points)
        looks[i, here] = look_of(points, stay.figure.scale)
        hips[i, here] = at[:, 23:25].mean(axis=1) * (ASPECT, 1.0)
        depths[i, here] = depth[:, 23]
        metre = room.eye.focal / np.maximum(depth[:, 23], 0.3)
        sizes[i, here] = metre * 1.6 * stay.figure.scale
        odds[i, here] = _odds(looks[i, here], sizes[i, here], t, at, hidden(room, points))
    return [
        Course(grid, looks[i], *_crowded(i, odds[i], hips, sizes, depths, moves))
        for i in range(len(stays))
    ]


def _crowded(
    i: int, odds: Array, hips: Array, sizes: Array, depths: Array, moves: Mask
) -> tuple[Array, Mask, npt.NDArray[np.int64]]:
    apart = np.linalg.norm(hips - hips[i], axis=2) / np.maximum(sizes, sizes[i])
    apart[i] = np.inf
    apart = np.where(np.isnan(apart), np.inf, apart)
    nearest = apart.argmin(axis=0)
    every = np.arange(len(odds))
    close = apart[nearest, every] < 0.22
    behind = close & (depths[i] > depths[nearest, every])
    return (
        np.where(behind, odds * CROWDED_ODDS, odds),
        moves,
        np.where(close, nearest, -1),
    )


def look_of(points: Array, scale: float) -> npt.NDArray[np.int64]:
    """Return the `Look` (T,) of bodies with these landmarks (T, 33, 3), metres."""
    hips, shoulders = points[:, 23:25].mean(axis=1), points[:, 11:13].mean(axis=1)
    knees = points[:, 25:27].mean(axis=1)
    trunk = shoulders - hips
    tilt = np.degrees(np.arccos(np.clip(trunk[:, 2] / np.linalg.norm(trunk, axis=1), -1, 1)))
    height = hips[:, 2] / scale
    flat = (tilt > 55) & (hips[:, 2] - knees[:, 2] < 0.3 * scale)
    low = (tilt > 42) | (height < 0.4)
    kinds = [flat, low, height < 0.68]
    return np.select(kinds, [Look.LYING, Look.LOW, Look.SIT], Look.UP).astype(np.int64)


def _odds(looks: npt.NDArray[np.int64], sizes: Array, t: Array, at: Array, out: Mask) -> Array:
    odds = np.asarray(ODDS_SEEN)[looks]
    odds = np.where(sizes < FAR, odds * FAR_ODDS, odds)
    odds = np.where((t > NIGHT[0]) | (t < NIGHT[1]), odds * NIGHT_ODDS, odds)
    outside = ((at < 0.0) | (at > 1.0)).any(axis=2)
    covered = (out | outside)[:, CORE].mean(axis=1)
    odds = odds * np.maximum(0.02, 1.0 - covered) ** 2
    trunk = at[:, [11, 12, 23, 24]].mean(axis=1)
    gone = ((trunk < -0.02) | (trunk > 1.02)).any(axis=1)
    return np.where(gone, 1e-6, odds)


def lapses(course: Course, stay: Stay, rng: np.random.Generator) -> Lapses:
    """Return when a stay is seen, and when wrongly."""
    thing = stay.role in (Role.COAT, Role.SCREEN)
    factor = float(np.exp(rng.normal(0.0, PERSON_SPREAD)))
    seen: list[tuple[float, float]] = []
    wrong: list[Wrong] = []
    breaks = _breaks(course, stay)
    shown: bool | None = None
    since = stay.start
    for start, end in pairwise(breaks):
        k = max(0, int(np.searchsorted(course.grid, start, side="right")) - 1)
        moving = bool(course.moving[k])
        mean_seen, mean_lost = _means(course, k, factor, thing, stay.role)
        if shown is None:
            shown = bool(rng.random() < mean_seen / (mean_seen + mean_lost))
        t = start
        while True:
            t += _length(rng, mean_seen if shown else mean_lost)
            if t >= end:
                break
            if shown:
                seen.append((since, t))
            shown, since = not shown, t
        if not thing:
            wrong += _wrong(course, k, (start, end), moving, rng)
    if shown:
        seen.append((since, min(stay.end, DAY_S)))
    return Lapses(tuple(seen), tuple(wrong))


def _means(course: Course, k: int, factor: float, thing: bool, role: Role) -> tuple[float, float]:
    """Return how long, on average, a run of being seen and one of being lost lasts."""
    still = int(not course.moving[k])
    if role is Role.SCREEN:
        return 6.0, 3.0
    if thing:
        return THING_SEEN_S[still], THING_LOST_S[still] / factor
    lost = STILL_LOSS_S if still else MOVING_LOSS_S
    return lost * max(float(course.odds[k]), 1e-6) * factor, lost


def _breaks(course: Course, stay: Stay) -> list[float]:
    """Return the instants at which the conditions of a stay change, its start and end included."""
    first, last = np.searchsorted(course.grid, [stay.start, min(stay.end, DAY_S)])
    k = np.arange(first, last)
    if len(k) == 0:
        return [stay.start, min(stay.end, DAY_S)]
    state = np.stack([course.look[k], course.moving[k], course.beside[k],
                      np.round(np.log(np.maximum(course.odds[k], 1e-6)))])  # fmt: skip
    changed = np.concatenate([[True], (np.diff(state, axis=1) != 0).any(axis=0)])
    inner = course.grid[k[changed]]
    inner = inner[(inner > stay.start) & (inner < stay.end)]
    return [stay.start, *inner.tolist(), min(stay.end, DAY_S)]


def _wrong(
    course: Course, k: int, span: tuple[float, float], moving: bool, rng: np.random.Generator
) -> list[Wrong]:
    look, beside = int(course.look[k]), int(course.beside[k])
    rate = (GUESSES_PER_S if moving else STILL_GUESSES_PER_S)[look]
    kinds = (GUESS_KINDS if moving else STILL_KINDS)[look]
    rate *= 4.0 if beside >= 0 and moving else 1.0
    median = GUESS_S if moving else STILL_GUESS_S
    out = []
    for start in rng.uniform(*span, int(rng.poisson(rate * (span[1] - span[0])))):
        kind = Guess(int(rng.choice(5, p=kinds)))
        if beside >= 0 and rng.random() < JUMPS:
            kind = Guess.JUMPED
        length = float(np.exp(rng.normal(np.log(median), SPREAD)))
        end = min(float(start) + length, span[1] + 2.0)
        out.append(Wrong(float(start), end, kind, beside, float(rng.uniform(-1, 1))))
    return out


def _length(rng: np.random.Generator, mean: float) -> float:
    """Return the length of a run, log-normal with this mean."""
    return max(0.1, float(np.exp(rng.normal(np.log(mean) - SPREAD**2 / 2, SPREAD))))
