"""Alarms in the nights in which the clock changes, and under a hub's clock that is an hour wrong.

The hub's own store, timer and rules; time is given to them. What people live through is counted in
seconds that nobody sets, and must be the same whatever any clock shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

import pytest

from ambient.events import AnyEvent
from ambient.hub.accounts import Accounts
from ambient.hub.alarms.condition import Deed, Judgement, SnoozeReason
from ambient.hub.alarms.handover import is_due
from ambient.hub.alarms.inputs import (
    AnyInput,
    Begin,
    Delivered,
    HandOver,
    OnMyWay,
    Pause,
    Resolve,
    SnoozeFor,
    There,
)
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.alarms.rota import Member, Rota, Shift
from ambient.hub.alarms.rules import Rules
from ambient.hub.alarms.signal import Delivery
from ambient.hub.casebook import CaseBook
from ambient.hub.store import Store
from ambient.hub.watch import Watch
from tests.hub.kit import HASHER, NS, fall, new_database

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = 3600
LATE = Shift(id="late", begins=21 * 60, ends=2 * 60 + 30)
EARLY = Shift(id="early", begins=2 * 60 + 30, ends=6 * 60 + 30)
RULES = Rules(
    rota=Rota(
        zone="Europe/Berlin",
        shifts=[LATE, EARLY],
        staff=[
            Member(id="anna", shifts=["late"], rooms=["r1"], ways=["pager"]),
            Member(id="carla", shifts=["early"], rooms=["r1"], ways=["pager"]),
            Member(id="dora", shifts=["late", "early"], nurse=True, ways=["phone"]),
        ],
    )
)
ALL_NIGHT = Rules(
    rota=Rota(
        zone="Europe/Berlin",
        staff=[
            Member(id="anna", rooms=["r1", "r2"], ways=["pager"]),
            Member(id="dora", nurse=True, ways=["phone"]),
        ],
    )
)


def at(text: str) -> int:
    """Return an instant in UTC as seconds."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


ORDINARY, TWO_0230, NO_0230 = at("2026-06-10T00:40"), at("2026-10-25T00:40"), at("2027-03-28T00:40")
"""20 minutes before 01:00 UTC, when the clock goes back from 3:00 to 2:00, or on from 2:00."""
NIGHTS = pytest.mark.parametrize("night", [ORDINARY, TWO_0230, NO_0230])


class Night:
    """A hub whose two clocks the test keeps; it writes down what rings, by the steady one."""

    def __init__(self, folder: Path, begins: int, rules: Rules) -> None:
        self.steady, self.wall = 1000 * NS, begins * NS
        self.rules = rules
        self.rings: list[tuple[int, str]] = []
        self._times: dict[str, int] = {}
        self._zero, self._begins = self.steady, begins
        self.database = new_database(folder / "hub.db")
        self.store = Store(self.database)
        self.begin()

    def begin(self) -> None:
        """Start the hub's timer and rules, as a hub that starts does."""
        self.watch = Watch(
            self.database,
            self.store,
            Accounts(self.database, HASHER),
            served=dict,
            silent_s=600,
            keep_days=365,
            monotonic=lambda: self.steady,
            now=lambda: self.wall,
        )
        self.store.decide(Begin(rules=self.rules), self.wall)

    @property
    def second(self) -> int:
        """Seconds since the night began."""
        return (self.steady - self._zero) // NS

    @property
    def true(self) -> float:
        """What a right clock shows (s)."""
        return self._begins + self.second

    def until(
        self, second: int, *, every: int = 30, keep: Callable[[], None] = lambda: None
    ) -> None:
        """Let time pass until a second of the night."""
        while (left := second - self.second) > 0:
            step = min(every, left)
            self.steady += step * NS
            self.wall += step * NS
            self.watch.tick()
            self._note()
            keep()

    def set_clock(self, by: int) -> None:
        """Set the wall clock by `by` seconds; the timer finds it so."""
        self.wall += by * NS
        self.watch.tick()
        self._note()

    def hear(self, *life: AnyEvent) -> None:
        """Take in what a node sends."""
        for one in life:
            self.store.store("n-1", [one], self.wall)
        self._note()

    def decide(self, given: AnyInput) -> None:
        """Take in what somebody does."""
        self.store.decide(given, self.wall)
        self._note()

    def _note(self) -> None:
        """Let every channel deliver, and write down what rang."""
        for signal in self.store.due_signals(["pager", "phone", "siren"]):
            self.store.decide(Delivered(signal=signal.id, delivery=Delivery.DELIVERED), self.wall)
            if self._times.get(signal.id, 0) != signal.times:
                self._times[signal.id] = signal.times
                room = self.store.case(signal.condition)[0].condition.room
                self.rings.append((self.second, f"{room} {signal.recipient}"))

    def open(self) -> list[str]:
        """Return the rooms with an alarm that is not resolved."""
        with self.database.read() as db:
            return sorted(case.condition.room or "" for case in CaseBook(db).open_cases())

    def count(self, table: str) -> int:
        """Return how many rows a table has."""
        with self.database.read() as db:
            return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])

    def is_due(self) -> bool:
        """Return whether a hand-over is to be accepted."""
        with self.database.read() as db:
            return is_due(CaseBook(db).house(), self.wall)


