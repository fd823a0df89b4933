"""The administrator's page: nodes to accept, invitations, users, tokens for programs.

Comes in: forms of a logged-in administrator. Goes out: the page again, or once the secret that was
just made (an invitation, a token), which is never shown a second time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from litestar import Response, Router, get, post
from litestar.params import URLEncodedBody
from litestar.response import Redirect
from msgspec import Struct

from ambient.bus.invitation import VALID_S, Invitation
from ambient.bus.keys import fingerprint
from ambient.errors import LinkError, StoreError, UsageError
from ambient.hub.credentials import SHORTEST_PASSWORD
from ambient.hub.identities import PERSONS, PROGRAMS, Right, Role
from ambient.hub.web.context import (
    NO_STORE,
    AnyRequest,
    Field,
    Hub,
    HubContext,
    rfc3339,
    rfc3339_if,
    sign_off,
)
from ambient.hub.web.guard import device_cookie, no_session_cookie
from ambient.hub.web.pages import page, sentence
from ambient.hub.web.role_names import role_names
from ambient.hub.web.views import node_view

Answer = Response[Any]
ANYWHERE = ("0.0.0.0", "::", "*", "")


class Which(Struct, frozen=True, kw_only=True):
    """A node, a fingerprint, a user or a token, by name."""

    name: Field = ""


class RoomsForm(Struct, frozen=True, kw_only=True):
    """The rooms that a node serves from now on, by id, with spaces or commas between."""

    name: Field = ""
    rooms: Field = ""


class NewUser(Struct, frozen=True, kw_only=True):
    """A user to create."""

    user: Field = ""
    password: Field = ""
    role: Role = Role.CARER


class NewPassword(Struct, frozen=True, kw_only=True):
    """A new password of a user."""

    name: Field = ""
    password: Field = ""


class NewRole(Struct, frozen=True, kw_only=True):
    """Another role of a user."""

    name: Field = ""
    role: Role = Role.CARER


class NewPin(Struct, frozen=True, kw_only=True):
    """PIN and badge of a user for shared screens; empty takes them away."""

    name: Field = ""
    pin: Field = ""
    badge: Field = ""


class NewToken(Struct, frozen=True, kw_only=True):
    """A token to make for a program."""

    name: Field = ""
    role: Role = Role.METRICS


class Waiting(Struct, frozen=True, kw_only=True):
    """A node that waits to be accepted."""

    node: str
    rooms: list[str]
    fingerprint: str
    asked: str


class NodeLine(Struct, frozen=True, kw_only=True):
    """An enrolled node."""

    node: str
    rooms: list[str]
    ids: str
    fingerprint: str
    heard: str | None
    silent: bool
    revoked: str | None


@get("/", needs=Right.NODES, sync_to_thread=True)
def page_admin(request: AnyRequest, hub: Hub) -> Answer:
    """Show the page."""
    return _page(request, hub)


@post("/invite", needs=Right.NODES, status_code=200, sync_to_thread=True)
def do_invite(request: AnyRequest, hub: Hub) -> Answer:
    """Make an invitation and show it this once."""
    host = urlsplit(hub.link_address).hostname or ""
    if host in ANYWHERE:
        return _page(
            request,
            hub,
            problem="The hub listens on all its addresses: write the one that nodes shall dial "
            "into link.advertise of hub.yaml and restart it.",
            status=409,
        )
    made = hub.registry.invite(hub.link_address, hub.link_key, request.user.name, hub.now())
    return _page(request, hub, invitation=made)


@post("/nodes/accept", needs=Right.NODES, sync_to_thread=True)
def do_accept(request: AnyRequest, hub: Hub, data: URLEncodedBody[Which]) -> Answer:
    """Accept a waiting node by its fingerprint."""
    return _do(request, hub, lambda: hub.registry.accept(data.name, request.user.name, hub.now()))


@post("/nodes/reject", needs=Right.NODES, sync_to_thread=True)
def do_reject(request: AnyRequest, hub: Hub, data: URLEncodedBody[Which]) -> Answer:
    """Refuse a waiting node by its fingerprint."""
    return _do(request, hub, lambda: hub.registry.reject(data.name, request.user.name))


@post("/nodes/revoke", needs=Right.NODES, sync_to_thread=True)
def do_revoke(request: AnyRequest, hub: Hub, data: URLEncodedBody[Which]) -> Answer:
    """Withdraw a node's keys."""

    def revoke() -> None:
        hub.registry.revoke(data.name, request.user.name, hub.now())
        hub.store.forget_node(data.name, request.user.name, hub.now())

    return _do(request, hub, revoke)


