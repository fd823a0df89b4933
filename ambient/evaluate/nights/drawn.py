"""Drawn stretches of a night: somebody under a duvet, by infrared, gets up, or does not.

In: how many, and a seed. Out: what a node says whose camera looks at them, alone and beside a bed
sensor and a mat that are simulated as those of `watch` are. A person of the bedroom
of ``evaluate subgroups`` lies in bed under a duvet, half of the beds with a rail, and gets up by
way of the edge, turns over, or sits up in bed; all frames go through the real vision pipeline. The
light is that of a camera's own infrared lamp: it comes from the camera, falls off with the square
of the distance, casts no shadow that the camera sees, and dyes and skin are light in it. Frames are
drawn in memory and live as long as they are looked at. A stretch takes half a minute of a core, so
what was measured of it may be kept in a folder: a run that was stopped goes on there, and one of
more stretches measures only the further ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from ambient.config import Bed, NodeConfig, Room
from ambient.config_cameras import Camera, Night, Zone
from ambient.config_watch import BedWatch
from ambient.errors import UsageError
from ambient.evaluate.clip import CAMERA, FPS, ROOM, Ticks
from ambient.evaluate.days import stances
from ambient.evaluate.days.stances import Stance, varied
from ambient.evaluate.nights.drawn_told import Report, Said, Stretch, summarise
from ambient.evaluate.nights.watch import bed_sensor, mat
from ambient.evaluate.subgroups_falls import MATTRESS
from ambient.evaluate.subgroups_scenes import AGES, Attribute, Level, Scene, bed_scene
from ambient.evaluate.subgroups_watch import STILL_HZ, Image, lit, outline
from ambient.events import AnyEvent, BedEdge, BedExit, FallConfirmed, SituationStep
from ambient.observations import AnyObservation, Place
from fusion.judge import Judge
from models.bodies.bedding import Bedding, Fold
from models.bodies.course import Beat, Course
from models.bodies.motion import Point
from models.bodies.raster import Triple
from models.bodies.room import Box
from models.bodies.scene import Figure, Outfit, Person, Renderer
from vision.networks import Networks
from vision.pose import PoseOptions

BED: Final = "bed"
LIES_S: Final = 26.0
"""Who has lain for less is not yet in bed."""
AFTER_S: Final = 6.0
ALWAYS: Final = "00:00-24:00"
METAL: Final = (0.72, 0.73, 0.75)
THROWN_S: Final = 1.5
"""So long does it take to push a duvet away."""
BELOW_M: Final = (0.0, 0.3)
"""How far below the shoulders a duvet begins."""
_KEY: Final = "0" * 40


class Doing(StrEnum):
    """What somebody does after lying for a while."""

    GETS_UP = "gets up"
    TURNS = "turns over"
    SITS_UP = "sits up in bed"


ORDER: Final = (Doing.GETS_UP, Doing.GETS_UP, Doing.TURNS, Doing.GETS_UP, Doing.SITS_UP)


def run(
    count: int,
    *,
    seed: int = 1,
    keep: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Draw and watch `count` stretches.

    Parameters
    ----------
    keep
        A folder in which each stretch measured is kept; those that it holds are not drawn again.
        Whoever changes what is measured empties it.

    Raises
    ------
    ModelError
        When the networks are missing or damaged.
    UsageError
        A kept file is of another version.
    """
    stretches: list[Stretch] = []
    numbers = _numbers(seed)
    with Networks.open(PoseOptions(num_people=3)) as networks:
        for n in range(count):
            number = next(numbers)
            path = None if keep is None else keep / f"stretch-{seed}-{n}.json"
            if path is not None and path.exists():
                stretches.append(_kept(path))
            else:
                stretches.append(watched(seed, n, number, networks))
                if path is not None:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(msgspec.json.encode(stretches[-1]) + b"\n")
            if progress is not None:
                progress(n + 1, count)
    return summarise(stretches, seed)


def _kept(path: Path) -> Stretch:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Stretch)
    except (OSError, msgspec.DecodeError) as error:
        raise UsageError(
            f"{path}: expected a stretch measured by this version, got something else ({error}); "
            "remove it, and it is drawn again"
        ) from None


