"""What a sensor may say: numbers derived from signals, never the signals themselves.

Comes in: what `vision` and `audio` (later gateways) derived. Goes out: tagged structs that travel
inside one room node and never leave it. Every observation carries `t`, integer nanoseconds since
the Unix epoch (a file in ``watch`` and ``evaluate`` starts at 0), the instant of the signal; the
`room` it is about and the `source` (id of the camera or microphone) that saw or heard it. ``t``
never goes back within a source.

Coordinates are normalised to the picture: x to the right, y down, both 0..1 inside it (the
pose network extrapolates joints outside the picture, so values beyond occur and are kept).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from ambient.places import Slug, Subject

Probability = Annotated[float, Meta(ge=0.0, le=1.0)]
TimeNs = Annotated[int, Meta(ge=0, le=2**63 - 1)]
"""Nanoseconds; what a signed 64-bit column holds (until the year 2262)."""
Point = tuple[float, float]
Box = tuple[float, float, float, float]
"""x0, y0, x1, y1, normalised."""
Keypoint = tuple[float, float, float]
"""x, y normalised; visibility 0..1."""

KEYPOINTS = 33


class Posture(StrEnum):
    """The OmniFall taxonomy of states and movements, and four of our own."""

    WALK = "walk"
    FALL = "fall"
    FALLEN = "fallen"
    SIT_DOWN = "sit_down"
    SITTING = "sitting"
    LIE_DOWN = "lie_down"
    LYING = "lying"
    STAND_UP = "stand_up"
    STANDING = "standing"
    OTHER = "other"
    KNEELING = "kneeling"
    SQUATTING = "squatting"
    CRAWL = "crawl"
    JUMP = "jump"


class Place(StrEnum):
    """What a person is on, as far as zones (or learned places) tell."""

    FLOOR = "floor"
    BED = "bed"
    SOFA = "sofa"
    CHAIR = "chair"
    PERMITTED = "permitted"
    """A lying place that a nurse allowed (floor bed, fall mat)."""
    UNKNOWN = "unknown"


class View(StrEnum):
    """What a camera can see; everything but ``OK`` is an answer of its own, not an error."""

    OK = "ok"
    DARK = "dark"
    OVER_EXPOSED = "over_exposed"
    BLURRED = "blurred"
    COVERED = "covered"
    FROZEN = "frozen"
    MOVED = "moved"
    GONE = "gone"
    NOT_WATCHED = "not_watched"
    """Dark by plan: a camera without infrared at night."""
    PAUSED = "paused"
    """A privacy pause: the device is closed."""
    OFF = "off"
    """The purpose is off: the device is closed."""


class TrackEnd(StrEnum):
    """Why a track ended."""

    LEFT_PICTURE = "left_picture"
    LOST = "lost"


class Hearing(StrEnum):
    """What a microphone can hear; everything but ``OK`` is an answer of its own, not an error."""

    OK = "ok"
    SILENT = "silent"
    """No signal at all, not even the noise of a quiet room: muted, unplugged, a dead capsule."""
    CLIPPED = "clipped"
    HUM = "hum"
    OFFSET = "offset"
    """A constant voltage that takes room from the signal."""
    GAPS = "gaps"
    """Blocks are missing or come late."""
    GONE = "gone"
    PAUSED = "paused"
    """A privacy pause: the device is closed."""
    SWITCHED_OFF = "switched_off"
    """The purpose is off: the device is closed."""


class SoundClass(StrEnum):
    """Sounds of distress, and nothing else that could be heard in a room."""

    SCREAM = "scream"
    HELP = "help"
    """A call for help: repeated, loud, isolated calling, or a word of the site's list."""
    MOAN = "moan"
    THUD = "thud"
    GLASS = "glass"
    SMOKE_ALARM = "smoke_alarm"
    COUGH = "cough"


