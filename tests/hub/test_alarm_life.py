"""The life of alarms through the whole reducer: who is told, when, again, and what ends it."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from ambient import events
from ambient.errors import UsageError
from ambient.events import AnyEvent, Contribution, Sense
from ambient.hub.alarms import inputs, system
from ambient.hub.alarms.book import MemoryBook
from ambient.hub.alarms.condition import (
    AlarmState,
    Condition,
    Deed,
    FallRecord,
    Injury,
    Judgement,
    Presence,
    Priority,
    SnoozeReason,
    Sound,
)
from ambient.hub.alarms.effects import Give, TellNode, Withdraw
from ambient.hub.alarms.handover import hand_over, is_due
from ambient.hub.alarms.inputs import AnyInput, Delivered, OnMyWay, Resolve, There, Tick
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.alarms.rota import Member, Rota, Shift
from ambient.hub.alarms.rules import Group, Plan, Rules, Step
from ambient.hub.alarms.signal import Delivery
from ambient.hub.alarms.system import UnknownAlarmError
from ambient.hub.rooms import RoomState, RoomStatus
from ambient.observations import View
from tests.hub.kit import NS, event, fall, view

S, C, L, R = fall(0, 4)
CHAIN = S.chain
STAFF = [
    Member(id="anna", rooms=["r1"], ways=["pager"]),
    Member(id="ben", rooms=["r2"], ways=["pager"]),
    Member(id="dora", nurse=True, ways=["phone"]),
]
RULES = Rules(rota=Rota(staff=STAFF), outside=["outside"], remote=["outside"])


class House:
    """A book, a clock, and what was to be done, in the words of a table."""

    def __init__(self, rules: Rules = RULES) -> None:
        self.book = MemoryBook()
        self.now = 0.0
        self.give(inputs.Begin(rules=rules), at=0)

    def give(self, given: AnyInput, at: float) -> list[str]:
        """Take in an input at `at` seconds; return effects as ``recipient/channel`` or ``-…``."""
        self.now = at
        outcome = system.apply(self.book, given, round(at * NS))
        return [self.said(effect) for effect in outcome.effects]

    def said(self, effect: Give | Withdraw | TellNode) -> str:
        if isinstance(effect, TellNode):
            return f"node {effect.node}"
        signal = self.book.signals[effect.signal]
        told = f"{signal.recipient}/{signal.channel}"
        return told if isinstance(effect, Give) else f"-{told}"

    def hear(self, *heard: AnyEvent, at: float) -> list[str]:
        done: list[str] = []
        for one in heard:
            done += self.give(inputs.Heard(event=one), at)
        return done

    def tick(self, at: float) -> list[str]:
        return self.give(Tick(), at)

    def answer(self, delivery: Delivery, at: float, until: float | None = None) -> list[str]:
        """Let every channel answer what it was given."""
        done: list[str] = []
        for signal in list(self.book.signals.values()):
            if signal.due:
                due = None if until is None else round(until * NS)
                given = Delivered(signal=signal.id, delivery=delivery, until=due)
                done += self.give(given, at)
        return done

    def alarm(self, condition: str = CHAIN) -> Condition:
        return self.book.conditions[condition]

    def deeds(self, condition: str = CHAIN) -> list[Deed]:
        return [entry.what for entry in self.book.history[condition]]

    def open(self) -> list[AlarmKind]:
        return [case.condition.kind for case in self.book.open_cases()]


def calling() -> House:
    """A house in which somebody lies on the floor of room 1, and everybody is reached."""
    house = House()
    assert house.hear(S, at=0) == [], "what is only suspected tells nobody"
    assert house.hear(C, at=8) == ["anna/pager"]
    house.answer(Delivery.DELIVERED, at=9)
    return house


# -- escalation ----------------------------------------------------------------------------------


def test_steps_come_by_time_until_the_siren() -> None:
    house = calling()
    assert house.tick(at=67) == []
    assert house.tick(at=68) == ["ben/pager", "dora/phone", "anna/pager"], "and anna again"
    house.answer(Delivery.SHOWN, at=69)
    # the nurse is told already: nobody new is reached by that step, so it is passed
    assert house.tick(at=128) == ["outside/outside", *["anna/pager", "ben/pager", "dora/phone"]]
    house.answer(Delivery.DELIVERED, at=129)
    assert "everybody/siren" in house.tick(at=188)
    house.answer(Delivery.DELIVERED, at=189)
    assert house.tick(at=248).count("everybody/siren") == 1, "it goes on"
    assert house.alarm().sound is Sound.HIGH


def test_a_step_that_cannot_be_delivered_is_passed_at_once() -> None:
    house = House()
    house.hear(S, C, at=8)
    assert house.answer(Delivery.FAILED, at=9) == ["ben/pager", "dora/phone"]
    assert house.answer(Delivery.FAILED, at=10) == ["outside/outside"]
    assert house.answer(Delivery.FAILED, at=11) == ["everybody/siren"]
    assert house.answer(Delivery.FAILED, at=12) == []
    assert "everybody/siren" in house.tick(at=72), "the siren is tried again, and again"


SHORT = msgspec.structs.replace(RULES, plans=[Plan(steps=[Step(to=Group.ROOM)])], backstop=True)
"""Only who cares for the room is told before the siren."""
EVERYBODY_ELSE = ["everybody/page", "ben/pager", "dora/phone", "outside/outside"]


def at_the_siren(rules: Rules) -> House:
    """A house in which somebody lies on the floor and nobody has come for a minute."""
    house = House(rules)
    assert house.hear(S, C, at=8) == ["anna/pager"]
    house.answer(Delivery.DELIVERED, at=9)
    assert house.tick(at=68) == ["everybody/siren", "anna/pager"]
    return house


@pytest.mark.parametrize(
    ("rules", "siren", "rings"),
    [
        (SHORT, Delivery.FAILED, EVERYBODY_ELSE),
        (SHORT, None, EVERYBODY_ELSE),
        (SHORT, Delivery.SHOWN, []),
        (msgspec.structs.replace(SHORT, backstop=False), Delivery.FAILED, []),
    ],
    ids=["fails", "says nothing", "sounds", "of a log that does not know it"],
)
def test_what_rings_when_the_siren_does_not(
    rules: Rules, siren: Delivery | None, rings: list[str]
) -> None:
    house = at_the_siren(rules)
    done = house.tick(at=78) if siren is None else house.answer(siren, at=69)
    assert done == rings


def test_what_rings_in_place_of_the_siren_goes_on_until_somebody_comes() -> None:
    house = at_the_siren(SHORT)
    house.answer(Delivery.FAILED, at=69)
    assert house.answer(Delivery.SHOWN, at=70) == []
    again = house.tick(at=129)
    assert set(EVERYBODY_ELSE) <= set(again), "the siren failed before; they are told again"
    assert house.answer(Delivery.SHOWN, at=130) == [], "the siren sounds, and nobody is told 'over'"
    assert set(EVERYBODY_ELSE) <= set(house.tick(at=190))
    done = house.give(OnMyWay(condition=CHAIN, who="ben"), at=191)
    assert {f"-{one}" for one in (*EVERYBODY_ELSE, "everybody/siren", "anna/pager")} <= set(done)


def test_one_who_is_reached_is_enough_to_wait() -> None:
    house = calling()
    house.tick(at=68)
    ben, dora = [s for s in house.book.signals.values() if s.recipient in ("ben", "dora")]
    assert house.give(Delivered(signal=ben.id, delivery=Delivery.FAILED), at=69) == []
    assert house.give(Delivered(signal=dora.id, delivery=Delivery.DELIVERED), at=69) == []


def test_a_channel_that_says_nothing_has_failed() -> None:
    house = House()
    house.hear(S, C, at=8)
    assert house.tick(at=17) == []
    assert house.tick(at=18) == ["ben/pager", "dora/phone"]


def test_a_failed_signal_is_tried_again_and_may_arrive() -> None:
    house = House()
    house.hear(S, C, at=8)
    house.answer(Delivery.FAILED, at=9)
    assert "anna/pager" in house.tick(at=68)
    signal = next(iter(house.book.signals.values()))
    assert (signal.failed, signal.times) == (9 * NS, 2)
    house.answer(Delivery.DELIVERED, at=69)
    signal = next(iter(house.book.signals.values()))
    assert (signal.failed, signal.delivered) == (None, 69 * NS)


def test_without_a_rota_pages_are_told_then_the_siren() -> None:
    house = House(Rules())
    assert house.hear(S, C, at=8) == ["everybody/page"]
    assert house.answer(Delivery.FAILED, at=9) == ["everybody/siren"], "no page is open"


def test_what_is_less_urgent_does_not_wake_the_house() -> None:
    house = House()
    bed = event(
        events.BedExit, 5, room="r1", bed="b1", step=events.SituationStep.CONFIRMED, lasted_s=0.0
    )
    assert house.hear(bed, at=5) == ["anna/pager"]
    house.answer(Delivery.DELIVERED, at=6)
    for at in range(65, 3000, 60):
        done = house.tick(at=at)
        house.answer(Delivery.DELIVERED, at=at + 1)
        assert not [one for one in done if "siren" in one or "outside" in one]
    house.tick(at=3005)
    assert house.answer(Delivery.FAILED, at=3006) == ["outside/outside"], "nobody is reached"
    assert house.answer(Delivery.FAILED, at=3007) == ["everybody/siren"]


@pytest.mark.parametrize(
    ("utc", "first"),
    [
        ("2025-10-26T00:28:00", "late"),
        ("2025-10-26T00:30:00", "early"),
        ("2025-10-26T01:10:00", "early"),  # 02:10 for the second time
        ("2025-10-26T01:30:00", "early"),  # 02:30 for the second time
    ],
)
def test_the_right_shift_is_told_in_the_night_with_two_half_past_two(utc: str, first: str) -> None:
    shifts = [Shift(id="late", begins=390, ends=150), Shift(id="early", begins=150, ends=390)]
    staff = [Member(id=one.id, shifts=[one.id], rooms=["r1"], ways=["pager"]) for one in shifts]
    rota = Rota(zone="Europe/Berlin", shifts=shifts, staff=staff)
    house = House(Rules(rota=rota, plans=[Plan(steps=[Step(to=Group.SHIFT)])]))
    at = datetime.fromisoformat(utc).replace(tzinfo=UTC).timestamp()
    assert house.hear(S, C, at=at) == [f"{first}/pager"]
    house.answer(Delivery.DELIVERED, at=at + 1)
    assert house.tick(at=at + 59) == []
    assert f"{first}/pager" in house.tick(at=at + 60), "60 s are 60 s"


def test_a_change_of_shift_tells_the_new_one_and_lets_the_old_one_go() -> None:
    shifts = [Shift(id="a", begins=0, ends=720), Shift(id="b", begins=720, ends=0)]
    staff = [Member(id=one.id, shifts=[one.id], rooms=["r1"], ways=["pager"]) for one in shifts]
    house = House(Rules(rota=Rota(shifts=shifts, staff=staff)))
    noon = 12 * 3600.0
    assert house.hear(S, C, at=noon - 10) == ["a/pager"]
    house.answer(Delivery.DELIVERED, at=noon - 9)
    assert house.tick(at=noon + 50)[:2] == ["-a/pager", "b/pager"]


# -- on my way, there, what it was --------------------------------------------------------------


def test_it_rings_again_when_nobody_was_there_within_ten_minutes() -> None:
    house = calling()
    done = house.give(OnMyWay(condition=CHAIN, who="anna"), at=20)
    assert done == ["node n-1", "-anna/pager"]
    signal = house.book.signals[f"{CHAIN}:0"]
    assert (signal.acknowledged, signal.withdrawn) == (20 * NS, 20 * NS)
    assert house.tick(at=619) == []
    assert house.tick(at=620) == ["anna/pager"], "from the first step on"
    assert house.deeds()[-1] is Deed.NOBODY_THERE
    assert house.alarm().state is AlarmState.ACTIVE


def test_there_holds_until_somebody_must_say_what_it_was() -> None:
    house = calling()
    house.give(OnMyWay(condition=CHAIN, who="anna"), at=20)
    assert house.give(There(condition=CHAIN, who="ben"), at=300) == [], "the node knows"
    held = house.alarm().acknowledged
    assert held is not None
    assert (held.who, held.there) == ("ben", True)
    assert house.tick(at=2099) == []
    assert house.tick(at=2100) == ["anna/pager"]


@pytest.mark.parametrize(
    "judgement", [Judgement.FALL, Judgement.HELP, Judgement.FALSE_ALARM, Judgement.TEST]
)
def test_nothing_rings_after_resolution(judgement: Judgement) -> None:
    house = calling()
    done = house.give(Resolve(condition=CHAIN, who="anna", judgement=judgement), at=20)
    assert done == ["node n-1", "-anna/pager"]
    assert (house.alarm().presence, house.alarm().reason) == (Presence.ENDED, judgement)
    assert house.answer(Delivery.DELIVERED, at=21) == []
    assert house.tick(at=100_000) == []


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (
            Resolve(condition=CHAIN, who="a", judgement=Judgement.FIXED),
            "expected one of fall, help",
        ),
        (
            Resolve(condition=CHAIN, who="a", judgement=Judgement.CONDITION_ENDED),
            "expected one of fall, help",
        ),
        (inputs.Record(condition=CHAIN, who="a", record=FallRecord()), "expected the task"),
        (inputs.Pause(condition=CHAIN, who="a", seconds=600), "expected at most 120"),
        (OnMyWay(condition="nobody", who="a"), "expected the id of an alarm"),
        (inputs.Unsnooze(snooze="none", who="a"), "expected one that holds"),
        (
            inputs.SnoozeFor(
                id="s", kind=AlarmKind.FALL, until=7200 * NS, who="a", reason=SnoozeReason.CARE
            ),
            "within 30 minutes",
        ),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(given: AnyInput, why: str) -> None:
    house = calling()
    before = msgspec.json.encode((house.book.conditions, house.book.house()))
    with pytest.raises(UsageError, match=why):
        house.give(given, at=20)
    assert msgspec.json.encode((house.book.conditions, house.book.house())) == before


def test_an_unknown_alarm_is_told_apart() -> None:
    with pytest.raises(UnknownAlarmError):
        House().give(OnMyWay(condition="nobody", who="a"), at=1)


@pytest.mark.parametrize("before", ["acknowledged", "paused", "resolved", "nothing"])
def test_a_long_lie_rings_again_whatever_was_done(before: str) -> None:
    house = calling()
    done: dict[str, AnyInput] = {
        "acknowledged": OnMyWay(condition=CHAIN, who="anna"),
        "paused": inputs.Pause(condition=CHAIN, who="anna", seconds=120),
        "resolved": Resolve(condition=CHAIN, who="anna", judgement=Judgement.FALL),
        "nothing": Tick(),
    }
    house.give(done[before], at=20)
    assert house.hear(L, at=60) == ["anna/pager"]
    assert house.alarm().sound is Sound.HIGH


def test_a_second_sense_is_a_new_fact_once() -> None:
    def told(position: int, *senses: Sense) -> AnyEvent:
        why = [Contribution(sense, 2.0) for sense in senses]
        one = event(
            events.FallConfirmed, 9 + position, position, began=0, family="fall", down_s=9.0
        )
        return msgspec.structs.replace(one, contributions=why)

    house = House()
    house.hear(told(1, Sense.VISION_POSTURE, Sense.PLACE), at=9)
    house.give(OnMyWay(condition=CHAIN, who="anna"), at=10)
    assert house.hear(told(2, Sense.VISION_STILLNESS), at=11) == [], "the same sense"
    assert house.hear(told(3, Sense.WEARABLE_IMPACT), at=12) == ["anna/pager"]
    assert house.deeds()[-2:] == [Deed.SECOND_SENSE, Deed.REOPENED]
    house.give(OnMyWay(condition=CHAIN, who="anna"), at=13)
    assert house.hear(told(4, Sense.WEARABLE_STILLNESS), at=14) == []


# -- recovered, and the task after -----------------------------------------------------------------


def test_recovered_latches_and_opens_a_task_without_haste() -> None:
    house = calling()
    assert house.hear(R, at=50) == []
    alarm = house.alarm()
    assert (alarm.presence, alarm.sound) == (Presence.LATCHED, Sound.HIGH)
    assert set(house.open()) == {AlarmKind.FALL, AlarmKind.CHECK_AFTER_FALL}
    (task,) = [c for c in house.book.conditions.values() if c.kind is AlarmKind.CHECK_AFTER_FALL]
    assert (task.priority, task.sound, task.down_s) == (Priority.LOW, Sound.NONE, 89.0)
    house.hear(R, at=51)
    assert len(house.open()) == 2, "once"
    house.give(Resolve(condition=CHAIN, who="anna", judgement=Judgement.FALL), at=100)
    assert house.open() == [AlarmKind.CHECK_AFTER_FALL]
    record = FallRecord(injury=Injury.MINOR, witnessed=False)
    house.give(inputs.Record(condition=task.id, who="anna", record=record), at=110)
    assert house.open() == []
    kept = house.book.conditions[task.id].record
    assert kept == FallRecord(injury=Injury.MINOR, witnessed=False, floor_s=89.0)


@pytest.mark.parametrize(
    ("judgement", "late", "tasks"),
    [
        (Judgement.FALSE_ALARM, False, 0),
        (Judgement.TEST, False, 0),
        (Judgement.HELP, False, 1),
        (Judgement.FALSE_ALARM, True, 0),
        (Judgement.FALL, True, 1),
    ],
)
def test_the_task_goes_by_what_it_was(judgement: Judgement, late: bool, tasks: int) -> None:
    house = calling()
    resolve = Resolve(condition=CHAIN, who="anna", judgement=judgement)
    if late:
        house.give(resolve, at=80)
        house.hear(R, at=90)
    else:
        house.hear(R, at=90)
        house.give(resolve, at=100)
    assert house.open().count(AlarmKind.CHECK_AFTER_FALL) == tasks


def test_a_fall_is_never_closed_by_time_or_silence() -> None:
    house = calling()
    house.give(OnMyWay(condition=CHAIN, who="anna"), at=20)
    for hour in range(1, 72):
        house.tick(at=hour * 3600)
    assert house.alarm().presence is Presence.ON
    house.hear(view(events.QualityDegraded, 300_000, View.GONE), at=300_000)
    house.give(inputs.NodeSilent(node="n-1", last=300_000 * NS), at=300_020)
    assert house.alarm().presence is Presence.ON


# -- snooze, pause, duty --------------------------------------------------------------------------


def snooze(until: float, room: str | None = "r1", kind: AlarmKind | None = None) -> AnyInput:
    return inputs.SnoozeFor(
        id="snooze",
        room=room,
        kind=kind,
        until=round(until * NS),
        who="anna",
        reason=SnoozeReason.EXERCISE,
    )


@pytest.mark.parametrize(
    ("room", "kind", "quiet"),
    [
        ("r1", None, True),
        ("r1", AlarmKind.FALL, True),
        (None, AlarmKind.FALL, True),
        ("r2", None, False),
        ("r1", AlarmKind.BED_EXIT, False),
    ],
)
def test_a_snooze_withholds_what_it_covers_and_ends(
    room: str | None, kind: AlarmKind | None, quiet: bool
) -> None:
    house = House()
    house.give(snooze(600, room, kind), at=1)
    assert (house.hear(S, C, at=8) == []) is quiet
    assert CHAIN in house.book.conditions, "it is stored and shown"
    if quiet:
        assert house.hear(L, at=60) == []
        assert house.tick(at=600) == ["anna/pager"], "it rings when the snooze ends"
        assert house.book.house().snoozes == []


def test_a_snooze_takes_back_what_rings_and_ends_with_its_owner() -> None:
    house = calling()
    assert house.give(snooze(600), at=20) == ["-anna/pager"]
    assert house.give(inputs.SignOff(who="ben"), at=30) == []
    assert house.give(inputs.SignOff(who="anna"), at=40) == ["dora/phone"], "who is left"
    assert house.give(inputs.SignOn(who="anna"), at=41) == []
    assert "anna/pager" in house.tick(at=100)


def test_a_pause_is_short_and_ends() -> None:
    house = calling()
    assert house.give(inputs.Pause(condition=CHAIN, who="anna", seconds=60), at=20) == [
        "-anna/pager"
    ]
    assert house.tick(at=79) == []
    assert house.tick(at=80) == ["anna/pager"]


def test_an_alarm_whose_owner_signs_off_is_active_again() -> None:
    house = calling()
    house.give(There(condition=CHAIN, who="anna"), at=20)
    assert house.give(inputs.SignOff(who="anna"), at=30) == ["ben/pager", "dora/phone"]
    assert house.alarm().state is AlarmState.ACTIVE
    assert house.deeds()[-1] is Deed.OWNER_LEFT


def test_a_hand_over_lists_what_is_open_and_changes_its_digest() -> None:
    house = calling()
    house.give(OnMyWay(condition=CHAIN, who="anna"), at=20)
    house.give(snooze(600, room="r2"), at=21)
    rooms = [
        RoomState(room="r1", node="n-1", status=RoomStatus.WATCHED),
        RoomState(room="r2", node="n-1", status=RoomStatus.PAUSED, until=900 * NS),
        RoomState(room="r3", node="n-1", status=RoomStatus.NOT_WATCHED),
        RoomState(room="r4", node="n-1", status=RoomStatus.SILENT),
    ]

    def page(at: float):  # type: ignore[no-untyped-def]
        conditions = [case.condition for case in house.book.open_cases()]
        return hand_over(conditions, house.book.house(), rooms, round(at * NS))

    first = page(30)
    assert [(one.id, one.owner) for one in first.alarms] == [(CHAIN, "anna")]
    assert [one.room for one in first.snoozes] == ["r2"]
    assert [one.room for one in first.pauses] == ["r2"]
    assert [one.room for one in first.not_watched] == ["r4", "r3"], "the gravest first"
    assert page(31).digest == first.digest
    house.give(inputs.HandOver(who="carla", digest=first.digest), at=32)
    assert house.book.house().accepted_by == "carla"
    house.give(Resolve(condition=CHAIN, who="anna", judgement=Judgement.FALL), at=33)
    assert page(34).digest != first.digest


def test_a_hand_over_is_due_once_a_shift() -> None:
    shifts = [Shift(id="a", begins=0, ends=720), Shift(id="b", begins=720, ends=0)]
    house = House(Rules(rota=Rota(shifts=shifts)))
    noon = 12 * 3600

    def due(at: int) -> bool:
        return is_due(house.book.house(), at * NS)

    assert due(10), "nobody has accepted anything yet"
    house.give(inputs.HandOver(who="anna", digest="0"), at=20)
    assert [due(30), due(noon - 1), due(noon)] == [False, False, True]
    house.give(inputs.HandOver(who="ben", digest="0"), at=noon + 60)
    assert not due(noon + 61)
    assert not is_due(House(Rules()).book.house(), 0), "without shifts nobody hands over"


# -- a far side -----------------------------------------------------------------------------------


def test_a_far_side_stands_for_the_pages_and_they_return_by_themselves() -> None:
    rules = Rules(plans=[Plan(steps=[Step(to=Group.SHIFT), Step(to=Group.OUTSIDE)])])
    rules = msgspec.structs.replace(rules, outside=["outside"], remote=["outside"])
    house = House(rules)
    assert house.hear(S, C, at=8) == ["everybody/page", "outside/outside"]
    page, far = house.book.signals.values()
    house.give(Delivered(signal=page.id, delivery=Delivery.DELIVERED), at=9)
    taken = Delivered(signal=far.id, delivery=Delivery.TAKEN, until=40 * NS)
    assert house.give(taken, at=9) == []
    assert house.alarm().sound is Sound.NONE
    assert house.tick(at=39) == []
    assert house.tick(at=40) == ["everybody/page"], "the far side fell silent"
    assert house.alarm().sound is Sound.HIGH


def test_a_channel_on_site_cannot_take_a_signal_away() -> None:
    house = calling()
    signal = house.book.signals[f"{CHAIN}:0"]
    house.give(Delivered(signal=signal.id, delivery=Delivery.TAKEN, until=10**18), at=10)
    assert house.alarm().sound is Sound.HIGH


# -- technical ------------------------------------------------------------------------------------


def silent(house: House, node: str, at: float) -> list[str]:
    return house.give(inputs.NodeSilent(node=node, last=round((at - 15) * NS)), at)


def leader(house: House) -> Condition:
    (found,) = [c.condition for c in house.book.open_cases() if c.condition.leader is None]
    return found


def test_technical_alarms_of_one_cause_are_one() -> None:
    house = House()
    assert silent(house, "n-1", at=20)
    assert silent(house, "n-2", at=30), "one more room rings again"
    first = leader(house)
    assert first.node == "n-1"
    house.give(OnMyWay(condition=first.id, who="anna"), at=40)
    assert silent(house, "n-3", at=50), "although somebody sees to it"
    assert leader(house).state is AlarmState.ACTIVE
    house.give(OnMyWay(condition=first.id, who="anna"), at=60)
    silent(house, "n-4", at=100)
    led = [c.condition for c in house.book.open_cases() if c.condition.leader is None]
    assert {one.node for one in led} == {"n-1", "n-4"}, "a minute later it is another"


def test_the_next_one_leads_when_the_leader_ends() -> None:
    house = House()
    for n in (1, 2, 3):
        silent(house, f"n-{n}", at=20 + n)
    house.give(OnMyWay(condition=leader(house).id, who="anna"), at=40)
    house.give(inputs.NodeSpeaks(node="n-1"), at=50)
    following = leader(house)
    assert following.node == "n-2"
    assert following.state is AlarmState.ACKNOWLEDGED, "somebody sees to it already"
    house.give(inputs.NodeSpeaks(node="n-2"), at=60)
    house.give(inputs.NodeSpeaks(node="n-3"), at=61)
    assert house.open() == []


def test_other_troubles_are_not_of_one_cause() -> None:
    house = House()
    for n, seen in enumerate([View.DARK, View.DARK, View.COVERED]):
        house.hear(view(events.QualityDegraded, 10, seen, began=n, room=f"r{n + 1}"), at=10 + n)
    led = [c.condition for c in house.book.open_cases() if c.condition.leader is None]
    assert [one.view for one in sorted(led, key=lambda one: one.opened)] == [
        View.DARK,
        View.COVERED,
    ]


def test_what_a_person_ends_ends_for_all_rooms_of_it() -> None:
    house = House()
    for n in range(3):
        house.hear(view(events.QualityDegraded, 10, View.DARK, began=n, room=f"r{n + 1}"), at=10)
    done = Resolve(condition=leader(house).id, who="anna", judgement=Judgement.FIXED)
    house.give(done, at=20)
    assert house.open() == []


# -- clocks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [-3600, 3600])
def test_a_clock_that_is_set_changes_no_waiting(by: int) -> None:
    house = calling()
    house.give(inputs.Stepped(by=by * NS), at=20 + by)
    assert house.tick(at=67 + by) == []
    assert house.tick(at=68 + by) == ["ben/pager", "dora/phone", "anna/pager"]
    house.give(OnMyWay(condition=CHAIN, who="anna"), at=70 + by)
    house.give(inputs.Stepped(by=-by * NS), at=80)
    assert house.tick(at=669) == []
    assert "anna/pager" in house.tick(at=670)


def test_a_hub_that_starts_with_its_clock_an_hour_back_still_escalates() -> None:
    house = calling()
    house.give(inputs.Begin(rules=RULES), at=20 - 3600)
    assert house.tick(at=20 - 3600 + 61) != [], "within a minute, not after an hour"


def test_two_falls_in_two_rooms_live_apart() -> None:
    house = calling()
    other = fall(5, 2, room="r2")
    house.hear(*other, at=13)
    house.give(OnMyWay(condition=CHAIN, who="anna"), at=20)
    assert house.alarm(other[0].chain).state is AlarmState.ACTIVE
    assert house.tick(at=73)[0] == "anna/pager", "told of room 2 as one of the shift"


def test_a_condition_whose_cause_changes_stands_for_itself() -> None:
    house = House()
    for n in (1, 2, 3):
        slow = view(events.QualityDegraded, 10, View.SLOW, began=n, room=f"r{n}")
        house.hear(slow, at=10 + n)
    first = leader(house)
    house.give(OnMyWay(condition=first.id, who="anna"), at=20)
    covered = view(events.QualityDegraded, 30, View.COVERED, began=2, room="r2", position=1)
    house.hear(covered, at=30)
    led = {c.condition.room: c.condition for c in house.book.open_cases()}
    assert led["r2"].leader is None
    assert led["r2"].state is AlarmState.ACTIVE, "nobody has seen to that yet"
    assert (led["r1"].leader, led["r3"].leader) == (None, first.id)
    assert led["r1"].state is AlarmState.ACKNOWLEDGED


def test_a_leader_whose_cause_changes_leads_no_more() -> None:
    house = House()
    for n in (1, 2, 3):
        slow = view(events.QualityDegraded, 10, View.SLOW, began=n, room=f"r{n}")
        house.hear(slow, at=10 + n)
    house.give(OnMyWay(condition=leader(house).id, who="anna"), at=20)
    house.hear(
        view(events.QualityDegraded, 30, View.COVERED, began=1, room="r1", position=1), at=30
    )
    led = {c.condition.room: c.condition for c in house.book.open_cases()}
    assert (led["r1"].leader, led["r2"].leader) == (None, None)
    assert led["r3"].leader == led["r2"].id
    assert led["r1"].state is AlarmState.ACTIVE
    assert led["r2"].state is AlarmState.ACKNOWLEDGED, "somebody sees to it already"
