"""Small files: replaced whole or left as they are, also when the disk is full."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from ambient.errors import StoreError
from ambient.files import put, read_bytes, write_atomically


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    file = tmp_path / "f"
    assert read_bytes(file) is None
    for content in (b"one", b"two"):
        write_atomically(file, content)
        assert read_bytes(file) == content
    assert [path.name for path in tmp_path.iterdir()] == ["f"]
    assert file.stat().st_mode & 0o777 == 0o600


def test_of_several_writers_the_first_one_wins_where_nothing_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "f"
    for content in (b"one", b"two"):
        put(file, content, replace=False)
    assert file.read_bytes() == b"one"
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        write_atomically(tmp_path / "none" / "f", b"x")


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_disk_that_refuses_leaves_the_old_content_and_nothing_else(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "f"
    write_atomically(file, b"one")

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, call, refuse)
    with pytest.raises(StoreError, match="No space left"):
        write_atomically(file, b"two")
    assert file.read_bytes() == b"one"
    assert [path.name for path in tmp_path.iterdir()] == ["f"]
