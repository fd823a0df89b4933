"""SFLOAT and FLOAT of IEEE 11073: every word of the one, edges of the other."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vitals.parse.gatt.kit import FLOAT_SPECIALS, SFLOAT_SPECIALS
from vitals.parse.gatt.numbers import Special, float32, sfloat


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        (0x0048, 72.0),
        (0x0000, 0.0),
        (0xF16C, 36.4),
        (0xF3E5, 99.7),
        (0xE4D2, 12.34),
        (0x100C, 120.0),
        (0x0FFF, -1.0),
        (0x07FD, 2045.0),
        (0x0803, -2045.0),
        (0x77FD, 20_450_000_000.0),
        (0x8001, 1e-8),
        # Only with exponent zero is it a special value.
        (0x17FF, 20_470.0),
        (0xF800, -204.8),
    ],
)
def test_sfloat(raw: int, number: float) -> None:
    assert sfloat(raw) == number


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        (0xFF00016C, 36.4),
        (0xFE000E42, 36.5),
        (0xFF0003DA, 98.6),
        (0x00000025, 37.0),
        (0xFFFFFFFF, -0.1),
        (0x007FFFFD, 8_388_605.0),
        (0x00800003, -8_388_605.0),
        (0x7F000001, 1e127),
        (0x80000001, 1e-128),
        (0x017FFFFF, 83_886_070.0),
    ],
)
def test_float(raw: int, number: float) -> None:
    assert float32(raw) == number


def test_special_values_never_become_a_number() -> None:
    assert {raw: str(sfloat(raw)) for raw in SFLOAT_SPECIALS} == SFLOAT_SPECIALS
    assert {raw: str(float32(raw)) for raw in FLOAT_SPECIALS} == FLOAT_SPECIALS
    special = {raw for raw in range(0x10000) if isinstance(sfloat(raw), Special)}
    assert special == set(SFLOAT_SPECIALS)


def test_each_of_the_65536_sfloats_is_its_decimal_number() -> None:
    for exponent in range(-8, 8):
        for mantissa in range(-2048, 2048):
            raw = (exponent & 0xF) << 12 | mantissa & 0xFFF
            if raw not in SFLOAT_SPECIALS:
                assert sfloat(raw) == float(Decimal(mantissa).scaleb(exponent))


@given(st.integers(-(2**23), 2**23 - 1), st.integers(-128, 127))
def test_a_float_is_its_decimal_number(mantissa: int, exponent: int) -> None:
    raw = (exponent & 0xFF) << 24 | mantissa & 0xFFFFFF
    found = float32(raw)
    if raw in FLOAT_SPECIALS:
        assert found == Special(FLOAT_SPECIALS[raw])
    else:
        assert isinstance(found, float)
        assert math.isfinite(found)
        assert found == float(Decimal(mantissa).scaleb(exponent))
