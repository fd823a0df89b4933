"""Situations of people at the hub: what rings, again, and what is only shown or ends by itself."""

from __future__ import annotations

from itertools import permutations

import pytest

from ambient import events
from ambient.events import (
    Contribution,
    Device,
    Marker,
    Sense,
    SenseGroup,
    SenseState,
    SenseStatus,
    SituationStep,
)
from ambient.hub import situation_words, words
from ambient.hub.alarms import evidence, kinds, life
from ambient.hub.alarms.condition import AlarmState, Condition, Deed, Priority, Sound, Stage
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.alarms.rules import Rules
from ambient.hub.rooms import RoomStatus, SourceView, next_view, room_state
from ambient.observations import Hearing, View
from tests.hub.kit import event, view

NS = 10**9
SUSPECTED, CONFIRMED = SituationStep.SUSPECTED, SituationStep.CONFIRMED
LASTING, ENDED = SituationStep.LASTING, SituationStep.ENDED
HELP, SMOKE = events.DistressHelp, events.DistressSmokeAlarm
WHY = [Contribution(Sense.SOUND_HELP, 2.2), Contribution(Sense.SOUND_SCREAM, 1.0)]


def heard(kind, *steps: SituationStep, **fields) -> list[events.Situation]:
    return [
        event(
            kind,
            10 + 60 * position,
            position,
            began=10,
            family="distress",
            step=step,
            lasted_s=60.0 * position,
            probability=0.95 if step is not SUSPECTED else 0.7,
            contributions=WHY if step is not ENDED else [],
            **fields,
        )
        for position, step in enumerate(steps)
    ]


def after(life, alarm: Condition | None = None) -> tuple[Condition, list[Deed]]:
    deeds: list[Deed] = []
    for one in life:
        change = evidence.on_event(alarm, one)
        if change is not None:
            alarm = change.condition
            deeds += [entry.what for entry in change.entries]
    assert alarm is not None
    return alarm, deeds


@pytest.mark.parametrize(
    ("kind", "steps", "sound", "priority", "headline"),
    [
        (HELP, [SUSPECTED], Sound.NONE, Priority.MEDIUM, "Perhaps a call for help"),
        (HELP, [CONFIRMED], Sound.HIGH, Priority.HIGH, "Call for help"),
        (HELP, [SUSPECTED, CONFIRMED], Sound.HIGH, Priority.HIGH, "Call for help"),
        (HELP, [CONFIRMED, LASTING], Sound.HIGH, Priority.HIGH, "Still calling for help"),
        (HELP, [CONFIRMED, ENDED], Sound.HIGH, Priority.HIGH, "Called for help, quiet now"),
        (HELP, [SUSPECTED, ENDED], Sound.NONE, Priority.MEDIUM, "Called for help, quiet now"),
        (SMOKE, [SUSPECTED], Sound.NONE, Priority.MEDIUM, "Perhaps a smoke detector"),
        (SMOKE, [CONFIRMED], Sound.HIGH, Priority.HIGH, "Smoke detector sounds"),
        (SMOKE, [CONFIRMED, LASTING], Sound.HIGH, Priority.HIGH, "Smoke detector still sounds"),
        (SMOKE, [CONFIRMED, ENDED], Sound.HIGH, Priority.HIGH, "Smoke detector sounded"),
    ],
)
def test_what_it_looks_and_sounds_like(kind, steps, sound, priority, headline):
    alarm, _ = after(heard(kind, *steps))
    assert (alarm.sound, alarm.priority, words.headline(alarm)) == (sound, priority, headline)
    assert alarm.state is AlarmState.ACTIVE
    assert any("Certainty" in line for line in words.known(alarm))


@pytest.mark.parametrize("steps", list(permutations([SUSPECTED, CONFIRMED, LASTING, ENDED])))
def test_the_order_of_arrival_does_not_matter(steps):
    life = heard(HELP, SUSPECTED, CONFIRMED, LASTING, ENDED)
    ordered, _ = after(life)
    mixed, _ = after([life[[SUSPECTED, CONFIRMED, LASTING, ENDED].index(s)] for s in steps])
    assert mixed == ordered


