"""The resident's day: nights, care, meals, naps, and the small things in between.

Each function tells the people of a `Diary` what to do and takes the time that it takes. How often
each is done in a day stands in `RATES`; these are assumptions, listed in docs/evaluate-days.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ambient.evaluate.days import stances, visits
from ambient.evaluate.days.diary import Diary, Span, Truth, Where
from ambient.evaluate.days.people import Role, Somebody, thing
from ambient.evaluate.days.rooms import yaw_to
from ambient.evaluate.days.stances import Stance

TURNS_PER_HOUR: Final = 1.6
"""How often somebody asleep takes another position (Gori et al. 2004: 1.6 an hour when old)."""
FIDGETS_PER_HOUR: Final = 8.0
"""Small movements of somebody who sits: drinks, looks round, shifts."""
SEAT: Final = 0.38
"""Height of an armchair's or a sofa's cushion with somebody on it, metres."""
ASLEEP: Final = (stances.ON_BACK, stances.ON_SIDE, stances.CURLED, stances.PROPPED)


def sleep(diary: Diary, until: float) -> None:
    """Sleep in bed, turning over now and then."""
    one = diary.resident
    with diary.episode("sleeping in bed"):
        while True:
            wait = float(diary.rng.exponential(3600.0 / TURNS_PER_HOUR))
            if one.t + wait + 10 > until:
                break
            one.hold(wait)
            one.lie(ASLEEP[int(diary.rng.choice(4, p=(0.4, 0.3, 0.2, 0.1)))], diary.uniform(1, 4))
        one.until(until)


def toilet(diary: Diary) -> None:
    """Go out to the toilet and come back to where one was."""
    before = diary.where
    with diary.episode("to the toilet and back"):
        diary.up()
        diary.resident.leave()
        diary.where = Where.OUT
        diary.resident.t += diary.uniform(200, 700)
        diary.up()
        return_to(diary, before)


def return_to(diary: Diary, where: Where) -> None:
    """Bring the resident to a place."""
    if where is Where.BED:
        diary.to_bed()
    elif where is Where.EDGE:
        diary.to_edge()
    elif where is Where.CHAIR:
        diary.to_chair()
    elif where is not Where.OUT:
        diary.to_rest()


def sit_about(diary: Diary, until: float) -> None:
    """Sit in the armchair, doze, watch."""
    diary.to_rest()
    one = diary.resident
    while one.t < until - 30:
        span = min(until - one.t, diary.uniform(600, 2400))
        if diary.chance(0.4):
            with diary.episode("nap in the armchair"):
                if diary.chance(0.35):
                    one.to(stances.FEET_UP, 1.5, at=diary.room.rest.at, level=SEAT)
                else:
                    one.to(stances.NAP, 1.5, at=diary.room.rest.at)
                one.linger(span, 3.0)
                one.to(stances.LOUNGE, 1.5, at=diary.room.rest.at)
        else:
            with diary.episode("sitting in the armchair"):
                one.linger(span, FIDGETS_PER_HOUR)
    one.until(until)


def lie_by_day(diary: Diary, until: float) -> None:
    """Lie on the bed, or on the sofa where there is one, with open eyes or asleep."""
    if diary.room.sofa and diary.chance(0.4):
        sofa(diary, until)
        return
    diary.to_bed(stances.PROPPED if diary.chance(0.3) else stances.ON_BACK)
    with diary.episode("lying on the bed by day"):
        if diary.chance(0.4):
            diary.resident.cover(False)
        diary.resident.linger(max(0.0, until - diary.t), 5.0)


def sofa(diary: Diary, until: float) -> None:
    """Lie on the sofa."""
    one, rest = diary.resident, diary.room.rest
    diary.to_rest()
    with diary.episode("lying on the sofa"):
        yaw, level = rest.facing + 90.0, SEAT
        one.to(stances.LEGS_IN, 1.4, yaw=rest.facing + 50.0, level=level)
        one.to(stances.ON_BACK, 1.8, yaw=yaw, level=level)
        one.hold(max(0.0, until - one.t))
        one.to(stances.LEGS_IN, 1.4, yaw=rest.facing + 50.0, level=level)
        one.to(stances.SIT, 1.4, at=rest.at, yaw=rest.facing)


def edge(diary: Diary) -> None:
    """Sit on the bed's edge for a while."""
    diary.to_edge()
    with diary.episode("sitting on the bed's edge"):
        diary.resident.linger(diary.uniform(60, 900), 20.0)


