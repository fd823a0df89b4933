"""How often a body on the floor by a bed is taken for one on the bed."""

from __future__ import annotations

import numpy as np
import pytest

from models.support import INPUTS, Body, Carrier, SupportNet, inputs, load
from models.support.fit import NEAR, called, fit, seed_of, table
from models.support.scenes import Case, cases


@pytest.fixture(scope="module")
def beds() -> list[Case]:
    return list(cases(Carrier.BED, 2000, seed_of(Carrier.BED, fitting=False)))


@pytest.mark.parametrize(
    ("carrier", "least"), [(Carrier.BED, 0.87), (Carrier.COUCH, 0.9), (Carrier.CHAIR, 0.98)]
)
def test_the_floor_by_furniture_is_rarely_taken_for_it(carrier: Carrier, least: float) -> None:
    of = list(cases(carrier, 2000, seed_of(carrier, fitting=False)))
    shares = called(SupportNet(getattr(load(), carrier.value)), of)
    near = [sum(shares[kind][i] for kind in NEAR) for i in (0, 1)]
    assert near[0] / near[1] <= 0.02
    assert shares["low"][0] / shares["low"][1] <= 0.06
    assert shares["on"][0] / shares["on"][1] >= least


def test_the_recipe_gives_a_network_that_separates(beds: list[Case]) -> None:
    x, on, what = table(beds[:1200])
    shares = called(SupportNet(fit(x, on, what)), beds[1200:])
    assert shares["on"][0] / shares["on"][1] > 0.7
    assert shares["before"][0] / shares["before"][1] < 0.1


def test_mirrored_pictures_give_the_same_inputs(beds: list[Case]) -> None:
    for case in beds[:20]:
        x0, y0, x1, y1 = case.box
        a0, b0, a1, b1 = case.body_box
        mirrored = case.keypoints * [-1.0, 1.0, 1.0] + [1.0, 0.0, 0.0]
        plain = inputs(case.box, Body.of(case.keypoints, case.body_box, case.aspect))
        other = inputs(
            (1 - x1, y0, 1 - x0, y1), Body.of(mirrored, (1 - a1, b0, 1 - a0, b1), case.aspect)
        )
        np.testing.assert_allclose(plain, other, atol=1e-9)
        assert plain.shape == (len(INPUTS),)


def test_cases_are_the_same_for_the_same_seed(beds: list[Case]) -> None:
    again = next(iter(cases(Carrier.BED, 1, seed_of(Carrier.BED, fitting=False))))
    np.testing.assert_array_equal(again.keypoints, beds[0].keypoints)
    assert again.box == beds[0].box
