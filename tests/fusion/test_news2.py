"""NEWS2 against the Royal College's chart, written out here once more, band by band."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from fusion.news2 import Scale, Values, score

NORMAL = Values(
    respiratory_rate=16,
    saturation=98,
    oxygen=False,
    systolic=120,
    pulse=70,
    alert=True,
    temperature=37.0,
)
# Name ► the chart's bands as it prints them: from, to (both included), points.
CHART: dict[str, list[tuple[float, float, int]]] = {
    "respiratory_rate": [(0, 8, 3), (9, 11, 1), (12, 20, 0), (21, 24, 2), (25, 90, 3)],
    "systolic": [(30, 90, 3), (91, 100, 2), (101, 110, 1), (111, 219, 0), (220, 300, 3)],
    "pulse": [
        *((20, 40, 3), (41, 50, 1), (51, 90, 0)),
        *((91, 110, 1), (111, 130, 2), (131, 250, 3)),
    ],
    "temperature": [
        *((25.0, 35.0, 3), (35.1, 36.0, 1), (36.1, 38.0, 0)),
        *((38.1, 39.0, 1), (39.1, 44.0, 2)),
    ],
}
SCALE_1 = [(0, 91, 3), (92, 93, 2), (94, 95, 1), (96, 100, 0)]
SCALE_2_AIR = [(0, 83, 3), (84, 85, 2), (86, 87, 1), (88, 100, 0)]
SCALE_2_OXYGEN = [
    *((0, 83, 3), (84, 85, 2), (86, 87, 1), (88, 92, 0)),
    *((93, 94, 1), (95, 96, 2), (97, 100, 3)),
]
FIELDS = Values.__struct_fields__


def changed(**fields) -> Values:
    return Values(**{**{name: getattr(NORMAL, name) for name in FIELDS}, **fields})


def by_chart(values: Values, scale: Scale) -> int:
    """Return the score of a complete set, read off the tables above."""

    def read(bands, value) -> int:
        return next(points for low, high, points in bands if low <= value <= high)

    points = sum(read(CHART[name], getattr(values, name)) for name in CHART)
    if scale is Scale.ONE:
        points += read(SCALE_1, values.saturation)
    else:
        points += read(SCALE_2_OXYGEN if values.oxygen else SCALE_2_AIR, values.saturation)
    return points + (2 if values.oxygen else 0) + (0 if values.alert else 3)


@pytest.mark.parametrize("name", list(CHART))
def test_both_ends_of_every_band(name):
    for low, high, points in CHART[name]:
        for value in (low, high, (low + high) / 2 if high - low > 2 else low):
            got = score(changed(**{name: value}))
            assert (got.lower, got.upper, got.missing) == (points, points, 0), (name, value)
            assert got.red is (points == 3)


@pytest.mark.parametrize(
    ("scale", "oxygen", "bands"),
    [
        (Scale.ONE, False, SCALE_1),
        (Scale.ONE, True, SCALE_1),
        (Scale.TWO, False, SCALE_2_AIR),
        (Scale.TWO, True, SCALE_2_OXYGEN),
    ],
)
def test_both_ends_of_every_band_of_saturation(scale, oxygen, bands):
    for low, high, points in bands:
        for value in range(low, high + 1):
            got = score(changed(saturation=value, oxygen=oxygen), scale)
            assert got.lower == got.upper == points + (2 if oxygen else 0), value


def test_consciousness_and_oxygen():
    assert score(changed(alert=False)).lower == 3
    assert score(changed(alert=False)).red
    assert score(changed(oxygen=True)).lower == 2
    assert not score(changed(oxygen=True)).red


@pytest.mark.parametrize(
    ("name", "value", "points"),
    [
        ("respiratory_rate", 8.4, 3),
        ("respiratory_rate", 8.5, 1),
        ("respiratory_rate", 24.5, 3),
        ("temperature", 38.04, 0),
        ("temperature", 38.05, 1),
        ("temperature", 35.05, 1),
        ("pulse", 130.49, 2),
        ("pulse", 130.5, 3),
    ],
)
def test_values_are_rounded_as_they_are_written_down(name, value, points):
    assert score(changed(**{name: value})).lower == points


def test_nothing_known_bounds_everything():
    got = score(Values())
    assert (got.lower, got.upper, got.missing, got.red) == (0, 20, 7, False)
    assert score(Values(), Scale.TWO).upper == 20


def test_scale_two_bounds_saturation_and_oxygen_together():
    # 97 % is 0 points on air and 3 + 2 on oxygen; nothing between can be told without the latter.
    got = score(changed(saturation=97, oxygen=None), Scale.TWO)
    assert (got.lower, got.upper) == (0, 5)
    # 90 % is on target either way: only the 2 points for oxygen are open.
    got = score(changed(saturation=90, oxygen=None), Scale.TWO)
    assert (got.lower, got.upper) == (0, 2)


def random_patients(count: int, seed: int) -> list[Values]:
    rng = np.random.default_rng(seed)
    spans = {name: (bands[0][0], bands[-1][1]) for name, bands in CHART.items()}
    patients = []
    for _ in range(count):
        drawn = {
            name: float(rng.integers(round(low), round(high) + 1))
            for name, (low, high) in spans.items()
        }
        drawn["temperature"] = round(float(rng.uniform(33.0, 42.0)), 1)
        patients.append(
            Values(
                **drawn,
                saturation=float(rng.integers(70, 101)),
                oxygen=bool(rng.random() < 0.5),
                alert=bool(rng.random() < 0.7),
            )
        )
    return patients


def test_bounds_hold_the_complete_score_for_ten_thousand_patients_and_every_subset():
    """Each patient on both scales; the 128 subsets of missing parameters in turn."""
    subsets = [set(c) for size in range(8) for c in combinations(FIELDS, size)]
    assert len(subsets) == 128
    widest = 0
    for number, patient in enumerate(random_patients(10_000, 20_170)):
        for scale in Scale:
            whole = by_chart(patient, scale)
            full = score(patient, scale)
            assert full.lower == full.upper == whole
            # Each patient meets eight of the subsets, each subset 1,250 patients.
            for gone in subsets[number % 16 :: 16]:
                part = Values(**{n: None if n in gone else getattr(patient, n) for n in FIELDS})
                got = score(part, scale)
                assert got.lower <= whole <= got.upper, (patient, gone)
                assert got.missing == len(gone)
                assert full.red or not got.red
                widest = max(widest, got.upper - got.lower)
    assert widest == 20


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_value_that_is_no_number_is_refused(bad):
    with pytest.raises(ValueError, match="pulse: expected a finite number"):
        score(changed(pulse=bad))