def watched(seed: int, n: int, number: int, networks: Networks) -> Stretch:
    """Return one stretch measured: the `n`-th, in the base scene `number`."""
    rng = np.random.default_rng([seed, n, 9])
    scene, rail = bed_scene(seed, number), bool(n % 2)
    scene = replace(scene, light=Level.INFRARED, covered=False)
    doing = ORDER[n % len(ORDER)]
    act = _Act(scene, doing, rng)
    config = _config(scene)
    networks.engine.reset()
    camera = config.rooms[0].cameras[0]
    pipeline = networks.pipeline(ROOM, camera, frozen_s=config.frozen_s)
    ticks = Ticks()
    seen: list[AnyObservation] = []
    for index, clean in enumerate(_frames(scene, act, rail=rail)):
        t = round(index * 1e9 / FPS)
        seen += [*pipeline.process(lit(clean, Level.INFRARED, rng), t), *ticks.due(t)]
    felt = _felt(act, np.random.default_rng([seed, n, 10]))
    return Stretch(
        number=number,
        doing=doing.value,
        rail=rail,
        edge=None if act.edge is None else round(act.edge, 2),
        stood=None if act.stood is None else round(act.stood, 2),
        camera=_said(config, seen),
        beside=_said(_config(scene, alone=False), sorted([*seen, *felt], key=lambda one: one.t)),
    )


def _said(config: NodeConfig, seen: Iterable[AnyObservation]) -> Said:
    """Return what a node says of observations."""
    judge = Judge(config, _KEY)
    events = [event for one in seen for event in judge.observe(one)]
    events += judge.finish()
    return Said(
        edge=_first(events, BedEdge),
        exit=_first(events, BedExit),
        fell=any(isinstance(event, FallConfirmed) for event in events),
    )


def _felt(act: _Act, rng: np.random.Generator) -> list[AnyObservation]:
    """Return what a bed sensor and a mat before the bed say meanwhile."""
    in_bed = [(0.0, act.seconds if act.stood is None else act.stood)]
    rises = [] if act.edge is None else [(act.edge, act.stood, act.seconds)]
    felt = [*bed_sensor(BED, in_bed, rises, 0.0, rng), *mat(BED, rises, rng)]
    return [one for one in felt if one.t <= round(act.seconds * 1e9)]


