"""Falls by all senses measured: figures with known answers, scenarios, the fit, commands."""

from __future__ import annotations

import math
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from typer.testing import CliRunner

from ambient.cli import app
from ambient.errors import UsageError
from ambient.evaluate.fusion_falls.bound import bound, most_powerful
from ambient.evaluate.fusion_falls.figures import (
    area,
    both,
    calibration,
    either,
    percentile,
    rankings,
    sensitivity,
)
from ambient.evaluate.fusion_falls.late import LateOr, Scores, fitted_or
from ambient.evaluate.fusion_falls.ranked import Height, judged
from ambient.evaluate.fusion_falls.recorded import LYING_ON_S, lying_on
from ambient.evaluate.fusion_falls.report import elsewhere, measure
from ambient.evaluate.fusion_falls.simulate import Assumptions, Pools, scenarios
from ambient.evaluate.fusion_falls.streams import Stream, at, likelihoods
from ambient.observations import ImpactMeasured
from ambient.train import fusion as fit
from ambient.train.isotonic import camera_curve, pooled
from fusion.ratios import carried, read
from tests.fusion.senses_kit import impact, lies, moves, ns, ticks
from tests.fusion.test_falls import lost, span

QUIET = carried().down.ratios["wearable_quiet"].at(1.0)
UPRIGHT = carried().down.ratios["camera_upright_alone"].at(9.0)
FALL = np.array([True, True, True, False, False, False, False])
ONES = np.ones(7)


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        ([3, 2, 1, 0, 0, -1, -1], 1.0),
        ([0, 0, 0, 0, 0, 0, 0], 0.5),
        ([-1, -1, -1, 0, 0, 0, 0], 0.0),
        ([3, 0, -3, 1, 1, -1, -1], 0.5),
    ],
)
def test_the_area_counts_pairs(score, expected):
    assert area(np.array(score, float), FALL, ONES) == pytest.approx(expected)


def test_sensitivity_is_at_what_may_alarm():
    score = np.array([5.0, 3.0, 1.0, 4.0, 2.0, 0.0, 0.0])
    assert sensitivity(score, FALL, ONES, 0.0) == pytest.approx(1 / 3)
    assert sensitivity(score, FALL, ONES, 0.25) == pytest.approx(2 / 3)
    assert sensitivity(score, FALL, ONES, 0.5) == pytest.approx(1.0)


def test_the_best_or_and_and_are_better_than_either_sense():
    one = np.array([9.0, 0.0, 0.0, 5.0, 1.0, 1.0, 0.0])
    two = np.array([0.0, 9.0, 0.0, 1.0, 5.0, 1.0, 0.0])
    assert either([one, two], FALL, ONES, 0.0) == pytest.approx(2 / 3)
    assert sensitivity(one, FALL, ONES, 0.0) == pytest.approx(1 / 3)
    left = np.array([4.0, 4.0, 4.0, 4.0, 0.0, 1.0, 0.0])
    right = np.array([4.0, 4.0, 4.0, 0.0, 4.0, 0.0, 1.0])
    assert sensitivity(left, FALL, ONES, 0.0) == 0.0
    assert both([left, right], FALL, ONES, 0.0) == pytest.approx(1.0)


def test_percentiles_are_of_everyday_situations():
    score = np.array([5.0, 1.0, -1.0, 1.0, 2.0, 3.0, 4.0])
    assert percentile(score, FALL)[:3].tolist() == [1.0, 0.125, 0.0]


def test_log_odds_that_keep_their_word_are_calibrated():
    rng = np.random.default_rng(3)
    odds = rng.normal(-1.0, 2.0, 40_000)
    fall = rng.uniform(size=len(odds)) < 1 / (1 + np.exp(-odds))
    assert calibration(odds, fall, float(fall.mean())) < 0.02
    assert calibration(odds + 2.0, fall, float(fall.mean())) > 0.1


