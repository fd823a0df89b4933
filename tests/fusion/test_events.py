"""What happens around a fall: recoveries, helpers, second falls, two people, who lay there before.

Each case is a room in which people are seen ten times a second, and the steps that must be told,
in order. Chains are numbered, so that who is meant is told as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from ambient.config import Falls
from ambient.observations import Place, Posture, PostureSeen, TrackEnd, TrackEnded
from fusion.falls import FallJudge
from fusion.falls_state import Step

FPS = 10
SIZE = 0.5
HERE, BY = (0.6, 0.7), (0.85, 0.6)
FAR, DOOR = (1.4, 0.5), (1.6, 0.45)
Seen = PostureSeen | TrackEnded
S, C, L, R = Step.SUSPECTED, Step.CONFIRMED, Step.LONG_LIE, Step.RECOVERED


def span(
    start: float,
    end: float,
    *,
    down: float = 0.02,
    upright: float | None = None,
    descent: float = 0.0,
    track: int = 1,
    at: tuple[float, float] = HERE,
    to: tuple[float, float] | None = None,
    quality: float = 0.9,
    place: Place = Place.UNKNOWN,
    sure: float = 1.0,
    posture: Posture | None = None,
) -> Iterator[PostureSeen]:
    """Somebody who stays as they are, or goes from `at` to `to`."""
    count = round((end - start) * FPS)
    to = to or at
    for k in range(count):
        share = k / count
        yield PostureSeen(
            t=round((start + k / FPS) * 1e9),
            room="r1",
            source="c1",
            track=track,
            posture=posture or (Posture.FALLEN if down > 0.5 else Posture.STANDING),
            probability=0.9,
            down=down,
            upright=max(0.0, 0.95 - down) if upright is None else upright,
            descent=descent,
            still=0.9 if down > 0.5 else 0.1,
            place=place,
            place_sure=sure,
            quality=quality,
            at=(at[0] + share * (to[0] - at[0]), at[1] + share * (to[1] - at[1])),
            size=SIZE,
        )


def lying(start: float, end: float, **how: object) -> Iterator[PostureSeen]:
    """Somebody down."""
    return span(start, end, down=0.95, **how)  # type: ignore[arg-type]


def fallen(start: float, end: float, **how: object) -> Iterator[PostureSeen]:
    """Somebody whose fall was seen, from the fall on."""
    yield from lying(start, start + 2.5, descent=0.95, **how)
    yield from lying(start + 2.5, end, **how)


def lost(t_s: float, *, down: float = 0.95, track: int = 1, border: bool = False) -> TrackEnded:
    reason = TrackEnd.LEFT_PICTURE if border else TrackEnd.LOST
    posture = Posture.FALLEN if down > 0.5 else Posture.STANDING
    return TrackEnded(
        t=round(t_s * 1e9), room="r1", source="c1", track=track, reason=reason,
        posture=posture, down=down,
    )  # fmt: skip


def told(story: Iterable[Seen], until: float) -> list[tuple[int, Step]]:
    room = FallJudge(Falls())
    out: list[tuple[int, Step]] = []
    last = 0
    for one in sorted(story, key=lambda o: o.t):
        changes = room.ended(one) if isinstance(one, TrackEnded) else room.posture(one)
        out += [(change.chain.number, change.step) for change in changes]
        last = one.t
    for t in range(last // 10**9 + 1, round(until) + 1):
        out += [(change.chain.number, change.step) for change in room.advance(t * 10**9)]
    return out


def heap(start: float, end: float) -> Iterator[PostureSeen]:
    """A body that is neither up nor, by its shape, down."""
    return span(start, end, down=0.3, upright=0.08, posture=Posture.OTHER)


FALLING = list(span(3, 3.6, down=0.3, upright=0.1, descent=0.95, posture=Posture.FALL))

CASES: list[tuple[str, list[Seen], float, list[tuple[int, Step]]]] = [
    # Recovered falls.
    (
        "gets up before anybody is called",
        [*span(0, 3), *fallen(3, 6.5), *span(6.5, 15)],
        30,
        [(0, S), (0, R)],
    ),
    (
        "sits up on the floor, lies down again: not recovered",
        [
            *span(0, 3),
            *fallen(3, 15),
            *span(15, 20, down=0.3, upright=0.2),
            *lying(20, 30),
        ],
        0,
        [(0, S), (0, C)],
    ),
    (
        "gets up after a minute on the floor",
        [*span(0, 3), *fallen(3, 68), *span(68, 75)],
        0,
        [(0, S), (0, C), (0, L), (0, R)],
    ),
    (
        "gets up for a moment and goes down again: one fall",
        [*span(0, 3), *fallen(3, 15), *span(15, 17), *lying(17, 30)],
        0,
        [(0, S), (0, C)],
    ),
    # Clearly seen to fall, and then no posture that anybody knows.
    ("falls and lies in a heap", [*span(0, 3), *FALLING, *heap(3.6, 20)], 0, [(0, S), (0, C)]),
    ("drops, and gets up from the heap", [*span(0, 3), *FALLING, *heap(3.6, 5.5), *span(5.5, 20)],
     0, []),
    (
        "drops into a chair",
        [*span(0, 3), *FALLING, *heap(3.6, 4.5),
         *span(4.5, 30, upright=0.2, posture=Posture.SITTING)],
        0,
        [],
    ),
    (
        "a child drops to sit and play: a body that is not down is no heap",
        [*span(0, 30, track=2, at=FAR), *span(0, 3), *FALLING,
         *span(3.6, 60, down=0.18, upright=0.1, posture=Posture.OTHER)],
        60,
        [],
    ),
    (
        "a child drops on all fours for a while, others are there",
        [*span(0, 30, track=2, at=FAR), *span(0, 3), *FALLING, *heap(3.6, 15), *span(15, 30)],
        0,
        [(0, S), (0, R)],
    ),
    (
        "drops, squats for long and is then lost",
        [*span(0, 3), *FALLING, *heap(3.6, 8),
         *span(8, 30, upright=0.2, posture=Posture.SQUATTING), lost(32, down=0.1)],
        60,
        [(0, S)],
    ),
    # Lost, and found on the bed.
    (
        "an outline sinks for a moment and is lost; sits on the bed there",
        [*span(0, 3, place=Place.BED), *fallen(3, 4, quality=0.4, place=Place.FLOOR), lost(6),
         *span(7, 30, track=2, posture=Posture.SITTING, place=Place.BED)],
        0,
        [(0, S), (0, R)],
    ),
    (
        "lay there and is lost; somebody sits on the bed by the place",
        [*span(0, 3), *fallen(3, 7.5, place=Place.FLOOR), lost(7.6),
         *span(7.8, 10, track=2, posture=Posture.SITTING, place=Place.BED)],
        0,
        [(0, S), (0, C)],
    ),
    (
        "an outline sinks for a moment and is lost; somebody stands there, on no bed",
        [*span(0, 3), *fallen(3, 4, quality=0.4, place=Place.FLOOR), lost(6),
         *span(7, 9.9, track=2, place=Place.FLOOR)],
        20,
        [(0, S), (0, C)],
    ),
    # A helper arrives.
    (
        "a helper comes, kneels beside, goes",
        [
            *span(0, 3),
            *fallen(3, 60),
            *span(15, 18, track=2, at=DOOR, to=BY),
            *span(18, 40, track=2, at=BY, down=0.3, upright=0.2),
            *span(40, 44, track=2, at=BY, to=DOOR),
            lost(46, down=0.02, track=2, border=True),
        ],
        0,
        [(0, S), (0, C)],
    ),
    (
        "a helper stands where the lost one lies",
        [
            *span(0, 3),
            *fallen(3, 14),
            *span(12, 15, track=2, at=DOOR, to=BY),
            lost(15.9),
            *span(15, 40, track=2, at=BY),
        ],
        0,
        [(0, S), (0, C)],
    ),
    (
        "a helper raises the one who fell; both walk",
        [
            *span(0, 3),
            *fallen(3, 40),
            *span(20, 24, track=2, at=DOOR, to=BY),
            *span(24, 50, track=2, at=BY),
            *span(40, 50),
        ],
        0,
        [(0, S), (0, C), (0, R)],
    ),
    # A second fall.
    (
        "gets up and falls once more",
        [*span(0, 3), *fallen(3, 15), *span(15, 25), *fallen(25, 40)],
        0,
        [(0, S), (0, C), (0, R), (1, S), (1, C)],
    ),
    (
        "another falls in another corner",
        [*span(0, 3), *fallen(3, 40), *span(0, 15, track=2, at=FAR),
         *fallen(15, 40, track=2, at=FAR)],
        0,
        [(0, S), (0, C), (1, S), (1, C)],
    ),
    # Out of view, the legs still to be seen.
    (
        "falls behind the bed: only legs, seen badly from then on",
        [*span(0, 3), *fallen(3, 4.5), *lying(4.5, 30, quality=0.2)],
        0,
        [(0, S), (0, C)],
    ),
    (
        "falls behind the bed and is lost there",
        [*span(0, 3), *fallen(3, 4.5), lost(6.5)],
        30,
        [(0, S), (0, C)],
    ),
    # Two people of whom one falls.
    (
        "one of two falls, the other stays where they stand",
        [*span(0, 30, track=2, at=BY), *span(0, 5), *fallen(5, 30)],
        0,
        [(0, S), (0, C)],
    ),
    (
        "one of two falls, the other walks out for help",
        [
            *span(0, 8, track=2, at=FAR),
            *span(8, 10, track=2, at=FAR, to=DOOR),
            lost(12, down=0.02, track=2, border=True),
            *span(0, 5),
            *fallen(5, 30),
        ],
        0,
        [(0, S), (0, C)],
    ),
    (
        "one of two falls and is taken for the helper for a moment",
        [
            *span(0, 5),
            *fallen(5, 20),
            *span(20, 21, at=FAR),
            *lying(21, 40),
            *span(0, 20, track=2, at=FAR),
            *span(21, 40, track=2, at=FAR),
        ],
        0,
        [(0, S), (0, C)],
    ),
    (
        "somebody plays on the floor for a while, another sits by",
        [*span(0, 40, track=2, at=BY), *span(0, 5, at=FAR), *lying(5, 20, at=FAR, quality=0.4),
         *span(20, 40, at=FAR)],
        0,
        [(0, S), (0, R)],
    ),
    (
        "lies on the floor for longer, another sits by",
        [*span(0, 40, track=2, at=BY), *span(0, 5, at=FAR), *lying(5, 40, at=FAR)],
        0,
        [(0, S), (0, C)],
    ),
    (
        "a doubtful body vanishes while another is there",
        [*span(0, 60, track=2, at=BY), *lying(5, 10, at=FAR), lost(12)],
        0,
        [(0, S)],
    ),
    # The picture's border, and tracks that jump.
    ("lies along the border in a good view", [*lying(0, 12, at=(0.6, 0.88))], 0, [(0, S), (0, C)]),
    ("only the trunk is in the picture", [*lying(0, 30, at=(0.6, 1.05))], 0, []),
    (
        "falls right below the camera",
        [*span(0, 3, at=(0.6, 0.8)), *fallen(3, 20, at=(0.6, 0.97))],
        0,
        [(0, S), (0, C)],
    ),
    (
        "a carer's track jumps to a heap of clothes, and is lost",
        [*span(0, 10, at=(0.3, 0.4)),
         *lying(10, 11.5, descent=0.9, quality=0.4, at=(1.1, 0.6)), lost(13.5)],
        30,
        [],
    ),
    (
        "the outline of a sleeper is followed beside the pose",
        [*lying(0, 40, place=Place.BED, quality=0.1), *lying(10, 40, track=2, at=(0.7, 0.65))],
        0,
        [],
    ),
    (
        "somebody falls before the bed of a sleeper",
        [*lying(0, 40, place=Place.BED), *span(0, 10, track=2, at=FAR),
         *fallen(10, 40, track=2, at=(0.9, 0.75))],
        0,
        [(0, S), (0, C)],
    ),
    # There before.
    ("lies on the floor when the node starts", [*lying(0, 12)], 0, [(0, S), (0, C)]),
    (
        "lies on the floor when the node starts, seen with gaps",
        [*lying(0, 3), *lying(4.5, 8), *lying(9.2, 15)],
        0,
        [(0, S), (0, C)],
    ),
    ("lies in bed when the node starts", [*lying(0, 30, place=Place.BED)], 0, []),
    ("sits on the floor when the node starts, then gets up", [*span(0, 4, down=0.45), *span(4, 9)],
     0, []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("story", "until", "steps"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_what_is_told(story: list[Seen], until: float, steps: list[tuple[int, Step]]) -> None:
    assert told(story, until) == steps
