"""The live page: read once, rendered once a language, and no update lost on the way of changes."""

from __future__ import annotations

import asyncio
import gc
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from ambient.hub.board import Board
from ambient.hub.broadcast import Broadcaster
from ambient.hub.languages import speaking
from ambient.hub.service import RunningHub
from ambient.hub.web.context import HubContext
from ambient.hub.web.live import BEAT_S
from ambient.hub.web.pictures import Message, Picture, Pictures, Readings, pieces
from ambient.languages import Language
from tests.hub.kit import NS, enrol, fall, hub_config, running


class Counted:
    """A hub whose clock stands and whose readings are counted."""

    def __init__(self, hub: RunningHub) -> None:
        self._real = hub.context
        self.at = hub.context.now()
        self.readings = 0
        self.broadcaster = Broadcaster()
        self.context = cast(
            HubContext,
            SimpleNamespace(
                broadcaster=self.broadcaster,
                now=lambda: self.at,
                board=self._read,
                database=hub.context.database,
            ),
        )

    def _read(self) -> object:
        self.readings += 1
        return msgspec.structs.replace(self._real.board(), at=self.at)


async def ask(pictures: Pictures, pages: int, language: Language = Language.EN) -> set[bytes]:
    with speaking(language):
        found = await asyncio.gather(*(pictures.present() for _ in range(pages)))
        return {b"".join(pictures.message(one, None)) for one in found}


def test_two_hundred_pages_cost_one_reading(hub: RunningHub) -> None:
    counted = Counted(hub)

    async def many() -> None:
        pictures = Pictures(Readings(counted.context))
        assert len(await ask(pictures, 200)) == 1
        german = await ask(pictures, 200, Language.DE)
        assert counted.readings == 1
        assert german != await ask(pictures, 1)

    asyncio.run(many())


@pytest.mark.parametrize(
    ("passed_s", "changed", "readings"),
    [
        (0.0, False, 1),
        (BEAT_S / 2, False, 1),
        (BEAT_S, False, 2),
        (0.0, True, 2),
        (-1.0, False, 2),
    ],
)
def test_it_is_read_again_when_it_may_have_changed(
    hub: RunningHub, passed_s: float, changed: bool, readings: int
) -> None:
    """A change, a beat gone by, or a clock that was set back."""
    counted = Counted(hub)

    async def twice() -> None:
        counted.broadcaster.start()
        pictures = Pictures(Readings(counted.context))
        await ask(pictures, 1)
        counted.at += round(passed_s * NS)
        if changed:
            counted.broadcaster.publish()
            await asyncio.sleep(0)
        await ask(pictures, 1)

    asyncio.run(twice())
    assert counted.readings == readings


def shown(state: dict[str, Any], page: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Return what a page shows that showed `page` and is told `state`, as ``lists.js`` does it."""
    lists = {}
    for name in ("alarms", "snoozes", "rooms"):
        cards = page.get(name, {}) | state[name].get("cards", {})
        lists[name] = {key: cards[key] for key in state[name].get("order", page.get(name, {}))}
    return lists


@pytest.mark.parametrize("misses", [(), (1,), (1, 2), (0, 1, 2, 3)])
def test_whatever_a_page_misses_it_shows_the_same(tmp_path: Path, misses: tuple[int, ...]) -> None:
    """Of a page that is told each change, of one that reads slowly, and of one that is new."""
    steps = ((1, "r1", 2), (2, "r2", 1), (1, "r1", 4), (2, "r2", 2))
    with running(hub_config(tmp_path)) as hub:
        enrol(hub.context.registry, "n-1", [f"r{n}" for n in range(1, 4)])
        counted = Counted(hub)

        async def follow() -> None:
            counted.broadcaster.start()
            pictures = Pictures(Readings(counted.context))
            page: dict[str, dict[str, str]] = {}
            before: Picture | None = None
            for number, (began, room, upto) in enumerate(steps):
                hub.context.store.store("n-1", fall(began, upto, room=room), counted.at)
                counted.broadcaster.publish()
                await asyncio.sleep(0)
                picture = await pictures.present()
                if number not in misses or number == len(steps) - 1:
                    page = shown(state_of(pictures.message(picture, before)), page)
                    before = picture
            whole = state_of(pictures.message(picture, None))
            assert page == shown(whole, {})
            assert {card for cards in page.values() for card in cards} >= {"r1", "r2", "r3"}

        asyncio.run(follow())


def test_what_was_shown_is_let_go(tmp_path: Path) -> None:
    """A page keeps its picture while nothing changes for it: with the board, 200 kept 200."""
    with running(hub_config(tmp_path)) as hub:
        enrol(hub.context.registry, "n-1", ["r1", "r2"])
        counted = Counted(hub)

        async def follow() -> tuple[list[Picture], int]:
            counted.broadcaster.start()
            pictures = Pictures(Readings(counted.context))
            kept = [await pictures.present()]
            for began in range(8):
                hub.context.store.store("n-1", fall(began, 2), counted.at)
                counted.broadcaster.publish()
                await asyncio.sleep(0)
                kept.append(await pictures.present())
                pictures.message(kept[-1], kept[-2])
            gc.collect()
            return kept, sum(type(one) is Board for one in gc.get_objects())

        kept, boards = asyncio.run(follow())
        assert len({one.number for one in kept}) == 9
        assert boards <= 2


def test_a_change_tells_of_its_own_cards_alone(tmp_path: Path) -> None:
    with running(hub_config(tmp_path)) as hub:
        enrol(hub.context.registry, "n-1", [f"r{n}" for n in range(1, 11)])
        hub.context.store.store("n-1", fall(1, 2, room="r1"), time.time_ns())
        counted = Counted(hub)

        async def change() -> dict[str, Any]:
            counted.broadcaster.start()
            pictures = Pictures(Readings(counted.context))
            before = await pictures.present()
            hub.context.store.store("n-1", fall(2, 2, room="r2"), counted.at)
            counted.broadcaster.publish()
            await asyncio.sleep(0)
            picture = await pictures.present()
            message = pictures.message(picture, before)
            assert message is pictures.message(picture, before), "encoded once"
            return state_of(message)

        told = asyncio.run(change())
        new = fall(2, 1, room="r2")[0].chain
        first = fall(1, 1, room="r1")[0].chain
        assert new in told["alarms"]["cards"]
        assert set(told["alarms"]["order"]) == {new, first}
        assert set(told["rooms"].get("cards", {})) <= {"r2"}
        assert "order" not in told["snoozes"]


def state_of(message: Message) -> dict[str, Any]:
    told = list(pieces(message, 512))
    assert b"".join(told) == b"".join(message)
    assert len(told) == 1 or max(map(len, told)) < max(512, 1 + max(map(len, message)))
    (line,) = (one for one in b"".join(told).split(b"\r\n") if one.startswith(b"data: "))
    decoded: dict[str, Any] = msgspec.json.decode(line.removeprefix(b"data: "))
    return decoded
