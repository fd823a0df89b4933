"""Carers' language for situations of people other than falls.

Comes in: an alarm about one. Goes out: its headline and what is known of it, in short plain words.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ambient.events import SenseGroup, SenseState, SenseStatus
from ambient.hub import trend_words
from ambient.hub.alarms.condition import Condition, Stage
from ambient.hub.alarms.kinds import AlarmKind


class _Said(NamedTuple):
    perhaps: str
    sure: str
    still: str
    over: str
    ended: str
    """What a line of its card says when it is over."""


_SAID: Final = {
    AlarmKind.HELP: _Said(
        *("Perhaps a call for help", "Call for help", "Still calling for help"),
        *("Called for help, quiet now", "Not heard any more"),
    ),
    AlarmKind.SMOKE_ALARM: _Said(
        *("Perhaps a smoke detector", "Smoke detector sounds", "Smoke detector still sounds"),
        *("Smoke detector sounded", "Not heard any more"),
    ),
    AlarmKind.CORD: _Said(
        *("Perhaps a call button", "Call button or cord", "Call button or cord, still waiting"),
        *("Call button or cord, put back", "Put back"),
    ),
    AlarmKind.NOT_OUT: _Said(
        *("Long in the wet room", "Has not come out of the wet room"),
        *("Still has not come out of the wet room", "Was long in the wet room, came out"),
        "Came out",
    ),
    AlarmKind.NO_MOVEMENT: _Said(
        *("Perhaps no movement", "Somebody is there and does not move"),
        *("Still no movement", "Did not move, moves again", "Moves again"),
    ),
    AlarmKind.BED_EDGE: _Said(
        *("Perhaps at the edge of the bed", "Sits at the edge of the bed"),
        *("Still at the edge of the bed", "Sat at the edge of the bed", "Lies down again"),
    ),
    AlarmKind.BED_EXIT: _Said(
        *("Perhaps out of bed", "Out of bed", "Still out of bed", "Was out of bed"),
        "Back in bed",
    ),
    AlarmKind.BED_NOT_BACK: _Said(
        *("Not back in bed yet", "Not back in bed", "Still not back in bed", "Was not back in bed"),
        "Back in bed",
    ),
    AlarmKind.BED_RESTLESS: _Said(
        *("Perhaps restless in bed", "Restless in bed", "Still restless in bed"),
        *("Was restless in bed", "Lies quietly"),
    ),
    AlarmKind.AGITATED: _Said(
        *("Perhaps agitated", "Agitated", "Still agitated", "Was agitated", "Calm again"),
    ),
    AlarmKind.INACTIVE: _Said(
        *("Perhaps less active than usual", "Much less active than usual"),
        *("Still much less active than usual", "Was less active than usual", "Active again"),
    ),
    AlarmKind.WANDERING: _Said(
        *("Perhaps walking about", "Walks about at night", "Still walking about"),
        *("Walked about at night", "Rests again"),
    ),
    AlarmKind.DETERIORATION: _Said(
        *("Vital signs may be worse", "Vital signs are worse", "Vital signs are still worse"),
        *("Vital signs were worse", "As usual again"),
    ),
    AlarmKind.DEVIATION: _Said(
        *("A vital sign may be unusual", "A vital sign is unusual", "Still unusual"),
        *("A vital sign was unusual", "As usual again"),
    ),
    AlarmKind.GLUCOSE: _Said(
        *("Glucose may get low", "Glucose is low or will be", "Glucose is still low"),
        *("Glucose was low", "Not low any more"),
    ),
    AlarmKind.RHYTHM: _Said(
        *("Pulse may be irregular", "Pulse is irregular", "Pulse is still irregular"),
        *("Pulse was irregular", "Regular again"),
    ),
}
_RESEARCH: Final = frozenset(
    {AlarmKind.DETERIORATION, AlarmKind.DEVIATION, AlarmKind.GLUCOSE, AlarmKind.RHYTHM}
)
_GROUP: Final = {
    SenseGroup.CAMERA: "Camera",
    SenseGroup.SOUND: "Microphone",
    SenseGroup.WEARABLE: "Wristband",
    SenseGroup.VITALS: "Vital signs",
    SenseGroup.SENSOR: "Sensors",
}
_STATUS: Final = {
    SenseStatus.ALIVE: "works",
    SenseStatus.OFF: "switched off",
    SenseStatus.PAUSED: "paused",
    SenseStatus.NO_VIEW: "could not judge",
    SenseStatus.NOT_WORN: "not worn",
    SenseStatus.SILENT: "silent",
}


def headline(alarm: Condition) -> str:
    """Return what goes on, in a few words, without the room."""
    said = _SAID[alarm.kind]
    if alarm.recovered:
        return said.over
    if alarm.stage >= Stage.LONG_LIE:
        return said.still
    return said.sure if alarm.stage >= Stage.CONFIRMED else said.perhaps


def ended(alarm: Condition) -> str:
    """Return how it was noticed that it is over."""
    return "Seen up again" if alarm.kind is AlarmKind.FALL else _SAID[alarm.kind].ended


def known(alarm: Condition) -> list[str]:
    """Return what is known of it beside its length and certainty."""
    lines = []
    if alarm.bed is not None:
        lines.append(f"Bed {alarm.bed}")
    if alarm.kind is AlarmKind.DETERIORATION and alarm.lower is not None:
        score = f"{alarm.lower}"
        if alarm.upper != alarm.lower:
            score += f" to {alarm.upper}, {alarm.missing} of 7 values missing"
        lines.append(f"NEWS2 {score}")
    if alarm.marker is not None and alarm.z is not None:
        way = "above" if alarm.z > 0 else "below"
        lines.append(f"{trend_words.NAME[alarm.marker]} far {way} the person's own usual")
    if alarm.kind is AlarmKind.GLUCOSE and alarm.in_s > 0:
        lines.append(f"Expected in about {round(alarm.in_s / 60)} min")
    if alarm.kind in _RESEARCH:
        lines.append("For research only: treat nobody by it")
    return lines


def senses(states: list[SenseState]) -> list[str]:
    """Return how each sense of the room was; those that the room has not are left out."""
    return [
        f"{_GROUP[one.group]}: {_STATUS[one.status]}"
        for one in states
        if one.status is not SenseStatus.ABSENT
    ]
