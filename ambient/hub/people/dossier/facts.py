"""What the dossier states: facts of the configuration, the database and the model cards alone.

Comes in: a `HubConfig`, the purposes that nodes say are on, the catalogue's cards. Goes out:
`Facts`, which the templates show. What no configuration can know is a blank there, with the
question that the facility answers itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

from ambient import __version__
from ambient.config import HubConfig
from ambient.config_channels import ChannelConfig
from ambient.config_people import Facility, LegalDuty
from ambient.events import Purpose
from ambient.hub.installing import StillAgreed
from ambient.hub.people.days import day_of
from ambient.hub.people.retention import Category, limits

PLACES: Final = ("url", "host", "server", "broker", "address", "endpoint", "topic_url")
"""Options of a channel that say where it goes, where the channel itself cannot be asked; others may
be secrets and are never shown."""
INTERNET: Final = ("webpush", "apprise")
"""Kinds of channels that go by somebody else's service on the internet."""


class Model(Struct, frozen=True, kw_only=True):
    """One learned model, by its entry in the catalogue."""

    name: str
    task: str
    licence: str
    card: str


class Recipient(Struct, frozen=True, kw_only=True):
    """One way out of the hub.

    Attributes
    ----------
    where
        The far side as the channel tells it, without credentials; empty when it is a device
        without an address.
    internet
        Whether somebody else's service on the internet carries it.
    accepted
        By whom and when; None while nothing is sent.
    """

    name: str
    kind: str
    where: list[str]
    people: int
    accepted: str | None
    delegated: bool
    internet: bool


class RoomFacts(Struct, frozen=True, kw_only=True):
    """A room, and the purposes that its node last said are on."""

    name: str
    floor: str
    purposes: list[Purpose]


class StillFacts(Struct, frozen=True, kw_only=True):
    """A picture that everybody in a room agreed to while it was installed; instants as text."""

    room: str
    camera: str
    day: str
    minutes: int
    shown: int


class Facts(Struct, frozen=True, kw_only=True):
    """All that the documents state."""

    site: str
    version: str
    made: str
    facility: Facility
    rooms: list[RoomFacts]
    in_use: list[Purpose]
    recipients: list[Recipient]
    days: dict[Category, int]
    duties: list[LegalDuty]
    models: list[Model]
    encrypted_page: bool
    page: str
    link: str
    other_hub: str | None
    """The page of a second machine that has all that the hub has; None where there is none."""
    backup_dir: str | None
    backup_keep: int
    shifts: list[str]
    staff: int
    users: list[str]
    stills: list[StillFacts]


def facts_of(
    config: HubConfig,
    on: Mapping[str, Sequence[Purpose]],
    models: Sequence[Model],
    users: Sequence[str],
    made: str,
    *,
    told: Mapping[str, str] | None = None,
    stills: Sequence[StillAgreed] = (),
) -> Facts:
    """Return what the dossier of a hub states.

    Parameters
    ----------
    on
        Room id ► purposes that are on there, by the node's own word.
    users
        The hub's users by role, in words.
    made
        The day, for the head of each page.
    told
        Channel ► where it goes, in its own words (`Channel.told`).
    stills
        Pictures that were agreed to in the wizard for installers.
    """
    rooms = [
        RoomFacts(
            name=config.rooms[room].name if room in config.rooms else room,
            floor=config.rooms[room].floor if room in config.rooms else "",
            purposes=sorted(on.get(room, ()), key=list(Purpose).index),
        )
        for room in sorted(config.rooms.keys() | on.keys())
    ]
    used = {purpose for room in rooms for purpose in room.purposes}
    web, backup = config.web, config.backup
    return Facts(
        site=config.site,
        version=__version__,
        made=made,
        facility=config.people.facility,
        rooms=rooms,
        in_use=[purpose for purpose in Purpose if purpose in used],
        recipients=[
            _recipient(name, one, (told or {}).get(name, ""))
            for name, one in sorted(config.channels.items())
        ],
        days=limits(config),
        duties=config.people.duties,
        models=list(models),
        encrypted_page=web.https or web.secure_cookies,
        page=f"{web.host}:{web.port}",
        link=config.link.advertise or config.link.bind,
        other_hub=None if config.standby is None else config.standby.other.page,
        backup_dir=None if backup is None else str(backup.dir),
        backup_keep=0 if backup is None else backup.keep,
        shifts=[f"{one.id} {one.hours}" for one in config.alarms.shifts],
        staff=len(config.alarms.staff),
        users=list(users),
        stills=[
            StillFacts(
                room=config.rooms[one.room].name if one.room in config.rooms else one.room,
                camera=one.camera,
                day=day_of(one.at, config),
                minutes=round((one.until - one.at) / 60e9),
                shown=one.shown,
            )
            for one in stills
        ],
    )


def _recipient(name: str, channel: ChannelConfig, told: str) -> Recipient:
    accepted = None
    if channel.accepted_by is not None:
        day = "" if channel.accepted_on is None else f", {channel.accepted_on.isoformat()}"
        accepted = f"{channel.accepted_by}{day}"
    return Recipient(
        name=name,
        kind=channel.kind,
        where=[told] if told else _places(channel),
        people=len(channel.recipients),
        accepted=accepted,
        delegated=channel.delegated,
        internet=channel.kind in INTERNET,
    )


def _places(channel: ChannelConfig) -> list[str]:
    return [
        place
        for key in PLACES
        if isinstance(value := channel.options.get(key), str) and (place := _place(value))
    ]


def _place(value: str) -> str:
    """Return host and port of an option; never a user, password, path or query of it."""
    parts = urlsplit(value if "//" in value else f"//{value}")
    try:
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:
        port = ""
    return f"{parts.hostname or ''}{port}"
