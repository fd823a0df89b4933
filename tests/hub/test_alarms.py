"""The life of an alarm: tables of what arrives, in whatever order, and what it makes."""

from __future__ import annotations

import itertools

import pytest

from ambient import events
from ambient.errors import UsageError
from ambient.events import AnyEvent
from ambient.hub.alarms import evidence, life, order
from ambient.hub.alarms.condition import (
    AlarmState,
    Change,
    Condition,
    Deed,
    Judgement,
    Priority,
    Sound,
    Stage,
)
from ambient.hub.alarms.kinds import AlarmKind, opens
from ambient.hub.alarms.rules import Rules
from ambient.observations import View
from tests.hub.kit import NS, event, fall, view

S, C, L, R = fall(100, 4)


def follow(*arrivals: AnyEvent | str) -> tuple[Condition, list[Deed]]:
    """Apply events and deeds ("ack", "resolve") in order of arrival."""
    alarm: Condition | None = None
    history: list[Deed] = []
    for arrival in arrivals:
        change: Change | None
        if isinstance(arrival, str):
            assert alarm is not None
            change = (
                life.on_my_way(alarm, "anna", 500 * NS, Rules())
                if arrival == "ack"
                else life.resolve(alarm, "anna", Judgement.FALL, 500 * NS)
            )
        else:
            change = evidence.on_event(alarm, arrival)
        if change is not None:
            alarm = change.condition
            history += [entry.what for entry in change.entries]
    assert alarm is not None
    return alarm, history


ACTIVE, ACKED, RESOLVED = AlarmState.ACTIVE, AlarmState.ACKNOWLEDGED, AlarmState.RESOLVED

LIVES = [
    # arrivals, state, stage, sound, recovered
    ((S,), ACTIVE, Stage.SUSPECTED, Sound.NONE, False),
    ((S, C), ACTIVE, Stage.CONFIRMED, Sound.HIGH, False),
    ((S, C, "ack"), ACKED, Stage.CONFIRMED, Sound.NONE, False),
    ((S, C, "ack", L), ACTIVE, Stage.LONG_LIE, Sound.HIGH, False),
    ((S, C, "resolve", L), ACTIVE, Stage.LONG_LIE, Sound.HIGH, False),
    ((S, "ack"), ACKED, Stage.SUSPECTED, Sound.NONE, False),
    ((S, "ack", C), ACTIVE, Stage.CONFIRMED, Sound.HIGH, False),
    ((S, "resolve", C), ACTIVE, Stage.CONFIRMED, Sound.HIGH, False),
    ((S, C, R), ACTIVE, Stage.CONFIRMED, Sound.HIGH, True),
    ((S, R), ACTIVE, Stage.SUSPECTED, Sound.NONE, True),
    ((S, C, "ack", R), ACKED, Stage.CONFIRMED, Sound.NONE, True),
    ((S, C, "ack", R, "resolve"), RESOLVED, Stage.CONFIRMED, Sound.NONE, True),
    # late and out of order
    ((R, C), ACTIVE, Stage.CONFIRMED, Sound.HIGH, True),
    ((R, S), ACTIVE, Stage.SUSPECTED, Sound.NONE, True),
    ((C, S), ACTIVE, Stage.CONFIRMED, Sound.HIGH, False),
    ((L, C, S), ACTIVE, Stage.LONG_LIE, Sound.HIGH, False),
    ((L, "ack", C), ACKED, Stage.LONG_LIE, Sound.NONE, False),
    ((L, "resolve", C, S), RESOLVED, Stage.LONG_LIE, Sound.NONE, False),
    # twice
    ((S, S, C, C), ACTIVE, Stage.CONFIRMED, Sound.HIGH, False),
    ((S, C, "ack", C), ACKED, Stage.CONFIRMED, Sound.NONE, False),
    ((S, C, "ack", "ack"), ACKED, Stage.CONFIRMED, Sound.NONE, False),
    ((S, C, R, R), ACTIVE, Stage.CONFIRMED, Sound.HIGH, True),
]


