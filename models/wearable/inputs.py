"""What the network sees of an impact: a window of acceleration in, numbers out.

The same code in training and in a node. The device's axes may point anywhere: every input is the
same however it is turned. Times are seconds from the impact.

What tells a fall apart (Noury et al. 2007; Bourke et al. 2007; Igual et al. 2013): a moment of
weightlessness before, an impact that stands out from what came before and after, another attitude
and stillness afterwards. Running and jumping have impacts too, but many of them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RATE: Final = 25
"""Cells a second."""
BEFORE: Final = 62
AFTER: Final = 88
"""Cells before and after the impact's own: 2.5 and 3.5 s."""
LENGTH: Final = BEFORE + 1 + AFTER
LONG: Final = 250
"""Cells before an impact, 10 s, in which its wearer may have been calm."""
UNTIL: Final = 12
"""Cells before an impact, 0.5 s, that are of the fall."""
CALM: Final = 20
"""Cells (0.8 s) of a calm stretch."""
ABOUT: Final = 1.5
"""A stretch counts as calm up to so many times the standard deviation of the calmest."""
G: Final = 9.80665
STILL_G: Final = 0.04
"""Standard deviation of a fifth of a second below which it counts as still."""


class Worn(StrEnum):
    """Places that the network knows apart; any other is none of them."""

    WAIST = "waist"
    CHEST = "chest"
    WRIST = "wrist"
    ANKLE = "ankle"
    THIGH = "thigh"


_SPANS: Final = (
    ("-2.5", 0, 37),
    ("-1.0", 37, 54),
    ("-0.3", 54, 71),
    ("0.4", 71, 88),
    ("1.0", 88, 113),
    ("2.0", 113, LENGTH),
)
"""Spans of the window by where they begin."""
INPUTS: Final = (
    "peak", "peak_mean", "stands_out_before", "stands_out_after", "wide",
    "lowest", "falling", "lowest_after", "lowest_far_before",
    "jerk", "swing",
    "turned", "turned_long", "turned_early", "turned_rest", "turned_calm",
    "gravity_before", "gravity_after",
    "still", "still_before", "peaks_before", "peaks_after", "rhythm",
    *(f"length_{name}" for name, _, _ in _SPANS),
    *(f"vector_{name}" for name, _, _ in _SPANS),
    *Worn,
)  # fmt: skip


def rest(before: Floats) -> Floats:
    """Return how a device hung (3,), g, when it last was calm.

    Who hops, jogs or swings a leg shakes the device, and the mean of a second is not gravity then.

    Parameters
    ----------
    before
        (M, 3), g, cells up to `UNTIL` before an impact; one at least.
    """
    cells = np.pad(before, ((max(0, CALM - len(before)), 0), (0, 0)), "edge")
    spread, mean = _stretches(cells, CALM)
    last = np.flatnonzero(spread <= max(STILL_G, ABOUT * float(spread.min())))[-1]
    return np.asarray(mean[last])


