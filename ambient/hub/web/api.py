"""The JSON API under ``/api``, which the page itself uses.

Comes in: requests with a session cookie and its forgery token, or with a bearer token. Goes out:
the structs of `ambient.hub.web.views`; the OpenAPI schema stands under ``/api/openapi.json``.
"""

from __future__ import annotations

from typing import Annotated

from litestar import Response, Router, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from ambient.commands import DEFAULT_PAUSE_S, MAX_PAUSE_S
from ambient.hub.alarms.inputs import SignOn
from ambient.hub.identities import Identity, Right, Role
from ambient.hub.web import aids
from ambient.hub.web.api_alarms import ALARM_HANDLERS
from ambient.hub.web.context import (
    NO_STORE,
    AnyRequest,
    Field,
    Hub,
    HubContext,
    address_of,
    sign_off,
)
from ambient.hub.web.guard import no_session_cookie, session_cookie
from ambient.hub.web.views import BoardView, NodeView, board_view, node_view
from ambient.hub.web.views_rooms import RoomView, room_views
from ambient.places import Slug


class Login(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """User name and password."""

    user: Annotated[str, Meta(max_length=200)]
    password: Field

    def __repr__(self) -> str:
        """Leave the password out."""
        return f"Login(user={self.user!r})"


class Session(Struct, frozen=True, kw_only=True):
    """Who is logged in. `csrf` goes into the header ``X-CSRF-Token`` of what changes anything."""

    user: str
    role: Role
    csrf: str | None
    rights: list[Right]


class PauseOrder(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long a privacy pause shall last."""

    seconds: Annotated[int, Meta(ge=60, le=MAX_PAUSE_S)] = DEFAULT_PAUSE_S


@post("/api/login", public=True, status_code=200, sync_to_thread=True)
def api_login(request: AnyRequest, hub: Hub, data: JSONBody[Login]) -> Response[Session]:
    """Log in; the answer sets the session cookie."""
    cookie, identity = hub.accounts.log_in(data.user, data.password, address_of(request), hub.now())
    hub.store.decide(SignOn(who=identity.name), hub.now())
    return Response(session_view(identity), cookies=[session_cookie(hub, cookie)])


@post("/logout", needs=Right.OWN, status_code=204, sync_to_thread=True)
def api_logout(request: AnyRequest, hub: Hub) -> Response[None]:
    """End the session."""
    sign_off(hub, request.user)
    answer: Response[None] = Response(None, status_code=204)
    answer.set_cookie(no_session_cookie(hub))
    return answer


@get("/session", needs=Right.OWN, sync_to_thread=False)
def api_session(request: AnyRequest) -> Session:
    """Return who is logged in."""
    return session_view(request.user)


@get("/board", needs=Right.ALARMS, sync_to_thread=True)
def api_board(request: AnyRequest, hub: Hub) -> BoardView:
    """Return everything that the page shows."""
    board = hub.board()
    return board_view(board, aids.on_record(hub.database, board, request.user))


@get("/rooms", needs=Right.ALARMS, sync_to_thread=True)
def api_rooms(hub: Hub) -> list[RoomView]:
    """Return all rooms, those that are not watched first."""
    return room_views(hub.board())


@post("/rooms/{room:str}/pause", needs=Right.ANSWER, status_code=202, sync_to_thread=True)
def api_pause(
    request: AnyRequest, hub: Hub, room: FromPath[Slug], data: JSONBody[PauseOrder]
) -> RoomView:
    """Order a privacy pause; it holds once the room's node has applied it."""
    hub.store.pause(room, data.seconds, request.user.name, hub.now())
    return _room(hub, room)


@post("/rooms/{room:str}/resume", needs=Right.ANSWER, status_code=202, sync_to_thread=True)
def api_resume(request: AnyRequest, hub: Hub, room: FromPath[Slug]) -> RoomView:
    """Order the end of a privacy pause."""
    hub.store.resume(room, request.user.name, hub.now())
    return _room(hub, room)


@get("/nodes", needs=Right.ALARMS, sync_to_thread=True)
def api_nodes(hub: Hub) -> list[NodeView]:
    """Return all nodes."""
    return [node_view(node) for node in hub.board().nodes]


def session_view(identity: Identity) -> Session:
    """Return who is logged in, as the API says it."""
    return Session(
        user=identity.name,
        role=identity.role,
        csrf=identity.csrf,
        rights=sorted(identity.rights),
    )


def _room(hub: HubContext, room: str) -> RoomView:
    for view in room_views(hub.board()):
        if view.room == room:
            return view
    raise NotFoundException(f"room: expected a known one, got {room[:40]!r}")


def api_router() -> Router:
    """Return everything under ``/api`` that needs somebody logged in."""
    return Router(
        path="/api",
        route_handlers=[
            api_logout,
            api_session,
            api_board,
            *ALARM_HANDLERS,
            api_rooms,
            api_pause,
            api_resume,
            api_nodes,
        ],
        cache_control=NO_STORE,
        tags=["hub"],
    )
