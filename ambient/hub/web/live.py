"""The live page: server-sent events that carry the whole state, so that no update can be lost.

Comes in: a logged-in browser. Goes out: ``state`` (id: the store's sequence number; JSON with the
rendered lists) at once, after every change, and when something ends by itself; ``beat`` every two
seconds, by which the page knows that it is connected; ``logged-out`` when the session is over. A
page that reconnects gets the whole state again, whatever it missed.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Any, Final

import msgspec
from litestar import Request, get
from litestar.response import ServerSentEvent
from litestar.response.sse import ServerSentEventMessage
from msgspec import Struct

from ambient.hub.identities import Identity, Role
from ambient.hub.web.context import NS, Hub, HubContext, rfc3339
from ambient.hub.web.guard import identify, role_at_least
from ambient.hub.web.render import render
from ambient.hub.web.views import BoardView, Figures, board_view

BEAT_S: Final = 2.0


class LiveState(Struct, frozen=True, kw_only=True):
    """What a ``state`` message carries."""

    sequence: int
    at: str
    sound: str
    trouble: str | None
    figures: Figures
    alarms: str
    rooms: str


def live_state(view: BoardView) -> LiveState:
    """Return `view` with its lists rendered."""
    return LiveState(
        sequence=view.sequence,
        at=view.at,
        sound=view.sound,
        trouble=view.trouble,
        figures=view.figures,
        alarms=render("alarms.html", board=view),
        rooms=render("rooms.html", board=view),
    )


@get("/live", guards=[role_at_least(Role.CARER)], include_in_schema=False)
async def live(request: Request[Identity, None, Any], hub: Hub) -> ServerSentEvent:
    """Stream the page's state."""
    return ServerSentEvent(_stream(request, hub), headers={"Cache-Control": "no-store"})


async def _stream(
    request: Request[Identity, None, Any], hub: HubContext
) -> AsyncIterator[ServerSentEventMessage]:
    sent = b""
    beaten = -int(BEAT_S * NS)
    with hub.broadcaster.listen() as changed:
        while not hub.broadcaster.closed:
            changed.clear()
            now = hub.now()
            if abs(now - beaten) >= int(BEAT_S * NS):
                beaten = now
                identity = await asyncio.to_thread(identify, hub, request)
                if identity is None:
                    yield ServerSentEventMessage(event="logged-out", data="")
                    return
                yield ServerSentEventMessage(event="beat", data=rfc3339(now))
            board = await asyncio.to_thread(hub.board)
            state = live_state(board_view(board))
            body = msgspec.json.encode(state)
            digest = hashlib.sha256(body.replace(state.at.encode(), b"", 1)).digest()
            if digest != sent:
                sent = digest
                yield ServerSentEventMessage(event="state", id=state.sequence, data=body)
            due_s = BEAT_S if board.due is None else max(0.05, (board.due - now) / NS)
            try:
                await asyncio.wait_for(changed.wait(), min(BEAT_S, due_s))
            except TimeoutError:
                continue