class Start(Protocol):
    """Begins a night at a second since the epoch."""

    def __call__(self, begins: int, rules: Rules = ALL_NIGHT) -> Night: ...


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    made: list[Night] = []

    def begin(begins: int, rules: Rules = ALL_NIGHT) -> Night:
        (tmp_path / str(len(made))).mkdir()
        made.append(Night(tmp_path / str(len(made)), begins, rules))
        return made[-1]

    yield begin
    for night in made:
        assert night.store.verify().broken is None, "the log verifies"
        night.database.close()


def clocked(utc: int) -> str:
    """Return what the clock on the wall shows."""
    return datetime.fromtimestamp(utc, BERLIN).strftime("%H:%M")


def test_the_nights_are_what_they_are_called() -> None:
    shown = [clocked(TWO_0230 + m * 60) for m in (0, 19, 20, 50)]
    assert shown == ["02:40", "02:59", "02:00", "02:30"]
    assert [clocked(NO_0230 + m * 60) for m in (0, 19, 20)] == ["01:40", "01:59", "03:00"]


# -- what somebody lives through ------------------------------------------------------------------


def snooze(night: Night, _: str) -> None:
    until = night.wall + 1800 * NS
    night.decide(
        SnoozeFor(
            id="snooze",
            room="r2",
            kind=AlarmKind.FALL,
            until=until,
            who="dora",
            reason=SnoozeReason.CARE,
        )
    )


STORY: dict[int, Callable[[Night, str], None]] = {
    # The shift is told after a minute, the nurse is of it; the siren sounds after two.
    300: lambda night, one: night.decide(OnMyWay(condition=one, who="anna")),
    # Nobody was there within 10 minutes.
    600: snooze,
    690: lambda night, _: night.hear(*fall(night.true - 8, 2, room="r2")),
    930: lambda night, one: night.decide(There(condition=one, who="anna")),
    # Nobody said within 30 minutes what it was.
    2760: lambda night, one: night.decide(Pause(condition=one, who="anna", seconds=120)),
    2910: lambda night, one: night.decide(
        Resolve(condition=one, who="anna", judgement=Judgement.FALL)
    ),
}
"""Second ► what happens; a fall in room 1 is confirmed at 0, and the clock changes at 1200."""


def rung(room: str, first: int, last: int) -> list[tuple[int, str]]:
    """Return what rings of an alarm that nobody sees to, every minute and to more and more."""
    whom = [["anna"], ["anna", "dora"], ["anna", "dora", "everybody"]]
    return [
        (second, f"{room} {one}")
        for minute, second in enumerate(range(first, last + 1, 60))
        for one in whom[min(minute, 2)]
    ]


RUNG = sorted(
    [
        *rung("r1", 0, 300),
        (900, "r1 anna"),  # 600 s after he said that he is on his way
        *rung("r2", 2400, 3600),  # when the snooze ended
        (2730, "r1 anna"),  # 1800 s after he was there
        (2880, "r1 anna"),  # 120 s after the pause began
    ]
)
DONE = [
    *(Deed.ACKNOWLEDGED, Deed.NOBODY_THERE, Deed.THERE, Deed.NOBODY_THERE),
    *(Deed.PAUSED, Deed.RESOLVED),
]


