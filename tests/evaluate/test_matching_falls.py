"""Whether falls gain by being told whose wearable is whose: stories and verdicts."""

from __future__ import annotations

import numpy as np
import pytest

from ambient.evaluate.fusion_falls.simulate import Pools
from ambient.evaluate.fusion_falls.streams import Stream
from ambient.evaluate.matching.falls import (
    OTHER,
    SUBJECT,
    WATCHED_S,
    WHEN,
    Case,
    judged,
    story,
)
from ambient.evaluate.matching.rooms import Alike, Person, Room, Story
from ambient.evaluate.matching.senses import SECOND, START_S, Looks, posture_seen
from ambient.observations import (
    AnyObservation,
    ImpactMeasured,
    Measured,
    MotionMeasured,
    Place,
    Posture,
    PostureSeen,
    Wear,
)
from tests.fusion.test_who import life
from vitals.motion.seconds import Moved

UP = (0.0, 0.0, 1.0)


def person(seed: int, first_track: int, x: float) -> Person:
    """Return somebody who moves for ten minutes, and the device on the wrist that feels it."""
    speeds = life(seed, 600)
    t = np.arange(0.0, 600.0, 0.2)
    quick = np.repeat(speeds[(4 * t).astype(int)][:, None], 3, axis=1)
    at = np.column_stack([np.full(len(t), x), np.full(len(t), 0.5)])
    seen, tracks = posture_seen(Looks(t, quick, at, np.full(len(t), 0.4)), first_track)
    moved = [
        Moved(
            round((START_S + s) * SECOND), 0.15 * float(speeds[4 * s - 4 : 4 * s].mean()),
            1.2, 1.0, UP, 0, False, (), None,
        )
        for s in range(1, 600)
    ]  # fmt: skip
    return Person(seen, t, tracks, moved, Wear.WRIST)


def posture(t_s: float, *, down: bool) -> tuple[int, AnyObservation]:
    t = round(t_s * SECOND)
    kind = Posture.FALLEN if down else Posture.STANDING
    return t, PostureSeen(
        t=t, room="room", source="camera", track=1, posture=kind, probability=0.95,
        down=0.97 if down else 0.02, upright=0.02 if down else 0.97,
        descent=0.9 if 0.0 <= t_s < 2.0 and down else 0.0, place=Place.FLOOR,
        still=0.9 if down else 0.2, quality=0.9, at=(0.2, 0.7 if down else 0.5), size=0.4,
    )  # fmt: skip


def clip(*, fall: bool) -> Stream:
    looks = [posture(n / 5, down=fall and n >= 0) for n in range(-25, 100)]
    return Stream(file="c", person="p", fall=fall, seen=tuple(looks))


def felt(*, fall: bool) -> Stream:
    every: list[tuple[int, AnyObservation]] = []
    for s in range(-20, 40):
        counts = 0.005 if fall and s > 1 else 0.2
        motion = MotionMeasured(
            t=0, room="room", source="w", received=0, wear=Wear.WRIST, counts=counts,
            peak=1.1, lowest=0.9, gravity=UP,
        )  # fmt: skip
        every.append((s * SECOND, motion))
    if fall:
        impact = ImpactMeasured(
            t=0, room="room", source="w", received=0, wear=Wear.WRIST, impact=4 * SECOND,
            fall=0.97, still=0.9, turned=80.0,
        )  # fmt: skip
        every.append((4 * SECOND, impact))
    return Stream(file="w", person="p", fall=fall, seen=tuple(every))


POOLS = Pools(
    camera=[clip(fall=True), clip(fall=False)], wearable=[felt(fall=True), felt(fall=False)]
)
ROOM = Room((person(1, 1, 0.2), person(2, 2, 1.2)), (3, 4, 0), Alike.APART, Story.STAY, 0.0, 0.0)


def told(case: Case) -> list[AnyObservation]:
    return story(ROOM, case, POOLS, np.random.default_rng(1))


@pytest.mark.parametrize("case", list(Case))
def test_a_story_goes_on_where_the_people_were(case: Case) -> None:
    seen = told(case)
    assert [one.t for one in seen] == sorted(one.t for one in seen)
    assert seen[-1].t <= WHEN + WATCHED_S * SECOND
    own = 1 if case.wearer else 2
    looks = [one for one in seen if isinstance(one, PostureSeen) and one.track == own]
    before = next(one for one in reversed(looks) if one.t < WHEN - 6 * SECOND)
    after = next(one for one in looks if one.t > WHEN - 5 * SECOND)
    assert after.at == pytest.approx(before.at)
    assert any(one.down > 0.5 for one in looks) is case.fall
    beside = [one for one in seen if isinstance(one, PostureSeen) and one.track == 3 - own]
    assert beside[-1].t > WHEN + 50 * SECOND
    assert not any(one.down > 0.5 for one in beside)
    worn = [one for one in seen if isinstance(one, Measured)]
    assert {one.subject for one in worn} == {SUBJECT}
    assert any(isinstance(one, ImpactMeasured) for one in worn) is (case is Case.WEARER_FALLS)


def test_who_fell_is_named_where_it_is_told_who_wears_the_device() -> None:
    verdict = judged(told(Case.WEARER_FALLS), told=True)
    assert verdict.confirmed
    assert verdict.named == SUBJECT


@pytest.mark.parametrize("knows", [True, False])
def test_a_fall_of_the_other_is_confirmed_and_not_taken_for_the_wearers(knows: bool) -> None:
    verdict = judged(told(Case.OTHER_FALLS), told=knows)
    assert verdict.confirmed
    assert verdict.named in (None, OTHER)


@pytest.mark.parametrize("case", [Case.WEARER_LIVES, Case.OTHER_LIVES])
@pytest.mark.parametrize("knows", [True, False])
def test_where_nobody_falls_nothing_is_confirmed(case: Case, knows: bool) -> None:
    assert not judged(told(case), told=knows).confirmed
