"""The gamma function behind exact Poisson intervals, against published tables and itself."""

from __future__ import annotations

import math

import pytest

from ambient.intervals import gamma_quantile, regularized_gamma


@pytest.mark.parametrize(
    ("degrees", "p", "chi_square"),
    [
        # Abramowitz and Stegun, table 26.8.
        (2, 0.95, 5.99146),
        (10, 0.95, 18.3070),
        (10, 0.05, 3.94030),
        (30, 0.99, 50.8922),
        (100, 0.975, 129.561),
    ],
)
def test_half_a_chi_square(degrees: int, p: float, chi_square: float) -> None:
    assert 2 * gamma_quantile(degrees / 2, p) == pytest.approx(chi_square, rel=2e-5)


@pytest.mark.parametrize("x", [0.1, 0.9, 1.9, 2.1, 5.0, 40.0])
def test_one_and_a_half_by_the_error_function(x: float) -> None:
    known = math.erf(math.sqrt(x)) - 2 * math.sqrt(x / math.pi) * math.exp(-x)
    assert regularized_gamma(1.5, x) == pytest.approx(known, rel=1e-12)


@pytest.mark.parametrize("shape", [0.3, 1.0, 7.7, 1000.0])
@pytest.mark.parametrize("p", [0.025, 0.5, 0.99])
def test_a_quantile_is_where_the_probability_is_reached(shape: float, p: float) -> None:
    assert regularized_gamma(shape, gamma_quantile(shape, p)) == pytest.approx(p, rel=1e-9)
