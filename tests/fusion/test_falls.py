"""Falls of a room: what is seen, second by second, and what must be said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from msgspec import structs

from ambient.config import Falls
from ambient.observations import Place, Posture, PostureSeen, TrackEnd, TrackEnded
from fusion.company import in_company
from fusion.evidence import Judgement
from fusion.falls import FallJudge
from fusion.falls_state import MOST_PEOPLE, Change, RoomState, Step
from fusion.person import Person

FPS = 10


def seen(
    t_s: float,
    *,
    down: float,
    upright: float = 0.0,
    descent: float = 0.0,
    track: int = 1,
    source: str = "c1",
    place: Place = Place.UNKNOWN,
    quality: float = 0.9,
    at: tuple[float, float] = (0.5, 0.5),
    still: float | None = None,
    posture: Posture = Posture.OTHER,
) -> PostureSeen:
    return PostureSeen(
        t=round(t_s * 1e9),
        room="r1",
        source=source,
        track=track,
        posture=posture,
        probability=0.9,
        down=down,
        upright=upright,
        descent=descent,
        still=(0.9 if down > 0.5 else 0.0) if still is None else still,
        place=place,
        quality=quality,
        at=at,
        size=0.5,
    )


def span(start: float, end: float, **kind: object) -> list[PostureSeen]:
    count = round((end - start) * FPS)
    return [seen(start + i / FPS, **kind) for i in range(count)]  # type: ignore[arg-type]


def lost(t_s: float, *, down: float, track: int = 1, border: bool = False) -> TrackEnded:
    reason = TrackEnd.LEFT_PICTURE if border else TrackEnd.LOST
    return TrackEnded(
        t=round(t_s * 1e9), room="r1", source="c1", track=track, reason=reason, down=down
    )


def judge(
    story: Iterable[PostureSeen | TrackEnded], until: float, config: Falls | None = None
) -> list[tuple[Step, float]]:
    room = FallJudge(config or Falls())
    changes = play(room, story)
    t = max(0.0, changes[-1].t / 1e9 if changes else 0.0)
    while t < until:
        t += 1.0
        changes += room.advance(round(t * 1e9))
    return [(change.step, round(change.t / 1e9, 1)) for change in changes]


def play(room: FallJudge, story: Iterable[PostureSeen | TrackEnded]) -> list[Change]:
    changes: list[Change] = []
    for one in sorted(story, key=lambda o: o.t):
        changes += room.ended(one) if isinstance(one, TrackEnded) else room.posture(one)
    return changes


UP = {"down": 0.02, "upright": 0.95}
LYING = {"down": 0.95}
FELL = {"down": 0.95, "descent": 1.0}
HALF = {"down": 0.45, "upright": 0.0}
HALF_LYING = {"down": 0.6, "upright": 0.05}

CASES: list[tuple[str, list[PostureSeen | TrackEnded], float, list[Step]]] = [
    ("upright all the time", [*span(0, 30, **UP)], 60, []),
    ("lying on a bed", span(0, 30, **LYING, place=Place.BED), 60, []),
    ("lying on a permitted place", span(0, 30, **LYING, place=Place.PERMITTED), 60, []),
    ("found on the floor", span(0, 12, **LYING), 0, [Step.SUSPECTED, Step.CONFIRMED]),
    (
        "falls and stays",
        [*span(0, 3, **UP), *span(3, 14, **FELL)],
        0,
        [Step.SUSPECTED, Step.CONFIRMED],
    ),
    (
        "falls and lies for long",
        [*span(0, 3, **UP), *span(3, 70, **FELL)],
        0,
        [Step.SUSPECTED, Step.CONFIRMED, Step.LONG_LIE],
    ),
    (
        "falls and gets up at once",
        [*span(0, 3, **UP), *span(3, 5, **FELL), *span(5, 12, **UP)],
        0,
        [Step.SUSPECTED, Step.RECOVERED],
    ),
    (
        "falls, confirmed, gets up later",
        [*span(0, 3, **UP), *span(3, 14, **FELL), *span(14, 20, **UP)],
        0,
        [Step.SUSPECTED, Step.CONFIRMED, Step.RECOVERED],
    ),
    (
        "falls and is lost from sight",
        [*span(0, 3, **UP), *span(3, 4, **FELL), lost(6, down=0.95)],
        70,
        [Step.SUSPECTED, Step.CONFIRMED, Step.LONG_LIE],
    ),
    (
        "upright in a bad view is no recovery",
        [*span(0, 3, **UP), *span(3, 14, **FELL), *span(14, 20, **UP, quality=0.1)],
        0,
        [Step.SUSPECTED, Step.CONFIRMED],
    ),
    (
        "lost in the middle of a fall",
        [*span(0, 3, **UP), *span(3, 3.3, down=0.5, descent=0.9), lost(5.3, down=0.5)],
        20,
        [Step.SUSPECTED, Step.CONFIRMED],
    ),
    ("leaves the picture bent", [*span(0, 3, **UP), lost(5, down=0.3, border=True)], 30, []),
    ("bends down for a while", [*span(0, 3, **UP), *span(3, 6, **HALF), *span(6, 9, **UP)], 30, []),
    ("a phantom lies there for a moment", [*span(0, 2, **LYING), lost(4, down=0.9)], 30, []),
    ("a phantom lies there in a doubtful view", span(0, 30, **LYING, quality=0.1), 30, []),
    (
        "somebody is lost down and gets up as a new track",
        [*span(0, 12, **FELL), lost(14, down=0.9), *span(14, 19, **UP, track=2)],
        0,
        [Step.SUSPECTED, Step.CONFIRMED, Step.RECOVERED],
    ),
    (
        "the helper who was there is not the one who fell",
        [
            *span(0, 12, **FELL),
            *span(0, 19, **UP, track=2),
            lost(14, down=0.9),
        ],
        0,
        [Step.SUSPECTED, Step.CONFIRMED],
    ),
    (
        "another falls elsewhere while the first is lost",
        [
            *span(0, 12, **FELL),
            lost(14, down=0.9),
            *span(15, 18, **UP, track=2, at=(1.2, 0.5)),
            *span(18, 30, **FELL, track=2, at=(1.2, 0.8)),
        ],
        0,
        [Step.SUSPECTED, Step.CONFIRMED, Step.SUSPECTED, Step.CONFIRMED],
    ),
    (
        "the lost one is found again, still down",
        [*span(0, 12, **FELL), lost(14, down=0.9), *span(20, 40, **LYING, track=2)],
        0,
        [Step.SUSPECTED, Step.CONFIRMED],
    ),
    (
        "who comes in later is not the one who fell",
        [*span(0, 12, **FELL), lost(14, down=0.9), *span(60, 66, **UP, track=2, at=(1.2, 0.5))],
        0,
        [Step.SUSPECTED, Step.CONFIRMED, Step.LONG_LIE],
    ),
    (
        "nobody else ends what is only suspected",
        [*span(0, 3.8, **LYING), lost(5.8, down=0.9), *span(6, 12, **UP, track=2)],
        20,
        [Step.SUSPECTED, Step.CONFIRMED, Step.RECOVERED],
    ),
    (
        "gets up and walks out before it is confirmed",
        [
            *span(0, 3, **UP),
            *span(3, 4.5, **FELL),
            *span(4.5, 7.2, **UP),
            lost(9.2, down=0.02, border=True),
        ],
        90,
        [Step.SUSPECTED],
    ),
    (
        "gets up and is lost from sight at once",
        [*span(0, 3, **UP), *span(3, 4.5, **FELL), *span(4.5, 5.5, **UP), lost(7.5, down=0.02)],
        90,
        [Step.SUSPECTED],
    ),
    (
        "two looks at somebody up before being lost from sight",
        [*span(0, 3, **UP), *span(3, 4.5, **FELL), *span(4.5, 4.7, **UP), lost(6.7, down=0.02)],
        20,
        [Step.SUSPECTED, Step.CONFIRMED],
    ),
    (
        "the track goes over to a helper, who is lost",
        [
            *span(0, 3, **UP),
            *span(3, 4.5, **FELL),
            *span(4.5, 6, **UP, at=(1.4, 0.4)),
            lost(8, down=0.02),
        ],
        20,
        [Step.SUSPECTED, Step.CONFIRMED],
    ),
    (
        "one frame beside the bed",
        [
            *span(0, 600, **LYING, place=Place.BED),
            seen(600, down=0.95, place=Place.FLOOR),
            *span(600.1, 610, **LYING, place=Place.BED),
        ],
        0,
        [],
    ),
    (
        "rolls off the bed after an hour",
        [*span(0, 3600, **LYING, place=Place.BED), *span(3600, 3620, **LYING, place=Place.FLOOR)],
        0,
        [Step.SUSPECTED, Step.CONFIRMED],
    ),
    (
        "two cameras see one fall",
        [*span(3, 14, **FELL), *span(3.2, 14, **LYING, source="c2", track=7)],
        0,
        [Step.SUSPECTED, Step.CONFIRMED],
    ),
    (
        "one camera sees two people down",
        [*span(3, 14, **FELL), *span(4, 14, **LYING, track=2)],
        0,
        [Step.SUSPECTED, Step.CONFIRMED, Step.SUSPECTED, Step.CONFIRMED],
    ),
    (
        "a second camera does not see that one is up",
        [
            *span(0, 12, **FELL),
            *span(0.1, 18, **LYING, source="c2", track=7),
            *span(12, 18, **UP),
        ],
        0,
        [Step.SUSPECTED, Step.CONFIRMED],
    ),
    (
        "rolls off the bed",
        [*span(0, 5, **LYING, place=Place.BED), *span(5, 16, **LYING, place=Place.FLOOR)],
        0,
        [Step.SUSPECTED, Step.CONFIRMED],
    ),
    (
        "a second fall is a second chain",
        [
            *span(0, 12, **FELL),
            *span(12, 18, **UP),
            *span(18, 30, **FELL),
        ],
        0,
        [Step.SUSPECTED, Step.CONFIRMED, Step.RECOVERED, Step.SUSPECTED, Step.CONFIRMED],
    ),
]


@pytest.mark.parametrize(
    ("story", "until", "steps"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_steps(story: list[PostureSeen | TrackEnded], until: float, steps: list[Step]) -> None:
    assert [step for step, _ in judge(story, until)] == steps


FOUND_ALARM = [Step.SUSPECTED, Step.CONFIRMED]


@pytest.mark.parametrize(
    ("how", "steps"),
    [
        ({}, FOUND_ALARM),
        ({"still": 0.5}, []),
        ({"upright": 0.3}, []),
        ({"quality": 0.4}, []),
        ({"posture": Posture.KNEELING}, []),
        ({"posture": Posture.SITTING}, []),
        ({"down": 0.45}, []),
        ({"place": Place.BED}, []),
        # So low in the picture that its border cuts the body.
        ({"at": (0.5, 1.04)}, []),
    ],
    ids=lambda value: "-".join(map(str, value)) if isinstance(value, dict) else "",
)
def test_who_lies_motionless_is_down_though_the_posture_is_doubtful(
    how: dict[str, object], steps: list[Step]
) -> None:
    story = span(0, 14, **{**HALF_LYING, **how})
    assert [step for step, _ in judge(story, 0)] == steps


@pytest.mark.parametrize(
    ("slip_s", "confirmed"), [(0.0, True), (0.5, True), (1.5, False)], ids=["none", "short", "long"]
)
def test_a_slip_of_the_pose_does_not_end_lying_motionless(slip_s: float, confirmed: bool) -> None:
    """Every four seconds something else is seen for a moment; three are needed at a stretch."""
    story: list[PostureSeen] = []
    for start in range(0, 16, 4):
        story += span(start, start + slip_s, **HALF_LYING, still=0.5)
        story += span(start + slip_s, start + 4, **HALF_LYING)
    assert (Step.CONFIRMED in {step for step, _ in judge(story, 0)}) is confirmed


@pytest.mark.parametrize(
    ("how", "within_s"),
    [({}, 8.5), ({"still": 0.5}, 20.5), ({"down": 0.8, "upright": 0.1}, 20.5)],
    ids=["motionless", "moves", "hardly surely down"],
)
def test_company_is_waited_for_only_by_who_moves(how: dict[str, object], within_s: float) -> None:
    story = [*span(0, 25, **{**LYING, **how}), *span(0, 25, **UP, track=2, at=(1.2, 0.5))]
    found = dict(judge(story, 0))
    assert found[Step.CONFIRMED] == pytest.approx(within_s - 0.5, abs=0.5)


def test_confirmed_at_most_confirm_s_after_down() -> None:
    found = dict(judge(span(0, 12, **LYING), 0))
    assert found[Step.CONFIRMED] <= 8.1
    fell = dict(judge([*span(0, 3, **UP), *span(3, 14, **FELL)], 0))
    assert fell[Step.SUSPECTED] <= 4.0
    assert fell[Step.CONFIRMED] < found[Step.CONFIRMED] + 3


@pytest.mark.parametrize(("confirm_s", "long_lie_s"), [(2, 20), (5, 30), (12, 90)])
def test_times_follow_the_configuration(confirm_s: float, long_lie_s: float) -> None:
    config = Falls(confirm_s=confirm_s, long_lie_s=long_lie_s)
    steps = dict(judge(span(0, long_lie_s + 5, **LYING), 0, config))
    assert steps[Step.CONFIRMED] <= max(confirm_s, 4) + 0.5
    assert steps[Step.LONG_LIE] == pytest.approx(long_lie_s, abs=0.5)


def test_a_fall_the_next_day_is_a_new_one() -> None:
    room = FallJudge(Falls())
    play(room, [*span(0, 12, **FELL), *span(0, 20, **UP, track=9), lost(14, down=0.9)])
    for t in range(21, 80):
        room.advance(t * 10**9)
    room.acknowledge(0)
    day = 86_400
    changes = play(room, span(day, day + 100, **LYING, track=20))
    assert [c.step for c in changes] == [Step.SUSPECTED, Step.CONFIRMED, Step.LONG_LIE]


def test_an_unacknowledged_chain_is_not_joined_much_later() -> None:
    room = FallJudge(Falls())
    play(room, [*span(0, 12, **FELL), lost(14, down=0.9)])
    changes = play(room, span(300, 312, **LYING, track=20))
    assert Step.SUSPECTED in [c.step for c in changes]
    assert Step.CONFIRMED in [c.step for c in changes]


def test_down_is_counted_from_leaving_the_bed() -> None:
    story = [*span(0, 100, **LYING, place=Place.BED), *span(100, 115, **LYING, place=Place.FLOOR)]
    changes = play(FallJudge(Falls()), story)
    assert changes[-1].step is Step.CONFIRMED
    assert changes[-1].down_s == pytest.approx(8, abs=1)


def test_state_goes_on_after_a_restart() -> None:
    import msgspec

    first = FallJudge(Falls())
    before = play(first, [*span(0, 3, **UP), *span(3, 6, **FELL)])
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(first.state), type=RoomState)
    second = FallJudge(Falls(), kept)
    second.restarted()
    # The restarted sensor numbers its tracks anew.
    after = play(second, span(7, 14, **LYING, track=100))
    assert [c.step for c in before] == [Step.SUSPECTED]
    assert [c.step for c in after] == [Step.CONFIRMED]
    assert after[0].chain.number == before[0].chain.number


def test_same_observations_same_changes() -> None:
    story = [*span(0, 3, **UP), *span(3, 14, **FELL), *span(14, 20, **UP)]
    assert play(FallJudge(Falls()), story) == play(FallJudge(Falls()), story)


def midway(start: float, end: float) -> list[PostureSeen]:
    """Somebody in the middle of a fall, not down yet."""
    return [
        structs.replace(
            seen(start + i / FPS, down=0.3, descent=0.95, upright=0.05), posture=Posture.FALL
        )
        for i in range(round((end - start) * FPS))
    ]


@pytest.mark.parametrize(
    ("sinks", "down", "steps"),
    [
        # Walks out below a camera: seen in the middle of a descent, and then no more.
        (0.3, 0.02, []),
        (0.05, 0.02, [Step.SUSPECTED, Step.CONFIRMED]),
        (0.3, 0.3, [Step.SUSPECTED, Step.CONFIRMED]),
        (0.6, 0.02, [Step.SUSPECTED, Step.CONFIRMED]),
    ],
    ids=["walks out", "does not reach the border", "goes down on the way", "falls higher up"],
)
def test_who_is_lost_on_the_way_out_through_the_lower_border_is_not_falling(
    sinks: float, down: float, steps: list[Step]
) -> None:
    last = 0.7 if sinks > 0.5 else 0.85
    way = [(i / FPS, last - sinks * (1 - (i + 1) / FPS)) for i in range(FPS)]
    story = span(0, 3, **UP)
    story += [
        seen(3 + t, down=down, descent=0.9, posture=Posture.FALL, at=(0.5, row)) for t, row in way
    ]
    assert [step for step, _ in judge([*story, lost(6, down=down)], 20)] == steps


@pytest.mark.parametrize(
    ("row", "down", "steps"),
    [
        (1.1, 0.5, [Step.SUSPECTED]),
        (0.8, 0.5, FOUND_ALARM),
        (0.98, 0.5, FOUND_ALARM),
        (1.1, 0.8, FOUND_ALARM),
    ],
    ids=["below the picture", "in the picture", "at its border", "surely down"],
)
def test_who_left_through_the_lower_border_hardly_down_walked_out(
    row: float, down: float, steps: list[Step]
) -> None:
    story = span(0, 3, **UP, at=(0.5, 0.9))
    story += span(3, 4, down=down, descent=0.93, quality=0.5, posture=Posture.FALL, at=(0.5, row))
    assert [step for step, _ in judge([*story, lost(6, down=down, border=True)], 20)] == steps


def test_one_look_does_not_make_who_was_surely_down_walk_out() -> None:
    low = {"at": (0.5, 1.02)}
    story: list[PostureSeen | TrackEnded] = [*span(0, 3, **UP, at=(0.5, 0.9))]
    story += [*span(3, 6, **FELL, **low), *span(6, 6.1, down=0.3, quality=0.1, **low)]
    assert Step.CONFIRMED in dict(judge([*story, lost(8, down=0.3, border=True)], 30))


@pytest.mark.parametrize(
    ("down", "steps"),
    [(0.3, [Step.SUSPECTED]), (0.7, FOUND_ALARM)],
    ids=["does not look down", "looks down"],
)
def test_who_dropped_and_left_through_the_lower_border_walked_out_unless_seen_down(
    down: float, steps: list[Step]
) -> None:
    """Who gets up with a start seems to fall, and is then taken to be down, whatever is seen."""
    drop = {"descent": 0.93, "posture": Posture.FALL, "at": (0.5, 0.92)}
    story = [*span(0, 3, **UP, at=(0.5, 0.8)), *span(3, 4, down=0.5, **drop)]
    story += span(4, 7, down=down, posture=Posture.FALL, quality=0.3, at=(0.5, 1.1))
    assert [step for step, _ in judge([*story, lost(9, down=down, border=True)], 30)] == steps


@pytest.mark.parametrize(
    ("after", "steps"),
    [
        ([], [(Step.SUSPECTED, 4.3), (Step.CONFIRMED, 7.6)]),
        ([lost(5.4, down=0.3)], [(Step.SUSPECTED, 4.3), (Step.CONFIRMED, 7.6)]),
        # Walked out through the border, as the tracker says two seconds later.
        ([lost(5.4, down=0.3, border=True)], [(Step.SUSPECTED, 4.3)]),
        # Seen again, on foot.
        (span(4.6, 14, **UP), [(Step.SUSPECTED, 4.3), (Step.RECOVERED, 7.6)]),
    ],
    ids=["nobody since", "track given up", "left the picture", "upright again"],
)
def test_whoever_is_lost_in_the_middle_of_a_fall_is_suspected_at_once(
    after: list[PostureSeen | TrackEnded], steps: list[tuple[Step, float]]
) -> None:
    room = FallJudge(Falls())
    changes = play(room, [*span(0, 3, **UP), *midway(3, 3.5)])
    rest = sorted(after, key=lambda o: o.t)
    for tenth in range(35, 200):
        t = tenth / 10
        while rest and rest[0].t <= t * 1e9:
            changes += play(room, [rest.pop(0)])
        changes += room.advance(round(t * 1e9))
    assert [(c.step, pytest.approx(c.t / 1e9, abs=0.35)) for c in changes] == steps


@pytest.mark.parametrize(("slip_s", "found"), [(0.0, True), (0.1, True), (1.0, False)])
def test_one_look_at_somebody_upright_does_not_end_a_clear_fall(slip_s: float, found: bool) -> None:
    """In a heap, with a posture that says little, after a fall that was clear."""
    heap = {"down": 0.3, "upright": 0.1}
    up = [structs.replace(s, posture=Posture.WALK) for s in span(5, 5 + slip_s, **heap)]
    story = [*span(0, 3, **UP), *midway(3, 4), *span(4, 5, **heap), *up]
    story += span(5 + slip_s, 18, **heap)
    assert (Step.CONFIRMED in {step for step, _ in judge(story, 0)}) is found


BESIDE = span(0, 150, **UP, track=9, at=(1.6, 0.5))
"""Somebody else in the room, on foot all the time."""
KNEELS = {"down": 0.05, "upright": 0.1}
MOVES = {**LYING, "still": 0.5}


@pytest.mark.parametrize(
    ("after", "steps"),
    [
        (span(15, 45, **KNEELS, track=3), [Step.SUSPECTED]),
        (span(15, 45, **MOVES, track=3), FOUND_ALARM),
        (span(15, 45, **KNEELS, track=3, at=(1.2, 0.5)), FOUND_ALARM),
        (span(18, 45, **KNEELS, track=3), FOUND_ALARM),
    ],
    ids=["kneels", "lies", "is elsewhere", "came later"],
)
def test_a_pose_that_takes_an_outlines_place_says_whether_somebody_is_down(
    after: list[PostureSeen], steps: list[Step]
) -> None:
    outline = [*span(5, 15, **MOVES, descent=0.6, track=2), lost(15, down=0.9, track=2)]
    story = [*outline, *after, *(s for s in BESIDE if s.t <= 45e9)]
    assert [step for step, _ in judge(story, 45)] == steps


def heap(seconds: float) -> list[PostureSeen | TrackEnded]:
    """Somebody who goes down fast and stays, for so long, in a heap that says little."""
    return [*span(0, 3, **UP), *midway(3, 4), *span(4, 4 + seconds, down=0.3, upright=0.1)]


@pytest.mark.parametrize(
    ("story", "confirmed_s"),
    [
        (heap(140), 10.5),
        ([*heap(140), *BESIDE], 64.0),
        ([*heap(26), *span(30, 60, down=0.7, upright=0.05, still=0.5), *BESIDE], 30.0),
        ([*heap(6), lost(12, down=0.3), *BESIDE], 64.0),
        # It looks less down for a moment, and is hardly seen then.
        (
            [
                *heap(26),
                *span(30, 30.4, down=0.2, upright=0.1),
                *span(30.4, 31.4, down=0.2, upright=0.1, quality=0.0),
                *span(31.4, 150, down=0.3, upright=0.1),
                *BESIDE,
            ],
            64.0,
        ),
    ],
    ids=[
        "alone",
        "in company",
        "in company until seen to lie",
        "in company and lost",
        "then hardly seen",
    ],
)
def test_in_company_a_heap_is_waited_for(
    story: list[PostureSeen | TrackEnded], confirmed_s: float
) -> None:
    assert dict(judge(story, 0))[Step.CONFIRMED] == pytest.approx(confirmed_s, abs=2.0)


SHADOW = {**LYING, "quality": 0.5, "still": 0.5}
"""Never seen but as an outline: who lies there may be a coat."""


@pytest.mark.parametrize(
    ("story", "confirmed_s"),
    [
        (span(0, 100, **SHADOW), 8.0),
        ([*span(0, 100, **SHADOW), *BESIDE], 60.0),
        ([*span(0, 100, **SHADOW, descent=0.6), *BESIDE], 20.0),
        ([*span(0, 30, **SHADOW), *span(30, 100, **MOVES), *BESIDE], 30.0),
        ([*span(0, 100, **SHADOW), *span(0, 12, **UP, track=9, at=(1.6, 0.5))], 15.0),
        ([*span(4, 100, **SHADOW), *span(0, 4.5, **UP, track=8), *BESIDE], 24.0),
        ([*span(4, 100, **SHADOW), *span(0, 4, **UP, track=8, at=(1.2, 0.5)), *BESIDE], 64.0),
    ],
    ids=[
        "alone", "in company", "in company, seen to go down", "in company, then by its pose",
        "until it is left alone", "in company, where somebody was lost", "somebody lost elsewhere",
    ],
)  # fmt: skip
def test_in_company_an_outline_that_nobody_saw_go_down_is_waited_for(
    story: list[PostureSeen | TrackEnded], confirmed_s: float
) -> None:
    assert dict(judge(story, 0))[Step.CONFIRMED] == pytest.approx(confirmed_s, abs=1.0)


BARELY = {"down": 0.74, "still": 0.6}
"""Seen well, and never surely down: who stoops, is helped up or is a coat."""
DIPS = {"down": 0.5, "upright": 0.0, "descent": 0.8, "posture": Posture.FALL}


@pytest.mark.parametrize(
    ("story", "confirmed_s"),
    [
        (span(0, 100, **BARELY), 10.5),
        ([*span(0, 100, **BARELY), *BESIDE], 60.0),
        ([*span(0, 30, **BARELY), *span(30, 100, **MOVES), *BESIDE], 31.0),
        ([*span(0, 100, **{**MOVES, "quality": 0.38}), *BESIDE], 60.0),
        ([*span(0, 1, **DIPS), *span(1, 100, **BARELY), *BESIDE], 60.0),
        ([*span(0, 1, **{**DIPS, "descent": 0.95}), *span(1, 100, **BARELY), *BESIDE], 20.0),
        ([*span(0, 10, **BARELY), lost(12, down=0.66), *BESIDE], None),
        ([*span(0, 10, **MOVES), lost(12, down=0.95), *BESIDE], None),
        ([*span(0, 1, **DIPS), *span(1, 10, **MOVES), lost(12, down=0.95), *BESIDE], 20.0),
        ([*span(0, 1, **DIPS), *span(1, 5, **BARELY), lost(7, down=0.6), *BESIDE], None),
        ([*span(0, 1, **DIPS), *span(1, 5, **BARELY), lost(7, down=0.6)], 6.0),
    ],
    ids=[
        "alone", "in company", "in company until surely down", "in a bad view",
        "seen to go down", "clearly seen to fall", "lost", "surely down, and lost",
        "surely down after a descent, and lost", "barely down after a descent, and lost",
        "alone, barely down after a descent, and lost",
    ],
)  # fmt: skip
def test_in_company_who_is_never_surely_down_is_waited_for(
    story: list[PostureSeen | TrackEnded], confirmed_s: float | None
) -> None:
    steps = dict(judge(story, 150))
    assert steps.get(Step.CONFIRMED) == (
        confirmed_s if confirmed_s is None else pytest.approx(confirmed_s, abs=1.5)
    )


BACK = {**UP, "track": 2, "at": (0.5, 0.5)}
AT_THE_COAT = {**LYING, "at": (0.9, 0.5)}


@pytest.mark.parametrize(
    ("story", "confirmed_s"),
    [
        ([*span(0, 5, **UP), *span(5, 100, **AT_THE_COAT)], 13.0),
        ([*span(0, 5, **UP), *span(5, 100, **AT_THE_COAT), *span(6, 9, **BACK)], 65.0),
        ([*span(0, 5, **UP), *span(5, 100, **AT_THE_COAT), *span(9, 12, **BACK)], 13.0),
        (
            [
                *span(0, 5, **UP),
                *span(5, 100, **AT_THE_COAT),
                *span(6, 9, **{**BACK, "at": (0.5, 0.95)}),
            ],
            13.0,
        ),
        (
            [*span(0, 5, **UP), *span(5, 12, **AT_THE_COAT), lost(14, down=0.9),
             *span(6, 9, **BACK)],
            None,
        ),
        ([*span(0, 5, **UP), *span(5, 12, **AT_THE_COAT), lost(14, down=0.9)], 13.0),
        (
            [*span(0, 5, **UP), *span(5, 7, **FELL), *span(7, 30, **FELL, at=(0.9, 0.5)),
             *span(8, 11, **BACK)],
            10.0,
        ),
    ],
    ids=[
        "one goes there", "is seen again where it was", "long after", "elsewhere",
        "and is lost there", "nobody seen again and lost", "fell before",
    ],
)  # fmt: skip
def test_a_track_that_goes_over_to_a_coat_is_not_who_it_was(
    story: list[PostureSeen | TrackEnded], confirmed_s: float | None
) -> None:
    steps = dict(judge(story, 150))
    assert steps.get(Step.CONFIRMED) == (
        confirmed_s if confirmed_s is None else pytest.approx(confirmed_s, abs=1.5)
    )


def test_a_track_that_went_over_to_a_coat_counts_no_more_once_somebody_is_seen_to_lie() -> None:
    room = FallJudge(Falls())
    play(room, [*span(0, 3, **UP), *span(3, 6, **FELL), lost(6.1, down=0.9)])
    (chain,) = room.state.chains
    (before,) = room.state.people
    before.stray = True
    assert in_company(room.state, chain, round(6.5e9))
    play(room, span(6.5, 8, **LYING, track=2))
    room.state.people[-1].chain = chain.number
    assert not in_company(room.state, chain, round(8e9))


@pytest.mark.parametrize(
    ("size", "descent", "confirmed_s"), [(0.6, 0.0, 8.0), (1.0, 0.0, 20.0), (1.0, 0.9, 5.5)]
)
def test_a_body_as_long_as_the_picture_is_high_is_waited_for_unless_it_fell(
    size: float, descent: float, confirmed_s: float
) -> None:
    fallen = {**LYING, "descent": descent} if descent else LYING
    story = [structs.replace(s, size=size) for s in span(0, 60, **fallen)]
    assert dict(judge(story, 0))[Step.CONFIRMED] == pytest.approx(confirmed_s, abs=1.5)


@pytest.mark.parametrize(
    ("descent", "confirmed_s"), [(0.99, 8.0), (0.95, 23.3)], ids=["surely a fall", "maybe none"]
)
def test_in_company_who_surely_fell_and_lies_crumpled_is_not_waited_for(
    descent: float, confirmed_s: float
) -> None:
    """Whoever stands there may be a coat on a hook."""
    crumpled = {"down": 0.55, "posture": Posture.FALLEN, "still": 1.0}
    fall = span(3, 4, down=0.5, descent=descent, posture=Posture.FALL)
    story = [*span(0, 3, **UP), *fall, *span(4, 100, **crumpled), *BESIDE]
    assert dict(judge(story, 0))[Step.CONFIRMED] == pytest.approx(confirmed_s, abs=2.0)


@pytest.mark.parametrize(
    ("descent", "confirmed"), [(0.85, False), (0.9, True)], ids=["hardly seen", "clearly seen"]
)
def test_who_was_hardly_seen_to_go_down_and_is_lost_was_not_surely_down(
    descent: float, *, confirmed: bool
) -> None:
    sinks = span(3, 4, down=0.55, descent=descent, posture=Posture.FALL)
    story = [*span(0, 3, **UP), *sinks, lost(5, down=0.55)]
    assert (Step.CONFIRMED in {step for step, _ in judge(story, 40)}) is confirmed
    assert Step.CONFIRMED in {step for step, _ in judge(story, 100)}, "but not for ever"


def test_a_descent_that_is_hardly_seen_counts_less() -> None:
    def fell(quality: float) -> list[PostureSeen]:
        going = {"down": 0.3, "descent": 0.9, "posture": Posture.FALL, "quality": quality}
        return [*span(0, 3, **UP), *span(3, 4, **going)]  # type: ignore[arg-type]

    assert judge([*fell(0.9), lost(6, down=0.3)], 30) != []
    assert judge([*fell(0.3), lost(6, down=0.3)], 30) == []


BLURRED = {"down": 0.5, "descent": 0.9, "posture": Posture.FALL, "quality": 0.4}
HEAPED = {"down": 0.46, "upright": 0.1, "posture": Posture.FALLEN, "quality": 0.4}


@pytest.mark.parametrize(
    ("unposed_s", "confirmed"), [(0.0, True), (2.0, False)], ids=["just before", "long before"]
)
def test_a_fall_that_blurs_a_well_seen_pose_is_one(unposed_s: float, *, confirmed: bool) -> None:
    """Who then lies in a heap, seen badly, is down because of the fall."""
    faint = span(3, 3 + unposed_s, **{**UP, "quality": 0.4})
    start = 3 + unposed_s
    story = [*span(0, 3, **UP), *faint, *span(start, start + 1, **BLURRED)]
    story += span(start + 1, start + 20, **HEAPED)
    assert (Step.CONFIRMED in dict(judge(story, 0))) == confirmed


UP_THERE = {**UP, "track": 2, "quality": 0.4}


@pytest.mark.parametrize(
    ("after", "steps"),
    [
        ([], [Step.SUSPECTED, Step.CONFIRMED]),
        (span(5, 30, **UP_THERE), [Step.SUSPECTED, Step.RECOVERED]),
        (span(5, 30, **UP_THERE, at=(1.4, 0.5)), [Step.SUSPECTED, Step.CONFIRMED]),
        (
            [*span(6.3, 8.5, **UP_THERE), *span(8.5, 30, **LYING, track=2)],
            [Step.SUSPECTED, Step.CONFIRMED],
        ),
    ],
    ids=["nobody", "is up there again", "somebody up elsewhere", "seemed to be up for a moment"],
)
def test_who_was_lost_in_a_fall_and_not_seen_down_may_be_up(
    after: list[PostureSeen], steps: list[Step]
) -> None:
    falling = {"down": 0.3, "descent": 0.86, "posture": Posture.FALL}
    story = [*span(0, 3, **UP), *span(3, 3.6, **falling), lost(5.6, down=0.3), *after]
    assert [step for step, _ in judge(story, 40)] == steps


@pytest.mark.parametrize(("down", "confirmed"), [(0.6, False), (0.9, True)])
def test_who_is_up_where_somebody_was_lost_may_be_the_one_unless_surely_seen_down(
    down: float, *, confirmed: bool
) -> None:
    falling = {"down": down, "descent": 0.95, "posture": Posture.FALL}
    story = [*span(0, 3, **UP), *span(3, 4, **falling), lost(6, down=down)]
    steps = {step for step, _ in judge([*story, *span(5, 30, **UP_THERE)], 0)}
    assert (Step.CONFIRMED in steps) is confirmed
    stays = [*story, *span(5, 100, **UP_THERE)]
    assert dict(judge(stays, 0)).get(Step.CONFIRMED, 0.0) < 66.0
    assert Step.CONFIRMED in dict(judge(stays, 0)), "but not for ever"


BADLY = {"down": 0.05, "upright": 0.3, "quality": 0.25, "track": 9, "at": (1.6, 0.5)}
"""Who sits behind a table or at the picture's border."""
LEANS_BACK = {
    "down": 0.03,
    "upright": 0.3,
    "posture": Posture.SITTING,
    "track": 9,
    "at": (1.6, 0.5),
}
"""Who sits deep in an armchair: hardly down, and not upright either."""


