"""Carers' language for situations of people other than falls.

Comes in: an alarm about one. Goes out: its headline and what is known of it, in short plain words.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ambient.events import SenseGroup, SenseState, SenseStatus
from ambient.hub import trend_words
from ambient.hub.alarms.condition import Condition, Stage
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.languages import gettext, mark


class _Said(NamedTuple):
    perhaps: str
    sure: str
    still: str
    over: str
    ended: str
    """What a line of its card says when it is over."""


_SAID: Final = {
    AlarmKind.HELP: _Said(
        mark("Perhaps a call for help"),
        mark("Call for help"),
        mark("Still calling for help"),
        mark("Called for help, quiet now"),
        mark("Not heard any more"),
    ),
    AlarmKind.SMOKE_ALARM: _Said(
        *(
            mark("Perhaps a smoke detector"),
            mark("Smoke detector sounds"),
            mark("Smoke detector still sounds"),
        ),
        mark("Smoke detector sounded"),
        mark("Not heard any more"),
    ),
    AlarmKind.CORD: _Said(
        *(
            mark("Perhaps a call button"),
            mark("Call button or cord"),
            mark("Call button or cord, still waiting"),
        ),
        mark("Call button or cord, put back"),
        mark("Put back"),
    ),
    AlarmKind.NOT_OUT: _Said(
        mark("Long in the wet room"),
        mark("Has not come out of the wet room"),
        *(
            mark("Still has not come out of the wet room"),
            mark("Was long in the wet room, came out"),
        ),
        mark("Came out"),
    ),
    AlarmKind.NO_MOVEMENT: _Said(
        mark("Perhaps no movement"),
        mark("Somebody is there and does not move"),
        mark("Still no movement"),
        mark("Did not move, moves again"),
        mark("Moves again"),
    ),
    AlarmKind.BED_EDGE: _Said(
        mark("Perhaps at the edge of the bed"),
        mark("Sits at the edge of the bed"),
        *(
            mark("Still at the edge of the bed"),
            mark("Sat at the edge of the bed"),
            mark("Lies down again"),
        ),
    ),
    AlarmKind.BED_EXIT: _Said(
        *(
            mark("Perhaps out of bed"),
            mark("Out of bed"),
            mark("Still out of bed"),
            mark("Was out of bed"),
        ),
        mark("Back in bed"),
    ),
    AlarmKind.BED_NOT_BACK: _Said(
        *(
            mark("Not back in bed yet"),
            mark("Not back in bed"),
            mark("Still not back in bed"),
            mark("Was not back in bed"),
        ),
        mark("Back in bed"),
    ),
    AlarmKind.BED_RESTLESS: _Said(
        mark("Perhaps restless in bed"),
        mark("Restless in bed"),
        mark("Still restless in bed"),
        mark("Was restless in bed"),
        mark("Lies quietly"),
    ),
    AlarmKind.AGITATED: _Said(
        *(
            mark("Perhaps agitated"),
            mark("Agitated"),
            mark("Still agitated"),
            mark("Was agitated"),
            mark("Calm again"),
        ),
    ),
    AlarmKind.INACTIVE: _Said(
        mark("Perhaps less active than usual"),
        mark("Much less active than usual"),
        *(
            mark("Still much less active than usual"),
            mark("Was less active than usual"),
            mark("Active again"),
        ),
    ),
    AlarmKind.WANDERING: _Said(
        mark("Perhaps walking about"),
        mark("Walks about at night"),
        mark("Still walking about"),
        mark("Walked about at night"),
        mark("Rests again"),
    ),
    AlarmKind.DETERIORATION: _Said(
        *(
            mark("Vital signs may be worse"),
            mark("Vital signs are worse"),
            mark("Vital signs are still worse"),
        ),
        mark("Vital signs were worse"),
        mark("As usual again"),
    ),
    AlarmKind.DEVIATION: _Said(
        *(
            mark("A vital sign may be unusual"),
            mark("A vital sign is unusual"),
            mark("Still unusual"),
        ),
        mark("A vital sign was unusual"),
        mark("As usual again"),
    ),
    AlarmKind.GLUCOSE: _Said(
        *(
            mark("Glucose may get low"),
            mark("Glucose is low or will be"),
            mark("Glucose is still low"),
        ),
        mark("Glucose was low"),
        mark("Not low any more"),
    ),
    AlarmKind.RHYTHM: _Said(
        *(
            mark("Pulse may be irregular"),
            mark("Pulse is irregular"),
            mark("Pulse is still irregular"),
        ),
        mark("Pulse was irregular"),
        mark("Regular again"),
    ),
}
_RESEARCH: Final = frozenset(
    {AlarmKind.DETERIORATION, AlarmKind.DEVIATION, AlarmKind.GLUCOSE, AlarmKind.RHYTHM}
)
_GROUP: Final = {
    SenseGroup.CAMERA: mark("Camera"),
    SenseGroup.SOUND: mark("Microphone"),
    SenseGroup.WEARABLE: mark("Wristband"),
    SenseGroup.VITALS: mark("Vital signs"),
    SenseGroup.SENSOR: mark("Sensors"),
}
_STATUS: Final = {
    SenseStatus.ALIVE: mark("works"),
    SenseStatus.OFF: mark("switched off"),
    SenseStatus.PAUSED: mark("paused"),
    SenseStatus.NO_VIEW: mark("could not judge"),
    SenseStatus.NOT_WORN: mark("not worn"),
    SenseStatus.SILENT: mark("silent"),
}


def headline(alarm: Condition) -> str:
    """Return what goes on, in a few words, without the room."""
    said = _SAID[alarm.kind]
    if alarm.recovered:
        return gettext(said.over)
    if alarm.stage >= Stage.LONG_LIE:
        return gettext(said.still)
    return gettext(said.sure if alarm.stage >= Stage.CONFIRMED else said.perhaps)


def ended(alarm: Condition) -> str:
    """Return how it was noticed that it is over."""
    if alarm.kind is AlarmKind.FALL:
        return gettext("Seen up again")
    return gettext(_SAID[alarm.kind].ended)


def known(alarm: Condition) -> list[str]:
    """Return what is known of it beside its length and certainty."""
    lines = []
    if alarm.bed is not None:
        lines.append(gettext("Bed %(bed)s") % {"bed": alarm.bed})
    if alarm.kind is AlarmKind.DETERIORATION and alarm.lower is not None:
        score = f"NEWS2 {alarm.lower}"
        if alarm.upper != alarm.lower:
            said = gettext("NEWS2 %(lower)s to %(upper)s, %(missing)d of 7 values missing")
            score = said % {
                "lower": alarm.lower,
                "upper": alarm.upper,
                "missing": alarm.missing,
            }
        lines.append(score)
    if alarm.marker is not None and alarm.z is not None:
        above = gettext("%(sign)s far above the person's own usual")
        said = above if alarm.z > 0 else gettext("%(sign)s far below the person's own usual")
        lines.append(said % {"sign": gettext(trend_words.NAME[alarm.marker])})
    if alarm.kind is AlarmKind.GLUCOSE and alarm.in_s > 0:
        lines.append(gettext("Expected in about %(min)d min") % {"min": round(alarm.in_s / 60)})
    if alarm.kind in _RESEARCH:
        lines.append(gettext("For research only: treat nobody by it"))
    return lines


def senses(states: list[SenseState]) -> list[str]:
    """Return how each sense of the room was; those that the room has not are left out."""
    return [
        f"{gettext(_GROUP[one.group])}: {gettext(_STATUS[one.status])}"
        for one in states
        if one.status is not SenseStatus.ABSENT
    ]
