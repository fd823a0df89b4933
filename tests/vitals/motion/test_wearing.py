"""Off the body and stuck: what marks a second, and what ends the mark."""

from __future__ import annotations

import numpy as np
import pytest

from ambient.observations import Doubt
from vitals.motion.cells import RATE
from vitals.motion.wearing import HOUR, MINUTE, STUCK_S, Wearing

SECONDS = HOUR * MINUTE
REST = np.array([0.1, -0.2, 0.97])


def second(rng: np.random.Generator, size: float) -> np.ndarray:
    return REST + rng.normal(0.0, size, (RATE, 3))


def rested(size: float = 0.002, seconds: int = SECONDS + 1) -> tuple[Wearing, tuple[Doubt, ...]]:
    wearing, rng, said = Wearing(), np.random.default_rng(1), ()
    for _ in range(seconds):
        said = wearing.push(second(rng, size))
    return wearing, said


def test_an_hour_on_the_table_is_not_worn_and_one_movement_ends_it() -> None:
    wearing, said = rested()
    assert said == (Doubt.OFF_BODY,)
    assert wearing.worn is False
    assert wearing.push(REST + np.linspace(0, 0.3, RATE)[:, None] * [1, 1, 0]) == ()
    assert wearing.worn is True


@pytest.mark.parametrize(
    ("size", "seconds"), [(0.002, SECONDS - 60), (0.02, SECONDS + 1)], ids=["short", "breathing"]
)
def test_less_than_an_hour_or_a_little_movement_says_nothing(size: float, seconds: int) -> None:
    wearing, said = rested(size, seconds)
    assert said == ()
    assert wearing.worn is None


def test_a_turn_in_sleep_every_half_hour_is_worn() -> None:
    wearing, rng = Wearing(), np.random.default_rng(2)
    for number in range(2 * SECONDS):
        half = number // 1800 % 2
        said = wearing.push(second(rng, 0.002) + half * np.array([0.3, 0.2, -0.1]))
        assert said == ()
    assert wearing.worn is None


def test_a_hole_does_not_make_it_worn() -> None:
    wearing, _ = rested()
    wearing.leave()
    assert wearing.push(second(np.random.default_rng(3), 0.002)) == (Doubt.OFF_BODY,)
    assert wearing.worn is False


def test_the_very_same_numbers_are_stuck_until_one_moves() -> None:
    wearing = Wearing()
    flat = np.tile(REST, (RATE, 1))
    said = [wearing.push(flat) for _ in range(STUCK_S + 1)]
    assert [Doubt.STUCK in one for one in said] == [False] * (STUCK_S - 1) + [True] * 2
    moved = flat.copy()
    moved[3] += 1e-4
    assert wearing.push(moved) == ()
