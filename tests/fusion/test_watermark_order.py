"""Any order of arrival within a source's lateness gives the same events; slow sources delay none.

The streams are in order within each source, as every way in keeps them; how long each observation
is under way is drawn anew for every order of arrival.
"""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ambient import events as ev
from ambient.config import Microphone, NodeConfig, Room
from ambient.config_cameras import Camera
from ambient.events import FallConfirmed, Purpose
from ambient.observations import (
    AnyObservation,
    MotionMeasured,
    Place,
    Posture,
    PostureSeen,
    SensorKind,
    SensorSeen,
    SoundClass,
    SoundHeard,
    Tick,
    VitalMeasured,
    Wear,
)
from fusion.judge import Judge
from fusion.watermark import MOST_HELD, SLOW_LATENESS_S, Timeline

NS = 1_000_000_000
MS = 1_000_000
DAY = 24 * 3600 * NS
BEGIN = 10 * DAY
KEY = "k" * 40

Sent = tuple[int, AnyObservation]
"""When it arrives, and what."""


def config() -> NodeConfig:
    room = Room(
        id="r1",
        purposes={Purpose.FALLS: True, Purpose.SOUNDS: True, Purpose.VITALS: True},
        cameras=[Camera(id="c1", source="a"), Camera(id="c2", source="b")],
        microphones=[Microphone(id="m1", source="c")],
    )
    return NodeConfig(site="home", node="n-1", rooms=[room])


def posture(t: int, source: str, down: bool) -> PostureSeen:
    return PostureSeen(
        t=t,
        room="r1",
        source=source,
        track=1,
        posture=Posture.FALLEN if down else Posture.STANDING,
        probability=0.9,
        down=0.95 if down else 0.03,
        upright=0.02 if down else 0.95,
        descent=0.9 if down else 0.0,
        place=Place.FLOOR,
        still=0.8,
        quality=0.9,
        at=(0.5, 0.6),
        size=0.4,
    )


