"""Which outlines the picture's border hides."""

from __future__ import annotations

import pytest

from ambient.observations import Box
from vision.at_border import HIDES_S, AtBorder

SECOND = 1_000_000_000
CUT: Box = (0.32, 0.73, 0.54, 1.0)
SHORT: Box = (0.33, 0.73, 0.54, 0.965)
LYING: Box = (0.2, 0.8, 0.62, 0.96)


@pytest.mark.parametrize(
    ("box", "after_s", "hidden"),
    [
        (SHORT, 1.0, True),
        (SHORT, HIDES_S + 1.0, False),
        (LYING, 1.0, False),
        (SHORT, -60.0, False),
    ],
    ids=["its side wavers", "it ends there since", "it lies down", "the clock was set back"],
)
def test_an_outline_that_the_border_cut(box: Box, after_s: float, hidden: bool) -> None:
    border, now = AtBorder(), 100 * SECOND
    assert border.hides(CUT, now)
    assert border.hides(box, now + round(after_s * SECOND)) is hidden


def test_one_that_never_reached_it_is_whole() -> None:
    assert not AtBorder().hides(SHORT, SECOND)
