"""How often a wristband rings of nobody at night, and whether falls with one still ring.

Behind ``ambient evaluate wristbands``. Nights of ``nights.life`` are shown to a node whose
residents wear a wristband each (`bands`): alone, beside the room's camera, and beside camera, bed
sensor and mat. Nobody falls in them. In the same call recorded falls at the wrist are felt beside a
bed in rooms whose other senses say what they would (`band_falls`). Pure but for the clock that
tells how long it took.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from msgspec import Struct
from msgspec.structs import replace

import vision
from ambient.config import NodeConfig
from ambient.config_gateways import Gateways, Mqtt, Way, Wearable
from ambient.evaluate import days, nights
from ambient.evaluate.kept import kept
from ambient.evaluate.nights.band_falls import Room, told_after
from ambient.evaluate.nights.bands import SECOND, SUBJECTS, TURN, Pool, pool, worn
from ambient.evaluate.nights.life import Night, night
from ambient.evaluate.nights.watch import Senses, camera, carers, config_of, merged, sensors
from ambient.evaluate.statistics import Quantiles, Rate, Share, poisson, quantiles, wilson
from ambient.evaluate.versions import code_hash
from ambient.events import AnyEvent, FallConfirmed, FallSuspected, Sense
from ambient.observations import AnyObservation, ImpactMeasured, Wear
from fusion.judge import Judge

_KEY: Final = "0" * 40
_WORN: Final = frozenset({Sense.WEARABLE_IMPACT, Sense.WEARABLE_STILLNESS})
_decoder: Final = msgspec.msgpack.Decoder(list[AnyObservation])


class Beside(StrEnum):
    """What a room has beside wristbands."""

    NOTHING = "nothing else"
    CAMERA = "camera"
    ALL = "camera, bed sensor and mat"


class Rings(Struct, frozen=True):
    """What rang of nobody, per wearer and night of 9.5 hours.

    Attributes
    ----------
    rang, shown
        Falls confirmed, and only suspected, to which a wristband contributed.
    an_act
        Those confirmed per recording that was felt: residents do far less in a night than follow
        each other without a pause here, so what they do times this is nearer to their rate.
    of
        What was felt when it rang, by recording.
    recordings
        A recording of which one telling rang may ring again and again. So the interval is that of
        how many of the recordings rang (exact Poisson), each as often as those that did; where
        none did, as often as one that rings whenever it is felt.
    """

    rang: Rate
    an_act: Rate
    shown: float
    of: dict[str, int]
    recordings: int


class Report(Struct, frozen=True):
    """The whole measurement.

    Attributes
    ----------
    called
        Impacts that the detector calls a fall, per hour out of bed, and per night in bed.
    beside
        By what the room has.
    falls
        By room: recorded falls at the wrist that ring within `FOUND_S`, by what else the room has.
    """

    seed: int
    nights: int
    wearer_nights: float
    hours_up: float
    recordings: int
    called_an_hour: float
    called_in_bed: float
    beside: dict[str, Rings]
    falls: dict[str, Share]
    after: dict[str, Quantiles]
    seconds: float


class Watched(Struct):
    """One night: what its bands felt, and what was told of it, by what the room has."""

    wearers: int
    hours_up: float
    felt: Counter[str]
    called: tuple[int, int]
    rang: dict[Beside, list[str]]
    shown: dict[Beside, int]


def run(
    nights: int,
    vitals: Path,
    *,
    seed: int = 1,
    every: bool = False,
    keep: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Live `nights` nights, and let every recorded fall happen in each kind of room.

    Parameters
    ----------
    vitals
        The folder of recordings.
    seed
        Equal seeds give equal reports (but for the seconds).
    every
        Whether people out of bed also jog, hop and clap, as the recorded ones do.
    keep
        A folder in which what the cameras say is kept; nights that it holds are not looked at
        again, unless the code that decides it has changed.
    progress
        Called with (done, all) after each night.

    Raises
    ------
    UsageError
        The folder holds no such recordings, or a kept file is of another version.
    """
    start = time.monotonic()
    made = pool(vitals, seed, every=every)
    watched = []
    for number in range(nights):
        one = night(seed, number)
        watched.append(watch(one, seed, made, _looked(one, seed, keep)))
        if progress is not None:
            progress(number + 1, nights)
    after = {room: [told_after(fall, room) for fall in made.falls] for room in Room}
    return summarise(watched, made, after, seed, time.monotonic() - start)


def watch(one: Night, seed: int, made: Pool, looked: Sequence[AnyObservation]) -> Watched:
    """Return one night measured; `looked` is what its camera says."""
    said, hours, pieces = worn(one, made, np.random.default_rng((seed, one.day.number, 12)))
    about = [(r.start, r.back) for r in one.rises]
    called = [
        any(start <= i.impact / SECOND <= end for start, end in about)
        for i in said
        if isinstance(i, ImpactMeasured) and i.fall >= made.threshold
    ]
    found = Watched(
        wearers=len(one.room.beds),
        hours_up=sum(hours.values()),
        felt=Counter(file for _, file in pieces),
        called=(sum(called), len(called) - sum(called)),
        rang={},
        shown={},
    )
    small = sensors(one, seed)
    for beside in Beside:
        streams: list[Sequence[AnyObservation]] = [said, carers(one)]
        streams += [looked] if beside is not Beside.NOTHING else []
        streams += [small] if beside is Beside.ALL else []
        falls = [e for e in _told(one, beside, merged(*streams)) if _is_of_band(e)]
        rang = {e.chain: e for e in falls if isinstance(e, FallConfirmed)}
        found.rang[beside] = [_felt_at(e.t, pieces) for e in rang.values()]
        found.shown[beside] = len({e.chain for e in falls} - set(rang))
    return found


