"""Who is who: the wearable goes to the person who moves as it does, and to nobody when unsure."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from itertools import accumulate, pairwise
from typing import Any

import msgspec
import numpy as np
import pytest

from ambient.config import NodeConfig, Room
from ambient.config_cameras import Camera
from ambient.config_gateways import Ble, Gateways, Way, Wearable
from ambient.events import Purpose
from ambient.observations import (
    AnyObservation,
    MotionMeasured,
    Posture,
    PostureSeen,
    Tick,
    TrackEnd,
    TrackEnded,
    Wear,
)
from fusion.judge import Judge
from fusion.who import DEVICES, JUDGED_S, SILENT_NS, TRACKS, Matcher
from fusion.who_belief import LEAST_MOVED_S, SURE, Belief, posterior
from fusion.who_evidence import (
    LAG_BINS,
    LAGS,
    PER_S,
    RELATIONS,
    STILL,
    Likeness,
    Speeds,
    log_odds,
    looked_up,
    products,
    scores,
    second_of,
    several,
)
from fusion.who_paths import PATHS
from fusion.who_state import frozen, thawed

SECOND = 1_000_000_000
START = 1000 * SECOND
LONG = 240


def life(seed: int, seconds: int = LONG) -> np.ndarray:
    """Return how fast somebody's wrist moves, four times a second: bouts of it and rests."""
    rng = np.random.default_rng(seed)
    bouts = np.repeat(rng.random(seconds // 4 + 3) < 0.5, 16)[rng.integers(16) :]
    return np.exp(rng.normal(-1.0, 0.7, len(bouts))) * np.where(bouts, 1.0, 0.05)


def seen(
    speeds: np.ndarray, track: int, begin: float = 0.0, end: float = LONG, **changed: Any
) -> list[AnyObservation]:
    """Return what a camera says of somebody, eight times a second."""
    out: list[AnyObservation] = []
    for t in np.arange(begin, end, 0.125).tolist():
        speed = float(speeds[int(t * 4)])
        fields: dict[str, Any] = {
            "t": START + int(t * SECOND),
            "room": "r1",
            "source": "c1",
            "track": track,
            "posture": Posture.OTHER,
            "probability": 1.0,
            "down": 0.0,
            "upright": 1.0,
            "at": (0.5, 0.5),
            "size": 0.5,
            "left_wrist": speed,
            "right_wrist": speed,
            "hips": speed,
        }
        out.append(PostureSeen(**fields | changed))
    return out


def worn(
    speeds: np.ndarray, name: str = "band", off_s: float = 0.0, **changed: Any
) -> list[AnyObservation]:
    """Return what a wearable on somebody says, its clock being off."""
    out: list[AnyObservation] = []
    for second in range(1, LONG):
        counts = 0.15 * float(speeds[4 * second - 4 : 4 * second].mean())
        fields: dict[str, Any] = {
            "t": START + int((second + off_s) * SECOND),
            "room": "r1",
            "source": name,
            "received": START + int((second + max(off_s, 0.0)) * SECOND),
            "wear": Wear.WRIST,
            "subject": f"s-{name}",
            "counts": counts,
            "peak": 1.0 + counts,
            "lowest": 1.0,
            "gravity": (0.0, 0.0, 1.0),
        }
        out.append(MotionMeasured(**fields | changed))
    return out


def told(*every: Iterable[AnyObservation], matcher: Matcher | None = None) -> Matcher:
    """Return a matcher that was told everything in the order of time."""
    matcher = matcher or Matcher()
    for one in sorted((o for each in every for o in each), key=lambda o: o.t):
        matcher.observe(one)
        matcher.advance(one.t)
    return matcher


@pytest.mark.parametrize("off_s", [-5.0, -1.3, 0.0, 2.6, 5.0])
@pytest.mark.parametrize("wear", [Wear.WRIST, Wear.WAIST, Wear.ANKLE])
def test_the_wearable_is_on_who_moves_like_it(off_s: float, wear: Wear) -> None:
    one, other = life(1), life(2)
    matcher = told(seen(one, 7), seen(other, 8), worn(one, off_s=off_s, wear=wear))
    assert matcher.track_of("band") is not None
    source, track, sure = matcher.track_of("band") or ("", 0, 0.0)
    assert (source, track) == ("c1", 7)
    assert sure >= SURE
    assert matcher.subject_of("c1", 7) == ("s-band", sure)
    assert matcher.subject_of("c1", 8) is None


def test_the_wearable_of_somebody_next_door_is_on_nobody() -> None:
    matcher = told(seen(life(1), 7), seen(life(2), 8), worn(life(3)))
    (belief,) = matcher.beliefs()
    assert belief.track is None
    assert belief.nobody == max([belief.nobody, *belief.tracks.values()])
    assert matcher.track_of("band") is None


def test_a_wearable_that_lies_on_the_table_is_on_nobody() -> None:
    matcher = told(seen(life(1), 7), seen(life(2), 8), worn(life(3), counts=0.004))
    (belief,) = matcher.beliefs()
    assert belief.track is None
    assert belief.nobody == max([belief.nobody, *belief.tracks.values()])


def test_who_moves_alike_cannot_be_told_apart() -> None:
    both = life(1)
    matcher = told(seen(both, 7), seen(both, 8), worn(both))
    (belief,) = matcher.beliefs()
    assert belief.tracks[7] == pytest.approx(belief.tracks[8], abs=1e-9)
    assert matcher.track_of("band") is None


@pytest.mark.parametrize("missing", [{}, {"left_wrist": None}, {"hips": None}])
def test_before_anything_was_compared_nothing_is_said(missing: dict[str, Any]) -> None:
    one = life(1)
    matcher = told(seen(one, 7, end=20.0, **missing), worn(one)[:20])
    assert matcher.track_of("band") is None
    assert matcher.subject_of("c1", 7) is None


def test_two_wearables_of_two_people_are_on_two_bodies() -> None:
    one, other = life(1), life(2)
    matcher = told(seen(one, 7), seen(other, 8), worn(one, "a"), worn(other, "b", off_s=3.0))
    assert (matcher.track_of("a") or ("", 0))[1] == 7
    assert (matcher.track_of("b") or ("", 0))[1] == 8


def broken(at: tuple[float, float], also_lost: bool = False) -> list[tuple[float, Belief]]:
    """Return what is thought when, of a track lost at 120 s; one begins at a place a second later.

    The other person's track goes on, or is lost in the same place and time and comes back later.
    """
    one, other = life(1), life(2)
    parts: list[list[AnyObservation]] = [seen(one, 7, end=120.0), seen(one, 9, 121.0, at=at)]
    gone = [7, 8] if also_lost else [7]
    parts.append(
        [
            TrackEnded(
                t=START + 122 * SECOND, room="r1", source="c1", track=n, reason=TrackEnd.LOST
            )
            for n in gone
        ]
    )
    parts += [seen(other, 8, end=120.0), seen(other, 10, 135.0)] if also_lost else [seen(other, 8)]
    matcher = Matcher()
    thought: list[tuple[float, Belief]] = []
    for o in sorted((o for each in (*parts, worn(one)) for o in each), key=lambda o: o.t):
        matcher.observe(o)
        matcher.advance(o.t)
        thought += [((o.t - START) / SECOND, b) for b in matcher.beliefs()]
    return thought


@pytest.mark.parametrize(
    ("at", "also_lost", "sure_at_once"),
    [
        ((0.5, 0.5), False, True),
        ((0.9, 0.5), False, True),
        ((1.2, 0.5), False, False),
        ((0.5, 0.5), True, False),
    ],
    ids=["there", "a length off", "farther off", "either of two"],
)
def test_a_track_goes_on_where_one_was_lost_unless_it_may_be_another(
    at: tuple[float, float], also_lost: bool, sure_at_once: bool
) -> None:
    thought = broken(at, also_lost)
    at_once = [b for t, b in thought if 126.0 < t < 131.0]
    assert at_once
    assert {b.track == 9 for b in at_once} == {sure_at_once}
    assert all(b.tracks[9] > max(b.tracks.get(8, 0.0), 0.4) for b in at_once)
    assert next(t for t, b in thought if b.track == 9) < 200.0


def lost(at: float, track: int) -> AnyObservation:
    return TrackEnded(
        t=START + int(at * SECOND), room="r1", source="c1", track=track, reason=TrackEnd.LOST
    )


def named(*every: Iterable[AnyObservation]) -> list[tuple[float, Belief]]:
    """Return what is thought of the one wearable after each observation."""
    matcher, out = Matcher(), []
    for o in sorted((o for each in every for o in each), key=lambda o: o.t):
        matcher.observe(o)
        matcher.advance(o.t)
        out += [((o.t - START) / SECOND, b) for b in matcher.beliefs()]
    return out


def test_somebody_lost_and_found_on_one_spot_again_and_again_is_the_same() -> None:
    one = life(1)
    breaks = [150.0, 160.0, 170.0, 180.0, 190.0, 240.0]
    parts: list[list[AnyObservation]] = [seen(one, 7, end=148.0), seen(life(2), 8)]
    for number, (begin, end) in enumerate(pairwise(breaks)):
        parts.append([lost(begin - 0.1, 7 + 2 * number)])
        parts.append(seen(one, 9 + 2 * number, begin, end - 2.0))
    thought = named(worn(one), *parts)
    ends = [[b for t, b in thought if end - 3.0 < t < end - 2.0][-1] for end in breaks[1:]]
    assert [b.track for b in ends] == [9, 11, 13, 15, 17]


def test_after_a_break_the_person_before_is_borne_out_sooner_than_somebody_new() -> None:
    one, other = life(1), life(2)
    far: dict[str, Any] = {"at": (1.2, 0.5)}
    after = [
        next(t for t, b in named(worn(one), *parts) if b.track == 9) - 130.0
        for parts in (
            [seen(one, 7, end=120.0), [lost(122.0, 7)], seen(other, 8), seen(one, 9, 130.0, **far)],
            [seen(other, 8), seen(one, 9, 130.0, **far)],
        )
    ]
    assert after[0] <= after[1] - 10.0


def test_a_newcomer_where_the_wearer_was_lost_is_not_taken_for_the_wearer_for_long() -> None:
    one, other, newcomer = life(1), life(2), life(9)
    thought = named(
        worn(one), seen(one, 7, end=120.0), [lost(122.0, 7)], seen(other, 8),
        seen(newcomer, 9, 123.0),
    )  # fmt: skip
    assert any(b.track == 9 for t, b in thought if t < 140.0)
    assert not any(b.track == 9 for t, b in thought if t > 200.0)


def test_a_track_that_begins_may_be_the_wearer_who_was_not_seen() -> None:
    one = life(1)
    thought = named(worn(one), seen(one, 7, end=180.0), [lost(182.0, 7)], seen(life(2), 8),
                    seen(one, 9, 200.0))  # fmt: skip
    assert all(b.elsewhere for t, b in thought if 190.0 < t < 199.9)
    assert not any(b.elsewhere for t, b in thought if t > 200.0)


def test_a_number_that_is_given_again_is_somebody_else() -> None:
    one = life(1)
    thought = named(worn(one), seen(one, 7, end=120.0), [lost(122.0, 7)], seen(life(2), 8),
                    seen(one, 7, 130.0, at=(3.0, 0.5)))  # fmt: skip
    assert any(b.track == 7 for t, b in thought if t < 120.0)
    assert not any(b.track == 7 for t, b in thought if 122.0 < t < 150.0)


def test_a_track_of_which_nothing_is_heard_has_ended() -> None:
    thought = named(worn(life(1)), seen(life(1), 7, end=120.0), seen(life(2), 8))
    assert any(7 in b.tracks for t, b in thought if t > 170.0)
    assert not any(7 in b.tracks for t, b in thought if t > 190.0)


def test_a_track_that_has_ended_is_not_named() -> None:
    thought = broken((0.5, 0.5))
    named = [t for t, b in thought if b.track == 7]
    assert 100.0 < max(named) < 122.1
    assert all(7 not in b.tracks for t, b in thought if t > 122.0)


def test_who_has_gone_wears_it_still_and_not_who_stays() -> None:
    one, other = life(1), life(2)
    lost = [TrackEnded(t=START + 182 * SECOND, room="r1", source="c1", track=7,
                       reason=TrackEnd.LEFT_PICTURE)]  # fmt: skip
    matcher = told(seen(one, 7, end=180.0), lost, seen(other, 8, end=200.0), worn(one)[:200])
    (belief,) = matcher.beliefs()
    assert belief.tracks.keys() == {8}
    assert belief.elsewhere


def still_but(*moments: int) -> np.ndarray:
    """Return how fast a wrist moves of somebody who is still but for ten seconds each."""
    speeds = np.full(4 * LONG + 80, 0.02)
    for at in moments:
        speeds[4 * at : 4 * at + 40] = life(5)[:40] + 0.5
    return speeds


@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_who_moved_once_when_another_did_is_not_known(noise: float) -> None:
    one, other = still_but(20), still_but(20, 90, 150)
    band = [
        msgspec.structs.replace(o, counts=o.counts + noise)
        for o in worn(one)
        if isinstance(o, MotionMeasured)
    ]
    matcher = Matcher()
    for o in sorted([*seen(one, 7), *seen(other, 8), *band], key=lambda o: o.t):
        matcher.observe(o)
        matcher.advance(o.t)
        assert all(b.track is None and not b.elsewhere for b in matcher.beliefs())
    (belief,) = matcher.beliefs()
    assert belief.moved_s < LEAST_MOVED_S


def test_a_second_counts_little_when_the_wearable_only_makes_noise() -> None:
    assert second_of(0.012, 0.012)[1] == 1.0
    assert second_of(0.012, 0.012, noise=0.011)[1] == STILL
    assert second_of(0.004, 0.2, noise=0.011)[1] == 1.0
    assert second_of(0.004, 0.004)[1] == STILL


def test_a_pose_that_jumps_while_the_wearable_lies_still_costs_little() -> None:
    one = life(1)
    calm = one.copy()
    calm[4 * 150 :] = 0.02
    jumps = calm.copy()
    jumps[4 * 170 : 4 * 172] = 3.0
    steady, jumping = (
        told(seen(picture, 7), seen(life(2), 8), worn(calm)).beliefs()[0].tracks[7]
        for picture in (calm, jumps)
    )
    assert steady > SURE
    assert jumping > SURE


def test_a_wearable_that_another_takes_over_begins_anew() -> None:
    one = life(1)
    matcher = told(seen(one, 7), worn(one))
    assert matcher.subject_of("c1", 7) is not None
    late = worn(one, subject="s-other")[-1:]
    matcher.observe(late[0])
    matcher.advance(START + (LONG + 30) * SECOND)
    assert matcher.subject_of("c1", 7) is None


def test_nothing_is_said_of_a_wearable_that_fell_silent() -> None:
    one = np.concatenate([life(1)] * 3)
    for silent_s, known in ((SILENT_NS / SECOND - 20, True), (SILENT_NS / SECOND + 20, False)):
        matcher = told(seen(one, 7, end=LONG + silent_s), worn(one))
        assert (matcher.subject_of("c1", 7) is not None) is known
        assert (matcher.track_of("band") is not None) is known


@pytest.mark.parametrize(
    ("subject", "left"),
    [("s-a", {8: "s-b"}), ("s-b", {7: "s-a"}), ("s-c", {7: "s-a", 8: "s-b"}), (None, {})],
)
def test_what_is_of_a_resident_can_be_forgotten(subject: str | None, left: dict[int, str]) -> None:
    one, other = life(1), life(2)
    matcher = told(seen(one, 7), seen(other, 8), worn(one, "a"), worn(other, "b"))
    matcher.forget(subject)
    named = {track: matcher.subject_of("c1", track) for track in (7, 8)}
    assert {track: who[0] for track, who in named.items() if who is not None} == left
    assert {f"s-{name}" for name in matcher.devices} == set(left.values())
    matcher.advance(START + (LONG + 30) * SECOND)
    assert {b.subject for b in matcher.beliefs()} == set(left.values())


def test_the_same_comes_out_whatever_source_is_first_within_seconds() -> None:
    one, other = life(1), life(2)
    camera, device = [*seen(one, 7), *seen(other, 8)], worn(one)
    straight, held = Matcher(), Matcher()
    for matcher, late_s in ((straight, 0.0), (held, 4.0)):
        arrivals = [(o.t, o) for o in camera] + [(o.t + int(late_s * SECOND), o) for o in device]
        for t, o in sorted(arrivals, key=lambda pair: pair[0]):
            matcher.observe(o)
            matcher.advance(t)
        matcher.advance(START + (LONG + 20 + round(JUDGED_S)) * SECOND)
    (late,), (here,) = held.beliefs(), straight.beliefs()
    # Summed in another order, which processors round differently.
    assert late.tracks == pytest.approx(here.tracks, rel=1e-12)
    assert late.nobody == pytest.approx(here.nobody, rel=1e-12)
    assert dataclasses.replace(late, tracks={}, nobody=0.0) == dataclasses.replace(
        here, tracks={}, nobody=0.0
    )


def test_it_goes_on_from_what_was_kept() -> None:
    one, other = life(1), life(2)
    every = sorted([*seen(one, 7), *seen(other, 8), *worn(one)], key=lambda o: o.t)
    whole = told(every)
    half = told(every[: len(every) // 2])
    again = thawed(frozen(half))
    assert again.beliefs() == half.beliefs()
    assert told(every[len(every) // 2 :], matcher=again).beliefs() == whole.beliefs()


def test_memory_is_bounded() -> None:
    one = life(1)
    matcher = Matcher()
    matcher.observe(worn(one, "d0")[0])
    for number in range(5 * TRACKS):
        matcher.observe(seen(one, number, number, number + 0.2)[0])
        matcher.observe(worn(one, f"d{number}")[number])
        matcher.advance(START + number * SECOND)
    assert len(matcher.tracks) <= TRACKS
    assert len(matcher.devices) <= DEVICES
    assert max(len(one.paths) for one in matcher.devices.values()) <= max(PATHS, TRACKS)


def test_speeds_keep_their_place_over_hours() -> None:
    speeds = Speeds()
    for quarter in range(40_000):
        speeds.add(START + quarter * SECOND // 4, 1.0 + quarter % 4, None, 2.0)
    kept = speeds.between(START * 4 // SECOND + 39_900, 8)
    assert kept[:, 0].tolist() == [1.0, 2.0, 3.0, 4.0] * 2
    assert np.isnan(kept[:, 1]).all()
    speeds.add(START + 40_000_000 * SECOND, 5.0, 5.0, 5.0)
    assert np.isnan(speeds.between(START * 4 // SECOND + 39_900, 8)).all()


def test_seconds_together_are_the_same_as_one_after_the_other() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.normal(0.0, 1.0, (5, LAGS, 3)), rng.normal(0.0, 1.0, 5)
    known, weight = rng.random(x.shape) < 0.7, np.array([1.0, STILL, 1.0, STILL, 1.0])
    known[2, :, 2] = False
    together, each = Likeness(), Likeness()
    for at in (slice(None), *(slice(n, n + 1) for n in range(5))):
        added = products(x[at], known[at], y[at], weight[at])
        if added is not None:
            (together if at == slice(None) else each).add(added)
    assert np.allclose(together.sums, each.sums)
    assert together.seconds > 0.5


def test_stretches_together_are_each_as_it_would_be_alone() -> None:
    """Also of different lengths, and where nobody is seen in one of them."""
    rng = np.random.default_rng(5)
    x, y = rng.normal(0.0, 1.0, (11, LAGS, 3)), rng.normal(0.0, 1.0, 11)
    known, weight = rng.random(x.shape) < 0.5, rng.choice([1.0, STILL], 11)
    known[5:8] = False
    sizes = [5, 3, 1, 2]
    found = several(x, known, y, weight, sizes)
    assert found[1] is None
    for size, end, one in zip(sizes, accumulate(sizes), found, strict=True):
        at = slice(end - size, end)
        alone = products(x[at], known[at], y[at], weight[at])
        if one is None or alone is None:
            assert one is alone
        else:
            assert one.count == alone.count
            assert (one.sums == alone.sums).all()


def test_a_lag_is_found_where_it_is() -> None:
    speeds, wrist = Speeds(), life(4)
    for o in seen(wrist, 1):
        assert isinstance(o, PostureSeen)
        speeds.add(o.t, o.left_wrist, o.right_wrist, o.hips)
    band = [o for o in worn(wrist, off_s=2.0)[10:-20] if isinstance(o, MotionMeasured)]
    times = np.array([o.t for o in band[1:]])
    y, weight = np.array([second_of(b.counts, a.counts) for a, b in pairwise(band)]).T
    pair, added = Likeness(), products(*looked_up(speeds, times), y, weight)
    assert added is not None
    pair.add(added)
    found = scores(pair.sums, RELATIONS[Wear.WRIST])
    best = int(found[0].argmax())
    # The device is 2 s ahead, so the track is to be looked up 2 s before.
    assert (best - LAGS // 2) * LAG_BINS / PER_S == pytest.approx(-2.0, abs=0.5)
    beside = np.abs(np.arange(LAGS) - best) > 1
    assert float(log_odds(found)) > 10.0 + float(log_odds(found[:, beside]))


def test_joint_hypotheses_leave_nobody_with_two_wearers() -> None:
    sure, torn = np.array([8.0, 0.0, 0.0]), np.array([3.0, 2.0, 0.0])
    one, other = posterior([sure, torn])
    assert one[0] > 0.99
    assert other[0] < 0.05
    assert other[1] > 0.7
    assert posterior([torn])[0][0] > posterior([torn])[0][1]


def node() -> NodeConfig:
    """Return a node of one room with a camera and somebody's wearable."""
    band = Wearable(
        id="band", device="AA:BB:CC:DD:EE:FF", via=Way.BLE, subject="s-band", wear=Wear.WRIST
    )
    rooms = [Room(id="r1", cameras=[Camera(id="c1", source="a")], wearables=[band])]
    gateways = Gateways(ble=Ble())
    return NodeConfig(site="home", node="n-1", rooms=rooms, gateways=gateways)


@pytest.mark.parametrize("how", ["consent withdrawn", "erased"])
def test_a_room_forgets_whose_track_it_is(how: str) -> None:
    room = Judge(node(), "k" * 40, vitals=["r1"]).rooms["r1"]
    one = life(1)
    for o in sorted([*seen(one, 7), *seen(life(2), 8), *worn(one)], key=lambda o: o.t):
        room.observe(o)
    assert room.falls.who.subject_of("c1", 7) is not None
    if how == "erased":
        room.forget("s-band")
    else:
        room.consent(Purpose.VITALS, on=False)
    assert room.falls.who.subject_of("c1", 7) is None
    assert room.falls.who.track_of("band") is None


def test_a_room_knows_whose_track_it_is_and_goes_on_from_a_snapshot() -> None:
    config = node()
    one, other = life(1), life(2)
    ticks = [Tick(t=START + s * SECOND, room="r1", source="node") for s in range(LONG)]
    every = sorted([*ticks, *seen(one, 7), *seen(other, 8), *worn(one)], key=lambda o: o.t)
    whole, half, again = (Judge(config, "k" * 40).rooms["r1"] for _ in range(3))
    for o in every:
        whole.observe(o)
    for o in every[:2000]:
        half.observe(o)
    again.resume(half.snapshot())
    for o in every[2000:]:
        again.observe(o)
    assert (whole.who.subject_of("c1", 7) or ("", 0))[0] == "s-band"
    assert whole.who.subject_of("c1", 8) is None
    assert again.who.beliefs() == whole.who.beliefs()


def test_what_a_matcher_of_another_version_knew_is_refused_by_name() -> None:
    matcher = told(seen(life(1), 7), worn(life(1)))
    state = msgspec.msgpack.decode(frozen(matcher))
    paths = state[2][0][-1]
    paths[0][2] = paths[0][2][:-8]
    with pytest.raises(msgspec.ValidationError, match="expected"):
        thawed(msgspec.msgpack.encode(state))
