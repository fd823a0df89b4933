"""On what somebody lies, as surely as that is known, and who is lost in the middle of a fall."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from ambient.config import Falls
from ambient.events import Sense
from ambient.observations import Place, Posture, PostureSeen, TrackEnd, TrackEnded
from fusion.evidence import Judgement, evidence
from fusion.falls import FallJudge
from fusion.falls_state import Step

FPS = 10
SIZE = 0.5
ON_BED, BESIDE = (0.5, 0.5), (0.9, 0.7)
Story = list[PostureSeen | TrackEnded]


def span(
    start: float,
    end: float,
    *,
    down: float = 0.95,
    upright: float = 0.0,
    descent: float = 0.0,
    posture: Posture = Posture.OTHER,
    places: Iterable[tuple[Place, float]] = ((Place.UNKNOWN, 1.0),),
    at: tuple[float, float] = ON_BED,
) -> Iterator[PostureSeen]:
    """Somebody, ten times a second; the places come in turn."""
    turn = list(places)
    for k in range(round((end - start) * FPS)):
        place, sure = turn[k % len(turn)]
        yield PostureSeen(
            t=round((start + k / FPS) * 1e9),
            room="r1",
            source="c1",
            track=1,
            posture=posture,
            probability=0.9,
            down=down,
            upright=upright,
            descent=descent,
            still=0.9 if down > 0.5 else 0.0,
            place=place,
            place_sure=sure,
            quality=0.9,
            at=at,
            size=SIZE,
        )


def lost(t_s: float, down: float, posture: Posture, reason: TrackEnd) -> TrackEnded:
    t = round(t_s * 1e9)
    return TrackEnded(
        t=t, room="r1", source="c1", track=1, reason=reason, posture=posture, down=down
    )


def judged(story: Story, until_s: int) -> list[Step]:
    room = FallJudge(Falls())
    steps: list[Step] = []
    for one in story:
        changes = room.ended(one) if isinstance(one, TrackEnded) else room.posture(one)
        steps += [change.step for change in changes]
    for t in range(round(story[-1].t / 1e9) + 1, until_s):
        steps += [change.step for change in room.advance(t * 10**9)]
    return steps


BED = [(Place.BED, 0.85)]
SOFA = [(Place.SOFA, 0.85)]
NOWHERE = [(Place.UNKNOWN, 1.0)]
FLOOR = [(Place.FLOOR, 1.0)]
UP = {"down": 0.02, "upright": 0.95}

FURNITURE: list[tuple[str, Story, bool]] = [
    ("sleeps on a bed that was found", [*span(0, 120, places=BED)], False),
    ("lies on a sofa that was found", [*span(0, 120, places=SOFA)], False),
    (
        "the bed is found in two looks of three",
        [*span(0, 5, places=BED), *span(5, 120, places=[*BED, *BED, *NOWHERE])],
        False,
    ),
    (
        "the bed is overlooked for a while, the sleeper does not move",
        [*span(0, 10, places=BED), *span(10, 40, places=NOWHERE), *span(40, 60, places=BED)],
        False,
    ),
    (
        "rolls off the bed",
        [*span(0, 60, places=BED), *span(60, 90, places=NOWHERE, at=BESIDE)],
        True,
    ),
    (
        "rolls off the bed, says a drawn zone",
        [*span(0, 60, places=BED), *span(60, 90, places=FLOOR)],
        True,
    ),
    (
        "gets up and falls beside the bed",
        [
            *span(0, 30, places=BED),
            *span(30, 36, places=NOWHERE, at=(0.6, 0.4), **UP),
            *span(36, 60, places=NOWHERE, at=BESIDE, descent=0.9),
        ],
        True,
    ),
    (
        "gets up and falls where the bed is no longer seen",
        [
            *span(0, 30, places=BED),
            *span(30, 36, places=NOWHERE, **UP),
            *span(36, 60, places=NOWHERE, descent=0.9),
        ],
        True,
    ),
    ("lies where nothing is known", [*span(0, 30, places=NOWHERE)], True),
    ("lies where a bed is hardly probable", [*span(0, 30, places=[(Place.BED, 0.2)])], True),
]


@pytest.mark.parametrize(
    ("story", "alarm"), [case[1:] for case in FURNITURE], ids=[case[0] for case in FURNITURE]
)
def test_furniture_that_was_found(story: Story, alarm: bool) -> None:
    assert (Step.CONFIRMED in judged(story, 0)) is alarm


@pytest.mark.parametrize(
    ("descent", "down", "posture", "reason", "suspected"),
    [
        (0.95, 0.2, Posture.FALL, TrackEnd.LOST, True),
        (0.5, 0.2, Posture.FALL, TrackEnd.LOST, False),
        (0.95, 0.2, Posture.STANDING, TrackEnd.LOST, False),
        (0.95, 0.2, Posture.FALL, TrackEnd.LEFT_PICTURE, False),
        (0.95, 0.5, Posture.OTHER, TrackEnd.LOST, True),
        (0.0, 0.2, Posture.SIT_DOWN, TrackEnd.LOST, False),
    ],
    ids=[
        "in the middle of a clear fall",
        "in what may be a fall",
        "fast, but standing",
        "out of the picture",
        "half down after a clear descent",
        "sitting down",
    ],
)
def test_who_is_lost_from_sight(
    descent: float, down: float, posture: Posture, reason: TrackEnd, suspected: bool
) -> None:
    story: Story = [
        *span(0, 3, **UP),
        *span(3, 3.4, down=down, descent=descent, posture=posture),
        lost(5.4, down, posture, reason),
    ]
    assert (Step.SUSPECTED in judged(story, 20)) is suspected


def weighed(**changed: object) -> Judgement:
    clear = {
        "down": 0.95, "down_s": 10.0, "descent": 0.0, "still": 0.9, "place": Place.UNKNOWN,
        "quality": 0.9,
    }  # fmt: skip
    return evidence(**{**clear, **changed})  # type: ignore[arg-type]


def test_the_surer_the_bed_the_less_it_is_a_fall() -> None:
    shares = (0.0, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0)
    found = [weighed(place=Place.BED, place_sure=share).probability for share in shares]
    assert found == sorted(found, reverse=True)
    assert found[0] == weighed().probability > 0.9
    assert found[-1] < 0.05


@pytest.mark.parametrize(
    ("place", "less"),
    [
        (Place.BED, True),
        (Place.PERMITTED, True),
        (Place.SOFA, True),
        (Place.CHAIR, True),
        (Place.FLOOR, False),
    ],
)
def test_what_a_place_adds(place: Place, less: bool) -> None:
    there, nowhere = weighed(place=place), weighed()
    assert (there.probability < nowhere.probability) is less
    llr = {part.sense: part.llr for part in there.contributions}
    assert (llr[Sense.PLACE] < 0) is less
    # All else is weighed as it would be anywhere.
    assert [p for p in there.contributions if p.sense is not Sense.PLACE] == [
        p for p in nowhere.contributions if p.sense is not Sense.PLACE
    ]


def test_who_was_on_a_bed_is_taken_to_be_there_still() -> None:
    assert weighed(safe=0.9).probability < 0.3 < weighed(safe=0.1).probability
    assert weighed(safe=1.0, place=Place.BED).probability < weighed(safe=0.5).probability


@pytest.mark.parametrize("sure", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("place", list(Place))
@pytest.mark.parametrize("down", [0.0, 1.0])
def test_probabilities_stay_probabilities(place: Place, sure: float, down: float) -> None:
    for safe in (0.0, 1.0):
        found = weighed(place=place, place_sure=sure, safe=safe, down=down, down_s=1e6)
        assert 0.0 <= found.probability <= 1.0
