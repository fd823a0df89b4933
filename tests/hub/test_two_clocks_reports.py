"""Reports and residents' weeks over nights in which the clock changes, and a clock that is set."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from ambient import events
from ambient.config import HubConfig, RoomName
from ambient.config_alarms import Alarms, ShiftHours
from ambient.config_burden import Burden
from ambient.events import AnyEvent, SituationStep
from ambient.hub.alarms.condition import Judgement
from ambient.hub.alarms.inputs import Begin, OnMyWay, Resolve, Stepped
from ambient.hub.burden.facts import read_facts
from ambient.hub.burden.report import Report, midnights, read_report, whole_days
from ambient.hub.database import HubDatabase
from ambient.hub.site_rules import rules_of
from ambient.hub.store import Store
from ambient.hub.trends import read_trend
from ambient.hub.web.context import local_clock
from ambient.hub.web.trend import trend_view
from tests.hub.kit import NS, event, fall
from tests.hub.weeks import ANNA, consent, daily

BERLIN = ZoneInfo("Europe/Berlin")
HOUR, DAY = 3600, 86400
CONFIG = HubConfig(
    site="house",
    time_zone="Europe/Berlin",
    rooms={"r1": RoomName(name="Room 1")},
    alarms=Alarms(
        shifts=[
            ShiftHours(id="day", hours="06:30-21:00"),
            ShiftHours(id="late", hours="21:00-02:30"),
            ShiftHours(id="early", hours="02:30-06:30"),
        ]
    ),
)


def at(text: str) -> int:
    """Return an instant in UTC as seconds."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    database = HubDatabase(tmp_path / "hub.db")
    made = Store(database)
    made.decide(Begin(rules=rules_of(CONFIG)), at("2026-01-01T00:00") * NS)
    yield made
    assert made.verify().broken is None
    database.close()


@pytest.fixture
def in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this process go by the clock of the house, as that of a hub does."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


# -- the report of alarms -------------------------------------------------------------------------

NIGHT = [
    # instant in UTC, what the clock shows, whose shift
    ("2026-10-25T00:29", "02:29", "late"),
    ("2026-10-25T00:30", "02:30", "early"),
    ("2026-10-25T00:50", "02:50", "early"),
    ("2026-10-25T01:10", "02:10", "early"),
    ("2026-10-25T01:30", "02:30", "early"),
    ("2026-10-25T05:29", "06:29", "early"),
    ("2026-10-25T05:30", "06:30", "day"),
    ("2026-10-25T22:59", "23:59", "late"),
]


def falls(store: Store, instants: list[int], *, after_s: int = 1200) -> None:
    """Store a fall at each instant (s), seen to and judged after a time."""
    for instant in instants:
        life = fall(instant - 8, 2)
        store.store("n-1", life, instant * NS)
        store.decide(OnMyWay(condition=life[0].chain, who="anna"), (instant + after_s) * NS)
        done = Resolve(condition=life[0].chain, who="anna", judgement=Judgement.FALSE_ALARM)
        store.decide(done, (instant + after_s + 60) * NS)


def report(store: Store, first: str, last: str) -> Report:
    return read_report(store._database, CONFIG, at(first) * NS, at(last) * NS)


def test_each_alarm_of_the_night_counts_once_and_in_its_shift(store: Store) -> None:
    for utc, clock, _ in NIGHT:
        assert datetime.fromtimestamp(at(utc), BERLIN).strftime("%H:%M") == clock
    falls(store, [at(utc) for utc, _, _ in NIGHT])
    found = report(store, "2026-10-24T22:00", "2026-10-25T23:00")
    counted = {row.shift: sum(one.alarms for one in row.tallies) for row in found.house}
    assert counted == {None: 8, "late": 2, "early": 5, "day": 1}
    assert found.days == 1.04, "a day of 25 hours"
    assert found.house[0].false_per_room_day.rate == pytest.approx(8 * 24 / 25)
    assert (found.first, found.last) == ("2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00")


