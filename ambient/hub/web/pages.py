"""The pages that a person opens: the list of alarms, what was resolved, log-in and first set-up.

Comes in: a browser. Goes out: HTML from the templates. What changes on the list goes over the API;
only logging in and out, and the set-up, are forms.
"""

from __future__ import annotations

from typing import Any

from litestar import MediaType, Response, Router, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect
from msgspec import Struct

from ambient.errors import AmbientError, UsageError
from ambient.hub import words
from ambient.hub.account_rows import LockedError
from ambient.hub.accounts import WrongPasswordError
from ambient.hub.alarms.inputs import SignOff, SignOn
from ambient.hub.board import read_resolved
from ambient.hub.credentials import SHORTEST_PASSWORD
from ambient.hub.identities import Identity, Right, Role
from ambient.hub.languages import gettext
from ambient.hub.web.context import NO_STORE, AnyRequest, Field, Hub, HubContext
from ambient.hub.web.guard import cookie_name, identify, session_cookie
from ambient.hub.web.render import render
from ambient.hub.web.views import alarm_view, board_view, hand_over_due, held_by

RESOLVED_SHOWN = 100


class LoginForm(Struct, frozen=True, kw_only=True):
    """User name and password."""

    user: Field = ""
    password: Field = ""


class LogoutForm(Struct, frozen=True, kw_only=True):
    """`sure` is set on the page that says what becomes active again."""

    sure: Field = ""


class SetupForm(Struct, frozen=True, kw_only=True):
    """The first user."""

    user: Field = ""
    password: Field = ""
    again: Field = ""


@get("/", needs=Right.ALARMS, cache_control=NO_STORE, sync_to_thread=True)
def page_alarms(request: AnyRequest, hub: Hub) -> Response[str]:
    """Show open alarms and rooms."""
    view = board_view(hub.board())
    return page("main.html", request.user, hub, board=view, here="alarms")


@get("/earlier", needs=Right.ALARMS, cache_control=NO_STORE, sync_to_thread=True)
def page_earlier(request: AnyRequest, hub: Hub) -> Response[str]:
    """Show the alarms resolved last."""
    board = hub.board()
    found = read_resolved(hub.database, RESOLVED_SHOWN)
    alarms = [alarm_view(alarm, history, board) for alarm, history in found]
    return page("earlier.html", request.user, hub, alarms=alarms, here="earlier")


@get("/login", public=True, cache_control=NO_STORE, sync_to_thread=True)
def page_login(request: AnyRequest, hub: Hub, ended: FromQuery[bool] = False) -> Response[Any]:
    """Show the log-in form."""
    identity = identify(hub, request)
    if identity is not None and identity.role is not Role.DEVICE:
        return Redirect(home(identity), status_code=303)
    return _login(hub, ended=ended)


@post("/login", public=True, cache_control=NO_STORE, sync_to_thread=True)
def do_login(
    request: AnyRequest,
    hub: Hub,
    data: URLEncodedBody[LoginForm],
) -> Response[Any]:
    """Check the password and go to the list."""
    address = request.client.host if request.client else ""
    try:
        cookie, identity = hub.accounts.log_in(data.user, data.password, address, hub.now())
    except LockedError as error:
        wait = words.span(error.wait_s)
        said = gettext("Too many tries. Wait %(wait)s and try again.") % {"wait": wait}
        return _login(hub, said, data.user, status=429)
    except WrongPasswordError:
        return _login(hub, gettext("User name or password is wrong."), data.user, status=401)
    hub.store.decide(SignOn(who=identity.name), hub.now())
    return into(hub, cookie, home(identity, due=hand_over_due(hub.board())))


@post("/logout", needs=Right.OWN, cache_control=NO_STORE, sync_to_thread=True)
def do_logout(request: AnyRequest, hub: Hub, data: URLEncodedBody[LogoutForm]) -> Response[Any]:
    """End the session and go to the log-in.

    Who sees to an alarm, or has snoozed one, is told first that it is active again then.
    """
    held = held_by(hub.board(), request.user.name)
    if held.anything and not data.sure:
        return page("leaving.html", request.user, hub, held=held, here="handover")
    hub.accounts.log_out(request.user)
    hub.store.decide(SignOff(who=request.user.name), hub.now())
    there = "/login" if request.user.device is None else "/device"
    answer: Response[Any] = Redirect(there, status_code=303)
    answer.delete_cookie(cookie_name(hub), path="/")
    return answer


