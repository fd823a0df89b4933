"""Whose wearable is whose, measured on simulated rooms: a seed in, a report out.

Behind ``ambient evaluate matching``. In each room the wearable of either person is matched alone,
then both together, then one of somebody next door (a person of the room before), one whose wearer
vanished as a newcomer came to the same spot, and in every second room one on a table. None of the
motions, cameras and qualities of the pose network is one that the weights were learned from.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from msgspec import Struct

from ambient.evaluate.matching.rooms import Alike, Person, Room, Rooms, Story
from ambient.evaluate.matching.senses import SECOND, START_S
from ambient.evaluate.statistics import Share, share_of
from ambient.observations import AnyObservation, PostureSeen, TrackEnd, TrackEnded
from fusion.movement import MOVES_G
from fusion.who import Matcher
from fusion.who_belief import Belief
from models.skeletons.generate import Family
from vision.tracker import TrackerOptions

MINUTES: Final = (1, 2, 3, 5, 7)
END_S: Final = (570.0, 575.0, 580.0, 585.0, 590.0)
"""After ten minutes: the last of these at which the wearer is seen."""
MOVEMENT: Final = (
    (180, "moves 3 min and more"),
    (60, "moves 1 to 3 min"),
    (0, "moves under 1 min"),
)
STORIES: Final = (Story.STAY, Story.STAY, Story.STAY, Story.BREAK, Story.AWAY)
WORN, JOINT, NEXT_DOOR, ON_TABLE = "worn", "both", "next door", "on a table"
TAKEN_OVER: Final = "a newcomer where the wearer was lost"
LOST_S: Final = (240.0, 480.0)
AFTER_S: Final = (0.5, 4.5)
"""When the wearer is lost for good, and how much later the newcomer begins."""
NEW: Final = 1000
"""Tracks of newcomers are higher by this."""


class Outcome(Struct, frozen=True):
    """Verdicts: `right`, `wrong` and the rest unknown; each with its intervals, rooms resampled."""

    right: Share
    wrong: Share
    unknown: Share


class Report(Struct, frozen=True):
    """The whole measurement; each figure over the wearables of people who are in the room.

    Attributes
    ----------
    rooms
        Simulated.
    matched
        After ten minutes, one wearable at a time.
    moving
        The same but for the rooms where both sit all the time: nobody moves enough there to tell.
    both
        As `matched`, with the wearables of both people judged together.
    nobody
        Wearables that nobody in the room wears: right is that this is said, wrong that one of those
        seen is said to wear it.
    by_story, by_offset, by_alike, by_place, by_movement
        `matched`, apart; the last by how long the wearable moved in the ten minutes (`MOVES_G`).
    by_minutes
        The same sooner; only where the wearer is seen at that moment.
    us_per_observation
        Processor microseconds for each observation of one camera, two people and one wearable.
    """

    rooms: int
    seed: int
    matched: Outcome
    moving: Outcome
    both: Outcome
    nobody: dict[str, Outcome]
    by_story: dict[str, Outcome]
    by_offset: dict[str, Outcome]
    by_alike: dict[str, Outcome]
    by_place: dict[str, Outcome]
    by_movement: dict[str, Outcome]
    by_minutes: dict[str, Outcome]
    us_per_observation: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was said of one wearable; `right` is None where it was not known."""

    room: int
    case: str
    story: str
    offset: str
    alike: str
    place: str
    minutes: int
    moved_s: int
    right: bool | None


