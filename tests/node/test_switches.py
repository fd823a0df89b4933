"""Purposes and pauses: kept, read by others, ended by time."""

from __future__ import annotations

from pathlib import Path

import pytest

from ambient.config import Room
from ambient.errors import StoreError
from ambient.events import Outcome, Purpose
from ambient.node.switches import MAX_DONE, Allowed, SwitchBoard, Switches, allowed

ROOM = Room(id="r1")


@pytest.mark.parametrize(
    ("switches", "t", "expected"),
    [
        pytest.param(Switches(), 5, Allowed(True, None), id="falls are on by default"),
        pytest.param(
            Switches().with_purpose("r1", Purpose.FALLS, False), 5, Allowed(False, None), id="off"
        ),
        pytest.param(
            Switches().with_purpose("r2", Purpose.FALLS, False),
            5,
            Allowed(True, None),
            id="another room",
        ),
        pytest.param(Switches().with_pause("r1", 10), 5, Allowed(True, 10), id="paused"),
        pytest.param(Switches().with_pause("r1", 10), 10, Allowed(True, None), id="ended by time"),
        pytest.param(
            Switches().with_pause("r1", 10).with_pause("r1", 0),
            5,
            Allowed(True, None),
            id="resumed",
        ),
        pytest.param(
            Switches().with_pause("r1", 10).with_purpose("r1", Purpose.FALLS, False),
            5,
            Allowed(False, 10),
            id="off and paused",
        ),
    ],
)
def test_allowed(switches: Switches, t: int, expected: Allowed) -> None:
    found = allowed(switches, ROOM, Purpose.FALLS, t)
    assert found == expected
    assert found.open is (expected.on and expected.paused_until is None)


def test_changes_reach_another_process_and_survive(tmp_path: Path) -> None:
    one, two = SwitchBoard(tmp_path), SwitchBoard(tmp_path)
    assert two.read() == Switches()
    before, after = one.change(lambda s: s.with_pause("r1", 77))
    assert before == Switches()
    assert two.read() == after
    assert SwitchBoard(tmp_path).read().paused_until == {"r1": 77}
    assert (tmp_path / "switches.json").stat().st_mode & 0o077 == 0


def test_outcomes_are_remembered_bounded() -> None:
    switches = Switches()
    for number in range(MAX_DONE + 10):
        switches = switches.with_done(f"c{number}", Outcome.APPLIED)
    assert len(switches.done) == MAX_DONE
    assert "c0" not in switches.done
    assert f"c{MAX_DONE + 9}" in switches.done


def test_a_broken_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "switches.json").write_text('{"purposes": 3}')
    with pytest.raises(StoreError, match=r"switches\.json: expected the node's switches"):
        SwitchBoard(tmp_path).read()
