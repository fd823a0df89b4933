"""A simulated day of three senses in several rooms: what sensors say, as it arrives at fusion.

Goes out: `(arrival, observation)`, oldest arrival first, both in nanoseconds: cameras that look ten
times a second at who moves and twice at who is still, microphones, wearables that are late by
seconds, lose the link for two hours a day and then send their backlog, small sensors. By seeded
generators for load and order, not for judging detectors: nobody is measured by this day.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from ambient.config import Bed, Microphone, NodeConfig, Room
from ambient.config_cameras import Camera, Zone
from ambient.config_gateways import Sensor, Way, Wearable
from ambient.config_vitals import ResearchUse
from ambient.config_watch import BedWatch, DoorView, RoomWatch, WetRoom
from ambient.events import Purpose
from ambient.observations import (
    AnyObservation,
    Hearing,
    HearingState,
    ImpactMeasured,
    MotionMeasured,
    Place,
    PoseSeen,
    Posture,
    PostureSeen,
    SensorKind,
    SensorSeen,
    SoundClass,
    SoundHeard,
    SpeechHeard,
    Tick,
    TrackEnd,
    TrackEnded,
    View,
    ViewState,
    VitalMeasured,
    Wear,
    WearState,
)

NS: Final = 1_000_000_000
START: Final = 1_800_000_000 * NS
"""The first instant of the day."""

BLOCK_S: Final = 60
LOOK_S: Final = 0.1
STILL_S: Final = 0.45
"""Between two looks at somebody who moves, and at somebody who is still."""

_HEART_RATE: Final = "8867-4"

Arriving = tuple[int, AnyObservation]


@dataclass(frozen=True, slots=True)
class _Doing:
    """What a resident does: how it looks, how long it lasts, and how often it is done."""

    posture: Posture
    place: Place
    down: float
    upright: float
    moves: bool
    seconds: tuple[float, float]
    by_day: float
    by_night: float


_DOINGS: Final = (
    _Doing(Posture.LYING, Place.BED, 0.93, 0.02, False, (1800, 9000), 1, 12),
    _Doing(Posture.SITTING, Place.CHAIR, 0.08, 0.9, False, (600, 3600), 8, 0.3),
    _Doing(Posture.WALK, Place.FLOOR, 0.03, 0.96, True, (20, 120), 6, 1),
    _Doing(Posture.STANDING, Place.FLOOR, 0.03, 0.95, True, (20, 90), 3, 0.5),
)
_FALLEN: Final = _Doing(Posture.FALLEN, Place.FLOOR, 0.95, 0.02, False, (90, 200), 0, 0)


def config_of(rooms: int) -> NodeConfig:
    """Return a node with so many rooms of three senses, recorded with consent.

    Whatever can be watched is: beds, a wet room, movement, agitation, vital signs for research.
    """
    every = dict.fromkeys(Purpose, True)
    bed = BedWatch(edge=True, exit=True, not_back_min=20, restless=True)
    watch = RoomWatch(no_movement_min=120, inactive=True, wandering=True, agitated=True)
    door = DoorView(camera="c1", polygon=[(0.92, 0.2), (1.0, 0.2), (1.0, 0.9), (0.92, 0.9)])
    outline = [(0.15, 0.4), (0.6, 0.4), (0.6, 0.9), (0.15, 0.9)]
    return NodeConfig(
        site="replay",
        node="n-1",
        research_use=ResearchUse(news2=True, glucose=True, rhythm=True, baseline=True),
        rooms=[
            Room(
                id=f"r{k}",
                beds=[Bed(id=f"r{k}-a", subject=f"s-00{k:02d}", watch=bed)],
                purposes=every,
                watch=watch,
                wet_rooms=[WetRoom(id=f"r{k}-bath", sensors=["door"], door=door)],
                cameras=[
                    Camera(
                        id="c1",
                        source="simulated",
                        zones=[Zone(kind=Place.BED, bed=f"r{k}-a", polygon=outline)],
                    )
                ],
                microphones=[Microphone(id="m1", source="simulated")],
                wearables=[
                    Wearable(id="w1", device="w", via=Way.MQTT, subject=f"s-00{k:02d}"),
                ],
                sensors=[
                    Sensor(id="cord", device="cord", kind=SensorKind.CORD),
                    Sensor(id="door", device="door", kind=SensorKind.DOOR),
                ],
            )
            for k in range(rooms)
        ],
    )


def arriving(
    config: NodeConfig, hours: float, seed: int, begin: int = START, *, every_s: int = 1
) -> Iterator[Arriving]:
    """Yield what arrives at fusion from all rooms, in order of arrival.

    Parameters
    ----------
    config
        Of `config_of`.
    hours
        How long.
    seed
        Of everything; the same seed yields the same day.
    begin
        The first instant; `START` is midnight.
    every_s
        Makes a thinner day: what is said each second is said as seldom as this, and cameras look
        as many times more seldom.
    """
    rooms = [
        _RoomDay(room, random.Random(f"{seed}/{room.id}"), begin, every_s) for room in config.rooms
    ]
    waiting: list[Arriving] = []
    t, end = begin, begin + round(hours * 3600 * NS)
    while t < end:
        until = min(end, t + BLOCK_S * NS)
        for room in rooms:
            waiting += room.block(t, until)
        waiting.sort(key=_arrival)
        due = next((i for i, each in enumerate(waiting) if each[0] >= until), len(waiting))
        yield from waiting[:due]
        waiting = waiting[due:]
        t = until
    yield from waiting


def _arrival(each: Arriving) -> tuple[int, str, str, int]:
    return each[0], each[1].room, each[1].source, each[1].t


class _RoomDay:
    """One room: its resident, and what the sensors say of each minute."""

    def __init__(self, room: Room, rng: random.Random, begin: int, every_s: int) -> None:
        self._every_s = every_s
        self._second = every_s * NS
        self._room = room.id
        self._bed = room.beds[0].id
        self._subject = room.beds[0].subject
        self._rng = rng
        self._doing: _Doing | None = _DOINGS[0]
        self._until = begin + int(rng.uniform(600, 5400) * NS)
        self._look = begin
        self._track = 1
        self._fell: int | None = None
        self._at = (0.5, 0.6)
        self._said = 0
        self._impacts: list[int] = []
        self._backlog: list[MotionMeasured | VitalMeasured] = []
        self._away = begin + int(rng.uniform(1, 12) * 3600 * NS)
        self._poses = [self._pose() for _ in range(64)]

    def block(self, t: int, until: int) -> list[Arriving]:
        """Return what is said of the time from `t` to `until`."""
        return [*self._camera(t, until), *self._microphone(t, until), *self._slow(t, until)]

    def _pose(self) -> tuple[list[tuple[float, float, float]], list[tuple[float, float, float]]]:
        value = self._rng.uniform
        points = [(round(value(0.3, 0.7), 4), round(value(0.3, 0.9), 4), 0.9) for _ in range(33)]
        world = [tuple(round(value(-0.9, 0.9), 4) for _ in range(3)) for _ in range(33)]
        return points, world  # type: ignore[return-value]

    def _camera(self, t: int, until: int) -> list[Arriving]:
        rng, out = self._rng, list[Arriving]()
        head: dict[str, Any] = {"room": self._room, "source": "c1"}
        for second in range(t, until, self._second):
            out.append((second + rng.randrange(1, 9_000_000), Tick(t=second, **head)))
        out.append((t + 150_000_000, ViewState(t=t + 1, view=View.OK, run=START, **head)))
        while self._look < until:
            now = self._look
            if now >= self._until:
                out += self._change(now)
            doing = self._doing
            if doing is None:
                self._look = min(self._until, until)
                continue
            arrival = now + rng.randrange(60_000_000, 140_000_000)
            points, world = rng.choice(self._poses)
            out.append(
                (
                    arrival,
                    PoseSeen(
                        t=now,
                        track=self._track,
                        keypoints=points,
                        world=world,
                        box=(0.3, 0.3, 0.7, 0.9),
                        score=0.9,
                        aspect=1.7778,
                        **head,
                    ),
                )
            )
            out.append((arrival, self._posture(now, doing)))
            still = not doing.moves and now - (self._fell or 0) > 2 * NS
            self._look += int((STILL_S if still else LOOK_S) * NS) * self._every_s
        return out

    def _posture(self, now: int, doing: _Doing) -> PostureSeen:
        rng = self._rng
        x, y = self._at
        if doing.moves:
            self._at = (min(0.9, max(0.1, x + rng.uniform(-0.02, 0.02))), y)
        falling = self._fell is not None and now - self._fell < 3 * NS
        return PostureSeen(
            t=now,
            room=self._room,
            source="c1",
            track=self._track,
            posture=Posture.FALL if falling and now - (self._fell or 0) < NS else doing.posture,
            probability=round(rng.uniform(0.7, 1.0), 4),
            down=round(min(1.0, max(0.0, rng.gauss(doing.down, 0.03))), 4),
            upright=round(min(1.0, max(0.0, rng.gauss(doing.upright, 0.03))), 4),
            place=doing.place,
            bed=self._bed if doing.place is Place.BED else None,
            descent=0.9 if falling else 0.0,
            still=0.1 if doing.moves else 0.9,
            quality=round(rng.uniform(0.75, 0.95), 4),
            at=self._at,
            size=0.45,
            left_wrist=round(rng.expovariate(2.0 if doing.moves else 40.0), 3),
            right_wrist=round(rng.expovariate(2.0 if doing.moves else 40.0), 3),
            hips=round(rng.expovariate(2.0 if doing.moves else 80.0), 3),
        )

    def _change(self, now: int) -> list[Arriving]:
        """Let the resident do something else, go out, fall or get up."""
        rng = self._rng
        night = not 7 <= (now - START) / 3600 / NS % 24 < 22
        was, self._fell = self._doing, None
        if was is _FALLEN:
            self._doing = _DOINGS[3]
        elif was is not None and was.moves and rng.random() < 0.02:
            self._doing, self._fell = _FALLEN, now
            self._impacts.append(now)
        elif was is not None and was.moves and rng.random() < (0.02 if night else 0.25):
            self._doing = None
            self._until = now + int(rng.uniform(300, 5400) * NS)
            end = TrackEnded(
                t=now,
                room=self._room,
                source="c1",
                track=self._track,
                reason=TrackEnd.LEFT_PICTURE,
            )
            self._track += 1
            return [(now + 100_000_000, end)]
        else:
            weights = [d.by_night if night else d.by_day for d in _DOINGS]
            self._doing = rng.choices(_DOINGS, weights)[0]
        low, high = self._doing.seconds
        self._until = now + int(rng.uniform(low, high) * NS)
        return []

    def _microphone(self, t: int, until: int) -> list[Arriving]:
        rng, out = self._rng, list[Arriving]()
        head: dict[str, Any] = {"room": self._room, "source": "m1"}
        for second in range(t, until, self._second):
            at = second + 300_000_000
            out.append((at + 5_000_000, Tick(t=at, **head)))
        at = t + 500_000_000
        out.append((at + 5_000_000, HearingState(t=at, hearing=Hearing.OK, run=START, **head)))
        if rng.random() < 0.3:
            at = t + rng.randrange(NS, 50 * NS)
            speech = SpeechHeard(t=at, seconds=4.0, level=-31.0, person=0.8, resident=0.7, **head)
            out.append((at + 5_000_000, speech))
        if rng.random() < 0.02:
            at = t + rng.randrange(NS, 50 * NS)
            sound = rng.choice(list(SoundClass))
            sounded = SoundHeard(t=at, sound=sound, probability=round(rng.random(), 4), **head)
            out.append((at + 5_000_000, sounded))
        return out

    def _slow(self, t: int, until: int) -> list[Arriving]:
        """Return what the wearable and the small sensors say; two hours of a day come at once."""
        rng, out = self._rng, list[Arriving]()
        head: dict[str, Any] = {"room": self._room, "source": "w1", "subject": self._subject}
        for second in range(t, until, self._second):
            received = second + rng.randrange(400_000_000, 2_500_000_000)
            kind = MotionMeasured(
                t=second,
                received=received,
                wear=Wear.WRIST,
                counts=round(rng.random() * 0.2, 4),
                peak=1.2,
                lowest=0.9,
                gravity=(0.1, 0.2, 0.97),
                **head,
            )
            self._keep(out, kind, received)
        for second in range(t, until, 5 * self._second):
            received = second + rng.randrange(400_000_000, 2_500_000_000)
            pulse = VitalMeasured(
                t=second,
                received=received,
                code=_HEART_RATE,
                value=float(rng.randrange(58, 110)),
                unit="/min",
                quality=0.9,
                **head,
            )
            self._keep(out, pulse, received)
        if self._backlog and until > self._away + 7200 * NS:
            back, self._backlog = self._backlog, []
            self._away += 24 * 3600 * NS
            step = 20 * NS // max(1, len(back))
            out += [(until + i * step, one) for i, one in enumerate(back)]
        for fell in [one for one in self._impacts if one < until - 12 * NS]:
            self._impacts.remove(fell)
            impact = ImpactMeasured(
                t=fell + 10 * NS,
                received=fell + 11 * NS,
                wear=Wear.WRIST,
                impact=fell,
                fall=0.9,
                still=0.9,
                turned=70.0,
                **head,
            )
            out.append((until + NS, impact))
            cord: dict[str, Any] = {
                "room": self._room,
                "source": "cord",
                "kind": SensorKind.CORD,
                "on": True,
            }
            at = until + 2 * NS
            out.append((at + 50_000_000, SensorSeen(t=at, received=at, **cord)))
        at = t + rng.randrange(1, 50 * NS)
        if rng.random() < 0.05:
            door: dict[str, Any] = {
                "room": self._room,
                "source": "door",
                "kind": SensorKind.DOOR,
                "on": True,
            }
            out.append((at + 60_000_000, SensorSeen(t=at, received=at + 50_000_000, **door)))
        if rng.random() < 0.02:
            out.append((at + NS, WearState(t=at, received=at + NS, worn=True, battery=0.5, **head)))
        return out

    def _keep(
        self, out: list[Arriving], one: MotionMeasured | VitalMeasured, received: int
    ) -> None:
        if self._away <= one.t < self._away + 7200 * NS:
            self._backlog.append(one)
        else:
            out.append((received, one))