def live(night: Night, clock_is_set: dict[int, int]) -> str:
    """Play the story for an hour, with the clock set at some seconds; return room 1's alarm."""
    life = fall(night.true - 8, 2)
    night.hear(*life)
    for second in sorted({*STORY, *clock_is_set}):
        night.until(second)
        if second in clock_is_set:
            night.set_clock(clock_is_set[second])
        if second in STORY:
            STORY[second](night, life[0].chain)
    night.until(HOUR)
    return life[0].chain


def as_it_should(night: Night, clock_is_set: dict[int, int]) -> None:
    """Assert that nothing rings late, early or twice, and that nothing ended by itself."""
    first = live(night, clock_is_set)
    assert sorted(night.rings) == RUNG
    assert night.open() == ["r2"]
    done = [line.what for line in night.store.case(first)[1]]
    assert sorted(one for one in done if one in DONE) == sorted(DONE)
    assert night.count("alarms") == 2
    assert night.count("events") == 4


@NIGHTS
def test_an_hour_is_lived_alike_whatever_the_clock_on_the_wall_does(
    start: Start, night: int
) -> None:
    as_it_should(start(night), {})


@pytest.mark.parametrize("by", [-HOUR, HOUR])
@pytest.mark.parametrize(
    "second",
    [
        pytest.param(90, id="while it rings"),
        pytest.param(390, id="on the way"),
        pytest.param(990, id="there"),
        pytest.param(1500, id="there, and snoozed"),
        pytest.param(2730, id="rings again"),
        pytest.param(2790, id="paused"),
    ],
)
def test_a_clock_that_is_set_while_alarms_are_open(start: Start, second: int, by: int) -> None:
    as_it_should(start(TWO_0230), {second: by})


@pytest.mark.parametrize("by", [-HOUR, HOUR])
def test_a_clock_that_is_wrong_for_a_while(start: Start, by: int) -> None:
    as_it_should(start(TWO_0230), {240: by, 1800: -by})


def lived(night: Night, second: int) -> None:
    """Live a fall and what was done about it, until `second`."""
    first = fall(night.true - 8, 2)
    night.hear(*first)
    for when in (one for one in sorted(STORY) if one <= second):
        night.until(when)
        STORY[when](night, first[0].chain)
    night.until(second)


@pytest.mark.parametrize(
    ("second", "by"),
    [(90, -HOUR), (90, HOUR), (390, HOUR), (990, HOUR), (1500, HOUR), (2790, HOUR)],
)
def test_a_hub_that_starts_with_a_wrong_clock_rings_no_later(
    start: Start, second: int, by: int
) -> None:
    night = start(TWO_0230)
    lived(night, second)
    open_before = night.open()
    night.rings.clear()
    night.wall += by * NS
    night.begin()
    night.until(second + 60)
    assert "r1 anna" in [what for _, what in night.rings], "a minute is the longest that it waits"
    assert night.open() == open_before


# -- who is told, and who takes over --------------------------------------------------------------


@pytest.mark.parametrize(
    ("night", "changes"),
    [(ORDINARY - 20 * 60, 600), (TWO_0230 - 20 * 60, 600), (NO_0230 - 20 * 60, 4200)],
)
def test_an_alarm_is_passed_on_once_at_the_change_of_shift(
    start: Start, night: int, changes: int
) -> None:
    """At the first 02:30, and never back; in spring when it would have been."""
    house = start(night, RULES)
    house.hear(*fall(house.true - 8, 2))
    house.until(5400)
    told = {
        who: [at for at, what in house.rings if what == f"r1 {who}"] for who in ("anna", "carla")
    }
    assert told["anna"] == list(range(0, changes, 60))
    assert told["carla"] == list(range(changes, 5401, 60))


@pytest.mark.parametrize(
    ("night", "changes"),
    [(ORDINARY - 20 * 60, 600), (TWO_0230 - 20 * 60, 600), (NO_0230 - 20 * 60, 4200)],
)
def test_the_hand_over_is_asked_for_once(start: Start, night: int, changes: int) -> None:
    house = start(night, RULES)
    house.decide(HandOver(who="anna", digest="0" * 16))
    asked: list[int] = []

    def accept() -> None:
        if house.is_due():
            asked.append(house.second)
            house.decide(HandOver(who="carla", digest="0" * 16))

    house.until(7200, keep=accept)
    assert asked == [changes]


