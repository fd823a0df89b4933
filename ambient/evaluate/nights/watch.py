"""A night as a node sees it: a `Night` in, the observations of its room and the judge's events out.

The camera is that of simulated days (`days.watch`): the pose engine that fails, the node's own
tracker, posture model and second detector. Where days are cut short because nothing changes, the
last sight of everybody is repeated once a second with nothing moving, so that event time goes on.
Small sensors (a bed's pressure sensor, a mat before it, a carer's button) are simulated by what
stands in `BedSensor` and `Mat`, which are assumptions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Final

import msgspec
import numpy as np

from ambient.config import Bed, NodeConfig, Room
from ambient.config_cameras import Camera
from ambient.config_watch import BedWatch
from ambient.evaluate.clip import CAMERA, ROOM
from ambient.evaluate.days.diary import DAY_S
from ambient.evaluate.days.watch import Node, perceived
from ambient.evaluate.nights.life import Night
from ambient.events import AnyEvent
from ambient.observations import (
    AnyObservation,
    PoseSeen,
    PostureSeen,
    SensorKind,
    SensorSeen,
    Tick,
    TrackEnded,
)
from fusion.judge import Judge
from vision.posture import PostureModel

SECOND: Final = 1_000_000_000
FOLD_S: Final = 4.0
"""So long after a change each look is taken as in simulated days; then the last sight repeats,
which the judge goes on weighing."""
NODE: Final = "node"
NIGHT_S: Final = 34_200.0
_KEY: Final = "0" * 40


class Senses(StrEnum):
    """What a room has."""

    CAMERA = "camera"
    SENSORS = "bed sensor and mat"
    ALL = "camera, bed sensor and mat"


class BedSensor:
    """A pressure sensor: assumed delays, and how often it wavers."""

    OFF_S: Final = (0.5, 3.0)
    ON_S: Final = (0.5, 3.0)
    EDGE_OFF: Final = 0.35
    """Probability that it lets go of somebody who sits on the edge."""
    FLICKERS: Final = 1.0
    """A night, of somebody restless; a quarter of that of others."""
    FLICKER_S: Final = (1.0, 6.0)


class Mat:
    """A mat before the bed: feet on it while somebody sits on the edge, or walks over it."""

    HIT: Final = 0.9
    DELAY_S: Final = (0.1, 1.0)
    PASSES: Final = 0.3
    """Probability that a carer at the bed steps on it."""


class _Recorder(Node):
    """The node behind the engine; keeps what is said instead of judging falls."""

    def begin(self) -> None:
        """Start with nothing kept."""
        self.kept: list[AnyObservation] = []
        self._sights: dict[int, PostureSeen] = {}
        self._at = 0

    def take(self, seen: list[AnyObservation], t: float) -> None:
        """Keep what was said of a look at second `t`, and fill the time that was left out."""
        now = round(t * 1e9)
        for second in range(self._at + SECOND, now - SECOND // 2, SECOND):
            for sight in self._sights.values():
                self.kept.append(
                    msgspec.structs.replace(sight, t=second, still=1.0, descent=0.0, hips=None,
                                            left_wrist=None, right_wrist=None)
                )  # fmt: skip
            if self._sights or second % (10 * SECOND) == 0:
                self.kept.append(Tick(t=second, room=ROOM, source=CAMERA))
        self._at = now
        for one in seen:
            if isinstance(one, PostureSeen):
                self._sights[one.track] = one
            elif isinstance(one, TrackEnded):
                self._sights.pop(one.track, None)
            if not isinstance(one, PoseSeen):
                self.kept.append(msgspec.structs.replace(one, t=now))


def camera(night: Night, seed: int, model: PostureModel | None = None) -> list[AnyObservation]:
    """Return what the camera says of a night, in order."""
    day = night.day
    rng = np.random.default_rng((seed, day.number, 1))
    every, frames, active = perceived(day, rng, FOLD_S)
    node = _Recorder(day, rng, model, frozenset())
    node.begin()
    node.run(every, frames, active)
    return node.kept


def sensors(night: Night, seed: int) -> list[AnyObservation]:
    """Return what bed sensors and mats say of a night, in order."""
    rng = np.random.default_rng((seed, night.day.number, 2))
    out: list[SensorSeen] = []
    for bed, restless in zip(night.room.beds, night.restless, strict=True):
        rises = [(r.edge, r.stood, r.back) for r in night.rises if r.bed == bed and r.edge]
        flickers = BedSensor.FLICKERS * (1.0 if restless else 0.25) / NIGHT_S
        out += bed_sensor(bed, night.asleep[bed], rises, flickers, rng)
        out += mat(bed, rises, rng)
        out += _trodden(night, bed, rng)
    return sorted(out, key=lambda one: one.t)


def carers(night: Night) -> list[AnyObservation]:
    """Return the button at the door of those carers who press it: on for half a second."""
    out: list[AnyObservation] = []
    for visit in night.visits:
        if visit.pressed:
            out += [
                _sensor(SensorKind.CARER, visit.start + 1.0, True),
                _sensor(SensorKind.CARER, visit.start + 1.5, False),
                _sensor(SensorKind.CARER, max(visit.end - 1.0, visit.start + 2.0), True),
                _sensor(SensorKind.CARER, max(visit.end - 0.5, visit.start + 2.5), False),
            ]
    return out


def config_of(night: Night, senses: Senses = Senses.CAMERA) -> NodeConfig:
    """Return the configuration of a node that watches each bed for all that it can.

    The word of a camera alone is taken where there is nothing else.
    """
    alone = senses is Senses.CAMERA
    watched = BedWatch(edge=True, exit=True, not_back_min=15, restless=True, camera_alone=alone)
    beds = [Bed(id=bed, watch=watched) for bed in night.room.beds]
    room = Room(id=ROOM, beds=beds, cameras=[
        Camera(id=CAMERA, source="night", zones=list(night.room.zones))
    ])  # fmt: skip
    return NodeConfig(site="site", node=NODE, rooms=[room], time_zone="UTC")


def merged(*streams: Iterable[AnyObservation]) -> Iterator[AnyObservation]:
    """Yield the observations of several sources by their time, with ticks of the node."""
    every = sorted((one for stream in streams for one in stream), key=lambda one: one.t)
    tick, spoke = 0, 0
    for one in every:
        while tick <= one.t:
            # Every second for a minute after anybody spoke, each ten seconds else.
            if tick - spoke <= 60 * SECOND or tick % (10 * SECOND) == 0:
                yield Tick(t=tick, room=ROOM, source=NODE)
            tick += SECOND
        spoke = one.t
        yield one


def judged(night: Night, senses: Senses, seen: Iterable[AnyObservation]) -> list[AnyEvent]:
    """Return all events of a night in rooms with these senses."""
    judge = Judge(config_of(night, senses), _KEY)
    events = [event for one in seen for event in judge.observe(one)]
    return events + judge.finish()


Rise = tuple[float, float | None, float]
"""When somebody sits on the edge, stands up (None: lies down again), and is back, seconds."""


def bed_sensor(
    bed: str,
    in_bed: Iterable[tuple[float, float]],
    rises: Iterable[Rise],
    flickers: float,
    rng: np.random.Generator,
) -> list[SensorSeen]:
    """Return what a bed's pressure sensor says.

    Parameters
    ----------
    in_bed
        From when to when somebody is, seconds.
    flickers
        How often a second it wavers meanwhile.
    """
    changes: list[tuple[float, bool]] = []
    for start, end in in_bed:
        changes.append((start + rng.uniform(*BedSensor.ON_S), True))
        if end < DAY_S - 1:
            changes.append((end + rng.uniform(*BedSensor.OFF_S), False))
        wavers = int(rng.poisson(flickers * (end - start)))
        for t in rng.uniform(start + 10, max(start + 11, end - 10), wavers):
            changes += [(float(t), False), (float(t + rng.uniform(*BedSensor.FLICKER_S)), True)]
    for edge, stood, back in rises:
        if rng.random() < BedSensor.EDGE_OFF:
            changes.append((edge + rng.uniform(*BedSensor.OFF_S), False))
            if stood is None:
                changes.append((back, True))
    return _course(SensorKind.BED, changes, bed)


def mat(bed: str, rises: Iterable[Rise], rng: np.random.Generator) -> list[SensorSeen]:
    """Return what a mat before a bed says of those who sit on its edge, and once at the start."""
    changes: list[tuple[float, bool]] = [(1.0, False)]
    for edge, stood, back in rises:
        if rng.random() < Mat.HIT:
            leaves = stood + 3.0 if stood is not None else back - 4.0
            on = edge + rng.uniform(*Mat.DELAY_S)
            changes += [(on, True), (max(on + 1.0, leaves), False)]
    return _course(SensorKind.MAT, changes, bed)


def _trodden(night: Night, bed: str, rng: np.random.Generator) -> list[SensorSeen]:
    """Return what that mat says of carers."""
    changes: list[tuple[float, bool]] = []
    for visit in night.visits:
        if rng.random() < Mat.PASSES:
            middle = (visit.start + visit.end) / 2
            changes += [(middle, True), (middle + rng.uniform(1, 6), False)]
    return _course(SensorKind.MAT, changes, bed)


def _course(kind: SensorKind, changes: list[tuple[float, bool]], bed: str) -> list[SensorSeen]:
    """Return a sensor's changes in order, as far as they are of the day."""
    return [_sensor(kind, t, on, bed) for t, on in sorted(changes) if t < DAY_S]


def _sensor(kind: SensorKind, t: float, on: bool, bed: str | None = None) -> SensorSeen:
    ns = round(t * 1e9)
    source = f"{kind.value}-{bed}" if bed is not None else kind.value
    return SensorSeen(t=ns, received=ns, room=ROOM, source=source, kind=kind, on=on, bed=bed)
