"""Which senses of a room are alive: what its sources say of themselves in, a state each out.

Comes in: every observation of a room, and which purposes are on. Goes out: for each group of senses
one `SenseState`, that of the best of its devices, as an event carries it. Pure.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct, field

from ambient.config import Room
from ambient.events import Purpose, SenseGroup, SenseState, SenseStatus
from ambient.observations import (
    AnyObservation,
    Hearing,
    HearingState,
    ImpactMeasured,
    MotionMeasured,
    RhythmMeasured,
    SensorSeen,
    SoundHeard,
    SpeechHeard,
    View,
    ViewState,
    VitalMeasured,
    VoiceMeasured,
    WearState,
)

TICKED_S: Final = 15.0
"""Cameras and microphones tick every second."""
MOVED_S: Final = 60.0
"""A worn accelerometer measures every second, and is held up by its radio at times."""
MEASURED_S: Final = 15 * 60.0
"""Vital signs come seldom from some devices."""
_SECOND: Final = 1e9

_VIEWS: Final = {
    View.OK: SenseStatus.ALIVE,
    View.MOVED: SenseStatus.ALIVE,
    View.SLOW: SenseStatus.ALIVE,
    View.PAUSED: SenseStatus.PAUSED,
    View.OFF: SenseStatus.OFF,
}
_HEARINGS: Final = {
    Hearing.OK: SenseStatus.ALIVE,
    Hearing.HUM: SenseStatus.ALIVE,
    Hearing.OFFSET: SenseStatus.ALIVE,
    Hearing.PAUSED: SenseStatus.PAUSED,
    Hearing.SWITCHED_OFF: SenseStatus.OFF,
}
_BEST: Final = (
    SenseStatus.ALIVE,
    SenseStatus.NOT_WORN,
    SenseStatus.NO_VIEW,
    SenseStatus.PAUSED,
    SenseStatus.OFF,
    SenseStatus.SILENT,
    SenseStatus.ABSENT,
)
"""Of several devices the one furthest ahead speaks for the group."""


_PROMISED: Final[dict[type[AnyObservation], tuple[SenseGroup, str, float | None]]] = {
    kind: (group, f"/{group.value}", promised_s)
    for kind, group, promised_s in (
        (MotionMeasured, SenseGroup.WEARABLE, MOVED_S),
        (ImpactMeasured, SenseGroup.WEARABLE, MOVED_S),
        (VitalMeasured, SenseGroup.VITALS, MEASURED_S),
        (RhythmMeasured, SenseGroup.VITALS, MEASURED_S),
        (SensorSeen, SenseGroup.SENSOR, None),
    )
}
"""What a kind of observation makes a device, and how often it speaks then."""

NEEDED: Final[dict[type[AnyObservation], Purpose]] = {
    **dict.fromkeys(
        (VitalMeasured, RhythmMeasured, MotionMeasured, ImpactMeasured, WearState), Purpose.VITALS
    ),
    SoundHeard: Purpose.SOUNDS,
    SpeechHeard: Purpose.VOICE,
    VoiceMeasured: Purpose.VOICE,
}
"""Without this purpose nobody takes in what is of a kind. What a camera saw on its way when falls
were switched off stands in no such row: it may be the end of what rings."""


class Source(Struct):
    """One device of the room, or one use of it."""

    group: SenseGroup
    promised_s: float | None
    """It speaks this often; None for one that speaks only of changes."""
    last: int | None = None
    status: SenseStatus = SenseStatus.ALIVE

    def at(self, t: int) -> SenseStatus:
        """Return how it is at `t`."""
        if self.promised_s is None:
            return SenseStatus.SILENT if self.last is None else self.status
        if self.last is None or (t - self.last) / _SECOND > self.promised_s:
            return SenseStatus.SILENT
        return self.status


class SensesState(Struct):
    """By device and group; survives a restart."""

    sources: dict[str, Source] = field(default_factory=dict)


class Senses:
    """Keep which senses of one room are alive.

    Parameters
    ----------
    room
        As configured: what is not configured and never spoke is absent.
    on
        Purposes that are on.
    state
        What an earlier run left.
    """

    def __init__(
        self, room: Room, on: dict[Purpose, bool] | None = None, state: SensesState | None = None
    ) -> None:
        self._room = room
        self._on = {purpose: room.is_on(purpose) for purpose in Purpose} | (on or {})
        self.state = state or SensesState(self._planned())

    def go_on(self, kept: SensesState, *, restarted: bool) -> None:
        """Go on from what was kept, under a plan that after a restart may be another one.

        A device is the same one if both its id and what it is are; one that is gone tells nothing.
        """
        if not restarted:
            self.state = kept
            return
        planned = self._planned()
        same = {
            key: kept.sources[key]
            for key, source in planned.items()
            if key in kept.sources and kept.sources[key].group is source.group
        }
        devices = {key.partition("/")[0] for key in same}
        more = {
            key: source
            for key, source in kept.sources.items()
            if key not in planned and key.partition("/")[0] in devices
        }
        self.state = SensesState({**planned, **same, **more})

    def consent(self, purpose: Purpose, on: bool) -> None:
        """Follow that a purpose was switched."""
        self._on[purpose] = on

    def is_on(self, purpose: Purpose) -> bool:
        """Return whether a purpose is on."""
        return self._on[purpose]

    def observe(self, seen: AnyObservation) -> None:
        """Take in that a source spoke, and what it says of itself."""
        kind = type(seen)
        promised = _PROMISED.get(kind)
        if promised is not None:
            self._heard(seen, *promised)
        elif kind is WearState:
            self._wear(seen)  # type: ignore[arg-type]
        else:
            source = self.state.sources.get(seen.source)
            if source is None:
                return
            if source.last is None or seen.t > source.last:
                source.last = seen.t
            if kind is ViewState:
                source.status = _VIEWS.get(seen.view, SenseStatus.NO_VIEW)  # type: ignore[union-attr]
            elif kind is HearingState:
                hearing = seen.hearing  # type: ignore[union-attr]
                source.status = _HEARINGS.get(hearing, SenseStatus.NO_VIEW)

    def at(self, t: int) -> list[SenseState]:
        """Return how each group is at `t`, nanoseconds."""
        found: dict[SenseGroup, SenseStatus] = dict.fromkeys(SenseGroup, SenseStatus.ABSENT)
        for source in self.state.sources.values():
            status = source.at(t)
            if _BEST.index(status) < _BEST.index(found[source.group]):
                found[source.group] = status
        for group, purpose in _NEEDS.items():
            if not self._on[purpose] and found[group] is not SenseStatus.ABSENT:
                found[group] = SenseStatus.OFF
        return [SenseState(group, status) for group, status in found.items()]

    def _planned(self) -> dict[str, Source]:
        sources: dict[str, Source] = {}
        for camera in self._room.cameras:
            sources[camera.id] = Source(SenseGroup.CAMERA, TICKED_S)
        for microphone in self._room.microphones:
            sources[microphone.id] = Source(SenseGroup.SOUND, TICKED_S)
        for wearable in self._room.wearables:
            sources[_key(wearable.id, SenseGroup.WEARABLE)] = Source(SenseGroup.WEARABLE, MOVED_S)
        for sensor in self._room.sensors:
            sources[_key(sensor.id, SenseGroup.SENSOR)] = Source(SenseGroup.SENSOR, None)
        return sources

    def _heard(
        self, seen: AnyObservation, group: SenseGroup, ending: str, promised_s: float | None
    ) -> None:
        key = seen.source + ending
        source = self.state.sources.get(key)
        if source is None:
            source = self.state.sources[key] = Source(group, promised_s)
        if source.last is None or seen.t > source.last:
            source.last = seen.t

    def _wear(self, seen: WearState) -> None:
        status = SenseStatus.NOT_WORN if seen.worn is False else SenseStatus.ALIVE
        for group in (SenseGroup.WEARABLE, SenseGroup.VITALS):
            source = self.state.sources.get(_key(seen.source, group))
            if source is not None:
                source.status = status
                source.last = max(source.last or 0, seen.t)


_NEEDS: Final = {
    SenseGroup.CAMERA: Purpose.FALLS,
    SenseGroup.SENSOR: Purpose.FALLS,
    SenseGroup.SOUND: Purpose.SOUNDS,
    SenseGroup.WEARABLE: Purpose.VITALS,
    SenseGroup.VITALS: Purpose.VITALS,
}
"""Without this purpose nothing of the group comes in."""


def _key(source: str, group: SenseGroup) -> str:
    return f"{source}/{group.value}"
