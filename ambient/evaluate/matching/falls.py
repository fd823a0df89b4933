"""What it brings that falls are told whose wearable is whose: a seed in, two verdicts a case out.

Two residents of a double room live for ten minutes as in `rooms`, and one of them wears a device.
Then either falls, or does what a camera may take for it, as a camera said of a recorded clip; the
device says what one said of a recorded fall, or of everyday life. The whole fusion of a node judges
it twice: told who wears what, and not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from msgspec import Struct

from ambient.config import Bed, NodeConfig
from ambient.config import Room as RoomConfig
from ambient.config_cameras import Camera
from ambient.config_gateways import Ble, Gateways, Way, Wearable
from ambient.evaluate.fusion_falls.report import measured_on
from ambient.evaluate.fusion_falls.simulate import Pools
from ambient.evaluate.fusion_falls.streams import Stream, at
from ambient.evaluate.matching.rooms import SECONDS, Alike, Room, Rooms
from ambient.evaluate.matching.senses import SECOND, START_S, measured
from ambient.evaluate.statistics import Share, share_of
from ambient.events import FallConfirmed
from ambient.observations import (
    AnyObservation,
    Measured,
    MotionMeasured,
    PostureSeen,
    Tick,
    TrackEnded,
    Wear,
)
from fusion.down_state import Nobody
from fusion.judge import Judge
from models.skeletons.generate import Family

WHEN: Final = round((START_S + SECONDS + 20.0) * SECOND)
"""The instant that the clip is about."""
WATCHED_S: Final = 60.0
LOOKS_S: Final = 0.2
"""How often somebody who goes on standing is seen meanwhile."""
LATER: Final = 5000
"""Tracks of the clip but for its first are higher by this."""
DEVICE, SUBJECT, OTHER = "a", "s-0001", "s-0002"
_KEY: Final = "k" * 40


class Case(StrEnum):
    """What happens after ten minutes."""

    WEARER_FALLS = "the wearer falls"
    OTHER_FALLS = "the other falls, the wearer walks or sits"
    WEARER_LIVES = "the wearer does something everyday"
    OTHER_LIVES = "the other does something everyday"

    @property
    def fall(self) -> bool:
        """Return whether somebody falls."""
        return self in (Case.WEARER_FALLS, Case.OTHER_FALLS)

    @property
    def wearer(self) -> bool:
        """Return whether it is about who wears the device."""
        return self in (Case.WEARER_FALLS, Case.WEARER_LIVES)


class Verdict(Struct, frozen=True):
    """What was said of one case.

    Attributes
    ----------
    confirmed
        Whether a fall was confirmed.
    after_s
        How long after the instant, seconds.
    named
        Whose fall it was said to be.
    """

    confirmed: bool
    after_s: float | None = None
    named: str | None = None


class Told(Struct, frozen=True):
    """Figures of one case, told who wears what or not.

    Attributes
    ----------
    confirmed
        A fall was.
    median_s
        After the instant, of those confirmed.
    named_right, named_wrong
        Of the confirmed, those said to be of whom they were, and of somebody else.
    """

    confirmed: Share
    median_s: float | None
    named_right: Share
    named_wrong: Share


class Report(Struct, frozen=True):
    """The whole measurement: by case, told and not told.

    `marked_train` of the videos that falls are taken from are marked `train`: none, or all where no
    other is there.
    """

    rooms: int
    seed: int
    marked_train: int
    told: dict[str, Told]
    untold: dict[str, Told]


def run(
    data: Path,
    cache: Path,
    *,
    rooms: int = 60,
    seed: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Measure.

    Parameters
    ----------
    data
        The folder of labelled recordings, with ``motion``, ``video`` and ``vitals``.
    cache
        Where observations of recordings are kept.
    rooms, seed
        How many double rooms, and what they are drawn from.
    progress
        Told how many are done, and of how many.

    Raises
    ------
    UsageError, SourceError
        Motions are missing; a manifest or recording cannot be read.
    """
    pools = measured_on(data, cache)
    verdicts: dict[tuple[Case, bool], list[Verdict]] = {}
    for number, room in enumerate(_rooms(data, rooms, seed)):
        rng = np.random.default_rng([seed, number, 7])
        for case in Case:
            seen = story(room, case, pools, rng)
            for told in (True, False):
                said = judged(seen, told=told, wear=room.people[0].wear)
                verdicts.setdefault((case, told), []).append(said)
        if progress is not None:
            progress(number + 1, rooms)
    return Report(
        rooms=rooms,
        seed=seed,
        marked_train=pools.marked_train,
        told={case.value: _figures(case, verdicts[case, True]) for case in Case},
        untold={case.value: _figures(case, verdicts[case, False]) for case in Case},
    )


def _rooms(data: Path, rooms: int, seed: int) -> Iterator[Room]:
    """Yield rooms with both in sight at the end, and a device where recordings have one."""
    source, number = Rooms(data, Family.HELDOUT), -1
    while rooms:
        number += 1
        room = source.one(seed, number)
        there = all(one.track_at(SECONDS - 1.0) is not None for one in room.people)
        worn = room.people[0].wear in (Wear.WAIST, Wear.WRIST)
        if there and worn and room.alike is not Alike.SITTING:
            rooms -= 1
            yield room


