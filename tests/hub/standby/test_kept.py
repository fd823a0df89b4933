"""What a hub of two keeps, and says of itself."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest

from ambient.errors import StoreError, UsageError
from ambient.hub.restored import ASKED_NS, MARGIN_NS
from ambient.hub.standby import kept, wire
from ambient.hub.standby.duty import Kept, Said
from ambient.hub.standby.kept import Memory, Status
from ambient.hub.standby.page import StandbyPage
from ambient.hub.standby.wire import Begin, Say

NS = 1_000_000_000
HOUR = 3600 * NS
LEVEL = 100 * HOUR
WELL = Status(at=0, serves=True, term=2, heard_s=0.4, behind_s=1.2)


@pytest.mark.parametrize(
    ("memory", "term", "lacks"),
    [
        pytest.param(Memory(kept=Kept(term=2, seen=2), level=LEVEL), 2, 0, id="goes on"),
        pytest.param(Memory(level=LEVEL), 3, LEVEL - MARGIN_NS, id="since the last copy"),
        pytest.param(
            Memory(level=LEVEL, lacks=HOUR, lacks_until=200 * HOUR), 3, HOUR, id="and before"
        ),
        pytest.param(
            Memory(level=LEVEL, lacks=HOUR, lacks_until=LEVEL),
            3,
            LEVEL - MARGIN_NS,
            id="long ago no more",
        ),
        pytest.param(Memory(), 3, 1, id="everything"),
    ],
)
def test_what_nodes_are_asked_for_after_a_take_over(memory: Memory, term: int, lacks: int) -> None:
    now = LEVEL + HOUR
    after = memory.taking_over(Kept(term=term, seen=term), now)
    assert after.lacking(now) == lacks
    assert after.lacking(now + ASKED_NS) == 0


def test_it_survives_a_start(tmp_path: Path) -> None:
    assert kept.load(tmp_path) == Memory()
    memory = Memory(kept=Kept(term=4, seen=5), level=LEVEL, lacks=7, lacks_until=9)
    kept.save(tmp_path, memory)
    assert kept.load(tmp_path) == memory
    (tmp_path / kept.FILE).write_text("{")
    with pytest.raises(StoreError, match="set the standby up anew"):
        kept.load(tmp_path)


@pytest.mark.parametrize(
    ("changed", "well"),
    [
        ({}, True),
        ({"heard_s": None}, False),
        ({"heard_s": 60.0}, False),
        ({"behind_s": 61.0}, False),
        ({"behind_s": None}, False),
        ({"serves": False}, False),
        ({"serves": False, "other_serves": True}, True),
        ({"other_serves": True}, False),
    ],
)
def test_when_the_two_are_well(changed: dict[str, Any], well: bool) -> None:
    fields = {name: getattr(WELL, name) for name in WELL.__struct_fields__}
    assert Status(**{**fields, **changed}).well is well


def test_an_old_status_is_none(tmp_path: Path) -> None:
    assert kept.status_of(tmp_path, 0) is None
    kept.tell(tmp_path, WELL)
    assert kept.status_of(tmp_path, 5 * NS) == WELL
    assert kept.status_of(tmp_path, 11 * NS) is None


def test_an_order_needs_a_hub_that_stands_by(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="start it first"):
        kept.order(tmp_path, 0)
    kept.tell(tmp_path, WELL)
    with pytest.raises(UsageError, match="serves already"):
        kept.order(tmp_path, 0)


def test_versions_that_differ_are_told() -> None:
    said = kept.told(Status(at=0, serves=False, term=0, software="2", other_software="1"))
    assert said == [
        "This hub stands by (term 0).",
        "The other one was never heard.",
        "There is no copy yet.",
        "Versions differ: 2 here, 1 there; install the same on both.",
    ]


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        (wire.frames(Begin(at=3)), (Begin(at=3), b"")),
        (
            wire.frames(Say(said=Said(term=1, seen=2, serves=True)), b"x"),
            (Say(said=Said(term=1, seen=2, serves=True)), b"x"),
        ),
        ([b"\xff"], None),
        ([b"{}"], None),
        ([b"[" * 99_999], None),
        ([], None),
        ([b"{}", b"", b""], None),
    ],
)
def test_what_is_no_message_is_none(frames: list[bytes], expected: object) -> None:
    assert wire.read(frames) == expected


@pytest.mark.parametrize(
    ("accept", "well", "kind", "said"),
    [
        (b"text/html", True, b"text/html", b"The other hub serves"),
        (b"text/html", False, b"text/html", b"look after the rooms in person"),
        (b"application/json", True, b"application/json", b'"stands_by":true'),
        (b"*/*", False, b"application/json", b"no hub serves yet"),
    ],
)
def test_the_page_says_that_it_stands_by(
    accept: bytes, well: bool, kind: bytes, said: bytes
) -> None:
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def receive() -> MutableMapping[str, Any]:
        raise AssertionError("nothing of a request is read")

    page = StandbyPage("ho<use", "https://10.0.0.6:8443", lambda: well)
    scope = {"type": "http", "headers": [(b"accept", accept)]}
    asyncio.run(page(scope, receive, send))
    assert sent[0]["status"] == 503
    headers = dict(sent[0]["headers"])
    assert headers[b"content-type"].startswith(kind)
    assert said in sent[1]["body"]
    assert b"https://10.0.0.6:8443" in sent[1]["body"]
    assert b"ho<use" not in sent[1]["body"]
