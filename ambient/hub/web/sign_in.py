"""Signing in and out: by password, by passkey, by an OpenID Connect provider.

Comes in: a browser. Goes out: HTML and a session's cookie. The three stand side by side: when the
provider is away the other two, and a PIN on a shared screen, go on.
"""

from __future__ import annotations

from typing import Any

from litestar import Response, Router, get, post
from litestar.params import FromQuery, URLEncodedBody
from litestar.response import Redirect
from msgspec import Struct

from ambient.errors import AmbientError
from ambient.hub import assertions, lockout
from ambient.hub.account_rows import LockedError, count_try, forgive_one
from ambient.hub.accounts import WrongPasswordError
from ambient.hub.alarms.inputs import SignOn
from ambient.hub.identities import Identity, Right, Role
from ambient.hub.languages import gettext
from ambient.hub.oidc import GOOD_S, BadAnswerError, ProviderDownError
from ambient.hub.passkeys import CopiedPasskeyError, ProvidedAccountError
from ambient.hub.provider_accounts import NoAccessError
from ambient.hub.web.account import COPIED, NOT_ACCEPTED
from ambient.hub.web.context import (
    NO_STORE,
    AnyRequest,
    Field,
    Hub,
    HubContext,
    address_of,
    here_as_named,
    own_cookie,
    sign_off,
)
from ambient.hub.web.guard import cookie_name, identify, no_session_cookie, session_cookie
from ambient.hub.web.pages import gate_page, home, into, page, too_many
from ambient.hub.web.passkeys import GivenForm, browser_cookie_name
from ambient.hub.web.views import hand_over_due, held_by


class LoginForm(Struct, frozen=True, kw_only=True):
    """User name and password."""

    user: Field = ""
    password: Field = ""


class LogoutForm(Struct, frozen=True, kw_only=True):
    """`sure` is set on the page that says what becomes active again."""

    sure: Field = ""


@get("/login", public=True, sync_to_thread=True)
def page_login(request: AnyRequest, hub: Hub, ended: FromQuery[bool] = False) -> Response[Any]:
    """Show the log-in form."""
    identity = identify(hub, request)
    if identity is not None and identity.role is not Role.DEVICE:
        return Redirect(home(identity), status_code=303)
    return _login(request, hub, ended=ended)


@post("/login", public=True, sync_to_thread=True)
def do_login(request: AnyRequest, hub: Hub, data: URLEncodedBody[LoginForm]) -> Response[Any]:
    """Check the password and go to the list."""
    try:
        cookie, identity = hub.accounts.log_in(
            data.user, data.password, address_of(request), hub.now()
        )
    except LockedError as error:
        return _login(request, hub, too_many(error), data.user, status=429)
    except WrongPasswordError:
        said = gettext("User name or password is wrong.")
        return _login(request, hub, said, data.user, status=401)
    return into(hub, cookie, _arrived(hub, identity))


@post("/login/passkey", public=True, sync_to_thread=True)
def do_passkey(request: AnyRequest, hub: Hub, data: URLEncodedBody[GivenForm]) -> Response[Any]:
    """Check what a passkey answered and go to the list."""
    if hub.party is None:
        return _login(request, hub, gettext("This hub has no passkeys."), status=409)
    browser = request.cookies.get(browser_cookie_name(hub), "")
    try:
        cookie, identity = hub.accounts.passkeys.sign_in(
            assertions.read(data.credential), browser, hub.party, address_of(request), hub.now()
        )
    except LockedError as error:
        return _login(request, hub, too_many(error), status=429)
    except ProvidedAccountError:
        said = gettext("Sign in at your provider: your passkey is the second factor then.")
        return _login(request, hub, said, status=403)
    except CopiedPasskeyError:
        return _login(request, hub, gettext(COPIED), status=401)
    except AmbientError:
        return _login(request, hub, gettext(NOT_ACCEPTED), status=401)
    return into(hub, cookie, _arrived(hub, identity))


@get("/sign-in/provider", public=True, sync_to_thread=True)
def to_provider(request: AnyRequest, hub: Hub) -> Response[Any]:
    """Lead to the provider."""
    if hub.provider is None:
        return _login(request, hub, gettext("This hub has no provider."), status=404)
    try:
        url, flow = hub.provider.begin(hub.now())
    except ProviderDownError:
        return _provider_down(request, hub)
    answer: Response[Any] = Redirect(url, status_code=303)
    sealed = hub.accounts.provided.sealed(flow)
    # The provider leads back from another site: a strict cookie would stay behind.
    answer.set_cookie(
        own_cookie(hub, _flow_cookie_name(hub), sealed, seconds=GOOD_S, samesite="lax")
    )
    return answer


