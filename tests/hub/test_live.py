"""The state of the live page is read and rendered once, however many pages are open."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import cast

import msgspec
import pytest

from ambient.hub.broadcast import Broadcaster
from ambient.hub.languages import speaking
from ambient.hub.service import RunningHub
from ambient.hub.web.context import HubContext
from ambient.hub.web.live import BEAT_S, Pictures
from ambient.languages import Language
from tests.hub.kit import NS


class Counted:
    """A hub whose clock stands and whose readings are counted."""

    def __init__(self, hub: RunningHub) -> None:
        self._real = hub.context
        self.at = hub.context.now()
        self.readings = 0
        self.broadcaster = Broadcaster()
        self.context = cast(
            HubContext,
            SimpleNamespace(broadcaster=self.broadcaster, now=lambda: self.at, board=self._read),
        )

    def _read(self) -> object:
        self.readings += 1
        return msgspec.structs.replace(self._real.board(), at=self.at)


async def ask(pictures: Pictures, pages: int, language: Language = Language.EN) -> set[bytes]:
    with speaking(language):
        found = await asyncio.gather(*(pictures.present() for _ in range(pages)))
    return {one.body for one in found}


def test_two_hundred_pages_cost_one_reading(hub: RunningHub) -> None:
    counted = Counted(hub)

    async def many() -> None:
        pictures = Pictures(counted.context)
        assert len(await ask(pictures, 200)) == 1
        assert counted.readings == 1
        german = await ask(pictures, 200, Language.DE)
        assert counted.readings == 2
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
        pictures = Pictures(counted.context)
        await ask(pictures, 1)
        counted.at += round(passed_s * NS)
        if changed:
            counted.broadcaster.publish()
            await asyncio.sleep(0)
        await ask(pictures, 1)

    asyncio.run(twice())
    assert counted.readings == readings
