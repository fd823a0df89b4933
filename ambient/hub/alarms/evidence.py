"""What an event of a node makes of the condition that it states: evidence in, condition out.

Comes in: events of the closed list in whatever order they arrive, and how long a node has been
silent. Goes out: `Change`, the condition as it is from now on and the lines to append to its
history. What people do about it, and how it reaches them, is `life` and `escalation`.

::

    fall.suspected ► shown, does not ring
    fall.confirmed ► on, rings until acknowledged
    fall.long_lie  ► rings again, even when acknowledged or resolved
    a second sense ► rings again when it was confirmed before
    fall.recovered ► latched: over by positive evidence, and a person must still look
"""

from __future__ import annotations

from typing import Final

import msgspec

from ambient.events import (
    AnyEvent,
    Event,
    FallConfirmed,
    FallLongLie,
    FallRecovered,
    FallSuspected,
    NodeDiskFull,
    NodeOutboxDropped,
    NodeSourceSilent,
    NodeWorkerFailed,
    QualityDegraded,
    QualityRestored,
    Situation,
    chain_id,
)
from ambient.hub.alarms import situations
from ambient.hub.alarms.condition import (
    AlarmState,
    Change,
    Condition,
    Deed,
    Entry,
    Judgement,
    Presence,
    Stage,
)
from ambient.hub.alarms.kinds import (
    AlarmKind,
    channel_key,
    fall_key,
    may_end,
    opens,
    silent_key,
    unenrolled_key,
)
from ambient.observations import Place

_STAGE: Final[dict[type[Event], Stage]] = {
    FallSuspected: Stage.SUSPECTED,
    FallConfirmed: Stage.CONFIRMED,
    FallLongLie: Stage.LONG_LIE,
}
_STAGE_DEED: Final = {
    Stage.SUSPECTED: Deed.SUSPECTED,
    Stage.CONFIRMED: Deed.CONFIRMED,
    Stage.LONG_LIE: Deed.LONG_LIE,
}


def on_event(alarm: Condition | None, event: AnyEvent, over: int | None = None) -> Change | None:
    """Return what `event` makes of the alarm of the condition it states.

    Parameters
    ----------
    alarm
        The alarm of `opens(event)`: for a fall or a sound the one of its chain in whatever state,
        otherwise the one that is not resolved; None when there is none.
    event
        Of the closed list.
    over
        Event time (ns) at which a technical condition of this chain is already known to have
        ended, for lines that come late.

    Returns
    -------
    Change | None
        None when nothing changes: a duplicate, a late line of a chain that is already further.
    """
    if alarm is None and over is not None and over > event.t:
        return None
    match event:
        case FallSuspected() | FallConfirmed() | FallLongLie():
            return _on_stage(alarm, event)
        case FallRecovered():
            return _on_recovered(alarm, event)
        case Situation():
            return situations.on_situation(alarm, event)
        case QualityDegraded() | NodeSourceSilent() | NodeWorkerFailed():
            return _on_technical(alarm, event)
        case NodeOutboxDropped() | NodeDiskFull():
            return _on_technical(alarm, event)
        case _:
            return None


def stage_of(event: AnyEvent) -> Stage:
    """Return how far the chain of people that `event` is about has come."""
    if isinstance(event, Situation):
        return situations.STAGE[event.step]
    return _STAGE.get(type(event), Stage.NONE)


def _on_stage(
    alarm: Condition | None, event: FallSuspected | FallConfirmed | FallLongLie
) -> Change | None:
    stage = _STAGE[type(event)]
    new = alarm is None
    old = alarm if alarm is not None else _blank_fall(event)
    down_again = old.recovered and event.position > old.recovered_position and not new
    raised = stage > old.stage
    entries = [Entry(at=event.t, what=_STAGE_DEED[stage])] if raised or new else []
    if down_again and not raised:
        entries.append(Entry(at=event.t, what=Deed.DOWN_AGAIN))
    changed = _with_evidence(old, event, stage)
    # A carer who acknowledged or resolved did so knowing less than this event says.
    second = not new and situations.second_sense(old, changed)
    if second and not raised:
        entries.append(Entry(at=event.t, what=Deed.SECOND_SENSE))
    news = (new or raised or down_again or second) and changed.stage >= Stage.CONFIRMED
    if news and old.state is not AlarmState.ACTIVE:
        entries.append(Entry(at=event.t, what=Deed.REOPENED))
    changed = situations.as_seen(changed, reopen=news)
    if changed == alarm and not entries:
        return None
    return Change(condition=changed, entries=entries, news=news)


