"""Rooms are made the same each time, truth is what was made, and verdicts are counted right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ambient.evaluate.matching.fit import fit
from ambient.evaluate.matching.lives import LEAST_S, WALLS_M, _within
from ambient.evaluate.matching.measure import (
    AFTER_S,
    MINUTES,
    NEW,
    NEXT_DOOR,
    ON_TABLE,
    TAKEN_OVER,
    Verdict,
    outcome,
    played,
    summarise,
    taken_over,
)
from ambient.evaluate.matching.recordings import BEGIN_S, Clip, compare
from ambient.evaluate.matching.rooms import Alike, Person, Room, Rooms, Story
from ambient.evaluate.matching.senses import (
    SECOND,
    START_S,
    Looks,
    lying_about,
    measured,
    posture_seen,
    worn,
)
from ambient.observations import Posture, PostureSeen, TrackEnded, Wear
from fusion.who import Matcher
from fusion.who_evidence import LAGS, Likeness, products
from models.skeletons.generate import Family
from models.skeletons.joints import JOINTS, Joint
from models.skeletons.motion import Motion, Segment, Source
from tests.recorded import recorded
from vitals.motion.seconds import Moved


def looks(seconds: float = 30.0) -> Looks:
    t = np.arange(0.0, seconds, 0.2)
    return Looks(t, np.ones((len(t), 3)), np.full((len(t), 2), 0.5), np.full(len(t), 0.4))


def person(seed: int, first_track: int) -> Person:
    rng = np.random.default_rng(seed)
    one = looks(600.0)
    one.at[:] += rng.normal(0.0, 0.1, one.at.shape)
    seen, tracks = posture_seen(one, first_track)
    moved = lying_about(rng, 10.0)
    return Person(seen, one.t, tracks, moved, Wear.WRIST)


def test_a_newcomer_begins_where_and_soon_after_the_wearer_was_lost() -> None:
    room = Room((person(1, 1), person(2, 2)), (3, 4, 0), Alike.APART, Story.STAY, 0.0, 0.0)
    said = taken_over(room, person(5, 1))
    mine, new = ([o for o in said if isinstance(o, PostureSeen) and o.track == number]
                 for number in (1, 1 + NEW))  # fmt: skip
    (ended,) = (o for o in said if isinstance(o, TrackEnded))
    assert ended.track == 1
    assert mine[-1].t < ended.t
    assert AFTER_S[0] <= (new[0].t - mine[-1].t) / SECOND <= AFTER_S[1] + 0.4
    assert new[0].at == pytest.approx(mine[-1].at)
    assert sum(isinstance(o, PostureSeen) and o.track == 2 for o in said) == 3000


def verdict(right: bool | None, **changed: Any) -> Verdict:
    fields: dict[str, Any] = {
        "room": 0,
        "case": "worn",
        "story": "both stay",
        "offset": "1 to 3 s",
        "alike": "both sit",
        "place": "wrist",
        "minutes": 10,
        "moved_s": 100,
        "right": right,
    }
    return Verdict(**fields | changed)


def test_a_person_who_stays_has_one_track() -> None:
    seen, tracks = posture_seen(looks(), 1)
    assert {one.track for one in seen if isinstance(one, PostureSeen)} == {1}
    assert set(tracks.tolist()) == {1}


def test_a_break_makes_another_track_and_ends_the_first() -> None:
    seen, tracks = posture_seen(looks(), 2, breaks=(10.0,))
    assert [one.track for one in seen if isinstance(one, TrackEnded)] == [2]
    assert sorted(set(tracks.tolist())) == [2, 4]
    assert tracks[49] == 2
    assert tracks[51] == 4


def test_who_is_away_is_not_seen() -> None:
    _, tracks = posture_seen(looks(), 1, away=((10.0, 20.0),))
    assert (tracks[52:98] == -1).all()
    assert tracks[-1] == 3


def test_a_clock_that_is_off_shifts_and_drifts() -> None:
    moved = lying_about(np.random.default_rng(1), 30.0)
    said = measured(moved, "d", Wear.WRIST, shift_s=-2.0, drift_ppm=1000.0)
    gone = (moved[-1].t - START_S * SECOND) / SECOND
    assert (said[-1].t - moved[-1].t) / SECOND == pytest.approx(-2.0 + gone * 1e-3, abs=1e-6)
    assert max(one.counts for one in said) < 0.05


def moving(way: np.ndarray, rate: float = 30.0) -> Motion:
    """Return a body that goes a way (T, 3), metres, and keeps its pose."""
    pose = np.random.default_rng(2).normal(0.0, 0.4, (JOINTS, 3))
    pose[Joint.PELVIS] = 0.0
    pose[Joint.NECK] = pose[Joint.CHEST]
    joints = pose + way[:, None]
    return Motion(
        name="m", subject="s", joints=joints, rate=rate, height=1.7, source=Source.SIM,
        segments=(Segment(0.0, len(way) / rate, "walk"),),
    )  # fmt: skip


@pytest.mark.parametrize("wear", [Wear.WAIST, Wear.CHEST, Wear.WRIST, Wear.THIGH, Wear.ANKLE])
def test_every_place_on_the_body_feels_that_it_shakes(wear: Wear) -> None:
    t = np.arange(0.0, 40.0, 1 / 30)
    up = np.where(t > 20.0, 0.03 * np.sin(4.0 * np.pi * t), 0.0)
    moved = worn(np.random.default_rng(3), moving(np.outer(up, [0.0, 0.0, 1.0])), wear, left=True)
    since = [(one.t / SECOND - START_S, one.counts) for one in moved]
    still = max(counts for at, counts in since if 4.0 < at < 19.0)
    assert min(counts for at, counts in since if 23.0 < at < 38.0) > still + 0.1


@pytest.mark.parametrize(("begin", "left_s"), [(0.0, 2.0), (1.5, LEAST_S), (2.5, LEAST_S)])
def test_nobody_walks_far_through_a_wall(begin: float, left_s: float) -> None:
    way = np.zeros((300, 3))
    way[:, 0] = begin + np.arange(300) / 30.0
    assert _within(moving(way)).seconds == pytest.approx(left_s, abs=0.1)
    way[:, 0] = np.minimum(way[:, 0], WALLS_M) * 0.5
    assert _within(moving(way)).seconds == 10.0


def test_the_relation_that_was_there_is_learned() -> None:
    rng, found = np.random.default_rng(4), []
    for _ in range(12):
        one = Likeness()
        x = rng.normal(0.0, 1.0, (200, 1, 3)).repeat(LAGS, axis=1)
        y = -1.5 + x[:, 0] @ [0.2, 0.0, 0.6] + rng.normal(0.0, 0.5, 200)
        added = products(x, np.ones(x.shape, np.bool_), y, np.ones(200))
        assert added is not None
        one.add(added)
        one.sums = one.sums[:, :1]
        found.append(one)
    relation, evidence = fit(found)
    assert relation.slopes[0] == pytest.approx(0.2, abs=0.1)
    assert relation.slopes[1] == pytest.approx(0.6, abs=0.1)
    assert evidence > 20.0


def test_verdicts_are_counted() -> None:
    counted = outcome([verdict(True), verdict(True, room=1), verdict(False), verdict(None)])
    assert (counted.right.k, counted.wrong.k, counted.unknown.k) == (2, 1, 1)
    assert counted.right.n == 4


def test_only_what_was_said_after_ten_minutes_is_the_result() -> None:
    verdicts = [verdict(None, minutes=minutes) for minutes in MINUTES]
    report = summarise([*verdicts, verdict(True)], rooms=1, seed=0, us=1.0)
    assert (report.matched.right.k, report.matched.right.n) == (1, 1)
    assert report.by_minutes[" 1 min"].unknown.k == 1
    assert report.both.right.n == 0


def test_wearables_of_nobody_seen_are_counted_apart() -> None:
    cases = ("both", NEXT_DOOR, ON_TABLE, TAKEN_OVER)
    report = summarise([verdict(False, case=case) for case in cases], rooms=1, seed=0, us=1.0)
    assert {case: one.wrong.k for case, one in report.nobody.items()} == {
        NEXT_DOOR: 1,
        ON_TABLE: 1,
        TAKEN_OVER: 1,
    }
    assert (report.matched.right.n, report.both.wrong.k) == (0, 1)


def test_who_moves_is_told_apart_from_who_sits() -> None:
    verdicts = [
        verdict(True, alike="each the own", moved_s=300),
        verdict(False, room=1, alike="walk and stand together", moved_s=60),
        verdict(None, room=2, moved_s=59),
    ]
    report = summarise(verdicts, rooms=3, seed=0, us=1.0)
    assert (report.moving.right.k, report.moving.wrong.k, report.moving.right.n) == (1, 1, 2)
    assert {name: one.right.n for name, one in report.by_movement.items()} == {
        "moves 3 min and more": 1,
        "moves 1 to 3 min": 1,
        "moves under 1 min": 1,
    }


def clip(seed: int) -> Clip:
    """Return 40 s of somebody, the device feeling what the camera sees."""
    rng = np.random.default_rng(seed)
    speeds = np.repeat(np.exp(rng.normal(-1.0, 1.0, 20)), 2)
    seen = [
        PostureSeen(
            t=int(t * SECOND),
            room="room",
            source="camera",
            track=1,
            posture=Posture.OTHER,
            probability=1.0,
            down=0.0,
            upright=1.0,
            hips=float(speeds[int(t)]),
            left_wrist=float(speeds[int(t)]),
        )
        for t in np.arange(0.0, 40.0, 0.1)
    ]
    moved = [
        Moved(
            t=int((BEGIN_S + second + 1) * SECOND),
            counts=0.2 * float(speeds[second]),
            peak=1.2,
            lowest=0.8,
            gravity=(0.0, 0.0, 1.0),
            steps=0,
            saturated=False,
            doubts=(),
            worn=None,
        )
        for second in range(40)
    ]
    return Clip(seen, {Wear.WRIST: moved, Wear.WAIST: moved}, 40.0)


@pytest.mark.parametrize("wear", [Wear.WRIST, Wear.WAIST])
def test_what_was_felt_in_another_clip_fits_less(wear: Wear) -> None:
    pairs = compare([clip(seed) for seed in range(5)], wear)
    assert (pairs.better, len(pairs.wrong)) == (4, 4)
    assert pairs.true > 2.0
    assert (pairs.right, pairs.mistaken) == (4, 0)
    assert pairs.seconds > 100.0


def test_a_room_is_the_same_again_and_its_wearables_go_to_their_people() -> None:
    rooms = Rooms(recorded("motion").parent, Family.TRAIN)
    room, again = (rooms.one(3, 1, Alike.APART, Story.STAY) for _ in range(2))
    assert room.device(0, "a") == again.device(0, "a")
    assert room.people[0].seen == again.people[0].seen
    matcher = Matcher()
    for _ in played(matcher, [*room.people[0].seen, *room.people[1].seen, *room.device(0, "a")],
                    (590.0,)):  # fmt: skip
        (belief,) = matcher.beliefs()
        tracks = [one.track_at(590.0) for one in room.people]
        assert belief.tracks.get(tracks[0] or -1, 0.0) >= belief.tracks.get(tracks[1] or -1, 0.0)