def summarise(
    watched: Sequence[Watched],
    made: Pool,
    after: dict[Room, list[float | None]],
    seed: int,
    seconds: float,
) -> Report:
    """Return the report; pure."""
    wearers = float(sum(one.wearers for one in watched))
    hours = sum(one.hours_up for one in watched)
    felt = Counter[str]()
    for one in watched:
        felt.update(one.felt)
    up, in_bed = (sum(one.called[i] for one in watched) for i in (0, 1))
    return Report(
        seed=seed,
        nights=len(watched),
        wearer_nights=wearers,
        hours_up=round(hours, 2),
        recordings=made.recordings,
        called_an_hour=round(up / hours, 2) if hours else 0.0,
        called_in_bed=round(in_bed / wearers, 3) if wearers else 0.0,
        beside={
            beside.value: _rings(
                [file for one in watched for file in one.rang[beside]],
                sum(one.shown[beside] for one in watched),
                felt,
                wearers,
            )
            for beside in Beside
        },
        falls={
            room.value: wilson(sum(one is not None for one in each), len(each))
            for room, each in after.items()
        },
        after={
            room.value: quantiles([one for one in each if one is not None])
            for room, each in after.items()
        },
        seconds=round(seconds, 1),
    )


def _rings(rang: Sequence[str], shown: int, felt: Counter[str], wearers: float) -> Rings:
    """Return the rate of rings, with the interval of the recordings that it comes of."""
    of = Counter(rang)
    recorded = [count for file, count in felt.items() if file != TURN]
    often = len(rang) / len(of) if of else sum(recorded) / max(1, len(recorded))
    return Rings(
        rang=_rate(len(rang), wearers, len(of), often),
        an_act=_rate(len(rang), float(sum(recorded)), len(of), often),
        shown=round(shown / wearers, 3),
        of=dict(of.most_common()),
        recordings=len(of),
    )


def _rate(rings: int, exposure: float, recordings: int, often: float) -> Rate:
    """Return a rate as sure as the recordings behind it, each of which rang so often."""
    sure = poisson(recordings, exposure)
    return Rate(
        count=rings,
        exposure=exposure,
        rate=None if sure.rate is None else round(rings / exposure, 5),
        low=None if sure.low is None else round(sure.low * often, 5),
        high=None if sure.high is None else round(sure.high * often, 5),
    )


def worn_config(one: Night, beside: Beside) -> NodeConfig:
    """Return the configuration of a night's room whose residents wear a band each."""
    watched = config_of(one, Senses.CAMERA if beside is Beside.CAMERA else Senses.ALL)
    room = watched.rooms[0]
    beds = [replace(bed, subject=who) for bed, who in zip(room.beds, SUBJECTS, strict=False)]
    bands = [
        Wearable(id=f"w{n + 1}", device=f"w{n + 1}", via=Way.MQTT, subject=who, wear=Wear.WRIST)
        for n, who in enumerate(SUBJECTS[: len(beds)])
    ]
    cameras = [] if beside is Beside.NOTHING else room.cameras
    room = replace(room, beds=beds, wearables=bands, cameras=cameras)
    return replace(watched, rooms=[room], gateways=Gateways(mqtt=Mqtt(host="10.0.2.5")))


def _told(one: Night, beside: Beside, seen: Iterable[AnyObservation]) -> list[AnyEvent]:
    judge = Judge(worn_config(one, beside), _KEY)
    events = [event for each in seen for event in judge.observe(each)]
    return [*events, *judge.finish()]


def _is_of_band(event: AnyEvent) -> bool:
    return isinstance(event, FallSuspected | FallConfirmed) and any(
        one.sense in _WORN and one.llr > 0.0 for one in event.contributions
    )


def _felt_at(t: int, pieces: Sequence[tuple[int, str]]) -> str:
    """Return which recording was felt when something rang at `t`."""
    before = [file for began, file in pieces if began <= t - 4 * SECOND]
    return before[-1] if before else ""


@cache
def _code() -> str:
    """Return the hash of what decides what a camera says of a night."""
    return code_hash((vision, days, nights), ())


def _looked(one: Night, seed: int, keep: Path | None) -> list[AnyObservation]:
    """Return what the camera says of a night, from the folder or by looking now."""
    from vision.temporal import LearnedPosture

    return kept(
        None if keep is None else keep / f"night-{seed}-{one.day.number}-{_code()}.msgpack",
        lambda: camera(one, seed, LearnedPosture.create()),
        decode=_decoder.decode,
        encode=msgspec.msgpack.encode,
        what="what a camera of this version says",
        again="the night is looked at again",
    )
