"""Who else comes into the room: carers, cleaners, guests and children, and people on a screen."""

from __future__ import annotations

from typing import Final

import numpy as np

from ambient.evaluate.days import stances
from ambient.evaluate.days.diary import Diary, Episode, Where
from ambient.evaluate.days.people import Role, Somebody, Stay
from ambient.evaluate.days.rooms import yaw_to
from models.bodies.body import Shape
from models.skeletons.daily import LEVEL, Figure, X, Y, path, row

SHOT_S: Final = (3.0, 25.0)
"""How long one picture of a television programme shows the same person."""


def care(diary: Diary) -> None:
    """Morning or evening care: one or two carers at the bed bend over, wash, dress, help up."""
    one, room = diary.resident, diary.room
    diary.to_bed()
    with diary.episode("care at the bed"):
        one.cover(False)
        carers = [diary.comes(Role.CARER, diary.t)]
        if diary.chance(0.35):
            carers.append(diary.comes(Role.CARER, diary.t + 1.5))
        for index, carer in enumerate(carers):
            at = (room.beside[0] + 0.55 * index * abs(room.head[0]),
                  room.beside[1] + 0.55 * index * abs(room.head[1]))  # fmt: skip
            carer.walk(at, facing=yaw_to(at, room.bed))
        end = max(carer.t for carer in carers) + diary.uniform(300, 900)
        for carer in carers:
            _bend_over(diary, carer, end)
        while one.t < end - 40:
            one.hold(diary.uniform(15, 90))
            one.lie(
                (stances.ON_BACK, stances.ON_SIDE, stances.CURLED)[int(diary.rng.integers(3))], 3.0
            )
        one.until(end)
        one.sit_up()
        diary.where = Where.EDGE
        first = carers[0]
        first.until(one.t - 3)
        _shoes(diary, first)
        one.until(first.t)
        _help_up(diary, first)
    for carer in carers:
        carer.until(min(diary.t, carer.t + 400))
        diary.goes(carer)


def _bend_over(diary: Diary, carer: Somebody, end: float) -> None:
    while carer.t < end - 25:
        carer.to(stances.LEAN, 1.0, vary=5.0)
        carer.hold(diary.uniform(2, 14))
        if diary.chance(0.2):
            carer.to(stances.STOOP, 1.0, vary=5.0)
            carer.hold(diary.uniform(1, 5))
        carer.to(stances.STAND, 0.9)
        carer.hold(diary.uniform(4, 40))
    carer.until(end)


def _shoes(diary: Diary, carer: Somebody) -> None:
    """Squat or kneel before the resident's feet."""
    front = diary.room.edge.front
    carer.walk(front, facing=yaw_to(front, diary.room.edge.at))
    how = (stances.SQUAT, stances.HALF_KNEEL, stances.KNEEL)[int(diary.rng.integers(3))]
    carer.to(how, 1.1)
    carer.hold(diary.uniform(8, 35))
    carer.to(stances.STAND, 1.1)


def _help_up(diary: Diary, carer: Somebody) -> None:
    """Raise the resident from the edge in the arms, to the feet or into a wheelchair."""
    one = diary.resident
    with diary.episode("transfer with a carer"):
        carer.to(stances.HUG, 0.9)
        one.until(carer.t)
        one.rise(diary.room.edge)
        diary.where = Where.UP
        carer.until(one.t)
        carer.to(stances.STAND, 0.9)


def check(diary: Diary, t: float) -> None:
    """Look in at night: in, to the bed, a bend, out; the resident sleeps on."""
    carer = diary.comes(Role.CARER, t)
    room = diary.room
    with diary.episode("night check", carer):
        carer.walk(room.beside, facing=yaw_to(room.beside, room.bed))
        carer.hold(diary.uniform(2, 15))
        if diary.chance(0.5):
            carer.to(stances.LEAN, 1.0)
            carer.hold(diary.uniform(2, 20))
            carer.to(stances.STAND, 1.0)
        diary.goes(carer)


def medicine(diary: Diary, t: float) -> None:
    """Bring medicine to wherever the resident sits or lies."""
    room = diary.room
    there = {Where.BED: room.beside, Where.EDGE: room.edge.front, Where.REST: room.rest.front,
             Where.CHAIR: room.chair.front}.get(diary.where, room.hub)  # fmt: skip
    carer = diary.comes(Role.CARER, t)
    with diary.episode("medicine and a word", carer):
        at = (there[0] - 0.3, there[1] - 0.2)
        carer.walk(at, facing=yaw_to(at, there))
        how = (stances.LEAN, stances.SQUAT, stances.REACH)[int(diary.rng.integers(3))]
        carer.to(how, 1.0)
        carer.hold(diary.uniform(5, 60))
        carer.to(stances.STAND, 1.0)
        diary.goes(carer)


