"""What a wristband says of a simulated night: recorded everyday life and made turns in bed.

In: a `Night`, recordings of worn accelerometers. Out: observations of a band on each sleeper, by
way of the node's own meter and detector. Out of bed, and while somebody sits up in it, recordings
of everyday life follow each other without a pause, each as one of several devices would have felt
it (`models.wearable.learning.tell`) and judged by networks that never saw its subject: far denser
than residents live at night. Nobody jogs, hops or claps then (`NOT_AT_NIGHT`), unless all is asked
for. In bed the wearer lies still; with every movement of the simulated
sleeper the arm swings over and knocks against rail or mattress, half of the time. What knocks are
like is assumed (`KNOCK_G`, `KNOCK_S`), what is said of them is the shipped detector's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from ambient.errors import UsageError
from ambient.evaluate.accelerations import Floats, Recording, Trace, recordings
from ambient.evaluate.clip import ROOM
from ambient.evaluate.days.diary import DAY_S, HOUR_S
from ambient.evaluate.days.people import Role, Stay
from ambient.evaluate.fusion_falls.streams import Stream, around, at, measured
from ambient.evaluate.nights.life import Kind, Night
from ambient.observations import AnyObservation, ImpactMeasured, MotionMeasured, Wear
from ambient.train.wearable import read_folds
from models.wearable import FallNet, load
from models.wearable.learning.tell import rotation, tell

SECOND: Final = 1_000_000_000
EVENING_H, MORNING_H = 21.0, 6.5
"""The band speaks between these hours."""
TELLINGS: Final = 6
"""As so many devices each everyday recording is felt."""
NOT_AT_NIGHT: Final = ("Jogging", "Hopping", "Aplausing")
LIES_DOWN: Final = "LyingDown"
TURN: Final = "turn in bed"
"""In place of the name of a recording."""
TURNS: Final = 200
"""Made turns in bed."""
KNOCKS: Final = 0.5
"""Share of turns that end with a knock."""
KNOCK_G: Final = (1.0, 6.0)
KNOCK_S: Final = (0.01, 0.12)
"""Height and length of a knock, a half sine: from a rail to a mattress."""
DROP_S: Final = (0.0, 0.15)
"""The arm falls so long before it."""
SWING_S: Final = (0.4, 2.0)
APART_S: Final = 8.0
"""Movements nearer than this are one turn."""
RATE: Final = 50
LEAD_S: Final = 12
LIES_COUNTS: Final = (0.003, 0.012)
"""Mean amplitude deviation of a second of sleep, g."""
SUBJECTS: Final = ("s-aaaa", "s-bbbb")


class Piece(Struct, frozen=True):
    """What a band says for some seconds.

    Attributes
    ----------
    stream
        From its first second on.
    seconds
        How long it lasts.
    """

    stream: Stream
    seconds: float


@dataclass(frozen=True, slots=True)
class Pool:
    """What bands are made of.

    Attributes
    ----------
    everyday
        Recorded, by what was done.
    falls
        Recorded; time 0 is the impact.
    turns
        Made.
    threshold
        Probability from which on the detector calls an impact a fall.
    """

    everyday: tuple[Piece, ...]
    falls: tuple[Stream, ...]
    turns: tuple[Piece, ...]
    threshold: float

    @property
    def recordings(self) -> int:
        """How many recordings of everyday life there are, each told several times."""
        return len({piece.stream.file for piece in self.everyday})


def pool(vitals: Path, seed: int, *, every: bool = False) -> Pool:
    """Return what bands are made of.

    Parameters
    ----------
    vitals
        The folder of recordings.
    seed
        Of devices and turns.
    every
        Whether people also do what nobody does at night.

    Raises
    ------
    UsageError
        There is no recording of a wrist that networks were kept for, or one cannot be read.
    """
    rng = np.random.default_rng((seed, 11))
    shipped, folds = load(), {s: FallNet(w) for s, w in read_folds().items()}
    everyday: list[Piece] = []
    falls: list[Stream] = []
    for recording in recordings(vitals, ("umafall",)):
        trace = recording.traces.get(Wear.WRIST)
        if trace is None or recording.subject not in folds:
            continue
        net = folds[recording.subject]
        if recording.fall:
            falls.append(_fall(recording, measured(trace, net)))
        elif every or not any(name in recording.file for name in NOT_AT_NIGHT):
            for told in (trace, *(_told(trace, rng) for _ in range(TELLINGS - 1))):
                everyday.append(_piece(recording, told, net))
    lying = sum(LIES_DOWN in piece.stream.file for piece in everyday)
    if not falls or not 0 < lying < len(everyday):
        raise UsageError(
            f"{vitals}: expected recordings of UMAFall at the wrist, of falls, of lying down and "
            f"of other everyday life, got {len(falls)}, {lying} and {len(everyday) - lying}; "
            "name the folder vitals"
        )
    net = FallNet(shipped)
    turns = tuple(_turn(net, rng) for _ in range(TURNS))
    return Pool(tuple(everyday), tuple(falls), turns, shipped.threshold)


def worn(
    night: Night, pool: Pool, rng: np.random.Generator
) -> tuple[list[AnyObservation], dict[str, float], list[tuple[int, str]]]:
    """Return what the bands of a night say, in order.

    Returns
    -------
    tuple
        The observations; hours out of bed by bed; and when which recording began (ns, file).
    """
    said: list[AnyObservation] = []
    up_h: dict[str, float] = {}
    began: list[tuple[int, str]] = []
    for number, (bed, stays) in enumerate(zip(night.room.beds, _sleepers(night), strict=True)):
        about = _about(night, bed)
        up_h[bed] = sum(end - start for start, end, up in about if up) / HOUR_S
        placed = _recorded(about, pool, rng)
        placed += _turned(stays, [(start, end) for start, end, _ in about], pool, rng)
        placed.sort(key=lambda one: one[0])
        mine = _laid(placed, rng)
        began += [(round(t * SECOND), piece.stream.file) for t, piece in placed]
        said += [_of(one, number) for one in mine]
    return sorted(said, key=lambda one: one.t), up_h, sorted(began)


def _told(trace: Trace, rng: np.random.Generator) -> Trace:
    return Trace(trace.wear, *tell(trace.times, trace.samples, rng))


def _piece(recording: Recording, trace: Trace, net: FallNet) -> Piece:
    seen = measured(trace, net)
    zero = int(trace.times[0])
    return Piece(_stream(recording.file, False, seen, zero), trace.seconds)


def _fall(recording: Recording, seen: list[AnyObservation]) -> Stream:
    impacts = [(one.fall, one.impact) for one in seen if isinstance(one, ImpactMeasured)]
    zero = max(impacts)[1] if impacts else (seen[0].t + seen[-1].t) // 2
    return _stream(recording.file, True, seen, zero)


def _stream(file: str, fall: bool, seen: Iterable[AnyObservation], zero: int) -> Stream:
    return Stream(file=file, person=file, fall=fall, seen=around(seen, zero))


def _turn(net: FallNet, rng: np.random.Generator) -> Piece:
    """Return one turn in bed: an arm that swings over, and maybe knocks against something."""
    before, after = rotation(rng)[0], rotation(rng)[0]
    swing = np.linspace(0.0, 1.0, round(rng.uniform(*SWING_S) * RATE))[:, None]
    share = 0.5 - 0.5 * np.cos(np.pi * swing)
    over = before * (1.0 - share) + after * share
    over = over / np.sqrt(np.square(over).sum(1, keepdims=True))
    over = over * (1.0 + 0.15 * np.sin(2 * np.pi * (3.0 * swing + rng.random())))
    parts = [np.tile(before, (LEAD_S * RATE, 1)), over]
    if rng.random() < KNOCKS:
        parts.append(np.tile(0.3 * after, (round(rng.uniform(*DROP_S) * RATE), 1)))
        parts.append(after + _knock(rng))
    parts.append(np.tile(after, (8 * RATE, 1)))
    samples = np.vstack(parts)
    samples = samples + rng.normal(0.0, 0.006, samples.shape)
    times = np.arange(len(samples)) * (SECOND // RATE) + 1000 * SECOND
    zero = int(times[0]) + LEAD_S * SECOND
    seen = [one for one in measured(Trace(Wear.WRIST, times, samples), net) if one.t >= zero]
    return Piece(_stream(TURN, False, seen, zero), len(over) / RATE + 8.0)


def _knock(rng: np.random.Generator) -> Floats:
    """Return a half sine (N, 3), g, as a device averages it that measures `RATE` times a second."""
    fine, length = 20, float(rng.uniform(*KNOCK_S))
    count = round(length * RATE * fine)
    cells = -(-count // fine) + 1
    pulse = np.zeros(cells * fine)
    begin = int(rng.integers(0, fine))
    pulse[begin : begin + count] = np.sin(np.pi * np.arange(count) / count)
    height: Floats = pulse.reshape(cells, fine).mean(1)[:, None] * rng.uniform(*KNOCK_G)
    along: Floats = rotation(rng)[0]
    return np.asarray(height * along, np.float64)


def _sleepers(night: Night) -> list[list[Stay]]:
    """Return each bed's resident's stays: a night lists them one resident after the other."""
    found: list[list[Stay]] = []
    for stay in night.day.stays:
        if stay.role is not Role.RESIDENT:
            continue
        if not found or stay.start < found[-1][-1].start:
            found.append([])
        found[-1].append(stay)
    return found


def _about(night: Night, bed: str) -> list[tuple[float, float, bool]]:
    """Return spans in which somebody does not lie: from, to (s), and whether out of bed."""
    spans = []
    for rise in night.rises:
        if rise.bed != bed:
            continue
        morning = rise.start < MORNING_H * HOUR_S
        end = min(rise.back, MORNING_H * HOUR_S if morning else DAY_S)
        spans.append((rise.start, end, rise.kind is not Kind.DRINKS))
    return [span for span in spans if span[1] > span[0]]


def _recorded(
    about: Iterable[tuple[float, float, bool]], pool: Pool, rng: np.random.Generator
) -> list[tuple[float, Piece]]:
    """Return recordings that fill these spans, the last of each of somebody lying down."""
    lying = [piece for piece in pool.everyday if LIES_DOWN in piece.stream.file]
    other = [piece for piece in pool.everyday if LIES_DOWN not in piece.stream.file]
    placed: list[tuple[float, Piece]] = []
    for start, end, _ in about:
        last = lying[int(rng.integers(len(lying)))]
        t = start
        while t + 1.0 < end - last.seconds:
            piece = other[int(rng.integers(len(other)))]
            placed.append((t, piece))
            t += piece.seconds
        placed.append((t, last))
    return placed


def _turned(
    stays: Iterable[Stay],
    about: list[tuple[float, float]],
    pool: Pool,
    rng: np.random.Generator,
) -> list[tuple[float, Piece]]:
    """Return a made turn for each movement of somebody who lies in bed at night."""
    placed: list[tuple[float, Piece]] = []
    free = 0.0
    for start, _ in (span for stay in stays for span in stay.path.moving()):
        dark = start < MORNING_H * HOUR_S or start >= EVENING_H * HOUR_S
        busy = any(begin - 20.0 <= start <= end + 20.0 for begin, end in about)
        if dark and not busy and start >= free:
            piece = pool.turns[int(rng.integers(len(pool.turns)))]
            placed.append((start, piece))
            free = start + max(piece.seconds, APART_S)
    return placed


def _laid(placed: list[tuple[float, Piece]], rng: np.random.Generator) -> list[AnyObservation]:
    """Return what a band says: the pieces where they are, and a quiet arm between them."""
    said: list[AnyObservation] = []
    hangs = rotation(rng)[0]
    free = 0
    every: list[tuple[float, Piece | None]] = [*placed, (DAY_S, None)]
    for n, (t, piece) in enumerate(every):
        begin = round(t * SECOND)
        for second in range(-(-free // SECOND) * SECOND, begin, SECOND):
            hour = second / SECOND / HOUR_S
            if hour < MORNING_H or hour >= EVENING_H:
                said.append(_quiet(second, hangs, rng))
        if piece is None:
            break
        end = min(begin + round(piece.seconds * SECOND), round(every[n + 1][0] * SECOND))
        mine = [one for one in at(piece.stream, begin) if _kept(one, begin, end)]
        said += mine
        hangs = next((o.gravity for o in reversed(mine) if isinstance(o, MotionMeasured)), hangs)
        free = end
    return said


def _kept(one: AnyObservation, begin: int, end: int) -> bool:
    if isinstance(one, ImpactMeasured):
        return begin <= one.impact < end  # told after the piece is over
    return begin <= one.t < end


def _quiet(t: int, hangs: Iterable[float], rng: np.random.Generator) -> MotionMeasured:
    x, y, z = (float(v) for v in hangs)
    return MotionMeasured(
        t=t, received=t, room=ROOM, source="w", wear=Wear.WRIST, gravity=(x, y, z), steps=0,
        counts=round(float(rng.uniform(*LIES_COUNTS)), 4), peak=1.01, lowest=0.99,
    )  # fmt: skip


def _of(one: AnyObservation, number: int) -> AnyObservation:
    """Return an observation as that of the band of a bed's sleeper."""
    return replace(one, room=ROOM, source=f"w{number + 1}", subject=SUBJECTS[number])