class VoiceFeature(StrEnum):
    """What leaves the audio process of a voice: few acoustic numbers, each over a minute or more.

    Units stand behind each name; definitions in ``docs/voice.md``.
    """

    F0_LEVEL = "f0_level"
    """Median, semitones above 27.5 Hz."""
    F0_RANGE = "f0_range"
    """From the 20th to the 80th percentile, semitones."""
    LOUDNESS = "loudness"
    """Mean, as in GeMAPS (dimensionless); depends on the distance to the microphone."""
    SPECTRAL_SLOPE = "spectral_slope"
    """Of voiced speech, 0 to 500 Hz, dB per Hz."""
    ALPHA_RATIO = "alpha_ratio"
    """Energy 50 to 1000 Hz over 1 to 5 kHz, of voiced speech, dB."""
    JITTER = "jitter"
    """Local, per cent."""
    SHIMMER = "shimmer"
    """Local, dB."""
    HNR = "hnr"
    """Harmonics-to-noise ratio, dB."""
    CPP = "cpp"
    """Smoothed cepstral peak prominence, dB."""
    SPEECH_RATE = "speech_rate"
    """Syllable nuclei a second, pauses included."""
    ARTICULATION_RATE = "articulation_rate"
    """Syllable nuclei a second of speech."""
    PAUSE_RATIO = "pause_ratio"
    """Share of pauses in turns, 0..1."""
    PAUSE_LENGTH = "pause_length"
    """Mean, seconds."""


class Observation(Struct, frozen=True, kw_only=True, tag_field="type", forbid_unknown_fields=True):
    """What all observations share."""

    t: TimeNs
    room: Slug
    source: Slug


class Tick(Observation, frozen=True, kw_only=True, tag="tick"):
    """Once a second from every source, so that time goes on in an empty room."""


class PoseSeen(Observation, frozen=True, kw_only=True, tag="pose"):
    """A person's body in one frame.

    Attributes
    ----------
    track
        Identity within this camera, survives crossings and short occlusion.
    keypoints
        33 BlazePose landmarks: x, y normalised, visibility 0..1.
    world
        33 points x, y, z in metres, centred between the hips, y down; empty when unknown.
    box
        Of the visible body.
    score
        Confidence of the network that this is a person, 0..1.
    aspect
        Width / height of the picture in pixels, so that angles can be computed.
    """

    track: int
    keypoints: Annotated[list[Keypoint], Meta(min_length=KEYPOINTS, max_length=KEYPOINTS)]
    box: Box
    score: Probability
    aspect: float
    world: Annotated[list[tuple[float, float, float]], Meta(max_length=KEYPOINTS)] = []


class BoxSeen(Observation, frozen=True, kw_only=True, tag="box"):
    """A person of whom only the outline is found: a detector sees them, the pose network no body.

    Attributes
    ----------
    track
        As in `PoseSeen`; a person keeps it from pose to box and back.
    box
        Of the visible person.
    score
        Of the detector, 0..1.
    aspect
        Width / height of the picture in pixels.
    """

    track: int
    box: Box
    score: Probability
    aspect: float


class PostureSeen(Observation, frozen=True, kw_only=True, tag="posture"):
    """How a person is and on what: the evidence on which falls are judged.

    Attributes
    ----------
    track
        As in `PoseSeen`.
    posture
        Most probable label.
    probability
        Of that label.
    down
        Probability that the body is down: lying, fallen, or crumpled low, on whatever surface.
    upright
        Probability of standing, walking, or sitting off the floor.
    place, bed, place_sure
        What the person is on; the bed's id when a zone says so; probability of that place (1 by a
        zone that somebody drew, less by furniture that was found).
    descent
        Evidence that a fast uncontrolled descent ended within the last 3 s, 0..1.
    still
        Share of the last 2 s without movement, 0..1.
    quality
        How far this may be trusted: share of the body seen times the network's score, 0..1.
    at, size
        Middle of the hips (x, y) and length of the body, both in picture heights.
    """

    track: int
    posture: Posture
    probability: Probability
    down: Probability
    upright: Probability
    place: Place = Place.UNKNOWN
    bed: Slug | None = None
    place_sure: Probability = 1.0
    descent: Probability = 0.0
    still: Probability = 0.0
    quality: Probability = 1.0
    at: Point = (0.0, 0.0)
    size: Annotated[float, Meta(ge=0)] = 0.0