@pytest.mark.parametrize(
    ("kind", "fields", "sound", "over"),
    [
        (events.DistressCord, {}, Sound.HIGH, AlarmState.ACTIVE),
        (events.AbsenceNotOut, {}, Sound.HIGH, AlarmState.ACTIVE),
        (events.AbsenceNoMovement, {}, Sound.HIGH, AlarmState.ACTIVE),
        (events.BedEdge, {"bed": "b1"}, Sound.MEDIUM, AlarmState.RESOLVED),
        (events.BedExit, {"bed": "b1"}, Sound.MEDIUM, AlarmState.RESOLVED),
        (events.BedNotBack, {"bed": "b1"}, Sound.MEDIUM, AlarmState.RESOLVED),
        (events.BedRestless, {"bed": "b1"}, Sound.NONE, AlarmState.RESOLVED),
        (events.DistressAgitated, {}, Sound.NONE, AlarmState.RESOLVED),
        (events.AbsenceInactive, {}, Sound.NONE, AlarmState.RESOLVED),
        (events.AbsenceWandering, {}, Sound.NONE, AlarmState.RESOLVED),
        (
            events.VitalsDeterioration,
            {"lower": 5, "upper": 8, "missing": 1},
            Sound.NONE,
            AlarmState.RESOLVED,
        ),
        (events.VitalsDeviation, {"marker": Marker.HEART_RATE, "z": 4.0}, Sound.NONE, None),
        (events.VitalsGlucose, {"in_s": 1200.0}, Sound.NONE, None),
        (events.VitalsRhythm, {}, Sound.NONE, None),
    ],
)
def test_what_rings_and_what_ends_by_itself(kind, fields, sound, over):
    life = heard(kind, SUSPECTED, CONFIRMED, ENDED, **fields)
    suspected, _ = after(life[:1])
    assert suspected.sound is Sound.NONE
    sure, _ = after(life[1:2], suspected)
    assert (sure.sound, sure.state) == (sound, AlarmState.ACTIVE)
    ended, deeds = after(life[2:], sure)
    assert ended.state is (over or AlarmState.RESOLVED)
    assert (Deed.ENDED in deeds) is (ended.state is AlarmState.RESOLVED)
    for alarm in (suspected, sure, ended):
        assert words.headline(alarm)
        assert words.known(alarm)
    for mixed in permutations(life):
        assert after(mixed)[0] == ended


def test_every_situation_has_its_alarm_and_words():
    found_kinds = [cls for cls in events.EVENT_TYPES if issubclass(cls, events.Situation)]
    filled = {
        "bed": "b1",
        "lower": 1,
        "upper": 2,
        "missing": 1,
        "marker": Marker.HEART_RATE,
        "z": 1.0,
        "in_s": 0.0,
    }
    found = set()
    for cls in found_kinds:
        wanted = set(cls.__struct_fields__)
        own = {name: value for name, value in filled.items() if name in wanted}
        alarm, _ = after(heard(cls, CONFIRMED, **own))
        found.add(alarm.kind)
        assert words.headline(alarm)
    assert found == kinds.CHAINED - {AlarmKind.FALL}


def test_what_is_watched_for_is_quiet_once_over_even_when_told_late():
    life = heard(events.BedExit, SUSPECTED, CONFIRMED, ENDED, bed="b1")
    over, _ = after([life[2], life[0]])
    late = evidence.on_event(over, life[1])
    assert late is not None
    assert late.condition.sound is Sound.NONE


def test_research_says_that_nobody_is_treated_by_it():
    life = heard(events.VitalsDeterioration, CONFIRMED, lower=5, upper=9, missing=2)
    alarm, _ = after(life)
    lines = words.known(alarm)
    assert "NEWS2 5 to 9, 2 of 7 values missing" in lines
    assert any("research only" in line for line in lines)


def test_it_says_how_each_sense_was():
    states = [
        SenseState(SenseGroup.CAMERA, SenseStatus.NO_VIEW),
        SenseState(SenseGroup.WEARABLE, SenseStatus.NOT_WORN),
        SenseState(SenseGroup.SENSOR, SenseStatus.ABSENT),
    ]
    alarm, _ = after(heard(HELP, CONFIRMED, senses=states))
    assert situation_words.senses(alarm.senses) == [
        "Camera: could not judge",
        "Wristband: not worn",
    ]


def test_it_says_why():
    alarm, _ = after(heard(HELP, CONFIRMED))
    assert words.because(alarm.contributions) == [
        "A call for help: clear sign",
        "A scream: clear sign",
    ]


def test_twice_the_same_changes_nothing():
    life = heard(HELP, CONFIRMED, ENDED)
    alarm, _ = after(life)
    assert all(evidence.on_event(alarm, one) is None for one in life)


def test_somebody_sees_to_it_and_it_goes_on():
    suspected, confirmed, lasting, ended = heard(SMOKE, SUSPECTED, CONFIRMED, LASTING, ENDED)
    alarm, _ = after([suspected, confirmed])
    taken = life.on_my_way(alarm, "anna", 80 * NS, Rules())
    assert taken is not None
    assert taken.condition.sound is Sound.NONE
    again, deeds = after([lasting], taken.condition)
    assert (again.sound, deeds) == (Sound.HIGH, [Deed.STILL_HEARD, Deed.REOPENED])
    taken = life.on_my_way(again, "anna", 140 * NS, Rules())
    assert taken is not None
    quiet, deeds = after([ended], taken.condition)
    assert (quiet.state, deeds) == (AlarmState.ACKNOWLEDGED, [Deed.QUIET])


