"""One drawn clip before the node's own code: a scene in, what was seen and said out.

Frames are drawn in memory and live as long as they are looked at. As with a recording, ten frames
a second are looked at, and after the last one its people stand still for `HOLD_S`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from typing import Final

import cv2
import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Struct

from ambient.config import NodeConfig
from ambient.config_cameras import Mount, Night, Zone
from ambient.evaluate.clip import CAMERA, FPS, HOLD_S, ROOM, Ticks, default_config
from ambient.evaluate.conditions import infrared
from ambient.evaluate.subgroups_scenes import Attribute, Level, Scene, Zones, frame_at
from ambient.events import AnyEvent, FallConfirmed, FallSuspected
from ambient.observations import AnyObservation, Place, PostureSeen, Tick
from fusion.judge import Judge
from models.bodies.clips import Clip, bed_zone
from models.bodies.props import WalkingFrame
from models.bodies.scene import Figure, Renderer
from vision.networks import Networks

Image = npt.NDArray[np.uint8]

STILL_HZ: Final = 2.0
"""So often a body that only breathes is drawn anew; the grain is new in each frame."""
DAY_GRAIN: Final = (2.0, 0.0)
DIM_LEVEL: Final = 0.35
DIM_GRAIN: Final = (2.5, 0.7)
"""Grain: standard deviation a + b * sqrt(grey level), as read-out and photon noise."""
DOWN: Final = 0.5
"""Probability of being down from which somebody counts as seen lying."""
_KEY: Final = "0" * 40


class Cause(StrEnum):
    """Where a missed fall was lost."""

    NOT_SEEN = "nobody seen after the fall"
    NOT_DOWN = "seen, not taken for down"
    NOT_SUSPECTED = "taken for down, not suspected"
    NOT_CONFIRMED = "suspected, not confirmed"


class Watched(Struct, frozen=True):
    """What was said of a clip, in seconds from its first frame.

    Attributes
    ----------
    suspected, confirmed
        Every statement.
    seen, down
        Of the looks between the end of the fall and the end of the clip, how many found anybody,
        and how many found somebody down.
    looks
        Frames in that time.
    place
        Where the one most down was last said to be.
    """

    suspected: list[float]
    confirmed: list[float]
    seen: int
    down: int
    looks: int
    place: str

    def cause(self, start_s: float) -> Cause | None:
        """Return where a fall that starts at `start_s` was lost; None when it was found."""
        if any(t >= start_s for t in self.confirmed):
            return None
        if any(t >= start_s for t in self.suspected):
            return Cause.NOT_CONFIRMED
        if self.down:
            return Cause.NOT_SUSPECTED
        return Cause.NOT_DOWN if self.seen else Cause.NOT_SEEN


def drawn(scene: Scene) -> Iterator[Image]:
    """Yield the clean frames of a scene, BGR (height, width, 3) uint8, ten a second."""
    renderer = Renderer(scene.room, scene.camera)
    frame = WalkingFrame() if scene.frame is not None else None
    last, last_t = None, -1.0
    for n in range(round(scene.act.seconds * FPS)):
        t = n / FPS
        still = any(a <= last_t and t <= b for a, b in scene.act.still)
        if last is None or not still or t - last_t >= 1 / STILL_HZ - 1e-9:
            figures = [Figure(scene.person, scene.act.posed(t))]
            stands = frame_at(scene, t)
            if frame is not None and stands is not None:
                figures.append(frame.figure(*stands))
            image = renderer.render(figures)
            image = image[:, ::-1] if scene.mirrored else image
            last, last_t = np.ascontiguousarray(image[..., ::-1]), t
        yield last


def lit(image: Image, light: Level, rng: np.random.Generator) -> Image:
    """Return a clean picture as a camera gives it in a light."""
    if light is Level.INFRARED:
        return infrared(image, rng)
    level, (read, photon) = (DIM_LEVEL, DIM_GRAIN) if light is Level.DIM else (1.0, DAY_GRAIN)
    clean = image.astype(np.float32) * level
    deviation = read + photon * np.sqrt(clean.mean(axis=2, keepdims=True))
    grain = rng.standard_normal((*image.shape[:2], 1), np.float32) * deviation
    colour = rng.standard_normal(image.shape, np.float32) * (0.35 * deviation)
    return np.asarray(cv2.convertScaleAbs(np.clip(clean + grain + colour, 0.0, 255.0)), np.uint8)


def config_of(scene: Scene, zones: Zones = Zones.NONE) -> NodeConfig:
    """Return the default configuration, its camera as it hangs and by the light, its zone drawn."""
    config = default_config("drawn")
    room = config.rooms[0]
    camera = room.cameras[0]
    if scene.light is Level.INFRARED:
        camera = msgspec.structs.replace(camera, night=Night.INFRARED)
    if scene.levels[Attribute.VIEW] is Level.CEILING:
        camera = msgspec.structs.replace(camera, mount=Mount.CEILING)
    if zones is Zones.DRAWN and scene.soft is not None:
        zone = Zone(kind=Place.BED, polygon=outline(scene))
        camera = msgspec.structs.replace(camera, zones=[zone])
    return msgspec.structs.replace(config, rooms=[msgspec.structs.replace(room, cameras=[camera])])


def outline(scene: Scene) -> list[tuple[float, float]]:
    """Return the outline of what somebody lies on, in 0..1 of the picture."""
    if scene.soft is None:
        raise ValueError(f"scene {scene.number}: expected a bed or sofa, got a fall")
    room = replace(scene.room, mattresses=(scene.soft,))
    points = bed_zone(Clip("", "", scene.act.seconds, scene.camera, room))
    return [(1.0 - x, y) for x, y in points] if scene.mirrored else points


def watch(
    scene: Scene, frames: list[Image], networks: Networks, seed: int, zones: Zones = Zones.NONE
) -> Watched:
    """Show a drawn scene to a node.

    Parameters
    ----------
    scene
        What is shown.
    frames
        Its clean frames, as `drawn` gives them.
    networks
        What the camera looks with; begun anew.
    seed
        Of the grain.
    zones
        Whether the installer has drawn what somebody lies on.
    """
    config = config_of(scene, zones)
    networks.engine.reset()
    pipeline = networks.pipeline(ROOM, config.rooms[0].cameras[0], frozen_s=config.frozen_s)
    judge = Judge(config, _KEY)
    rng = np.random.default_rng([seed, scene.number])
    ticks = Ticks()
    events: list[AnyEvent] = []
    bodies: list[tuple[float, PostureSeen]] = []

    def judged(found: list[AnyObservation]) -> None:
        for one in found:
            events.extend(judge.observe(one))
            if isinstance(one, PostureSeen):
                bodies.append((one.t / 1e9, one))

    step = round(1e9 / FPS)
    for n, clean in enumerate(frames):
        t = n * step
        judged(pipeline.process(lit(clean, scene.light, rng), t) + ticks.due(t))
    t = (len(frames) - 1) * step
    end = t + round(HOLD_S * 1e9)
    while t + step <= end:
        t += step
        judged([*pipeline.repeat(t), Tick(t=t, room=ROOM, source=CAMERA)])
    events += judge.finish()
    return _notes(scene, events, bodies)


def _notes(
    scene: Scene, events: list[AnyEvent], bodies: list[tuple[float, PostureSeen]]
) -> Watched:
    after = [(t, one) for t, one in bodies if scene.act.end_s <= t < scene.act.seconds]
    times = {t for t, _ in after}
    down = {t for t, one in after if one.down >= DOWN}
    last = max(after, key=lambda pair: (pair[0], pair[1].down), default=None)
    return Watched(
        suspected=_seconds(events, FallSuspected),
        confirmed=_seconds(events, FallConfirmed),
        seen=len(times),
        down=len(down),
        looks=round((scene.act.seconds - scene.act.end_s) * FPS),
        place="nowhere" if last is None else str(last[1].place),
    )


def _seconds(events: list[AnyEvent], kind: type[AnyEvent]) -> list[float]:
    return [round(event.t / 1e9, 3) for event in events if isinstance(event, kind)]
