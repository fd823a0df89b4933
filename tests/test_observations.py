"""What a sensor may say inside a node: it comes back as it went, and nothing else passes."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest

from ambient.observations import (
    KEYPOINTS,
    AnyObservation,
    BoxSeen,
    ClockStepped,
    Doubt,
    Dropped,
    Hearing,
    HearingState,
    ImpactMeasured,
    MotionMeasured,
    Place,
    PoseSeen,
    Posture,
    PostureSeen,
    RhythmMeasured,
    SensorKind,
    SensorSeen,
    SoundClass,
    SoundHeard,
    SpeechHeard,
    Tick,
    TrackEnd,
    TrackEnded,
    View,
    ViewState,
    VitalMeasured,
    VoiceFeature,
    VoiceMeasured,
    VoiceValue,
    Wear,
    WearState,
    decode,
    encode,
)

WHERE = {"t": 1_700_000_000_000_000_000, "room": "r12", "source": "c1"}
WORN = {**WHERE, "received": WHERE["t"] + 250_000_000, "offset_s": -0.5, "subject": "s-4f2a"}
# The network extrapolates joints outside the picture: such values occur and are kept.
BODY = [(0.5, -0.25, 0.9)] * KEYPOINTS
POSE = {"track": 3, "keypoints": BODY, "box": (0.1, 0.2, 0.3, 1.4), "score": 0.9, "aspect": 16 / 9}
POSTURE = {"track": 3, "posture": Posture.LYING, "probability": 0.8, "down": 0.9, "upright": 0.05}

EXAMPLES = [
    Tick(**WHERE),
    PoseSeen(**WHERE, **POSE),
    PoseSeen(**WHERE, **POSE, world=[(0.1, -0.2, 0.3)] * KEYPOINTS),
    BoxSeen(**WHERE, track=3, box=(0.1, 0.2, 0.3, 1.0), score=0.5, aspect=16 / 9),
    PostureSeen(**WHERE, **POSTURE),
    PostureSeen(**WHERE, **POSTURE, place=Place.BED, bed="r12-a", descent=1.0, still=0.5),
    TrackEnded(**WHERE, track=3, reason=TrackEnd.LEFT_PICTURE),
    ViewState(**WHERE, view=View.PAUSED, until=2**62),
    HearingState(**WHERE, hearing=Hearing.CLIPPED, measure=0.02),
    SpeechHeard(**WHERE, seconds=2.5, level=-30.0, person=0.9, resident=0.8),
    SoundHeard(**WHERE, sound=SoundClass.THUD, probability=0.7, seconds=0.3, level=-12.0),
    VoiceMeasured(
        **WHERE,
        subject="s-4f2a",
        began=1_699_999_000_000_000_000,
        speech_s=61.0,
        values=[VoiceValue(VoiceFeature.HNR, 12.5, 40.0)],
        version="1.0.0",
    ),
    VitalMeasured(**WORN, code="8867-4", value=72.0, unit="/min", doubts=[Doubt.MOTION]),
    WearState(**WORN, worn=False, battery=0.4),
    MotionMeasured(
        **WORN,
        wear=Wear.WRIST,
        counts=0.02,
        peak=1.1,
        lowest=0.9,
        gravity=(0.0, -1.0, 0.1),
        steps=1,
    ),
    ImpactMeasured(**WORN, wear=Wear.WAIST, impact=7, fall=0.9, still=1.0, turned=80.0),
    RhythmMeasured(**WORN, seconds=60.0, beats=70, quality=0.9, rmssd_ms=31.0),
    SensorSeen(**WORN, kind=SensorKind.BED, on=True, bed="r12-a"),
    ClockStepped(**WHERE, step_s=-3600.0),
    Dropped(**WHERE, frames=7),
]


def raw(**changed: Any) -> bytes:
    """Return a posture as it stands on the socket, changed, or by ``...`` without a field."""
    fields = {"type": "posture", **WHERE, **POSTURE, **changed}
    return msgspec.msgpack.encode({k: v for k, v in fields.items() if v is not ...})


def test_there_is_an_example_of_every_kind() -> None:
    assert {type(one) for one in EXAMPLES} == set(get_args(AnyObservation))


@pytest.mark.parametrize("observation", EXAMPLES, ids=lambda one: type(one).__name__)
def test_it_comes_back_as_it_went(observation: AnyObservation) -> None:
    assert decode(encode(observation)) == observation


@pytest.mark.parametrize(
    "changed",
    [
        {"type": "frame"},
        {"type": ...},
        {"t": -1},
        {"t": 1.5},
        {"t": ...},
        {"room": "Room 12"},
        {"source": "rtsp://anna:secret@camera"},
        {"posture": "asleep"},
        {"probability": 1.5},
        {"down": float("nan")},
        {"upright": -0.1},
        {"place": "bathtub"},
        {"bed": "bed of Anna"},
        {"track": "three"},
        {"picture": b"\xff\xd8\xff"},
    ],
    ids=lambda changed: " ".join(f"{key}={value!r:.30}" for key, value in changed.items()),
)
def test_what_is_no_observation_is_refused(changed: dict[str, Any]) -> None:
    assert isinstance(decode(raw()), PostureSeen)
    with pytest.raises(msgspec.ValidationError):
        decode(raw(**changed))


@pytest.mark.parametrize("points", [0, 1, KEYPOINTS - 1, KEYPOINTS + 1])
def test_a_pose_has_all_its_points(points: int) -> None:
    fields = {"type": "pose", **WHERE, **POSE, "keypoints": BODY[:1] * points}
    with pytest.raises(msgspec.ValidationError, match="of length"):
        decode(msgspec.msgpack.encode(fields))


@pytest.mark.parametrize(
    "changed",
    [{"box": (0.1, 0.2, 0.3)}, {"score": 1.2}, {"score": ...}, {"keypoints": BODY}],
    ids=["three sides", "score", "no score", "keypoints"],
)
def test_an_outline_is_a_box_and_no_more(changed: dict[str, Any]) -> None:
    fields = {"type": "box", **WHERE, "track": 3, "box": (0, 0, 1, 1), "score": 0.5, "aspect": 1.0}
    assert isinstance(decode(msgspec.msgpack.encode(fields)), BoxSeen)
    fields = {key: value for key, value in {**fields, **changed}.items() if value is not ...}
    with pytest.raises(msgspec.ValidationError):
        decode(msgspec.msgpack.encode(fields))


@pytest.mark.parametrize(
    "data", [b"", b"\x81", b"\xc1", b"\xff\xd8\xff\xe0", b"{}", b"\x91" * 2000]
)
def test_garbage_is_refused(data: bytes) -> None:
    with pytest.raises((msgspec.MsgspecError, RecursionError)):
        decode(data)