def run(
    data: Path,
    *,
    rooms: int = 100,
    seed: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Measure.

    Parameters
    ----------
    data
        The folder of motions, or the one above it.
    rooms, seed
        How many rooms, and what they are drawn from.
    progress
        Told how many are done, and of how many.

    Raises
    ------
    UsageError
        Motions are missing.
    """
    source = Rooms(data, Family.HELDOUT)
    verdicts: list[Verdict] = []
    spent, taken = 0.0, 0
    before: Room | None = None
    for number in range(rooms):
        room = source.one(seed, number, story=STORIES[number % len(STORIES)])
        began = time.process_time()
        verdicts += _matched(room, number, 0)
        spent += time.process_time() - began
        taken += sum(len(one.seen) for one in room.people) + len(room.people[0].moved)
        verdicts += _matched(room, number, 1)
        verdicts += _both(room, number)
        verdicts += _nobody(room, number, before)
        before = room
        if progress is not None:
            progress(number + 1, rooms)
    return summarise(verdicts, rooms=rooms, seed=seed, us=spent / max(taken, 1) * 1e6)


def played(
    matcher: Matcher, seen: Iterable[AnyObservation], stops: Iterable[float]
) -> Iterator[float]:
    """Feed a matcher in the order of time; yield at each of the seconds `stops`."""
    left = list(stops)
    for one in sorted(seen, key=lambda each: each.t):
        while left and one.t >= (START_S + left[0]) * SECOND:
            yield left.pop(0)
        matcher.observe(one)
        matcher.advance(one.t)
    yield from left


def _matched(room: Room, number: int, who: int) -> list[Verdict]:
    matcher = Matcher()
    device = room.device(who, "a")
    out: list[Verdict] = []
    last: bool | None = None
    stops = [*(60.0 * minute for minute in MINUTES), *END_S]
    for at in played(matcher, [*_seen(room), *device], stops):
        track = room.people[who].track_at(at)
        if track is None:
            continue
        right = _right(_of(matcher, "a"), track)
        if at < END_S[0]:
            out.append(_verdict(room, number, WORN, who, right, round(at / 60)))
        else:
            last = right
    return [*out, _verdict(room, number, WORN, who, last, 10)]


def _both(room: Room, number: int) -> list[Verdict]:
    matcher = Matcher()
    devices = [*room.device(0, "a"), *room.device(1, "b")]
    last: dict[int, bool | None] = {0: None, 1: None}
    for at in played(matcher, [*_seen(room), *devices], END_S):
        for who, name in enumerate("ab"):
            track = room.people[who].track_at(at)
            if track is not None:
                last[who] = _right(_of(matcher, name), track)
    return [_verdict(room, number, JOINT, who, right, 10) for who, right in last.items()]


def _nobody(room: Room, number: int, before: Room | None) -> list[Verdict]:
    cases: dict[str, list[AnyObservation]] = {}
    if before is not None:
        cases[NEXT_DOOR] = [*_seen(room), *before.device(0, "c")]
        cases[TAKEN_OVER] = [*taken_over(room, before.people[0]), *room.device(0, "c")]
    if number % 2:
        cases[ON_TABLE] = [*_seen(room), *room.on_table("c")]
    out = []
    for case, every in cases.items():
        matcher = Matcher()
        for _ in played(matcher, every, END_S[-1:]):
            belief = _of(matcher, "c")
            right = None
            if belief is not None:
                right = True if belief.elsewhere else None if belief.track is None else False
            out.append(_verdict(room, number, case, 0, right, 10))
    return out


def taken_over(room: Room, newcomer: Person) -> list[AnyObservation]:
    """Return what the camera says when the first person vanishes and another is where that one was.

    The hardest case there is of a track that seems to go on: seconds later, on the same spot.
    """
    rng = np.random.default_rng([*room.seed, 2])
    lost = START_S + float(rng.uniform(*LOST_S))
    begins = lost + float(rng.uniform(*AFTER_S))
    mine = [one for one in room.people[0].seen if one.t < lost * SECOND]
    last = next(one for one in reversed(mine) if isinstance(one, PostureSeen))
    out = [*mine, *room.people[1].seen]
    out.append(
        TrackEnded(
            t=last.t + round(TrackerOptions().max_gap_s * SECOND), room=last.room,
            source=last.source, track=last.track, reason=TrackEnd.LOST,
        )
    )  # fmt: skip
    shift: tuple[float, float] | None = None
    for one in newcomer.seen:
        if one.t < begins * SECOND:
            continue
        if isinstance(one, PostureSeen):
            shift = shift or (last.at[0] - one.at[0], last.at[1] - one.at[1])
            at = one.at[0] + shift[0], one.at[1] + shift[1]
            out.append(msgspec.structs.replace(one, track=one.track + NEW, at=at))
        elif isinstance(one, TrackEnded):
            out.append(msgspec.structs.replace(one, track=one.track + NEW))
    return out


def _seen(room: Room) -> list[AnyObservation]:
    return [*room.people[0].seen, *room.people[1].seen]


def _of(matcher: Matcher, device: str) -> Belief | None:
    return next((one for one in matcher.beliefs() if one.device == device), None)


def _right(belief: Belief | None, track: int) -> bool | None:
    """Return whether what is said of a wearable is right; None when it is not known."""
    if belief is None or (belief.track is None and not belief.elsewhere):
        return None
    return belief.track == track


def _verdict(
    room: Room, number: int, case: str, who: int, right: bool | None, minutes: int
) -> Verdict:
    off = abs(room.offset_s)
    return Verdict(
        room=number,
        case=case,
        story=room.story.value,
        offset="up to 1 s" if off <= 1 else "1 to 3 s" if off <= 3 else "3 to 5 s",
        alike=room.alike.value,
        place=room.people[who].wear.value,
        minutes=minutes,
        moved_s=sum(one.counts >= MOVES_G for one in room.people[who].moved),
        right=right,
    )


def summarise(verdicts: list[Verdict], *, rooms: int, seed: int, us: float) -> Report:
    """Return the figures; pure."""
    worn = [one for one in verdicts if one.case == WORN]
    ten = [one for one in worn if one.minutes == 10]
    return Report(
        rooms=rooms,
        seed=seed,
        matched=outcome(ten),
        moving=outcome([one for one in ten if one.alike != Alike.SITTING]),
        both=outcome([one for one in verdicts if one.case == JOINT]),
        nobody=_apart([v for v in verdicts if v.case not in (WORN, JOINT)], lambda v: v.case),
        by_story=_apart(ten, lambda one: one.story),
        by_offset=_apart(ten, lambda one: one.offset),
        by_alike=_apart(ten, lambda one: one.alike),
        by_place=_apart(ten, lambda one: one.place),
        by_movement=_apart(ten, _movement),
        by_minutes=_apart(worn, lambda one: f"{one.minutes:2} min"),
        us_per_observation=round(us, 1),
    )


def outcome(verdicts: list[Verdict]) -> Outcome:
    """Return how many verdicts are right, wrong and unknown."""
    by = [one.room for one in verdicts]
    return Outcome(
        right=share_of([one.right is True for one in verdicts], by),
        wrong=share_of([one.right is False for one in verdicts], by),
        unknown=share_of([one.right is None for one in verdicts], by),
    )


def _movement(one: Verdict) -> str:
    return next(name for least, name in MOVEMENT if one.moved_s >= least)


def _apart(verdicts: list[Verdict], key: Callable[[Verdict], str]) -> dict[str, Outcome]:
    names = sorted({key(one) for one in verdicts})
    return {name: outcome([one for one in verdicts if key(one) == name]) for name in names}