@pytest.mark.parametrize(
    ("other", "confirmed_s"),
    [
        ([*BESIDE[:50], *span(5, 150, **BADLY)], 64.0),
        ([*BESIDE[:20], *span(2, 150, **BADLY)], 10.5),
        (span(0, 150, **LEANS_BACK), 64.0),
        (span(0, 150, **{**LEANS_BACK, "down": 0.2}), 10.5),
        (span(0, 150, **{**LEANS_BACK, "quality": 0.3}), 10.5),
        ([*BESIDE[:50], lost(7, down=0.0, track=9)], 10.5),
        ([*BESIDE[:50], *span(5, 150, **{**BADLY, **MOVES, "quality": 0.9})], 10.5),
    ],
    ids=[
        "was up just now",
        "was hardly seen up",
        "leans back",
        "hangs in the chair",
        "leans back in a bad view",
        "has gone",
        "is down as well",
    ],
)
def test_who_sits_or_was_up_just_now_is_company(
    other: list[PostureSeen | TrackEnded], confirmed_s: float
) -> None:
    """Of two people on a visit one sits at the border; the child goes down fast to play."""
    first = next(at for step, at in judge([*heap(140), *other], 0) if step is Step.CONFIRMED)
    assert first == pytest.approx(confirmed_s, abs=2.0)


