"""A level learns, drifts and is not led astray; changes are scored; markers add up as defined."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest

from ambient.events import VoiceMarker
from ambient.observations import VoiceFeature as F
from fusion import changes
from fusion.baseline import FLOOR, LEARN_DAYS, MEMORY_DAYS, Level, on_scale
from fusion.markers import (
    CLIP,
    DEFINITIONS,
    DISTANCE_DEPENDENT,
    GROUPS,
    ROOM_DEPENDENT,
    VERSION,
    Definition,
    combine,
)

PAGES = Path(__file__).parents[2] / "docs" / "markers"


def learned(values: list[float], floor: float = 0.01) -> Level:
    level = Level()
    for value in values:
        level.learn(value, floor)
    return level


def normal(count: int, mean: float = 10.0, spread: float = 2.0, seed: int = 0) -> list[float]:
    return np.random.default_rng(seed).normal(mean, spread, count).tolist()


# -- levels ------------------------------------------------------------------------------------


def test_the_first_days_give_median_and_mad() -> None:
    level = learned([1.0, 2.0, 3.0, 4.0, 100.0])
    assert level.location == 3.0
    assert level.spread == pytest.approx(1.206 * 1.4826 * 1.0)


@pytest.mark.parametrize("days", [40, 200, 1000])
def test_location_and_spread_of_normal_values(days: int) -> None:
    levels = [learned(normal(days, seed=seed)) for seed in range(40)]
    assert np.mean([level.location for level in levels]) == pytest.approx(10.0, abs=0.2)
    assert np.mean([level.spread for level in levels]) == pytest.approx(2.0, rel=0.1)


@pytest.mark.parametrize("outlier", [1e3, -1e6, 1e12])
def test_a_few_wild_days_move_little(outlier: float) -> None:
    values = normal(60)
    wild = [outlier if k % 20 == 15 else value for k, value in enumerate(values)]
    calm, shaken = learned(values), learned(wild)
    assert abs(shaken.location - calm.location) < 0.7
    assert shaken.spread < 1.6 * calm.spread


def test_a_level_drifts_slowly_to_where_values_are() -> None:
    level = learned(normal(120))
    steps = []
    for value in normal(200, mean=14.0, seed=1):
        level.learn(value, 0.01)
        steps.append(level.location)
    assert steps[4] - 10.0 < 0.8
    assert steps[-1] == pytest.approx(14.0, abs=0.7)


def test_what_a_level_keeps_does_not_grow() -> None:
    sizes = {n: len(msgspec.msgpack.encode(learned(normal(n)))) for n in (LEARN_DAYS, 100, 10_000)}
    assert sizes[10_000] <= sizes[100] + 4
    assert learned(normal(10_000)).memory == MEMORY_DAYS


def test_a_constant_value_keeps_a_spread() -> None:
    level = learned([5.0] * 50, floor=0.1)
    assert level.spread == 0.1
    assert math.isfinite(level.distance(6.0))


def test_a_distance_after_few_days_counts_less() -> None:
    few, many = Level(5, 10.0, 2.0), Level(60, 10.0, 2.0)
    assert 0 < few.distance(14.0) < many.distance(14.0) < 2.0


@pytest.mark.parametrize(
    ("feature", "value", "expected"),
    [
        (F.F0_LEVEL, 30.0, 30.0),
        (F.JITTER, 1.0, 0.0),
        (F.JITTER, 0.0, None),
        (F.PAUSE_LENGTH, -1.0, None),
        (F.HNR, math.nan, None),
        (F.HNR, -math.inf, None),
        (F.HNR, -3.0, -3.0),
    ],
)
def test_scales(feature: F, value: float, expected: float | None) -> None:
    assert on_scale(feature, value) == expected


def test_every_feature_has_a_least_spread() -> None:
    assert FLOOR.keys() == set(F)
    assert min(FLOOR.values()) > 0


# -- changes -----------------------------------------------------------------------------------


def test_nothing_is_said_of_too_little() -> None:
    assert changes.compare(Level(), [0.0] * 8, [3.0] * 5) is None
    assert changes.compare(learned(normal(30)), [], [3.0]) is None
    assert changes.compare(Level(), [0.0, 0.1] * 5, [3.0] * 2) is not None


def test_a_change_scores_by_size_days_and_direction() -> None:
    level = learned(normal(40, 0.0, 0.7))
    shifts = [changes.compare(level, [], [size] * 4) for size in (-2.0, -1.0, 0.0, 1.0, 2.0)]
    scores = [shift.score for shift in shifts if shift is not None]
    assert len(scores) == 5
    assert all(a < b for a, b in pairwise(scores))
    longer = [changes.compare(level, [], [1.0] * days) for days in (2, 4, 6)]
    assert [shift.days for shift in longer if shift is not None] == [2, 4, 6]
    assert longer[0].score < longer[1].score < longer[2].score  # type: ignore[union-attr]


def test_scores_are_about_standard_normal_when_nothing_changes() -> None:
    rng = np.random.default_rng(4)
    scores = []
    for _ in range(1500):
        values = rng.normal(0.0, changes.KNOWN_SPREAD, 24).tolist()
        shift = changes.compare(Level(), values[:20], values[20:])
        assert shift is not None
        scores.append(shift.score)
    # What may wander makes the scores of independent days a little smaller than normal.
    assert 0.75 < np.std(scores) < 1.0
    assert np.mean(np.abs(scores) > 3.0) < 0.005


def test_together_counts_sizes_whatever_their_signs() -> None:
    assert changes.together([3.0, -3.0, 3.0]) == pytest.approx(3.0 * math.sqrt(3))
    assert changes.together([3.0, 0.0, 0.0]) == pytest.approx(3.0 / math.sqrt(3))


# -- markers -----------------------------------------------------------------------------------


def test_every_marker_is_defined_once() -> None:
    assert [one.marker for one in DEFINITIONS] == list(VoiceMarker)
    assert all(one.sources for one in DEFINITIONS)


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda one: str(one.marker))
def test_a_marker_is_1_when_every_feature_is_1_spread_away(definition: Definition) -> None:
    z = {part.feature: math.copysign(1.0, part.weight) for part in definition.parts}
    assert combine(definition.marker, z) == pytest.approx(1.0)
    turned = {feature: -value for feature, value in z.items()}
    assert combine(definition.marker, turned) == pytest.approx(-1.0)


@pytest.mark.parametrize(
    ("marker", "z", "expected"),
    [
        (VoiceMarker.PHONATORY_INSTABILITY, {}, None),
        (VoiceMarker.PHONATORY_INSTABILITY, {F.JITTER: 2.0}, None),
        (VoiceMarker.PHONATORY_INSTABILITY, {F.JITTER: 2.0, F.HNR: -1.0}, 1.5),
        (VoiceMarker.PHONATORY_INSTABILITY, {F.JITTER: 99.0, F.HNR: CLIP}, 0.0),
        (VoiceMarker.PHONATORY_INSTABILITY, {F.SPEECH_RATE: 2.0}, None),
        (VoiceMarker.PSYCHOMOTOR_SLOWING, {F.SPEECH_RATE: -1.0, F.PAUSE_RATIO: 3.0}, 2.0),
    ],
)
def test_markers(marker: VoiceMarker, z: dict[F, float], expected: float | None) -> None:
    assert combine(marker, z) == (None if expected is None else pytest.approx(expected))


def test_without_the_distance_loudness_says_nothing() -> None:
    z = {F.LOUDNESS: 4.0, F.F0_LEVEL: 0.0, F.SPECTRAL_SLOPE: 0.0, F.ALPHA_RATIO: 0.0}
    for marker in (VoiceMarker.VOCAL_EFFORT, VoiceMarker.VOCAL_ACTIVATION):
        full = combine(marker, z)
        assert full is not None
        assert full > 1.0
        assert combine(marker, z, leave_out=DISTANCE_DEPENDENT) == 0.0
    everything = frozenset(F)
    assert combine(VoiceMarker.VOCAL_EFFORT, z, leave_out=everything) is None


def test_the_groups_hold_each_feature_once_and_none_that_depends_on_the_distance() -> None:
    features = [part.feature for group in GROUPS for part in group]
    assert len(set(features)) == len(features)
    assert set(features) == set(F) - DISTANCE_DEPENDENT
    assert set(features) >= ROOM_DEPENDENT


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda one: str(one.marker))
def test_the_page_of_a_marker_says_what_the_code_does(definition: Definition) -> None:
    name = definition.marker.value.replace("_", "-")
    text = (PAGES / f"{name}.md").read_text("utf-8")
    assert f"`{definition.marker.value}`, version {VERSION}" in text
    for part in definition.parts:
        weight = f"{part.weight:+g}".replace("-", "\N{MINUS SIGN}")
        assert f"| `{part.feature.value}` | {weight} |" in text
    for source in definition.sources:
        assert source in text
    assert "not clinically validated" in text
