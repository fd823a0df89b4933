"""Statements about how a room was installed: the wizard, the zones drawn, the walk through it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from ambient.events.base import MAX_LIST, Event
from ambient.observations import TimeNs
from ambient.places import Slug

Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
"""A SHA-256 in hexadecimal."""

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
    CLOSED = "closed"
    REPLACED = "replaced"
    """This machine took the place of another, from a backup."""


class NodeWizard(Event, frozen=True, kw_only=True, tag="node.wizard"):
    """The node's own wizard for installers was opened, entered, locked or closed.

    Attributes
    ----------
    act
        What happened.
    certificate
        SHA-256 of the certificate that the wizard shows, for the installer to compare.
    source, until
        Which camera a picture was agreed to, and until when; only for that.
    """

    act: WizardAct
    certificate: Digest | None = None
    source: Slug | None = None
    until: TimeNs | None = None


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