@pytest.mark.parametrize("descent", [0.0, 0.3, 0.45])
@pytest.mark.parametrize("seen_s", [5, 8, 15])
def test_who_is_lost_down_is_not_forgotten_for_somebody_who_was_up_before(
    descent: float, seen_s: int
) -> None:
    badly = {"down": 0.05, "upright": 0.3, "quality": 0.25}
    mate = [
        *span(0, 5, **UP, track=9, at=(1.6, 0.5)),
        *span(5, 150, **badly, track=9, at=(1.6, 0.5)),
    ]
    fallen = {"down": 0.85, "upright": 0.05, "descent": descent, "still": 0.5, "at": (0.5, 0.7)}
    gone = [*span(10, 10 + seen_s, **fallen), lost(12 + seen_s, down=0.85)]
    steps = [step for step, _ in judge([*gone, *mate], 150)]
    assert steps == [Step.SUSPECTED, Step.CONFIRMED, Step.LONG_LIE]


def test_a_former_track_of_the_same_body_is_no_company() -> None:
    fell = span(4, 5, down=0.3, upright=0.2, descent=0.8, posture=Posture.FALL, at=(0.5, 0.6))
    lies = span(5, 140, down=0.45, upright=0.1, descent=0.8, at=(0.5, 0.65))
    before = [
        *span(0, 5, **UP, track=9, at=(0.5, 0.5)),
        *span(5, 150, down=0.4, upright=0.3, quality=0.3, track=9, at=(0.5, 0.62)),
    ]
    assert judge([*fell, *lies, *before], 150) == judge([*fell, *lies], 150)


