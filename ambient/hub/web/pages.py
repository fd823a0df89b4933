"""The pages that a person opens: the list of alarms, what was resolved, the first set-up.

Comes in: a browser. Goes out: HTML from the templates. What changes on the list goes over the API;
only the set-up is a form.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import MediaType, Response, Router, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect
from msgspec import Struct

from ambient.errors import AmbientError, StoreError, UsageError
from ambient.hub import words
from ambient.hub.account_rows import LockedError
from ambient.hub.board import read_resolved
from ambient.hub.credentials import SHORTEST_PASSWORD
from ambient.hub.identities import Identity, Right
from ambient.hub.languages import gettext
from ambient.hub.web import aids
from ambient.hub.web.context import NO_STORE, AnyRequest, Field, Hub, HubContext
from ambient.hub.web.guard import session_cookie
from ambient.hub.web.missed import missed_views
from ambient.hub.web.render import render
from ambient.hub.web.views import board_view
from ambient.hub.web.views_alarms import alarm_view

RESOLVED_SHOWN = 100


class SetupForm(Struct, frozen=True, kw_only=True):
    """The first user."""

    user: Field = ""
    password: Field = ""
    again: Field = ""


@get("/", needs=Right.ALARMS, cache_control=NO_STORE, sync_to_thread=True)
def page_alarms(request: AnyRequest, hub: Hub) -> Response[str]:
    """Show open alarms and rooms."""
    board = hub.board()
    view = board_view(board, aids.on_record(hub.database, board, request.user))
    return page("main.html", request.user, hub, board=view, here="alarms")


@get("/earlier", needs=Right.ALARMS, cache_control=NO_STORE, sync_to_thread=True)
def page_earlier(request: AnyRequest, hub: Hub) -> Response[str]:
    """Show the alarms resolved last."""
    board = hub.board()
    found = read_resolved(hub.database, RESOLVED_SHOWN)
    alarms = [alarm_view(alarm, history, board) for alarm, history in found]
    missed = missed_views(hub, board)
    return page("earlier.html", request.user, hub, alarms=alarms, missed=missed, here="earlier")


@get("/setup/{token:str}", public=True, cache_control=NO_STORE, sync_to_thread=True)
def page_setup(hub: Hub, token: FromPath[str]) -> Response[Any]:
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
        render(template, user=user, site=hub.config.site, other_hub=hub.other_page, **shown),
        media_type=MediaType.HTML,
        status_code=status,
    )


def gate_page(template: str, hub: HubContext, status: int = 200, **shown: object) -> Response[Any]:
    """Return a page of somebody who is not signed in."""
    html = render(template, site=hub.config.site, **shown)
    return Response(html, media_type=MediaType.HTML, status_code=status)


def done(
    deed: Callable[[], object], refused: Callable[[str, int], Response[Any]], onward: str
) -> Response[Any]:
    """Do what a form asks, and lead on; or return the page that `refused` makes of why not."""
    try:
        deed()
    except UsageError as error:
        return refused(str(error), 409)
    except StoreError as error:
        return refused(str(error), 507)
    return Redirect(onward, status_code=303)


def _setup(
    hub: HubContext, token: str | None, message: str = "", name: str = "", status: int = 200
) -> Response[Any]:
    return gate_page(
        "setup.html",
        hub,
        status,
        token=token,
        message=message,
        name=name,
        shortest=SHORTEST_PASSWORD,
    )


def too_many(error: LockedError) -> str:
    """Return what the page says of too many tries."""
    wait = words.span(error.wait_s)
    return gettext("Too many tries. Wait %(wait)s and try again.") % {"wait": wait}


def sentence(error: AmbientError) -> str:
    """Return what `error` says, as a sentence of the page."""
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."
