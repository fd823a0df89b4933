"""A hub that was put back from a backup gets again what it had acknowledged since."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ambient.errors import StoreError
from ambient.hub import restored
from tests.bus.kit import House, fall

HOUR = 3600 * restored.NS


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(9 * HOUR, 7 * HOUR - restored.MARGIN_NS, id="just put back"),
        pytest.param(56 * HOUR, 7 * HOUR - restored.MARGIN_NS, id="before two days are over"),
        pytest.param(57 * HOUR, 0, id="later"),
    ],
)
def test_a_hub_lacks_what_came_since_its_backup(tmp_path: Path, now: int, expected: int) -> None:
    assert restored.lacks(tmp_path, now) == 0
    note = restored.note("1970-01-01T07:00:00+00:00", 9 * HOUR)
    (tmp_path / restored.FILE).write_bytes(note)
    assert restored.lacks(tmp_path, now) == expected


def test_a_damaged_note_is_told(tmp_path: Path) -> None:
    (tmp_path / restored.FILE).write_text("{")
    with pytest.raises(StoreError, match="expected when the hub was put back"):
        restored.lacks(tmp_path, 0)


def test_nodes_send_again_and_nothing_is_there_twice(tmp_path: Path) -> None:
    house = House(tmp_path)
    try:
        node = house.node()
        node.fusion.commit([fall(1), fall(1, 1)])
        house.pump(node.delivered)
        house.stop()
        backup = tmp_path / "backup.db"
        shutil.copyfile(tmp_path / "hub" / "hub.db", backup)
        house.start()
        node.fusion.commit([fall(1, 2), fall(2)])
        house.pump(node.delivered)
        whole = house.stored()
        assert len(whole) == 4

        house.stop()
        for file in (tmp_path / "hub").glob("hub.db*"):
            file.unlink()
        shutil.copyfile(backup, tmp_path / "hub" / "hub.db")
        house.lacks = 1
        house.start()
        assert len(house.stored()) == 2
        house.pump(lambda: len(house.stored()) == 4)
        assert house.stored() == whole
        house.pump(node.delivered)

        # Once: connected anew to the same hub, it sends nothing a second time.
        house.stop()
        house.start()
        calls = house.gate.calls
        house.pump(lambda: house.intake.connected() == ["n-1"])
        house.turns()
        assert house.gate.calls == calls
    finally:
        house.close()
