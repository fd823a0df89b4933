"""What the judgement of a room needs to know of its configuration.

Comes in: a `Room` as configured. Goes out: who lives there, by which scale each one's saturation is
read, which sources are waited for, and which are told when they fall silent. Pure.
"""

from __future__ import annotations

from ambient.config import Room
from ambient.events import Device
from fusion.news2 import Scale
from fusion.views import SourceState, promising
from fusion.watermark import RINGS


def subjects(room: Room) -> tuple[str, ...]:
    """Return who lives in `room`, each once."""
    return tuple(dict.fromkeys(bed.subject for bed in room.beds if bed.subject is not None))


def residents(room: Room) -> frozenset[str]:
    """Return who lives in `room`, wears one of its wearables or uses one of its wet rooms."""
    lives = (bed.subject for bed in room.beds)
    wears = (band.subject for band in room.wearables)
    uses = (wet.subject for wet in room.wet_rooms)
    return frozenset(one for one in (*lives, *wears, *uses) if one is not None)


def scales(room: Room) -> dict[str, Scale]:
    """Return who lives in `room` and whose wearables it has, with the scale of saturation."""
    found = {each.subject: Scale.ONE for each in room.wearables if each.subject is not None}
    for bed in room.beds:
        if bed.subject is not None:
            found[bed.subject] = Scale(bed.saturation_scale)
    return found


def urgent_sources(room: Room) -> list[str]:
    """Return the sources of `room` that a judgement waits for."""
    ringing = [sensor.id for sensor in room.sensors if sensor.kind in RINGS]
    return [*(c.id for c in room.cameras), *(m.id for m in room.microphones), *ringing]


def sources(room: Room) -> list[SourceState]:
    """Return the sources of `room` whose silence is told: what promises to speak."""
    cameras = [SourceState(room=room.id, source=each.id) for each in room.cameras]
    microphones = [
        SourceState(room=room.id, source=each.id, device=Device.MICROPHONE)
        for each in room.microphones
    ]
    wearables = promising(room.id, room.wearables, Device.WEARABLE)
    return cameras + microphones + wearables + promising(room.id, room.sensors, Device.SENSOR)
