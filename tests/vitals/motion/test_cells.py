"""Samples into cells: any rate, any cut, holes and ranges that end."""

from __future__ import annotations

import numpy as np
import pytest

from tests.vitals.motion.kit import NS, T0, lying, times, walking
from vitals.motion.cells import BRIDGED, CELL_NS, RATE, Cells, Grid


def pushed(at: np.ndarray, samples: np.ndarray, cuts: list[int]) -> Cells:
    grid, every = Grid(), None
    for begin, end in zip([0, *cuts], [*cuts, len(at)], strict=True):
        if end > begin:
            for cells in grid.push(at[begin:end], samples[begin:end]):
                every = cells.after(every)
    assert every is not None
    return every


@pytest.mark.parametrize("rate", [20.0, 23.7, 50.0, 104.0, 200.0])
def test_cuts_change_nothing(rate: float) -> None:
    at, samples = times(12.0, rate), walking(12.0, rate)
    whole = pushed(at, samples, [])
    rng = np.random.default_rng(4)
    for size in (1, 3, 17, 90):
        cuts = np.unique(rng.integers(1, len(at), len(at) // size)).tolist()
        found = pushed(at, samples, cuts)
        assert found.first == whole.first
        for name in ("mean", "high", "low", "known", "saturated"):
            assert np.allclose(getattr(found, name), getattr(whole, name), rtol=0, atol=1e-12)


@pytest.mark.parametrize("rate", [20.0, 33.0, 50.0, 100.0, 200.0])
def test_every_rate_gives_the_same_line(rate: float) -> None:
    at = times(6.0, rate)
    cells = pushed(at, np.column_stack([(at - T0) / NS] * 3) / 6.0, [])
    middle = (np.arange(len(cells)) + 0.5 + cells.first) * CELL_NS
    inside = slice(RATE, 5 * RATE)
    # Samples fall anywhere into a cell, so its mean is up to half a cell off.
    off = cells.mean[inside, 0] - (middle[inside] - T0) / NS / 6.0
    assert np.abs(off).max() < 0.021 / 6.0
    assert cells.known.all()


def test_a_short_hole_is_bridged_and_marked_a_long_one_begins_anew() -> None:
    at, samples = times(10.0, 50.0), lying(10.0, 50.0)
    short = (at - T0 < 4 * NS) | (at - T0 > 5 * NS)
    runs = Grid().push(at[short], samples[short])
    assert len(runs) == 1
    assert 10 <= int((~runs[0].known).sum()) <= RATE
    long = (at - T0 < 2 * NS) | (at - T0 > (2 + BRIDGED / RATE + 1) * NS)
    runs = Grid().push(at[long], samples[long])
    assert [run.fresh for run in runs] == [True, True]


def test_the_end_of_the_range_is_seen_and_a_strong_swing_is_not() -> None:
    at = times(4.0, 100.0)
    swing = walking(4.0, 100.0, 3.0, size=3.0)
    assert not pushed(at, swing, []).saturated.any()
    assert pushed(at, swing.clip(-2.0, 2.0), []).saturated.any()
