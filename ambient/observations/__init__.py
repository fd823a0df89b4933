"""What a sensor may say: numbers derived from signals, never the signals themselves.

Comes in: what `vision`, `audio` and the gateways derived. Goes out: tagged structs that travel
inside one room node and never leave it, each kind in the module of its sense.
"""

from __future__ import annotations

import msgspec

from ambient.observations.base import (
    ClockStepped,
    Dropped,
    Observation,
    Probability,
    Tick,
    TimeNs,
)
from ambient.observations.heard import (
    Hearing,
    HearingState,
    SoundClass,
    SoundHeard,
    SpeechHeard,
    VoiceFeature,
    VoiceMeasured,
    VoiceValue,
)
from ambient.observations.seen import (
    KEYPOINTS,
    Box,
    BoxSeen,
    Keypoint,
    Place,
    Point,
    PoseSeen,
    Posture,
    PostureSeen,
    TrackEnd,
    TrackEnded,
    View,
    ViewState,
)
from ambient.observations.worn import (
    Doubt,
    ImpactMeasured,
    Loinc,
    Measured,
    MotionMeasured,
    RhythmMeasured,
    SensorKind,
    SensorSeen,
    Ucum,
    VitalMeasured,
    Wear,
    WearState,
)

__all__ = [
    "KEYPOINTS",
    "AnyObservation",
    "Box",
    "BoxSeen",
    "ClockStepped",
    "Doubt",
    "Dropped",
    "Hearing",
    "HearingState",
    "ImpactMeasured",
    "Keypoint",
    "Loinc",
    "Measured",
    "MotionMeasured",
    "Observation",
    "Place",
    "Point",
    "PoseSeen",
    "Posture",
    "PostureSeen",
    "Probability",
    "RhythmMeasured",
    "SensorKind",
    "SensorSeen",
    "SoundClass",
    "SoundHeard",
    "SpeechHeard",
    "Tick",
    "TimeNs",
    "TrackEnd",
    "TrackEnded",
    "Ucum",
    "View",
    "ViewState",
    "VitalMeasured",
    "VoiceFeature",
    "VoiceMeasured",
    "VoiceValue",
    "Wear",
    "WearState",
    "decode",
    "encode",
]

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
    | VitalMeasured
    | WearState
    | MotionMeasured
    | ImpactMeasured
    | RhythmMeasured
    | SensorSeen
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