def test_a_sound_of_a_room_that_is_not_enrolled_rings():
    (confirmed,) = heard(SMOKE, CONFIRMED)
    change = evidence.on_unenrolled(None, confirmed, 20 * NS)
    assert change is not None
    assert (change.condition.stage, change.condition.sound) == (Stage.CONFIRMED, Sound.MEDIUM)
    assert "emergency" in words.known(change.condition)[0]


# -- microphones -------------------------------------------------------------------------------


def mic(kind, t: float, hearing: Hearing, began: float | None = None, **fields):
    return event(kind, t, began=began, family="view-m1", source="m1", hearing=hearing, **fields)


DEAF = mic(events.QualityDegraded, 10, Hearing.SILENT)


def test_a_microphone_that_cannot_hear_is_an_alarm_of_its_own():
    alarm, _ = after([DEAF])
    assert (alarm.kind, alarm.hearing, alarm.sound) == (
        AlarmKind.MICROPHONE,
        Hearing.SILENT,
        Sound.NONE,
    )
    assert words.headline(alarm) == "Microphone cannot hear"
    assert words.known(alarm)[0] == "Microphone m1: no signal"
    hums, deeds = after([mic(events.QualityDegraded, 20, Hearing.HUM, began=10)], alarm)
    assert (hums.hearing, deeds) == (Hearing.HUM, [Deed.CHANGED])
    restored = mic(events.QualityRestored, 30, Hearing.OK, began=10)
    change = evidence.on_end(hums, restored)
    assert change is not None
    assert change.condition.state is AlarmState.RESOLVED


def test_a_camera_of_the_same_name_is_another_condition():
    alarm, _ = after([DEAF])
    assert evidence.on_end(alarm, view(events.QualityRestored, 30, View.OK, began=10)) is None


def test_a_silent_microphone_is_called_so():
    one = event(events.NodeSourceSilent, 1, source="m1", silent_s=20.0, device=Device.MICROPHONE)
    alarm, _ = after([one])
    assert words.headline(alarm) == "Microphone sends nothing"
    assert "Microphone m1" in words.known(alarm)[0]


def seen(source: str, t: int, *, view: View | None = None, hearing: Hearing | None = None, **more):
    return SourceView(
        node="n-1", room="r1", source=source, view=view, hearing=hearing, chain=source, t=t,
        position=0, **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("views", "status"),
    [
        ([seen("c1", 1, view=View.OK), seen("m1", 1, hearing=Hearing.OK)], RoomStatus.WATCHED),
        ([seen("c1", 1, view=View.OK), seen("m1", 1, hearing=Hearing.GONE)], RoomStatus.WATCHED),
        ([seen("c1", 1, view=View.OFF), seen("m1", 1, hearing=Hearing.OK)], RoomStatus.OFF),
        ([seen("m1", 1, hearing=Hearing.OK)], RoomStatus.NOT_WATCHED),
        ([seen("m1", 1, hearing=Hearing.SWITCHED_OFF)], RoomStatus.OFF),
        ([seen("m1", 1, hearing=Hearing.PAUSED, until=99)], RoomStatus.PAUSED),
        ([], RoomStatus.UNKNOWN),
        pytest.param([seen("mat-1", 1)], RoomStatus.UNKNOWN, id="a mat that is back"),
        pytest.param(
            [seen("m1", 1, hearing=Hearing.OK), seen("mat-1", 1)],
            RoomStatus.NOT_WATCHED,
            id="a microphone, and a mat that is back",
        ),
        pytest.param(
            [seen("c1", 1, view=View.OFF), seen("mat-1", 1)],
            RoomStatus.OFF,
            id="a camera that is off, and a mat that is back",
        ),
    ],
)
def test_rooms_with_microphones(views, status):
    state = room_state(
        "r1", "n-1", heard=True, silent=False, broken=None, views=views, orders=[], now=50
    )
    assert state.status is status


def test_what_is_heard_is_kept_by_microphone():
    first = next_view(None, DEAF)
    assert first is not None
    assert (first.hearing, first.view, first.fine) == (Hearing.SILENT, None, False)
    other = mic(events.QualityRestored, 20, Hearing.OK, began=15)
    assert next_view(first, other) is None
    back = next_view(first, mic(events.QualityRestored, 20, Hearing.OK, began=10))
    assert back is not None
    assert back.fine