@post("/nodes/rooms", needs=Right.NODES, sync_to_thread=True)
def do_rooms(request: AnyRequest, hub: Hub, data: URLEncodedBody[RoomsForm]) -> Answer:
    """Bind exactly these rooms to an enrolled node."""

    def bind() -> None:
        named = data.rooms.replace(",", " ").split()
        hub.registry.set_rooms(data.name, named, request.user.name)
        hub.store.rooms_bound(data.name, named, request.user.name, hub.now())

    return _do(request, hub, bind)


@post("/users/add", needs=Right.USERS, sync_to_thread=True)
def do_add_user(request: AnyRequest, hub: Hub, data: URLEncodedBody[NewUser]) -> Answer:
    """Create a user."""
    return _do(
        request, hub, lambda: hub.accounts.add_user(data.user, data.password, data.role, hub.now())
    )


@post("/users/password", needs=Right.USERS, sync_to_thread=True)
def do_password(request: AnyRequest, hub: Hub, data: URLEncodedBody[NewPassword]) -> Answer:
    """Give a user a new password, which ends that user's sessions."""
    return _do(request, hub, lambda: hub.accounts.set_password(data.name, data.password))


@post("/users/disable", needs=Right.USERS, sync_to_thread=True)
def do_disable(request: AnyRequest, hub: Hub, data: URLEncodedBody[Which]) -> Answer:
    """Switch a user off."""
    return _do(request, hub, lambda: hub.accounts.disable_user(data.name, True))


@post("/users/enable", needs=Right.USERS, sync_to_thread=True)
def do_enable(request: AnyRequest, hub: Hub, data: URLEncodedBody[Which]) -> Answer:
    """Switch a user on again."""
    return _do(request, hub, lambda: hub.accounts.disable_user(data.name, False))


@post("/users/role", needs=Right.USERS, sync_to_thread=True)
def do_role(request: AnyRequest, hub: Hub, data: URLEncodedBody[NewRole]) -> Answer:
    """Give a user another role, which ends that user's sessions."""
    return _do(request, hub, lambda: hub.accounts.set_role(data.name, data.role))


@post("/users/pin", needs=Right.USERS, sync_to_thread=True)
def do_pin(request: AnyRequest, hub: Hub, data: URLEncodedBody[NewPin]) -> Answer:
    """Give a user a PIN or badge for shared screens."""
    return _do(
        request, hub, lambda: hub.accounts.devices.set_pin(data.name, data.pin, data.badge.strip())
    )


@post("/users/second-factor", needs=Right.USERS, sync_to_thread=True)
def do_forget_factor(request: AnyRequest, hub: Hub, data: URLEncodedBody[Which]) -> Answer:
    """Take a user's second factor away, so that another can be set up."""
    return _do(
        request, hub, lambda: hub.accounts.second_factors.remove(data.name, to_the_last=False)
    )


@post("/devices/enrol", needs=Right.USERS, sync_to_thread=True)
def do_enrol_device(request: AnyRequest, hub: Hub, data: URLEncodedBody[Which]) -> Answer:
    """Make this very browser a shared screen; the administrator is signed out on it."""
    try:
        cookie = hub.accounts.devices.enrol(data.name.strip(), request.user.name, hub.now())
    except UsageError as error:
        return _page(request, hub, problem=sentence(error), status=400)
    sign_off(hub, request.user)
    answer: Answer = Redirect("/device", status_code=303)
    answer.set_cookie(device_cookie(hub, cookie))
    answer.set_cookie(no_session_cookie(hub))
    return answer


