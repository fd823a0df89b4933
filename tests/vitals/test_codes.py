"""The catalogue: what is taken, in which unit, and what is refused by name."""

from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ambient.observations import Loinc, Ucum
from vitals import codes
from vitals.codes import BY_CODE, CATALOGUE, Vital, conversion, kept
from vitals.readings import Refused

CONVERTED = [
    # LOINC, number and unit as sent, name, number kept
    ("8867-4", 72.0, "/min", "heart_rate", 72.0),
    ("8867-4", 72.0, "1/min", "heart_rate", 72.0),
    ("8867-4", 72.0, "{beats}/min", "heart_rate", 72.0),
    ("8867-4", 72.0, "bpm", "heart_rate", 72.0),
    ("8867-4", 72.0, "beats/minute", "heart_rate", 72.0),
    ("8867-4", 1.2, "Hz", "heart_rate", 72.0),
    ("8889-8", 61.0, "{Beats}/min", "pulse_rate", 61.0),
    ("2708-6", 97.0, "%", "oxygen_saturation", 97.0),
    ("59408-5", 0.97, "1", "oxygen_saturation", 97.0),
    ("9279-1", 14.0, "breaths/min", "respiratory_rate", 14.0),
    ("8310-5", 98.6, "[degF]", "body_temperature", 37.0),
    ("8331-1", 310.15, "K", "body_temperature", 37.0),
    ("8333-7", 36.6, "°C", "body_temperature", 36.6),
    ("8480-6", 16.0, "kPa", "systolic", 120.0098),
    ("76535-4", 80.0, "mmHg", "diastolic", 80.0),
    ("8478-0", 93.0, "mm[Hg]", "mean_pressure", 93.0),
    ("29463-7", 154.0, "[lb_av]", "weight", 69.853225),
    ("3141-9", 70_000.0, "g", "weight", 70.0),
    ("2339-0", 99.0, "mg/dL", "glucose_blood", 99.0),
    ("2339-0", 0.99, "g/L", "glucose_blood", 99.0),
    ("2339-0", 0.00099, "kg/L", "glucose_blood", 99.0),
    ("15074-8", 5.5, "mmol/L", "glucose_blood", 99.0858),
    ("15074-8", 0.0055, "mol/L", "glucose_blood", 99.0858),
    ("105272-9", 3.9, "mmol/L", "glucose_interstitial", 70.26084),
    ("67775-7", 0.0, "{ACVPU}", "consciousness", 0.0),
    ("67775-7", 3.0, "{score}", "consciousness", 3.0),
    ("3151-8", 2000.0, "mL/min", "oxygen_flow", 2.0),
    ("3150-0", 28.0, "%", "oxygen_concentration", 28.0),
    ("80404-7", 0.045, "s", "heart_rate_variability", 45.0),
    ("55423-8", 1200.0, "steps", "steps", 1200.0),
    ("41950-7", 6000.0, "{steps}/(24.h)", "steps_day", 6000.0),
    ("8302-2", 1.72, "m", "height", 172.0),
]

REFUSED = [
    # LOINC, number and unit as sent, what is named
    ("9999-9", 1.0, "/min", "code 9999-9"),
    ("", 1.0, "/min", "code "),
    ("8867-4", 72.0, "", "unit "),
    ("8867-4", 72.0, "%", "unit %"),
    ("8867-4", 72.0, "mm[Hg]", "unit mm[Hg]"),
    ("8867-4", 72.0, "deg/min", "unit deg/min"),
    ("8867-4", 72.0, "furlong", "unit furlong"),
    ("8867-4", 72.0, "{beats}", "unit {beats}"),
    ("8867-4", 72.0, "/min\n", "unit /min?"),
    ("59408-5", 97.0, "{beats}", "unit {beats}"),
    ("29463-7", 70.0, "L", "unit L"),
    ("8310-5", 37.0, "2.Cel", "unit 2.Cel"),
    ("8310-5", 37.0, "/Cel", "unit /Cel"),
    ("8480-6", 1.0, "B[V]", "unit B[V]"),
    # What would have a library compute a number of a billion digits.
    ("8867-4", 1.0, "10*999999999", "unit 10*999999999"),
    ("8867-4", 1.0, "/min9999", "unit /min9999"),
    ("8867-4", 1.0, "(" * 24, f"unit {'(' * 24}"),
    ("8867-4", 1.0, "/" * 5000, f"unit {'/' * 48}…"),
    ("59408-5", -1.0, "%", "value of 59408-5"),
    ("59408-5", 101.0, "%", "value of 59408-5"),
    ("8867-4", math.nan, "/min", "value of 8867-4"),
    ("8867-4", math.inf, "/min", "value of 8867-4"),
    ("8867-4", -math.inf, "bpm", "value of 8867-4"),
    ("8867-4", 1e300, "/min", "value of 8867-4"),
    ("8867-4", 1e308, "Hz", "value of 8867-4"),
    ("8310-5", 400.0, "Cel", "value of 8310-5"),
]


