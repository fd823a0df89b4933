"""The privacy button: one press, one effect."""

from __future__ import annotations

import pytest

from ambient.node.button import Presses
from ambient.node.switches import Switches


@pytest.mark.parametrize(
    ("levels", "presses"),
    [
        pytest.param([(0.0, False), (1.0, False)], 0, id="never pressed"),
        pytest.param([(0.0, True), (0.1, True), (0.2, True), (5.0, True)], 1, id="held"),
        pytest.param([(0.0, True), (0.02, False), (0.04, True), (0.1, True)], 1, id="bounces"),
        pytest.param([(0.0, True), (0.02, False), (0.2, False)], 0, id="a spark"),
        pytest.param(
            [(0.0, True), (0.1, True), (1.0, False), (1.1, False), (2.0, True), (2.1, True)],
            2,
            id="twice",
        ),
    ],
)
def test_presses(levels: list[tuple[float, bool]], presses: int) -> None:
    button = Presses()
    assert sum(button.update(down, now) for now, down in levels) == presses


def test_a_press_pauses_all_rooms_and_another_ends_it() -> None:
    rooms = ["r1", "r2"]
    paused = Switches().toggled(rooms, 100, 50)
    assert [paused.pause_end(room, 120) for room in rooms] == [150, 150]
    assert paused.toggled(rooms, 120, 50).paused_until == {}
    again = paused.toggled(rooms, 150, 50)
    assert [again.pause_end(room, 151) for room in rooms] == [200, 200]
