"""Wristbands in simulated nights, and recorded falls beside a bed: what is said, what rings."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from ambient.evaluate.days.diary import HOUR_S
from ambient.evaluate.fusion_falls.streams import Stream
from ambient.evaluate.nights import bands
from ambient.evaluate.nights.band_falls import Room, told_after
from ambient.evaluate.nights.bands import SECOND, TURN, Piece, Pool
from ambient.evaluate.nights.bands_report import Beside, _is_of_band, _rings, _told, worn_config
from ambient.evaluate.nights.life import Night, night
from ambient.evaluate.nights.watch import merged
from ambient.events import FallConfirmed
from ambient.observations import AnyObservation, ImpactMeasured, MotionMeasured, Wear
from models.wearable import FallNet, load


def stream(
    file: str, seconds: int, fall: float, *, begin: int = 0, counts: float = 0.1, steps: int = 0
) -> Stream:
    """A recording: a second after the other from `begin` on, an impact at 0 told 4 s later."""
    seen: list[tuple[int, AnyObservation]] = [
        (
            s * SECOND,
            MotionMeasured(
                t=0, received=0, room="r", source="w", wear=Wear.WRIST, peak=1.2, lowest=0.9,
                counts=counts if s <= 0 or counts < 0.1 else 0.004 * (fall > 0.5) + 0.05,
                gravity=(0.0, 0.0, 1.0), steps=steps,
            ),
        )
        for s in range(begin, seconds)
    ]  # fmt: skip
    told = ImpactMeasured(
        t=0, received=0, room="r", source="w", wear=Wear.WRIST, impact=4 * SECOND, fall=fall,
        still=0.5, turned=30.0,
    )  # fmt: skip
    seen.append((4 * SECOND, told))
    seen.sort(key=lambda one: one[0])
    return Stream(file=file, person=file, fall=fall > 0.5, seen=tuple(seen))


def pool(fall: float) -> Pool:
    """Bands that feel such an impact whenever somebody is about."""
    everyday = tuple(
        Piece(stream(name, 12, fall, steps=2), 12.0) for name in ("a_LyingDown", "b", "c")
    )
    turns = (Piece(stream(TURN, 9, 0.0, counts=0.02), 9.0),)
    return Pool(everyday, (), turns, 0.6)


@pytest.fixture(scope="module")
def one() -> Night:
    """Return a short night of a room with two beds."""
    number = next(n for n in range(40) if len(night(5, n, 1.5).room.beds) == 2)
    return night(5, number, 1.5)


def test_a_band_tells_of_each_second_of_the_night_once_and_in_order(one: Night) -> None:
    said, hours, pieces = bands.worn(one, pool(0.1), np.random.default_rng(1))
    assert [o.t for o in said] == sorted(o.t for o in said)
    assert set(hours) == set(one.room.beds)
    assert all(0.0 < up < 9.5 for up in hours.values())
    assert {file for _, file in pieces} == {"a_LyingDown", "b", "c", TURN}
    for source, subject in (("w1", bands.SUBJECTS[0]), ("w2", bands.SUBJECTS[1])):
        mine = [o for o in said if isinstance(o, MotionMeasured) and o.source == source]
        assert {o.subject for o in mine} == {subject}
        gaps = [b.t - a.t for a, b in pairwise(mine)]
        assert min(gaps) > 0
        day = [gap for gap in gaps if gap > 2 * SECOND]
        assert len(day) == 1  # from the morning to the evening it is silent
        hours_of = {o.t / SECOND / HOUR_S for o in mine}
        assert all(h < bands.MORNING_H + 0.01 or h >= bands.EVENING_H for h in hours_of)


def test_impacts_stand_where_their_piece_does(one: Night) -> None:
    said, _, pieces = bands.worn(one, pool(0.1), np.random.default_rng(1))
    begins = {t for t, _ in pieces}
    impacts = [o for o in said if isinstance(o, ImpactMeasured)]
    assert impacts
    assert all(o.impact in begins and o.t == o.impact + 4 * SECOND for o in impacts)


def test_a_made_turn_is_told_by_the_nodes_own_detector() -> None:
    net = FallNet(load())
    made = [bands._turn(net, np.random.default_rng(n)) for n in range(4)]
    for piece in made:
        seconds = [o for _, o in piece.stream.seen if isinstance(o, MotionMeasured)]
        assert len(seconds) >= piece.seconds - 2.0
        # The arm swings, then lies.
        assert max(one.counts for one in seconds[:4]) > 0.01 > seconds[-2].counts
        assert all(t >= 0 for t, _ in piece.stream.seen)


@pytest.mark.parametrize("beside", list(Beside))
def test_a_room_with_bands_is_configured_as_it_says(one: Night, beside: Beside) -> None:
    room = worn_config(one, beside).rooms[0]
    assert [band.subject for band in room.wearables] == [bed.subject for bed in room.beds]
    assert bool(room.cameras) is (beside is not Beside.NOTHING)


@pytest.mark.parametrize(("fall", "rings"), [(0.1, False), (0.9999, True)])
def test_only_what_the_detector_takes_for_a_fall_rings(
    one: Night, fall: float, rings: bool
) -> None:
    made = pool(fall)
    still = [Piece(stream(p.stream.file, 12, fall), p.seconds) for p in made.everyday]
    said, *_ = bands.worn(one, Pool(tuple(still), (), made.turns, 0.6), np.random.default_rng(1))
    first = next(o.t for o in said if isinstance(o, ImpactMeasured) and o.fall == fall)
    near = [o for o in said if abs(o.t - first) < 120 * SECOND]
    told = [event for event in _told(one, Beside.NOTHING, merged(near)) if _is_of_band(event)]
    assert any(isinstance(event, FallConfirmed) for event in told) is rings


@pytest.mark.parametrize(
    ("rang", "rate", "low", "high"),
    [
        ([], 0.0, 0.0, 3.689 / 10 * 30),
        (["a", "a", "a", "a"], 0.4, 0.0253 / 10 * 4, 5.572 / 10 * 4),
        (["a", "b"], 0.2, 0.2422 / 10, 7.225 / 10),
    ],
    ids=["none", "one again and again", "two"],
)
def test_a_rate_is_as_sure_as_the_recordings_behind_it(
    rang: list[str], rate: float, low: float, high: float
) -> None:
    felt = Counter({"a": 40, "b": 20, TURN: 1000})
    found = _rings(rang, 0, felt, 10.0).rang
    assert found.rate == pytest.approx(rate)
    assert found.low == pytest.approx(low, rel=0.02)
    assert found.high == pytest.approx(high, rel=0.02)
    an_act = _rings(rang, 0, felt, 10.0).an_act
    assert an_act.rate == pytest.approx(rate * 10.0 / 60.0, rel=0.02)


@pytest.mark.parametrize("room", list(Room))
@pytest.mark.parametrize("felt", [0.99, 0.2])
def test_a_fall_out_of_bed_rings_where_any_sense_can_tell(room: Room, felt: float) -> None:
    fall = stream("f", 20, felt, begin=-10)
    after = told_after(fall, room)
    if felt > 0.5 or room in (Room.CAMERA, Room.ALL):
        assert after is not None
        assert 0.0 < after < 95.0
    else:
        assert after is None
