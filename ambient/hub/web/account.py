"""The page of one's own account: the second factor that goes before configuring, and passkeys.

Comes in: forms of somebody signed in, or the code as JSON. Goes out: the page, or a session under a
new cookie; the recovery codes are shown once.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

import segno
from litestar import Response, Router, get, post
from litestar.params import JSONBody, URLEncodedBody
from msgspec import Meta, Struct

from ambient.errors import UsageError
from ambient.hub import totp
from ambient.hub.account_rows import LockedError
from ambient.hub.assertions import WrongPasskeyError
from ambient.hub.challenges import StaleChallengeError
from ambient.hub.identities import Identity, Right, configures
from ambient.hub.languages import gettext, mark
from ambient.hub.passkeys import MOST, CopiedPasskeyError
from ambient.hub.second_factor import WrongCodeError
from ambient.hub.web.api import Session, session_view
from ambient.hub.web.context import (
    NO_STORE,
    AnyRequest,
    Hub,
    HubContext,
    here_as_named,
    rfc3339,
    rfc3339_if,
)
from ambient.hub.web.guard import session_cookie
from ambient.hub.web.pages import home, into, page, sentence, too_many

COPIED: Final = mark(
    "This passkey may have been copied and is blocked. Sign in another way, remove it, and tell "
    "the administrator."
)

NOT_ACCEPTED: Final = mark("This passkey was not accepted. Try again, or sign in another way.")


class CodeForm(Struct, frozen=True, kw_only=True):
    """A code of the app, or a recovery code."""

    code: Annotated[str, Meta(max_length=60)] = ""


class Code(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A code of the app, or a recovery code."""

    code: Annotated[str, Meta(max_length=60)]


class Shown(Struct, frozen=True, kw_only=True):
    """A passkey as the page shows it; times as RFC 3339."""

    id: str
    name: str
    made: str
    used: str | None
    copied: bool


@get("/", sync_to_thread=True)
def page_account(request: AnyRequest, hub: Hub) -> Response[str]:
    """Show who is signed in and how the second factor stands."""
    return account_page(request, hub)


@post("/second-factor", status_code=200, sync_to_thread=True)
def do_give(request: AnyRequest, hub: Hub, data: URLEncodedBody[CodeForm]) -> Response[Any]:
    """Confirm this session by a code."""
    try:
        cookie, identity = hub.accounts.second_factors.give(request.user, data.code, hub.now())
    except UsageError as error:
        return refused(request, hub, error)
    return into(hub, cookie, home(identity))


@post("/second-factor/begin", status_code=200, sync_to_thread=True)
def do_begin(request: AnyRequest, hub: Hub) -> Response[Any]:
    """Make a new secret for the app and show it."""
    try:
        hub.accounts.second_factors.begin(request.user)
    except UsageError as error:
        return refused(request, hub, error)
    return account_page(request, hub)


@post("/second-factor/finish", status_code=200, sync_to_thread=True)
def do_finish(request: AnyRequest, hub: Hub, data: URLEncodedBody[CodeForm]) -> Response[Any]:
    """Enrol the app that shows the right code; show the recovery codes this once."""
    try:
        cookie, identity, codes = hub.accounts.second_factors.finish(
            request.user, data.code, hub.now()
        )
    except UsageError as error:
        return refused(request, hub, error)
    return added(request, hub, cookie, identity, codes)


@post(
    "/api/second-factor",
    needs=Right.OWN,
    status_code=200,
    cache_control=NO_STORE,
    tags=["hub"],
    sync_to_thread=True,
)
def api_second_factor(request: AnyRequest, hub: Hub, data: JSONBody[Code]) -> Response[Session]:
    """Confirm this session by a code; the answer sets a new cookie and carries its new token."""
    cookie, identity = hub.accounts.second_factors.give(request.user, data.code, hub.now())
    return Response(session_view(identity), cookies=[session_cookie(hub, cookie)])


def account_router() -> Router:
    """Return everything under ``/account``."""
    return Router(
        path="/account",
        route_handlers=[page_account, do_give, do_begin, do_finish],
        opt={"needs": Right.OWN},
        cache_control=NO_STORE,
        include_in_schema=False,
    )


def refused(request: AnyRequest, hub: HubContext, error: UsageError) -> Response[Any]:
    """Return the page with what was wrong."""
    if isinstance(error, LockedError):
        return account_page(request, hub, too_many(error), status=429)
    for kind, text in _REFUSED.items():
        if isinstance(error, kind):
            return account_page(request, hub, gettext(text), status=401)
    return account_page(request, hub, sentence(error), status=400)


_REFUSED: Final[dict[type[UsageError], str]] = {
    WrongCodeError: mark("This code is wrong or was used already. Wait for the next one."),
    WrongPasskeyError: NOT_ACCEPTED,
    StaleChallengeError: mark("That took too long. Try again."),
    CopiedPasskeyError: COPIED,
}


def added(
    request: AnyRequest, hub: HubContext, cookie: str, identity: Identity, codes: list[str]
) -> Response[Any]:
    """Return the page with recovery codes, under the cookie of a session that is confirmed."""
    answer = _render(request, identity, hub, codes=codes)
    answer.set_cookie(session_cookie(hub, cookie))
    return answer


def account_page(
    request: AnyRequest, hub: HubContext, problem: str = "", *, status: int = 200
) -> Response[str]:
    """Return the page of whoever is signed in."""
    return _render(request, request.user, hub, problem=problem, status=status)


def _render(
    request: AnyRequest,
    user: Identity,
    hub: HubContext,
    *,
    problem: str = "",
    codes: list[str] | None = None,
    status: int = 200,
) -> Response[str]:
    factors = hub.accounts.second_factors
    has_app = factors.has_app(user.name)
    secret = None if has_app else factors.pending(user.name)
    address = "" if secret is None else totp.address(secret, user.name, hub.config.site)
    party = hub.party
    return page(
        "account.html",
        user,
        hub,
        status,
        here="account",
        problem=problem,
        enrolled=factors.enrolled(user.name),
        has_app=has_app,
        configures=configures(user.role),
        recovery_left=factors.recovery_left(user.name),
        secret=secret,
        picture=segno.make(address).svg_inline(scale=4, omitsize=True) if address else "",
        codes=codes or [],
        passkeys=[
            Shown(
                id=one.id,
                name=one.name,
                made=rfc3339(one.created),
                used=rfc3339_if(one.used),
                copied=one.copied is not None,
            )
            for one in hub.accounts.passkeys.of(user.name)
        ],
        most=MOST,
        named="" if party is None else party.origin,
        here_as_named=here_as_named(request, party),
        provider=hub.provider_name,
        provided=hub.accounts.provided.has(user.name),
    )
