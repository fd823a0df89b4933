"""The walk's judge: what the senses said of one station in, covered or not out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

from ambient.events import Coverage, Station
from ambient.node.wizard.looks import Level
from ambient.node.wizard.walk import Judged, Senses, Why, asked, judge
from ambient.observations import (
    AnyObservation,
    Hearing,
    HearingState,
    Place,
    Posture,
    PostureSeen,
    SoundClass,
    SoundHeard,
    SpeechHeard,
    View,
    ViewState,
)

NS = 1_000_000_000
ROOM = Senses(cameras=["c1"], microphones=["m1"], beds=1)
YES, NO, UNKNOWN = Coverage


def seen(
    seconds: float,
    posture: Posture,
    *,
    down: float = 0.0,
    upright: float = 0.0,
    place: Place = Place.UNKNOWN,
    step: tuple[float, float] = (0.0, 0.0),
    rate: float = 4.0,
    camera: str = "c1",
    track: int = 1,
    start: tuple[float, float] = (0.5, 0.5),
) -> list[AnyObservation]:
    """Return what a camera says of somebody who is so for a while, moving `step` each time."""
    return [
        PostureSeen(
            t=round(i / rate * NS),
            room="r1",
            source=camera,
            track=track,
            posture=posture,
            probability=0.9,
            down=down,
            upright=upright,
            place=place,
            at=(start[0] + i * step[0], start[1] + i * step[1]),
            size=0.5,
        )
        for i in range(round(seconds * rate) + 1)
    ]


def lying(seconds: float, place: Place = Place.FLOOR, **more: object) -> list[AnyObservation]:
    return seen(seconds, Posture.LYING, down=0.9, place=place, **more)  # type: ignore[arg-type]


def view(state: View) -> list[AnyObservation]:
    return [ViewState(t=0, room="r1", source="c1", view=state)]


WALKS = seen(3, Posture.WALK, upright=0.9, step=(0.05, 0))


@pytest.mark.parametrize(
    ("station", "said", "covered", "why"),
    [
        pytest.param("walk", WALKS, YES, Why.FINE, id="walks"),
        pytest.param(
            "walk", seen(3, Posture.STANDING, upright=0.9), NO, Why.NOT_LONG_ENOUGH, id="stands"
        ),
        pytest.param("walk", WALKS[:5], NO, Why.NOT_LONG_ENOUGH, id="walks for a second"),
        pytest.param("walk", [], NO, Why.NOBODY, id="nobody"),
        pytest.param("walk", view(View.OK), NO, Why.NOBODY, id="nobody in a good view"),
        pytest.param("walk", view(View.SLOW), NO, Why.NOBODY, id="nobody in a slow view"),
        pytest.param("walk", view(View.DARK), UNKNOWN, Why.NO_VIEW, id="dark"),
        pytest.param("sit", seen(3, Posture.SITTING, upright=0.8), YES, Why.FINE, id="sits"),
        pytest.param("sit", WALKS, NO, Why.NOT_LONG_ENOUGH, id="walks instead of sitting"),
        pytest.param("lie_bed", lying(4, Place.BED), YES, Why.FINE, id="lies on the bed"),
        pytest.param("lie_bed", lying(4), NO, Why.ON_FLOOR, id="the bed is not where it is drawn"),
        pytest.param("lie_floor_1", lying(4), YES, Why.FINE, id="lies on the floor"),
        pytest.param("lie_floor_1", lying(4, Place.UNKNOWN), YES, Why.FINE, id="unmarked place"),
        pytest.param(
            "lie_floor_1", lying(4, Place.BED), NO, Why.ON_FURNITURE, id="taken for the bed"
        ),
        pytest.param(
            "lie_floor_1", lying(4, Place.PERMITTED), NO, Why.ON_FURNITURE, id="permitted place"
        ),
        pytest.param("lie_floor_1", lying(2), NO, Why.NOT_LONG_ENOUGH, id="too short"),
        pytest.param(
            "lie_floor_1", lying(8, rate=0.5), NO, Why.NOT_LONG_ENOUGH, id="seen every two seconds"
        ),
        pytest.param(
            "lie_floor_1",
            [*lying(2, track=1), *lying(2, track=2)],
            NO,
            Why.NOT_LONG_ENOUGH,
            id="two people, each too short",
        ),
    ],
)
def test_what_a_camera_covers(
    station: str, said: Sequence[AnyObservation], covered: Coverage, why: Why
) -> None:
    judged = judge(Station(station), said, [], ROOM)
    assert (judged.covered, judged.verdicts[0].why) == (covered, why)


def test_one_camera_that_sees_it_is_enough() -> None:
    two = Senses(cameras=["c1", "c2"], microphones=[], beds=0)
    judged = judge(Station.LIE_FLOOR_2, lying(4, camera="c2"), [], two)
    assert judged.covered is YES
    assert [(one.source, one.covered) for one in judged.verdicts] == [("c1", NO), ("c2", YES)]


TWO = Senses(cameras=["c1", "c2"], microphones=[], beds=0)
Places = Mapping[str, tuple[float, float]]
"""Camera ► where it saw somebody lie, in picture heights; bodies are half a picture height long."""


def lain(where: Places, station: Station, before: Sequence[Judged] = ()) -> Judged:
    said = [one for name, at in where.items() for one in lying(4, camera=name, start=at)]
    return judge(station, said, [], TWO, before)


@pytest.mark.parametrize(
    ("first", "second", "covered"),
    [
        pytest.param({"c1": (0.5, 0.5)}, {"c1": (0.5, 0.5)}, NO, id="the same spot"),
        pytest.param({"c1": (0.5, 0.5)}, {"c1": (0.7, 0.6)}, NO, id="nearly the same"),
        pytest.param({"c1": (0.5, 0.5)}, {"c1": (0.76, 0.5)}, YES, id="over half a body length"),
        pytest.param(
            {"c1": (0.5, 0.5), "c2": (1.0, 0.5)},
            {"c1": (0.6, 0.5), "c2": (0.9, 0.5)},
            NO,
            id="near for both cameras",
        ),
        pytest.param(
            {"c1": (0.5, 0.5), "c2": (1.0, 0.5)},
            {"c1": (0.6, 0.5), "c2": (0.5, 0.5)},
            YES,
            id="near along the line of sight of one, far for the other",
        ),
        pytest.param(
            {"c1": (0.5, 0.5), "c2": (1.0, 0.5)},
            {"c1": (0.5, 0.5)},
            NO,
            id="seen by one camera only, at the same spot",
        ),
        pytest.param(
            {"c1": (0.5, 0.5)}, {"c2": (0.5, 0.5)}, YES, id="each camera saw another place"
        ),
    ],
)
def test_a_place_on_the_floor_counts_once(first: Places, second: Places, covered: Coverage) -> None:
    before = lain(first, Station.LIE_FLOOR_1)
    judged = lain(second, Station.LIE_FLOOR_2, [before])
    assert judged.covered is covered
    whys = {one.source: one.why for one in judged.verdicts if one.source in second}
    assert whys == dict.fromkeys(second, Why.FINE if covered is YES else Why.SAME_PLACE)


def test_a_place_that_was_refused_is_free_again() -> None:
    first = lain({"c1": (0.5, 0.5)}, Station.LIE_FLOOR_1)
    again = lain({"c1": (0.7, 0.5)}, Station.LIE_FLOOR_2, [first])
    third = lain({"c1": (0.8, 0.5)}, Station.LIE_FLOOR_3, [first, again])
    assert (again.covered, third.covered) == (NO, YES)


def test_the_bed_is_no_place_on_the_floor() -> None:
    first = lain({"c1": (0.5, 0.5)}, Station.LIE_FLOOR_1)
    said = lying(4, Place.BED)
    assert judge(Station.LIE_BED, said, [], ROOM, [first]).covered is YES


def levels(*loud: tuple[int, int], floor: float = -60.0, peak: float = -20.0) -> list[Level]:
    """Return five seconds of levels, loud from step `a` to before step `b`."""
    return [
        Level(
            source="m1",
            t=step * NS // 10,
            peak=peak if any(a <= step < b for a, b in loud) else floor,
        )
        for step in range(50)
    ]


def hearing(state: Hearing) -> list[AnyObservation]:
    return [HearingState(t=0, room="r1", source="m1", hearing=state)]


def thud() -> list[AnyObservation]:
    return [SoundHeard(t=1, room="r1", source="m1", sound=SoundClass.THUD, probability=0.9)]


def speech() -> list[AnyObservation]:
    return [SpeechHeard(t=1, room="r1", source="m1", seconds=1, level=-30, person=0.9)]


@pytest.mark.parametrize(
    ("station", "said", "loud", "covered", "why"),
    [
        pytest.param("clap", [], levels((20, 21)), YES, Why.FINE, id="clap"),
        pytest.param("clap", [], levels(), NO, Why.NOTHING_HEARD, id="silence"),
        pytest.param("clap", [], [], NO, Why.NOTHING_HEARD, id="no levels"),
        pytest.param("clap", [], levels((20, 40)), NO, Why.NOTHING_HEARD, id="a long noise"),
        pytest.param("clap", [], levels((20, 21), peak=-50), NO, Why.NOTHING_HEARD, id="too soft"),
        pytest.param("clap", thud(), [], YES, Why.FINE, id="told as a thud"),
        pytest.param("call", [], levels((20, 28)), YES, Why.FINE, id="call"),
        pytest.param("call", [], levels((20, 21)), NO, Why.NOTHING_HEARD, id="a clap is no call"),
        pytest.param("call", speech(), [], YES, Why.FINE, id="told as speech"),
        pytest.param(
            "call", hearing(Hearing.SILENT), levels((20, 28)), UNKNOWN, Why.NO_HEARING, id="muted"
        ),
        pytest.param("call", hearing(Hearing.OK), levels((20, 28)), YES, Why.FINE, id="hears"),
    ],
)
def test_what_a_microphone_covers(
    station: str, said: list[AnyObservation], loud: list[Level], covered: Coverage, why: Why
) -> None:
    judged = judge(Station(station), said, loud, ROOM)
    assert (judged.covered, judged.verdicts[0].why) == (covered, why)


EVERYTHING = [station.value for station in Station]


@pytest.mark.parametrize(
    ("senses", "short", "expected"),
    [
        (ROOM, False, EVERYTHING),
        (ROOM, True, ["walk", "lie_floor_1", "call"]),
        (Senses(cameras=["c1"], microphones=[], beds=1), False, EVERYTHING[:6]),
        (
            Senses(cameras=["c1"], microphones=["m1"], beds=0),
            False,
            [one for one in EVERYTHING if one != "lie_bed"],
        ),
        (Senses(cameras=[], microphones=["m1"], beds=1), False, ["clap", "call"]),
        (Senses(cameras=[], microphones=[], beds=1), False, []),
    ],
)
def test_which_stations_are_asked_for(senses: Senses, short: bool, expected: list[str]) -> None:
    assert [one.value for one in asked(senses, short=short)] == expected


@pytest.mark.parametrize("station", list(Station))
def test_the_same_observations_give_the_same_judgement(station: Station) -> None:
    said: Callable[[], list[AnyObservation]] = lambda: [*WALKS, *lying(4), *speech()]  # noqa: E731
    assert judge(station, said(), levels((3, 4)), ROOM) == judge(
        station, reversed(said()), reversed(levels((3, 4))), ROOM
    )
