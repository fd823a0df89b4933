"""Recorded falls at the wrist beside a bed, in rooms with other senses: whether a node rings.

In: a recorded fall as a stream of `fusion_falls.streams`. Out: seconds from its impact until the
node confirms it, or None. Somebody sleeps in bed for a minute, falls out of it as the recording
says and stays on the floor. What else the room has says what it would: a bed sensor lets go, a
camera sees the body lie beside the bed, or loses it from sight behind it, or shows only a visitor
who stands there.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from msgspec.structs import replace

from ambient.config import Bed, NodeConfig
from ambient.config import Room as RoomConfig
from ambient.config_cameras import Camera
from ambient.config_gateways import Gateways, Mqtt, Way, Wearable
from ambient.evaluate.clip import CAMERA, ROOM
from ambient.evaluate.fusion_falls.streams import Stream, at
from ambient.events import FallConfirmed
from ambient.observations import (
    AnyObservation,
    MotionMeasured,
    Place,
    Posture,
    PostureSeen,
    SensorKind,
    SensorSeen,
    Tick,
    TrackEnd,
    TrackEnded,
    Wear,
)
from fusion.judge import Judge

SECOND: Final = 1_000_000_000
FALL_S: Final = 60
"""Seconds of sleep before the impact."""
LIES_S: Final = 120
"""… and on the floor after it."""
LETS_GO_S: Final = 1.5
"""A bed sensor lets go so long before the impact, as it is at rest."""
BED: Final = "a"
SUBJECT: Final = "s-aaaa"
_KEY: Final = "0" * 40


class Room(StrEnum):
    """What there is beside a wristband."""

    NOTHING = "nothing else (camera dark)"
    PAD = "bed sensor (camera dark)"
    CAMERA = "camera"
    BEHIND = "camera, fallen out of its sight"
    VISITOR = "camera that sees a visitor stand, fallen out of its sight"
    ALL = "camera and bed sensor"


_SEES: Final = frozenset({Room.CAMERA, Room.BEHIND, Room.VISITOR, Room.ALL})
_FELT: Final = frozenset({Room.PAD, Room.ALL})


def told_after(fall: Stream, room: Room) -> float | None:
    """Return seconds from the impact until a fall is confirmed; None when it is not."""
    judge = Judge(_config(room), _KEY)
    story = sorted(_story(fall, room), key=lambda one: one.t)
    told = [event for one in story for event in judge.observe(one)]
    told += judge.finish()
    confirmed = [event.t for event in told if isinstance(event, FallConfirmed)]
    return (min(confirmed) / SECOND - FALL_S) if confirmed else None


def _config(room: Room) -> NodeConfig:
    band = Wearable(id="w1", device="w1", via=Way.MQTT, subject=SUBJECT, wear=Wear.WRIST)
    cameras = [Camera(id=CAMERA, source="night")] if room in _SEES else []
    one = RoomConfig(
        id=ROOM, beds=[Bed(id=BED, subject=SUBJECT)], cameras=cameras, wearables=[band]
    )
    gateways = Gateways(mqtt=Mqtt(host="10.0.2.5"))
    return NodeConfig(site="site", node="node", rooms=[one], gateways=gateways)


def _story(fall: Stream, room: Room) -> list[AnyObservation]:
    impact, end = FALL_S * SECOND, (FALL_S + LIES_S) * SECOND
    band = [one for one in at(fall, impact) if one.t <= end]
    recorded = [one.t for one in band if isinstance(one, MotionMeasured)]
    first, last = min(recorded), max(recorded)
    hangs = next(o.gravity for o in reversed(band) if isinstance(o, MotionMeasured))
    story: list[AnyObservation] = [
        replace(one, room=ROOM, source="w1", subject=SUBJECT) for one in band
    ]
    for t in range(0, end, SECOND):
        story.append(Tick(t=t, room=ROOM, source="node"))
        if not first - SECOND // 2 <= t <= last + SECOND // 2:
            story.append(_lies(t, hangs))
    if room in _FELT:
        changes = ((0.5, True), (FALL_S - LETS_GO_S, False))
        story += [_pad(round(s * SECOND), on) for s, on in changes]
    if room in _SEES:
        story += _seen(room, impact, end)
    return story


def _lies(t: int, hangs: tuple[float, float, float]) -> AnyObservation:
    return MotionMeasured(
        t=t, received=t, room=ROOM, source="w1", subject=SUBJECT, wear=Wear.WRIST, counts=0.008,
        peak=1.01, lowest=0.99, gravity=hangs,
    )  # fmt: skip


def _pad(t: int, on: bool) -> AnyObservation:
    return SensorSeen(t=t, received=t, room=ROOM, source="pad", kind=SensorKind.BED, on=on, bed=BED)


def _seen(room: Room, impact: int, end: int) -> list[AnyObservation]:
    """Return what a camera says twice a second: somebody in bed, then on the floor or not at all.

    Whoever falls behind the bed, or while a visitor stands before it, is lost there.
    """
    story: list[AnyObservation] = []
    visited = room is Room.VISITOR
    for t in range(0, end, SECOND // 2):
        if visited:
            story.append(_posture(t, 2, down=False))
        if t < impact:
            story.append(_posture(t, 1, down=True, bed=BED))
        elif room in (Room.CAMERA, Room.ALL):
            story.append(_posture(t, 1, down=True))
    if room in (Room.BEHIND, Room.VISITOR):
        lost = TrackEnded(t=impact, room=ROOM, source=CAMERA, track=1, reason=TrackEnd.LOST)
        story.append(lost)
    return story


def _posture(t: int, track: int, *, down: bool, bed: str | None = None) -> AnyObservation:
    place = Place.BED if bed is not None else Place.FLOOR
    at = (0.4, 0.6) if track == 2 else (0.8, 0.6) if bed is not None else (0.95, 0.8)
    return PostureSeen(
        t=t, room=ROOM, source=CAMERA, track=track, probability=0.9,
        posture=Posture.LYING if down else Posture.STANDING,
        down=0.95 if down else 0.02, upright=0.02 if down else 0.95,
        place=place if down else Place.UNKNOWN, bed=bed, still=0.9, quality=0.8, at=at, size=0.4,
    )  # fmt: skip