@post("/devices/revoke", needs=Right.USERS, sync_to_thread=True)
def do_revoke_device(request: AnyRequest, hub: Hub, data: URLEncodedBody[Which]) -> Answer:
    """Make a shared screen a stranger again."""
    return _do(request, hub, lambda: hub.accounts.devices.revoke(data.name))


@post("/tokens/add", needs=Right.USERS, status_code=200, sync_to_thread=True)
def do_add_token(request: AnyRequest, hub: Hub, data: URLEncodedBody[NewToken]) -> Answer:
    """Make a token for a program and show it this once."""
    try:
        token = hub.accounts.tokens.make(data.name, data.role, hub.now())
    except UsageError as error:
        return _page(request, hub, problem=sentence(error), status=400)
    return _page(request, hub, token=token, token_name=data.name)


@post("/tokens/revoke", needs=Right.USERS, sync_to_thread=True)
def do_revoke_token(request: AnyRequest, hub: Hub, data: URLEncodedBody[Which]) -> Answer:
    """Make a token useless."""
    return _do(request, hub, lambda: hub.accounts.tokens.revoke(data.name))


def admin_router() -> Router:
    """Return everything under ``/admin``."""
    return Router(
        path="/admin",
        route_handlers=[
            page_admin,
            do_invite,
            do_accept,
            do_reject,
            do_revoke,
            do_rooms,
            do_add_user,
            do_password,
            do_disable,
            do_enable,
            do_role,
            do_pin,
            do_forget_factor,
            do_enrol_device,
            do_revoke_device,
            do_add_token,
            do_revoke_token,
        ],
        cache_control=NO_STORE,
        include_in_schema=False,
    )


def _do(request: AnyRequest, hub: HubContext, deed: Callable[[], object]) -> Answer:
    try:
        deed()
    except (UsageError, LinkError) as error:
        return _page(request, hub, problem=sentence(error), status=400)
    except StoreError as error:
        return _page(request, hub, problem=sentence(error), status=507)
    return Redirect("/admin", status_code=303)


def _page(
    request: AnyRequest,
    hub: HubContext,
    *,
    problem: str = "",
    invitation: Invitation | None = None,
    token: str = "",
    token_name: str = "",
    status: int = 200,
) -> Answer:
    board = hub.board()
    live = {node.node: node_view(node) for node in board.nodes}
    waiting = [
        Waiting(
            node=one.node,
            rooms=[board.room_name(room) for room in one.rooms],
            fingerprint=one.fingerprint,
            asked=rfc3339(one.asked),
        )
        for one in hub.registry.pending()
    ]
    nodes = [
        NodeLine(
            node=one.node,
            rooms=[board.room_name(room) for room in one.rooms],
            ids=" ".join(one.rooms),
            fingerprint=one.fingerprint,
            heard=live[one.node].last_heard if one.node in live else None,
            silent=one.node in live and live[one.node].silent,
            revoked=rfc3339_if(one.revoked),
        )
        for one in hub.registry.nodes()
    ]
    return page(
        "admin.html",
        request.user,
        hub,
        status,
        here="admin",
        problem=problem,
        waiting=waiting,
        nodes=nodes,
        users=hub.accounts.users(),
        roles=PERSONS,
        programs=PROGRAMS,
        role_names=role_names(),
        devices=hub.accounts.devices.all(),
        tokens=hub.accounts.tokens.all(),
        shortest=SHORTEST_PASSWORD,
        invitation=invitation,
        invitation_minutes=VALID_S // 60,
        token=token,
        token_name=token_name,
        hub_fingerprint=fingerprint(hub.link_key),
    )
