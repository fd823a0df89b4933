"""The motion gate: cheap where nothing happens, never blind for who lies still."""

from collections import Counter

import numpy as np
import pytest

from tests.vision.rooms import Camera, S, person, room
from vision.motion import (
    ALERT_S,
    CALM_CHECK_S,
    CALM_S,
    CHECK_S,
    HANG_S,
    HARD_EVERY,
    STILL_S,
    Decision,
    Gate,
    MotionGate,
)
from vision.small import small_gray


def film(
    gate: MotionGate, camera: Camera, image: np.ndarray, seconds: float, people: bool = False
) -> list[Decision]:
    return [gate.update(small_gray(shot), t, people) for shot, t in camera.film(image, seconds)]


def walk(gate: MotionGate, camera: Camera, seconds: float, people: bool) -> list[Decision]:
    steps = round(seconds * camera.fps)
    found = []
    for step in range(steps):
        image = person(room(), 0.2 + 0.6 * step / steps, 0.6)
        found += film(gate, camera, image, 1 / camera.fps, people)
    return found


def settled(camera: Camera, image: np.ndarray | None = None) -> MotionGate:
    gate = MotionGate()
    film(gate, camera, room() if image is None else image, ALERT_S + 10)
    return gate


def gates(decisions: list[Decision]) -> Counter[Gate]:
    return Counter(decision.gate for decision in decisions)


def test_first_frame_is_looked_at_hard():
    first, second = film(MotionGate(), Camera(), person(room(), 0.5, 0.8, lying=True), 0.2)
    assert first.gate is Gate.CHECK
    assert first.look_harder
    assert second.gate is Gate.SKIP


@pytest.mark.parametrize("noise", [0.0, 1.0, 3.0, 6.0])
def test_empty_room_is_checked_now_and_then(noise):
    camera = Camera(noise=noise)
    gate = settled(camera)
    found = film(gate, camera, room(), 36)
    assert gates(found)[Gate.RUN_POSE] == 0
    assert 36 / CHECK_S - 1 <= gates(found)[Gate.CHECK] <= 36 / CHECK_S + 1
    assert 3 <= sum(decision.look_harder for decision in found) <= 5
    film(gate, camera, room(), CALM_S)
    found = film(gate, camera, room(), 72)
    assert gates(found)[Gate.RUN_POSE] == 0
    assert 72 / CALM_CHECK_S - 1 <= gates(found)[Gate.CHECK] <= 72 / CALM_CHECK_S + 1
    assert 3 <= sum(decision.look_harder for decision in found) <= 5


def test_a_room_is_not_calm_so_soon_after_somebody_was_followed():
    camera = Camera()
    gate = settled(camera)
    film(gate, camera, room(), CALM_S)
    film(gate, camera, room(), 10, people=True)
    found = film(gate, camera, room(), CALM_S - 6)
    assert gates(found)[Gate.CHECK] >= (CALM_S - 6) / CHECK_S - 1
    found = film(gate, camera, room(), 36)
    assert gates(found)[Gate.CHECK] <= 36 / CALM_CHECK_S + 2


@pytest.mark.parametrize("seconds", [10, 60, 600])
def test_who_lies_still_from_the_start_is_looked_for_for_ever(seconds):
    camera = Camera(fps=2)
    lying = person(room(), 0.5, 0.8, lying=True)
    gate = MotionGate()
    film(gate, camera, lying, seconds)
    found = film(gate, camera, lying, HARD_EVERY * CALM_CHECK_S + 1)
    assert any(decision.gate is Gate.CHECK and decision.look_harder for decision in found)


def test_who_walks_in_is_seen_at_once():
    camera = Camera()
    gate = settled(camera)
    found = walk(gate, camera, 3, people=False)
    assert all(decision.gate is Gate.RUN_POSE for decision in found[:5])
    assert all(decision.look_harder for decision in found)
    x0, y0, x1, y1 = found[0].boxes[0]
    assert 0 <= x0 < 0.2 < x1 <= 1
    assert 0 <= y0 < 0.6 < y1 <= 1
    assert 0.002 < found[0].moving < 0.2


@pytest.mark.parametrize("size", [0.35, 0.5, 1.0])
def test_small_people_move_too(size):
    camera = Camera()
    gate = settled(camera)
    decision = film(gate, camera, person(room(), 0.5, 0.5, lying=True, size=size), 0.1)[0]
    assert decision.gate is Gate.RUN_POSE