def _with_evidence(
    old: Condition, event: FallSuspected | FallConfirmed | FallLongLie, stage: Stage
) -> Condition:
    """Return `old` with what `event` tells; the same whatever the order of arrival."""
    changed = msgspec.structs.replace(
        old,
        stage=max(stage, old.stage),
        since=min(old.since, event.t),
        latest=max(old.latest, event.t),
        stage_position=max(old.stage_position, event.position),
    )
    if event.position > old.stage_position:
        changed = msgspec.structs.replace(changed, probability=event.probability)
    if event.contributions and event.position > old.because_position:
        changed = msgspec.structs.replace(
            changed,
            contributions=event.contributions,
            senses=event.senses,
            because_position=event.position,
        )
    changed = msgspec.structs.replace(changed, groups=situations.groups(old, event))
    if isinstance(event, FallSuspected | FallConfirmed):
        changed = msgspec.structs.replace(
            changed, descent_seen=old.descent_seen or event.descent_seen
        )
        if event.place is not Place.UNKNOWN and event.position > old.place_position:
            changed = msgspec.structs.replace(
                changed, place=event.place, place_position=event.position
            )
    if isinstance(event, FallConfirmed | FallLongLie):
        changed = msgspec.structs.replace(changed, down_s=max(old.down_s, event.down_s))
    return changed


def _on_recovered(alarm: Condition | None, event: FallRecovered) -> Change | None:
    old = alarm if alarm is not None else _blank_fall(event)
    if event.position <= old.recovered_position:
        return None
    changed = msgspec.structs.replace(
        old,
        since=min(old.since, event.t),
        latest=max(old.latest, event.t),
        recovered_position=event.position,
        recovered_at=event.t,
        down_s=max(old.down_s, event.down_s),
    )
    changed = situations.as_seen(changed)
    return Change(condition=changed, entries=[Entry(at=event.t, what=Deed.RECOVERED)])


def _blank_fall(event: FallSuspected | FallConfirmed | FallLongLie | FallRecovered) -> Condition:
    # A recovery that overtakes its suspicion still opens the alarm: somebody was down.
    return Condition(
        id=event.chain,
        kind=AlarmKind.FALL,
        key=fall_key(event.chain),
        chain=event.chain,
        node=event.node,
        room=event.room,
        subject=event.subject,
        since=event.t,
        latest=event.t,
        stage=Stage.SUSPECTED if isinstance(event, FallRecovered) else Stage.NONE,
        probability=event.probability,
    )


def _on_technical(
    alarm: Condition | None,
    event: QualityDegraded | NodeSourceSilent | NodeWorkerFailed | NodeOutboxDropped | NodeDiskFull,
) -> Change | None:
    key = opens(event)
    assert key is not None
    old = alarm
    if old is None:
        kind = AlarmKind(key.split(":", 1)[0])
        old = Condition(
            id=event.id,
            kind=kind,
            key=key,
            chain=event.chain,
            node=event.node,
            room=event.room,
            since=event.t,
            latest=event.t,
        )
    changed = msgspec.structs.replace(
        old, since=min(old.since, event.t), latest=max(old.latest, event.t)
    )
    if event.t >= old.latest:
        match event:
            case QualityDegraded():
                changed = msgspec.structs.replace(
                    changed, source=event.source, view=event.view, hearing=event.hearing
                )
            case NodeSourceSilent():
                changed = msgspec.structs.replace(
                    changed,
                    source=event.source,
                    down_s=event.silent_s,
                    device=event.device,
                )
            case NodeWorkerFailed():
                changed = msgspec.structs.replace(changed, worker=event.worker, rows=event.restarts)
            case NodeDiskFull():
                changed = msgspec.structs.replace(changed, free_mb=event.free_mb)
            case _:
                pass
    if isinstance(event, NodeOutboxDropped):
        changed = msgspec.structs.replace(changed, rows=old.rows + event.rows)
    if alarm is None:
        return Change(condition=changed, entries=[Entry(at=event.t, what=Deed.OPENED)], news=True)
    if changed == old:
        return None
    said = (changed.view, changed.hearing) != (old.view, old.hearing) or changed.rows != old.rows
    entries = [Entry(at=event.t, what=Deed.CHANGED)] if said else []
    return Change(condition=changed, entries=entries)