@pytest.mark.parametrize(
    ("descent", "down", "quality", "steps"),
    [
        (0.78, 0.1, 0.9, []),
        (0.78, 0.3, 0.9, [Step.SUSPECTED, Step.CONFIRMED]),
        (0.95, 0.3, 0.9, [Step.SUSPECTED, Step.CONFIRMED]),
        (0.95, 0.18, 0.9, []),
        (0.78, 0.3, 0.6, []),
    ],
    ids=[
        "walks up to the camera and stoops",
        "a heap",
        "a clear fall into a heap",
        "a child at play",
        "an outline",
    ],
)
def test_a_heap_is_one_unless_the_body_is_not_down(
    descent: float, down: float, quality: float, steps: list[Step]
) -> None:
    fall = span(3, 4, down=0.1, upright=0.3, descent=descent, posture=Posture.FALL, quality=quality)
    after = span(4, 20, down=down, upright=0.06, still=1.0, quality=quality)
    story = [*span(0, 3, **UP), *fall, *after]
    assert [step for step, _ in judge(story, 20)] == steps


IN_BED = {**LYING, "place": Place.BED, "track": 9}
BENT = {"down": 0.85, "descent": 0.8, "still": 0.5}


@pytest.mark.parametrize(
    ("before", "beside", "confirmed_s"),
    [
        (UP, span(0, 40, **IN_BED, at=(0.8, 0.45)), 30.0),
        (UP, [*span(0, 12, **IN_BED, at=(0.8, 0.45)), *span(12, 40, **HALF, track=9)], 27.0),
        (UP, span(0, 40, **IN_BED, at=(1.2, 0.45)), 15.5),
        (UP, span(0, 40, **{**IN_BED, "quality": 0.2}, at=(0.8, 0.45)), 15.5),
        (UP, span(0, 40, **{**IN_BED, "place": Place.PERMITTED}, at=(0.8, 0.45)), 15.5),
        ({**LYING, "place": Place.BED}, span(0, 40, **IN_BED, at=(0.8, 0.45)), 15.5),
    ],
    ids=[
        "who lies in the bed is cared for",
        "whose tracks change places",
        "a bed further away",
        "a bed in a bad view",
        "a mat",
        "who was not up",
    ],
)
def test_who_bends_over_somebody_in_a_bed_has_company(
    before: dict[str, object], beside: list[PostureSeen], confirmed_s: float
) -> None:
    story = [*span(0, 10, **before), *span(10, 40, **BENT, place=Place.FLOOR), *beside]
    first = next(at for step, at in judge(story, 0) if step is Step.CONFIRMED)
    assert first == pytest.approx(confirmed_s, abs=1.0)