def story(room: Room, case: Case, pools: Pools, rng: np.random.Generator) -> list[AnyObservation]:
    """Return ten minutes of two people and what comes then, in the order of time."""
    wearer, other = room.people
    about, beside = (wearer, other) if case.wearer else (other, wearer)
    falls = case is Case.WEARER_FALLS
    clip = _drawn(rng, [one for one in pools.camera if one.fall is case.fall])
    felt = _drawn(rng, [one for one in pools.wearable if one.fall is falls and _is(one, room)])
    out: list[AnyObservation] = [*wearer.seen, *other.seen]
    # The clock is off in matching; what is felt is timed by it, so here it is right.
    out += measured(wearer.moved, DEVICE, wearer.wear, shift_s=0.0)
    shown = _shown(about.seen, about.track_at(SECONDS - 1.0), at(clip, WHEN))
    out += shown
    out += _stands(about.seen, min(one.t for one in shown))
    ends = WHEN + round(WATCHED_S * SECOND)
    out += _stands(beside.seen, ends)
    out += [
        msgspec.structs.replace(one, source=DEVICE, room="r1")
        for one in at(felt, WHEN)
        if isinstance(one, Measured) and one.t > (START_S + SECONDS) * SECOND
    ]
    out = [
        msgspec.structs.replace(one, subject=SUBJECT) if isinstance(one, Measured) else one
        for one in out
        if one.t <= ends
    ]
    first = round(START_S)
    out += [Tick(t=s * SECOND, room="r1", source="node") for s in range(first, ends // SECOND + 1)]
    return sorted(out, key=lambda one: one.t)


def judged(seen: list[AnyObservation], *, told: bool, wear: Wear = Wear.WRIST) -> Verdict:
    """Return what the fusion of a node says of it."""
    band = Wearable(id=DEVICE, device="AA:BB:CC:DD:EE:FF", via=Way.BLE, subject=SUBJECT, wear=wear)
    beds = [Bed(id="b1", subject=SUBJECT), Bed(id="b2", subject=OTHER)]
    camera = Camera(id="c1", source="x")
    rooms = [RoomConfig(id="r1", cameras=[camera], beds=beds, wearables=[band])]
    judge = Judge(NodeConfig(site="s", node="n", rooms=rooms, gateways=Gateways(ble=Ble())), _KEY)
    room = judge.rooms["r1"]
    if not told:
        room.falls.who = Nobody()
    for one in seen:
        for event in room.observe(one):
            if isinstance(event, FallConfirmed) and event.t >= WHEN - 2 * SECOND:
                return Verdict(True, round((event.t - WHEN) / SECOND, 2), event.subject)
    return Verdict(False)


def _is(stream: Stream, room: Room) -> bool:
    """Return whether a stream is of a device where this one is worn."""
    wear = room.people[0].wear
    return any(isinstance(one, MotionMeasured) and one.wear is wear for _, one in stream.seen)


def _drawn(rng: np.random.Generator, pool: list[Stream]) -> Stream:
    return pool[int(rng.integers(len(pool)))]


def _last(seen: list[AnyObservation]) -> PostureSeen:
    return next(one for one in reversed(seen) if isinstance(one, PostureSeen))


def _shown(
    before: list[AnyObservation], track: int | None, clip: list[AnyObservation]
) -> list[AnyObservation]:
    """Return a clip as it goes on from somebody's track, where that person was."""
    last = _last(before)
    first = next(one for one in clip if isinstance(one, PostureSeen))
    shift = last.at[0] - first.at[0], last.at[1] - first.at[1]
    out: list[AnyObservation] = []
    for one in clip:
        if not isinstance(one, PostureSeen | TrackEnded):
            continue
        number = track if one.track == first.track and track is not None else one.track + LATER
        one = msgspec.structs.replace(one, room="r1", source="c1", track=number)
        if isinstance(one, PostureSeen):
            at_ = one.at[0] + shift[0], one.at[1] + shift[1]
            one = msgspec.structs.replace(one, at=at_, left_wrist=None, right_wrist=None, hips=None)
        out.append(one)
    return out


def _stands(before: list[AnyObservation], until: int) -> list[AnyObservation]:
    """Return somebody who stands there since last seen."""
    last, step = _last(before), round(LOOKS_S * SECOND)
    still = msgspec.structs.replace(last, left_wrist=0.0, right_wrist=0.0, hips=0.0, quality=0.9)
    return [msgspec.structs.replace(still, t=t) for t in range(last.t + step, until, step)]


def _figures(case: Case, verdicts: list[Verdict]) -> Told:
    confirmed = [one for one in verdicts if one.confirmed]
    whose = SUBJECT if case.wearer else OTHER
    after = sorted(one.after_s for one in confirmed if one.after_s is not None)
    return Told(
        confirmed=share_of([one.confirmed for one in verdicts]),
        median_s=after[len(after) // 2] if after else None,
        named_right=share_of([one.named == whose for one in confirmed]),
        named_wrong=share_of([one.named not in (None, whose) for one in confirmed]),
    )
