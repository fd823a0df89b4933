"""Minutes of somebody's movement from short motions: a plan in, joints of one body out.

Motions are those of `models.skeletons` (captured and simulated), each given to the body, cut,
turned so that it stays near the middle of the room, and joined to the one before. What is done
when can be given, so that two people do the same at the same time without moving alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np

from models.skeletons.build import Build, build_for, retarget
from models.skeletons.edit import cut, heading, idle, mirror, resampled, rested, spliced
from models.skeletons.joints import Array, Joint
from models.skeletons.motion import RATE_HZ, Motion
from models.skeletons.pool import Pool, Sort, spans

WALK_S: Final = 6.0
"""No stretch of walking in a room is longer before somebody turns."""
TURN_RAD_S: Final = 1.9
NEAR_M: Final = 1.6
"""From so far off the middle on, people turn back towards it."""
WALLS_M: Final = 2.0
"""What leads farther off than this is cut there: rooms have walls."""
LEAST_S: Final = 1.0
"""No motion is cut shorter than this."""


class Doing(StrEnum):
    """What somebody does for a while."""

    SEATED = "seated"
    WALKING = "walking"
    STANDING = "standing"
    BUSY = "busy"
    LOW = "low"
    LYING = "lying"


DAY: Final = {
    Doing.SEATED: (0.34, 20.0, 70.0),
    Doing.WALKING: (0.2, 6.0, 30.0),
    Doing.STANDING: (0.14, 4.0, 20.0),
    Doing.BUSY: (0.2, 8.0, 40.0),
    Doing.LOW: (0.06, 5.0, 15.0),
    Doing.LYING: (0.06, 20.0, 60.0),
}
"""Share of turns and their least and most seconds (assumed: somebody who is up and about)."""
TOGETHER: Final = {Doing.WALKING: (0.5, 10.0, 40.0), Doing.STANDING: (0.5, 4.0, 15.0)}
SITTING: Final = {Doing.SEATED: (1.0, 300.0, 600.0)}


@dataclass(frozen=True, slots=True)
class Turn:
    """What is done for how many seconds."""

    doing: Doing
    seconds: float


def plan(
    rng: np.random.Generator,
    seconds: float,
    of: dict[Doing, tuple[float, float, float]] = DAY,
) -> list[Turn]:
    """Draw what somebody does over so many seconds."""
    kinds, turns, now = list(of), [], 0.0
    shares = np.array([of[kind][0] for kind in kinds])
    while now < seconds:
        kind = kinds[int(rng.choice(len(kinds), p=shares / shares.sum()))]
        turn = Turn(kind, float(rng.uniform(*of[kind][1:])))
        turns.append(turn)
        now += turn.seconds
    return turns


def live(rng: np.random.Generator, pool: Pool, turns: Sequence[Turn], seconds: float) -> Motion:
    """Return one body doing what is planned, for so many seconds.

    Parameters
    ----------
    rng
        Everything is drawn from it.
    pool
        Motions to choose from.
    turns
        What is done; the last goes on.
    seconds
        How long it lasts.
    """
    build = build_for(rng)
    pieces: list[Motion] = []
    now, due = 0.0, 0.0
    last: Motion | None = None
    for turn in turns:
        due += turn.seconds
        while now < min(due, seconds):
            for piece in _pieces(rng, pool, build, turn.doing, due - now):
                fresh = _within(piece if last is None else _after(rng, last, piece))
                pieces.append(fresh)
                now += fresh.seconds
                last = cut(fresh, max(0.0, fresh.seconds - 0.1), fresh.seconds)
    joints = np.concatenate([piece.joints for piece in pieces])[: round(seconds * RATE_HZ)]
    segments, at = [], 0.0
    for piece in pieces:
        segments += [replace(s, start_s=at + s.start_s, end_s=at + s.end_s) for s in piece.segments]
        at += piece.seconds
    return replace(pieces[0], name="life", joints=joints, segments=tuple(segments))


def _pieces(
    rng: np.random.Generator, pool: Pool, build: Build, doing: Doing, left_s: float
) -> Iterator[Motion]:
    """Yield motions that do it, for about so many seconds or less."""
    if doing in (Doing.SEATED, Doing.LYING):
        sort = Sort.SEAT if doing is Doing.SEATED else Sort.BED
        motion = _drawn(rng, pool, sort, build)
        rests = spans(motion, "sitting" if doing is Doing.SEATED else "lying")
        long = max(rests, key=lambda one: one.end_s - one.start_s)
        at = 0.5 * (long.start_s + long.end_s)
        yield cut(motion, 0.0, at)
        yield rested(rng, cut(motion, at - 0.1, at), 0.1, max(2.0, left_s - motion.seconds),
                     long.label)  # fmt: skip
        yield cut(motion, at, motion.seconds)
        return
    if doing is Doing.STANDING:
        motion = _drawn(rng, pool, Sort.WALK, build)
        at = float(rng.uniform(0.0, motion.seconds))
        yield idle(rng, cut(motion, at, at + 0.2), min(left_s, float(rng.uniform(3.0, 15.0))))
        return
    sort = {Doing.WALKING: Sort.WALK, Doing.BUSY: Sort.MOCAP, Doing.LOW: Sort.LOW}[doing]
    motion = _drawn(rng, pool, sort, build)
    most = min(WALK_S if doing is Doing.WALKING else 20.0, left_s + 1.0)
    begin = float(rng.uniform(0.0, max(0.0, motion.seconds - most)))
    yield cut(motion, begin, begin + most)


def _drawn(rng: np.random.Generator, pool: Pool, sort: Sort, build: Build) -> Motion:
    motion = retarget(pool.draw(rng, sort), build)
    if rng.random() < 0.5:
        motion = mirror(motion)
    return resampled(motion, RATE_HZ, float(rng.uniform(0.6, 1.1)))


def _after(rng: np.random.Generator, last: Motion, piece: Motion) -> Motion:
    """Return a piece as it follows on: first a turn on the spot where it would lead away."""
    here = last.joints[-1]
    way = piece.joints[-1, Joint.PELVIS, :2] - piece.joints[0, Joint.PELVIS, :2]
    spin = heading(here) - heading(piece.joints[0])
    cos, sin = np.cos(spin), np.sin(spin)
    led = np.array([cos * way[0] - sin * way[1], sin * way[0] + cos * way[1]])
    ends = here[Joint.PELVIS, :2] + led
    start = last
    if float(np.hypot(*ends)) > NEAR_M and float(np.hypot(*way)) > 0.5:
        wanted = np.arctan2(*-here[[Joint.PELVIS], [1, 0]]) + rng.normal(0.0, 0.4)
        turn = wanted - np.arctan2(led[1], led[0])
        start = _turn(last, float((turn + np.pi) % (2 * np.pi) - np.pi))
    joined = spliced(start, piece, float(rng.uniform(0.4, 0.9)))
    return cut(joined, last.seconds, joined.seconds)


def _within(piece: Motion) -> Motion:
    """Return a piece up to where it would go through a wall."""
    off = np.hypot(*piece.joints[:, Joint.PELVIS, :2].T)
    out = np.flatnonzero((off > WALLS_M) & (np.diff(off, prepend=off[0]) > 0.0))
    out = out[out >= LEAST_S * piece.rate]
    return piece if not len(out) else cut(piece, 0.0, out[0] / piece.rate)


def _turn(last: Motion, angle: float) -> Motion:
    """Return the last pose going on, turning by an angle."""
    count = max(4, round(abs(angle) / TURN_RAD_S * last.rate))
    part = 0.5 - 0.5 * np.cos(np.linspace(0.0, np.pi, count))
    here = last.joints[-1]
    middle = here[0] * np.array([1.0, 1.0, 0.0])
    local: Array = here - middle
    cos, sin = np.cos(angle * part)[:, None], np.sin(angle * part)[:, None]
    joints = np.stack(
        [cos * local[:, 0] - sin * local[:, 1], sin * local[:, 0] + cos * local[:, 1],
         np.broadcast_to(local[:, 2], (count, len(local)))], axis=-1,
    ) + middle  # fmt: skip
    pieces = replace(last.segments[-1], start_s=0.0, end_s=(count + len(last.joints)) / last.rate)
    return replace(last, joints=np.concatenate([last.joints, joints]), segments=(pieces,))
