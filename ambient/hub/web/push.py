"""Devices that take web push: one page, on which somebody enrols the device in their hand.

In: what the browser gave for this device. Out: the page, and the device kept or forgotten. Nothing
of it works until somebody responsible accepted the channel.
"""

from __future__ import annotations

from typing import Annotated, Final

from litestar import Response, Router, get, post
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.params import JSONBody
from msgspec import Meta, Struct

from ambient.config_channels import ChannelConfig
from ambient.hub.alarms.signal import EVERYBODY
from ambient.hub.channels.host import made
from ambient.hub.channels.subscriptions import Subscription
from ambient.hub.channels.webpush import WebPush
from ambient.hub.identities import Identity, Right
from ambient.hub.web.context import NO_STORE, AnyRequest, Hub, HubContext
from ambient.hub.web.pages import page

KIND: Final = "webpush"


class Gone(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A device that is to be told nothing any more."""

    endpoint: Annotated[str, Meta(max_length=1000)]


@get("/push", needs=Right.ALARMS, cache_control=NO_STORE, sync_to_thread=True)
def page_push(request: AnyRequest, hub: Hub) -> Response[str]:
    """Show what web push is, and let this device be enrolled."""
    found = _channel(hub)
    if found is None:
        return page("push.html", request.user, hub, key="", labels=[], by="", here="push")
    channel, config = found
    key, labels = channel.key.public, _labels(request.user, config)
    return page(
        "push.html", request.user, hub, key=key, labels=labels, by=channel.told(), here="push"
    )


@post(
    "/push",
    needs=Right.ANSWER,
    cache_control=NO_STORE,
    sync_to_thread=True,
)
def enrol_device(request: AnyRequest, hub: Hub, data: JSONBody[Subscription]) -> None:
    """Keep this device."""
    channel, config = _there(hub)
    if data.label not in _labels(request.user, config):
        raise PermissionDeniedException("expected one of your own names of devices")
    channel.devices.add(data)


@post(
    "/push/forget",
    needs=Right.ANSWER,
    cache_control=NO_STORE,
    sync_to_thread=True,
)
def forget_device(hub: Hub, data: JSONBody[Gone]) -> None:
    """Forget this device; who knows its endpoint has it in hand."""
    _there(hub)[0].devices.remove(data.endpoint)


def push_router() -> Router:
    """Return this page and its deeds."""
    return Router(
        path="/",
        route_handlers=[page_push, enrol_device, forget_device],
        include_in_schema=False,
    )


def _channel(hub: HubContext) -> tuple[WebPush, ChannelConfig] | None:
    """Return the channel of this kind, if there is one that somebody accepted."""
    for name, config in hub.config.channels.items():
        if config.kind == KIND and config.accepted:
            channel = made(hub.config, name, config, hub.now)
            assert isinstance(channel, WebPush)
            return channel, config
    return None


def _there(hub: HubContext) -> tuple[WebPush, ChannelConfig]:
    found = _channel(hub)
    if found is None:
        raise NotFoundException("no channel of web push has been accepted in hub.yaml")
    return found


def _labels(user: Identity, config: ChannelConfig) -> list[str]:
    """Return under which names `user` may enrol a device: their own and everybody's."""
    own = config.recipients.get(user.name)
    shared = config.recipients.get(EVERYBODY, EVERYBODY)
    return [shared] if own is None else list(dict.fromkeys([own, shared]))