def test_an_or_is_fitted_on_other_scenarios_and_measured_as_it_is():
    """The second sense states log-odds that are 2 too low; a third knows nothing."""
    rng = np.random.default_rng(5)

    def drawn(count: int) -> Scores:
        fall = np.arange(count) < count // 2
        hit = fall & (rng.uniform(size=count) < 0.5)
        one = np.where(hit, 3.0, -3.0) + rng.normal(0, 0.5, count)
        two = np.where(fall & ~hit, 1.0, -5.0) + rng.normal(0, 0.5, count)
        scores = {"one": one, "two": two, "none": rng.normal(0, 1.0, count)}
        return Scores(scores, dict.fromkeys(scores, fall >= 0), fall)

    fitted, other = fitted_or([drawn(400)]), drawn(400)
    assert fitted.offsets["one"] == 0.0
    assert fitted.offsets["none"] < -2.0
    ranked = fitted.rank(other.scores, other.alive)
    ones = np.ones(len(other.fall))
    assert area(ranked, other.fall, ones) > 0.97
    dead = {**other.alive, "one": other.fall < 0}
    lost = fitted.rank(other.scores, dead)
    assert area(lost, other.fall, ones) < 0.9


@pytest.mark.parametrize(
    ("falls", "others", "allowed", "found"),
    [
        ([8, 0], [0, 8], 0.0, 1.0),
        ([4, 4], [4, 4], 0.1, 0.1),
        ([6, 2], [2, 6], 0.0, 0.0),
        ([6, 2], [2, 6], 0.25, 0.75),
        ([6, 2], [2, 6], 0.125, 0.375),
        ([2, 4, 2], [0, 2, 6], 0.25, 0.75),
        ([2, 4, 2], [0, 2, 6], 0.0, 0.25),
        ([2, 6], [6, 2], 1.0, 1.0),
    ],
)
def test_the_most_powerful_test_spends_where_most_falls_are(falls, others, allowed, found):
    kind = np.repeat([*range(len(falls)), *range(len(others))], [*falls, *others])
    fall = np.arange(len(kind)) < sum(falls)
    assert most_powerful(kind, fall, allowed) == pytest.approx(found)


def test_figures_have_intervals_and_differences():
    rng = np.random.default_rng(1)
    fall = np.arange(400) < 150
    good, poor = fall + rng.normal(0, 0.4, 400), fall + rng.normal(0, 1.5, 400)
    clusters = [rng.integers(0, 40, 400)]
    found = rankings(
        {"all senses": good, "poor": poor}, {"poor": fall >= 0, "all senses": fall >= 0}, fall,
        clusters, 0.05, resamples=40,
    )  # fmt: skip
    assert set(found) == {"all senses", "poor", "best or", "best and"}
    for one in found.values():
        assert one.area.low <= one.area.value <= one.area.high
    assert found["poor"].area_less.low > 0
    assert found["all senses"].area_less.value == 0


# -- ranking -----------------------------------------------------------------------------------


def test_only_what_holds_counts():
    height = Height()
    assert height.top == -math.inf
    for t, odds in ((0, 0.0), (1, 5.0), (2, 1.0), (3, 1.5), (4, 1.2), (5, -3.0), (6, -3.0)):
        height.see(ns(t), odds)
    assert height.top == 1.0


def test_a_story_is_ranked_and_told():
    fell = judged([*moves(0, 20), impact(20), *lies(21, 40)])
    walked = judged(moves(0, 40))
    assert fell.confirmed
    assert not walked.confirmed
    assert fell.top > walked.top


@pytest.mark.parametrize(
    ("seen", "odds"),
    [
        ([], -2.5),
        (moves(0, 40, steps=0), -2.5 + QUIET),
        (span(5, 40, down=0.0, upright=0.9), -2.5 + UPRIGHT),
        ([*moves(0, 40, steps=0), *span(5, 40, down=0.0, upright=0.9)], -2.5 + QUIET + UPRIGHT),
        (moves(22, 40, steps=0), -2.5 + QUIET),
        (moves(0, 40, counts=0.004, steps=0), -2.5),
    ],
    ids=["nothing", "quiet", "upright", "both", "worn before it was recorded", "on a table"],
)
def test_silence_makes_a_fall_less_probable_and_a_lost_sense_does_not(seen, odds):
    assert judged([*ticks(40), *seen], about=ns(20)).top == pytest.approx(odds, abs=0.6)
    assert judged([*ticks(40), *seen]).top == -2.5


