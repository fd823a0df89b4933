"""The life of an alarm about a situation of people, falls apart; pure logic.

Comes in: the alarm of a chain as it stands and one of its events, in whatever order they arrive.
Goes out: the alarm as it is from now on, and the lines to append to its history.

::

    suspected ► shown, does not ring
    confirmed ► active; a call (`kinds.CALLS`) rings until acknowledged, what is watched for
                (`kinds.WATCHES`) rings more quietly, a note (`kinds.NOTES`) never
    lasting   ► a call rings again, even when acknowledged or resolved
    ended     ► ends what is watched for and notes; a call is latched
"""

from __future__ import annotations

from typing import Final

import msgspec

from ambient import events
from ambient.events import Distress, Judged, Sense, Situation, SituationStep
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
from ambient.hub.alarms.kinds import CALLS, NOTES, AlarmKind, chain_key

STAGE: Final = {
    SituationStep.SUSPECTED: Stage.SUSPECTED,
    SituationStep.CONFIRMED: Stage.CONFIRMED,
    SituationStep.LASTING: Stage.LONG_LIE,
    SituationStep.ENDED: Stage.SUSPECTED,
}
_HEARD: Final = {
    SituationStep.SUSPECTED: Deed.HEARD,
    SituationStep.CONFIRMED: Deed.SURELY_HEARD,
    SituationStep.LASTING: Deed.STILL_HEARD,
    SituationStep.ENDED: Deed.QUIET,
}
_NOTICED: Final = {
    SituationStep.SUSPECTED: Deed.SUPPOSED,
    SituationStep.CONFIRMED: Deed.SURE,
    SituationStep.LASTING: Deed.STILL_SO,
    SituationStep.ENDED: Deed.OVER,
}


def on_situation(alarm: Condition | None, event: Situation) -> Change | None:
    """Return what `event` makes of the alarm of its chain; None when nothing changes."""
    old = alarm if alarm is not None else _blank(event)
    ended = event.step is SituationStep.ENDED
    if ended and event.position <= old.recovered_position:
        return None
    stage = STAGE[event.step]
    raised = stage > old.stage and not ended
    changed = msgspec.structs.replace(
        old,
        stage=max(stage, old.stage),
        since=min(old.since, event.t),
        latest=max(old.latest, event.t),
        down_s=max(old.down_s, event.lasted_s),
    )
    if ended:
        changed = msgspec.structs.replace(
            changed, recovered_position=event.position, recovered_at=event.t
        )
    elif event.position > old.stage_position:
        changed = msgspec.structs.replace(
            changed,
            stage_position=event.position,
            probability=event.probability,
            contributions=event.contributions,
            senses=event.senses,
            because_position=event.position,
            groups=groups(old, event),
            subject=event.subject or old.subject,
            **_told(event),
        )
    deeds = _HEARD if isinstance(event, Distress) and old.kind in CALLS else _NOTICED
    entries = [Entry(at=event.t, what=deeds[event.step])] if raised or ended else []
    over = old.kind not in CALLS and changed.recovered
    if over and old.open:
        # Whoever lies in bed again needs nobody for having sat up.
        entries.append(Entry(at=event.t, what=Deed.ENDED))
        changed = msgspec.structs.replace(
            changed,
            presence=Presence.ENDED,
            resolved_at=changed.latest,
            reason=Judgement.CONDITION_ENDED,
        )
    second = alarm is not None and not raised and second_sense(old, changed)
    if second:
        entries.append(Entry(at=event.t, what=Deed.SECOND_SENSE))
    surer = (raised and stage >= Stage.CONFIRMED) or second
    news = surer and old.kind not in NOTES and not over
    if news and old.state is not AlarmState.ACTIVE:
        # A carer who acknowledged or resolved did so knowing less than this event says.
        entries.append(Entry(at=event.t, what=Deed.REOPENED))
    changed = as_seen(changed, reopen=news)
    if changed == alarm and not entries:
        return None
    return Change(condition=changed, entries=entries, news=news)


def as_seen(condition: Condition, *, reopen: bool = False) -> Condition:
    """Return `condition` with the presence that its evidence says.

    `reopen` takes back what people did about it knowing less: acknowledged, resolved, paused.
    """
    if reopen:
        condition = msgspec.structs.replace(
            condition,
            presence=Presence.ON,
            acknowledged=None,
            paused_until=None,
            resolved_by=None,
            resolved_at=None,
            reason=None,
        )
    if not condition.open:
        return condition
    seen = Presence.LATCHED if condition.recovered else Presence.ON
    return msgspec.structs.replace(condition, presence=seen)


def groups(old: Condition, event: Judged) -> list[str]:
    """Return the senses that have spoken for the condition, those of `event` with them."""
    told = {
        contribution.sense.value.split(".", 1)[0]
        for contribution in event.contributions
        if contribution.llr > 0 and contribution.sense not in _NO_SENSE
    }
    return sorted(told.union(old.groups))


def second_sense(old: Condition, new: Condition) -> bool:
    """Return whether another sense now speaks for what was sure by one alone.

    While it is only suspected the node weighs all senses together and says when it is sure.
    """
    return old.stage >= Stage.CONFIRMED and bool(old.groups) and len(new.groups) > len(old.groups)


_NO_SENSE: Final = frozenset({Sense.PLACE, Sense.OWN_RATE, Sense.CARER})


def _told(event: Situation) -> dict[str, object]:
    """Return the fields of an alarm that only some kinds fill."""
    match event:
        case events.Bed():
            return {"bed": event.bed}
        case events.VitalsDeterioration():
            return {"lower": event.lower, "upper": event.upper, "missing": event.missing}
        case events.VitalsDeviation():
            return {"marker": event.marker, "z": event.z}
        case events.VitalsGlucose():
            return {"in_s": event.in_s}
        case _:
            return {}


def _blank(event: Situation) -> Condition:
    kind = AlarmKind.of(event)
    return Condition(
        id=event.chain,
        kind=kind,
        key=chain_key(kind, event.chain),
        chain=event.chain,
        node=event.node,
        room=event.room,
        subject=event.subject,
        since=event.t,
        latest=event.t,
        probability=event.probability,
    )