class _Act:
    """What the person of a scene does, as a course, and when."""

    def __init__(self, scene: Scene, doing: Doing, rng: np.random.Generator) -> None:
        soft = _soft(scene)
        years = scene.levels[Attribute.AGE]
        self._stoop, self._rng = AGES[years][1], rng
        self._t, self._pace = 0.0, float(rng.uniform(1.0, 1.9))
        self.beats: list[Beat] = []
        self.edge: float | None = None
        self.stood: float | None = None
        length = soft.high[0] - soft.low[0]
        middle = (soft.low[0] + 0.52 * length + 0.1, (soft.low[1] + soft.high[1]) / 2)
        level = soft.high[2] - MATTRESS
        lying = (stances.ON_BACK, stances.ON_SIDE, stances.CURLED)[int(rng.integers(3))]
        self._add(lying, 0.0, middle, yaw=90.0, level=level, stop=True)
        self._hold(LIES_S)
        self.thrown: float | None = None
        if doing is Doing.GETS_UP:
            self._gets_up(soft, middle, level)
        elif doing is Doing.TURNS:
            for how in (stances.ON_SIDE, stances.ON_BACK, stances.CURLED):
                self._add(how, 2.0, middle, yaw=90.0, level=level, stop=True)
                self._hold(float(rng.uniform(2.0, 6.0)))
        else:
            up = (middle[0] - 0.12, middle[1])
            self._add(stances.FLOOR_SIT, 2.0, up, yaw=90.0, level=level, stop=True)
            self._hold(float(rng.uniform(15.0, 25.0)))
            self._add(stances.ON_BACK, 2.0, middle, yaw=90.0, level=level, stop=True)
            self._hold(4.0)
        self.seconds = self._t
        # Drawn from dice of their own: what somebody does is not changed by what they wear.
        look = np.random.default_rng(rng.integers(2**63, size=2))
        self.nightwear = _nightwear(scene, look)
        self._cloth = reflected((float(look.uniform(0.2, 0.95)),) * 3)
        self._below = float(look.uniform(*BELOW_M))
        self._waves = look.uniform(0.0, 1.0, (3, 3)) * (1.0, 1.0, 2 * np.pi)
        self.course = Course(scene.person.body, self.beats, seed=float(rng.uniform(0.0, 9.0)))

    def still(self, since: float, t: float) -> bool:
        """Return whether nothing but breath moves from `since` to `t`."""
        times = [beat.t for beat in self.beats]
        k = int(np.searchsorted(times, t, side="right")) - 1
        if k < 0 or k + 1 >= len(times) or times[k] > since:
            return False
        before, after = self.beats[k], self.beats[k + 1]
        return before.pose is after.pose and before.at == after.at

    def fold(self, t: float) -> Fold:
        """Return how the duvet lies at `t`."""
        pushed = 0.0 if self.thrown is None else (t - self.thrown) / THROWN_S
        return Fold(self._below, float(np.clip(pushed, 0.0, 1.0)), self._cloth, self._waves)

    def _gets_up(self, soft: Box, middle: Point, level: float) -> None:
        edge = (middle[0], soft.low[1] + 0.14)
        front = (edge[0], soft.low[1] - 0.3)
        between = ((edge[0] + middle[0]) / 2, 0.4 * edge[1] + 0.6 * middle[1])
        self.thrown = self._t + 0.6
        self._add(stances.LEGS_IN, 1.8, between, yaw=60.0, level=level)
        self._add(stances.SIT, 1.6, edge, yaw=0.0, stop=True)
        self.edge = self._t
        for _ in range(int(self._rng.integers(2, 5))):
            self._hold(float(self._rng.uniform(4.0, 9.0)))
            self._add(stances.SIT, 1.0, edge, yaw=0.0, stop=True)
        self._add(stances.BEND_UP, 0.9, front, yaw=0.0)
        self.stood = self._t
        self._add(stances.STAND, 0.9, front, yaw=0.0, stop=True)
        away = (front[0] + 0.9, front[1] - 0.5)
        self._add(stances.STAND, 2.2, away, yaw=40.0, stop=True)
        self._hold(AFTER_S)

    def _add(
        self,
        stance: Stance,
        seconds: float,
        at: Point,
        *,
        yaw: float,
        level: float = 0.0,
        stop: bool = False,
    ) -> None:
        self._t += seconds * self._pace
        turned = varied(stance, self._rng, 4.0).pose
        stoop = self._stoop * (0.5 if stance.lies else 1.0)
        flexion, bend, twist = turned.spine
        turned = replace(
            turned,
            spine=(flexion + stoop, bend, twist),
            turn=(yaw + turned.turn[0], *turned.turn[1:]),
        )
        self.beats.append(
            Beat(self._t, turned, at, stance.roll, stance.feet, level, stop, stance.lies)
        )

    def _hold(self, seconds: float) -> None:
        self._t += seconds
        self.beats.append(replace(self.beats[-1], t=self._t, stop=True))


def _frames(scene: Scene, act: _Act, *, rail: bool) -> Iterator[Image]:
    """Yield clean frames, BGR, under the camera's infrared lamp."""
    soft = _soft(scene)
    furniture = [box for box in scene.room.boxes if not _bedclothes(box, soft)]
    boxes = [replace(box, colour=reflected(box.colour)) for box in furniture]
    boxes += _rail(soft) if rail else ()
    room = replace(
        scene.room,
        boxes=tuple(boxes),
        wall=reflected(scene.room.wall),
        floor=reflected(scene.room.floor),
        ceiling=reflected(scene.room.ceiling),
    )
    renderer = Renderer(room, scene.camera, lamp=True)
    person = Person.dressed(scene.person.body, act.nightwear)
    bedding = Bedding(soft, scene.person.body, act.course.posed(0.0))
    last, last_t = None, -1.0
    for n in range(round(act.seconds * FPS)):
        t = n / FPS
        if last is None or not act.still(last_t, t) or t - last_t >= 1 / STILL_HZ - 1e-9:
            posed = act.course.posed(t)
            lies = [bedding.pillow(posed), bedding.duvet(posed, act.fold(t))]
            image = renderer.render([*lies, Figure(person, posed)])
            image = image[:, ::-1] if scene.mirrored else image
            last, last_t = np.ascontiguousarray(image[..., ::-1]), t
        yield last