def test_a_clock_an_hour_wrong_gives_the_alarm_back_to_whose_shift_it_is(start: Start) -> None:
    """At 01:40 it shows 02:40: the next shift is told, and this one again once it is set."""
    house = start(ORDINARY - HOUR, RULES)
    house.hear(*fall(house.true - 8, 2))
    house.until(150)
    house.set_clock(HOUR)
    house.until(300)
    house.set_clock(-HOUR)
    house.until(400)
    told = {
        who: [at for at, what in house.rings if what == f"r1 {who}"] for who in ("anna", "carla")
    }
    assert told == {"anna": [0, 60, 120, 300, 360], "carla": [150, 210, 270]}
    assert [at for at, what in house.rings if what == "r1 everybody"] == [
        120,
        180,
        240,
        300,
        360,
    ], "the siren goes on through all of it"


# -- what a clock that was set must not hold ------------------------------------------------------


@pytest.mark.parametrize(
    ("second", "room", "longest"),
    [
        pytest.param(390, "r1", 600, id="on the way"),
        pytest.param(990, "r1", 1800, id="there"),
        pytest.param(1500, "r2", 1800, id="snoozed"),
        pytest.param(2790, "r1", 120, id="paused"),
    ],
)
def test_a_hub_that_starts_an_hour_back_holds_nothing_for_an_hour_more(
    start: Start, second: int, room: str, longest: int
) -> None:
    night = start(TWO_0230)
    lived(night, second)
    night.rings.clear()
    night.wall -= HOUR * NS
    night.begin()
    night.until(second + longest + 60)
    assert room in [what.split()[0] for _, what in night.rings]


@pytest.mark.parametrize("by", [-HOUR, HOUR])
def test_what_comes_before_the_timer_knows_that_the_clock_was_set(start: Start, by: int) -> None:
    """A fall is confirmed, and somebody is on the way, in the moment before the next tick."""
    night = start(TWO_0230)
    known = fall(night.true - 8, 2)
    night.hear(*known)
    night.until(30)
    night.wall += by * NS
    night.hear(*fall(night.true - 8, 2, room="r2"))
    night.decide(OnMyWay(condition=known[0].chain, who="anna"))
    night.until(30 + 600 + 60)
    rings = {
        room: [at for at, what in night.rings if what == f"{room} anna"] for room in ("r1", "r2")
    }
    assert any(30 < at <= 120 for at in rings["r2"]), "it is repeated, and told to more"
    assert any(30 < at <= 660 for at in rings["r1"]), "nobody was there"


def test_a_hand_over_accepted_by_a_clock_an_hour_ahead_is_asked_for_at_its_hour(
    start: Start,
) -> None:
    house = start(ORDINARY - 2 * HOUR, RULES)
    house.decide(HandOver(who="anna", digest="0" * 16))
    house.until(HOUR, every=60)
    house.set_clock(HOUR)
    assert house.is_due()
    house.decide(HandOver(who="carla", digest="0" * 16))
    house.until(HOUR + 60)
    house.set_clock(-HOUR)
    assert not house.is_due()
    house.until(HOUR + 3100, every=60)
    assert house.is_due(), "at 02:30"


def test_what_was_snoozed_when_it_ended_rings_when_it_begins_again(start: Start) -> None:
    """By a clock that was set back meanwhile that snooze would end in an hour."""
    night = start(TWO_0230)
    suspected, confirmed = fall(night.true, 2)
    night.hear(suspected)
    snoozed = SnoozeFor(
        id="snooze",
        room="r1",
        kind=AlarmKind.FALL,
        until=night.wall + 60 * NS,
        who="dora",
        reason=SnoozeReason.EXERCISE,
    )
    night.decide(snoozed)
    night.decide(Resolve(condition=suspected.chain, who="dora", judgement=Judgement.TEST))
    night.until(30)
    night.set_clock(-HOUR)
    night.hear(confirmed)
    night.until(150)
    assert "r1 anna" in [what for _, what in night.rings]
