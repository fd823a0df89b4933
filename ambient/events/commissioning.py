"""Statements about how a room was installed: the wizard, the zones drawn, the walk through it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct, field

from ambient.events.base import MAX_LIST, Digest, Event
from ambient.observations import TimeNs
from ambient.places import Slug

Share = Annotated[float, Meta(ge=0.0, le=1.0)]


class WizardAct(StrEnum):
    """What happened to the wizard that a node serves while a room is installed."""

    OPENED = "opened"
    """It can be reached, and asks for the code."""
    ENTERED = "entered"
    """Somebody gave the code."""
    LOCKED = "locked"
    """Wrong codes: this opening takes no code any more."""
    STILL_AGREED = "still_agreed"
    """It was agreed that a camera's picture may be seen for some minutes, on the installer's device
    alone."""
    STILL_SHOWN = "still_shown"
    WALKED = "walked"
    """A station of the walk was judged."""
    CLOSED = "closed"
    REPLACED = "replaced"
    """This machine took the place of another, from a backup."""


class Area(StrEnum):
    """What an installer draws."""

    BED = "bed"
    SOFA = "sofa"
    CHAIR = "chair"
    FLOOR = "floor"
    PERMITTED = "permitted"
    """A lying place that a nurse allowed."""
    MASK = "mask"
    """Blackened before anything looks at the picture."""
    WET_ROOM = "wet_room"
    """The door through which people go into a wet room."""


class Corner(Struct, frozen=True, forbid_unknown_fields=True):
    """A corner of a drawn area, in shares of the picture: x to the right, y down."""

    x: Share
    y: Share


class NodeZone(Event, frozen=True, kw_only=True, tag="node.zone"):
    """An installer drew an area; all areas of a camera that hold share a chain.

    Attributes
    ----------
    source
        In which camera's picture.
    area, bed
        What it is, and whose bed.
    corners
        Of the polygon, at most 16.
    """

    source: Slug
    area: Area
    bed: Slug | None = None
    corners: Annotated[list[Corner], Meta(min_length=3, max_length=MAX_LIST)]


class Station(StrEnum):
    """What the walk through a new room asks for."""

    WALK = "walk"
    SIT = "sit"
    LIE_BED = "lie_bed"
    LIE_FLOOR_1 = "lie_floor_1"
    LIE_FLOOR_2 = "lie_floor_2"
    LIE_FLOOR_3 = "lie_floor_3"
    CLAP = "clap"
    CALL = "call"


class Light(StrEnum):
    """In which light."""

    DAY = "day"
    NIGHT = "night"


class Coverage(StrEnum):
    """Whether the room takes notice."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
    """Not tried, or nothing could have told."""


class StationResult(Struct, frozen=True, forbid_unknown_fields=True):
    """What one station of the walk gave."""

    station: Station
    light: Light
    covered: Coverage


class NodeWizard(Event, frozen=True, kw_only=True, tag="node.wizard"):
    """The node's own wizard for installers was opened, entered, locked or closed.

    Attributes
    ----------
    act
        What happened.
    certificate
        SHA-256 of the certificate that the wizard shows, for the installer to compare.
    ipv4, port
        Where the opening is reached, the address as a number (RFC 791); only of what was opened.
    source
        Which camera a picture was agreed to.
    until
        When what was opened, or what was agreed to, ends by itself.
    walked, stations
        What each station of the room's walk gave so far, at most 16, and how many it asks for by
        day; only when one was judged.
    """

    act: WizardAct
    certificate: Digest | None = None
    ipv4: Annotated[int, Meta(ge=0, le=2**32 - 1)] | None = None
    port: Annotated[int, Meta(ge=1, le=65535)] | None = None
    source: Slug | None = None
    until: TimeNs | None = None
    walked: Annotated[list[StationResult], Meta(max_length=MAX_LIST)] = field(default_factory=list)
    stations: Annotated[int, Meta(ge=0, le=MAX_LIST)] = 0


class NodeCommissioned(Event, frozen=True, kw_only=True, tag="node.commissioned"):
    """Somebody walked through a room and ended its installation.

    Attributes
    ----------
    complete
        Whether every station that was asked for is covered.
    short
        Whether it was the short walk after a node was replaced.
    walked
        Each station, by day and at night, at most 16.
    certificate
        SHA-256 of the certificate that the node keeps and the installer prints.
    """

    complete: bool
    short: bool = False
    walked: Annotated[list[StationResult], Meta(max_length=MAX_LIST)]
    certificate: Digest
