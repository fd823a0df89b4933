"""The page of one's own account: the second factor that goes before configuring.

Comes in: forms of somebody signed in, or the code as JSON. Goes out: the page, or a session under a
new cookie; the recovery codes are shown once.
"""

from __future__ import annotations

from typing import Annotated, Any

import segno
from litestar import Response, Router, get, post
from litestar.params import JSONBody, URLEncodedBody
from msgspec import Meta, Struct

from ambient.errors import UsageError
from ambient.hub import totp, words
from ambient.hub.account_rows import LockedError
from ambient.hub.identities import Identity, Right, configures
from ambient.hub.languages import gettext
from ambient.hub.second_factor import WrongCodeError
from ambient.hub.web.api import Session, session_view
from ambient.hub.web.context import NO_STORE, AnyRequest, Hub, HubContext
from ambient.hub.web.guard import session_cookie
from ambient.hub.web.pages import home, into, page, sentence


class CodeForm(Struct, frozen=True, kw_only=True):
    """A code of the app, or a recovery code."""

    code: Annotated[str, Meta(max_length=60)] = ""


class Code(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A code of the app, or a recovery code."""

    code: Annotated[str, Meta(max_length=60)]


@get("/", sync_to_thread=True)
def page_account(request: AnyRequest, hub: Hub) -> Response[str]:
    """Show who is signed in and how the second factor stands."""
    return _page(request, hub)


@post("/second-factor", status_code=200, sync_to_thread=True)
def do_give(request: AnyRequest, hub: Hub, data: URLEncodedBody[CodeForm]) -> Response[Any]:
    """Confirm this session by a code."""
    try:
        cookie, identity = hub.accounts.second_factors.give(request.user, data.code, hub.now())
    except UsageError as error:
        return _refused(request, hub, error)
    return into(hub, cookie, home(identity))


@post("/second-factor/begin", status_code=200, sync_to_thread=True)
def do_begin(request: AnyRequest, hub: Hub) -> Response[Any]:
    """Make a new secret for the app and show it."""
    try:
        hub.accounts.second_factors.begin(request.user)
    except UsageError as error:
        return _refused(request, hub, error)
    return _page(request, hub)


@post("/second-factor/finish", status_code=200, sync_to_thread=True)
def do_finish(request: AnyRequest, hub: Hub, data: URLEncodedBody[CodeForm]) -> Response[Any]:
    """Enrol the app that shows the right code; show the recovery codes this once."""
    try:
        cookie, identity, codes = hub.accounts.second_factors.finish(
            request.user, data.code, hub.now()
        )
    except UsageError as error:
        return _refused(request, hub, error)
    answer = _render(identity, hub, codes=codes)
    answer.set_cookie(session_cookie(hub, cookie))
    return answer


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


def _refused(request: AnyRequest, hub: HubContext, error: UsageError) -> Response[Any]:
    if isinstance(error, LockedError):
        said = gettext("Too many tries. Wait %(wait)s and try again.")
        return _page(request, hub, said % {"wait": words.span(error.wait_s)}, status=429)
    if isinstance(error, WrongCodeError):
        said = gettext("This code is wrong or was used already. Wait for the next one.")
        return _page(request, hub, said, status=401)
    return _page(request, hub, sentence(error), status=400)


def _page(
    request: AnyRequest, hub: HubContext, problem: str = "", *, status: int = 200
) -> Response[str]:
    return _render(request.user, hub, problem=problem, status=status)


def _render(
    user: Identity,
    hub: HubContext,
    *,
    problem: str = "",
    codes: list[str] | None = None,
    status: int = 200,
) -> Response[str]:
    factors = hub.accounts.second_factors
    enrolled = factors.enrolled(user.name)
    secret = None if enrolled else factors.pending(user.name)
    address = "" if secret is None else totp.address(secret, user.name, hub.config.site)
    return page(
        "account.html",
        user,
        hub,
        status,
        here="account",
        problem=problem,
        enrolled=enrolled,
        configures=configures(user.role),
        recovery_left=factors.recovery_left(user.name),
        secret=secret,
        picture=segno.make(address).svg_inline(scale=4, omitsize=True) if address else "",
        codes=codes or [],
    )
