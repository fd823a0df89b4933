"""The real falls of a day, and help that comes after a while."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from ambient.evaluate.days import stances
from ambient.evaluate.days.diary import Diary, Span, Truth, Where
from ambient.evaluate.days.people import LEVEL_BED, Role
from ambient.evaluate.days.rooms import Spot, yaw_to

FALLS_PER_DAY: Final = 0.2
"""Far more than happen (about 0.005 a resident and day), so that some are there to be found."""
HELP_S: Final = (150.0, 900.0)


class Kind(StrEnum):
    """How somebody comes down."""

    FORWARD = "forward"
    BACKWARD = "backward"
    SIDEWAYS = "sideways"
    COLLAPSE = "collapse"
    OFF_THE_BED = "off the bed's edge"
    OFF_THE_CHAIR = "off the chair"
    OUT_OF_BED = "rolling out of bed"


SHARES: Final = {
    Kind.FORWARD: 0.2,
    Kind.BACKWARD: 0.2,
    Kind.SIDEWAYS: 0.15,
    Kind.COLLAPSE: 0.15,
    Kind.OFF_THE_BED: 0.12,
    Kind.OFF_THE_CHAIR: 0.1,
    Kind.OUT_OF_BED: 0.08,
}


def fall(diary: Diary) -> None:
    """Let the resident fall, lie, be found and helped into the armchair."""
    kinds = list(SHARES)
    kind = kinds[int(diary.rng.choice(len(kinds), p=list(SHARES.values())))]
    if diary.resident.body.wheels and kind not in (Kind.OUT_OF_BED, Kind.OFF_THE_BED):
        kind = Kind.OFF_THE_CHAIR
    with diary.episode(f"fall: {kind}"):
        start, at = _go_down(diary, kind)
        _lie(diary, at, forwards=kind is Kind.FORWARD)
        _helped(diary, at)
    diary.truths.append(Span(Truth.FALL, str(kind), start, diary.t))


def _go_down(diary: Diary, kind: Kind) -> tuple[float, Spot]:
    """Fall; return when it began and where the body ends."""
    one, room = diary.resident, diary.room
    if kind in (Kind.OFF_THE_BED, Kind.OUT_OF_BED):
        return _off_bed(diary, kind)
    if kind is Kind.OFF_THE_CHAIR:
        diary.to_chair()
        one.linger(diary.uniform(10, 60), 30.0)
        start, seat = one.t, room.chair
        at = (seat.at[0] - 0.35, seat.at[1] + 0.25)
        one.fast(stances.SLIDING, 1.2, at=(seat.at[0] - 0.1, seat.at[1] + 0.1))
        one.fast(stances.SLUMPED, 0.9, at=at)
        return start, at
    diary.up()
    one.walk(diary.near(room.hub, 0.9))
    start, yaw = one.t, one.yaw
    at = diary.near(one.at, 0.5)
    mid = ((at[0] + one.at[0]) / 2, (at[1] + one.at[1]) / 2)
    here = one.at
    if kind is Kind.FORWARD:
        one.fast(stances.TRIP, 0.35, at=here)
        one.fast(stances.DIVE, 0.4, at=mid)
        one.fast(stances.forwards(stances.PRONE), 0.4, at=at)
    elif kind is Kind.BACKWARD:
        one.fast(stances.LOST, 0.4, at=here)
        one.fast(stances.DROP, 0.3, at=mid)
        one.fast(stances.SEATED, 0.25, at=at)
        one.fast(stances.ON_BACK, 0.4, at=at)
    elif kind is Kind.SIDEWAYS:
        one.fast(stances.TOPPLE, 0.5, at=here)
        one.fast(stances.CRUMPLE, 0.35, at=mid, yaw=yaw + 60)
        one.fast(stances.ON_SIDE, 0.4, at=at, yaw=yaw + 90)
    else:
        one.fast(stances.BUCKLE, 0.5, at=here)
        one.fast(stances.CRUMPLE, 0.4, at=mid)
        one.fast(stances.CURLED, 0.6, at=at, yaw=yaw + 60)
    return start, at


def _off_bed(diary: Diary, kind: Kind) -> tuple[float, Spot]:
    one, room = diary.resident, diary.room
    out = (room.edge.front[0] - room.edge.at[0], room.edge.front[1] - room.edge.at[1])
    at = (room.edge.front[0] + 0.1 * out[0], room.edge.front[1] + 0.1 * out[1])
    if kind is Kind.OFF_THE_BED:
        diary.to_edge()
        one.linger(diary.uniform(10, 90), 30.0)
        start = one.t
        one.fast(stances.SLIDING, 0.9, at=(one.at[0] + 0.5 * out[0], one.at[1] + 0.5 * out[1]))
        one.fast(stances.SLUMPED, 0.8, at=at)
        return start, at
    diary.to_bed()
    one.hold(diary.uniform(60, 300))
    one.cover(False)
    start = one.t
    near = (room.edge.at[0], room.edge.at[1])
    one.fast(stances.ON_SIDE, 1.2, at=near, yaw=room.head_yaw, level=LEVEL_BED)
    one.fast(stances.PRONE, 0.6, at=at, yaw=room.head_yaw)
    return start, at


def _lie(diary: Diary, at: Spot, *, forwards: bool) -> None:
    """Come to rest, and lie with some movement until somebody comes."""
    one = diary.resident
    ends = (stances.ON_BACK, stances.ON_SIDE, stances.CURLED, stances.PRONE, stances.SLUMPED)
    end = ends[int(diary.rng.choice(5, p=(0.32, 0.25, 0.15, 0.13, 0.15)))]
    if forwards:
        end = stances.forwards(stances.PRONE if end is stances.SLUMPED else end)
    one.to(end, diary.uniform(0.5, 1.5), at=at, vary=7.0)
    one.linger(diary.uniform(*HELP_S), 40.0)


def _helped(diary: Diary, at: Spot) -> None:
    """Carers come, kneel, and raise the resident into the armchair."""
    one, room = diary.resident, diary.room
    carers = [diary.comes(Role.CARER, one.t), diary.comes(Role.CARER, one.t + 20)]
    for index, carer in enumerate(carers):
        beside = (at[0] + 0.55 * (1 - 2 * index), at[1] - 0.35)
        carer.walk(beside, facing=yaw_to(beside, at))
        carer.to(stances.KNEEL, 1.2)
        carer.hold(diary.uniform(20, 90))
    end = max(carer.t for carer in carers)
    for carer in carers:
        carer.until(end)
        carer.to(stances.LEAN, 1.2)
    one.until(end)
    for how in (stances.FLOOR_SIT, stances.HALF_KNEEL):
        one.to(how, 2.0, at=at)
    one.to(one.upright, 1.5)
    one.walk(room.rest.front, facing=room.rest.facing)
    one.to(stances.SIT, 1.0, at=room.rest.at, yaw=room.rest.facing)
    diary.where = Where.REST
    for carer in carers:
        carer.to(stances.STAND, 1.0)
        carer.walk(diary.near(room.hub, 0.4))
        diary.goes(carer)
