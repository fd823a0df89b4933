"""The pages of a shift: what is handed over, and the large list on a screen that stays on.

Comes in: a browser. Goes out: HTML. Accepting is a form, so that it needs no script.
"""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Response, Router, get, post
from litestar.params import URLEncodedBody
from litestar.response import Redirect
from msgspec import Meta, Struct

from ambient.hub.alarms.inputs import HandOver
from ambient.hub.board import Board
from ambient.hub.identities import Identity, Right
from ambient.hub.rooms import RoomStatus
from ambient.hub.web import aids
from ambient.hub.web.care import overdue
from ambient.hub.web.context import NO_STORE, AnyRequest, Hub, HubContext, rfc3339_if
from ambient.hub.web.pages import page
from ambient.hub.web.tongues import choose_language
from ambient.hub.web.views import board_view, handed_over, held_by


class AcceptForm(Struct, frozen=True, kw_only=True):
    """The digest of the hand-over that is accepted."""

    digest: Annotated[str, Meta(max_length=64)] = ""


@get("/handover", needs=Right.ALARMS, cache_control=NO_STORE, sync_to_thread=True)
def page_hand_over(request: AnyRequest, hub: Hub) -> Response[str]:
    """Show what is handed over now."""
    return _hand_over(request.user, hub, hub.board())


@post(
    "/handover",
    needs=Right.ANSWER,
    cache_control=NO_STORE,
    sync_to_thread=True,
)
def do_hand_over(request: AnyRequest, hub: Hub, data: URLEncodedBody[AcceptForm]) -> Response[Any]:
    """Accept the hand-over, when it is still as it was read."""
    board = hub.board()
    if data.digest != handed_over(board).digest:
        return _hand_over(request.user, hub, board, changed=True, status=409)
    hub.store.decide(HandOver(who=request.user.name, digest=data.digest), hub.now())
    return Redirect("/handover", status_code=303)


@get("/kiosk", needs=Right.ALARMS, cache_control=NO_STORE, sync_to_thread=True)
def page_kiosk(request: AnyRequest, hub: Hub) -> Response[str]:
    """Show the large list for a screen on the wall."""
    board = hub.board()
    view = board_view(board, aids.on_record(hub.database, board, request.user))
    return page("kiosk.html", request.user, hub, board=view)


def shift_router() -> Router:
    """Return these pages."""
    return Router(
        path="/",
        route_handlers=[page_hand_over, do_hand_over, page_kiosk, choose_language],
        include_in_schema=False,
    )


def _hand_over(
    user: Identity, hub: HubContext, board: Board, *, changed: bool = False, status: int = 200
) -> Response[str]:
    view = board_view(board)
    house = board.house
    unwatched = [room for room in view.rooms if room.status != RoomStatus.WATCHED.value]
    return page(
        "handover.html",
        user,
        hub,
        status,
        board=view,
        digest=handed_over(board).digest,
        changed=changed,
        due=view.hand_over,
        pauses=[room for room in unwatched if room.status == RoomStatus.PAUSED.value],
        not_watched=[room for room in unwatched if room.status != RoomStatus.PAUSED.value],
        accepted_by=house.accepted_by,
        accepted_at=rfc3339_if(house.accepted_at),
        held=held_by(board, user.name),
        reviews=overdue(hub, board),
        here="handover",
    )