def on_end(alarm: Condition, event: AnyEvent) -> Change | None:
    """Return a technical alarm whose condition `event` shows to be over, else None.

    A condition that ends resolves its alarm by itself; a fall never ends this way, and evidence
    older than the newest statement of the condition changes nothing. A camera that speaks again
    after a silence has not thereby regained its sight: ``quality.restored`` ends its own chain
    alone.
    """
    if alarm.key not in may_end(event):
        return None
    if isinstance(event, QualityRestored) and event.chain != alarm.chain:
        return None
    return ended(alarm, event.t) if event.t >= alarm.latest else None


def on_speech(alarm: Condition, now: int) -> Change | None:
    """Return the alarm of a silent node that speaks again at `now` (ns, hub's time)."""
    return ended(alarm, now) if alarm.kind is AlarmKind.NODE_SILENT else None


def ended(alarm: Condition, t: int) -> Change | None:
    """Return an alarm that is over by evidence of `t` (ns), None when it already was."""
    if not alarm.open:
        return None
    over = msgspec.structs.replace(
        alarm,
        presence=Presence.ENDED,
        latest=max(alarm.latest, t),
        resolved_at=t,
        reason=Judgement.CONDITION_ENDED,
    )
    return Change(condition=over, entries=[Entry(at=t, what=Deed.ENDED)])


def on_silence(
    alarm: Condition | None, node: str, last_heard: int, now: int, *, stopped: bool = False
) -> Change | None:
    """Return the alarm of a node that has said nothing since `last_heard` (ns, hub's time).

    `stopped` notes that the last thing it said was that somebody had told it to stop.
    """
    if alarm is not None:
        return None
    chain = chain_id(node, None, "silent", last_heard)
    opened = Condition(
        id=chain,
        chain=chain,
        kind=AlarmKind.NODE_SILENT,
        key=silent_key(node),
        node=node,
        since=last_heard,
        latest=now,
        stopped=stopped,
    )
    return Change(condition=opened, entries=[Entry(at=now, what=Deed.OPENED)], news=True)


def on_channel(
    alarm: Condition | None, channel: str, fails_since: int | None, now: int
) -> Change | None:
    """Return the alarm of a way out that fails since an instant (ns), or delivers again (None)."""
    if fails_since is None:
        return None if alarm is None else ended(alarm, now)
    if alarm is not None:
        return None
    chain = chain_id("hub", None, channel_key(channel), fails_since)
    opened = Condition(
        id=chain,
        chain=chain,
        kind=AlarmKind.CHANNEL,
        key=channel_key(channel),
        node="",
        source=channel,
        since=fails_since,
        latest=now,
    )
    return Change(condition=opened, entries=[Entry(at=now, what=Deed.OPENED)], news=True)


def on_unenrolled(alarm: Condition | None, event: AnyEvent, now: int) -> Change | None:
    """Return the alarm of a node whose `event` was refused: its room is not enrolled.

    It rings once, and again for every fall or sound of distress that is refused.

    Parameters
    ----------
    alarm
        The open one of this node and room, None when there is none.
    now
        Hub time (ns).
    """
    assert event.room is not None
    stage = stage_of(event)
    fall = stage >= Stage.CONFIRMED
    if alarm is None:
        opened = Condition(
            id=event.id,
            kind=AlarmKind.UNENROLLED,
            key=unenrolled_key(event.node, event.room),
            chain=event.chain,
            node=event.node,
            room=event.room,
            since=now,
            latest=now,
            stage=stage,
        )
        return Change(condition=opened, entries=[Entry(at=now, what=Deed.OPENED)], news=True)
    news = fall and (alarm.stage < stage or alarm.chain != event.chain)
    if not news:
        return None
    changed = msgspec.structs.replace(
        alarm,
        latest=now,
        chain=event.chain,
        stage=max(alarm.stage, stage),
    )
    changed = situations.as_seen(changed, reopen=True)
    again = Deed.CHANGED if alarm.state is AlarmState.ACTIVE else Deed.REOPENED
    return Change(condition=changed, entries=[Entry(at=now, what=again)], news=True)