class Felt(FallJudge):
    """A room in which other senses are sure of what the camera suspects."""

    def _verdict(self, person: Person, t: int) -> Judgement:
        return replace(super()._verdict(person, t), hurry=True, probability=0.99)


def test_in_company_a_heap_that_other_senses_are_sure_of_does_not_wait() -> None:
    found = play(Felt(Falls()), [*heap(30), *BESIDE])
    assert next(c.t for c in found if c.step is Step.CONFIRMED) / 1e9 < 8.0


@pytest.mark.parametrize(
    ("last_seen", "steps"),
    [
        (heap(6), [Step.SUSPECTED, Step.RECOVERED]),
        (
            [*span(0, 3, **UP), *midway(3, 4), *span(4, 10, **MOVES)],
            [Step.SUSPECTED, Step.CONFIRMED, Step.RECOVERED],
        ),
    ],
    ids=["a heap", "lying"],
)
def test_who_gets_up_where_a_heap_was_lost_is_the_one(
    last_seen: list[PostureSeen | TrackEnded], steps: list[Step]
) -> None:
    gone = [lost(12, down=0.3), *span(14, 20, **UP, track=3), lost(22, down=0.0, track=3)]
    assert [step for step, _ in judge([*last_seen, *gone, *BESIDE], 0)] == steps