@get("/sign-in/provider/back", public=True, sync_to_thread=True)
def from_provider(request: AnyRequest, hub: Hub) -> Response[Any]:
    """Check what the provider answered and go to the list."""
    answer = _from_provider(request, hub)
    # Whatever came, the question is answered.
    answer.set_cookie(own_cookie(hub, _flow_cookie_name(hub), "", seconds=0, samesite="lax"))
    return answer


def _from_provider(request: AnyRequest, hub: HubContext) -> Response[Any]:
    flow = hub.accounts.provided.opened(request.cookies.get(_flow_cookie_name(hub), ""))
    again = gettext("Signing in at the provider did not work. Try again.")
    if hub.provider is None or flow is None:
        return _login(request, hub, again, status=400)
    key = f"provider:{address_of(request)}"
    try:
        with hub.database.write() as db:
            count_try(db, {key: lockout.FREE_TRIES_ADDRESS}, hub.now())
        person = hub.provider.finish(flow, dict(request.query_params), hub.now())
        cookie, began = hub.accounts.provided.sign_in(person, hub.now())
    except LockedError as error:
        return _login(request, hub, too_many(error), status=429)
    except BadAnswerError:
        return _login(request, hub, again, status=401)
    except NoAccessError:
        refused = gettext("You have no access to this hub. Ask the administrator.")
        return _login(request, hub, refused, status=403)
    except ProviderDownError:
        with hub.database.write() as db:
            forgive_one(db, key)
        return _provider_down(request, hub)
    with hub.database.write() as db:
        forgive_one(db, key)
    identity = hub.accounts.session(cookie, hub.now()) or began
    # A redirect would still be the provider's: the strict cookie goes along from a page of ours.
    answer = gate_page("onward.html", hub, onward=_arrived(hub, identity))
    answer.set_cookie(session_cookie(hub, cookie))
    return answer


@post("/logout", needs=Right.OWN, sync_to_thread=True)
def do_logout(request: AnyRequest, hub: Hub, data: URLEncodedBody[LogoutForm]) -> Response[Any]:
    """End the session and go to the log-in.

    Who sees to an alarm, or has snoozed one, is told first that it is active again then.
    """
    who = request.user
    held = held_by(hub.board(), who.name)
    if held.anything and not data.sure:
        return page("leaving.html", who, hub, held=held, here="handover")
    sign_off(hub, who)
    onward = None
    if hub.provider is not None and who.device is None and hub.accounts.provided.has(who.name):
        onward = hub.provider.sign_out(hub.now())
    answer: Response[Any]
    if onward is not None:
        # Else whoever sits down here next would be let in as the one before.
        answer = gate_page("onward.html", hub, onward=onward)
    else:
        answer = Redirect("/login" if who.device is None else "/device", status_code=303)
    answer.set_cookie(no_session_cookie(hub))
    return answer


def sign_in_router() -> Router:
    """Return everything by which somebody comes and goes."""
    return Router(
        path="/",
        route_handlers=[
            page_login,
            do_login,
            do_passkey,
            to_provider,
            from_provider,
            do_logout,
        ],
        cache_control=NO_STORE,
        include_in_schema=False,
    )


def _arrived(hub: HubContext, identity: Identity) -> str:
    """Sign somebody on; return where they go."""
    hub.store.decide(SignOn(who=identity.name), hub.now())
    return home(identity, due=hand_over_due(hub.board()))


def _flow_cookie_name(hub: HubContext) -> str:
    return f"{cookie_name(hub)}-provider"


def _provider_down(request: AnyRequest, hub: HubContext) -> Response[Any]:
    said = gettext(
        "The provider does not answer. Sign in with a user of this hub, or with PIN or badge on a "
        "shared screen."
    )
    return _login(request, hub, said, status=502)


def _login(
    request: AnyRequest,
    hub: HubContext,
    message: str = "",
    name: str = "",
    *,
    ended: bool = False,
    status: int = 200,
) -> Response[Any]:
    return gate_page(
        "login.html",
        hub,
        status,
        message=message,
        name=name,
        ended=ended,
        fresh=not hub.accounts.has_users(),
        passkeys=here_as_named(request, hub.party),
        provider=hub.provider_name,
    )
