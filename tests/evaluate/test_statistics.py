"""Intervals against published values and against what they must do."""

from __future__ import annotations

import pytest

from ambient.evaluate.statistics import (
    Difference,
    Quantiles,
    bootstrap,
    paired,
    poisson,
    quantiles,
    share_of,
    wilson,
)


def _pairs(both: int, gained: int, lost: int, neither: int) -> tuple[list[bool], list[bool]]:
    before = [True] * both + [False] * gained + [True] * lost + [False] * neither
    after = [True] * (both + gained) + [False] * (lost + neither)
    return before, after


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17:857, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson(k: int, n: int, low: float, high: float) -> None:
    share = wilson(k, n)
    assert (share.low, share.high) == pytest.approx((low, high), abs=2e-4)


@pytest.mark.parametrize(
    ("cells", "change", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17:2635, table II, method 10.
        ((36, 12, 2, 0), 0.2, 0.0569, 0.3404),
        # All alike: what Wilson's lower bound of 54 of 54 leaves to 1, on both sides.
        ((54, 0, 0, 0), 0.0, -0.0664, 0.0664),
    ],
)
def test_paired_difference(
    cells: tuple[int, int, int, int], change: float, low: float, high: float
) -> None:
    one = paired(*_pairs(*cells))
    assert (one.change, one.low, one.high) == pytest.approx((change, low, high), abs=2e-3)


def test_a_paired_difference_turns_with_its_sides() -> None:
    before, after = _pairs(30, 8, 3, 9)
    one, other = paired(before, after), paired(after, before)
    assert one.change == pytest.approx(5 / 50)
    assert (other.change, other.low, other.high) == pytest.approx((-0.1, -one.high, -one.low))


def test_pairs_must_be_pairs() -> None:
    with pytest.raises(ValueError, match="got 1 before and 2 after"):
        paired([True], [True, False])
    assert paired([], []) == Difference(0, None, None, None)


@pytest.mark.parametrize(
    ("count", "exposure", "rate", "low", "high"),
    [
        # Garwood 1936: 0 events have the upper bound 3.689, 3 events 0.619 to 8.767.
        (0, 1.0, 0.0, 0.0, 3.6889),
        (3, 1.0, 3.0, 0.6187, 8.7673),
        (10, 2.0, 5.0, 4.7954 / 2, 18.3904 / 2),
    ],
)
def test_poisson(count: int, exposure: float, rate: float, low: float, high: float) -> None:
    one = poisson(count, exposure)
    assert (one.rate, one.low, one.high) == pytest.approx((rate, low, high), abs=1e-3)


def test_without_exposure_there_is_no_rate() -> None:
    assert poisson(0, 0.0).rate is None


def test_recordings_of_one_person_are_drawn_together() -> None:
    hits = [True] * 20 + [False] * 20
    alone = bootstrap(hits, range(40))
    together = bootstrap(hits, ["a"] * 20 + ["b"] * 20)
    assert together == (0.0, 1.0)
    assert 0.3 < alone[0] < 0.5 < alone[1] < 0.7
    assert bootstrap(hits, range(40)) == alone


@pytest.mark.parametrize(("hits", "clusters"), [([], []), ([True], ["a", "b"])])
def test_a_bootstrap_needs_a_cluster_each(hits: list[bool], clusters: list[str]) -> None:
    with pytest.raises(ValueError, match="expected one cluster for each"):
        bootstrap(hits, clusters)


def test_a_share_of_nothing_has_no_interval() -> None:
    share = share_of([], [])
    assert (share.n, share.share, share.low, share.resampled_low) == (0, None, None, None)
    assert share_of([True, False]).resampled_low is None


def test_quantiles() -> None:
    assert quantiles([]) == Quantiles(0, None, None)
    assert quantiles([1.0, 2.0, 3.0]) == Quantiles(3, 2.0, 2.9)