# -- scenarios ---------------------------------------------------------------------------------


def stream(name: str, fall: bool, seen) -> Stream:
    told = tuple(
        (
            one.t - ns(20),
            msgspec.structs.replace(one, impact=one.t - one.impact)
            if isinstance(one, ImpactMeasured)
            else one,
        )
        for one in seen
    )
    return Stream(file=name, person=name, fall=fall, seen=told)


@pytest.fixture(scope="module")
def pools() -> Pools:
    up = span(15, 20, down=0.0, upright=0.9)
    camera = [
        stream("c1", True, [*up, *span(20, 32, down=0.9)]),
        stream("c2", True, [*up, *span(20, 32, down=0.6, quality=0.2)]),
        stream("c3", False, [*up, *span(20, 32, down=0.0, upright=0.9)]),
        stream("c4", False, [*up, *span(20, 22, down=0.7), *span(22, 32, down=0.0, upright=0.9)]),
    ]
    wearable = [
        stream("w1", True, [*moves(15, 20), impact(20), *lies(21, 30)]),
        stream("w2", True, [*moves(15, 20), impact(20, 0.6), *lies(21, 30)]),
        stream("w3", False, [*moves(15, 20), impact(20, 0.1), *moves(21, 30)]),
        stream("w4", False, moves(15, 30)),
    ]
    return Pools(camera, wearable)


def test_a_stream_can_be_laid_anywhere(pools):
    seen = at(pools.wearable[0], ns(100))
    felt = next(one for one in seen if isinstance(one, ImpactMeasured))
    assert (felt.impact, felt.t, felt.received) == (ns(100), ns(104), ns(104))
    assert likelihoods(pools.wearable) == ([0.97, 0.6, 0.1], [True, True, False])


def test_scenarios_are_the_same_for_the_same_seed(pools):
    assert scenarios(pools, 20, 40, 0.3, 5) == scenarios(pools, 20, 40, 0.3, 5)
    assert scenarios(pools, 20, 40, 0.3, 5) != scenarios(pools, 20, 40, 0.3, 6)


def test_senses_are_lost_and_fail_together_when_they_are_correlated(pools):
    def lost_both(rho: float) -> float:
        drawn = scenarios(pools, 1000, 1000, rho, 1)
        return float(np.mean([one.camera is None and one.wearable is None for one in drawn]))

    def hard_both(rho: float) -> float:
        drawn = scenarios(pools, 2000, 0, rho, 1, Assumptions(no_view=0, not_worn=0))
        return float(np.mean([one.camera == 1 and one.wearable == 1 for one in drawn]))

    assert lost_both(0.0) == pytest.approx(0.15 * 0.25, abs=0.015)
    assert lost_both(0.5) > lost_both(0.0) + 0.02
    assert hard_both(0.0) == pytest.approx(0.25, abs=0.03)
    assert hard_both(0.5) > hard_both(0.0) + 0.05


def test_the_measurement_names_every_way(pools):
    found = measure(pools, 0.25, 60, 1, Assumptions(), resamples=5)
    assert {"all senses", "camera lost", "wearable alone", "best or", "best and"} <= set(found.ways)
    assert (found.falls, found.others) == (18, 42)
    assert 0.0 <= found.calibration_error <= 1.0


def test_no_way_finds_more_than_the_bound(pools):
    """Either sense knows every fall of this pool; one time in four both are lost."""
    alive, allowed = Assumptions(no_view=0.5, not_worn=0.5), 0.002
    found = bound(pools, 0.0, alive, allowed)
    assert found.either == pytest.approx(0.75, abs=0.02)
    assert found.any_way >= found.either
    drawn = scenarios(pools, 500, 500, 0.0, 1, alive)
    fall, score = np.arange(1000) < 500, np.array([pools.top(one) for one in drawn])
    assert sensitivity(score, fall, np.ones(1000), allowed) <= found.any_way + 0.05
    lost = bound(pools, 0.0, Assumptions(no_view=1, not_worn=1, not_heard=1), allowed)
    assert (lost.any_way, lost.either) == (allowed, 0.0)