@pytest.mark.parametrize(("code", "value", "unit", "name", "expected"), CONVERTED)
def test_a_known_code_comes_in_the_unit_kept(
    code: str, value: float, unit: str, name: str, expected: float
) -> None:
    got = kept(code, value, unit)
    assert not isinstance(got, Refused), got
    assert got[0] is CATALOGUE[name]
    assert got[1] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("code", "value", "unit", "named"), REFUSED)
def test_what_cannot_be_is_refused_by_name(code: str, value: float, unit: str, named: str) -> None:
    got = kept(code, value, unit)
    assert isinstance(got, Refused)
    assert got.what == named
    assert got.why.isascii()


@pytest.mark.parametrize("vital", CATALOGUE.values(), ids=CATALOGUE)
def test_every_line_of_the_catalogue_is_sound(vital: Vital) -> None:
    for code in (vital.code, *vital.accepts):
        assert msgspec.convert(code, Loinc) == code
        assert _check_digit(code) == int(code[-1]), f"{code} is no LOINC code"
        assert BY_CODE[code] is vital
    assert msgspec.convert(vital.unit, Ucum) == vital.unit
    assert vital.possible[0] <= vital.plausible[0] < vital.plausible[1] <= vital.possible[1]
    assert vital.jump > 0
    assert vital.jump_s > 0
    assert vital.kind in codes.SPELLED
    assert kept(vital.code, vital.plausible[0], vital.unit) == (vital, vital.plausible[0])
    assert vital.is_plausible(vital.plausible[1])
    assert not vital.is_plausible(vital.plausible[1] + 1e-6)
    for spelled in codes.SPELLED[vital.kind]:
        assert not isinstance(conversion(vital.code, spelled), Refused), spelled


def _check_digit(code: str) -> int:
    """Return the last digit that the number has (modulus 10, double-add-double)."""
    digits = [int(sign) for sign in code.partition("-")[0]][::-1]
    total = sum(sum(divmod(d * 2, 10)) if at % 2 == 0 else d for at, d in enumerate(digits))
    return -total % 10


def test_no_code_is_listed_twice() -> None:
    listed = [code for vital in CATALOGUE.values() for code in (vital.code, *vital.accepts)]
    assert len(listed) == len(set(listed)) == len(BY_CODE)


def test_every_mdc_code_and_unit_leads_into_the_catalogue() -> None:
    assert set(codes.MDC_CODES.values()) <= BY_CODE.keys()
    assert codes.MDC_CODES["MDC_PULS_OXIM_SAT_O2"] == codes.MDC_CODES["150456"] == "59408-5"
    for unit in set(codes.MDC_UNITS.values()):
        assert any(
            not isinstance(conversion(vital.code, unit), Refused) for vital in CATALOGUE.values()
        ), unit


def test_glucose_weighs_what_its_atoms_do() -> None:
    assert pytest.approx(6 * 12.011 + 12 * 1.008 + 6 * 15.999) == codes.GLUCOSE_G_PER_MOL


def test_a_conversion_is_worked_out_once() -> None:
    codes._conversion.cache_clear()
    for number in range(1000):
        kept("8310-5", 96.0 + number / 1000, "[degF]")
    assert codes._conversion.cache_info().misses == 1


def test_what_a_sender_makes_up_fills_no_memory() -> None:
    codes._conversion.cache_clear()
    for number in range(100):
        kept(f"{number}-x", 1.0, "/min")
        kept("8867-4", 1.0, "/" * (25 + number))
    assert codes._conversion.cache_info().currsize == 0
    assert codes._conversion.cache_info().maxsize == 2048


@given(st.text(max_size=30), st.floats())
def test_any_text_is_a_unit_or_refused(unit: str, value: float) -> None:
    for code in ("8867-4", "2339-0", "8310-5"):
        got = kept(code, value, unit)
        if not isinstance(got, Refused):
            assert got[0].possible[0] <= got[1] <= got[0].possible[1]


@given(st.floats(0.5, 40.0))
def test_glucose_comes_back_from_moles(value: float) -> None:
    got = kept("15074-8", value, "mmol/L")
    assert not isinstance(got, Refused)
    assert got[1] / codes.GLUCOSE_G_PER_MOL * 10 == pytest.approx(value, rel=1e-8)
