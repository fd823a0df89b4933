"""Who gets in: authentication of every request, forgery protection, security headers.

Comes in: a request. Goes out: its `Identity`, or a refusal. Everything needs a session or a bearer
token unless a handler is marked ``public=True``; otherwise it names the one right that it needs,
``needs=Right.ALARMS``. A handler that says neither is refused to everybody. What changes anything
also needs the session's token in the header ``X-CSRF-Token`` or the form field ``csrf``, and no
foreign ``Origin``; a bearer token needs neither, because no browser sends it by itself.
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
from litestar.exceptions import NotAuthorizedException, NotFoundException, PermissionDeniedException
from litestar.handlers.base import BaseRouteHandler
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from ambient.errors import StoreError
from ambient.hub.account_rows import digest
from ambient.hub.identities import CONFIGURING, RIGHTS, Identity, Right
from ambient.hub.web.context import DAY_S, NS, HubContext, own_cookie

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
HSTS: Final = ("Strict-Transport-Security", "max-age=31536000")
"""Sent over HTTPS: this host is never asked in the open again."""


class SecondFactorError(PermissionDeniedException):
    """The role may do it, once the user gave a second factor."""


AnyConnection = ASGIConnection[Any, Any, Any, Any]

LOOKED_AT: Final = "/healthz"
"""What a page of the other hub asks for before it comes here."""


class SecurityHeaders:
    """Puts `HEADERS` on every answer, static files included."""

    def __init__(self, app: ASGIApp, hub: HubContext) -> None:
        self._app = app
        self._headers = HEADERS | dict([HSTS] if hub.secure else [])
        if hub.other_page is not None:
            # A page looks whether the other hub answers before it goes there.
            parts = urlsplit(hub.other_page)
            reached = f"connect-src 'self' {parts.scheme}://{parts.netloc};"
            policy = HEADERS["Content-Security-Policy"].replace("connect-src 'self';", reached)
            self._headers["Content-Security-Policy"] = policy
        self._paired = hub.other_page is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete its answer."""

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                for name, value in self._headers.items():
                    headers[name] = value
                if self._paired and scope["path"] == LOOKED_AT:
                    # Pages of the other hub see that there is an answer, not what it says.
                    headers["Cross-Origin-Resource-Policy"] = "cross-origin"
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
        return hub.accounts.tokens.bearer(token.strip())
    cookie = connection.cookies.get(cookie_name(hub))
    device = connection.cookies.get(device_cookie_name(hub), "")
    now = hub.now()
    identity = hub.accounts.session(cookie, now) if cookie else None
    if identity is not None and identity.device not in (None, digest(device)):
        identity = None  # a session that was opened by a PIN is good on that device only
    if identity is None:
        return hub.accounts.devices.known(device) if device else None
    if now - identity.used > TOUCH_S * NS:
        # A full disk must not close the page that says so; the store shows it.
        with suppress(StoreError):
            hub.accounts.touch(identity, now)
    return identity


def cookie_name(hub: HubContext) -> str:
    """Return the name of the session cookie; the prefix binds it to this host over HTTPS."""
    return "__Host-ambient" if hub.secure else "ambient"


def device_cookie_name(hub: HubContext) -> str:
    """Return the name of the cookie that makes a browser an enrolled device."""
    return f"{cookie_name(hub)}-device"


def device_cookie(hub: HubContext, value: str) -> Cookie:
    """Return the cookie of an enrolled device; browsers keep none longer than 400 days."""
    return own_cookie(hub, device_cookie_name(hub), value, seconds=400 * DAY_S)


def session_cookie(hub: HubContext, value: str) -> Cookie:
    """Return the cookie that carries a session."""
    return own_cookie(hub, cookie_name(hub), value, seconds=30 * DAY_S)


def no_session_cookie(hub: HubContext) -> Cookie:
    """Return what takes the session's cookie away.

    A browser heeds it only with the attributes that the prefix of its name asks for.
    """
    return own_cookie(hub, cookie_name(hub), "", seconds=0)


async def allowed(connection: AnyConnection, handler: BaseRouteHandler) -> None:
    """Let pass who has the right that the endpoint names; the one guard of every endpoint."""
    if "\x00" in connection.scope["path"]:
        raise NotFoundException("a path holds no zero byte")  # the file system refuses those loudly
    if connection.scope.get("method") == "OPTIONS":
        return
    _same_site(connection)
    if handler.opt.get("public"):
        return
    needed = handler.opt.get("needs")
    if not isinstance(needed, Right):
        raise PermissionDeniedException("this endpoint names no right that it needs")
    identity = connection.scope.get("user")
    if not isinstance(identity, Identity):
        raise NotAuthorizedException("log in, or send a bearer token")
    if needed not in identity.rights:
        raise _why_not(identity, needed)
    await _own_form(connection, identity)


def _why_not(identity: Identity, needed: Right) -> PermissionDeniedException:
    if needed in RIGHTS[identity.role] and needed in CONFIGURING:
        if identity.device is not None:
            return PermissionDeniedException(
                "this needs somebody signed in with a password: a PIN answers alarms only"
            )
        return SecondFactorError(
            "this needs the second factor: set it up or give it on the page of your account"
        )
    able = [role.value for role, rights in RIGHTS.items() if needed in rights]
    return PermissionDeniedException(f"this needs one of the roles {', '.join(able)}")


def _same_site(connection: AnyConnection) -> None:
    """Refuse what another site made a browser send (OWASP, CSRF prevention)."""
    if connection.scope.get("method") in SAFE_METHODS:
        return
    origin = connection.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != connection.headers.get("host"):
        raise PermissionDeniedException("the request came from another site")
    if connection.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise PermissionDeniedException("the request came from another site")


async def _own_form(connection: AnyConnection, identity: Identity) -> None:
    """Refuse what changes anything without the session's forgery token."""
    if connection.scope.get("method") in SAFE_METHODS:
        return
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
