"""Hourly data yield: of every second of an hour, whether a sense gave data, and if not why.

Comes in: the observations and switches of one room, in the order of a recording. Goes out: seconds
by reason for each hour and sense. A gap is never a zero: what was not recorded is said to be so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ambient.config import Room
from ambient.events import Purpose, SenseGroup
from ambient.node.export.rows import Reason
from ambient.observations import (
    Hearing,
    HearingState,
    Measured,
    MotionMeasured,
    RhythmMeasured,
    SensorSeen,
    View,
    ViewState,
    VitalMeasured,
    WearState,
)

HOUR_S: Final = 3600
NS: Final = 1_000_000_000
PROMISED_S: Final = 120
"""A wearable, monitor or sensor that said nothing for longer is silent."""
RECORDED_S: Final = 5
"""A node says something every second; after such a gap nothing was recorded."""

_ORDER: Final = (
    *(Reason.ALIVE, Reason.NO_VIEW, Reason.OFF_BODY, Reason.PAUSED),
    *(Reason.SILENT, Reason.NO_CONSENT, Reason.NOT_RECORDED, Reason.ABSENT),
)
"""Of several sources of a sense the first of these counts."""
_CODE: Final = {reason: code for code, reason in enumerate(_ORDER)}
_PURPOSE: Final = {
    SenseGroup.CAMERA: Purpose.FALLS,
    SenseGroup.WEARABLE: Purpose.VITALS,
    SenseGroup.VITALS: Purpose.VITALS,
}
_VIEW: Final = {
    View.OK: Reason.ALIVE,
    View.SLOW: Reason.ALIVE,
    View.PAUSED: Reason.PAUSED,
    View.OFF: Reason.NO_CONSENT,
    View.GONE: Reason.SILENT,
}
_HEARING: Final = {
    Hearing.OK: Reason.ALIVE,
    Hearing.PAUSED: Reason.PAUSED,
    Hearing.SWITCHED_OFF: Reason.NO_CONSENT,
    Hearing.GONE: Reason.SILENT,
}


class Yields:
    """Count one room.

    Parameters
    ----------
    room
        As configured: what it does not have is absent.
    began, ended
        The time asked for, ns.
    """

    def __init__(self, room: Room, began: int, ended: int) -> None:
        self._began = began
        self._seconds = max(0, -(-(ended - began) // NS))
        self._recorded = np.zeros(self._seconds, bool)
        self._last: int | None = None
        self._states: dict[tuple[SenseGroup, str], list[tuple[int, Reason]]] = {}
        self._off: dict[SenseGroup, list[tuple[int, bool]]] = {}
        has = {
            SenseGroup.CAMERA: bool(room.cameras),
            SenseGroup.SOUND: bool(room.microphones),
            SenseGroup.WEARABLE: bool(room.wearables),
            SenseGroup.VITALS: bool(room.wearables),
            SenseGroup.SENSOR: bool(room.sensors),
        }
        self._absent = {group for group, there in has.items() if not there}

    def observe(self, seen: object) -> None:
        """Take in one observation."""
        t = getattr(seen, "t", None)
        if t is None:
            return
        at = (t - self._began) // NS
        if 0 <= at < self._seconds:
            gap = self._last is None or not 0 <= at - self._last <= RECORDED_S
            first = at if self._last is None or gap else self._last
            self._recorded[first : at + 1] = True
            self._last = at
        match seen:
            case ViewState():
                self._say(SenseGroup.CAMERA, seen.source, at, _VIEW.get(seen.view, Reason.NO_VIEW))
            case HearingState():
                reason = _HEARING.get(seen.hearing, Reason.NO_VIEW)
                self._say(SenseGroup.SOUND, seen.source, at, reason)
            case WearState(worn=worn) if worn is not None:
                for group in (SenseGroup.WEARABLE, SenseGroup.VITALS):
                    if not worn:
                        self._say(group, seen.source, at, Reason.OFF_BODY)
            case MotionMeasured():
                self._heard(SenseGroup.WEARABLE, seen, at)
            case VitalMeasured() | RhythmMeasured():
                self._heard(SenseGroup.VITALS, seen, at)
            case SensorSeen():
                self._heard(SenseGroup.SENSOR, seen, at)

    def switched(self, purpose: Purpose, on: bool, t: int) -> None:
        """Take in that a purpose of the room was switched."""
        for group, wanted in _PURPOSE.items():
            if wanted is purpose:
                self._off.setdefault(group, []).append(((t - self._began) // NS, not on))

    def hours(self) -> Iterator[tuple[int, SenseGroup, dict[Reason, int]]]:
        """Yield for each hour and sense its second in the time asked for, and seconds by reason."""
        codes = {group: self._codes(group) for group in SenseGroup}
        for start in range(0, self._seconds, HOUR_S):
            for group, all_of in codes.items():
                counts = np.bincount(all_of[start : start + HOUR_S], minlength=len(_ORDER))
                yield start, group, {r: int(counts[_CODE[r]]) for r in Reason}

    def _say(self, group: SenseGroup, source: str, at: int, reason: Reason) -> None:
        self._states.setdefault((group, source), []).append((at, reason))

    def _heard(self, group: SenseGroup, seen: Measured, at: int) -> None:
        said = self._states.setdefault((group, seen.source), [])
        # Alive from now on, silent when the promise is over, unless it says something before.
        if len(said) > 1 and said[-1][1] is Reason.SILENT and at <= said[-1][0]:
            said[-1] = (max(said[-1][0], at + PROMISED_S), Reason.SILENT)
            return
        said += [(at, Reason.ALIVE), (at + PROMISED_S, Reason.SILENT)]

    def _codes(self, group: SenseGroup) -> NDArray[np.int8]:
        """Return the reason of each second."""
        if group in self._absent:
            return np.full(self._seconds, _CODE[Reason.ABSENT], np.int8)
        codes = np.full(self._seconds, _CODE[Reason.SILENT], np.int8)
        for (of, _), said in self._states.items():
            if of is group:
                np.minimum(codes, self._filled(said), out=codes)
        off = np.zeros(self._seconds, bool)
        for at, now in self._off.get(group, []):
            off[max(0, at) :] = now
        codes[off] = _CODE[Reason.NO_CONSENT]
        codes[~self._recorded] = _CODE[Reason.NOT_RECORDED]
        return codes

    def _filled(self, said: list[tuple[int, Reason]]) -> NDArray[np.int8]:
        """Return one source's reason of each second: each holds until the next."""
        codes = np.full(self._seconds, _CODE[Reason.SILENT], np.int8)
        ordered = sorted(said, key=lambda one: one[0])
        for number, (at, reason) in enumerate(ordered):
            end = ordered[number + 1][0] if number + 1 < len(ordered) else self._seconds
            if end > 0:
                codes[max(0, at) : max(0, end)] = _CODE[reason]
        return codes