def inputs(mean: Floats, high: Floats, low: Floats, worn: Worn | None, rested: Floats) -> Floats:
    """Return the inputs (I,) of one impact, in the order of `INPUTS`.

    Parameters
    ----------
    mean
        (151, 3), g, in cells of 40 ms; the impact is at 62.
    high, low
        Largest and smallest length (151,) in each cell, g.
    worn
        Where the device is; None for elsewhere or unknown.
    rested
        How it hung when it last was calm (3,); see `rest`.

    Raises
    ------
    ValueError
        When the window has another length.
    """
    if mean.shape != (LENGTH, 3):
        raise ValueError(f"expected a window ({LENGTH}, 3), got {mean.shape}")
    length = np.sqrt(np.einsum("ij,ij->i", mean, mean))
    peak = float(high[BEFORE])
    before, after = high[:46], high[BEFORE + 20 :]
    drop = slice(BEFORE - 30, BEFORE + 1)
    early, mid = mean[:25].mean(axis=0), mean[25:50].mean(axis=0)
    late, latest = mean[BEFORE + 30 : BEFORE + 60].mean(axis=0), mean[BEFORE + 50 :].mean(axis=0)
    spread, calm = _stretches(mean[BEFORE + 20 :], RATE)
    still = _still(mean)
    near = length[BEFORE - 12 : BEFORE + 13]
    step = np.diff(mean[BEFORE - 15 : BEFORE + 16], axis=0)
    numbers = [
        np.log(max(peak, 0.1)),
        np.log(max(float(length[BEFORE - 1 : BEFORE + 2].max()), 0.1)),
        np.log(peak / float(before.max())),
        np.log(peak / float(after.max())),
        float((near > 1.5).mean()),
        float(low[drop].min()),
        float(np.maximum(0.0, 1.0 - length[drop]).sum()) * G / RATE,
        float(low[BEFORE + 20 :].min()),
        float(low[:40].min()),
        np.log(0.1 + float(np.sqrt(np.square(step).sum(axis=1)).max())),
        np.log(0.1 + float(near.max() - near.min())),
        _angle(early, latest),
        _angle(mid, late),
        _angle(early, mid),
        _angle(rested, latest),
        _angle(rested, calm[int(spread.argmin())]),
        float(np.sqrt(np.square(early).sum())),
        float(np.sqrt(np.square(latest).sum())),
        float(still[16:].mean()),
        float(still[:10].mean()),
        float(_peaks(high[: BEFORE - 12])),
        float(_peaks(high[BEFORE + 13 :])),
        _rhythm(length[: BEFORE + 13]),
    ]
    numbers += [
        float(np.log(0.01 + np.abs(length[a:b] - length[a:b].mean()).mean())) for _, a, b in _SPANS
    ]
    numbers += [float(np.log(0.01 + np.sqrt(mean[a:b].var(axis=0).sum()))) for _, a, b in _SPANS]
    numbers += [float(worn is place) for place in Worn]
    return np.asarray(numbers, np.float64)


def still_after(mean: Floats) -> float:
    """Return the share of the time from 0.8 s after the impact that was still, 0..1."""
    return float(_still(mean)[16:].mean())


def turned(mean: Floats) -> float:
    """Return degrees between how the device hung before and after the impact."""
    early, late = mean[:25].mean(axis=0), mean[BEFORE + 50 :].mean(axis=0)
    return float(np.degrees(_angle(early, late)))


def _still(mean: Floats) -> NDArray[np.bool_]:
    """Return whether each fifth of a second (30,) is still."""
    fifths = mean[: LENGTH // 5 * 5].reshape(-1, 5, 3)
    return np.asarray(np.sqrt(fifths.var(axis=1).sum(axis=1)) < STILL_G)


def _stretches(cells: Floats, length: int) -> tuple[Floats, Floats]:
    """Return standard deviation (M,) and mean (M, 3) of every stretch of so many cells."""
    runs = np.lib.stride_tricks.sliding_window_view(cells, length, axis=0)
    return np.sqrt(runs.var(axis=2).sum(axis=1)), runs.mean(axis=2)


def _angle(a: Floats, b: Floats) -> float:
    norm = float(np.sqrt(np.square(a).sum() * np.square(b).sum()))
    return float(np.arccos(np.clip(float(a @ b) / max(norm, 1e-6), -1.0, 1.0)))


def _peaks(high: Floats) -> int:
    """Return how many impacts of 1.4 g or more, each the largest of its half second."""
    windows = np.lib.stride_tricks.sliding_window_view(high, 11)
    middle = high[5:-5]
    return int(((middle >= 1.4) & (middle == windows.max(axis=1))).sum())


def _rhythm(length: Floats) -> float:
    """Return the largest autocorrelation of the length at 0.28 to 1.2 s, 0..1."""
    centred = length - length.mean()
    power = float(centred @ centred)
    every = np.correlate(centred, centred, "full")[len(centred) - 1 :]
    return max(0.0, float(every[7:31].max()) / max(power, 1e-6))
