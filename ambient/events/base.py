"""The envelope of every event, and the words that kinds of several families share."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from ambient.observations import Probability, TimeNs
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

Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
"""A SHA-256 in hexadecimal."""


class Sense(StrEnum):
    """Who contributed to a judgement."""

    VISION_POSTURE = "vision.posture"
    VISION_DESCENT = "vision.descent"
    VISION_STILLNESS = "vision.stillness"
    VISION_MOVEMENT = "vision.movement"
    """How much somebody moves, over minutes."""
    PLACE = "place"
    SOUND_SCREAM = "sound.scream"
    SOUND_HELP = "sound.help"
    SOUND_MOAN = "sound.moan"
    SOUND_THUD = "sound.thud"
    SOUND_GLASS = "sound.glass"
    SOUND_SMOKE_ALARM = "sound.smoke_alarm"
    SOUND_COUGH = "sound.cough"
    WEARABLE_IMPACT = "wearable.impact"
    WEARABLE_STILLNESS = "wearable.stillness"
    WEARABLE_ORIENTATION = "wearable.orientation"
    """The device hangs otherwise than before."""
    WEARABLE_MOVEMENT = "wearable.movement"
    """How much the wearer moves, over minutes."""
    HEART_RATE = "vitals.heart_rate"
    VITALS = "vitals.score"
    """Vital signs together."""
    GLUCOSE = "vitals.glucose"
    SENSOR_BED = "sensor.bed"
    SENSOR_CHAIR = "sensor.chair"
    SENSOR_MAT = "sensor.mat"
    SENSOR_DOOR = "sensor.door"
    SENSOR_PRESENCE = "sensor.presence"
    SENSOR_FALL = "sensor.fall"
    """The own judgement of a radar."""
    SENSOR_CORD = "sensor.cord"
    CARER = "sensor.carer"
    """A carer is here."""
    OWN_RATE = "own_rate"
    """How often this happens here anyway."""


class Contribution(Struct, frozen=True, forbid_unknown_fields=True):
    """How far one sense moved the judgement, as a log-likelihood ratio (natural log)."""

    sense: Sense
    llr: float


class SenseGroup(StrEnum):
    """The senses of a room."""

    CAMERA = "camera"
    SOUND = "sound"
    WEARABLE = "wearable"
    """Movement of what a resident wears."""
    VITALS = "vitals"
    """Values of wearables and monitors."""
    SENSOR = "sensor"


class SenseStatus(StrEnum):
    """How a sense of a room was when something was judged."""

    ALIVE = "alive"
    ABSENT = "absent"
    """The room has none."""
    OFF = "off"
    """Its purpose is off, or there is no consent."""
    PAUSED = "paused"
    NO_VIEW = "no_view"
    """The camera sees, or the microphone hears, nothing that can be judged."""
    NOT_WORN = "not_worn"
    SILENT = "silent"
    """It said nothing for longer than it promised."""


class SenseState(Struct, frozen=True, forbid_unknown_fields=True):
    """How one sense of the room was at that moment."""

    group: SenseGroup
    status: SenseStatus


class SituationStep(StrEnum):
    """Where a situation stands; a chain goes through these in order, some left out."""

    SUSPECTED = "suspected"
    """Not sure; shown, does not ring."""
    CONFIRMED = "confirmed"
    """Sure."""
    LASTING = "lasting"
    """Still so, much later."""
    ENDED = "ended"
    """Not so any more; resolves nothing."""


class Purpose(StrEnum):
    """What a room may be watched for; each is on or off."""

    FALLS = "falls"
    SOUNDS = "sounds"
    VOICE = "voice"
    RECOGNISE_VOICE = "recognise_voice"
    """To tell the enrolled resident's voice from others; `voice` alone measures nobody."""
    VITALS = "vitals"
    RESEARCH = "research"


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


class Judged(Event, frozen=True, kw_only=True):
    """What events that several senses decide share.

    Attributes
    ----------
    senses
        How each sense of the room was at that moment.
    """

    senses: Annotated[list[SenseState], Meta(max_length=MAX_LIST)] = []


class Situation(Judged, frozen=True, kw_only=True):
    """What situations of people share.

    Attributes
    ----------
    step
        Where the chain stands.
    lasted_s
        From when it was first noticed to the newest evidence of it.
    """

    step: SituationStep
    lasted_s: Seconds
