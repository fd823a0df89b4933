"""What people do about a condition: on my way, there, pause, what it was, what is recorded.

Comes in: a condition as it stands, a deed, the hub's time. Goes out: `Change`, or None when nothing
changes. A deed that is not possible is refused with what to do instead. Pure.
"""

from __future__ import annotations

import msgspec

from ambient.errors import UsageError
from ambient.events import chain_id
from ambient.hub.alarms.condition import (
    OF_PEOPLE,
    OF_TECHNICAL,
    Acknowledgement,
    AlarmState,
    Change,
    Condition,
    Deed,
    Entry,
    FallRecord,
    Judgement,
    Presence,
    Snoozed,
)
from ambient.hub.alarms.kinds import CHAINED, ENDS_BY_ITSELF, TASKS, AlarmKind, check_key
from ambient.hub.alarms.rules import NS, Rules, holds_s
from ambient.hub.alarms.signal import LONGEST_PAUSE_S, Snooze


def on_my_way(condition: Condition, who: str, now: int, rules: Rules) -> Change | None:
    """Return the condition as acknowledged by `who` at `now` (ns); None when it already was.

    Raises
    ------
    UsageError
        When it is resolved.
    """
    _open(condition)
    if condition.state is AlarmState.ACKNOWLEDGED:
        return None
    held = Acknowledgement(
        who=who, at=now, until=now + round(holds_s(rules, condition, there=False) * NS)
    )
    changed = msgspec.structs.replace(condition, acknowledged=held)
    return Change(condition=changed, entries=[Entry(at=now, what=Deed.ACKNOWLEDGED, who=who)])


def there(condition: Condition, who: str, now: int, rules: Rules) -> Change:
    """Return the condition as seen to by `who`, who is there at `now` (ns).

    Raises
    ------
    UsageError
        When it is resolved.
    """
    _open(condition)
    held = Acknowledgement(
        who=who,
        at=now,
        until=now + round(holds_s(rules, condition, there=True) * NS),
        there=True,
    )
    changed = msgspec.structs.replace(condition, acknowledged=held)
    return Change(condition=changed, entries=[Entry(at=now, what=Deed.THERE, who=who)])


def pause(condition: Condition, who: str, seconds: int, now: int) -> Change:
    """Return the condition with its signals paused for `seconds` by `who`.

    Raises
    ------
    UsageError
        When it is resolved, or the pause is too long.
    """
    _open(condition)
    if seconds > LONGEST_PAUSE_S:
        raise UsageError(
            f"seconds: expected at most {LONGEST_PAUSE_S}, got {seconds}; acknowledge the alarm, "
            "or snooze the room with a reason"
        )
    changed = msgspec.structs.replace(condition, paused_until=now + seconds * NS)
    return Change(condition=changed, entries=[Entry(at=now, what=Deed.PAUSED, who=who)])


def judgements(kind: AlarmKind) -> tuple[Judgement, ...]:
    """Return what may be said of a condition of `kind` when it is resolved."""
    return OF_PEOPLE if kind in CHAINED else OF_TECHNICAL


def resolve(condition: Condition, who: str, judgement: Judgement, now: int) -> Change | None:
    """Return the condition as resolved by `who` at `now` (ns); None when it already was.

    Nobody need have acknowledged it before.

    Raises
    ------
    UsageError
        When it ends only by itself, is a task, or `judgement` is none of its kind's.
    """
    if condition.kind in ENDS_BY_ITSELF:
        raise UsageError(
            "expected an alarm that a person ends, got one that ends by itself as soon "
            "as the room is watched again; acknowledge it and look after the room"
        )
    if condition.kind in TASKS:
        raise UsageError(
            "expected an alarm, got a task, which ends when it is done; look after the "
            "resident and record the fall"
        )
    wanted = judgements(condition.kind)
    if judgement not in wanted:
        words = ", ".join(one.value for one in wanted)
        raise UsageError(f"reason: expected one of {words}, got {judgement.value}")
    return closed(condition, who, judgement, now)


def closed(condition: Condition, who: str, judgement: Judgement, now: int) -> Change | None:
    """Return the condition as ended by `who`, whatever its kind; None when it already was."""
    if not condition.open:
        return None
    changed = msgspec.structs.replace(
        condition, presence=Presence.ENDED, resolved_by=who, resolved_at=now, reason=judgement
    )
    entry = Entry(at=now, what=Deed.RESOLVED, who=who, reason=judgement)
    return Change(condition=changed, entries=[entry])


def left(condition: Condition, who: str, now: int) -> Change | None:
    """Return the condition as active again because `who` saw to it and goes; None otherwise."""
    held = condition.acknowledged
    if not condition.open or held is None or held.who != who:
        return None
    changed = msgspec.structs.replace(condition, acknowledged=None)
    return Change(
        condition=changed, entries=[Entry(at=now, what=Deed.OWNER_LEFT, who=who)], news=True
    )


def snoozed(condition: Condition, snooze: Snooze, now: int) -> Change | None:
    """Return the condition with its signals withheld by `snooze`; None when it does not cover it.

    One that holds longer stays.
    """
    held = condition.snoozed
    if not condition.open or not snooze.covers(condition.room, condition.kind):
        return None
    if held is not None and held.until >= snooze.until:
        return None
    changed = msgspec.structs.replace(
        condition,
        snoozed=Snoozed(snooze=snooze.id, until=snooze.until, by=snooze.by, reason=snooze.reason),
    )
    return Change(condition=changed, entries=[Entry(at=now, what=Deed.SNOOZED, who=snooze.by)])


def unsnoozed(condition: Condition, snooze: str, who: str, now: int) -> Change | None:
    """Return the condition without this snooze; None when another or none withholds it."""
    held = condition.snoozed
    if held is None or held.snooze != snooze:
        return None
    changed = msgspec.structs.replace(condition, snoozed=None)
    return Change(condition=changed, entries=[Entry(at=now, what=Deed.UNSNOOZED, who=who)])


def check_after(fall: Condition, now: int) -> Change:
    """Return the task to look after whoever was on the floor, and to record it."""
    opened = Condition(
        id=chain_id(fall.node, fall.room, fall.chain, 0),
        kind=AlarmKind.CHECK_AFTER_FALL,
        key=check_key(fall.chain),
        chain=fall.chain,
        node=fall.node,
        room=fall.room,
        subject=fall.subject,
        since=fall.recovered_at or now,
        latest=now,
        down_s=fall.down_s,
        record=FallRecord(floor_s=fall.down_s or None),
    )
    return Change(condition=opened, entries=[Entry(at=now, what=Deed.OPENED)])


def recorded(task: Condition, who: str, record: FallRecord, now: int) -> Change | None:
    """Return the task as done by `who`, with what they record; None when it already was.

    Raises
    ------
    UsageError
        When it is no task.
    """
    if task.kind not in TASKS:
        raise UsageError(
            f"expected the task after a fall, got an alarm ({task.kind.value}); resolve it instead"
        )
    if not task.open:
        return None
    if record.floor_s is None:
        record = msgspec.structs.replace(record, floor_s=task.down_s or None)
    changed = msgspec.structs.replace(
        task,
        presence=Presence.ENDED,
        resolved_by=who,
        resolved_at=now,
        reason=Judgement.FALL,
        record=record,
    )
    return Change(condition=changed, entries=[Entry(at=now, what=Deed.RECORDED, who=who)])


def _open(condition: Condition) -> None:
    if not condition.open:
        raise UsageError(
            f"alarm {condition.id}: expected an open alarm, got a resolved one; reload the list"
        )