@pytest.mark.parametrize(
    ("between", "last"),
    [({"down": 0.4, "upright": 0.1}, Step.RECOVERED), (UP, Step.CONFIRMED)],
    ids=["never up", "on foot"],
)
def test_a_pose_that_was_never_up_is_no_helper(between: dict[str, float], last: Step) -> None:
    """Lost in a heap, wrongly seen there for a while, and then seen to stand up."""
    wrong = [*span(12.5, 14, **between, track=2), lost(16, down=0.4, track=2)]
    story = [*heap(6), lost(12, down=0.3), *wrong, *span(19, 26, **UP, track=3), *BESIDE]
    steps = [step for step, at in judge(story, 0) if at > 17.0]
    assert steps[:1] == [last]


@pytest.mark.parametrize(
    ("down", "lost_s", "others"),
    [(MOVES, 5.5, []), ({"down": 0.3, "upright": 0.1}, 10.0, BESIDE)],
    ids=["lying", "a heap"],
)
def test_who_stands_close_to_a_fall_and_gets_another_number_does_not_end_it(
    down: dict[str, float], lost_s: float, others: list[PostureSeen]
) -> None:
    """Both are hidden for a moment, and only who stands is found again."""
    fallen = [*span(0, 3, **UP), *midway(3, 4), *span(4, lost_s, **down)]
    close = {**UP, "at": (0.62, 0.5)}
    story = [*fallen, *span(0, lost_s, **close, track=8), *others]
    story += [lost(lost_s + 0.4, down=0.5), lost(lost_s + 0.5, down=0.0, track=8)]
    story += span(lost_s + 0.6, 100, **close, track=10)
    assert [step for step, _ in judge(story, 100)][:2] == [Step.SUSPECTED, Step.CONFIRMED]


