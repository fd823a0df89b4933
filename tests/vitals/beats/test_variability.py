"""Variability and rhythm from intervals: by hand, beside the truth, and withheld."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from ambient.evaluate.pulses import Kind, made
from vitals.beats.intervals import normal
from vitals.beats.irregular import irregular
from vitals.beats.rhythm import ALIKE, COVERED, SLIPPED, rhythm
from vitals.beats.variability import NOTHING, variability

Floats = np.ndarray


def ends(seconds: Floats) -> Floats:
    return np.cumsum(seconds)


def swinging(minutes: float = 3.0, low: float = 0.03, high: float = 0.02) -> Floats:
    """Return intervals that swing at 0.1 and at 0.25 Hz."""
    at, out = 0.0, []
    while at < minutes * 60:
        one = 0.85 + low * np.sin(2 * np.pi * 0.1 * at) + high * np.sin(2 * np.pi * 0.25 * at)
        at += one
        out.append(one)
    return np.asarray(out)


def test_by_hand() -> None:
    seconds = np.array([0.8, 0.86, 0.8, 0.86] * 6)
    found = variability(ends(seconds), seconds, np.ones(24, bool))
    assert found.rmssd_ms == pytest.approx(60.0)
    assert found.sdnn_ms == pytest.approx(30.0 * np.sqrt(24 / 23))
    assert found.pnn50 == pytest.approx(1.0)
    assert found.lf_hf is None


def test_pairs_across_a_gap_do_not_count() -> None:
    seconds = np.array([0.8, 0.86, 0.8, 0.86] * 6)
    at = ends(seconds)
    at[12:] += 5.0
    found = variability(at, seconds, np.ones(24, bool))
    whole = variability(ends(seconds), seconds, np.ones(24, bool))
    assert found.rmssd_ms == pytest.approx(whole.rmssd_ms)
    keep = np.ones(24, bool)
    keep[[5, 6]] = False
    assert variability(ends(seconds), seconds, keep).pnn50 == pytest.approx(1.0)


@pytest.mark.parametrize(("low", "high"), [(0.03, 0.02), (0.02, 0.03), (0.04, 0.01)])
def test_lf_hf_is_the_ratio_of_the_swings(low: float, high: float) -> None:
    seconds = swinging(5.0, low, high)
    found = variability(ends(seconds), seconds, np.ones(len(seconds), bool))
    assert found.lf_hf == pytest.approx((low / high) ** 2, rel=0.15)


def test_a_spectrum_is_not_drawn_over_a_hole_nor_of_a_short_stretch() -> None:
    seconds = swinging()
    at = ends(seconds)
    assert variability(at, seconds, at < 100).lf_hf is None
    keep = (at < 60) | (at > 66)
    assert variability(at, seconds, keep).lf_hf is None


def test_too_little_is_nothing() -> None:
    seconds = np.full(10, 0.8)
    assert variability(ends(seconds), seconds, np.ones(10, bool)) == NOTHING


@pytest.mark.parametrize("where", [10, 40, 71])
@pytest.mark.parametrize(("first", "second"), [(0.5, 1.2), (1.7, 0.85), (0.3, 0.55)])
def test_early_missed_and_extra_beats_do_not_count(where: int, first: float, second: float) -> None:
    seconds = swinging(1.5)
    seconds[where], seconds[where + 1] = first, second
    keep = normal(seconds, np.ones(len(seconds), bool))
    assert not keep[where]
    assert keep.sum() >= len(seconds) - 3


@pytest.mark.parametrize(
    ("course", "counts"),
    [
        ((0.72, 0.74, 0.80, 0.85, 0.79, 0.775, 0.69), True),  # slower with a breath, and back
        ((0.72, 0.74, 0.80, 0.86, 0.86, 0.79, 0.70), True),
        ((0.62, 0.62, 0.62, 0.86, 0.62, 0.62, 0.62), False),  # all at once
        ((0.72, 0.74, 0.80, 0.86, 0.62, 0.62, 0.62), False),  # back all at once
        ((0.62, 0.62, 1.24, 1.24, 1.24, 0.62, 0.62), False),  # three beats missed, alike
    ],
)
def test_an_interval_far_from_its_neighbours_median_counts_if_steps_lead_to_it_and_back(
    course: tuple[float, ...], counts: bool
) -> None:
    seconds = np.r_[np.full(30, 0.62), course, np.full(30, 0.62)]
    keep = normal(seconds, np.ones(len(seconds), bool))
    longest = 30 + int(np.argmax(course))
    assert bool(keep[longest]) is counts
    assert keep[:30].all()
    assert keep[-30:].all()
    sure = np.ones(len(seconds), bool)
    sure[longest + 1] = False
    assert not normal(seconds, sure)[longest]


def test_covered_too_little_everything_is_withheld() -> None:
    seconds = swinging(1.0)
    sure = np.ones(len(seconds), bool)
    whole = rhythm(ends(seconds), seconds, sure, 60.0)
    assert whole.quality > 0.95
    assert whole.variability.rmssd_ms is not None
    sure[: int(len(sure) * (1.05 - COVERED))] = False
    part = rhythm(ends(seconds), seconds, sure, 60.0)
    assert part.quality < COVERED
    assert part.variability == NOTHING
    assert part.irregular is None


@pytest.mark.parametrize(
    ("alike", "withheld"), [(None, False), (0.995, False), (ALIKE, False), (0.985, True)]
)
def test_beats_that_look_less_alike_are_placed_too_badly(
    alike: float | None, withheld: bool
) -> None:
    seconds = swinging(1.0)
    found = rhythm(ends(seconds), seconds, np.ones(len(seconds), bool), 60.0, alike)
    assert (found.variability == NOTHING) is withheld
    assert found.quality > 0.95


@pytest.mark.parametrize(
    ("beats", "off_s", "alike", "withheld"),
    [
        (2, 0.1, 1.0, False),  # 3 % of the time
        (4, 0.0, 1.0, False),  # 6 %, and it makes no difference
        (4, 0.1, 1.0, True),  # 6 %, and it does
        (7, 0.0, 1.0, True),  # 10 %
        (7, 0.1, None, False),  # of an ECG
    ],
)
def test_what_is_left_out_of_a_pulse_wave_is_little_or_makes_no_difference(
    beats: int, off_s: float, alike: float | None, withheld: bool
) -> None:
    seconds = swinging(2.0)
    plain = variability(ends(seconds), seconds, np.ones(len(seconds), bool))
    sure = np.ones(len(seconds), bool)
    unlike = np.arange(1, beats + 1) * 15
    for one in (unlike, unlike + 1):
        sure[one] = False
    seconds[unlike] += off_s
    seconds[unlike + 1] -= off_s
    found = rhythm(ends(seconds), seconds, sure, 120.0, alike).variability
    assert (found == NOTHING) is withheld
    if found.rmssd_ms is not None:
        assert found.rmssd_ms == pytest.approx(plain.rmssd_ms, rel=0.05)


@pytest.mark.parametrize(
    ("share", "withheld"),
    [(0.0, False), (SLIPPED - 0.05, False), (SLIPPED + 0.05, True), (np.nan, False)],
)
def test_peaks_and_rises_that_tell_different_stories_say_nothing(
    share: float, withheld: bool
) -> None:
    seconds = swinging(1.0)
    sure = np.ones(len(seconds), bool)
    plain = rhythm(ends(seconds), seconds, sure, 60.0).variability
    assert plain.rmssd_ms is not None
    # Steps of +a, -a, +a: each differs from the one before by 2 a.
    slips = np.where(np.arange(len(seconds)) % 2, 0.5, -0.5) * share * plain.rmssd_ms / 1000.0
    found = rhythm(ends(seconds), seconds, sure, 60.0, 1.0, slips)
    assert (found.variability == NOTHING) is withheld


def test_irregular_is_called_steady_is_not_and_variability_of_the_former_is_withheld() -> None:
    rng = np.random.default_rng(5)
    steady = swinging(2.0)
    wild = rng.gamma(1 / 0.24**2, 0.8 * 0.24**2, 150).clip(0.33, 1.9)
    for seconds, said in ((steady, False), (wild, True)):
        found = rhythm(ends(seconds), seconds, np.ones(len(seconds), bool), float(seconds.sum()))
        assert found.irregular is not None
        assert (found.irregular >= 0.8) is said
        assert (found.variability == NOTHING) is said


@pytest.mark.parametrize("kind", [Kind.EARLY_BEATS, Kind.EVERY_SECOND])
def test_early_beats_are_not_called_irregular(kind: Kind) -> None:
    for seed in range(8):
        at = made(120.0, 50.0, np.random.default_rng(seed), kind).at
        seconds = np.diff(at)
        said = irregular(seconds, np.ones(len(seconds), bool))
        assert said is None or said < 0.5


def test_few_intervals_say_nothing_of_the_rhythm() -> None:
    seconds = np.random.default_rng(1).uniform(0.5, 1.2, 50)
    assert irregular(seconds, np.ones(50, bool)) is None


def test_the_even_grid_passes_through_the_intervals() -> None:
    # What LF/HF rests on: the same spline as here, looked at from outside.
    seconds = swinging(3.0)
    at = ends(seconds)
    assert np.allclose(CubicSpline(at, seconds)(at), seconds)
