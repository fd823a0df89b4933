"""Fail-overs measured: how far a copy was behind, and who is slow to answer on a busy machine."""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ambient.errors import LinkError
from ambient.evaluate import failovers, page
from ambient.evaluate.page import PageClient
from ambient.evaluate.two_hubs import NS, Status
from ambient.hub.standby import kept
from ambient.hub.standby.unerased import level_there
from tests.patience import PATIENCE_S

AT = 1_000 * NS
WRITTEN = kept.Status(at=AT, serves=True, term=2, behind_s=0.4)


@pytest.mark.parametrize(
    ("serves", "behind_s", "age_s", "expected"),
    [
        (True, 0.4, 0.0, 0.45),
        (True, 0.4, 0.9, 1.35),
        (True, 0.0, 0.5, 0.55),
        (True, 0.4, -0.2, 0.45),  # the clock was set back
        (True, None, 0.5, None),
        (False, 0.4, 0.5, None),
    ],
)
def test_how_far_behind_at_the_most(
    serves: bool, behind_s: float | None, age_s: float, expected: float | None
) -> None:
    status = Status(at=AT, serves=serves, term=2, other_serves=False, behind_s=behind_s)
    found = status.behind_at(AT + round(age_s * NS))
    assert found == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize("age_s", [0.0, 0.3, 0.99])
def test_it_is_what_the_hub_itself_goes_by(age_s: float) -> None:
    """Erasures count as done at the other hub by the same status; both err to the safe side."""
    now = AT + round(age_s * NS)
    read = msgspec.json.decode(msgspec.json.encode(WRITTEN), type=Status)
    surely_s = (now - level_there(WRITTEN)) / NS
    assert surely_s - 0.1 < (read.behind_at(now) or 0.0) <= surely_s


BOARD = b'{"sequence": 7, "alarms": [], "rooms": []}'


@contextmanager
def served(answers: Callable[[int], bool]) -> Iterator[PageClient]:
    """Serve a page that answers its n-th request, from 0, if `answers` says so, or hangs up."""
    asked = iter(range(1_000))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if answers(next(asked)):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(BOARD)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield PageClient(url, patience_s=PATIENCE_S)
        finally:
            server.shutdown()


def test_a_page_that_hangs_up_is_asked_again() -> None:
    with served(lambda number: number >= 2) as client:
        assert client.board().sequence == 7


def test_a_page_that_is_busy_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "TIMEOUT_S", 0.2)
    asked_again = threading.Event()

    def answers(number: int) -> bool:
        if number:
            # From then on it may take as long as it does.
            monkeypatch.setattr(page, "TIMEOUT_S", PATIENCE_S)
            asked_again.set()
        # The first one hears nothing until it is asked again.
        return asked_again.wait(PATIENCE_S) and number >= 1

    with served(answers) as client:
        assert client.board().sequence == 7


def test_a_page_that_nobody_serves_is_no_answer_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    with served(lambda _: False) as client:
        impatient = PageClient(client.url)
        with pytest.raises(LinkError, match="does not answer"):
            impatient.board()
        assert not client.healthy()


@pytest.mark.parametrize(
    ("state", "given_ago_s", "lost"),
    [("active", 3.0, (1, 0)), ("active", 1.0, (0, 1)), ("acknowledged", 3.0, (0, 0))],
)
def test_an_answer_is_counted_once_the_fall_is_there(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    state: str,
    given_ago_s: float,
    lost: tuple[int, int],
) -> None:
    course: Any = failovers._Course(None, random.Random(1))  # type: ignore[arg-type]
    hub: Any = type("Hub", (), {"state": tmp_path, "folder": tmp_path})
    arrived: list[float] = []

    def arrives(_: float) -> None:
        arrived.append(1.0)
        with closing(sqlite3.connect(tmp_path / "hub.db")) as db, db:
            db.execute("CREATE TABLE IF NOT EXISTS alarms (key TEXT, state TEXT)")
            if len(arrived) > 1:
                db.execute("INSERT INTO alarms VALUES ('fall:c', ?)", (state,))

    monkeypatch.setattr(time, "sleep", arrives)
    course._count_answer("c", 100.0, hub, 100.0 + given_ago_s)
    assert len(arrived) == 2
    assert (course.answers, course.lost, course.lost_within) == (1, *lost)
