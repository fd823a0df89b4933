"""The page by which an installer starts the wizard of a room, and sees how far the room is.

Comes in: an installer on the hub's page. Goes out: the order to the room's node, then the code, the
address and the minutes that are left, and what the node tells of the installation. Pictures,
outlines and people as lines are on the wizard's own page, which the node serves to one device.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

from litestar import Response, Router, get, post
from litestar.params import URLEncodedBody
from msgspec import Struct

from ambient.bus.opening import fingerprint
from ambient.errors import UsageError
from ambient.hub import installing
from ambient.hub.commissioning import Commissioning, RoomInstallation
from ambient.hub.identities import Identity, Right
from ambient.hub.installing import Opening, Progress, Stage
from ambient.hub.languages import gettext, mark
from ambient.hub.opening import opening_at
from ambient.hub.web.context import NO_STORE, AnyRequest, Field, Hub, HubContext, rfc3339_if
from ambient.hub.web.pages import done, page
from ambient.hub.web.views_rooms import natural

STAGES = {
    Stage.ASKED: mark("The room's computer was asked to open the wizard; it has not answered yet."),
    Stage.REFUSED: mark(
        "The room's computer could not open the wizard. Its log says why. There: ambient commission"
    ),
    Stage.EXPIRED: mark(
        "The room's computer did not answer. Is it switched on and connected? Then try again."
    ),
    Stage.OPEN: mark("Open: nobody has given the code yet."),
    Stage.ENTERED: mark("Open: the device that gave the code is in."),
    Stage.LOCKED: mark("Locked after too many wrong codes. Wait until it has closed, then start."),
}
STATES = {
    RoomInstallation.NEVER: mark("Not installed"),
    RoomInstallation.COMMISSIONED: mark("Installed"),
    RoomInstallation.IN_PART: mark("Walked through, and not every station is covered"),
    RoomInstallation.MOVED: mark("Not commissioned: a camera was turned. Walk through it again."),
    RoomInstallation.REPLACED: mark(
        "Not commissioned: another room computer serves it. The short walk is enough."
    ),
    RoomInstallation.BLIND: mark("Not commissioned: a camera is dark or covered."),
}


class RoomForm(Struct, frozen=True, kw_only=True):
    """Which room is to be installed."""

    room: Field = ""


class OpeningView(Struct, frozen=True, kw_only=True):
    """The wizard of one node as the page shows it; `text` is empty while nothing is to be said."""

    node: str
    text: str
    open: bool = False
    address: str = ""
    code: str = ""
    fingerprint: str = ""
    minutes: int = 0


class RoomLine(Struct, frozen=True, kw_only=True):
    """One room: how far it is, and what is done in it now."""

    room: str
    name: str
    node: str
    state: str
    text: str
    since: str | None
    certificate: str
    doing: list[str]
    opening: OpeningView


@get("/install", needs=Right.NODES, cache_control=NO_STORE, sync_to_thread=True)
def page_install(request: AnyRequest, hub: Hub) -> Response[str]:
    """Show every room that a node serves."""
    return _page(request.user, hub)


@post("/install", needs=Right.NODES, cache_control=NO_STORE, sync_to_thread=True)
def do_install(request: AnyRequest, hub: Hub, data: URLEncodedBody[RoomForm]) -> Response[Any]:
    """Order that the room's node opens its wizard."""
    return done(
        lambda: hub.store.open_wizard(data.room, request.user.name, hub.now()),
        partial(_page, request.user, hub),
        "/install",
    )


def install_router() -> Router:
    """Return the page and its form."""
    return Router(path="/", route_handlers=[page_install, do_install], include_in_schema=False)


def _page(user: Identity, hub: HubContext, problem: str = "", status: int = 200) -> Response[str]:
    board = hub.board()
    openings, progress = installing.read(hub.database, board.rooms, hub.now())
    views = {node: _opening(hub, one) for node, one in openings.items()}
    nodes = {room.room: room.node for room in board.rooms}
    lines = [
        _line(one, board.room_name(one.room), views[nodes[one.room] or ""]) for one in progress
    ]
    return page(
        "install.html",
        user,
        hub,
        status,
        here="install",
        problem=problem,
        openings=[one for one in views.values() if one.text],
        rooms=sorted(lines, key=lambda line: natural(line.name)),
    )


def _opening(hub: HubContext, own: Opening) -> OpeningView:
    text = gettext(STAGES[own.stage]) if own.stage in STAGES else ""
    if not own.open:
        return OpeningView(node=own.node, text=text)
    try:
        shown = opening_at(hub.config, hub.database, own.node)
    except UsageError as error:  # revoked meanwhile, or closed in this moment
        return OpeningView(node=own.node, text=str(error))
    return OpeningView(
        node=own.node,
        text=text,
        open=True,
        address=own.address,
        code=shown.code if own.stage is Stage.OPEN else "",
        fingerprint=fingerprint(shown.certificate),
        minutes=math.ceil(own.left_s / 60),
    )


def _line(one: Progress, name: str, own: OpeningView) -> RoomLine:
    known = one.state or Commissioning(room=one.room, node=own.node)
    return RoomLine(
        room=one.room,
        name=name,
        node=own.node,
        state=known.state.value,
        text=gettext(STATES[known.state]),
        since=rfc3339_if(known.since),
        certificate=known.certificate or "",
        doing=_doing(one) if own.open else [],
        opening=own,
    )


def _doing(one: Progress) -> list[str]:
    """Return what is done while the wizard is open, in the reader's language."""
    said = []
    if one.zones_now:
        said.append(gettext("Areas drawn: %(count)s") % {"count": one.zones})
    if one.stations:
        walked = {"done": one.covered, "all": one.stations, "night": one.covered_at_night}
        said.append(gettext("Walk: %(done)s of %(all)s covered, %(night)s at night") % walked)
    return said
