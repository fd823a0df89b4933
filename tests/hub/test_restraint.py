"""Thresholds and shadow mode through the whole reducer; openings of a person's log."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ambient import events
from ambient.errors import UsageError
from ambient.events import AnyEvent, SituationStep
from ambient.hub.alarms import log, system
from ambient.hub.alarms.book import MemoryBook
from ambient.hub.alarms.chain import Line
from ambient.hub.alarms.condition import Deed, OpeningReason, Sound
from ambient.hub.alarms.inputs import (
    AcceptThreshold,
    AnyInput,
    AskForLog,
    EndShadow,
    GrantLog,
    Heard,
    ReadLog,
    StartShadow,
    TakeBackThreshold,
    Tick,
)
from ambient.hub.alarms.kinds import BUDGETED, CALLS, AlarmKind
from tests.hub.kit import NS, event, fall

HOUR = 3600
OTHER = "1" * 12


class House:
    """A book that inputs go into, with the log that is played again at the end."""

    def __init__(self) -> None:
        self.book = MemoryBook()
        self.lines: list[Line] = []

    def take(self, given: AnyInput, t: float = 0) -> None:
        outcome = system.apply(self.book, given, round(t * NS))
        body = log.write(log.Entry(given=given, effects=outcome.effects), None).body
        number = len(self.lines) + 1
        line = Line(number=number, at=round(t * NS), body=body, seal="", hash="")
        self.lines.append(line)

    def hear(self, happened: Sequence[AnyEvent]) -> None:
        for one in happened:
            self.take(Heard(event=one), one.t / NS)

    def sounds(self) -> list[Sound]:
        return [one.sound for one in self.book.conditions.values()]

    def deeds(self) -> set[Deed]:
        return {line.what for lines in self.book.history.values() for line in lines}

    def replayed(self) -> None:
        again = log.replay(self.lines)
        assert isinstance(again, MemoryBook)
        assert again.conditions == self.book.conditions
        assert again.house() == self.book.house()


def exits(*probabilities: float, room: str = "r1", began: float = 100) -> list[AnyEvent]:
    """Return a bed exit: supposed, sure, still so with these probabilities."""
    steps = (SituationStep.SUSPECTED, SituationStep.CONFIRMED, SituationStep.LASTING)
    return [
        event(
            events.BedExit,
            began + 10 * position,
            position,
            began=began,
            room=room,
            family="exit",
            step=step,
            bed="b1",
            lasted_s=10.0 * position,
            probability=probability,
        )
        for position, (step, probability) in enumerate(zip(steps, probabilities, strict=False))
    ]


def accept(
    kind: AlarmKind = AlarmKind.BED_EXIT, below: float = 0.8, **more: str
) -> AcceptThreshold:
    fields = {"id": "t-1", "room": "r1", **more}
    return AcceptThreshold(
        kind=kind, below=below, proposal="0" * 16, who="lena", id=fields["id"], room=fields["room"]
    )


def shadow(*kinds: AlarmKind, until: float = 10 * HOUR, **more: str) -> StartShadow:
    return StartShadow(
        id="s-1",
        room=more.get("room", "r1"),
        kinds=list(kinds),
        version=more.get("version"),
        until=round(until * NS),
        who="lena",
    )


@pytest.mark.parametrize(
    ("probabilities", "room", "rings"),
    [
        ((0.5, 0.7), "r1", False),
        ((0.5, 0.8), "r1", True),
        ((0.9, 0.7), "r1", False),  # what was only supposed rang nobody
        ((0.5, 0.9, 0.6), "r1", True),  # what rang rings on
        ((0.5, 0.7, 0.9), "r1", True),
        ((0.5, 0.7), "r2", True),
    ],
)
def test_a_threshold_holds_back_what_is_less_probable(
    probabilities: tuple[float, ...], room: str, rings: bool
) -> None:
    house = House()
    house.take(accept())
    house.hear(exits(*probabilities, room=room))
    assert house.sounds() == [Sound.MEDIUM if rings else Sound.NONE]
    assert [one.open for one in house.book.conditions.values()] == [True]  # shown in any case
    house.replayed()


@pytest.mark.parametrize(
    ("given", "rings"),
    [
        (TakeBackThreshold(threshold="t-1", who="lena"), True),
        (accept(below=0.6, id="t-2"), True),
        (accept(below=0.9, id="t-2"), False),
    ],
)
def test_what_is_held_follows_the_threshold_in_force(given: AnyInput, rings: bool) -> None:
    house = House()
    house.take(accept())
    house.hear(exits(0.5, 0.7))
    house.take(given, 200)
    assert house.sounds() == [Sound.MEDIUM if rings else Sound.NONE]
    assert (Deed.RELEASED in house.deeds()) is rings
    assert len(house.book.house().thresholds) == (0 if isinstance(given, TakeBackThreshold) else 1)
    house.replayed()


@pytest.mark.parametrize("kind", sorted(set(AlarmKind) - BUDGETED))
def test_nothing_else_can_be_held_back(kind: AlarmKind) -> None:
    house = House()
    with pytest.raises(UsageError, match="has no threshold"):
        house.take(accept(kind=kind, below=1.0))
    house.hear(fall(100, 2))
    assert house.sounds() == [Sound.HIGH]


def test_calls_have_no_budget() -> None:
    assert not BUDGETED & CALLS
    assert AlarmKind.BED_NOT_BACK not in BUDGETED


@pytest.mark.parametrize("below", [0.0, -1.0, 1.01, float("nan")])
def test_a_threshold_is_a_probability(below: float) -> None:
    with pytest.raises(UsageError, match="above 0 and at most 1"):
        House().take(accept(below=below))


@pytest.mark.parametrize(
    ("started", "rings"),
    [
        (shadow(), False),
        (shadow(AlarmKind.FALL), False),
        (shadow(AlarmKind.BED_EXIT), True),
        (shadow(version="0" * 12), False),
        (shadow(version=OTHER), True),
        (shadow(room="r2"), True),
    ],
)
def test_shadow_mode_records_a_fall_and_calls_nobody(started: StartShadow, rings: bool) -> None:
    house = House()
    house.take(started)
    house.hear(fall(100, 3))
    assert house.sounds() == [Sound.HIGH if rings else Sound.NONE]
    assert bool(house.book.signals) is rings
    house.replayed()


@pytest.mark.parametrize("early", [True, False])
def test_who_lies_there_when_a_shadow_ends_is_called_for(early: bool) -> None:
    house = House()
    house.take(shadow())
    house.hear(fall(100, 3))
    house.hear(fall(500, 4))  # up again: stays recorded
    if early:
        house.take(EndShadow(shadow="s-1", who="lena"), 700)
    else:
        house.take(Tick(), 10 * HOUR)
    by_start = sorted(house.book.conditions.values(), key=lambda one: one.since)
    assert [one.sound for one in by_start] == [Sound.HIGH, Sound.NONE, Sound.NONE]
    assert [one.kind for one in by_start][2] is AlarmKind.CHECK_AFTER_FALL
    assert house.book.house().shadows == []
    house.replayed()


def test_news_after_the_end_rings() -> None:
    house = House()
    house.take(shadow(until=550))
    house.hear(fall(500, 1))
    assert house.sounds() == [Sound.NONE]
    house.take(Tick(), 550)
    house.hear(fall(500, 2)[1:])
    assert house.sounds() == [Sound.HIGH]


def test_a_cord_rings_in_shadow_mode() -> None:
    house = House()
    house.take(shadow())
    pulled = event(
        events.DistressCord, 100, family="cord", step=SituationStep.CONFIRMED, lasted_s=0.0
    )
    house.hear([pulled])
    assert house.sounds() == [Sound.HIGH]
    with pytest.raises(UsageError, match="kinds: expected some of"):
        house.take(
            StartShadow(id="s-2", room="r1", kinds=[AlarmKind.CORD], until=HOUR * NS, who="lena")
        )


@pytest.mark.parametrize("until", [0, -5, 28 * 24 * HOUR + 1])
def test_shadow_mode_has_an_end(until: float) -> None:
    with pytest.raises(UsageError, match="within 28 days"):
        House().take(shadow(until=until))


ASK = AskForLog(id="o-1", person="ben", reason=OpeningReason.INCIDENT, who="lena", role="lead")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (GrantLog(opening="o-1", who="lena", role="dpo"), "second person"),
        (GrantLog(opening="o-1", who="mara", role="lead"), "second person"),
        (GrantLog(opening="o-1", who="ben", role="dpo"), "somebody else"),
        (GrantLog(opening="o-1", who="paul", role="admin"), "one of lead, dpo"),
        (GrantLog(opening="o-2", who="paul", role="dpo"), "not over"),
        (ReadLog(opening="o-1", who="lena"), "second role has granted"),
    ],
)
def test_one_role_alone_opens_no_log(given: AnyInput, why: str) -> None:
    house = House()
    house.take(ASK, 10)
    with pytest.raises(UsageError, match=why):
        house.take(given, 20)


@pytest.mark.parametrize(
    ("who", "t", "why"),
    [
        ("lena", 100, None),
        ("paul", 100, None),
        ("mara", 100, "who opened it"),
        ("lena", 20 + HOUR, "not over"),
    ],
)
def test_two_roles_open_a_log_for_an_hour(who: str, t: float, why: str | None) -> None:
    house = House()
    house.take(ASK, 10)
    house.take(GrantLog(opening="o-1", who="paul", role="dpo"), 20)
    if why is None:
        house.take(ReadLog(opening="o-1", who=who), t)
        assert '"input":"read_log"' in house.lines[-1].body
    else:
        with pytest.raises(UsageError, match=why):
            house.take(ReadLog(opening="o-1", who=who), t)
    house.replayed()
