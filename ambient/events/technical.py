"""Statements about the node itself: its devices, its processes, what was switched or ordered."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from ambient.events.base import MAX_COUNT, MAX_LIST, Digest, Event, Purpose, Uuid
from ambient.observations import Hearing, TimeNs, View
from ambient.places import Slug


class Worker(StrEnum):
    """Processes of a node."""

    VISION = "vision"
    AUDIO = "audio"
    GATEWAYS = "gateways"
    FUSION = "fusion"
    AGENT = "agent"


class Device(StrEnum):
    """What a source is."""

    CAMERA = "camera"
    MICROPHONE = "microphone"
    WEARABLE = "wearable"
    """What a resident wears, or a monitor at the bed."""
    SENSOR = "sensor"
    """A small sensor of the room: radar, contact, mat, cord."""
    NURSE_CALL = "nurse_call"
    """The contact that a node closes itself where no hub answers."""


class Outcome(StrEnum):
    """What became of a command."""

    APPLIED = "applied"
    ALREADY = "already"
    REFUSED = "refused"


class CommandKind(StrEnum):
    """The closed list of commands, by name (see `ambient.commands`), and what is not in it."""

    PURPOSE = "purpose"
    PAUSE = "pause"
    RESUME = "resume"
    ACKNOWLEDGED = "acknowledged"
    CONFIGURATION = "configuration"
    ERASE = "erase"
    ROTATE_KEY = "rotate_key"
    WIZARD = "wizard"
    CARE = "care"
    KEEP = "keep"
    UNKNOWN = "unknown"
    """Something that this node does not know and therefore refused."""


class Quality(Event, frozen=True, kw_only=True):
    """What a camera can see or a microphone can hear; one of both is given."""

    source: Slug
    view: View | None = None
    hearing: Hearing | None = None


class QualityDegraded(Quality, frozen=True, kw_only=True, tag="quality.degraded"):
    """A camera lastingly sees nothing or too seldom, or a microphone hears nothing: an alarm."""


class QualityRestored(Quality, frozen=True, kw_only=True, tag="quality.restored"):
    """The camera sees, or the microphone hears again.

    With neither given, a device is heard again after a silence, or is not configured any more and
    what was said of it is over.
    """


class QualityNotWatched(Quality, frozen=True, kw_only=True, tag="quality.not_watched"):
    """By plan (night without infrared, privacy pause, purpose off) nobody watches; never rings."""

    until: TimeNs | None = None


class NodeStarted(Event, frozen=True, kw_only=True, tag="node.started"):
    """The node is up."""


class Part(Struct, frozen=True, forbid_unknown_fields=True):
    """A room or device of a node, by its id in ``node.yaml``."""

    slug: Slug


class NodeHas(Event, frozen=True, kw_only=True, tag="node.has"):
    """All rooms of the node, or with `of_room` all devices whose silence there would be told.

    Said at each start. A room or device that is not named is not configured any more, and what was
    said of it before is over. What has more than can be named says nothing. It is about the
    configuration, not about what happens in a room, and so of the whole node.
    """

    of_room: Slug | None = None
    has: Annotated[list[Part], Meta(max_length=MAX_LIST)]


class NodeStopped(Event, frozen=True, kw_only=True, tag="node.stopped"):
    """The node was told to stop and drained."""


class NodeWorkerRestarted(Event, frozen=True, kw_only=True, tag="node.worker_restarted"):
    """A worker died and was started again."""

    worker: Worker
    restarts: Annotated[int, Meta(ge=1, le=MAX_COUNT)]


class NodeWorkerFailed(Event, frozen=True, kw_only=True, tag="node.worker_failed"):
    """A worker used up its restart budget: a technical alarm."""

    worker: Worker
    restarts: Annotated[int, Meta(ge=0, le=MAX_COUNT)]


class NodeClockStepped(Event, frozen=True, kw_only=True, tag="node.clock_stepped"):
    """The wall clock jumped."""

    step_s: float


class NodeOutboxDropped(Event, frozen=True, kw_only=True, tag="node.outbox_dropped"):
    """The outbox was full and lost its least important rows."""

    rows: Annotated[int, Meta(ge=1, le=MAX_COUNT)]


class NodeDataLate(Event, frozen=True, kw_only=True, tag="node.data_late"):
    """Observations came after their watermark, or frames were dropped, in the last hour."""

    source: Slug
    observations: Annotated[int, Meta(ge=0, le=MAX_COUNT)]
    frames: Annotated[int, Meta(ge=0, le=MAX_COUNT)]


class NodeDiskFull(Event, frozen=True, kw_only=True, tag="node.disk_full"):
    """The node's disk cannot take what must be kept: a technical alarm."""

    free_mb: Annotated[int, Meta(ge=0, le=MAX_COUNT)]


class NodeSourceSilent(Event, frozen=True, kw_only=True, tag="node.source_silent"):
    """A source, or the nurse call's contact, did not answer for too long: a technical alarm."""

    source: Slug
    device: Device = Device.CAMERA
    silent_s: Annotated[float, Meta(ge=0)]


class ExportFormat(StrEnum):
    """How a research export is written."""

    PARQUET = "parquet"
    CSV = "csv"
    FHIR = "fhir"
    OMH = "omh"


class NodeExported(Event, frozen=True, kw_only=True, tag="node.exported"):
    """Somebody exported what the node keeps of a resident who agreed; `subject` says of whom.

    Attributes
    ----------
    began, ended
        The time that was asked for.
    form
        How it was written.
    rows
        How much it was.
    """

    began: TimeNs
    ended: TimeNs
    form: ExportFormat
    rows: Annotated[int, Meta(ge=0, le=MAX_COUNT)]


class Kept(StrEnum):
    """What became of a wish to keep what a room recorded in a time."""

    KEPT = "kept"
    NOT_RECORDED = "not_recorded"
    """The room is not recorded: nobody agreed to research, or the node records nothing."""
    NOTHING = "nothing"
    """It is recorded, and nothing of that time is there."""


class NodeKept(Event, frozen=True, kw_only=True, tag="node.kept"):
    """What the room recorded in a time is kept on the node, or why it is not.

    Attributes
    ----------
    command
        Which asked for it.
    began, ended
        The time that was asked for.
    rows
        How many records of it are kept.
    digest
        SHA-256 of the file that holds them.
    """

    command: Uuid
    kept: Kept
    began: TimeNs
    ended: TimeNs
    rows: Annotated[int, Meta(ge=0, le=MAX_COUNT)] = 0
    digest: Digest | None = None


class ConsentApplied(Event, frozen=True, kw_only=True, tag="consent.applied"):
    """A purpose was switched on or off on the node."""

    purpose: Purpose
    on: bool


class CommandApplied(Event, frozen=True, kw_only=True, tag="command.applied"):
    """The node's answer to a command."""

    command: Uuid
    command_kind: CommandKind
    outcome: Outcome