def test_an_or_fitted_elsewhere_is_one_more_way(pools):
    sets = elsewhere(pools, Assumptions(), 40)
    assert [len(one.fall) for one in sets] == [40, 40, 40]
    late = LateOr(dict.fromkeys(sets[0].scores, 0.0), True)
    found = measure(pools, 0.0, 60, 1, Assumptions(), resamples=5, late=late)
    assert found.ways["or fitted elsewhere"].area.value >= found.ways["sound alone"].area.value


def test_who_lies_in_the_picture_at_the_end_lies_on():
    seen = [*span(0, 10, down=0.9), lost(4, down=0.9, track=2), *span(0, 4, down=0.0, track=2)]
    more = lying_on(seen)
    assert {one.track for one in more} == {1}
    assert more[-1].t == pytest.approx(ns(9.9 + LYING_ON_S))
    assert all(one.down == 0.9 for one in more)


def test_a_pool_without_falls_is_refused(pools):
    quiet = Pools([one for one in pools.camera if not one.fall], pools.wearable)
    with pytest.raises(UsageError, match="camera"):
        measure(quiet, 0.0, 10, 1, Assumptions())


# -- the fitted part ---------------------------------------------------------------------------


def test_the_curves_of_a_calibrated_detector_are_its_log_odds():
    rng = np.random.default_rng(2)
    odds = rng.normal(0.0, 2.0, 20_000)
    fall = rng.uniform(size=len(odds)) < 1 / (1 + np.exp(-odds))
    said = (1 / (1 + np.exp(-odds))).tolist()
    [(low, least), zero], [same, (high, most)] = fit.impact_curves(said, fall.tolist(), 90)
    assert (least, most) == (fit.LEAST, pytest.approx(math.log(90), abs=0.01))
    assert zero == same == (pytest.approx(0.0, abs=0.1), 0.0)
    assert low == pytest.approx(fit.LEAST, abs=0.1)
    assert (most - least) / (high - low) == pytest.approx(1.0, abs=0.05)


def test_silence_is_worth_the_ratio_of_its_shares_and_no_less_than_the_least(pools):
    quiet = [one for one in pools.wearable if one.file == "w4"]
    felt = [one for one in pools.wearable if one.file == "w1"]
    others = [msgspec.structs.replace(one, fall=False) for one in felt]
    assert fit.silence([*felt, *quiet]) == pytest.approx(math.log(0.25 / 0.75), abs=0.01)
    assert fit.silence([*felt * 9, *quiet * 9]) == fit.LEAST
    assert fit.silence([*felt, *others]) == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("seconds", "walked_s"),
    [((), 0), ((0.5,), 0), ((2,), 1), ((2, 3, 4), 3), ((2, 9, 10), 2), (range(2, 20), 6)],
)
def test_walking_is_counted_in_seconds_of_six(seconds, walked_s):
    (step,) = moves(20, 21)
    seen = [(ns(s), msgspec.structs.replace(step, t=ns(s))) for s in seconds]
    assert fit.walked_s(Stream(file="w", person="w", fall=True, seen=tuple(seen))) == walked_s


def test_steps_speak_against_a_fall_and_never_for_one():
    walks, stirs, lies_still = (
        stream(f"w{n}", n < 9, moves(22, 22 + n, steps=2)) for n in (9, 1, 0)
    )
    (one, none), (two, some), (three, all_of_it) = fit.steps_curve([walks, stirs, lies_still])
    assert (one, two, three) == (1.0, 2.0, 3.0)
    assert none == 0.0
    assert all_of_it <= some <= 0.0
    assert all_of_it == pytest.approx(math.log((0.5 / 3) / (1.5 / 2)), abs=0.01)


