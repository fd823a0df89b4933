"""What every answer of the wizard bears, and what is said instead of one that cannot be given.

Comes in: answers on their way out, and exceptions. Goes out: headers against keeping and framing,
and refusals with their reason in the language of the page that asked.
"""

from __future__ import annotations

from typing import Any, Final

import structlog
from litestar import Request, Response
from litestar.datastructures import MutableScopeHeaders
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from ambient.errors import AmbientError, ConfigError, StoreError
from ambient.languages import Language, accepted
from ambient.node.wizard.refusals import (
    BusyError,
    ForeignPageError,
    NotAgreedError,
    NotThereError,
    SaidError,
    ShutOutError,
    UnknownPlaceError,
    sentence,
)

MAX_BODY: Final = 64 * 1024
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Without a referrer browsers send the origin of a form as "null", which is no page of ours.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

AnyRequest = Request[Any, Any, Any]
_log = structlog.get_logger(__name__)

_STATUS: Final[dict[type[AmbientError], int]] = {
    ShutOutError: 401,
    ForeignPageError: 403,
    NotAgreedError: 403,
    UnknownPlaceError: 404,
    NotThereError: 404,
    BusyError: 503,
    StoreError: 507,
}
_OTHERWISE: Final = 409
_BY_STATUS: Final = {404: "no_address", 413: "too_large"}
"""What is said of requests that no handler ever saw."""


class Headers:
    """Puts `HEADERS` on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, with the headers."""

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        await self._app(scope, receive, complete)


def language_of(request: AnyRequest) -> Language:
    """Return the language of the page that asks."""
    return accepted(request.headers.get("accept-language", ""))


def http_error(request: AnyRequest, error: HTTPException) -> Response[Any]:
    """Answer a request that came to no handler, or that its handler cannot read."""
    name = _BY_STATUS.get(error.status_code, "unreadable")
    said = sentence(language_of(request), name, kilobytes=MAX_BODY // 1024)
    return _refused(error.status_code, said)


def own_error(request: AnyRequest, error: AmbientError) -> Response[Any]:
    """Answer what cannot be done, with the reason."""
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), _OTHERWISE)
    language = language_of(request)
    match error:
        case SaidError():
            said = error.said(language)
        case StoreError():
            said = sentence(language, "not_kept", why=error)
        case ConfigError():
            said = sentence(language, "not_configured", why=error)
        case _:
            said = sentence(language, "not_done", why=error)
    return _refused(status, said)


def crash(request: AnyRequest, error: Exception) -> Response[Any]:
    """Answer a request that met a mistake of ours; what it was is for the log."""
    _log.error("request failed", path=request.url.path, reason=f"{type(error).__name__}: {error}")
    return _refused(500, sentence(language_of(request), "crashed"))


def _refused(status: int, said: str) -> Response[Any]:
    # A path that is nowhere is answered outside the middleware.
    return Response({"detail": said}, status_code=status, headers=HEADERS)
