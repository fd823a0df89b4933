"""The range of a device: taken for another, changed while it is worn, and known in hindsight."""

from __future__ import annotations

import numpy as np
import pytest

from tests.vitals.motion.kit import NS, T0, Floats, falling, lying, times, walking
from vitals.motion.cells import RATE, Cells, Grid
from vitals.motion.impacts import Window, Windows
from vitals.motion.scale import Scale, mended

RATE_HZ = 50.0


def upright(seconds: float) -> Floats:
    return lying(seconds, RATE_HZ) @ np.array([[0, 0, 1.0], [0, 0, 1.0], [0, 1.0, 0]])


def known(
    samples: Floats, cuts: tuple[int, ...] = (), kept: np.ndarray | None = None
) -> tuple[Cells, Scale]:
    """Return the cells as they are known at the end."""
    at = times(len(samples) / RATE_HZ, RATE_HZ)
    if kept is not None:
        at, samples = at[kept], samples[kept]
    grid, scale, every = Grid(), Scale(), None
    for begin, end in zip((0, *cuts), (*cuts, len(at)), strict=True):
        for cells in grid.push(at[begin:end], samples[begin:end]):
            for scaled in scale.push(cells):
                if scaled.mend is not None and every is not None:
                    every = mended(every, scaled.mend)
                every = scaled.cells.after(every)
    assert every is not None
    return every, scale


def judged(samples: Floats, cuts: tuple[int, ...] = ()) -> list[Window]:
    """Return the windows around the impacts."""
    at = times(len(samples) / RATE_HZ, RATE_HZ)
    grid, scale, windows = Grid(), Scale(), Windows()
    return [
        window
        for begin, end in zip((0, *cuts), (*cuts, len(at)), strict=True)
        for cells in grid.push(at[begin:end], samples[begin:end])
        for scaled in scale.push(cells)
        for window in windows.push(scaled)
    ]


def switched(samples: Floats, at_s: float, before: float, after: float = 1.0) -> Floats:
    """Return samples as a device says them that changes its range at an instant."""
    at = np.arange(1, len(samples) + 1) / RATE_HZ
    return samples * np.where(at <= at_s, before, after)[:, None]


def off(cells: Cells, true: Floats) -> Floats:
    """Return how far the cells are from those of a device whose range is known, g."""
    right, _ = known(true)
    return np.abs(cells.mean - right.mean[: len(cells)]).max(axis=1)


@pytest.mark.parametrize("factor", [0.125, 0.25, 0.5, 2.0, 4.0, 8.0])
def test_a_device_read_in_the_wrong_range_comes_out_right(factor: float) -> None:
    true = np.vstack([lying(2.0, RATE_HZ), walking(2.0, RATE_HZ)])
    cells, scale = known(true * factor)
    assert scale.factor == 1.0 / factor
    assert off(cells, true).max() < 1e-9


@pytest.mark.parametrize(
    "true",
    [
        walking(20.0, RATE_HZ, size=0.5),
        walking(20.0, RATE_HZ, 2.6, size=1.8),
        np.vstack([falling(RATE_HZ), falling(RATE_HZ, still=False)]),
    ],
    ids=["walks", "jogs", "falls"],
)
def test_a_moving_device_changes_no_scale(true: Floats) -> None:
    cells, scale = known(true)
    assert scale.factor == 1.0
    assert off(cells, true).max() == 0.0


@pytest.mark.parametrize("moves", [True, False])
@pytest.mark.parametrize(("before", "after"), [(0.25, 1.0), (1.0, 4.0), (4.0, 1.0)])
def test_a_change_of_range_is_found_where_it_was(before: float, after: float, moves: bool) -> None:
    true = walking(12.0, RATE_HZ) if moves else upright(12.0)
    cells, scale = known(switched(true, 6.0, before, after))
    assert scale.factor == 1.0 / after
    wrong = np.flatnonzero(off(cells, true) > 0.05)
    # A cell holds samples of both ranges.
    assert (np.abs(wrong - 6 * RATE) <= 1).all()


@pytest.mark.parametrize(("at_s", "most"), [(2.0, 2), (4.25, 7), (4.7, 2), (5.5, 2), (7.0, 2)])
def test_a_fall_during_which_the_range_changes_is_seen_as_it_was(at_s: float, most: int) -> None:
    true = falling(RATE_HZ)
    right, found = judged(true), judged(switched(true, at_s, 0.25))
    assert [one.impact_ns for one in found] == [one.impact_ns for one in right]
    wrong = np.abs(found[0].mean - right[0].mean).max(axis=1) > 0.1
    # While somebody drops, nothing tells a lower range from less weight.
    assert int(wrong.sum()) <= most


def test_standing_up_as_the_range_changes_is_no_impact() -> None:
    true = np.vstack([upright(4.0), walking(1.5, RATE_HZ, size=0.3), upright(4.0)])
    assert judged(switched(true, 4.6, 0.25)) == []


@pytest.mark.parametrize("size", [1, 7, 60])
def test_cuts_change_nothing_where_the_range_changes(size: int) -> None:
    samples = switched(np.vstack([walking(3.0, RATE_HZ), falling(RATE_HZ)]), 7.3, 0.25)
    cuts = tuple(range(size, len(samples), size))
    whole, parts = judged(samples), judged(samples, cuts)
    assert [one.impact_ns for one in parts] == [one.impact_ns for one in whole]
    assert np.allclose(parts[0].mean, whole[0].mean, rtol=0, atol=1e-12)


def test_the_line_over_a_hole_tells_no_range() -> None:
    true = falling(RATE_HZ)
    at = times(11.5, RATE_HZ) - T0
    hit = np.abs(at - 4.53 * NS) < 0.03 * NS
    true[hit] *= 3.0
    cells, scale = known(true, kept=(at < 4.56 * NS) | (at > 5.6 * NS))
    assert scale.factor == 1.0
    assert float(cells.high.max()) > 10.0
