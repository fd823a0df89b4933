"""Folders for a moment: for their owner alone, gone afterwards, and gone when a process was not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ambient.errors import StoreError
from ambient.scratch import LEFT_S, PREFIX, scratch, sweep


def test_it_is_for_its_owner_and_gone_afterwards(tmp_path: Path) -> None:
    def fail_inside() -> None:
        with scratch(tmp_path) as made:
            assert made.stat().st_mode & 0o777 == 0o700
            (made / "clear").write_text("for a moment")
            raise KeyError

    with pytest.raises(KeyError):
        fail_inside()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_deleted_by_the_next(tmp_path: Path) -> None:
    old, new, other = (tmp_path / name for name in (f"{PREFIX}old", f"{PREFIX}new", "hub.db"))
    for path in (old, new, other):
        path.mkdir()
        (path / "keys").write_text("in the clear")
    os.utime(old, (1000.0, 1000.0))
    os.utime(new, (1000.0 + LEFT_S, 1000.0 + LEFT_S))
    os.utime(other, (0.0, 0.0))
    assert sweep(tmp_path, 1001.0 + LEFT_S) == [old]
    assert sorted(tmp_path.iterdir()) == [new, other]
    os.utime(new, (0.0, 0.0))
    with scratch(tmp_path):
        assert not new.exists()


def test_where_nothing_can_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="expected a folder to write to"), scratch(tmp_path / "no"):
        pass
