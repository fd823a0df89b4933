"""The life of an alarm about a sound: a call for help, a smoke detector; pure logic.

Comes in: the alarm of a chain as it stands and one of its events, in whatever order they arrive.
Goes out: the alarm as it is from now on, and the lines to append to its history.

::

    suspected ► shown, does not ring
    confirmed ► active, rings until acknowledged
    lasting   ► rings again, even when acknowledged or resolved
    ended     ► noted, resolves nothing
"""

from __future__ import annotations

from typing import Final

import msgspec

from ambient.events import Distress, DistressSmokeAlarm, SituationStep
from ambient.hub.conditions import (
    Alarm,
    AlarmKind,
    AlarmState,
    Change,
    Deed,
    Entry,
    Stage,
    chain_key,
)

STAGE: Final = {
    SituationStep.SUSPECTED: Stage.SUSPECTED,
    SituationStep.CONFIRMED: Stage.CONFIRMED,
    SituationStep.LASTING: Stage.LONG_LIE,
    SituationStep.ENDED: Stage.SUSPECTED,
}
_DEED: Final = {
    SituationStep.SUSPECTED: Deed.HEARD,
    SituationStep.CONFIRMED: Deed.SURELY_HEARD,
    SituationStep.LASTING: Deed.STILL_HEARD,
    SituationStep.ENDED: Deed.QUIET,
}


def kind_of(event: Distress) -> AlarmKind:
    """Return what the alarm of `event` is about."""
    return AlarmKind.SMOKE_ALARM if isinstance(event, DistressSmokeAlarm) else AlarmKind.HELP


def on_distress(alarm: Alarm | None, event: Distress) -> Change | None:
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
            because_position=event.position,
        )
    entries = [Entry(at=event.t, what=_DEED[event.step])] if raised or ended else []
    if raised and stage >= Stage.CONFIRMED and old.state is not AlarmState.ACTIVE:
        # A carer who acknowledged or resolved did so knowing less than this event says.
        entries.append(Entry(at=event.t, what=Deed.REOPENED))
        changed = msgspec.structs.replace(changed, state=AlarmState.ACTIVE)
    return None if changed == alarm and not entries else Change(alarm=changed, entries=entries)


def _blank(event: Distress) -> Alarm:
    kind = kind_of(event)
    return Alarm(
        id=event.chain,
        kind=kind,
        key=chain_key(kind, event.chain),
        chain=event.chain,
        node=event.node,
        room=event.room,
        since=event.t,
        latest=event.t,
        probability=event.probability,
    )
