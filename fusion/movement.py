"""Who moves in a room and who is there: observations in, instants and minutes out.

Every sense that could see movement says when it last did; every sense that knows of somebody says
until when. What no sense could have seen is unknown, which is no stillness. `fusion.inactivity` and
`fusion.wandering` build on it. Pure: time is the `t` of what comes in.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from msgspec import Struct

from ambient.events import Sense
from ambient.observations import (
    AnyObservation,
    MotionMeasured,
    Place,
    Posture,
    PostureSeen,
    SensorKind,
    SensorSeen,
    WearState,
)
from fusion.chains import SECOND
from fusion.looks import GOOD_VIEW

MOVES: Final = 0.6
"""A body that was still for less than this share of the last seconds moves."""
MOVES_G: Final = 0.03
"""Mean amplitude deviation from which on a wearer moves, as in `fusion.signs`."""
STEPS: Final = 2
"""Steps a second from which on a wearer walks."""
WATCHES_S: Final = 120.0
"""A sense that has said nothing of anybody for so long watches nobody."""
UP: Final = frozenset({Posture.WALK, Posture.STANDING})

_NAMES: Final = {sense: sense.value for sense in Sense}
_VISION: Final = _NAMES[Sense.VISION_MOVEMENT]
_WEARABLE: Final = _NAMES[Sense.WEARABLE_MOVEMENT]
_BED: Final = Place.BED
_SENSES: Final = {name: sense for sense, name in _NAMES.items()}
_HERE: Final = {
    SensorKind.PRESENCE: Sense.SENSOR_PRESENCE,
    SensorKind.BED: Sense.SENSOR_BED,
    SensorKind.CHAIR: Sense.SENSOR_CHAIR,
}
_STIRS: Final = {
    SensorKind.PASSIVE_INFRARED: Sense.SENSOR_PRESENCE,
    SensorKind.MAT: Sense.SENSOR_MAT,
    SensorKind.DOOR: Sense.SENSOR_DOOR,
}


class Movement(Struct):
    """What is known of movement in a room; survives a restart."""

    moved: dict[str, int] = {}
    """By sense, when it last saw movement."""
    watched: dict[str, int] = {}
    """By sense, when it last could have."""
    seen: int = 0
    """When the camera last saw anybody."""
    in_bed: int = 0
    """When somebody was last known in a bed."""
    on: dict[str, SensorKind] = {}
    """Sensors of somebody's presence that are on."""
    walked: int = 0
    worn: dict[str, bool] = {}

    def take(self, seen: AnyObservation) -> bool:
        """Take in what a sense says; return whether it is movement."""
        kind = type(seen)
        if kind is PostureSeen:
            return self.posture(seen)  # type: ignore[arg-type]
        if kind is MotionMeasured:
            return self._worn(seen)  # type: ignore[arg-type]
        if isinstance(seen, SensorSeen):
            return self._sensor(seen)
        if isinstance(seen, WearState) and seen.worn is not None:
            self.worn[seen.source] = seen.worn
        return False

    def somebody(self, t: int) -> bool:
        """Return whether somebody is known to be in the room at `t`."""
        return bool(self.on) or (t - self.seen) / SECOND <= WATCHES_S

    def bedded(self, t: int) -> bool:
        """Return whether that somebody is in bed."""
        if (t - self.in_bed) / SECOND <= WATCHES_S:
            return True
        return any(kind is SensorKind.BED for kind in self.on.values())

    def watching(self, t: int) -> list[Sense]:
        """Return the senses that would see movement at `t`."""
        found = [_SENSES[s] for s, at in self.watched.items() if (t - at) / SECOND <= WATCHES_S]
        if any(kind in (SensorKind.BED, SensorKind.PRESENCE) for kind in self.on.values()):
            found += [_HERE[kind] for kind in dict.fromkeys(self.on.values())]
        return list(dict.fromkeys(found))

    def watches(self, t: int) -> bool:
        """Return whether any sense would."""
        for at in self.watched.values():
            if (t - at) / SECOND <= WATCHES_S:
                return True
        return any(kind in (SensorKind.BED, SensorKind.PRESENCE) for kind in self.on.values())

    def keep(self, kinds: Mapping[str, SensorKind], worn: Collection[str]) -> None:
        """Forget what nothing of the room said.

        Parameters
        ----------
        kinds
            Its sensors.
        worn
            Its wearables.
        """
        self.on = {name: kind for name, kind in self.on.items() if kinds.get(name) is kind}
        self.worn = {name: on for name, on in self.worn.items() if name in worn}

    def take_off(self) -> bool:
        """Forget what wearables told; return whether they told anything."""
        told = _WEARABLE in self.watched
        for known in (self.moved, self.watched):
            known.pop(_WEARABLE, None)
        self.worn = {}
        return told

    def newest(self) -> int:
        """Return when anything last moved; 0 for never."""
        return max(self.moved.values(), default=0)

    def _move(self, name: str, t: int) -> bool:
        if t >= self.moved.get(name, 0):
            self.moved[name] = t
        return True

    def _watch(self, name: str, t: int) -> None:
        if t >= self.watched.get(name, 0):
            self.watched[name] = t

    def posture(self, seen: PostureSeen) -> bool:
        """Take in how somebody is seen; return whether it is movement."""
        if seen.quality < GOOD_VIEW:
            return False
        t = seen.t
        if t > self.seen:
            self.seen = t
        self._watch(_VISION, t)
        if seen.place is _BED and t > self.in_bed:
            self.in_bed = t
        if seen.still >= MOVES:
            return False
        if t > self.walked and seen.upright >= 0.5 and seen.posture in UP:
            self.walked = t
        return self._move(_VISION, t)

    def _worn(self, seen: MotionMeasured) -> bool:
        if self.worn.get(seen.source) is False:
            return False
        self._watch(_WEARABLE, seen.t)
        if seen.counts < MOVES_G:
            return False
        if seen.steps >= STEPS:
            self.walked = max(self.walked, seen.t)
        return self._move(_WEARABLE, seen.t)

    def _sensor(self, seen: SensorSeen) -> bool:
        kind = seen.kind
        if kind in _HERE:
            changed = (seen.source in self.on) != seen.on
            if seen.on:
                self.on[seen.source] = kind
            else:
                self.on.pop(seen.source, None)
            return changed and not seen.retained and self._move(_NAMES[_HERE[kind]], seen.t)
        if kind in _STIRS and seen.on and not seen.retained:
            if kind is SensorKind.PASSIVE_INFRARED:
                self.seen = max(self.seen, seen.t)
            return self._move(_NAMES[_STIRS[kind]], seen.t)
        return False
