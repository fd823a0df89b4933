"""The hub's rules of alarms as the simulated night asks them: events in, what begins to sound out.

Holds the alarms of one night in memory; every decision is that of `ambient.hub.alarms` and
`ambient.hub.silence`, as the hub's store calls them.
"""

from __future__ import annotations

from ambient.errors import UsageError
from ambient.evaluate.night.station import SILENT_S, Sounding
from ambient.events import AnyEvent
from ambient.hub.alarms import evidence, life
from ambient.hub.alarms.condition import (
    AlarmState,
    Change,
    Condition,
    Judgement,
    Sound,
)
from ambient.hub.alarms.kinds import (
    CHAINED,
    ENDS_BY_ITSELF,
    is_chained,
    may_end,
    opens,
    silent_key,
)
from ambient.hub.alarms.rules import Rules
from ambient.hub.silence import Silence

_RULES = Rules()


def _judged(alarm: Condition) -> Judgement:
    return Judgement.HELP if alarm.kind in CHAINED else Judgement.FIXED


class HubBoard:
    """The alarms of one night."""

    def __init__(self) -> None:
        self._alarms: dict[str, Condition] = {}
        """By the key of the condition: of a chain in whatever state, else the open one."""
        self._sounded: set[str] = set()
        self._opened: set[str] = set()

    @property
    def shown(self) -> int:
        """Alarms that were opened and never sounded."""
        return len(self._opened - self._sounded)

    def take(self, event: AnyEvent) -> Sounding | None:
        """Take in an event; return what begins to sound."""
        for over in may_end(event):
            alarm = self._open(over)
            if alarm is not None:
                self._keep(over, evidence.on_end(alarm, event))
        key = opens(event)
        if key is None:
            return None
        known = self._alarms.get(key) if is_chained(key) else self._open(key)
        return self._keep(key, evidence.on_event(known, event))

    def lost(self, node: str, last: int, now: int) -> Sounding | None:
        """Take in at `now` that a node was last heard at `last`; return what begins to sound."""
        silence = Silence(SILENT_S)
        silence.expect([node], last)
        if not silence.check(now + 1):
            return None
        key = silent_key(node)
        return self._keep(key, evidence.on_silence(self._open(key), node, last, now))

    def back(self, node: str, now: int) -> None:
        """Take in that a node speaks again."""
        key = silent_key(node)
        alarm = self._open(key)
        if alarm is not None:
            self._keep(key, evidence.on_speech(alarm, now))

    def answer(self, node: str, room: str | None, who: str, now: int) -> None:
        """Let a carer take every alarm of a room, or of a node itself."""
        for key, alarm in self._of(node, room):
            self._keep(key, life.on_my_way(alarm, who, now, _RULES))

    def leave(self, node: str, room: str | None, who: str, now: int) -> None:
        """Let a carer resolve every alarm of a room that a person resolves."""
        for key, alarm in self._of(node, room):
            by_hand = alarm.kind not in ENDS_BY_ITSELF
            if by_hand and alarm.state is AlarmState.ACKNOWLEDGED:
                self._keep(key, life.resolve(alarm, who, _judged(alarm), now))

    def _open(self, key: str) -> Condition | None:
        alarm = self._alarms.get(key)
        return None if alarm is None or alarm.state is AlarmState.RESOLVED else alarm

    def _of(self, node: str, room: str | None) -> list[tuple[str, Condition]]:
        return [
            (key, alarm)
            for key, alarm in self._alarms.items()
            if alarm.node == node and alarm.room == room and alarm.state is not AlarmState.RESOLVED
        ]

    def _keep(self, key: str, change: Change | None) -> Sounding | None:
        """Keep an alarm as it is from now on; return it when it begins to sound."""
        if change is None:
            return None
        before, alarm = self._alarms.get(key), change.condition
        if before is not None and before.id != alarm.id and before.state is AlarmState.ACTIVE:
            raise UsageError(f"alarm {alarm.id}: expected one open alarm of {key}, got two")
        self._alarms[key] = alarm
        self._opened.add(alarm.id)
        same = before is not None and before.id == alarm.id
        sounded = before is not None and same and before.sound is not Sound.NONE
        if alarm.sound is Sound.NONE or sounded:
            return None
        self._sounded.add(alarm.id)
        chain = alarm.chain if is_chained(key) else None
        return Sounding(alarm.kind.value, alarm.node, alarm.room, chain)
