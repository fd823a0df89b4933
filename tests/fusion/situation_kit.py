"""A room and its observations by hand, for tests of situations."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from typing import Any

from ambient.config import Bed, Room
from ambient.config_cameras import Camera, Zone
from ambient.config_watch import BedWatch
from ambient.observations import (
    AnyObservation,
    MotionMeasured,
    Place,
    Posture,
    PostureSeen,
    SensorKind,
    SensorSeen,
    SoundClass,
    SoundHeard,
    Tick,
    Wear,
)
from fusion.chains import Change
from fusion.situations import RoomSituations

SECOND = 1_000_000_000
MIDNIGHT = 1_700_006_400 * SECOND
"""2023-11-15 00:00 UTC."""
BED_A = [(0.1, 0.5), (0.5, 0.5), (0.5, 0.8), (0.1, 0.8)]
BED_B = [(0.6, 0.5), (0.95, 0.5), (0.95, 0.8), (0.6, 0.8)]
LYING_AT = (0.53, 0.65)
EDGE_AT = (0.53, 0.8)
STANDING_AT = (0.53, 1.05)
WATCH = BedWatch(edge=True, exit=True, not_back_min=15, restless=True, camera_alone=True)


def bedroom(of_bed: BedWatch = WATCH, *, two: bool = False, **keys: Any) -> Room:
    """Return a room of one bed or two with a camera."""
    beds = [Bed(id="a", subject="s-aaaa", watch=of_bed)]
    zones = [Zone(kind=Place.BED, polygon=BED_A, bed="a")]
    if two:
        beds.append(Bed(id="b", subject="s-bbbb", watch=of_bed))
        zones.append(Zone(kind=Place.BED, polygon=BED_B, bed="b"))
    return Room(id="r1", beds=beds, cameras=[Camera(id="c1", source="x", zones=zones)], **keys)


def at(s: float) -> int:
    """Return the instant `s` seconds after midnight."""
    return MIDNIGHT + round(s * SECOND)


def lies(s: float, track: int = 1, where: tuple[float, float] = LYING_AT, **keys: Any) -> Any:
    """Return somebody who lies in bed."""
    return _posture(s, track, where, Posture.LYING, down=0.95, upright=0.02, **keys)


def sits(s: float, track: int = 1, where: tuple[float, float] = EDGE_AT, **keys: Any) -> Any:
    """Return somebody who sits, on the edge unless said otherwise."""
    return _posture(s, track, where, Posture.SITTING, down=0.1, upright=0.8, **keys)


def stands(s: float, track: int = 1, where: tuple[float, float] = STANDING_AT, **keys: Any) -> Any:
    """Return somebody who stands, before the bed unless said otherwise."""
    return _posture(s, track, where, Posture.STANDING, down=0.02, upright=0.97, **keys)


def _posture(
    s: float, track: int, where: tuple[float, float], posture: Posture, **keys: Any
) -> PostureSeen:
    fields = {"size": 0.5, "quality": 0.9, "still": 0.9, **keys}
    return PostureSeen(
        t=at(s), room="r1", source="c1", track=track, posture=posture, probability=0.9, at=where,
        **fields,
    )  # fmt: skip


def sensor(s: float, kind: SensorKind, on: bool, source: str = "x1", **keys: Any) -> SensorSeen:
    """Return what a small sensor says; `late` seconds later it is received."""
    late = keys.pop("late", 0.0)
    return SensorSeen(
        t=at(s), received=at(s + late), room="r1", source=source, kind=kind, on=on, **keys
    )


def moved(s: float, counts: float, **keys: Any) -> MotionMeasured:
    """Return one second of a wearable."""
    fields = {"wear": Wear.WRIST, "gravity": (0.0, 0.0, 1.0), "subject": "s-aaaa", **keys}
    return MotionMeasured(
        t=at(s), received=at(s), room="r1", source="w1", counts=counts, peak=1.0, lowest=0.9,
        **fields,
    )  # fmt: skip


def heard(s: float, sound: SoundClass, probability: float = 0.9) -> SoundHeard:
    """Return a sound."""
    return SoundHeard(t=at(s), room="r1", source="m1", sound=sound, probability=probability)


def tick(s: float) -> Tick:
    """Return a tick of the node."""
    return Tick(t=at(s), room="r1", source="node")


def ticks(start: float, end: float, every: float = 1.0) -> list[Tick]:
    """Return ticks from `start` up to `end`."""
    return [tick(start + n * every) for n in range(round((end - start) / every) + 1)]


def every(make: Any, start: float, end: float, step: float = 0.5, **keys: Any) -> list[Any]:
    """Return what `make` gives each `step` seconds."""
    return [make(start + n * step, **keys) for n in range(round((end - start) / step))]


def told(judge: RoomSituations, seen: Iterable[AnyObservation]) -> list[Change]:
    """Return all changes of a stream, ordered by time."""
    return [c for one in sorted(seen, key=lambda o: o.t) for c in judge.observe(one, one.t)]


def steps(changes: Iterable[Change]) -> list[str]:
    """Return kind and step of each change."""
    return [f"{c.kind.value} {c.step.value}" for c in changes]


def judge(room: Room) -> RoomSituations:
    """Return the judge of a room whose clock is UTC."""
    return RoomSituations(room, UTC)
