"""What a hub may ask of a node: a closed list, authenticated by the link, idempotent by id.

Comes in: a carer's or administrator's decision on the hub. Goes out: structs over the same CURVE
link that brings events. The node answers each with a `command.applied` event; until that arrives
the hub shows "ordered". An unknown command is refused, and answered so when its id can be read.
"""

from __future__ import annotations

import uuid
from typing import Annotated, get_args

import msgspec
from msgspec import Meta, Struct

from ambient.events import CommandKind, ConfigVersion, Purpose, Uuid
from ambient.observations import TimeNs
from ambient.places import Slug, Subject

MAX_PAUSE_S = 4 * 3600
DEFAULT_PAUSE_S = 20 * 60
MAX_WIZARD_S = 30 * 60


class Command(Struct, frozen=True, kw_only=True, tag_field="command", forbid_unknown_fields=True):
    """The envelope of every command.

    Attributes
    ----------
    id
        A random UUIDv8; the same id twice is applied once.
    node
        Whom it is for; a node refuses what is for another.
    issued, expires
        Hub time in nanoseconds; after `expires` the node refuses it.
    """

    id: Uuid
    node: Slug
    issued: TimeNs
    expires: TimeNs


class SetPurpose(Command, frozen=True, kw_only=True, tag="purpose"):
    """Switch one purpose of one room on or off."""

    room: Slug
    purpose: Purpose
    on: bool


class Pause(Command, frozen=True, kw_only=True, tag="pause"):
    """Close the capture devices of a room for a stated time (privacy pause)."""

    room: Slug
    seconds: Annotated[int, Meta(ge=1, le=MAX_PAUSE_S)] = DEFAULT_PAUSE_S


class Resume(Command, frozen=True, kw_only=True, tag="resume"):
    """End a privacy pause before its time."""

    room: Slug


class Acknowledged(Command, frozen=True, kw_only=True, tag="acknowledged"):
    """Somebody acknowledged the alarm of this chain."""

    chain: Uuid


class UseConfiguration(Command, frozen=True, kw_only=True, tag="configuration"):
    """Read the configuration again and state whether it is this version."""

    version: ConfigVersion


class Erase(Command, frozen=True, kw_only=True, tag="erase"):
    """Delete what the node keeps about a subject, or of it what one purpose held.

    Attributes
    ----------
    purpose
        Its consent was withdrawn; nothing when all that is kept of the subject goes.
    """

    subject: Subject
    purpose: Purpose | None = None


class RotateKey(Command, frozen=True, kw_only=True, tag="rotate_key"):
    """Make a new key pair and enrol it over the link in force."""


class OpenWizard(Command, frozen=True, kw_only=True, tag="wizard"):
    """Serve the wizard by which an installer installs a room, for half an hour at most.

    The code that lets a device in is worked out at both ends (`ambient.bus.opening`): it is not in
    here, and whoever sees this command cannot enter by it.
    """

    room: Slug
    seconds: Annotated[int, Meta(ge=1, le=MAX_WIZARD_S)] = MAX_WIZARD_S


class BedCare(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of a bed's care settings its node must know.

    Attributes
    ----------
    permitted
        Whether lying on a permitted place of this bed (fall mat, floor bed) is permitted.
    exit_min
        Minutes out of bed before it rings, 0 at once; None: as the node is configured.
    saturation_scale
        Scale 1 or 2 of oxygen saturation in NEWS2.
    """

    permitted: bool = False
    exit_min: Annotated[int, Meta(ge=0, le=240)] | None = None
    saturation_scale: Annotated[int, Meta(ge=1, le=2)] = 1


class SetCare(Command, frozen=True, kw_only=True, tag="care"):
    """Watch a bed as a nurse set it; what was set before is replaced."""

    room: Slug
    bed: Slug
    care: BedCare


class KeepWindow(Command, frozen=True, kw_only=True, tag="keep"):
    """Keep what was recorded of a room in a time, where research is agreed to.

    Attributes
    ----------
    began, ended
        That time (ns).
    """

    room: Slug
    began: TimeNs
    ended: TimeNs


AnyCommand = (
    SetPurpose
    | Pause
    | Resume
    | Acknowledged
    | UseConfiguration
    | Erase
    | RotateKey
    | OpenWizard
    | SetCare
    | KeepWindow
)
COMMAND_TYPES: tuple[type[Command], ...] = get_args(AnyCommand)

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[AnyCommand] = msgspec.json.Decoder(AnyCommand)


class _Identified(Struct, frozen=True):
    """What of an unknown command must be read to refuse it by name."""

    id: Uuid


_identified: msgspec.json.Decoder[_Identified] = msgspec.json.Decoder(_Identified)


def encode(command: Command) -> bytes:
    """Return the JSON form that travels to a node."""
    return _encoder.encode(command)


def decode(data: bytes) -> AnyCommand:
    """Return the command in `data`.

    Raises
    ------
    msgspec.ValidationError, msgspec.DecodeError
        When `data` is not a command of the closed list.
    """
    return _decoder.decode(data)


def id_of_unknown(data: bytes) -> str | None:
    """Return the id of a command that `decode` does not take; None when it cannot be read."""
    try:
        return _identified.decode(data).id
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def kind_of(command: Command) -> CommandKind:
    """Return the command's name in the closed list."""
    return CommandKind(str(command.__struct_config__.tag))


def new_id() -> str:
    """Return a random UUIDv8."""
    raw = bytearray(uuid.uuid4().bytes)
    raw[6] = (raw[6] & 0x0F) | 0x80
    return str(uuid.UUID(bytes=bytes(raw)))