@pytest.mark.parametrize(
    ("odds", "fall", "blocks"),
    [
        ([0, 1, 2], [False, False, True], [[0, 1], [2]]),
        ([2, 1, 0], [False, True, True], [[0, 1, 2]]),
        ([0, 1, 2, 3], [False, True, False, True], [[0], [1, 2], [3]]),
        ([5, 5, 7], [True, False, True], [[5, 5], [7]]),
    ],
)
def test_what_violates_the_order_is_pooled(odds, fall, blocks):
    assert [one.at for one in pooled(np.array(odds, float), np.array(fall))] == blocks


def test_a_camera_is_worth_the_ratio_of_its_shares_and_keeps_its_order():
    """Half of the falls are seen surely, half not at all; of everyday life one in four halfway."""
    falls, others = [6.0] * 50 + [-2.5] * 50, [2.0] * 25 + [-2.5] * 75
    curve = camera_curve(np.array([*falls, *others]), np.arange(200) < 100)
    assert all(a < b for one in zip(*curve, strict=True) for a, b in pairwise(one))
    assert curve[0] == (-2.5, -2.5)
    worth = dict(curve)
    assert worth[6.0] == pytest.approx(-2.5 + math.log(50.5 / 0.5), abs=0.02)
    assert worth[2.0] == pytest.approx(-2.5, abs=0.05)


def test_a_camera_that_is_no_surer_of_falls_is_worth_next_to_nothing():
    rng = np.random.default_rng(4)
    curve = camera_curve(rng.normal(2.0, 1.0, 2000), np.arange(2000) < 1000)
    inner = [worth for x, worth in curve if 1.0 <= x <= 3.0]
    assert all(abs(worth + 2.5) < 0.5 for worth in inner)


@pytest.mark.parametrize(
    ("tried", "chosen"),
    [
        ([(0.0, 0.97, 0.80), (0.5, 0.97, 0.804), (1.0, 0.96, 0.7)], 0.0),
        ([(0.0, 0.97, 0.80), (0.5, 0.98, 0.82), (1.0, 0.98, 0.823)], 0.5),
    ],
)
def test_pieces_count_in_full_unless_it_is_shown_that_they_do_not(tried, chosen):
    assert fit.least_of_the_best([fit.Tried(*one) for one in tried]) == chosen


def test_a_thud_is_worth_the_ratio_of_its_rates():
    (_, nothing), (_, told) = fit.thud_curve(Assumptions(thud_of_rest=0.2))
    assert nothing == 0.0
    assert told == pytest.approx(math.log(73 / 103 / 0.2), abs=0.01)


def test_what_is_written_can_be_read_and_leaves_the_rest_alone(tmp_path):
    from importlib.resources import files

    text = (files("fusion") / "ratios.toml").read_text()
    new = fit._with(text, "ratios.sound_thud", [(0.5, 0.0), (0.6, 0.9)], fit._THUD)
    path = tmp_path / "ratios.toml"
    path.write_text(fit._overlapping(fit._scaling(new, [(-2.5, -2.5), (7.0, 3.5)]), 0.75))
    table = read(path)
    assert table.down.camera.odds == [-2.5, 3.5]
    assert table.down.ratios["sound_thud"].llr == [0.0, 0.9]
    assert table.down.ratios["sound_thud"].fitted
    assert table.down.overlap["impact"] == 0.75
    others = {k: v for k, v in table.down.ratios.items() if k != "sound_thud"}
    assert others == {k: v for k, v in carried().down.ratios.items() if k != "sound_thud"}


# -- commands ----------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["evaluate", "train"])
def test_a_folder_without_recordings_is_refused(tmp_path, command):
    where = [str(tmp_path)] if command == "evaluate" else ["--data", str(tmp_path)]
    done = CliRunner().invoke(
        app.build(), [command, "fusion", *where, "--cache", str(tmp_path / "cache")]
    )
    assert isinstance(done.exception, UsageError)
    assert "manifest" in str(done.exception)
