"""Which condition comes first, and the one sound of a page for all of them.

Comes in: conditions. Goes out: their order, and a sound.
"""

from __future__ import annotations

from collections.abc import Iterable

from ambient.hub.alarms.condition import AlarmState, Condition, Priority, Sound
from ambient.hub.alarms.kinds import CHAINED


def urgency(alarm: Condition) -> tuple[int, int, int, int, str]:
    """Return the key that sorts the most urgent first.

    A person on the floor whom nobody sees to, then what else rings or may be a fall, then those on
    the floor whom somebody sees to, then the rest; within that who has waited longest. Somebody
    who is up again waits behind somebody who is not.
    """
    active = alarm.state is AlarmState.ACTIVE
    if alarm.priority is Priority.HIGH:
        group = 0 if active else 2
    elif alarm.priority is Priority.MEDIUM:
        group = 1 if active else 4
    else:
        group = 3 if active else 5
    fall = 0 if alarm.kind in CHAINED else 1
    stage = -int(alarm.stage) + (10 if alarm.recovered else 0)
    return (group, fall, stage, alarm.since, alarm.id)


def by_urgency(alarms: Iterable[Condition]) -> list[Condition]:
    """Return `alarms`, the most urgent first."""
    return sorted(alarms, key=urgency)


def sound_of(alarms: Iterable[Condition]) -> Sound:
    """Return the one sound that a page plays for all of them."""
    sounds = {alarm.sound for alarm in alarms}
    if Sound.HIGH in sounds:
        return Sound.HIGH
    return Sound.MEDIUM if Sound.MEDIUM in sounds else Sound.NONE