@pytest.mark.parametrize(
    ("last_seen", "found"),
    [
        (span(4, 6, **MOVES), True),
        (span(4, 6, **MOVES, quality=0.2), False),
    ],
    ids=["lies in a good view", "a doubtful view"],
)
def test_who_comes_up_to_somebody_who_lies_there_is_not_who_lay(
    last_seen: list[PostureSeen], found: bool
) -> None:
    """Who lay is hidden, and somebody who was not seen before stands there a second later."""
    fallen = [*span(0, 3, **UP), *midway(3, 4), *last_seen, lost(6.4, down=0.6)]
    steps = [step for step, _ in judge([*fallen, *span(7, 60, **UP, track=3)], 60)]
    assert steps[:1] == [Step.SUSPECTED]
    assert (Step.CONFIRMED in steps) is found


FLOORED = {**LYING, "place": Place.PERMITTED}
FALLS = span(3, 4, down=0.95, upright=0.02, posture=Posture.FALL, descent=0.95)


@pytest.mark.parametrize(
    ("down", "found"),
    [
        (span(3, 4, down=0.95, upright=0.02, posture=Posture.FALL, descent=0.95), True),
        (span(3, 4, down=0.95, upright=0.02, posture=Posture.FALL, descent=0.8), False),
        (span(3, 4, down=0.95, upright=0.02, posture=Posture.LIE_DOWN, descent=0.3), False),
    ],
    ids=["falls", "goes down fast", "lies down"],
)
def test_who_falls_onto_a_marked_mat_did_not_lie_down_there(
    down: list[PostureSeen], found: bool
) -> None:
    story = [*span(0, 3, **UP), *down, *span(4, 30, **FLOORED)]
    assert (Step.CONFIRMED in {step for step, _ in judge(story, 0)}) is found


@pytest.mark.parametrize(("looks_down", "found"), [(0.95, True), (0.6, False)])
def test_who_falls_onto_a_mat_at_the_lower_border_looks_down_there(
    looks_down: float, *, found: bool
) -> None:
    """Who walks out there sinks as well."""
    low = {"at": (0.5, 0.97)}
    fall = span(3, 4, down=looks_down, descent=0.95, posture=Posture.FALL, **low)
    story = [*span(0, 3, **UP, at=(0.5, 0.8)), *fall, *span(4, 30, **FLOORED, **low)]
    assert (Step.CONFIRMED in {step for step, _ in judge(story, 0)}) is found


def test_who_got_up_and_lies_down_on_the_mat_again_has_not_fallen() -> None:
    fall = span(3, 4, down=0.95, upright=0.02, posture=Posture.FALL, descent=0.95)
    story = [*span(0, 3, **UP), *fall, *span(4, 6, **FLOORED), *span(6, 14, **UP)]
    story += span(14, 60, **FLOORED)
    assert Step.CONFIRMED not in {step for step, at in judge(story, 0) if at > 14.0}


@pytest.mark.parametrize(("onto", "found"), [(Place.PERMITTED, True), (Place.BED, False)])
def test_who_fell_onto_a_mat_and_was_lost_in_a_heap_is_lost_because_of_it(
    onto: Place, found: bool
) -> None:
    fall = [structs.replace(s, place=onto) for s in [*FALLS, *span(4, 6, down=0.45, upright=0.1)]]
    story = [*span(0, 3, **UP), *fall, lost(8, down=0.45)]
    assert (Step.CONFIRMED in {step for step, _ in judge(story, 40)}) is found


def test_a_chain_remembers_its_newest_people_and_no_more() -> None:
    """Whoever lies on the floor may get a new track every twenty seconds, for hours."""
    room = FallJudge(Falls())
    changes: list[Change] = []
    most = 0
    for n in range(180):
        begin = 20.0 * n
        story = [*span(begin, begin + 17, **LYING, track=n), lost(begin + 17, down=0.9, track=n)]
        changes += play(room, story)
        most = max(most, len(room.state.people))
    assert [c.step for c in changes] == [Step.SUSPECTED, Step.CONFIRMED, Step.LONG_LIE]
    assert most <= MOST_PEOPLE + 4
    assert max(p.track for p in room.state.people) == 179
    up = [*span(3601, 3603, **LYING, track=500), *span(3603, 3608, **UP, track=500)]
    assert [c.step for c in play(room, up)] == [Step.RECOVERED]


def test_whoever_was_seen_just_now_is_remembered_however_many_others_there_are() -> None:
    room = FallJudge(Falls())
    play(room, span(0, 40, **LYING, track=1000))
    for n in range(2 * MOST_PEOPLE):
        begin = 41.0 + n
        play(room, span(begin, begin + 0.5, **LYING, track=n))
        play(room, [lost(begin + 0.5, down=0.9, track=n)])
    assert 1000 in {p.track for p in room.state.people}


OUTLINE = {"down": 0.8, "quality": 0.3, "posture": Posture.FALLEN}


@pytest.mark.parametrize(
    ("beside", "last"),
    [
        (span(0, 150, **LEANS_BACK), None),
        ([*span(0, 16, **LEANS_BACK), lost(18, down=0.0, track=9)], 20.0),
    ],
    ids=["somebody sits in view", "nobody any more"],
)
def test_an_outline_that_is_gone_again_is_let_go_while_somebody_sits_in_view(
    beside: list[PostureSeen | TrackEnded], last: float | None
) -> None:
    """A coat, as like as not, that is taken for somebody now and then."""
    coat = [*span(5, 16, **OUTLINE), lost(18, down=0.8)]
    changes = judge([*coat, *beside], 140)
    confirmed = [at for step, at in changes if step is Step.CONFIRMED]
    assert Step.SUSPECTED in {step for step, _ in changes}
    assert bool(confirmed) is (last is not None)


@pytest.mark.parametrize(
    ("sits_from", "down", "confirmed"),
    [(4.5, 0.75, False), (None, 0.75, True), (4.5, 0.9, True), (0.0, 0.75, True)],
    ids=["somebody new sits there", "alone", "surely down", "who sat there before"],
)
def test_who_left_the_picture_low_and_never_surely_down_is_let_go_where_somebody_sits(
    sits_from: float | None, down: float, *, confirmed: bool
) -> None:
    """Who sits down across the lower border gets another track, and sits."""
    low = {"descent": 0.9, "posture": Posture.FALL, "down": down}
    sitting = {**UP, "posture": Posture.SITTING, "at": (1.2, 0.9), "track": 2}
    story: list[PostureSeen | TrackEnded] = [*span(0, 3, **UP), *span(3, 4, **low)]
    story += [lost(4, down=down, border=True)]
    story += span(sits_from, 100, **sitting) if sits_from is not None else []
    assert (Step.CONFIRMED in {step for step, _ in judge(story, 100)}) is confirmed


@pytest.mark.parametrize(
    ("how", "confirmed"),
    [
        ({"quality": 0.6}, True),
        # What the border leaves of an outline has any shape.
        ({"quality": 0.0}, False),
    ],
)
def test_a_descent_is_clear_only_where_the_shape_is_trusted(
    how: dict[str, float], confirmed: bool
) -> None:
    story = span(0, 3, **UP)
    story += span(3, 3.6, down=0.2, descent=0.93, posture=Posture.FALL, **how)
    story += span(3.6, 20, down=0.5, posture=Posture.SITTING, still=0.3, quality=0.0)
    assert (Step.CONFIRMED in {step for step, _ in judge(story, 0)}) is confirmed


