"""What may leave a node: a closed list of anonymised statements.

Comes in: a judgement of `fusion`, or a technical statement of the node. Goes out: structs that
hold numbers, enumerated words and checked identifiers; no byte string, picture, keypoint, name or
free text, and lists only of named structs, at most 16 long. `docs/what-leaves.md` and the JSON
schema are generated from this module, so a new kind is a change here, there and in their test.
"""

from __future__ import annotations

import hashlib
import uuid
from enum import StrEnum
from typing import Annotated, Any, get_args

import msgspec
from msgspec import Meta, Struct

from ambient.observations import Hearing, Place, Probability, TimeNs, View, VoiceFeature
from ambient.places import Slug, Subject

Uuid = Annotated[
    str,
    Meta(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$(?!\n)"),
]
"""A UUIDv8 in its canonical lower-case form."""

ConfigVersion = Annotated[str, Meta(pattern=r"^[0-9a-f]{12}$(?!\n)")]
"""First 12 hexadecimal digits of the SHA-256 of the configuration in force."""

Version = Annotated[
    str, Meta(pattern=r"^[0-9]{1,4}\x2e[0-9]{1,4}\x2e[0-9]{1,4}$(?!\n)", max_length=14)
]
"""A semantic version, ``1.0.0``."""

Segment = Annotated[str, Meta(pattern=r"^[0-9a-f]{12}$(?!\n)")]
"""First 12 hexadecimal digits of a SHA-256 over what a baseline depends on: another features'
version, microphone or room is another segment, and values of two segments are not compared."""

Seconds = Annotated[float, Meta(ge=0)]

MAX_LIST = 16

MAX_COUNT = 2**31 - 1
"""No count is larger: what comes from outside must fit a database column and a reader's int."""


class Sense(StrEnum):
    """Who contributed to a judgement."""

    VISION_POSTURE = "vision.posture"
    VISION_DESCENT = "vision.descent"
    VISION_STILLNESS = "vision.stillness"
    PLACE = "place"
    SOUND_SCREAM = "sound.scream"
    SOUND_HELP = "sound.help"
    SOUND_MOAN = "sound.moan"
    SOUND_THUD = "sound.thud"
    SOUND_GLASS = "sound.glass"
    SOUND_SMOKE_ALARM = "sound.smoke_alarm"
    SOUND_COUGH = "sound.cough"


class Contribution(Struct, frozen=True, forbid_unknown_fields=True):
    """How far one sense moved the judgement, as a log-likelihood ratio (natural log)."""

    sense: Sense
    llr: float


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


class DistressStep(StrEnum):
    """Where a sound of distress stands; a chain goes through these in order, some left out."""

    SUSPECTED = "suspected"
    """Heard, not surely; shown, does not ring."""
    CONFIRMED = "confirmed"
    """Surely heard; rings."""
    LASTING = "lasting"
    """Still heard, minutes later; rings again."""
    ENDED = "ended"
    """Not heard any more; resolves nothing."""


class Purpose(StrEnum):
    """What a room may be watched for; each is on or off."""

    FALLS = "falls"
    SOUNDS = "sounds"
    VOICE = "voice"
    RECOGNISE_VOICE = "recognise_voice"
    """To tell the enrolled resident's voice from others; `voice` alone measures nobody."""
    VITALS = "vitals"
    RESEARCH = "research"


class Outcome(StrEnum):
    """What became of a command."""

    APPLIED = "applied"
    ALREADY = "already"
    REFUSED = "refused"


class VoiceMarker(StrEnum):
    """What is compared of a voice, named for what is measured; definitions in ``docs/markers``."""

    VOCAL_ACTIVATION = "vocal_activation"
    PSYCHOMOTOR_SLOWING = "psychomotor_slowing"
    VOCAL_EFFORT = "vocal_effort"
    PHONATORY_INSTABILITY = "phonatory_instability"


class Marker(StrEnum):
    """What a summary may carry."""

    TALK_TIME = "talk_time"
    """How long the resident spoke."""
    ROOM_SPEECH = "room_speech"
    """How long anybody in the room spoke, loudspeakers left out."""
    VOCAL_ACTIVATION = "vocal_activation"
    PSYCHOMOTOR_SLOWING = "psychomotor_slowing"
    VOCAL_EFFORT = "vocal_effort"
    PHONATORY_INSTABILITY = "phonatory_instability"


class Unit(StrEnum):
    """Units, in UCUM."""

    SECOND = "s"
    ONE = "1"
    """A number without a unit: a z-score counts in the person's own spreads."""


class Mark(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One marker over the time of a summary.

    Attributes
    ----------
    value, z
        The value in `unit`, or how many of the person's own spreads it lies from the own baseline;
        nothing where there was not enough to say it.
    seconds
        How much was listened to (talk time, room speech) or spoken (all else) for it.
    days
        Days that the baseline behind `z` has learned from.
    """

    marker: Marker
    version: Version
    value: float | None = None
    z: float | None = None
    unit: Unit
    seconds: Seconds
    days: Annotated[int, Meta(ge=0, le=MAX_COUNT)] = 0


class FeatureDeviation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far one acoustic feature of a voice lies from the person's own baseline."""

    feature: VoiceFeature
    z: float
    seconds: Seconds


class CommandKind(StrEnum):
    """The closed list of commands, by name (see `ambient.commands`), and what is not in it."""

    PURPOSE = "purpose"
    PAUSE = "pause"
    RESUME = "resume"
    ACKNOWLEDGED = "acknowledged"
    CONFIGURATION = "configuration"
    ERASE = "erase"
    ROTATE_KEY = "rotate_key"
    UNKNOWN = "unknown"
    """Something that this node does not know and therefore refused."""


class Event(Struct, frozen=True, kw_only=True, tag_field="kind", forbid_unknown_fields=True):
    """The envelope of every event.

    Attributes
    ----------
    id
        UUIDv8 derived from node key, chain, position, kind and `t`: derived again, the same.
    t
        Nanoseconds since the Unix epoch, of the signal that decided.
    node, room, subject
        Where; `subject` is a pseudonym or nothing. Technical events of a whole node have no room.
    chain, position
        Events of one situation share a chain and count up from 0.
    probability
        Of the judgement, 0..1; 1 for plain facts.
    contributions
        What each sense added.
    config_version
        Of the configuration that decided.
    """

    id: Uuid
    t: TimeNs
    node: Slug
    room: Slug | None = None
    subject: Subject | None = None
    chain: Uuid
    position: Annotated[int, Meta(ge=0, le=MAX_COUNT)]
    probability: Probability = 1.0
    contributions: Annotated[list[Contribution], Meta(max_length=MAX_LIST)] = []
    config_version: ConfigVersion


class FallSuspected(Event, frozen=True, kw_only=True, tag="fall.suspected"):
    """Somebody may be on the floor; shown, does not ring."""

    place: Place = Place.UNKNOWN
    descent_seen: bool = False


class FallConfirmed(Event, frozen=True, kw_only=True, tag="fall.confirmed"):
    """Somebody is on the floor; rings."""

    down_s: Annotated[float, Meta(ge=0)]
    place: Place = Place.UNKNOWN
    descent_seen: bool = False


class FallLongLie(Event, frozen=True, kw_only=True, tag="fall.long_lie"):
    """Somebody has been on the floor for long."""

    down_s: Annotated[float, Meta(ge=0)]


class FallRecovered(Event, frozen=True, kw_only=True, tag="fall.recovered"):
    """The same person was seen upright again, or sitting off the floor; resolves nothing."""

    down_s: Annotated[float, Meta(ge=0)]


class Distress(Event, frozen=True, kw_only=True):
    """What all sounds of distress share.

    Attributes
    ----------
    step
        Where the chain stands.
    lasted_s
        From when it was first heard to when it was heard last.
    """

    step: DistressStep
    lasted_s: Seconds


class DistressHelp(Distress, frozen=True, kw_only=True, tag="distress.help"):
    """Somebody calls for help; rings from ``confirmed`` on."""


class DistressSmokeAlarm(Distress, frozen=True, kw_only=True, tag="distress.smoke_alarm"):
    """A smoke detector sounds; rings from ``confirmed`` on."""


class Quality(Event, frozen=True, kw_only=True):
    """What a camera can see or a microphone can hear; one of both is given."""

    source: Slug
    view: View | None = None
    hearing: Hearing | None = None


class QualityDegraded(Quality, frozen=True, kw_only=True, tag="quality.degraded"):
    """A camera cannot see, or a microphone not hear, lastingly: a technical alarm."""


class QualityRestored(Quality, frozen=True, kw_only=True, tag="quality.restored"):
    """The camera sees, or the microphone hears again."""


class QualityNotWatched(Quality, frozen=True, kw_only=True, tag="quality.not_watched"):
    """By plan (night without infrared, privacy pause, purpose off) nobody watches; never rings."""

    until: TimeNs | None = None


class NodeStarted(Event, frozen=True, kw_only=True, tag="node.started"):
    """The node is up."""


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
    """A source said nothing for longer than it promised: a technical alarm."""

    source: Slug
    device: Device = Device.CAMERA
    silent_s: Annotated[float, Meta(ge=0)]


class VoiceDeviation(Event, frozen=True, kw_only=True, tag="voice.deviation"):
    """A resident's voice deviates from its own baseline over days; says nothing about why.

    Attributes
    ----------
    z
        How far the marker moved, in the person's own spreads from day to day.
    since
        Beginning of the first day that deviates.
    days, speech_s
        Days with enough speech since then, and how much was spoken on them.
    baseline_days
        Days that the baseline has learned from.
    features
        What moved, the farthest first.
    """

    marker: VoiceMarker
    version: Version
    segment: Segment
    z: float
    since: TimeNs
    days: Annotated[int, Meta(ge=1, le=MAX_COUNT)]
    speech_s: Seconds
    baseline_days: Annotated[int, Meta(ge=1, le=MAX_COUNT)]
    features: Annotated[list[FeatureDeviation], Meta(max_length=MAX_LIST)] = []


class SummaryHourly(Event, frozen=True, kw_only=True, tag="summary.hourly"):
    """What one purpose of a room gave in an hour of the site's time; `t` is its end."""

    purpose: Purpose
    began: TimeNs
    marks: Annotated[list[Mark], Meta(max_length=MAX_LIST)] = []


class SummaryDaily(Event, frozen=True, kw_only=True, tag="summary.daily"):
    """What one purpose of a room gave in a day of the site's time; `t` is its end.

    Attributes
    ----------
    began
        Beginning of the day; days begin in the morning, so that a night is not cut in two.
    segment
        Of the baseline behind the z-scores; nothing before there is one.
    """

    purpose: Purpose
    began: TimeNs
    segment: Segment | None = None
    marks: Annotated[list[Mark], Meta(max_length=MAX_LIST)] = []
    features: Annotated[list[FeatureDeviation], Meta(max_length=MAX_LIST)] = []


class ConsentApplied(Event, frozen=True, kw_only=True, tag="consent.applied"):
    """A purpose was switched on or off on the node."""

    purpose: Purpose
    on: bool


class CommandApplied(Event, frozen=True, kw_only=True, tag="command.applied"):
    """The node's answer to a command."""

    command: Uuid
    command_kind: CommandKind
    outcome: Outcome


AnyEvent = (
    FallSuspected
    | FallConfirmed
    | FallLongLie
    | FallRecovered
    | DistressHelp
    | DistressSmokeAlarm
    | QualityDegraded
    | QualityRestored
    | QualityNotWatched
    | NodeStarted
    | NodeStopped
    | NodeWorkerRestarted
    | NodeWorkerFailed
    | NodeClockStepped
    | NodeOutboxDropped
    | NodeDataLate
    | NodeDiskFull
    | NodeSourceSilent
    | VoiceDeviation
    | SummaryHourly
    | SummaryDaily
    | ConsentApplied
    | CommandApplied
)

EVENT_TYPES: tuple[type[Event], ...] = get_args(AnyEvent)
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
