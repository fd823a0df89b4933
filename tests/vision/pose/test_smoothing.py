from __future__ import annotations

import numpy as np
import pytest

from vision.pose.smoothing import PICTURE, OneEuro, OneEuroFilter, PoseSmoother

SECOND = 1_000_000_000
WORLD = np.random.default_rng(0).normal(size=(33, 3)).astype(np.float32)


def values(*numbers: float) -> np.ndarray:
    return np.array(numbers, np.float32)


def run(steps: list[tuple[float, float]], constants: OneEuro = PICTURE) -> list[float]:
    smooth = OneEuroFilter(constants)
    return [float(smooth(values(x), round(t * SECOND), 100.0)[0]) for t, x in steps]


def test_first_value_passes() -> None:
    assert run([(5.0, 42.0)]) == [42.0]


def test_what_stands_still_stands_still() -> None:
    assert run([(t / 10, 7.0) for t in range(20)]) == [7.0] * 20


def test_trembling_shrinks_and_movement_follows() -> None:
    trembling = run([(t / 30, 50.0 + (-1) ** t) for t in range(60)])
    assert np.ptp(trembling[30:]) < 1.0
    moving = run([(t / 30, 50.0 + 8 * t) for t in range(30)])
    assert 50 + 8 * 29 - moving[-1] < 10


@pytest.mark.parametrize("rate", [10, 15, 60])
def test_effect_hardly_depends_on_the_frame_rate(rate: int) -> None:
    def settled(rate: int) -> float:
        return run([(t / rate, 50.0 if t < rate else 52.0) for t in range(2 * rate)])[-1]

    assert settled(rate) == pytest.approx(settled(30), abs=0.35)


def test_small_people_move_faster_in_their_own_size() -> None:
    near, far = OneEuroFilter(PICTURE), OneEuroFilter(PICTURE)
    for smooth, size in ((near, 400.0), (far, 40.0)):
        smooth(values(0.0), 0, size)
    step = SECOND // 30
    assert far(values(2.0), step, 40.0)[0] > near(values(2.0), step, 400.0)[0]


def test_a_hole_starts_anew() -> None:
    assert run([(0.0, 10.0), (0.1, 10.0), (1.5, 90.0)])[-1] == 90.0


def test_one_step_by_hand() -> None:
    # Casiez et al. 2012: speed 10 px in 0.1 s by size 100 is 1/s, smoothed with 1 Hz.
    weight = 2 * np.pi * 0.1
    speed = weight / (weight + 1)
    cutoff = 0.05 + 80 * speed
    rate = 2 * np.pi * cutoff * 0.1
    assert run([(0.0, 0.0), (0.1, 10.0)])[-1] == pytest.approx(10 * rate / (rate + 1), rel=1e-5)


@pytest.mark.parametrize("rate", [5, 10, 30])
def test_visibility_fades_at_the_same_pace_at_any_rate(rate: int) -> None:
    smooth = PoseSmoother()
    points = np.zeros((33, 2), np.float32)
    smooth(points, np.ones(33, np.float32), WORLD, 0, 100.0)
    for frame in range(1, rate + 1):
        t_ns = frame * SECOND // rate
        _, visibility, _ = smooth(points, np.zeros(33, np.float32), WORLD, t_ns, 100.0)
    assert visibility == pytest.approx(np.full(33, 0.9**30), abs=1e-3)


def test_world_without_extent_passes() -> None:
    smooth = PoseSmoother()
    flat = np.zeros((33, 3), np.float32)
    points, seen = np.zeros((33, 2), np.float32), np.ones(33, np.float32)
    smooth(points, seen, flat, 0, 100.0)
    _, _, world = smooth(points, seen, flat, SECOND // 10, 100.0)
    assert np.isfinite(world).all()