@pytest.mark.parametrize("by", [LEANS_BACK, {**UP, "track": 9, "at": (1.6, 0.5)}])
@pytest.mark.parametrize(("seen_s", "gap_s"), [(20, 3), (40, 5)])
def test_an_outline_whose_track_breaks_is_told_though_somebody_is_there(
    seen_s: int, gap_s: int, by: dict[str, object]
) -> None:
    """Whoever sits or walks about there may be somebody who cannot call."""
    story: list[PostureSeen | TrackEnded] = span(0, 120, **by)
    for n, start in enumerate(range(5, 110, seen_s + gap_s)):
        story += span(start, start + seen_s, **OUTLINE, track=20 + n)
        story += [lost(start + seen_s + 2, down=0.8, track=20 + n)]
    assert dict(judge(story, 0))[Step.CONFIRMED] == pytest.approx(65.0, abs=3.0)


def test_who_fell_and_surely_lies_is_told_though_the_shape_is_not_trusted() -> None:
    story = span(0, 3, **UP)
    fallen = {"descent": 0.93, "posture": Posture.FALL, "quality": 0.0, "at": (0.5, 0.85)}
    story += [*span(3, 6, down=0.8, **fallen), *span(6, 30, **{**LYING, "quality": 0.0})]
    assert [step for step, _ in judge(story, 0)] == FOUND_ALARM


def test_a_long_lie_is_counted_from_the_fall_though_the_track_broke() -> None:
    outline = {**OUTLINE, "quality": 0.5}
    story = [*span(0, 20, **outline), *span(20, 23.5, down=0.2, quality=0.5), lost(25, down=0.2)]
    story += span(25.5, 90, **outline, track=2)
    assert dict(judge(story, 0))[Step.LONG_LIE] == pytest.approx(60.0, abs=1.0)


SINKS = {"descent": 0.6, "posture": Posture.FALL, "quality": 0.6, "down": 0.75}
"""An outline whose box wavers: it seems to go down, not clearly."""


@pytest.mark.parametrize(
    ("down", "confirmed"), [(0.45, False), (0.95, True)], ids=["wavers", "lies"]
)
def test_one_sure_look_among_many_does_not_confirm_a_fall_that_was_not_clearly_seen(
    down: float, *, confirmed: bool
) -> None:
    between = {"down": down, "quality": 0.5, "descent": 0.55}
    story = [*span(0, 5, **UP), *span(5, 7, **SINKS)]
    for second in range(7, 20):
        story += span(second, second + 0.8, **between)
        story += span(second + 0.8, second + 1, **{**between, "down": 0.9})
    assert (Step.CONFIRMED in dict(judge(story, 0))) is confirmed


@pytest.mark.parametrize(
    ("up_s", "fall", "confirmed"),
    [(1.2, 0.8, False), (0.1, 0.8, True), (0.1, 0.6, False)],
    ids=["up", "a slip", "hardly seen to fall, and never thought probable"],
)
def test_who_was_just_seen_up_is_not_lost_from_sight_where_it_fell(
    up_s: float, fall: float, *, confirmed: bool
) -> None:
    story = [*span(0, 5, **UP), *span(5, 7, **{**SINKS, "descent": fall})]
    story += span(7, 12.2 - up_s, down=0.5, quality=0.5, descent=0.3)
    story += span(12.2 - up_s, 12.2, **{**UP, "upright": 0.7})
    story += span(12.2, 16, down=0.3, quality=0.1)
    assert (Step.CONFIRMED in dict(judge(story, 0))) is confirmed


def test_an_outline_where_somebody_is_well_seen_and_not_down_is_waited_for() -> None:
    """Both are one body, as like as not, though nobody could say that it sits."""
    body = {"down": 0.01, "upright": 0.2, "still": 1.0, "at": (0.5, 0.55), "track": 9}
    outline = span(10, 40, **{**OUTLINE, "at": (0.52, 0.5)})
    found = dict(judge(outline, 0))[Step.CONFIRMED]
    assert found < 25
    assert Step.CONFIRMED not in dict(judge([*span(0, 40, **body), *outline], 0))
    doubted = {**body, "quality": 0.5}
    assert dict(judge([*span(0, 40, **doubted), *outline], 0))[Step.CONFIRMED] == found


def test_who_walks_back_over_the_border_has_not_fallen_there() -> None:
    """The hips sink through the lower border, as in a fall, and somebody comes back at once."""
    out = {"descent": 0.95, "posture": Posture.FALL, "down": 0.7, "quality": 0.6}
    story: list[PostureSeen | TrackEnded] = [*span(0, 5, **UP, at=(0.5, 0.9))]
    story += [*span(5, 7, **out, at=(0.5, 1.02)), lost(9, down=0.7, border=True)]
    back = span(8, 12, **UP, track=2, at=(0.55, 0.95))
    assert Step.CONFIRMED not in dict(judge([*story, *back], 60))
    late = span(11, 15, **UP, track=2, at=(0.55, 0.95))
    assert Step.CONFIRMED in dict(judge([*story, *late], 60))
    elsewhere = span(8, 12, **UP, track=2, at=(1.4, 0.6))
    assert Step.CONFIRMED in dict(judge([*story, *elsewhere], 60))


@pytest.mark.parametrize(
    ("place", "border", "confirmed_s"),
    [(Place.SOFA, False, 36.0), (Place.SOFA, True, 13.0), (Place.UNKNOWN, False, 13.0)],
    ids=["dozes in an armchair", "left", "where nobody sits"],
)
def test_who_sat_there_and_is_lost_from_sight_is_still_company(
    place: Place, *, border: bool, confirmed_s: float
) -> None:
    """Who sits in an armchair and turns away is lost for a while, and has not gone."""
    sits = {"down": 0.02, "upright": 0.3, "posture": Posture.SITTING, "track": 9}
    beside = [*span(0, 6, **sits, place=place, at=(1.6, 0.5)), lost(8, down=0.02, track=9)]
    beside[-1] = lost(8, down=0.02, track=9, border=border)
    coat = span(5, 100, **OUTLINE, track=20)
    found = dict(judge([*beside, *coat], 0))[Step.CONFIRMED]
    assert found == pytest.approx(confirmed_s, abs=3.0)


@pytest.mark.parametrize(
    ("down", "confirmed_s"), [(0.78, 64.0), (0.9, 10.5)], ids=["never surely down", "surely down"]
)
def test_in_company_a_clear_descent_alone_does_not_confirm_whom_nobody_sees_any_more(
    down: float, confirmed_s: float
) -> None:
    """Who drops to the floor to play with a child is hidden by it: whoever is there sees."""
    story: list[PostureSeen | TrackEnded] = [*span(0, 3, **UP), *midway(3, 4)]
    story += [*span(4, 12, down=down, upright=0.03, still=0.3), lost(14, down=down), *BESIDE]
    assert dict(judge(story, 0))[Step.CONFIRMED] == pytest.approx(confirmed_s, abs=3.0)


@pytest.mark.parametrize(
    ("posture", "quality", "confirmed"),
    [(Posture.SQUATTING, 0.9, False), (Posture.FALLEN, 0.9, True)],
    ids=["squats", "does not squat"],
)
def test_who_squats_in_full_view_has_not_fallen(
    posture: Posture, quality: float, *, confirmed: bool
) -> None:
    """Who kneels down fast before somebody who sits, to talk, is hardly down."""
    story = [*span(0, 3, **UP), *midway(3, 4)]
    story += span(4, 12, down=0.45, upright=0.1, posture=posture, quality=quality, still=1.0)
    assert (Step.CONFIRMED in dict(judge(story, 0))) is confirmed
