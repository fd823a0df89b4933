"""Passkeys of one's own account: asking the browser, adding, naming, removing, giving.

Comes in: requests of a page's script for what the browser's key is asked, and forms with what it
answered. Goes out: ``PublicKeyCredential`` options as JSON, and the page of the account.
"""

from __future__ import annotations

import secrets
from typing import Annotated, Any

from litestar import Response, Router, post
from litestar.params import URLEncodedBody
from msgspec import Meta, Struct

from ambient.errors import UsageError
from ambient.hub import assertions
from ambient.hub.challenges import GOOD_S
from ambient.hub.identities import Right
from ambient.hub.party import Party
from ambient.hub.web.account import account_page, added, refused
from ambient.hub.web.context import NO_STORE, AnyRequest, Field, Hub, HubContext, own_cookie
from ambient.hub.web.guard import cookie_name
from ambient.hub.web.pages import home, into

Options = dict[str, Any]
"""Of ``navigator.credentials.create`` or ``.get``, in the JSON form of WebAuthn level 3."""
Credential = Annotated[str, Meta(max_length=assertions.LONGEST)]


class NewForm(Struct, frozen=True, kw_only=True):
    """A new key, and how its user calls it."""

    name: Field = ""
    credential: Credential = ""


class GivenForm(Struct, frozen=True, kw_only=True):
    """What a key answered."""

    credential: Credential = ""


class NameForm(Struct, frozen=True, kw_only=True):
    """Another name for a key."""

    id: Field = ""
    name: Field = ""


class WhichForm(Struct, frozen=True, kw_only=True):
    """A key."""

    id: Field = ""


@post("/registration", needs=Right.OWN, status_code=200, sync_to_thread=True)
def api_registration(request: AnyRequest, hub: Hub) -> Options:
    """Return what the browser needs to make a passkey for who is signed in."""
    return hub.accounts.passkeys.ask_to_register(request.user, _party(hub), hub.now())


@post("/confirmation", needs=Right.OWN, status_code=200, sync_to_thread=True)
def api_confirmation(request: AnyRequest, hub: Hub) -> Options:
    """Return what the browser needs to give a passkey of who is signed in."""
    return hub.accounts.passkeys.ask_to_confirm(request.user, _party(hub), hub.now())


@post("/sign-in", public=True, status_code=200, sync_to_thread=True)
def api_sign_in(hub: Hub) -> Response[Options]:
    """Return what the browser needs to sign somebody in; the cookie binds the answer to it."""
    browser = secrets.token_urlsafe(24)
    options = hub.accounts.passkeys.ask_to_sign_in(browser, _party(hub), hub.now())
    cookie = own_cookie(hub, browser_cookie_name(hub), browser, seconds=GOOD_S)
    return Response(options, cookies=[cookie])


@post("/add", status_code=200, sync_to_thread=True)
def do_add(request: AnyRequest, hub: Hub, data: URLEncodedBody[NewForm]) -> Response[Any]:
    """Keep a new passkey; show recovery codes this once when there were none."""
    try:
        cookie, identity, codes = hub.accounts.passkeys.register(
            request.user, data.name, assertions.read(data.credential), _party(hub), hub.now()
        )
    except UsageError as error:
        return refused(request, hub, error)
    return added(request, hub, cookie, identity, codes)


@post("/give", status_code=200, sync_to_thread=True)
def do_give(request: AnyRequest, hub: Hub, data: URLEncodedBody[GivenForm]) -> Response[Any]:
    """Confirm this session by a passkey."""
    try:
        cookie, identity = hub.accounts.passkeys.confirm(
            request.user, assertions.read(data.credential), _party(hub), hub.now()
        )
    except UsageError as error:
        return refused(request, hub, error)
    return into(hub, cookie, home(identity))


@post("/name", status_code=200, sync_to_thread=True)
def do_name(request: AnyRequest, hub: Hub, data: URLEncodedBody[NameForm]) -> Response[Any]:
    """Call a passkey otherwise."""
    try:
        hub.accounts.passkeys.rename(request.user, data.id, data.name)
    except UsageError as error:
        return refused(request, hub, error)
    return account_page(request, hub)


@post("/remove", status_code=200, sync_to_thread=True)
def do_remove(request: AnyRequest, hub: Hub, data: URLEncodedBody[WhichForm]) -> Response[Any]:
    """Take a passkey away."""
    try:
        hub.accounts.passkeys.remove(request.user, data.id)
    except UsageError as error:
        return refused(request, hub, error)
    return account_page(request, hub)


def api_passkeys_router() -> Router:
    """Return everything under ``/api/passkeys``."""
    return Router(
        path="/api/passkeys",
        route_handlers=[api_registration, api_confirmation, api_sign_in],
        cache_control=NO_STORE,
        tags=["hub"],
    )


def passkeys_router() -> Router:
    """Return the forms under ``/account/passkeys``."""
    return Router(
        path="/account/passkeys",
        route_handlers=[do_add, do_give, do_name, do_remove],
        opt={"needs": Right.OWN},
        cache_control=NO_STORE,
        include_in_schema=False,
    )


def browser_cookie_name(hub: HubContext) -> str:
    """Return the name of the cookie to which a sign-in's question is bound."""
    return f"{cookie_name(hub)}-passkey"


def _party(hub: HubContext) -> Party:
    if hub.party is None:
        raise UsageError(
            "passkeys: expected a hub with a name; write web.names or web.address into hub.yaml"
        )
    return hub.party
