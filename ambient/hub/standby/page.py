"""The page of a hub that stands by: it says so, and where the other one is.

Comes in: any request. Goes out: status 503 with that, as a page that looks again every few seconds
by itself, or as JSON for a program. No account, no alarm and no name is read here.
"""

from __future__ import annotations

import html
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

import msgspec

AGAIN_S: Final = 5
_HEADERS: Final = [
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"same-origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"retry-after", str(AGAIN_S).encode()),
]

Message = MutableMapping[str, Any]


class StandbyPage:
    """An ASGI application.

    Parameters
    ----------
    site, other
        Which site's hub this is, and where the other one's page is.
    well
        Whether the other one is there and serves.
    """

    def __init__(self, site: str, other: str, well: Callable[[], bool]) -> None:
        self._site = site
        self._other = other
        self._well = well

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Answer one request, whatever it asks for."""
        if scope["type"] != "http":
            return
        asked = dict(scope["headers"]).get(b"accept", b"")
        as_page = b"text/html" in asked
        body = self._html() if as_page else self._json()
        kind = b"text/html; charset=utf-8" if as_page else b"application/json"
        headers = [*_HEADERS, (b"content-type", kind), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _json(self) -> bytes:
        well = self._well()
        detail = "this hub stands by; the other one serves" if well else "no hub serves yet"
        return msgspec.json.encode(
            {
                "status": 503,
                "detail": detail,
                "stands_by": True,
                "other": self._other,
                "other_serves": well,
            }
        )

    def _html(self) -> bytes:
        other = html.escape(self._other)
        well = self._well()
        english = (
            "The other hub serves. Alarms are shown and ring there:"
            if well
            else "The other hub is not heard. As soon as a room comes to this one it takes over, "
            "and this page becomes the page of alarms. Until then look after the rooms in person. "
            "The other hub:"
        )
        german = (
            "Der andere Hub ist im Dienst. Dort werden Alarme angezeigt und klingeln:"
            if well
            else "Der andere Hub ist nicht zu hören. Sobald sich ein Zimmer hier meldet, übernimmt "
            "dieser, und hier steht die Alarmseite. Bis dahin bitte selbst nach den Zimmern sehen. "
            "Der andere Hub:"
        )
        return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="{AGAIN_S}">
<title>Ambient {html.escape(self._site)}: this hub stands by</title></head>
<body><main>
<h1>This hub stands by</h1>
<p>{english} <a href="{other}">{other}</a></p>
<section lang="de"><h1>Dieser Hub steht bereit</h1>
<p>{german} <a href="{other}">{other}</a></p></section>
</main></body></html>
""".encode()