@pytest.mark.parametrize(
    ("last", "hours"),
    [
        ("2026-10-25T23:30", 28 * 24 + 1),
        ("2027-03-28T22:30", 28 * 24 - 1),
        ("2026-06-10T22:30", 28 * 24),
    ],
)
def test_the_last_days_are_those_of_the_calendar(last: str, hours: int) -> None:
    first, end = whole_days(CONFIG, at(last) * NS, 28)
    assert (end - first) // NS == hours * HOUR
    begin = midnights(CONFIG, at(last) * NS, 28)
    assert {datetime.fromtimestamp(one // NS, BERLIN).hour for one in begin} == {0}
    assert len(begin) == 29


@pytest.mark.parametrize("last", ["2026-10-25T23:30", "2027-03-28T22:30"])
def test_four_weeks_with_a_change_of_clocks_are_four_weeks(store: Store, last: str) -> None:
    """Response times need 28 days; a proposal is made of whole days, the last hour among them."""
    begin = midnights(CONFIG, at(last) * NS, 28)
    for day, midnight in enumerate(begin[:-1]):
        for hour in range(4):
            _exit(store, midnight + hour * HOUR * NS, f"{day}-{hour}", day)
        _exit(store, begin[day + 1] - 60 * NS, f"{day}-last", day)
    budgeted = msgspec.structs.replace(CONFIG, burden=Burden(rings_per_room_day={"bed_exit": 4.0}))
    found = read_report(store._database, budgeted, begin[0], begin[-1])
    assert found.responses[0].refused is None
    assert found.responses[0].acknowledged is not None
    assert (found.responses[0].acknowledged.n, found.responses[0].acknowledged.p50_s) == (140, 20.0)
    (proposal,) = found.proposals
    assert proposal.rings_now.count == 140, "no alarm is left out"


def _exit(store: Store, at_ns: int, family: str, day: int) -> None:
    """Store somebody getting up, seen to by one of six after 20 s."""
    true = not family.endswith(("-1", "-3"))
    one = event(
        events.BedExit,
        at_ns / NS,
        family=family,
        step=SituationStep.CONFIRMED,
        lasted_s=0.0,
        bed="b1",
        probability=0.9 if true else 0.6,
    )
    store.store("n-1", [one], at_ns)
    who = f"p{day % 6}"
    store.decide(OnMyWay(condition=one.chain, who=who), at_ns + 20 * NS)
    judged = Judgement.HELP if true else Judgement.FALSE_ALARM
    store.decide(Resolve(condition=one.chain, who=who, judgement=judged), at_ns + 60 * NS)


@pytest.mark.parametrize(
    ("by", "opened", "told"),
    [
        pytest.param(HOUR, 0, None, id="forward, in between"),
        pytest.param(-HOUR, 0, None, id="back, in between"),
        pytest.param(HOUR, 5 * HOUR, 1200.0, id="forward, before"),
        pytest.param(-HOUR, 5 * HOUR, 1200.0, id="back, before"),
        pytest.param(HOUR, -5 * HOUR, 1200.0, id="forward, after"),
        pytest.param(-HOUR, -5 * HOUR, 1200.0, id="back, after"),
    ],
)
def test_a_response_over_a_clock_that_was_set_has_no_length(
    store: Store, by: int, opened: int, told: float | None
) -> None:
    """20 minutes after it rang somebody comes; the hub's clock is set 10 minutes after a midday."""
    midday = at("2026-06-10T10:00")
    deeds = sorted([(opened, "rings"), (600, "set"), (opened + 1200, "comes")])
    life: list[AnyEvent] = []
    clock = 0
    for second, deed in deeds:
        if deed == "set":
            clock = by
            store.decide(Stepped(by=by * NS), (midday + second + clock) * NS)
        elif deed == "rings":
            life = fall(midday + second - 8, 2)
            store.store("n-1", life, (midday + second + clock) * NS)
        else:
            now = (midday + second + clock) * NS
            store.decide(OnMyWay(condition=life[0].chain, who="anna"), now)
    (found,) = read_facts(store._database, rules_of(CONFIG).rota, 0, (midday + DAY) * NS)
    assert (found.answered_by, found.answered_s) == ("anna", told)


# -- residents' weeks -----------------------------------------------------------------------------


@pytest.mark.parametrize("change", ["2026-10-25", "2027-03-28"])
@pytest.mark.usefixtures("in_berlin")
def test_residents_days_stand_on_their_own_dates(store: Store, change: str) -> None:
    """Days of 25 and 23 hours, from 06:00 to 06:00: none is lost, none stands twice."""
    day = datetime.fromisoformat(change)
    ends = [
        round((day + timedelta(days=n, hours=6)).replace(tzinfo=BERLIN).timestamp())
        for n in range(-5, 6)
    ]
    lengths = {b - a for a, b in pairwise(ends)}
    assert len(lengths) == 2, "one of them is an hour longer or shorter"
    store.store("n-1", [consent(ends[0] - DAY, True)], ends[0] * NS)
    for end in ends:
        store.store("n-1", [daily(end)], end * NS)
    now = (ends[-1] + HOUR) * NS
    trend = read_trend(store._database, ANNA, now)
    view = trend_view(trend, "Room 1", now)
    shown = [row.date for row in reversed(view.rows)]
    begun = [day + timedelta(days=n - 1) for n in range(-5, 6)]
    assert shown == [f"{one.day} {one:%b}" for one in begun]


# -- clocks on the page ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("utc", "shown"),
    [
        ("2026-10-24T23:59:00Z", "01:59"),
        ("2026-10-25T00:00:00Z", "02:00 CEST"),
        ("2026-10-25T00:30:00Z", "02:30 CEST"),
        ("2026-10-25T01:30:00Z", "02:30 CET"),
        ("2026-10-25T01:59:00Z", "02:59 CET"),
        ("2026-10-25T02:00:00Z", "03:00"),
        ("2026-10-25T22:59:00Z", "23:59"),
        ("2026-10-25T23:00:00Z", "26 Oct 00:00"),
        ("2027-03-28T00:59:00Z", "28 Mar 01:59"),
        ("2027-03-28T01:00:00Z", "28 Mar 03:00"),
    ],
)
@pytest.mark.usefixtures("in_berlin")
def test_the_hour_that_comes_twice_is_told_apart(utc: str, shown: str) -> None:
    assert local_clock(utc, "2026-10-25T05:00:00Z") == shown


def test_a_hub_goes_by_the_clock_of_its_site(tmp_path: Path) -> None:
    """Its process, on a machine that is set to UTC."""
    said = subprocess.run(
        [sys.executable, "-c", SAY, str(tmp_path)],
        env=os.environ | {"TZ": "UTC"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.split() == ["08:30", "10:30"]


SAY = """
import sys
from pathlib import Path
from ambient.hub.site_clock import go_by
from ambient.hub.web.context import local_clock
from ambient.config import HubConfig
at = "2026-06-10T08:30:00Z"
print(local_clock(at, at))
go_by(HubConfig(site="house", state_dir=Path(sys.argv[1]), time_zone="Europe/Berlin"))
print(local_clock(at, at))
"""
