"""Drawn people before our own pose engine: what it says beside what is true.

Bodies of several builds stand, walk, sit, crouch, fall and lie in the bedroom of the sample clips,
seen from walls, corners, low down and the ceiling, by day and dim; each clip gives the network's
landmarks and the true ones at the same instants.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.bodies import clips
from models.bodies.body import Body, Sex, Shape
from models.bodies.motion import Anchor, Key, KeyMotion, Motion, alive
from models.bodies.raster import Camera as Drawing
from models.bodies.room import bedroom
from models.bodies.scene import Figure, Outfit, Person, Renderer
from models.skeletons.cameras import Camera
from models.skeletons.figures import State
from models.skeletons.landmarks import LANDMARKS, as_labelled
from models.skeletons.view import Picture, Truth
from vision.pose import PoseOptions
from vision.pose.blazepose import BlazePose

FPS: Final = 12
Floats = NDArray[np.float64]

_KNEEL: Final = replace(clips.STAND, knee_l=90.0, knee_r=90.0, ankle_l=-40.0, ankle_r=-40.0)
_SQUAT: Final = replace(
    clips.STAND, turn=(0.0, 28.0, 0.0), spine=(22.0, 0.0, 0.0), hip_l=(118.0, 8.0, 8.0),
    hip_r=(112.0, 8.0, 8.0), knee_l=125.0, knee_r=122.0, ankle_l=28.0, ankle_r=28.0,
    shoulder_l=(60.0, 10.0, 0.0), shoulder_r=(55.0, 10.0, 0.0),
)  # fmt: skip
_PRONE: Final = replace(
    clips.STAND, turn=(0.0, 90.0, 0.0), neck=(-8.0, 0.0, 25.0), ankle_l=-45.0, ankle_r=-45.0,
    shoulder_l=(150.0, 30.0, 0.0), shoulder_r=(20.0, 30.0, 0.0), elbow_l=60.0, knee_r=20.0,
)  # fmt: skip
_SIDE: Final = replace(
    clips.STAND, turn=(0.0, 0.0, 90.0), spine=(18.0, 0.0, 0.0), hip_l=(45.0, 0.0, 0.0),
    hip_r=(30.0, 0.0, 0.0), knee_l=60.0, knee_r=45.0, shoulder_l=(50.0, 5.0, 0.0),
    shoulder_r=(70.0, 5.0, 0.0), elbow_l=70.0, elbow_r=60.0,
)  # fmt: skip
_SUPINE: Final = replace(clips.SUPINE, knee_l=35.0, hip_l=(28.0, 8.0, 14.0))

_STILL: Final = (
    ("stand", clips.STAND, State.UPRIGHT), ("bend", clips.BEND, State.LOW),
    ("kneel", _KNEEL, State.LOW), ("squat", _SQUAT, State.LOW), ("supine", _SUPINE, State.DOWN),
    ("prone", _PRONE, State.DOWN), ("side", _SIDE, State.DOWN),
)  # fmt: skip

_PLACE: Final = (2.1, 2.1)
_EYES: Final = (
    ((2.35, 0.12, 2.2), 80.0), ((0.12, 0.6, 2.2), 80.0), ((4.25, 0.3, 2.45), 95.0),
    ((0.2, 0.3, 1.1), 85.0), ((4.3, 2.2, 2.0), 75.0), ((2.0, 2.35, 2.55), 100.0),
)  # fmt: skip
"""Positions in metres and horizontal fields in degrees; the last looks down from the ceiling."""

_BODIES: Final = (
    (Shape(Sex.FEMALE, 84.0, 1.54, 52.0), Outfit(top=(0.75, 0.72, 0.68))),
    (Shape(Sex.MALE, 75.0, 1.82, 84.0), Outfit(top=(0.16, 0.18, 0.24), skin=(0.45, 0.30, 0.22))),
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Rendered:
    """One clip: the truth and its picture, and what the engine said of it.

    `seen` (T,), `keypoints` and `world` (T, 33, 3) are as in `models.skeletons.sequence.Sequence`.
    """

    name: str
    truth: Truth
    seen: NDArray[np.bool_]
    keypoints: Floats
    world: Floats

    @property
    def picture(self) -> Picture:
        """The truth as it appears."""
        return self.truth.picture


def camera_of(drawing: Drawing) -> Camera:
    """Return the renderer's camera as one of ours."""
    way = np.subtract(drawing.target, drawing.position)
    flat = float(np.hypot(way[0], way[1]))
    return Camera(
        position=drawing.position,
        yaw_deg=float(np.degrees(np.arctan2(way[1], way[0]))),
        pitch_deg=float(np.degrees(np.arctan2(-way[2], flat))),
        fov_deg=drawing.fov_deg,
        aspect=drawing.width / drawing.height,
    )