def laces(diary: Diary) -> None:
    """Tie the shoes, sitting."""
    one = diary.resident
    if diary.where is not Where.EDGE:
        diary.to_edge()
    with diary.episode("tying shoes"):
        for _ in range(int(diary.rng.integers(1, 4))):
            one.to(stances.LACES, 1.2, at=diary.room.edge.at)
            one.linger(diary.uniform(4, 25), 300.0)
            one.to(stances.SIT, 1.2, at=diary.room.edge.at)
            one.hold(diary.uniform(2, 8))


def pick_up(diary: Diary) -> None:
    """Pick something up from the floor: stooping, squatting, or kneeling at something."""
    diary.up()
    one = diary.resident
    with diary.episode("picking something up"):
        one.walk(diary.near(diary.room.hub, 0.8))
        if one.body.wheels:
            one.to(stances.LACES, 1.2)
            one.hold(diary.uniform(1, 5))
            one.to(stances.SIT, 1.2)
            return
        how: Stance = (stances.STOOP, stances.SQUAT)[int(diary.chance(0.35))]
        one.to(one.stooped(how), 1.2)
        one.hold(diary.uniform(0.5, 6))
        one.to(one.upright, 1.4)


def potter(diary: Diary) -> None:
    """Walk about: to the window, the wardrobe, the table; reach for things."""
    diary.up()
    one = diary.resident
    with diary.episode("walking about"):
        for _ in range(int(diary.rng.integers(2, 6))):
            one.walk(diary.near(diary.room.hub, 1.6))
            if diary.chance(0.5) and not one.body.wheels:
                one.to(one.stooped(stances.REACH), 1.0)
                one.hold(diary.uniform(1, 6))
                one.to(one.upright, 1.0)
            one.hold(diary.uniform(1, 20))


def hard_sit(diary: Diary) -> None:
    """Drop into the armchair."""
    one, rest = diary.resident, diary.room.rest
    diary.up()
    with diary.episode("sitting down hard"):
        one.walk(rest.front, facing=rest.facing)
        one.fast(stances.BEND_UP, 0.35, at=rest.front)
        one.fast(stances.LOUNGE, 0.4, at=rest.at, yaw=rest.facing, rest=True)
        one.hold(5.0)
    diary.where = Where.REST


def drop(diary: Diary) -> None:
    """Let a blanket or coat lie on the floor or over a chair for some hours."""
    seat = diary.chance(0.4)
    at = diary.room.chair.at if seat else diary.near(diary.room.hub, 1.2)
    shape = (stances.CURLED, stances.PRONE, stances.SLUMPED, stances.CRUMPLE)
    stance = shape[int(diary.rng.integers(len(shape)))]
    span = (diary.t, min(diary.t + diary.uniform(1200, 14_400), 86_390.0))
    if span[1] <= span[0]:
        return
    diary.others.append(
        thing(
            Role.COAT, stance, span, at, diary.uniform(0, 360), scale=diary.uniform(0.5, 0.9),
            level=0.45 if seat else 0.0, seed=diary.uniform(0, 10),
        )
    )  # fmt: skip


def television(diary: Diary, until: float) -> None:
    """Watch television: people on a screen that are none."""
    diary.to_rest()
    with diary.episode("watching television"):
        visits.screen(diary, until)
        diary.resident.linger(max(0.0, until - diary.t), FIDGETS_PER_HOUR)


def meal(diary: Diary, until: float) -> None:
    """Eat at the table, or out of the room."""
    if diary.chance(0.55):
        with diary.episode("out for a meal"):
            diary.out(diary.t)
            if diary.chance(0.35):
                visits.cleaning(diary, diary.t + diary.uniform(120, 600))
            diary.out(until)
        return
    diary.to_chair()
    with diary.episode("meal at the table"):
        diary.resident.linger(max(0.0, until - diary.t), 60.0)


