"""Vital signs through the node's judge: summaries with gaps, consent, restarts, and costs."""

from __future__ import annotations

import time

import msgspec
import pytest

from ambient import events as ev
from ambient.config_vitals import ResearchUse
from ambient.events import Marker, Purpose, Unit
from ambient.observations import AnyObservation, Doubt
from tests.fusion.vitals_kit import (
    ANNA,
    BERTA,
    DAY,
    EVERYTHING,
    HOUR,
    NS,
    at,
    beats,
    every,
    feed,
    judge,
    moves,
    ticks,
    vital,
    worn,
)

NONE = ResearchUse()


def marks(events: list[ev.AnyEvent], kind: type) -> list[dict[Marker, tuple[float | None, float]]]:
    """Return value and seconds of each summary's marks."""
    return [
        {mark.marker: (mark.value, mark.seconds) for mark in event.marks}
        for event in events
        if isinstance(event, kind)
    ]


def hourly(seen: list[AnyObservation], hours: float = 1, use: ResearchUse = NONE) -> list[dict]:
    found = feed(judge(use), [*seen, *ticks(0, hours * HOUR + 60, 60)])
    return marks(found, ev.SummaryHourly)


CASES: list[tuple[str, list[AnyObservation], list[dict[Marker, tuple[float, float]]]]] = [
    ("nothing", [], []),
    ("a minute counts once", every(0, HOUR, 1, "heart", 72), [{Marker.HEART_RATE: (72, 3600)}]),
    ("half of the hour", every(0, 1800, 60, "breath", 15.4),
     [{Marker.RESPIRATORY_RATE: (15, 1800)}]),
    ("the median",
     [*every(0, 1800, 60, "saturation", 97), *every(1800, HOUR, 90, "saturation", 90)],
     [{Marker.OXYGEN_SATURATION: (97, 3000)}]),
    ("by hand",
     [vital(60, "systolic", 131), vital(60, "diastolic", 82), vital(90, "weight", 71.26)],
     [{Marker.SYSTOLIC_PRESSURE: (131, 60), Marker.DIASTOLIC_PRESSURE: (82, 60),
       Marker.BODY_WEIGHT: (71.3, 60)}]),
    ("glucose in mmol/L", [vital(60, "glucose", 100)], [{Marker.GLUCOSE: (5.6, 60)}]),
    ("variability", [beats(300, None, rmssd_ms=31.4), beats(600, None, rmssd_ms=35.6)],
     [{Marker.RMSSD: (34, 120)}]),
    ("of poor quality", [vital(60, "heart", 72, quality=0.3)], []),
    ("off the body", [vital(60, "heart", 72, doubts=[Doubt.OFF_BODY])], []),
    ("of nobody", [vital(60, "heart", 72, subject=None)], []),
    ("of somebody else", [vital(60, "heart", 72, subject=BERTA)], []),
    ("the device with the most", [*every(0, 600, 60, "heart", 80, source="finger"),
     *every(0, HOUR, 60, "heart", 72)], [{Marker.HEART_RATE: (72, 3600)}]),
    ("movement", [moves(s, steps=2 if s < 10 else 0, counts=0.04) for s in range(100)],
     [{Marker.STEPS: (20, 100), Marker.ACTIVITY: (0.04, 100), Marker.WORN_TIME: (100, 100)}]),
    ("movement on a table", [moves(s, doubts=[Doubt.OFF_BODY]) for s in range(100)], []),
    ("worn, as the device says", [worn(0, True), *every(0, 1800, 60, "heart", 72),
     worn(1800, False)], [{Marker.HEART_RATE: (72, 1800), Marker.WORN_TIME: (1800, 1800)}]),
    ("worn, and silent since", [worn(0, True)], [{Marker.WORN_TIME: (900, 900)}]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("seen", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_an_hour(
    seen: list[AnyObservation], expected: list[dict[Marker, tuple[float, float]]]
) -> None:
    assert hourly(seen) == expected


def test_a_gap_is_no_mark_and_never_a_zero() -> None:
    seen = [*every(0, HOUR, 60, "heart", 70), *every(3 * HOUR, 4 * HOUR, 60, "heart", 75)]
    found = feed(judge(NONE), [*seen, *ticks(0, 4 * HOUR + 60, 60)])
    said = [one for one in found if isinstance(one, ev.SummaryHourly)]
    assert [(one.began - at(0)) // (HOUR * NS) for one in said] == [0, 3]
    assert [one.marks[0].value for one in said] == [70, 75]


def test_a_day_is_the_median_of_its_hours_and_counts_what_came_late() -> None:
    day = [
        *every(0, 4 * HOUR, 60, "heart", 70),
        *every(4 * HOUR, 6 * HOUR, 60, "heart", 90, late=3 * HOUR),
        *every(10 * HOUR, 11 * HOUR, 60, "heart", 75),
    ]
    found = feed(judge(NONE), [*day, *ticks(0, DAY + 60, 60)])
    daily = [one for one in found if isinstance(one, ev.SummaryDaily)]
    assert marks(found, ev.SummaryDaily) == [{Marker.HEART_RATE: (70, 7 * HOUR)}]
    assert (daily[0].began, daily[0].t) == (at(0), at(DAY))
    assert daily[0].purpose is Purpose.VITALS
    assert daily[0].marks[0].unit is Unit.PER_MINUTE
    # The hours of the backlog had been told by then.
    hours = [(one.began - at(0)) // (HOUR * NS) for one in found
             if isinstance(one, ev.SummaryHourly)]  # fmt: skip
    assert hours == [0, 1, 2, 3, 10]


def test_what_is_older_than_the_day_is_left_out() -> None:
    seen = [*every(0, HOUR, 60, "heart", 70, late=DAY + HOUR), *ticks(0, 2 * DAY + 60, 600)]
    assert marks(feed(judge(NONE), seen), ev.SummaryDaily) == []


def test_every_event_is_of_the_closed_list_and_has_an_id_that_derives() -> None:
    once, again = (feed(judge(), story()) for _ in range(2))
    assert {ev.kind_of(one) for one in once} == {
        "vitals.deterioration", "vitals.glucose", "vitals.rhythm", "summary.hourly",
    }  # fmt: skip
    for event in once:
        assert ev.decode(ev.encode(event)) == event
        assert event.subject == ANNA
        assert event.room == "r1"
    assert [one.id for one in once] == [one.id for one in again]
    assert len({one.id for one in once}) == len(once)


def story() -> list[AnyObservation]:
    """Return two hours in which everything happens."""
    return [
        *every(0, 2 * HOUR, 20, "heart", 118),
        *every(0, 2 * HOUR, 30, "breath", 26),
        *every(0, 2 * HOUR, 60, "saturation", 91),
        vital(600, "systolic", 99),
        vital(660, "temperature", 38.9),
        *(vital(300 * n, "glucose", 124 - 4 * n) for n in range(24)),
        *(beats(300 * n, 0.93, rmssd_ms=None) for n in range(1, 24)),
        *(moves(s, steps=s % 3) for s in range(0, 2 * HOUR, 7)),
        worn(0, True),
        *ticks(0, 2 * HOUR + 60, 10),
    ]


def test_a_snapshot_goes_on_exactly() -> None:
    ordered = sorted(story(), key=lambda one: getattr(one, "received", one.t))
    whole = judge()
    expected = [e for one in ordered for e in whole.observe(one)]
    for cut in range(50, len(ordered), len(ordered) // 4):
        first = judge()
        got = [e for one in ordered[:cut] for e in first.observe(one)]
        encoded = msgspec.msgpack.encode(first.snapshot("r1"))
        second = judge()
        kind = type(first.snapshot("r1"))
        second.rooms["r1"].resume(msgspec.msgpack.decode(encoded, type=kind))
        got += [e for one in ordered[cut:] for e in second.observe(one)]
        assert [ev.encode(e) for e in got] == [ev.encode(e) for e in expected]
        assert second.rooms["r1"].vitals.state == whole.rooms["r1"].vitals.state


def test_an_open_chain_goes_on_over_a_restart() -> None:
    ordered = sorted(story(), key=lambda one: getattr(one, "received", one.t))
    cut = len(ordered) // 2
    first = judge()
    before = [e for one in ordered[:cut] for e in first.observe(one)]
    second = judge()
    second.restore(first.state())
    after = [e for one in ordered[cut:] for e in second.observe(one)]
    chains = {(ev.kind_of(e), e.chain) for e in before + after if isinstance(e, ev.Situation)}
    assert len({kind for kind, _ in chains}) == len(chains)


@pytest.mark.parametrize("use", [NONE, EVERYTHING])
def test_without_consent_nothing_is_said_and_nothing_is_kept(use: ResearchUse) -> None:
    of = judge(use, on=False)
    assert feed(of, story()) == []
    assert not any(key.startswith("vitals") for key in of.state())
    assert of.rooms["r1"].vitals.state.residents == {}


def test_with_consent_summaries_go_and_judgements_wait_for_their_switch() -> None:
    kinds = {ev.kind_of(one) for one in feed(judge(NONE), story())}
    assert kinds == {"summary.hourly"}


def test_consent_withdrawn_forgets_everything_while_running_and_while_down() -> None:
    of = judge()
    feed(of, story())
    kept = of.state()
    assert b"s-aaaa" in kept["vitals/r1"]
    of.consent("r1", Purpose.VITALS, False)
    assert not any(key.startswith("vitals") for key in of.state())
    down = judge(on=False)
    down.restore(kept)
    assert down.rooms["r1"].vitals.state.residents == {}


def test_a_resident_is_forgotten_on_request() -> None:
    of = judge()
    feed(of, story())
    of.forget(BERTA)
    assert b"s-aaaa" in of.state()["vitals/r1"]
    of.forget(ANNA)
    assert b"s-aaaa" not in of.state()["vitals/r1"]
    assert feed(of, ticks(2 * HOUR + 70, 4 * HOUR)) == []


def test_who_has_left_is_forgotten_at_the_next_start() -> None:
    of = judge()
    feed(of, story())
    moved_in = judge(subject=BERTA)
    moved_in.restore(of.state())
    assert b"s-aaaa" not in moved_in.state()["vitals/r1"]


def test_three_days_leave_little_more_behind_than_one() -> None:
    def size(days: int) -> int:
        of = judge()
        glucose = every(0, days * DAY, 900, "glucose", 110)
        heart = every(0, days * DAY, 300, "heart", 72)
        feed(of, [*heart, *glucose, *ticks(0, days * DAY + HOUR, 300)])
        return len(of.state()["vitals/r1"])

    assert size(3) <= 1.3 * size(1)


def test_a_vital_sign_costs_little_beside_the_rest_of_the_room() -> None:
    def spent(on: bool) -> float:
        of = judge(EVERYTHING, on=on)
        seen = [vital(0.1 * n, "breath", 16 + n % 3) for n in range(4000)]
        began = time.process_time()
        for one in seen:
            of.observe(one)
        return time.process_time() - began

    pairs = [(spent(True), spent(False)) for _ in range(3)]
    assert min(on for on, _ in pairs) <= 2.5 * min(off for _, off in pairs)
