"""What the parsers give is in the catalogue of vital signs, in units that it can convert."""

from __future__ import annotations

import pytest

from vitals.codes import Vital, kept
from vitals.parse.gatt import base

GIVEN = [
    (base.HEART_RATE, 72.0, "/min", 72.0),
    (base.PULSE_RATE, 66.0, "/min", 66.0),
    (base.SATURATION, 97.0, "%", 97.0),
    (base.PERFUSION, 2.3, "%", 2.3),
    (base.BODY_TEMPERATURE, 36.5, "Cel", 36.5),
    (base.BODY_TEMPERATURE, 97.7, "[degF]", 36.5),
    (base.SKIN_TEMPERATURE, 31.0, "Cel", 31.0),
    (base.SKIN_TEMPERATURE, 86.0, "[degF]", 30.0),
    (base.SYSTOLIC, 128.0, "mm[Hg]", 128.0),
    (base.SYSTOLIC, 16.0, "kPa", 120.0),
    (base.DIASTOLIC, 10.7, "kPa", 80.3),
    (base.MEAN_PRESSURE, 12.4, "kPa", 93.0),
    (base.WEIGHT, 71.15, "kg", 71.15),
    (base.WEIGHT, 142.3, "[lb_av]", 64.55),
    (base.BLOOD_GLUCOSE_MASS, 0.00095, "kg/L", 95.0),
    (base.BLOOD_GLUCOSE_MOLES, 0.0053, "mol/L", 95.5),
    (base.PLASMA_GLUCOSE_MASS, 0.00095, "kg/L", 95.0),
    (base.PLASMA_GLUCOSE_MOLES, 0.0053, "mol/L", 95.5),
    (base.TISSUE_GLUCOSE_MASS, 124.0, "mg/dL", 124.0),
    (base.TISSUE_GLUCOSE_MASS, 0.00095, "kg/L", 95.0),
    (base.TISSUE_GLUCOSE_MOLES, 0.0053, "mol/L", 95.5),
    (base.BLOOD_GLUCOSE_MASS, 124.0, "mg/dL", 124.0),
    (base.PLASMA_GLUCOSE_MASS, 124.0, "mg/dL", 124.0),
]


@pytest.mark.parametrize(("code", "value", "unit", "expected"), GIVEN)
def test_every_code_and_unit_is_taken(code: str, value: float, unit: str, expected: float) -> None:
    found = kept(code, value, unit)
    assert isinstance(found, tuple), found
    vital, number = found
    assert isinstance(vital, Vital)
    assert number == pytest.approx(expected, abs=0.06)


def test_the_table_is_complete() -> None:
    assert {unit for _, _, unit, _ in GIVEN} == set(base.LIMITS)
