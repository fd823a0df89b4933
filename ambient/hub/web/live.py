"""The live page: server-sent events that carry the whole state, so that no update can be lost.

Comes in: a logged-in browser. Goes out: ``state`` (id: the store's sequence number; JSON with the
rendered lists) at once, after every change, and when something ends by itself; ``beat`` every two
seconds, by which the page knows that it is connected; ``logged-out`` when the session is over. A
page that reconnects gets the whole state again, whatever it missed. The state is read and rendered
once for all pages of a language (`Pictures`), however many are open.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from typing import Final

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.response import ServerSentEvent
from litestar.response.sse import ServerSentEventMessage
from msgspec import Struct

from ambient.hub.identities import Right
from ambient.hub.languages import spoken
from ambient.hub.web.context import NS, AnyRequest, Hub, HubContext, rfc3339
from ambient.hub.web.guard import identify
from ambient.hub.web.render import render
from ambient.hub.web.views import BoardView, Figures, board_view
from ambient.languages import Language

BEAT_S: Final = 2.0


class LiveState(Struct, frozen=True, kw_only=True):
    """What a ``state`` message carries."""

    sequence: int
    at: str
    sound: str
    trouble: str | None
    figures: Figures
    shift: str
    hand_over: bool
    alarms: str
    snoozes: str
    rooms: str


class RingingState(Struct, frozen=True, kw_only=True):
    """What a ``state`` message carries to a screen on which nobody is signed in."""

    sequence: int
    at: str
    sound: str
    trouble: str | None
    ringing: int
    alarms: str


def ringing_state(view: BoardView) -> RingingState:
    """Return kind and room of what is open in `view`, and nothing else."""
    return RingingState(
        sequence=view.sequence,
        at=view.at,
        sound=view.sound,
        trouble=view.trouble,
        ringing=view.figures.ringing,
        alarms=render("device_alarms.html", board=view),
    )


def live_state(view: BoardView) -> LiveState:
    """Return `view` with its lists rendered."""
    return LiveState(
        sequence=view.sequence,
        at=view.at,
        sound=view.sound,
        trouble=view.trouble,
        figures=view.figures,
        shift=view.shift,
        hand_over=view.hand_over,
        alarms=render("alarms.html", board=view),
        snoozes=render("snoozes.html", board=view),
        rooms=render("rooms.html", board=view),
    )


class Picture(Struct, frozen=True, kw_only=True):
    """A state as it goes to every page of one language.

    Attributes
    ----------
    change
        How often the store had changed before it was read.
    digest
        Of all but the time.
    stale
        When (ns) it may be otherwise without a change in the store.
    """

    change: int
    at: int
    sequence: int
    body: bytes
    digest: bytes
    stale: int


class Pictures:
    """Reads and renders the state once for all pages of a language."""

    def __init__(
        self,
        hub: HubContext,
        state: Callable[[BoardView], LiveState | RingingState] = live_state,
    ) -> None:
        self._hub = hub
        self._state = state
        self._kept: dict[Language, Picture] = {}
        self._locks = {language: asyncio.Lock() for language in Language}

    async def present(self) -> Picture:
        """Return the state as it is now, in the language that is spoken."""
        language = spoken()
        async with self._locks[language]:
            kept = self._kept.get(language)
            change, now = self._hub.broadcaster.changes, self._hub.now()
            if kept is not None and kept.change == change and kept.at <= now < kept.stale:
                return kept
            fresh = await asyncio.to_thread(self._take, change)
            self._kept[language] = fresh
            return fresh

    def _take(self, change: int) -> Picture:
        board = self._hub.board()
        state = self._state(board_view(board))
        body = msgspec.json.encode(state)
        latest = board.at + int(BEAT_S * NS)
        return Picture(
            change=change,
            at=board.at,
            sequence=state.sequence,
            body=body,
            digest=hashlib.sha256(body.replace(state.at.encode(), b"", 1)).digest(),
            stale=latest if board.due is None else max(board.at + 1, min(latest, board.due)),
        )


@get("/live", needs=Right.ALARMS, include_in_schema=False)
async def live(
    request: AnyRequest, hub: Hub, pictures: NamedDependency[Pictures]
) -> ServerSentEvent:
    """Stream the page's state."""
    told = stream(request, hub, pictures, Right.ALARMS)
    return ServerSentEvent(told, headers={"Cache-Control": "no-store"})


async def stream(
    request: AnyRequest, hub: HubContext, pictures: Pictures, right: Right
) -> AsyncIterator[ServerSentEventMessage]:
    """Tell `pictures` for as long as whoever asked has `right`."""
    sent = b""
    beaten = -int(BEAT_S * NS)
    with hub.broadcaster.listen() as changed:
        while not hub.broadcaster.closed:
            changed.clear()
            now = hub.now()
            if abs(now - beaten) >= int(BEAT_S * NS):
                beaten = now
                identity = await asyncio.to_thread(identify, hub, request)
                if identity is None or right not in identity.rights:
                    # A shared screen goes back to what it shows to everybody: it stays loud.
                    back = "" if identity is None else "/device"
                    yield ServerSentEventMessage(event="logged-out", data=back)
                    return
                yield ServerSentEventMessage(event="beat", data=rfc3339(now))
            picture = await pictures.present()
            if picture.digest != sent:
                sent = picture.digest
                yield ServerSentEventMessage(event="state", id=picture.sequence, data=picture.body)
            due_s = max(0.05, (picture.stale - now) / NS)
            try:
                await asyncio.wait_for(changed.wait(), min(BEAT_S, due_s))
            except TimeoutError:
                continue
