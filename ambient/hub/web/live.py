"""The live page: server-sent events that bring a page to the present state, whatever it missed.

Comes in: a logged-in browser. Goes out: ``state`` (id: the store's sequence number; JSON) at once
with everything, then after every change, and when something ends by itself, with the cards that
are not as they were; ``beat`` every two seconds, by which the page knows that it is connected;
``logged-out`` when the session is over. A page that reconnects gets everything again, and one that
reads slowly is told the next time of all that it missed. The work of it is in `pictures`, once for
all pages; here is what each page costs by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from litestar import get
from litestar.di import NamedDependency
from litestar.response import Stream

from ambient.hub.identities import Right
from ambient.hub.web.context import NS, AnyRequest, Hub, HubContext, rfc3339
from ambient.hub.web.guard import identify
from ambient.hub.web.pictures import Picture, Pictures, pieces, sse

BEAT_S: Final = 2.0
PIECE_BYTES: Final = 64 * 1024
"""What is written at once: as much as waits in memory for one page that reads slowly."""


@get("/live", needs=Right.ALARMS, include_in_schema=False)
async def live(
    request: AnyRequest,
    hub: Hub,
    pictures: NamedDependency[Pictures],
    caring: NamedDependency[Pictures],
) -> Stream:
    """Stream the page's state; what helpers need only to who may see how residents are."""
    if Right.TRENDS in request.user.rights:
        return streamed(request, hub, caring, Right.TRENDS)
    return streamed(request, hub, pictures, Right.ALARMS)


def streamed(request: AnyRequest, hub: HubContext, pictures: Pictures, right: Right) -> Stream:
    """Return the stream of `pictures` for as long as whoever asks has `right`."""
    return Stream(
        _told(request, hub, pictures, right),
        media_type="text/event-stream",
        # A proxy must not gather what is due now.
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _told(
    request: AnyRequest, hub: HubContext, pictures: Pictures, right: Right
) -> AsyncIterator[bytes]:
    sent: Picture | None = None
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
                    yield sse("logged-out", b"" if identity is None else b"/device")
                    return
                yield sse("beat", rfc3339(now).encode())
            picture = await pictures.present()
            if sent is None or picture.number != sent.number:
                message, sent = pictures.message(picture, sent), picture
                for piece in pieces(message, PIECE_BYTES):
                    yield piece
            due_s = max(0.05, (picture.stale - now) / NS)
            try:
                await asyncio.wait_for(changed.wait(), min(BEAT_S, due_s))
            except TimeoutError:
                continue