@pytest.mark.parametrize(("arrivals", "state", "stage", "sound", "recovered"), LIVES)
def test_life_of_a_fall(
    arrivals: tuple[AnyEvent | str, ...],
    state: AlarmState,
    stage: Stage,
    sound: Sound,
    recovered: bool,
) -> None:
    alarm, _ = follow(*arrivals)
    assert (alarm.state, alarm.stage, alarm.sound, alarm.recovered) == (
        state,
        stage,
        sound,
        recovered,
    )


@pytest.mark.parametrize("order", list(itertools.permutations([S, C, L, R])))
def test_a_chain_ends_the_same_in_every_order_of_arrival(order: tuple[AnyEvent, ...]) -> None:
    alarm, history = follow(*order)
    inorder, _ = follow(S, C, L, R)
    assert alarm == inorder
    assert alarm.since == 100 * NS
    assert history.count(Deed.RECOVERED) == 1


@pytest.mark.parametrize(
    ("arrivals", "history"),
    [
        ((S, C), [Deed.SUSPECTED, Deed.CONFIRMED]),
        ((S, S), [Deed.SUSPECTED]),
        (
            (S, C, "ack", L),
            [Deed.SUSPECTED, Deed.CONFIRMED, Deed.ACKNOWLEDGED, Deed.LONG_LIE, Deed.REOPENED],
        ),
        ((S, C, "resolve"), [Deed.SUSPECTED, Deed.CONFIRMED, Deed.RESOLVED]),
    ],
)
def test_history_says_what_happened(
    arrivals: tuple[AnyEvent | str, ...], history: list[Deed]
) -> None:
    assert follow(*arrivals)[1] == history


def test_down_again_after_recovery_rings_again() -> None:
    again = event(
        events.FallConfirmed, 200, 4, began=100, family="fall", down_s=8.0, probability=0.9
    )
    alarm, history = follow(S, C, "ack", R, again)
    assert alarm.state is ACTIVE
    assert not alarm.recovered
    assert history[-2:] == [Deed.DOWN_AGAIN, Deed.REOPENED]


def test_a_resolved_alarm_cannot_be_acknowledged() -> None:
    alarm, _ = follow(S, C, "resolve")
    with pytest.raises(UsageError, match="expected an open alarm"):
        life.on_my_way(alarm, "anna", 0, Rules())


DEGRADED = view(events.QualityDegraded, 10, View.DARK)
COVERED = view(events.QualityDegraded, 12, View.COVERED, began=10)
RESTORED = view(events.QualityRestored, 20, View.OK, began=10)
OTHER_CHAIN = view(events.QualityRestored, 20, View.OK, began=15)
PAUSED = view(events.QualityNotWatched, 20, View.PAUSED, began=10, until=100 * NS)
FAILED = event(events.NodeWorkerFailed, 10, room=None, worker=events.Worker.VISION, restarts=5)
STARTED = event(events.NodeStarted, 20, room=None)
EARLIER_START = event(events.NodeStarted, 5, room=None)
SILENT = event(events.NodeSourceSilent, 10, family="view-c1", source="c1", silent_s=12.0)


@pytest.mark.parametrize(
    ("opening", "kind", "ending", "ends"),
    [
        (DEGRADED, AlarmKind.CAMERA, RESTORED, True),
        (DEGRADED, AlarmKind.CAMERA, OTHER_CHAIN, False),
        (DEGRADED, AlarmKind.CAMERA, PAUSED, True),
        (DEGRADED, AlarmKind.CAMERA, view(events.QualityRestored, 5, View.OK, began=10), False),
        (FAILED, AlarmKind.WORKER, STARTED, True),
        (FAILED, AlarmKind.WORKER, EARLIER_START, False),
        (FAILED, AlarmKind.WORKER, RESTORED, False),
        (SILENT, AlarmKind.SOURCE_SILENT, RESTORED, True),
        (event(events.NodeDiskFull, 10, room=None, free_mb=1), AlarmKind.DISK, STARTED, False),
        (event(events.NodeOutboxDropped, 10, room=None, rows=7), AlarmKind.OUTBOX, STARTED, False),
    ],
)
def test_technical_conditions_end_by_the_event_that_ends_them(
    opening: AnyEvent, kind: AlarmKind, ending: AnyEvent, ends: bool
) -> None:
    opened = evidence.on_event(None, opening)
    assert opened is not None
    assert opened.condition.kind is kind
    assert opened.condition.priority is Priority.TECHNICAL
    assert opened.condition.sound is Sound.NONE
    change = evidence.on_end(opened.condition, ending)
    assert (change is not None) is ends
    if change is not None:
        assert change.condition.state is RESOLVED
        assert change.condition.reason is Judgement.CONDITION_ENDED
        assert change.condition.resolved_by is None


