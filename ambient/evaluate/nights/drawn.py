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
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from ambient.config import Bed, NodeConfig, Room
from ambient.config_cameras import Camera, Night, Zone
from ambient.config_watch import BedWatch
from ambient.evaluate.clip import CAMERA, FPS, ROOM, Ticks
from ambient.evaluate.kept import encoded, kept
from ambient.evaluate.nights.drawn_act import Act, Doing, reflected, soft_of
from ambient.evaluate.nights.drawn_told import Report, Said, Stretch, summarise
from ambient.evaluate.nights.life import Kind, Rise
from ambient.evaluate.nights.watch import bed_sensor, mat
from ambient.evaluate.subgroups_scenes import Attribute, Level, Scene, bed_scene
from ambient.evaluate.subgroups_watch import STILL_HZ, Image, lit, outline
from ambient.events import AnyEvent, BedEdge, BedExit, FallConfirmed, SituationStep
from ambient.observations import AnyObservation, Place
from fusion.judge import Judge
from models.bodies.bedding import Bedding
from models.bodies.room import Box
from models.bodies.scene import Figure, Person, Renderer
from vision.networks import Networks
from vision.pose import PoseOptions

BED: Final = "bed"
ALWAYS: Final = "00:00-24:00"
METAL: Final = (0.72, 0.73, 0.75)
_KEY: Final = "0" * 40


ORDER: Final = (Doing.GETS_UP, Doing.GETS_UP, Doing.TURNS, Doing.GETS_UP, Doing.SITS_UP)


_decoder: Final = msgspec.json.Decoder(Stretch)


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
            stretches.append(
                kept(
                    path,
                    partial(watched, seed, n, number, networks),
                    decode=_decoder.decode,
                    encode=encoded,
                    what="a stretch measured by this version",
                    again="it is drawn again",
                )
            )
            if progress is not None:
                progress(n + 1, count)
    return summarise(stretches, seed)


@dataclass(frozen=True)
class Looked:
    """A stretch that was drawn and looked at.

    Attributes
    ----------
    rise
        What its person does, unless they only turn over.
    config
        Of the node that looks, by camera alone.
    seen
        What its camera says.
    """

    scene: Scene
    doing: Doing
    rail: bool
    act: Act
    config: NodeConfig
    seen: list[AnyObservation]

    @property
    def rise(self) -> Rise | None:
        """What is true of the bed's occupant; None where they only turn over."""
        act = self.act
        if act.rose is None:
            return None
        kind = Kind.DRINKS if act.edge is None else Kind.OUT
        return Rise(BED, kind, act.rose, act.edge, act.stood, act.back or act.seconds)


def stretches(count: int, seed: int) -> Iterator[Looked]:
    """Draw and look at `count` stretches, one after the other.

    Raises
    ------
    ModelError
        When the networks are missing or damaged.
    """
    numbers = _numbers(seed)
    with Networks.open(PoseOptions(num_people=3)) as networks:
        for n in range(count):
            yield _looked(seed, n, next(numbers), networks)


def watched(seed: int, n: int, number: int, networks: Networks) -> Stretch:
    """Return one stretch measured: the `n`-th, in the base scene `number`."""
    one = _looked(seed, n, number, networks)
    act, seen = one.act, one.seen
    felt = _felt(act, np.random.default_rng([seed, n, 10]))
    return Stretch(
        number=number,
        doing=one.doing.value,
        rail=one.rail,
        edge=None if act.edge is None else round(act.edge, 2),
        stood=None if act.stood is None else round(act.stood, 2),
        camera=_said(one.config, seen),
        beside=_said(
            _config(one.scene, alone=False), sorted([*seen, *felt], key=lambda one: one.t)
        ),
    )


def _looked(seed: int, n: int, number: int, networks: Networks) -> Looked:
    rng = np.random.default_rng([seed, n, 9])
    scene, rail = bed_scene(seed, number), bool(n % 2)
    scene = replace(scene, light=Level.INFRARED, covered=False)
    doing = ORDER[n % len(ORDER)]
    act = Act(scene, doing, rng)
    config = _config(scene)
    networks.engine.reset()
    camera = config.rooms[0].cameras[0]
    pipeline = networks.pipeline(ROOM, camera, frozen_s=config.frozen_s)
    ticks = Ticks()
    seen: list[AnyObservation] = []
    for index, clean in enumerate(_frames(scene, act, rail=rail)):
        t = round(index * 1e9 / FPS)
        seen += [*pipeline.process(lit(clean, Level.INFRARED, rng), t), *ticks.due(t)]
    return Looked(scene, doing, rail, act, config, seen)


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


def _felt(act: Act, rng: np.random.Generator) -> list[AnyObservation]:
    """Return what a bed sensor and a mat before the bed say meanwhile."""
    in_bed = [(0.0, act.seconds if act.stood is None else act.stood)]
    rises = [] if act.edge is None else [(act.edge, act.stood, act.seconds)]
    felt = [*bed_sensor(BED, in_bed, rises, 0.0, rng), *mat(BED, rises, rng)]
    return [one for one in felt if one.t <= round(act.seconds * 1e9)]


def _frames(scene: Scene, act: Act, *, rail: bool) -> Iterator[Image]:
    """Yield clean frames, BGR, under the camera's infrared lamp."""
    soft = soft_of(scene)
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
