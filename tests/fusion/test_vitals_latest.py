"""Which values of vital signs are believed, for how long, and what is made of several."""

from __future__ import annotations

from typing import Any

import pytest

from ambient.observations import Doubt, VitalMeasured
from fusion import vitals_latest, vitals_summary
from fusion.news2 import Values
from fusion.vitals_latest import Latest, Sign
from tests.fusion.vitals_kit import at, every, vital
from vitals.codes import CATALOGUE

MINUTE, HOUR = 60.0, 3600.0


def values(seen: list[VitalMeasured], now: float = 0.0) -> Values:
    latest = Latest()
    for one in seen:
        latest.take(one)
    return latest.at(at(now)).values


CASES: list[tuple[str, list[VitalMeasured], float, dict[str, Any]]] = [
    ("nothing", [], 0, {}),
    ("heart rate", [vital(0, "heart", 70)], 0, {"pulse": 70.0}),
    ("pulse rate where there is none", [vital(0, "pulse", 71)], 0, {"pulse": 71.0}),
    ("heart rate before pulse rate", [vital(0, "pulse", 90), vital(0, "heart", 70)], 0,
     {"pulse": 70.0}),
    ("pulse rate when heart rate is old", [vital(0, "heart", 70), vital(1200, "pulse", 90)], 1200,
     {"pulse": 90.0}),
    ("continuous holds 15 minutes", [vital(0, "breath", 16)], 15 * MINUTE,
     {"respiratory_rate": 16.0}),
    ("and no longer", [vital(0, "breath", 16)], 15 * MINUTE + 1, {}),
    ("by hand holds 4 hours", [vital(0, "temperature", 38.2)], 4 * HOUR, {"temperature": 38.2}),
    ("and no longer either", [vital(0, "systolic", 120)], 4 * HOUR + 1, {}),
    ("alert", [vital(0, "level", 0)], 0, {"alert": True}),
    ("new confusion", [vital(0, "level", 1)], 0, {"alert": False}),
    ("oxygen by flow", [vital(0, "flow", 2)], 0, {"oxygen": True}),
    ("no flow is air", [vital(0, "flow", 0)], 0, {"oxygen": False}),
    ("21 % is air", [vital(0, "share", 21)], 0, {"oxygen": False}),
    ("28 % is oxygen", [vital(0, "share", 28)], 0, {"oxygen": True}),
    ("no flow and 40 % is oxygen", [vital(0, "flow", 0), vital(0, "share", 40)], 0,
     {"oxygen": True}),
    ("a median of three minutes",
     [*every(0, 180, 10, "saturation", 97), vital(180, "saturation", 70)], 180,
     {"saturation": 97.0}),
    ("but of what lasts the new value",
     [*every(0, 180, 10, "saturation", 97), *every(180, 360, 10, "saturation", 88)], 360,
     {"saturation": 88.0}),
    ("late, and still valid", [vital(0, "systolic", 90, late=3000)], 3000, {"systolic": 90.0}),
    ("late, and older than what is known",
     [vital(600, "temperature", 37), vital(0, "temperature", 40, late=900)], 900,
     {"temperature": 37.0}),
    ("poor quality", [vital(0, "breath", 30, quality=0.4)], 0, {}),
    ("by camera with its quality", [vital(0, "breath", 30, source="c1", quality=0.8)], 0,
     {"respiratory_rate": 30.0}),
    ("nothing that is scored", [vital(0, "weight", 70)], 0, {}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("seen", "now", "known"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_what_is_believed(seen: list[VitalMeasured], now: float, known: dict[str, Any]) -> None:
    assert values(seen, now) == Values(**known)


@pytest.mark.parametrize("doubt", list(Doubt))
def test_no_doubted_value_is_scored(doubt: Doubt) -> None:
    assert values([vital(0, "heart", 150, doubts=[doubt])]) == Values()


def test_quality_is_of_what_is_used() -> None:
    latest = Latest()
    latest.take(vital(0, "heart", 70, quality=0.7))
    latest.take(vital(0, "breath", 16, quality=0.6, source="c1"))
    assert latest.at(at(0)).quality == {"pulse": 0.7, "respiratory_rate": 0.6}


def test_little_is_kept_however_often_a_device_sends() -> None:
    latest = Latest()
    for one in every(0, 600, 0.5, "heart", 70):
        latest.take(one)
    for one in every(0, 600, 1, "temperature", 37):
        latest.take(one)
    assert all(len(kept) <= vitals_latest.KEPT for kept in latest.kept.values())
    assert latest.at(at(600)).values.pulse == 70.0
    # What is kept of a heart rate reaches over the whole median.
    kept = latest.kept[Sign.HEART_RATE]
    assert kept[-1][0] - kept[0][0] >= 0.9 * vitals_latest.OVER


@pytest.mark.parametrize("codes", [vitals_latest.CODES, vitals_summary.CODES])
def test_codes_are_those_that_the_catalogue_keeps(codes: dict[str, object]) -> None:
    kept = {vital.code for vital in CATALOGUE.values()}
    assert set(codes) <= kept


def test_units_of_marks_are_those_of_the_catalogue() -> None:
    unit = {vital.code: vital.unit for vital in CATALOGUE.values()}
    for code, (marker, factor) in vitals_summary.CODES.items():
        said = vitals_summary.UNIT[marker][0].value
        assert unit[code] == (said if factor == 1.0 else "mg/dL")