def exercise(diary: Diary) -> None:
    """Exercise with a therapist: on a chair, seldom on the mat."""
    on_mat = diary.chance(0.15) and not diary.resident.body.wheels
    helper = diary.comes(Role.THERAPIST, diary.t)
    one, room = diary.resident, diary.room
    with diary.episode("exercise on the mat" if on_mat else "exercise on a chair"):
        if not on_mat:
            diary.to_chair()
            helper.walk(diary.near(room.hub, 0.5), facing=yaw_to(room.hub, room.chair.at))
            for how in (stances.ARMS_UP, stances.LEG_UP, stances.AT_TABLE) * 6:
                helper.t = max(helper.t, one.t - 0.6)
                helper.to(stances.REACH if how is stances.ARMS_UP else stances.STAND, 1.0)
                one.to(how, 1.2, at=room.chair.at)
                one.hold(diary.uniform(1, 6))
        else:
            on_the_mat(diary, helper)
    helper.until(one.t)
    diary.goes(helper)


def on_the_mat(diary: Diary, helper: Somebody) -> None:
    """Lie down on the mat on purpose, exercise, and get up with help."""
    one, room = diary.resident, diary.room
    diary.up()
    one.walk(room.mat)
    start = one.t
    beside = (room.mat[0] + 0.6, room.mat[1] + 0.3)
    helper.walk(beside, facing=yaw_to(beside, room.mat))
    helper.to(stances.KNEEL, 1.5)
    for how in (stances.HALF_KNEEL, stances.KNEEL, stances.FOURS, stances.FLOOR_SIT):
        one.to(how, 1.6, at=room.mat)
    for how in (stances.ON_BACK, *(stances.BRIDGE, stances.KNEES_UP) * 5):
        one.to(how, 2.0, at=room.mat)
        one.hold(diary.uniform(2, 8))
    for how in (stances.FLOOR_SIT, stances.FOURS, stances.KNEEL, stances.HALF_KNEEL):
        one.to(how, 1.8, at=room.mat)
    one.to(one.upright, 1.8)
    helper.until(one.t)
    helper.to(stances.STAND, 1.2)
    if not diary.permitted:
        diary.truths.append(Span(Truth.BY_DESIGN, "exercise on the mat", start, one.t + 5.0))


def look_under_bed(diary: Diary) -> None:
    """Kneel before the bed and look under it (the resident who can, else a carer)."""
    visits.search(diary, under=False)


def crawl_under_bed(diary: Diary) -> None:
    """Somebody fetches something from under the bed."""
    visits.search(diary, under=True)


def floor_bed(diary: Diary) -> None:
    """Rest on a fall mat that is marked as a permitted lying place."""
    if not diary.permitted or diary.resident.body.wheels:
        return
    one, room = diary.resident, diary.room
    diary.up()
    one.walk(room.mat)
    with diary.episode("lying on the marked mat"):
        for how in (stances.HALF_KNEEL, stances.FOURS, stances.FLOOR_SIT, stances.ON_BACK):
            one.to(how, 1.8, at=room.mat, yaw=90.0)
        one.linger(diary.uniform(300, 1500), 8.0)
        for how in (stances.FLOOR_SIT, stances.FOURS, stances.HALF_KNEEL):
            one.to(how, 1.8, at=room.mat)
        one.to(one.upright, 1.8)


SMALL: Final[dict[Callable[[Diary], None], float]] = {
    toilet: 3.5,
    edge: 1.5,
    laces: 0.8,
    pick_up: 1.5,
    potter: 3.0,
    hard_sit: 0.5,
    drop: 0.6,
    exercise: 0.3,
    look_under_bed: 0.3,
    crawl_under_bed: 0.12,
    floor_bed: 0.3,
}
"""How often a day each of these is done between meals."""

RATES: Final = {function.__name__: rate for function, rate in SMALL.items()}
