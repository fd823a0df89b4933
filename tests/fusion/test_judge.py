"""The judge of a node: observations in, events of the closed list out."""

from __future__ import annotations

import msgspec
import pytest

from ambient import events as ev
from ambient.commands import Acknowledged, new_id
from ambient.config import Bed, NodeConfig, Room
from ambient.config_cameras import Camera
from ambient.observations import (
    AnyObservation,
    ClockStepped,
    Place,
    Posture,
    PostureSeen,
    Tick,
    View,
    ViewState,
)
from fusion.judge import Judge

KEY = "k" * 40


def config() -> NodeConfig:
    cameras = [Camera(id="c1", source="a"), Camera(id="c2", source="b")]
    room = Room(id="r1", beds=[Bed(id="b1", subject="s-0001")], cameras=cameras)
    return NodeConfig(site="home", node="n-1", rooms=[room])


def tick(s: float, source: str = "c1") -> Tick:
    return Tick(t=round(s * 1e9), room="r1", source=source)


def view(
    s: float, what: View, source: str = "c1", until: int | None = None, run: int = 0
) -> ViewState:
    return ViewState(t=round(s * 1e9), room="r1", source=source, view=what, until=until, run=run)


def lying(s: float, place: Place = Place.UNKNOWN, bed: str | None = None) -> PostureSeen:
    return PostureSeen(
        t=round(s * 1e9),
        room="r1",
        source="c1",
        track=1,
        posture=Posture.FALLEN,
        probability=0.9,
        down=0.95,
        upright=0.0,
        descent=1.0,
        still=0.8,
        quality=0.9,
        place=place,
        bed=bed,
    )


def feed(judge: Judge, seen: list[AnyObservation]) -> list[ev.AnyEvent]:
    out = [event for one in sorted(seen, key=lambda o: o.t) for event in judge.observe(one)]
    return out + judge.finish()


def ticks(start: float, end: float, *sources: str) -> list[AnyObservation]:
    return [tick(start + i, s) for i in range(int(end - start)) for s in sources]


FALL = [lying(i / 10) for i in range(700)]

CASES: list[tuple[str, list[AnyObservation], list[str]]] = [
    ("an empty room", ticks(0, 30, "c1", "c2"), []),
    (
        "a fall",
        [*FALL, *ticks(0, 70, "c2")],
        ["fall.suspected", "fall.confirmed", "fall.long_lie"],
    ),
    (
        "a dark camera sees again",
        [*ticks(0, 30, "c1", "c2"), view(1, View.OK), view(5, View.DARK), view(20, View.OK)],
        ["quality.restored", "quality.degraded", "quality.restored"],
    ),
    (
        "dark, then gone, is one condition",
        [*ticks(0, 30, "c1", "c2"), view(5, View.DARK), view(9, View.GONE), view(20, View.OK)],
        ["quality.degraded", "quality.degraded", "quality.restored"],
    ),
    (
        "a turned camera is not mended by a restart of the look",
        [
            *ticks(0, 90, "c1", "c2"),
            view(1, View.OK, run=1),
            view(5, View.MOVED, run=1),
            view(20, View.OK, run=2),
            view(80, View.OK, run=2),
        ],
        ["quality.restored", "quality.degraded"],
    ),
    (
        "nor by a look that is slow meanwhile",
        [
            *ticks(0, 90, "c1", "c2"),
            view(1, View.OK, run=1),
            view(5, View.MOVED, run=1),
            view(20, View.OK, run=2),
            view(50, View.SLOW, run=2),
            view(80, View.OK, run=2),
        ],
        ["quality.restored", "quality.degraded"],
    ),
    (
        "a slow camera is fast again",
        [*ticks(0, 30, "c1", "c2"), view(5, View.SLOW), view(20, View.OK)],
        ["quality.degraded", "quality.restored"],
    ),
    (
        "a turned camera is turned back",
        [
            *ticks(0, 30, "c1", "c2"),
            view(1, View.OK, run=1),
            view(5, View.MOVED, run=1),
            view(20, View.OK, run=1),
        ],
        ["quality.restored", "quality.degraded", "quality.restored"],
    ),
    (
        "night by plan",
        [*ticks(0, 30, "c1", "c2"), view(5, View.NOT_WATCHED), view(20, View.OK)],
        ["quality.not_watched", "quality.restored"],
    ),
    (
        "a privacy pause",
        [*ticks(0, 30, "c1", "c2"), view(5, View.PAUSED, until=10**10), view(20, View.OK)],
        ["quality.not_watched", "quality.restored"],
    ),
    (
        "a source falls silent and comes back",
        [*ticks(0, 60, "c1"), *ticks(0, 10, "c2"), *ticks(40, 60, "c2")],
        ["node.source_silent", "quality.restored"],
    ),
    ("a source that never said a word", ticks(0, 60, "c1"), ["node.source_silent"]),
    (
        "the clock jumps",
        [*ticks(0, 20, "c1", "c2"), ClockStepped(t=5, room="r1", source="c1", step_s=3600)],
        ["node.clock_stepped"],
    ),
]


