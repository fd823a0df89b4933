"""What a room's senses say of a resident's days: a `Lived` in, observations in order out.

The camera looks every few seconds at who lies, every half minute at who sits still, every second
while somebody moves; it overlooks one movement in ten, sees one every few hours that was none, and
loses sleepers under the blanket for ten minutes at a time. Sounds, violent movement of the arms and
a heart rate come at the own rates, and far oftener while somebody is agitated. All of it is assumed
and listed in docs/situations.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from msgspec import structs

from ambient.evaluate.habits.life import Doing, Incident, Lived, Matter, Stretch
from ambient.observations import (
    AnyObservation,
    Place,
    Posture,
    PostureSeen,
    SoundClass,
    SoundHeard,
    Tick,
    VitalMeasured,
)
from fusion.agitation import HEART_RATE

ROOM: Final = "room"
SECOND: Final = 1_000_000_000
IN_BED_S, STILL_S, MOVING_S = 4.0, 30.0, 1.0
"""Seconds between looks."""
SEEN: Final = 0.9
"""Share of movements that the camera sees."""
SPURIOUS_H: Final = 0.3
"""Movements an hour that it sees of somebody who does not move."""
LOST: Final = 0.25
"""Share of ten minutes in bed in which nobody is seen."""
LOST_S: Final = 600.0
LASTS_S: Final = (3.0, 9.0)
RESTLESS: Final = (0.3, 0.7)
"""Share of looks in which somebody restless moves."""
WRISTS: Final = 1.3
"""Body lengths a second of arms that swing."""
AGITATED_H: Final = {"moan": 40.0, "scream": 6.0, "arms": 60.0}
"""Signs an hour while somebody is agitated; half of them are noticed."""
NOTICED: Final = 0.5
COLD_H, GYMNASTICS_H, FILM_H = 30.0, 30.0, 18.0
WAVES_H: Final = 0.3
"""Violent movements of the arms an hour that mean nothing."""
QUICKER: Final = (18.0, 40.0)
"""How much quicker the heart of somebody agitated is, a minute."""
BED_OUTLINE: Final = [(0.1, 0.5), (0.5, 0.5), (0.5, 0.8), (0.1, 0.8)]
_IN_BED, _CHAIR, _UP = (0.53, 0.65), (1.2, 0.7), (1.0, 0.6)


def said(one: Lived, seed: int, number: int) -> Iterator[AnyObservation]:
    """Yield what is said of a resident's days, in order of time."""
    rng = np.random.default_rng((seed, number, 22))
    others = _signs(one, rng)
    at = 0
    for stretch in one.stretches:
        for seen in _looks(stretch, one.incidents, rng):
            while at < len(others) and others[at].t <= seen.t:
                yield others[at]
                at += 1
            yield seen
    yield from others[at:]


def _looks(
    stretch: Stretch, incidents: list[Incident], rng: np.random.Generator
) -> Iterator[AnyObservation]:
    if stretch.doing is Doing.OUT:
        for t in np.arange(stretch.start, stretch.end, 60.0):
            yield Tick(t=round(t * SECOND), room=ROOM, source="node")
        return
    hours = (stretch.end - stretch.start) / 3600.0
    count = rng.poisson(stretch.moves * SEEN * hours) + rng.poisson(SPURIOUS_H * hours)
    starts = np.sort(rng.uniform(stretch.start, stretch.end, count)).tolist()
    moving = [(t, t + float(rng.uniform(*LASTS_S))) for t in starts]
    restless = [i for i in incidents if i.matter is Matter.RESTLESS and i.end > stretch.start]
    share = float(rng.uniform(*RESTLESS))
    lost, lost_until = False, stretch.start
    t, n = stretch.start, 0
    every = IN_BED_S if stretch.in_bed else STILL_S
    while t < stretch.end:
        while n < len(moving) and moving[n][1] <= t:
            n += 1
        moves = stretch.doing is Doing.WALKS or (n < len(moving) and moving[n][0] <= t)
        if stretch.in_bed:
            if any(i.start <= t < i.end for i in restless):
                moves = bool(rng.random() < share)
            if t >= lost_until:
                lost, lost_until = bool(rng.random() < LOST), t + LOST_S
        if lost and not moves:
            yield Tick(t=round(t * SECOND), room=ROOM, source="node")
        else:
            yield _seen(stretch, t, moves=moves)
        step = every if stretch.in_bed or not moves else MOVING_S
        if not stretch.in_bed and not moves and n < len(moving):
            step = max(0.2, min(step, moving[n][0] - t))
        t += step