@get("/setup/{token:str}", public=True, cache_control=NO_STORE, sync_to_thread=True)
def page_setup(hub: Hub, token: FromPath[str]) -> Response[str]:
    """Show the form for the first user, while the one-time link is good."""
    if not hub.accounts.is_setup_token(token, hub.now()):
        return _setup(hub, None, status=410)
    return _setup(hub, token)


@post(
    "/setup/{token:str}",
    public=True,
    cache_control=NO_STORE,
    sync_to_thread=True,
)
def do_setup(
    hub: Hub,
    token: FromPath[str],
    data: URLEncodedBody[SetupForm],
) -> Response[Any]:
    """Create the first administrator; the link is used up then."""
    if not hub.accounts.is_setup_token(token, hub.now()):
        return _setup(hub, None, status=410)
    if data.password != data.again:
        return _setup(hub, token, gettext("The two passwords differ."), data.user, status=400)
    try:
        cookie, identity = hub.accounts.set_up(token, data.user, data.password, hub.now())
    except UsageError as error:
        return _setup(hub, token, sentence(error), data.user, status=400)
    return into(hub, cookie, home(identity))


@get("/healthz", public=True, media_type=MediaType.TEXT, sync_to_thread=True)
def healthz(hub: Hub) -> Response[str]:
    """Say whether the hub can store what comes in; nothing else is told to strangers."""
    hub.store.sequence()
    good = hub.database.trouble is None
    return Response(
        "ok\n" if good else f"{hub.database.trouble}\n",
        status_code=200 if good else 503,
        media_type=MediaType.TEXT,
    )


def pages_router() -> Router:
    """Return all pages.

    They are registered as one router: two handlers of one path registered by themselves would be
    wrapped twice.
    """
    return Router(
        path="/",
        route_handlers=[
            page_alarms,
            page_earlier,
            page_login,
            do_login,
            do_logout,
            page_setup,
            do_setup,
            healthz,
        ],
        include_in_schema=False,
    )


def home(identity: Identity, *, due: bool = False) -> str:
    """Return where somebody goes after signing in; `due`: a hand-over waits."""
    if not identity.confirmed or Right.ALARMS not in identity.rights:
        return "/account"
    return "/handover" if due and Right.ANSWER in identity.rights else "/"


def into(hub: HubContext, cookie: str, path: str) -> Response[Any]:
    """Return an answer that starts a session on this browser and leads on."""
    answer: Response[Any] = Redirect(path, status_code=303)
    answer.set_cookie(session_cookie(hub, cookie))
    return answer


def page(
    template: str, user: Identity, hub: HubContext, status: int = 200, **shown: object
) -> Response[str]:
    """Return a page of somebody who is signed in."""
    return Response(
        render(template, user=user, site=hub.config.site, **shown),
        media_type=MediaType.HTML,
        status_code=status,
    )


def _login(
    hub: HubContext, message: str = "", name: str = "", *, ended: bool = False, status: int = 200
) -> Response[str]:
    html = render(
        "login.html",
        site=hub.config.site,
        message=message,
        name=name,
        ended=ended,
        fresh=not hub.accounts.has_users(),
    )
    return Response(html, media_type=MediaType.HTML, status_code=status)


def _setup(
    hub: HubContext, token: str | None, message: str = "", name: str = "", status: int = 200
) -> Response[str]:
    html = render(
        "setup.html",
        site=hub.config.site,
        token=token,
        message=message,
        name=name,
        shortest=SHORTEST_PASSWORD,
    )
    return Response(html, media_type=MediaType.HTML, status_code=status)


def sentence(error: AmbientError) -> str:
    """Return what `error` says, as a sentence of the page."""
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."
