"""A shared screen of a ward: it shows what rings without anybody signed in.

Comes in: the cookie of an enrolled device. Goes out: kind and room of the open alarms, with sound,
and nothing else; a PIN or badge opens a carer's session on it, in which one tap acknowledges. Wrong
PINs lock the form of this device for a while, never its list.
"""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.exceptions import PermissionDeniedException
from litestar.params import URLEncodedBody
from litestar.response import Stream
from msgspec import Meta, Struct

from ambient.hub.account_rows import LockedError
from ambient.hub.alarms.inputs import SignOn
from ambient.hub.devices import WrongPinError
from ambient.hub.identities import Right
from ambient.hub.languages import gettext
from ambient.hub.web.context import NO_STORE, AnyRequest, Hub, HubContext
from ambient.hub.web.guard import device_cookie_name
from ambient.hub.web.live import streamed
from ambient.hub.web.pages import into, page, too_many
from ambient.hub.web.pictures import Pictures
from ambient.hub.web.views import board_view, hand_over_due


class SignInForm(Struct, frozen=True, kw_only=True):
    """User name and PIN, or a badge number alone."""

    user: Annotated[str, Meta(max_length=200)] = ""
    secret: Annotated[str, Meta(max_length=200)] = ""


@get("/", sync_to_thread=True)
def page_device(request: AnyRequest, hub: Hub) -> Response[str]:
    """Show what rings, and the form that names the carer."""
    return _page(request, hub)


@get("/live")
async def device_live(request: AnyRequest, hub: Hub, ringing: NamedDependency[Pictures]) -> Stream:
    """Stream what rings."""
    return streamed(request, hub, ringing, Right.RINGING)


@post("/sign-in", sync_to_thread=True)
def do_sign_in(request: AnyRequest, hub: Hub, data: URLEncodedBody[SignInForm]) -> Response[Any]:
    """Name the carer of the shift on this device; who was named before is no longer."""
    device = hub.accounts.devices.known(request.cookies.get(device_cookie_name(hub), ""))
    if device is None:
        raise PermissionDeniedException("this needs a device that an administrator enrolled")
    try:
        cookie, identity = hub.accounts.devices.sign_in(
            device, data.user.strip(), data.secret.strip(), hub.now()
        )
    except LockedError as error:
        return _page(request, hub, too_many(error), status=429)
    except WrongPinError:
        return _page(request, hub, gettext("Name, PIN or badge is wrong."), status=401)
    hub.store.decide(SignOn(who=identity.name), hub.now())
    return into(hub, cookie, "/handover" if hand_over_due(hub.board()) else "/kiosk")


def device_router() -> Router:
    """Return everything under ``/device``."""
    return Router(
        path="/device",
        route_handlers=[page_device, device_live, do_sign_in],
        opt={"needs": Right.RINGING},
        cache_control=NO_STORE,
        include_in_schema=False,
    )


def _page(
    request: AnyRequest, hub: HubContext, problem: str = "", *, status: int = 200
) -> Response[str]:
    board = board_view(hub.board())
    return page("device.html", request.user, hub, status, board=board, problem=problem)