def reflected(colour: Triple) -> Triple:
    """Return the grey that a surface of a colour is under near infrared.

    Most dyes and stains do not absorb at 850 nm: dark cloth and wood are mid-grey there, and no
    cloth is black.
    """
    grey = 0.35 + 0.5 * float(np.dot(colour, (0.299, 0.587, 0.114)))
    return grey, grey, grey


def _nightwear(scene: Scene, rng: np.random.Generator) -> Outfit:
    """Return what somebody sleeps in, as near infrared shows it: skin is light, whatever its tone.

    Melanin absorbs little at 850 nm; grey hair is as light as skin there, other hair is darker.
    """
    worn = scene.person.outfit
    skin = 0.50 + 0.20 * float(np.dot(worn.skin, (0.299, 0.587, 0.114)))
    hair = 0.62 if worn.hair[0] > 0.5 else 0.34
    top, bottom = (float(one) for one in rng.uniform(0.45, 0.85, 2))
    return Outfit(
        skin=(skin,) * 3, hair=(hair,) * 3, top=(top,) * 3, bottom=(bottom,) * 3, shoes=(skin,) * 3,
        long_sleeves=bool(rng.random() < 0.7),
    )  # fmt: skip


def _bedclothes(box: Box, soft: Box) -> bool:
    """Whether a box stands for pillow or bedspread, which are drawn as cloth here."""
    over = box.low[0] < soft.high[0] and soft.low[0] < box.high[0] and (
        box.low[1] < soft.high[1] and soft.low[1] < box.high[1]
    )  # fmt: skip
    return over and box is not soft and soft.high[2] < box.high[2] < soft.high[2] + 0.2


def _rail(soft: Box) -> tuple[Box, ...]:
    """Return three bars and two posts along the upper half of the bed's open side."""
    x0, x1, y, top = soft.low[0] + 0.15, soft.low[0] + 0.8, soft.low[1] - 0.04, soft.high[2]
    bars = [
        Box((x0, y, top + z), (x1, y + 0.025, top + z + 0.03), METAL) for z in (0.06, 0.18, 0.3)
    ]
    posts = [Box((x, y, top - 0.1), (x + 0.03, y + 0.025, top + 0.33), METAL) for x in (x0, x1)]
    return (*bars, *posts)


def _numbers(seed: int) -> Iterator[int]:
    """Yield base scenes of a bed that a camera high on a wall looks at, as it is installed."""
    number = 0
    while True:
        if number % 3 != 2:  # else a sofa
            scene = bed_scene(seed, number)
            if scene.levels[Attribute.VIEW] is Level.HIGH:
                yield number
        number += 1


def _soft(scene: Scene) -> Box:
    if scene.soft is None:
        raise ValueError(f"scene {scene.number}: expected a bed, got none")
    return scene.soft


def _config(scene: Scene, *, alone: bool = True) -> NodeConfig:
    """Return a node that rings by the camera alone, or where a sensor has a say."""
    zone = Zone(kind=Place.BED, polygon=outline(scene), bed=BED)
    camera = Camera(id=CAMERA, source="drawn", fps=FPS, night=Night.INFRARED, zones=[zone])
    watch = BedWatch(edge=True, exit=True, camera_alone=alone, night=ALWAYS)
    room = Room(id=ROOM, beds=[Bed(id=BED, watch=watch)], cameras=[camera])
    return NodeConfig(site="site", node="node", rooms=[room], time_zone="UTC")


def _first(events: list[AnyEvent], kind: type[AnyEvent]) -> float | None:
    told = [
        event.t / 1e9
        for event in events
        if isinstance(event, kind)
        and isinstance(event, BedEdge | BedExit)
        and event.step is SituationStep.CONFIRMED
    ]
    return round(told[0], 2) if told else None