def test_who_stays_behind_lying_is_looked_for_hard():
    camera = Camera()
    gate = settled(camera)
    walk(gate, camera, 2, people=False)
    lying = person(room(), 0.8, 0.8, lying=True)
    hang = film(gate, camera, lying, HANG_S)
    assert set(gates(hang)) == {Gate.RUN_POSE}
    after = film(gate, camera, lying, ALERT_S + 20)
    checks = [decision for decision in after if decision.gate is Gate.CHECK]
    assert len(checks) >= ALERT_S + 20 / CHECK_S - 4
    assert all(decision.look_harder for decision in checks)
    # Where it lies is told as well.
    assert any(x0 < 0.8 < x1 and y0 < 0.8 < y1 for d in checks for x0, y0, x1, y1 in d.boxes)


@pytest.mark.parametrize(
    ("factor", "most"),
    # Where white clips, the picture does change; then poses run until they have hung out.
    [(0.3, 5), (0.5, 5), (0.8, 5), (1.2, 30), (1.6, 30)],
)
def test_lamp_is_not_motion(factor, most):
    camera = Camera()
    gate = settled(camera)
    lit = np.clip(room() * factor, 0, 255).astype(np.uint8)
    found = film(gate, camera, lit, 5)
    assert gates(found)[Gate.RUN_POSE] <= most
    assert gates(found)[Gate.CHECK] <= 8


def test_dawn_is_not_motion():
    camera = Camera()
    gate = settled(camera)
    found = []
    for step in range(300):
        light = np.clip(room() * (1 + step / 300), 0, 255).astype(np.uint8)
        found += film(gate, camera, light, 0.1)
    assert gates(found)[Gate.RUN_POSE] == 0


def test_flicker_is_learnt():
    """A screen that flickers all night does not keep the networks running."""
    camera = Camera()
    gate = settled(camera)
    found = []
    for _ in range(900):
        screen = room()
        screen[20:50, 40:90] = camera.random.integers(60, 160)
        found += film(gate, camera, screen, 0.1)
    assert gates(found[:50])[Gate.RUN_POSE] > 40
    assert gates(found[-200:])[Gate.RUN_POSE] < 60


def test_tracked_person_who_moves_has_every_frame():
    camera = Camera()
    gate = settled(camera)
    assert set(gates(walk(gate, camera, 5, people=True))) == {Gate.RUN_POSE}


@pytest.mark.parametrize("fps", [5, 10, 25, 30])
def test_tracked_person_who_lies_still_is_looked_at_twice_a_second(fps):
    camera = Camera(fps=fps)
    gate = settled(camera)
    walk(gate, camera, 2, people=True)
    lying = person(room(), 0.8, 0.8, lying=True)
    film(gate, camera, lying, STILL_S + 3, people=True)
    found = film(gate, camera, lying, 30, people=True)
    looked = [n for n, decision in enumerate(found) if decision.gate is Gate.RUN_POSE]
    assert max(np.diff(looked)) / fps <= 0.6
    assert len(looked) <= 30 * 2.6
    assert gates(found)[Gate.CHECK] == 0


def test_tracked_person_stirs():
    camera = Camera()
    gate = settled(camera)
    lying = person(room(), 0.6, 0.8, lying=True)
    film(gate, camera, lying, 10, people=True)
    decision = film(gate, camera, person(room(), 0.65, 0.78, lying=True), 0.1, people=True)[0]
    assert decision.gate is Gate.RUN_POSE
    assert decision.boxes


@pytest.mark.parametrize("size", [(16, 16), (160, 1), (1, 160), (90, 160), (160, 120)])
def test_any_size_and_a_change_of_size(size):
    gate = MotionGate()
    random = np.random.default_rng(1)
    for second in range(5):
        gate.update(random.integers(0, 255, (size[1], size[0]), np.uint8), second * S, False)
    decision = gate.update(np.zeros((90, 160), np.uint8), 6 * S, False)
    assert decision.gate is (Gate.CHECK if size != (160, 90) else decision.gate)


def test_gap_in_time():
    camera = Camera()
    gate = settled(camera)
    camera.t_ns += 3600 * S
    assert film(gate, camera, room(), 0.1)[0].gate is Gate.CHECK
