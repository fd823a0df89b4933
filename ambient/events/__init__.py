"""What may leave a node: a closed list of anonymised statements.

Comes in: a judgement of `fusion`, or a technical statement of the node. Goes out: structs that
hold numbers, enumerated words and checked identifiers; no byte string, picture, keypoint, name or
free text, and lists only of named structs, at most 16 long. `docs/what-leaves.md` and the JSON
schema are generated from this package, so a new kind is a change here, there and in their test.
"""

from __future__ import annotations

import hashlib
import uuid
from typing import Any, get_args

import msgspec

from ambient.events.base import (
    MAX_COUNT,
    MAX_LIST,
    ConfigVersion,
    Contribution,
    Digest,
    Event,
    Judged,
    Purpose,
    Seconds,
    Segment,
    Sense,
    SenseGroup,
    SenseState,
    SenseStatus,
    Situation,
    SituationStep,
    Uuid,
    Version,
)
from ambient.events.commissioning import (
    Area,
    Corner,
    Coverage,
    Light,
    NodeCommissioned,
    NodeWizard,
    NodeZone,
    Station,
    StationResult,
    WizardAct,
)
from ambient.events.people import (
    AbsenceInactive,
    AbsenceNoMovement,
    AbsenceNotOut,
    AbsenceWandering,
    Bed,
    BedEdge,
    BedExit,
    BedNotBack,
    BedRestless,
    Distress,
    DistressAgitated,
    DistressCord,
    DistressHelp,
    DistressSmokeAlarm,
    FallConfirmed,
    FallLongLie,
    FallRecovered,
    FallSuspected,
)
from ambient.events.summaries import (
    FeatureDeviation,
    Mark,
    Marker,
    SummaryDaily,
    SummaryHourly,
    Unit,
    VoiceDeviation,
    VoiceMarker,
)
from ambient.events.technical import (
    CommandApplied,
    CommandKind,
    ConsentApplied,
    Device,
    ExportFormat,
    Kept,
    NodeClockStepped,
    NodeDataLate,
    NodeDiskFull,
    NodeExported,
    NodeHas,
    NodeKept,
    NodeOutboxDropped,
    NodeSourceSilent,
    NodeStarted,
    NodeStopped,
    NodeWorkerFailed,
    NodeWorkerRestarted,
    Outcome,
    Part,
    Quality,
    QualityDegraded,
    QualityNotWatched,
    QualityRestored,
    Worker,
)
from ambient.events.vitals import (
    VitalsDeterioration,
    VitalsDeviation,
    VitalsGlucose,
    VitalsRhythm,
)

__all__ = [
    "EVENT_TYPES",
    "KINDS",
    "MAX_COUNT",
    "MAX_LIST",
    "AbsenceInactive",
    "AbsenceNoMovement",
    "AbsenceNotOut",
    "AbsenceWandering",
    "AnyEvent",
    "Area",
    "Bed",
    "BedEdge",
    "BedExit",
    "BedNotBack",
    "BedRestless",
    "CommandApplied",
    "CommandKind",
    "ConfigVersion",
    "ConsentApplied",
    "Contribution",
    "Corner",
    "Coverage",
    "Device",
    "Digest",
    "Distress",
    "DistressAgitated",
    "DistressCord",
    "DistressHelp",
    "DistressSmokeAlarm",
    "Event",
    "ExportFormat",
    "FallConfirmed",
    "FallLongLie",
    "FallRecovered",
    "FallSuspected",
    "FeatureDeviation",
    "Judged",
    "Kept",
    "Light",
    "Mark",
    "Marker",
    "NodeClockStepped",
    "NodeCommissioned",
    "NodeDataLate",
    "NodeDiskFull",
    "NodeExported",
    "NodeHas",
    "NodeKept",
    "NodeOutboxDropped",
    "NodeSourceSilent",
    "NodeStarted",
    "NodeStopped",
    "NodeWizard",
    "NodeWorkerFailed",
    "NodeWorkerRestarted",
    "NodeZone",
    "Outcome",
    "Part",
    "Purpose",
    "Quality",
    "QualityDegraded",
    "QualityNotWatched",
    "QualityRestored",
    "Seconds",
    "Segment",
    "Sense",
    "SenseGroup",
    "SenseState",
    "SenseStatus",
    "Situation",
    "SituationStep",
    "Station",
    "StationResult",
    "SummaryDaily",
    "SummaryHourly",
    "Unit",
    "Uuid",
    "Version",
    "VitalsDeterioration",
    "VitalsDeviation",
    "VitalsGlucose",
    "VitalsRhythm",
    "VoiceDeviation",
    "VoiceMarker",
    "WizardAct",
    "Worker",
    "chain_id",
    "decode",
    "encode",
    "event_id",
    "json_schema",
    "kind_of",
]

AnyEvent = (
    FallSuspected
    | FallConfirmed
    | FallLongLie
    | FallRecovered
    | DistressHelp
    | DistressSmokeAlarm
    | DistressCord
    | DistressAgitated
    | BedEdge
    | BedExit
    | BedNotBack
    | BedRestless
    | AbsenceNotOut
    | AbsenceNoMovement
    | AbsenceInactive
    | AbsenceWandering
    | VitalsDeterioration
    | VitalsDeviation
    | VitalsGlucose
    | VitalsRhythm
    | QualityDegraded
    | QualityRestored
    | QualityNotWatched
    | NodeStarted
    | NodeHas
    | NodeStopped
    | NodeWorkerRestarted
    | NodeWorkerFailed
    | NodeClockStepped
    | NodeOutboxDropped
    | NodeDataLate
    | NodeDiskFull
    | NodeSourceSilent
    | NodeExported
    | NodeKept
    | NodeWizard
    | NodeZone
    | NodeCommissioned
    | VoiceDeviation
    | SummaryHourly
    | SummaryDaily
    | ConsentApplied
    | CommandApplied
)

EVENT_TYPES: tuple[type[AnyEvent], ...] = get_args(AnyEvent)
"""The closed list."""


def kind_of(event: Event | type[Event]) -> str:
    """Return the kind, for example ``fall.confirmed``."""
    return str(event.__struct_config__.tag)


KINDS: tuple[str, ...] = tuple(kind_of(cls) for cls in EVENT_TYPES)

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


def encode(event: Event) -> bytes:
    """Return the JSON form that leaves the node."""
    return _encoder.encode(event)


def decode(data: bytes) -> AnyEvent:
    """Return the event in `data`.

    Raises
    ------
    msgspec.ValidationError, msgspec.DecodeError
        When `data` is not an event of the closed list.
    """
    return _decoder.decode(data)


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of everything that may leave a node."""
    return msgspec.json.schema(AnyEvent)


def _uuid8(*parts: str | int) -> str:
    digest = hashlib.sha256("\x1f".join(str(p) for p in parts).encode()).digest()
    raw = bytearray(digest[:16])
    raw[6] = (raw[6] & 0x0F) | 0x80
    raw[8] = (raw[8] & 0x3F) | 0x80
    return str(uuid.UUID(bytes=bytes(raw)))


def chain_id(node_key: str, room: str | None, family: str, t: int) -> str:
    """Return the id of the chain of `family` (``fall``, ``quality`` …) that began at `t`."""
    return _uuid8("chain", node_key, room or "", family, t)


def event_id(node_key: str, chain: str, position: int, kind: str, t: int) -> str:
    """Return the event's UUIDv8 from SHA-256 (RFC 9562, section 5.8)."""
    return _uuid8("event", node_key, chain, position, kind, t)
