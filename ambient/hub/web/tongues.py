"""In which language a browser is answered: what was chosen on it, else what it asks for.

Comes in: a request. Goes out: the same, answered in that language; and ``POST /language``, by which
somebody chooses. The choice is kept on the device, as a cookie, so that a shared screen keeps it
whoever signs in.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from litestar import Response, post
from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.params import URLEncodedBody
from litestar.response import Redirect
from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec import Meta, Struct

from ambient.hub.languages import chosen, speaking
from ambient.hub.web.context import DAY_S, AnyRequest, Hub, own_cookie
from ambient.languages import Language

COOKIE: Final = "language"
KEPT_DAYS: Final = 365


class Choice(Struct, frozen=True, kw_only=True):
    """A language, and the page to go back to."""

    language: Annotated[str, Meta(max_length=10)]
    back: Annotated[str, Meta(max_length=300)] = "/"


class SpeakTheirLanguage:
    """Sets the language for everything that answers a request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on in its language."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        connection: ASGIConnection[Any, Any, Any, Any] = ASGIConnection(scope)
        choice = connection.cookies.get(COOKIE, "")
        with speaking(chosen(choice, connection.headers.get("accept-language", ""))):
            await self._app(scope, receive, send)


@post("/language", public=True, sync_to_thread=False)
def choose_language(request: AnyRequest, hub: Hub, data: URLEncodedBody[Choice]) -> Response[Any]:
    """Keep the chosen language on this device and go back."""
    answer: Response[Any] = Redirect(_own_path(data.back), status_code=303)
    if data.language in set(Language):
        answer.set_cookie(own_cookie(hub, COOKIE, data.language, seconds=KEPT_DAYS * DAY_S))
    return answer


def _own_path(back: str) -> str:
    r"""Return `back` when it is a path of this site, else the list of alarms.

    Browsers read a backslash as a slash, so that ``/\host`` leads to another site as ``//host``.
    """
    plain = back.isascii() and back.isprintable() and "\\" not in back
    return back if plain and back.startswith("/") and not back.startswith("//") else "/"