def streams(falls_at: int, step_ms: int) -> dict[str, list[AnyObservation]]:
    """Two cameras and a microphone of 25 s; all share instants, so that ties are many."""
    every: dict[str, list[AnyObservation]] = {}
    for source in ("c1", "c2"):
        every[source] = [
            posture(BEGIN + k * step_ms * MS, source, k * step_ms >= falls_at * 1000)
            for k in range(25_000 // step_ms)
        ]
    every["m1"] = [Tick(t=BEGIN + k * 500 * MS, room="r1", source="m1") for k in range(50)]
    thud = SoundHeard(
        t=BEGIN + falls_at * NS, room="r1", source="m1", sound=SoundClass.THUD, probability=0.9
    )
    call = SoundHeard(
        t=BEGIN + 20 * NS, room="r1", source="m1", sound=SoundClass.HELP, probability=0.95
    )
    every["m1"] = sorted([*every["m1"], thud, call], key=lambda one: one.t)
    every["node"] = [Tick(t=BEGIN + k * NS, room="r1", source="node") for k in range(25)]
    return every


def arrive(every: dict[str, list[AnyObservation]], under_way: dict[str, list[int]]) -> list[Sent]:
    """Return all in order of arrival; each source's own order is kept."""
    sent: list[Sent] = []
    for source, stream in every.items():
        delays, last = under_way[source], 0
        for k, one in enumerate(stream):
            last = max(last, one.t + delays[k % len(delays)] * MS)
            sent.append((last, one))
    return sorted(sent, key=lambda each: each[0])


def judged(sent: list[Sent]) -> list[tuple[int, bytes]]:
    """Return events with the arrival that brought each; all that is left at the end."""
    judge = Judge(config(), KEY)
    out = [(at, ev.encode(event)) for at, one in sent for event in judge.observe(one)]
    return out + [(2**62, ev.encode(event)) for event in judge.finish()]


delays = st.lists(st.integers(0, 140), min_size=1, max_size=7)
under_way = st.fixed_dictionaries(dict.fromkeys(("c1", "c2", "m1", "node"), delays))


@settings(max_examples=15, deadline=None)
@given(st.integers(2, 6), st.sampled_from([100, 250]), under_way, under_way)
def test_any_arrival_within_lateness_gives_the_same_events(
    falls_at: int, step_ms: int, first: dict[str, list[int]], second: dict[str, list[int]]
) -> None:
    every = streams(falls_at, step_ms)
    one, other = judged(arrive(every, first)), judged(arrive(every, second))
    assert [event for _, event in one] == [event for _, event in other]
    assert any(b"fall.confirmed" in event for _, event in one)


def motion(t: int, received: int) -> MotionMeasured:
    return MotionMeasured(
        t=t,
        room="r1",
        source="w1",
        received=received,
        wear=Wear.WRIST,
        counts=0.1,
        peak=1.0,
        lowest=1.0,
        gravity=(0.0, 0.0, 1.0),
    )


slow = st.lists(
    st.tuples(st.integers(0, 25_000), st.integers(-DAY // MS, DAY // MS)), min_size=1, max_size=40
)
"""When a wearable's reading arrives, and how far its clock is off or its reading behind: ms."""


@settings(max_examples=15, deadline=None)
@given(slow, under_way)
@example([(1, 0)], {"c1": [2], "c2": [2], "m1": [2], "node": [3]})
def test_slow_silent_and_far_ahead_sources_delay_no_alarm(
    readings: list[tuple[int, int]], delays: dict[str, list[int]]
) -> None:
    urgent = arrive(streams(3, 250), delays)
    late = [
        (BEGIN + at * MS, motion(BEGIN + (at + off) * MS, BEGIN + at * MS)) for at, off in readings
    ]
    both = sorted([*urgent, *late], key=lambda each: each[0])

    def when(sent: list[Sent]) -> list[int]:
        return [at for at, event in judged(sent) if b'"fall.confirmed"' in event]

    assert when(both) == when(urgent)


def test_a_source_that_falls_silent_delays_nothing_by_more_than_its_lateness() -> None:
    every = streams(3, 250)
    every["c2"] = every["c2"][:8]
    every["m1"] = every["m1"][:2]
    calm = {source: [50] for source in every}
    confirmed = [
        (at, ev.decode(event).t)
        for at, event in judged(arrive(every, calm))
        if b'"fall.confirmed"' in event
    ]
    assert len(confirmed) == 1
    assert confirmed[0][0] - confirmed[0][1] <= 350 * MS


def test_a_camera_whose_clock_is_hours_ahead_delays_no_alarm_of_another() -> None:
    every = streams(3, 250)
    wrong = dict(every)
    wrong["c2"] = [posture(one.t + 5 * 3600 * NS, "c2", False) for one in every["c2"]]
    calm = {source: [0 if source == "node" else 50] for source in every}
    sent = arrive(wrong, calm)
    # It arrives when it is sent, whatever its clock says.
    sent = sorted(
        [(at - 5 * 3600 * NS if one.source == "c2" else at, one) for at, one in sent],
        key=lambda each: each[0],
    )
    judge = Judge(config(), KEY)
    at = [t for t, one in sent for e in judge.observe(one) if isinstance(e, FallConfirmed)]
    assert at
    assert min(at) - BEGIN < 12 * NS


def backlog(hours: int, step_s: int) -> list[VitalMeasured]:
    return [
        VitalMeasured(
            t=BEGIN - hours * 3600 * NS + k * step_s * NS,
            room="r1",
            source="w1",
            received=BEGIN + NS,
            code="8867-4",
            value=70.0,
            unit="/min",
        )
        for k in range(hours * 3600 // step_s)
    ]


def test_a_day_of_backlog_keeps_its_own_time_and_its_order() -> None:
    timeline = Timeline(("c1",))
    timeline.push(Tick(t=BEGIN, room="r1", source="c1"))
    readings = backlog(24, 60)
    held = [one for reading in reversed(readings) for one in timeline.push(reading)]
    assert held == []
    moved = Tick(t=BEGIN + NS, room="r1", source="c1")
    assert timeline.push(moved) == [moved, *readings]
    assert timeline.late == {"w1": len(readings)}


def test_days_of_backlog_are_held_to_a_bound() -> None:
    timeline = Timeline(("c1",))
    timeline.push(Tick(t=BEGIN, room="r1", source="c1"))
    readings = backlog(72, 10)
    given_early = [one for reading in readings for one in timeline.push(reading)]
    state = timeline.state()
    assert len(state.behind) == MOST_HELD
    given_late = timeline.push(Tick(t=BEGIN + NS, room="r1", source="c1"))[1:]
    assert [*given_early, *given_late] == readings


def test_a_reading_a_moment_late_is_used_and_not_counted() -> None:
    timeline = Timeline(("c1",))
    timeline.push(Tick(t=BEGIN, room="r1", source="c1"))
    within = motion(BEGIN - round(SLOW_LATENESS_S * NS), BEGIN)
    beyond = motion(within.t - 1, BEGIN)
    timeline.push(within)
    timeline.push(beyond)
    assert timeline.late == {"w1": 1}
    assert timeline.push(Tick(t=BEGIN + 1, room="r1", source="c1"))[1:] == [beyond, within]


def cord(t: int, received: int) -> SensorSeen:
    return SensorSeen(
        t=t, room="r1", source="cord", received=received, kind=SensorKind.CORD, on=True
    )


def test_a_cord_is_urgent_and_one_of_yesterday_is_not_replayed_as_now() -> None:
    timeline = Timeline(("c1",))
    timeline.push(Tick(t=BEGIN, room="r1", source="c1"))
    now, yesterday = cord(BEGIN - NS, BEGIN), cord(BEGIN - DAY, BEGIN)
    (given,) = timeline.push(now)
    assert given.t == BEGIN
    assert timeline.push(yesterday) == []
    assert timeline.push(Tick(t=BEGIN + 3 * NS, room="r1", source="c1"))[-1] == yesterday


def test_a_clock_that_is_ahead_is_brought_back_to_when_it_was_received() -> None:
    timeline = Timeline(("c1",))
    timeline.push(Tick(t=BEGIN, room="r1", source="c1"))
    timeline.push(cord(BEGIN + DAY, BEGIN))
    (given,) = timeline.push(Tick(t=BEGIN + 1, room="r1", source="c1"))
    assert given.t == BEGIN


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 200), under_way)
def test_a_timeline_goes_on_in_another_exactly(cut: int, delays: dict[str, list[int]]) -> None:
    sent = [one for _, one in arrive(streams(3, 250), delays)]
    whole, first, second = (Timeline(("c1", "c2", "m1")) for _ in range(3))
    expected = [ready for one in sent for ready in whole.push(one)]
    got = [ready for one in sent[:cut] for ready in first.push(one)]
    second.resume(first.state())
    assert got + [ready for one in sent[cut:] for ready in second.push(one)] == expected
