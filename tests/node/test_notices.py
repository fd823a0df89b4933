"""Notices of the supervisor: kept until taken, one event each, whatever dies between."""

from __future__ import annotations

from pathlib import Path

import pytest

from ambient import events
from ambient.events import Worker
from ambient.node.notices import Notice, NoticeBoard, NoticeKind, event_of

KEY = "k" * 40


@pytest.mark.parametrize(
    ("notice", "kind"),
    [
        (Notice(kind=NoticeKind.STARTED, t=1), "node.started"),
        (Notice(kind=NoticeKind.STOPPED, t=1), "node.stopped"),
        (
            Notice(kind=NoticeKind.RESTARTED, t=1, worker=Worker.VISION, restarts=2),
            "node.worker_restarted",
        ),
        (
            Notice(kind=NoticeKind.FAILED, t=1, worker=Worker.AGENT, restarts=9),
            "node.worker_failed",
        ),
    ],
)
def test_event_of_a_notice(notice: Notice, kind: str) -> None:
    event = event_of(notice, "n-1", KEY, "0" * 12)
    assert events.kind_of(event) == kind
    assert events.decode(events.encode(event)) == event
    assert event_of(notice, "n-1", KEY, "0" * 12).id == event.id


def test_two_workers_that_die_at_once_are_two_events() -> None:
    ids = {
        event_of(
            Notice(kind=NoticeKind.RESTARTED, t=1, worker=worker, restarts=1), "n", KEY, "0" * 12
        ).id
        for worker in Worker
    }
    assert len(ids) == len(Worker)


def test_notices_wait_in_order_until_taken(tmp_path: Path) -> None:
    board = NoticeBoard(tmp_path)
    notices = [
        Notice(kind=NoticeKind.STARTED, t=9),
        Notice(kind=NoticeKind.RESTARTED, t=10, worker=Worker.FUSION, restarts=1),
    ]
    for notice in notices:
        board.post(notice)
    other = NoticeBoard(tmp_path)
    assert [notice for _, notice in other.waiting()] == notices
    other.taken(other.waiting()[0][0])
    assert [notice for _, notice in other.waiting()] == notices[1:]


def test_what_is_no_notice_is_removed(tmp_path: Path) -> None:
    board = NoticeBoard(tmp_path)
    board.post(Notice(kind=NoticeKind.STARTED, t=9))
    (tmp_path / "notices" / "0.json").write_bytes(b"garbage")
    assert len(board.waiting()) == 1
    assert not (tmp_path / "notices" / "0.json").exists()