def _seen(stretch: Stretch, t: float, *, moves: bool) -> PostureSeen:
    if stretch.doing is Doing.WALKS:
        posture, place, where, up, down = Posture.WALK, Place.UNKNOWN, _UP, 0.95, 0.02
    elif stretch.in_bed:
        posture, place, where, up, down = Posture.LYING, Place.BED, _IN_BED, 0.03, 0.9
    else:
        posture, place, where, up, down = Posture.SITTING, Place.CHAIR, _CHAIR, 0.8, 0.1
    return PostureSeen(
        t=round(t * SECOND), room=ROOM, source="c1", track=1, posture=posture, probability=0.9,
        down=down, upright=up, place=place, bed="bed" if stretch.in_bed else None, descent=0.0,
        still=0.2 if moves else 0.97, quality=0.8, at=where, size=0.5,
    )  # fmt: skip


def _signs(one: Lived, rng: np.random.Generator) -> list[AnyObservation]:
    """Return sounds, violent movement and heart rates of all days, in order."""
    end = one.stretches[-1].end
    whole = [(0.0, end)]
    upset = [(i.start, i.end) for i in one.incidents if i.matter is Matter.AGITATED]
    found: list[AnyObservation] = []
    for what, rate, spans in (
        (SoundClass.MOAN, one.moans_h, whole),
        (SoundClass.COUGH, one.coughs_h, whole),
        (SoundClass.COUGH, COLD_H, one.colds),
        (SoundClass.SCREAM, FILM_H, one.films),
        (SoundClass.MOAN, AGITATED_H["moan"] * NOTICED, upset),
        (SoundClass.SCREAM, AGITATED_H["scream"] * NOTICED, upset),
    ):
        for t in _times(rate, spans, rng):
            found.append(
                SoundHeard(t=round(t * SECOND), room=ROOM, source="m1", sound=what, probability=0.8)
            )
    awake = [(s.start, s.end) for s in one.stretches if s.doing is Doing.SITS]
    for rate, spans in (
        (WAVES_H, awake),
        (GYMNASTICS_H, one.gymnastics),
        (AGITATED_H["arms"] * NOTICED, upset),
    ):
        sat = Stretch(0.0, 0.0, Doing.SITS)
        for t in _times(rate, spans, rng):
            seen = _seen(sat, t, moves=True)
            found.append(structs.replace(seen, left_wrist=WRISTS, hips=0.1))
    if one.wears:
        found += _pulses(one, end, upset, rng)
    return sorted(found, key=lambda seen: seen.t)


def _pulses(
    one: Lived, end: float, upset: list[tuple[float, float]], rng: np.random.Generator
) -> Iterator[AnyObservation]:
    for t in np.arange(30.0, end, 120.0).tolist():
        value = one.pulse + float(rng.normal(0.0, 5.0))
        if any(start <= t < stop for start, stop in upset):
            value += float(rng.uniform(*QUICKER))
        ns = round(t * SECOND)
        yield VitalMeasured(
            t=ns, received=ns, room=ROOM, source="w1", subject="s-aaaa", code=HEART_RATE,
            value=round(value, 1), unit="/min",
        )  # fmt: skip


def _times(rate: float, spans: list[tuple[float, float]], rng: np.random.Generator) -> list[float]:
    """Return instants of a Poisson process of `rate` an hour within spans."""
    return [
        float(t)
        for start, end in spans
        for t in rng.uniform(start, end, rng.poisson(rate * (end - start) / 3600.0))
    ]