def cleaning(diary: Diary, t: float) -> None:
    """Clean the room: mop, wipe low things, look under the bed, make the bed."""
    cleaner = diary.comes(Role.CLEANER, t)
    room = diary.room
    with diary.episode("cleaning", cleaner):
        for _ in range(int(diary.rng.integers(5, 11))):
            cleaner.walk(diary.near(room.hub, 2.0))
            for _ in range(int(diary.rng.integers(1, 4))):
                how = (stances.LEAN, stances.STOOP, stances.SQUAT, stances.REACH)
                cleaner.to(how[int(diary.rng.choice(4, p=(0.45, 0.2, 0.15, 0.2)))], 0.9, vary=6.0)
                cleaner.hold(diary.uniform(1, 9))
            cleaner.to(stances.STAND, 0.9)
        if diary.chance(0.3):
            _kneel_at_bed(diary, cleaner, under=False)
        if diary.chance(0.6):
            cleaner.walk(room.beside, facing=yaw_to(room.beside, room.bed))
            for _ in range(5):
                cleaner.to(stances.LEAN, 0.9, vary=6.0)
                cleaner.hold(diary.uniform(1, 6))
            cleaner.to(stances.STAND, 0.9)
        diary.goes(cleaner)


def search(diary: Diary, *, under: bool) -> None:
    """Somebody comes to look or crawl under the bed."""
    role = Role.VISITOR if diary.chance(0.4) else Role.CARER
    who = diary.comes(role, diary.t)
    with diary.episode("crawling under the bed" if under else "looking under the bed", who):
        _kneel_at_bed(diary, who, under=under)
        diary.goes(who)


def _kneel_at_bed(diary: Diary, who: Somebody, *, under: bool) -> None:
    room = diary.room
    who.walk(room.edge.front, facing=yaw_to(room.edge.front, room.edge.at))
    who.to(stances.HALF_KNEEL, 1.0)
    who.to(stances.FOURS, 1.2)
    who.to(stances.PEER, 1.0)
    who.hold(diary.uniform(2, 15))
    if under:
        dx, dy = room.edge.at[0] - room.edge.front[0], room.edge.at[1] - room.edge.front[1]
        inside = (room.edge.front[0] + 0.8 * dx, room.edge.front[1] + 0.8 * dy)
        who.to(stances.FLAT, 2.0, at=inside)
        who.linger(diary.uniform(4, 30), 500.0)
        who.to(stances.PEER, 2.0, at=room.edge.front)
    who.to(stances.KNEEL, 1.2)
    who.to(stances.STAND, 1.4)


def guests(diary: Diary) -> None:
    """One or two guests, now and then a child, for half an hour or more."""
    one, room = diary.resident, diary.room
    diary.to_rest()
    with diary.episode("guests"):
        guest = diary.comes(Role.VISITOR, diary.t)
        before = (room.rest.front[0] - 0.25, room.rest.front[1])
        guest.walk(before, facing=yaw_to(before, room.rest.at))
        guest.to(stances.HUG, 0.8)
        guest.hold(diary.uniform(1.5, 4))
        guest.to(stances.STAND, 0.8)
        child = diary.comes(Role.CHILD, guest.t, child=True) if diary.chance(0.35) else None
        end = guest.t + diary.uniform(900, 3600)
        guest.sit(room.chair)
        guest.linger(end - guest.t, 25.0)
        if child is not None:
            _play(diary, child, end)
        one.linger(max(0.0, guest.t - one.t), 25.0)
        guest.rise(room.chair)
        if diary.chance(0.6):
            guest.walk(before, facing=yaw_to(before, room.rest.at))
            guest.to(stances.HUG, 0.8)
            guest.hold(diary.uniform(2, 5))
            guest.to(stances.STAND, 0.8)
        diary.goes(guest)
        one.until(guest.t)
    if child is not None:
        diary.goes(child)


def _play(diary: Diary, child: Somebody, end: float) -> None:
    with diary.episode("a child plays", child):
        while child.t < end - 60:
            child.walk(diary.near(diary.room.hub, 1.4))
            low = (stances.PLAY, stances.KNEEL, stances.SQUAT, stances.FOURS, stances.HEELS)
            for _ in range(int(diary.rng.integers(1, 4))):
                how = low[int(diary.rng.integers(len(low)))]
                child.to(how, 0.9, vary=6.0)
                # Sitting and kneeling they play for minutes; all fours is a way to get about.
                child.linger(diary.uniform(2, 12) if how is stances.FOURS
                             else diary.uniform(5, 180), 60.0)  # fmt: skip
            child.to(stances.STAND, 0.8)
            child.hold(diary.uniform(2, 20))
        child.until(end)


def screen(diary: Diary, until: float) -> None:
    """Show people on the television until then: one stay for each shot that the network takes."""
    t = diary.t
    rng = diary.rng
    kinds = (stances.STAND, stances.SIT, stances.LOUNGE, stances.ON_BACK, stances.CRUMPLE)
    figure = Figure(Shape())
    while t < until - 1:
        end = min(until, t + float(rng.uniform(*SHOT_S)))
        if rng.random() < 0.25:
            how = kinds[int(rng.choice(5, p=(0.45, 0.25, 0.15, 0.1, 0.05)))]
            moved = stances.varied(how, rng, 6.0)
            only = row(moved.pose, (0.0, 0.0), roll=moved.roll, feet=False)
            only[[X, Y, LEVEL]] = 0.0
            only[0] = float(rng.normal(0, 30))
            shot = path([(t, only, True)])
            diary.others.append(Stay(Role.SCREEN, figure, shot, t, end, (), float(rng.random())))
        t = end
    diary.episodes.append(Episode("television on", diary.t, float(np.floor(until))))
