"""When which gate was closed, over restarts and without end."""

from __future__ import annotations

from pathlib import Path

import pytest

from ambient.node.gateways import closed
from ambient.node.gateways.closed import FILE, KEPT_NS, ClosedTimes


def test_a_gate_opens_and_closes(tmp_path: Path) -> None:
    times = ClosedTimes(tmp_path)
    times.note([("a", True), ("b", False)], 10)
    times.note([("a", False), ("b", False)], 20)
    times.note([("a", True), ("b", False)], 30)
    assert [times.was_closed("a", t) for t in (19, 20, 29, 30)] == [False, True, True, False]
    assert [times.was_closed("b", t) for t in (9, 10, 10**18)] == [False, True, True]
    assert not times.was_closed("c", 20)


def test_it_is_known_after_a_restart(tmp_path: Path) -> None:
    ClosedTimes(tmp_path).note([("a", False)], 10)
    again = ClosedTimes(tmp_path)
    assert again.was_closed("a", 15)
    again.note([("a", True)], 20)
    assert [ClosedTimes(tmp_path).was_closed("a", t) for t in (15, 20)] == [True, False]


def test_it_is_written_only_when_it_changes(tmp_path: Path) -> None:
    times = ClosedTimes(tmp_path)
    times.note([("a", False)], 10)
    before = (tmp_path / FILE).stat().st_mtime_ns, (tmp_path / FILE).stat().st_ino
    times.note([("a", False)], 11)
    assert ((tmp_path / FILE).stat().st_mtime_ns, (tmp_path / FILE).stat().st_ino) == before


def test_it_is_bounded_and_errs_towards_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closed, "MAX_TIMES", 20)
    times = ClosedTimes(tmp_path)
    for number in range(60):
        times.note([("a", False)], 100 * number)
        times.note([("a", True)], 100 * number + 50)
    assert all(times.was_closed("a", 100 * n + 25) for n in range(60))
    assert (tmp_path / FILE).read_bytes().count(b"[") <= 21
    times.note([("a", True)], 10**9 + KEPT_NS)
    assert not times.was_closed("a", 25)


def test_a_broken_file_begins_anew(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("{")
    assert not ClosedTimes(tmp_path).was_closed("a", 1)
