"""The life of an alarm about a situation of people, falls apart; pure logic.

Comes in: the alarm of a chain as it stands and one of its events, in whatever order they arrive.
Goes out: the alarm as it is from now on, and the lines to append to its history.

::

    suspected ► shown, does not ring
    confirmed ► active; a call (`conditions.CALLS`) rings until acknowledged, what is watched for
                (`conditions.WATCHES`) rings more quietly, a note (`conditions.NOTES`) never
    lasting   ► a call rings again, even when acknowledged or resolved
    ended     ► noted; resolves what is watched for and notes, never a call
"""

from __future__ import annotations

from typing import Final

import msgspec

from ambient import events
from ambient.events import Distress, Situation, SituationStep
from ambient.hub.conditions import (
    CALLS,
    NOTES,
    Alarm,
    AlarmKind,
    AlarmState,
    Change,
    Deed,
    Entry,
    Reason,
    Stage,
    chain_key,
)

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


def on_situation(alarm: Alarm | None, event: Situation) -> Change | None:
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
            subject=event.subject or old.subject,
            **_told(event),
        )
    deeds = _HEARD if isinstance(event, Distress) and old.kind in CALLS else _NOTICED
    entries = [Entry(at=event.t, what=deeds[event.step])] if raised or ended else []
    over = old.kind not in CALLS and changed.recovered
    if over and old.state is not AlarmState.RESOLVED:
        # Whoever lies in bed again needs nobody for having sat up.
        entries.append(Entry(at=event.t, what=Deed.ENDED))
        changed = msgspec.structs.replace(
            changed,
            state=AlarmState.RESOLVED,
            resolved_at=changed.latest,
            reason=Reason.CONDITION_ENDED,
        )
    news = raised and stage >= Stage.CONFIRMED and old.kind not in NOTES and not over
    if news and old.state is not AlarmState.ACTIVE:
        # A carer who acknowledged or resolved did so knowing less than this event says.
        entries.append(Entry(at=event.t, what=Deed.REOPENED))
        changed = msgspec.structs.replace(changed, state=AlarmState.ACTIVE)
    return None if changed == alarm and not entries else Change(alarm=changed, entries=entries)


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


def _blank(event: Situation) -> Alarm:
    kind = AlarmKind.of(event)
    return Alarm(
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
