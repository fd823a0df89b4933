"""Who gets in: authentication of every request, forgery protection, security headers.

Comes in: a request. Goes out: its `Identity`, or a refusal. Everything needs a session or a bearer
token unless a handler is marked ``public``. What changes anything also needs the session's token in
the header ``X-CSRF-Token`` or the form field ``csrf``, and no foreign ``Origin``; a bearer token
needs neither, because no browser sends it by itself.
"""

from __future__ import annotations

import secrets
from asyncio import to_thread
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie, MutableScopeHeaders
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers.base import BaseRouteHandler
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from ambient.errors import StoreError
from ambient.hub.identities import Identity, Role
from ambient.hub.web.context import NS, HubContext

CSRF_HEADER: Final = "X-CSRF-Token"
CSRF_FIELD: Final = "csrf"
TOUCH_S: Final = 300
"""How exactly it is kept when a session was last used."""
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), autoplay=(self)",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Sent with every answer: no inline script, nothing from elsewhere, no frame around the page."""

AnyConnection = ASGIConnection[Any, Any, Any, Any]


class SecurityHeaders:
    """Puts `HEADERS` on every answer, static files included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete its answer."""

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        await self._app(scope, receive, complete)


class Authentication(AbstractAuthenticationMiddleware):
    """Finds out who is asking; without an answer the request goes no further."""

    def __init__(self, app: ASGIApp, hub: HubContext) -> None:
        super().__init__(app, exclude_from_auth_key="public")
        self._hub = hub

    async def authenticate_request(self, connection: AnyConnection) -> AuthenticationResult:
        """Return the identity behind the session cookie or bearer token."""
        identity = await to_thread(identify, self._hub, connection)
        if identity is None:
            raise NotAuthorizedException("log in, or send a bearer token")
        return AuthenticationResult(user=identity, auth=None)


def identify(hub: HubContext, connection: AnyConnection) -> Identity | None:
    """Return who is asking, None when nobody known is."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return hub.accounts.bearer(token.strip())
    cookie = connection.cookies.get(cookie_name(hub))
    if not cookie:
        return None
    now = hub.now()
    identity = hub.accounts.session(cookie, now)
    if identity is not None and now - identity.used > TOUCH_S * NS:
        # A full disk must not close the page that says so; the store shows it.
        with suppress(StoreError):
            hub.accounts.touch(identity, now)
    return identity


def cookie_name(hub: HubContext) -> str:
    """Return the name of the session cookie; the prefix binds it to this host over HTTPS."""
    return "__Host-ambient" if hub.secure else "ambient"


def session_cookie(hub: HubContext, value: str) -> Cookie:
    """Return the cookie that carries a session."""
    return Cookie(
        key=cookie_name(hub),
        value=value,
        path="/",
        httponly=True,
        samesite="strict",
        secure=hub.secure,
        max_age=30 * 24 * 3600,
    )


def role_at_least(role: Role) -> Any:
    """Return a guard that lets only `role` and above pass."""

    def guard(connection: AnyConnection, _: BaseRouteHandler) -> None:
        identity = connection.scope.get("user")
        if not isinstance(identity, Identity) or not identity.role.covers(role):
            raise PermissionDeniedException(f"this needs the role {role.value}")

    return guard


async def same_site(connection: AnyConnection, _: BaseRouteHandler) -> None:
    """Refuse what another site made a browser send (OWASP, CSRF prevention)."""
    if connection.scope.get("method") in SAFE_METHODS:
        return
    origin = connection.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != connection.headers.get("host"):
        raise PermissionDeniedException("the request came from another site")
    if connection.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise PermissionDeniedException("the request came from another site")


async def own_form(connection: AnyConnection, _: BaseRouteHandler) -> None:
    """Refuse what changes anything without the session's forgery token."""
    if connection.scope.get("method") in SAFE_METHODS:
        return
    identity = connection.scope.get("user")
    if not isinstance(identity, Identity):
        raise NotAuthorizedException("log in, or send a bearer token")
    if identity.csrf is None:
        return
    sent = connection.headers.get(CSRF_HEADER)
    if sent is None and isinstance(connection, Request):
        content = connection.headers.get("content-type", "")
        if content.startswith("application/x-www-form-urlencoded"):
            field = (await connection.form()).get(CSRF_FIELD)
            sent = field if isinstance(field, str) else None
    if sent is None or not secrets.compare_digest(sent.encode(), identity.csrf.encode()):
        raise PermissionDeniedException("the page's token is missing or old: reload the page")
