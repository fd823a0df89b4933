"""Devices that take web push: one page, on which somebody enrols the device in their hand.

In: what the browser gave for this device. Out: the page, and the device kept or forgotten. Nothing
of it works until somebody responsible accepted the channel.
"""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True)
class Way:
    """One channel of web push that somebody accepted."""

    name: str
    channel: WebPush
    config: ChannelConfig


class Choice(Struct, frozen=True, kw_only=True):
    """Under which name of which channel a device may be enrolled, and that channel's key."""

    channel: str
    key: str
    label: str


class Enrolment(Subscription, frozen=True, kw_only=True):
    """What the browser gave for a device, and for which channel; the first one without."""

    channel: Annotated[str, Meta(max_length=32)] = ""


@get("/push", needs=Right.ALARMS, cache_control=NO_STORE, sync_to_thread=True)
def page_push(request: AnyRequest, hub: Hub) -> Response[str]:
    """Show what web push is, and let this device be enrolled."""
    ways = _ways(hub)
    choices = [
        Choice(channel=way.name, key=way.channel.key.public, label=label)
        for way in ways
        for label in _labels(request.user, way.config)
    ]
    told = list(dict.fromkeys(way.channel.told() for way in ways))
    return page(
        "push.html",
        request.user,
        hub,
        choices=choices,
        several=len(ways) > 1,
        told=told,
        here="push",
    )


@post(
    "/push",
    needs=Right.ANSWER,
    cache_control=NO_STORE,
    sync_to_thread=True,
)
def enrol_device(request: AnyRequest, hub: Hub, data: JSONBody[Enrolment]) -> None:
    """Keep this device, in one channel: a browser takes messages of one key at a time."""
    ways = _some(hub)
    way = next((one for one in ways if data.channel in ("", one.name)), None)
    if way is None:
        raise NotFoundException("expected a channel of web push that somebody accepted")
    if data.label not in _labels(request.user, way.config):
        raise PermissionDeniedException("expected one of your own names of devices")
    fields = {name: getattr(data, name) for name in Subscription.__struct_fields__}
    way.channel.devices.add(Subscription(**fields))


@post(
    "/push/forget",
    needs=Right.ANSWER,
    cache_control=NO_STORE,
    sync_to_thread=True,
)
def forget_device(hub: Hub, data: JSONBody[Gone]) -> None:
    """Forget this device in every channel; who knows its endpoint has it in hand."""
    for way in _some(hub):
        way.channel.devices.remove(data.endpoint)


def push_router() -> Router:
    """Return this page and its deeds."""
    return Router(
        path="/",
        route_handlers=[page_push, enrol_device, forget_device],
        include_in_schema=False,
    )


def _ways(hub: HubContext) -> list[Way]:
    """Return the channels of this kind that somebody accepted, in the order of hub.yaml."""
    found = []
    for name, config in hub.config.channels.items():
        if config.kind == KIND and config.accepted:
            channel = made(hub.config, name, config, hub.now)
            assert isinstance(channel, WebPush)
            found.append(Way(name, channel, config))
    return found


def _some(hub: HubContext) -> list[Way]:
    found = _ways(hub)
    if not found:
        raise NotFoundException("no channel of web push has been accepted in hub.yaml")
    return found


def _labels(user: Identity, config: ChannelConfig) -> list[str]:
    """Return under which names `user` may enrol a device: their own and everybody's."""
    own = config.recipients.get(user.name)
    shared = config.recipients.get(EVERYBODY, EVERYBODY)
    return [shared] if own is None else list(dict.fromkeys([own, shared]))