def test_another_trouble_of_the_same_camera_is_the_same_alarm() -> None:
    alarm, history = follow(DEGRADED, COVERED)
    assert alarm.id == DEGRADED.id
    assert alarm.view is View.COVERED
    assert history == [Deed.OPENED, Deed.CHANGED]


def test_a_trouble_that_is_known_to_be_over_opens_nothing() -> None:
    assert evidence.on_event(None, DEGRADED, over=20 * NS) is None


@pytest.mark.parametrize(
    "kind", [kind for kind in events.EVENT_TYPES if kind.__name__.startswith("Quality")]
)
def test_what_is_by_plan_or_restored_is_no_condition(kind: type[AnyEvent]) -> None:
    one = view(kind, 10, View.NOT_WATCHED)
    assert (opens(one) is not None) is (kind is events.QualityDegraded)


def test_a_silent_node_is_an_alarm_until_it_speaks() -> None:
    opened = evidence.on_silence(None, "n-1", 100 * NS, 116 * NS)
    assert opened is not None
    alarm = opened.condition
    assert (alarm.priority, alarm.sound, alarm.since) == (Priority.MEDIUM, Sound.MEDIUM, 100 * NS)
    assert evidence.on_silence(alarm, "n-1", 100 * NS, 120 * NS) is None
    ended = evidence.on_speech(alarm, 130 * NS)
    assert ended is not None
    assert ended.condition.state is RESOLVED
    assert evidence.on_speech(ended.condition, 140 * NS) is None


@pytest.mark.parametrize(
    ("before", "arrival", "state", "told"),
    [
        ((), S, ACTIVE, Stage.SUSPECTED),
        ((), C, ACTIVE, Stage.CONFIRMED),
        ((DEGRADED,), DEGRADED, None, None),
        ((DEGRADED, "ack"), DEGRADED, None, None),
        ((DEGRADED, "ack"), C, ACTIVE, Stage.CONFIRMED),
        ((C, "ack"), C, None, None),
        ((C, "ack"), L, ACTIVE, Stage.LONG_LIE),
        ((C, "ack"), fall(300)[1], ACTIVE, Stage.CONFIRMED),
    ],
)
def test_a_room_that_is_not_enrolled_rings_once_and_for_every_fall(
    before: tuple[AnyEvent | str, ...], arrival: AnyEvent, state: AlarmState | None, told: Stage
) -> None:
    alarm: Condition | None = None
    for one in before:
        if isinstance(one, str):
            assert alarm is not None
            change = life.on_my_way(alarm, "anna", 1, Rules())
        else:
            change = evidence.on_unenrolled(alarm, one, 1)
        assert change is not None
        alarm = change.condition
    change = evidence.on_unenrolled(alarm, arrival, 2)
    if state is None:
        assert change is None
        return
    assert change is not None
    assert (change.condition.state, change.condition.stage) == (state, told)
    assert (change.condition.priority, change.condition.sound) == (Priority.MEDIUM, Sound.MEDIUM)


def test_urgency() -> None:
    def one(began: float, *arrivals: int | str) -> Condition:
        life = fall(began, 4, room=f"r{began}")
        return follow(*(life[a] if isinstance(a, int) else a for a in arrivals))[0]

    silent = evidence.on_silence(None, "n-2", 1, 2)
    camera = evidence.on_event(None, DEGRADED)
    assert silent is not None
    assert camera is not None
    wanted = [
        one(50, 0, 1, 2),
        one(20, 0, 1),
        one(30, 0, 1),
        one(10, 0, 1, 3),
        one(5, 0),
        silent.condition,
        one(1, 0, 1, "ack"),
        camera.condition,
        one(2, 0, "ack"),
    ]
    assert order.by_urgency(reversed(wanted)) == wanted
    assert order.sound_of(wanted) is Sound.HIGH
    assert order.sound_of(wanted[4:]) is Sound.MEDIUM
    assert order.sound_of(wanted[6:]) is Sound.NONE