def rendered(
    seed: int, *, share: float = 1.0, tell: Callable[[str], None] = lambda line: None
) -> Iterator[Rendered]:
    """Yield the clips; a `share` below 1 draws fewer of them.

    Raises
    ------
    ModelError
        When the networks are missing or damaged.
    """
    rng = np.random.default_rng(seed)
    people = [Person.dressed(Body.load(shape), outfit) for shape, outfit in _BODIES]
    for number, (eye, field) in enumerate(_EYES):
        drawing = Drawing(eye, (*_PLACE, 0.75), fov_deg=field)
        room = bedroom()
        renderer = Renderer(room, drawing)
        for name, seconds, person, motion, state in _acts(rng, people, number):
            if rng.random() < share:
                clip = _clip(rng, name, seconds, renderer, person, motion, state)
                tell(f"camera {number}, {name}: seen {clip.seen.mean():.2f}")
                yield clip


_StateOf = Callable[[float], State]


def _acts(
    rng: np.random.Generator, people: list[Person], number: int
) -> Iterator[tuple[str, float, Person, Motion, _StateOf]]:
    fall = clips.CLIPS["fall"]()
    start, end = fall.fall or (0.0, 0.0)

    def falling(t: float) -> State:
        if t < start:
            return State.UPRIGHT
        return State.FALLING if t < end else State.DOWN

    yield "fall", 8.0, *fall.people[0], falling
    if number % 2 == 0:
        walk = clips.CLIPS["walk"]()
        yield "walk", 6.0, *walk.people[0], lambda t: State.UPRIGHT
        bed = clips.CLIPS["lie_bed"]()
        yield "lie_bed", 14.0, *bed.people[0], _lying_from
    for pose_name, pose, state in _STILL:
        person = people[int(rng.integers(len(people)))]
        yaw = float(rng.uniform(0.0, 360.0))
        turned = replace(pose, turn=(yaw, *pose.turn[1:]))
        keys = [Key(t, turned, _PLACE, Anchor.PELVIS, stop=True) for t in (0.0, 9.0)]
        still = KeyMotion(person.body, keys)
        yield pose_name, 2.5, person, still, _always(state)


def _always(state: State) -> _StateOf:
    return lambda t: state


def _lying_from(t: float) -> State:
    if t < 5.0:
        return State.UPRIGHT
    return State.DOWN if t > 9.8 else State.LOW


def _clip(
    rng: np.random.Generator,
    name: str,
    seconds: float,
    renderer: Renderer,
    person: Person,
    motion: Motion,
    state: _StateOf,
) -> Rendered:
    t = np.arange(round(seconds * FPS)) / FPS
    points = np.empty((len(t), LANDMARKS, 3))
    keypoints = np.full((len(t), LANDMARKS, 3), np.nan)
    world = keypoints.copy()
    dim = float(rng.choice([1.0, 1.0, 0.45]))
    with BlazePose.create(PoseOptions(num_people=1)) as engine:
        for k, now in enumerate(t):
            posed = alive(person.body, motion, float(now), 0.3)
            points[k] = posed.landmarks
            clean = renderer.render([Figure(person, posed)]) * dim
            grain = rng.normal(0.0, 2.0, (*clean.shape[:2], 1)) + rng.normal(0.0, 1.0, clean.shape)
            image = np.clip(clean + grain + 0.5, 0, 255).astype(np.uint8)
            poses = engine.detect(np.ascontiguousarray(image[..., ::-1]), int(now * 1e9))
            if poses:
                keypoints[k], world[k] = poses[0].keypoints, poses[0].world
    as_labelled(points)
    move = np.gradient(points[:, [0, 11, 12, 23, 24, 25, 26]], t, axis=0)
    truth = Truth(
        t=t,
        points=points,
        camera=camera_of(renderer.camera),
        state=np.array([int(state(float(now))) for now in t]),
        hidden=np.zeros((len(t), LANDMARKS), np.bool_),
        speed=np.median(np.linalg.norm(move, axis=-1), axis=-1),
    )
    return Rendered(name, truth, np.isfinite(keypoints[:, 0, 0]), keypoints, world)