@pytest.mark.parametrize(("seen", "kinds"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_kinds(seen: list[AnyObservation], kinds: list[str]) -> None:
    events = feed(Judge(config(), KEY), seen)
    assert [ev.kind_of(event) for event in events] == kinds
    for event in events:
        assert ev.decode(ev.encode(event)) == event


def test_a_chain_counts_up_and_ids_derive() -> None:
    events = feed(Judge(config(), KEY), [*FALL, *ticks(0, 70, "c2")])
    assert len({event.chain for event in events}) == 1
    assert [event.position for event in events] == [0, 1, 2]
    for event in events:
        kind = ev.kind_of(event)
        assert event.id == ev.event_id(KEY, event.chain, event.position, kind, event.t)


def test_replay_yields_the_same_events() -> None:
    seen = [*FALL, *ticks(0, 70, "c2")]
    first, second = feed(Judge(config(), KEY), seen), feed(Judge(config(), KEY), seen)
    assert [ev.encode(e) for e in first] == [ev.encode(e) for e in second]


@pytest.mark.parametrize("at", [3, 20, 100, 350, 650])
def test_a_restart_in_between_changes_nothing(at: int) -> None:
    seen = sorted([*FALL, *ticks(0, 70, "c2")], key=lambda o: o.t)
    whole = feed(Judge(config(), KEY), seen)
    first = Judge(config(), KEY)
    events = feed(first, seen[:at])
    second = Judge(config(), KEY)
    second.restore(first.state())
    events += feed(second, seen[at:])
    assert [ev.kind_of(e) for e in events] == [ev.kind_of(e) for e in whole]
    assert [e.id for e in events] == [e.id for e in whole]


def test_off_the_bed_names_the_subject_of_the_bed_only_where_a_zone_says_so() -> None:
    events = feed(Judge(config(), KEY), [*FALL, *ticks(0, 70, "c2")])
    assert {event.subject for event in events} == {None}


def test_a_person_accepts_how_a_turned_camera_stands() -> None:
    judge = Judge(config(), KEY)
    seen = [view(1, View.OK, run=1), view(5, View.MOVED, run=1), view(9, View.OK, run=2)]
    events = feed(judge, [*seen, *ticks(0, 10, "c1", "c2")])
    command = Acknowledged(id=new_id(), node="n-1", issued=0, expires=1, chain=events[-1].chain)
    assert judge.acknowledge(command)
    later = feed(judge, [view(12, View.OK, run=2)])
    assert [ev.kind_of(event) for event in later] == ["quality.restored"]


def test_beds_of_two_rooms_may_have_one_name() -> None:
    camera = Camera(id="c1", source="a")
    rooms = [
        Room(id=f"r{i}", beds=[Bed(id="a", subject=f"s-000{i}")], cameras=[camera]) for i in (1, 2)
    ]
    judge = Judge(NodeConfig(site="home", node="n-1", rooms=rooms), KEY)
    on_bed = [lying(i / 10, Place.BED, "a") for i in range(50)]
    beside = [lying(5 + i / 10, Place.FLOOR) for i in range(100)]
    events = feed(judge, [*on_bed, *beside])
    assert {event.subject for event in events} == {"s-0001"}


def test_a_slow_room_is_judged_as_well() -> None:
    rooms = [Room(id=r, cameras=[Camera(id="c1", source="a")]) for r in ("r1", "r2")]
    judge = Judge(NodeConfig(site="home", node="n-1", rooms=rooms), KEY)
    events: list[ev.AnyEvent] = []
    for i in range(140):
        ahead = Tick(t=round((i / 10 + 1.5) * 1e9), room="r2", source="c1")
        events += judge.observe(ahead)
        events += judge.observe(lying(i / 10))
    assert [ev.kind_of(e) for e in events] == ["fall.suspected", "fall.confirmed"]


def test_a_slow_camera_of_a_room_is_late_and_still_used() -> None:
    judge = Judge(config(), KEY)
    events: list[ev.AnyEvent] = []
    for i in range(140):
        events += judge.observe(tick(i / 10 + 0.6, "c2"))
        events += judge.observe(lying(i / 10))
    assert [ev.kind_of(e) for e in events] == ["fall.suspected", "fall.confirmed"]


def test_acknowledged_is_kept() -> None:
    judge = Judge(config(), KEY)
    events = feed(judge, [*FALL[:100], *ticks(0, 10, "c2")])
    command = Acknowledged(id=new_id(), node="n-1", issued=0, expires=1, chain=events[0].chain)
    assert judge.acknowledge(command)
    assert not judge.acknowledge(msgspec.structs.replace(command, chain=new_id()))
    again = Judge(config(), KEY)
    again.restore(judge.state())
    assert b"acknowledged\xc3" in again.state()["room/r1"]