class TrackEnded(Observation, frozen=True, kw_only=True, tag="track_ended"):
    """A person is no longer seen; never by itself a reason to end an alarm."""

    track: int
    reason: TrackEnd
    posture: Posture = Posture.OTHER
    down: Probability = 0.0


class ViewState(Observation, frozen=True, kw_only=True, tag="view"):
    """What the camera can see from `t` on; sent at every change and once a minute."""

    view: View
    measure: float = 0.0
    """The number that decided: mean luma, sharpness, seconds without change …"""
    until: TimeNs | None = None
    """When a planned state ends by itself (privacy pause)."""
    run: TimeNs = 0
    """`t` of the first frame of this look: another value means that nothing is remembered."""


class ClockStepped(Observation, frozen=True, kw_only=True, tag="clock_stepped"):
    """The machine's wall clock jumped against the monotonic one."""

    step_s: float


class Dropped(Observation, frozen=True, kw_only=True, tag="dropped"):
    """Frames that a slow consumer did not look at since the last such line."""

    frames: Annotated[int, Meta(ge=1)]


class HearingState(Observation, frozen=True, kw_only=True, tag="hearing"):
    """What the microphone can hear from `t` on; sent at every change and once a minute."""

    hearing: Hearing
    measure: float = 0.0
    """The number that decided: level in dBFS, share of clipped samples, late blocks …"""
    until: TimeNs | None = None
    """When a planned state ends by itself (privacy pause)."""
    run: TimeNs = 0
    """`t` of the first block of this listening: another value means that nothing is remembered."""


class SpeechHeard(Observation, frozen=True, kw_only=True, tag="speech"):
    """One stretch of speech that was known to be over at `t`; never what was said."""

    seconds: Annotated[float, Meta(ge=0.0)]
    level: float
    """Active level, dBFS."""
    person: Probability
    """That somebody in the room spoke, not a loudspeaker."""
    resident: Probability | None = None
    """That it was the enrolled resident; None without an enrolment."""


class SoundHeard(Observation, frozen=True, kw_only=True, tag="sound"):
    """A sound of distress that was heard up to `t`; `probability` is calibrated."""

    sound: SoundClass
    probability: Probability
    seconds: Annotated[float, Meta(ge=0.0)] = 0.0
    level: float = 0.0
    """Loudest level, dBFS."""


class VoiceValue(Struct, frozen=True, forbid_unknown_fields=True):
    """One feature over the speech of a `VoiceMeasured`."""

    feature: VoiceFeature
    value: float
    seconds: Annotated[float, Meta(ge=0.0)]
    """How much speech stands behind it."""


class VoiceMeasured(Observation, frozen=True, kw_only=True, tag="voice"):
    """Features of the enrolled resident's speech that was collected up to `t`, 60 s at least."""

    subject: Subject
    began: TimeNs
    """`t` of the first speech in it."""
    speech_s: Annotated[float, Meta(ge=60.0)]
    values: Annotated[list[VoiceValue], Meta(max_length=16)]
    version: Annotated[str, Meta(min_length=1, max_length=40)]
    """Of the features: another one begins another baseline."""


AnyObservation = (
    Tick
    | PoseSeen
    | BoxSeen
    | PostureSeen
    | TrackEnded
    | ViewState
    | HearingState
    | SpeechHeard
    | SoundHeard
    | VoiceMeasured
    | ClockStepped
    | Dropped
)

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[AnyObservation] = msgspec.msgpack.Decoder(AnyObservation)


def encode(observation: AnyObservation) -> bytes:
    """Return the MessagePack form that travels inside a node."""
    return _encoder.encode(observation)


def decode(data: bytes) -> AnyObservation:
    """Return the observation in `data`.

    Raises
    ------
    msgspec.ValidationError, msgspec.DecodeError
        When `data` is not an observation of this version.
    """
    return _decoder.decode(data)
