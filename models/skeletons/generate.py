"""Sequences to learn from: a scene, a camera, a pose network that errs, over and over.

Motions and a seed go in, `Sequence`s come out, always the same for the same seed. The family
"heldout" shares no person's movement, body height, camera height, frame rate or quality of the
network with the family "train".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np

from models.skeletons import postures, scenarios
from models.skeletons.boxes import boxes, nobody
from models.skeletons.build import Build
from models.skeletons.cameras import Camera, sample
from models.skeletons.edit import turned
from models.skeletons.furnish import clutter
from models.skeletons.furniture import Bools, Indices, Item, Kind, hidden, place_channel, support
from models.skeletons.joints import Array, Joint
from models.skeletons.landmarks import landmarks33
from models.skeletons.motion import Motion, load, load_own
from models.skeletons.noise import NoiseModel, Observed
from models.skeletons.pool import Pool
from models.skeletons.scenarios import Scenario, Scene
from models.skeletons.sequence import LABELS, Sequence
from models.skeletons.truth import has_fallen, is_down, needs_help, states
from models.skeletons.view import Truth
from models.skeletons.wander import banded, drift, found


class Family(StrEnum):
    """Which half of the world a sequence comes from."""

    TRAIN = "train"
    HELDOUT = "heldout"


MIN_SEEN: Final = 5
"""Fewest instants at which the network reports somebody."""
LOST_FRAMES: Final = 0.02
MIN_FPS, MAX_FPS = 5.0, 30.0
USUAL_FPS: Final = 10.0
_TRIES: Final = 8
_FAMILY_SALT: Final = {Family.TRAIN: 1, Family.HELDOUT: 2}

# The landmarks that rays are traced to, and the one that stands for each landmark.
_TRACED: Final = np.array([0, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28])
_LEGS: Final = slice(25, 33)
_MOVED: Final = np.array([0, 11, 12, 23, 24, 25, 26])
_TRACED_OF: Final = np.array(
    [0] * 11 + [1, 2, 3, 4, 5, 6] + [5, 6] * 3 + [7, 8, 9, 10, 11, 12] + [11, 12] * 2
)


@dataclass(frozen=True, slots=True, eq=False)
class Generator:
    """Makes sequences of one family; everything that is read from disk is read once."""

    pool: Pool
    noise: NoiseModel
    family: Family

    @classmethod
    def open(
        cls, data: Path, family: Family = Family.TRAIN, *, own: Path | None = None
    ) -> Generator:
        """Read motions and the noise model.

        Parameters
        ----------
        data
            The data directory or its `motion` folder.
        family
            Which half of everything to draw from.
        own
            A file or folder of further motions, see `motion.save_own`.

        Raises
        ------
        FileNotFoundError
            When motions are missing.
        """
        motions: list[Motion] = load(data) + (load_own(own) if own is not None else [])
        pool = Pool.of(motions, heldout=family is Family.HELDOUT)
        return cls(pool, NoiseModel.load(), family)

    def one(self, seed: int, index: int) -> Sequence:
        """Make sequence number `index` of a seed; no other sequence needs to be made before."""
        name = f"{self.family.value}-{seed}-{index}"
        for attempt in range(_TRIES):
            rng = np.random.default_rng([seed, _FAMILY_SALT[self.family], index, attempt])
            made = self.film(rng, scenarios.draw(rng, self.pool, fits=self._fits), name)
            # Nobody ever seen teaches nothing.
            if made.seen.sum() > MIN_SEEN:
                break
        return made

    def film(self, rng: np.random.Generator, scene: Scene, name: str) -> Sequence:
        """Look at a scene with some camera, and let the network err."""
        heldout = self.family is Family.HELDOUT
        motion = scene.motion
        t = instants(rng, motion.seconds, heldout=heldout)
        joints = motion.at(t)
        labels = motion.labels(t).astype(np.int64)
        points = landmarks33(joints, head_turn=0.5 * drift(rng, t, 1.5))
        camera = self._camera(rng, joints, points)
        items = [*scene.items, *clutter(rng, joints, camera, scene.items)]
        if scene.beside is not None:
            items.append(Item(Kind.OTHER, scene.beside, 0.0, 0.35, 0.4, 1.6))
        covered = _hidden(items, camera, points)
        if scene.frame:
            covered[:, _LEGS] |= _behind_frame(rng, t, labels)
        place, surface = support(scene.items, joints, labels)
        down = is_down(joints, labels, surface, motion.height)
        truth = Truth(
            t=t,
            points=points,
            camera=camera,
            state=states(labels, down),
            hidden=covered,
            speed=_speed(t, points),
            others=_others(rng, joints),
        )
        noise = self.noise.varied(rng, heldout=heldout)
        seen = noise.observe(rng, truth)
        box, box_score = boxes(rng, noise, truth)
        if scene.scenario in (Scenario.PHANTOM, Scenario.PET):
            seen = _phantom(rng, t, seen)
            box, box_score = nobody(len(t))
        down, fell = down & scene.person, has_fallen(motion, t) & scene.person
        # A track that has left a body which is down says nothing about that body.
        unknown = seen.jumped & (down | fell)
        help_ = needs_help(down, place, permitted=scene.permitted)
        return Sequence(
            name=f"{name}-{scene.scenario.value}",
            subject=motion.subject,
            aspect=camera.aspect,
            t=t,
            seen=seen.seen,
            keypoints=seen.keypoints,
            world=seen.world,
            score=seen.score,
            box=box,
            box_score=box_score,
            place=place_channel(rng, scene.items, joints, place),
            label=np.where(unknown, -1, labels),
            down=np.where(unknown, np.nan, down).astype(np.float32),
            fell=np.where(unknown, np.nan, fell).astype(np.float32),
            help=np.where(unknown, np.nan, help_).astype(np.float32),
        )

    def _fits(self, build: Build) -> bool:
        return _mine(build.height / 0.02, self.family)

    def _camera(self, rng: np.random.Generator, joints: Array, points: Array) -> Camera:
        """Draw a camera of this family that sees the body at least for a while."""
        some = points[:: max(1, len(points) // 16)][:, _TRACED]
        for attempt in range(200):
            at = joints[int(rng.integers(len(joints))), Joint.PELVIS]
            target = (float(at[0]), float(at[1]), float(0.5 * at[2] + 0.35))
            camera = sample(rng, target=target)
            if not _mine(camera.position[2] / 0.1, self.family):
                continue
            xy, depth = camera.project(some)
            inside = ((xy > 0.0) & (xy < 1.0)).all(-1) & (depth > 0.1)
            if inside.mean() > 0.45 or attempt > 25 * _TRIES:
                break
        return camera


def _mine(band: float, family: Family) -> bool:
    """Whether a value in this band belongs to the family: every fifth band is held out."""
    return (int(np.floor(band)) % 5 == 2) == (family is Family.HELDOUT)


def instants(rng: np.random.Generator, seconds: float, *, heldout: bool = False) -> Array:
    """Draw the instants (T,) of a camera's frames over `seconds`, from 0.

    A rate between 5 and 30 a second, some unevenness, single lost frames, and rarely a gap.
    """
    if not heldout and rng.random() < 0.35:
        fps = USUAL_FPS
    else:
        fps = banded(rng, MIN_FPS, MAX_FPS, 1.0, heldout=heldout)
    t = np.arange(max(4, int(seconds * fps))) / fps
    t = t + rng.uniform(0.0, 0.25) * rng.uniform(-0.5, 0.5, len(t)) / fps
    keep = rng.random(len(t)) >= (LOST_FRAMES if rng.random() < 0.5 else 0.0)
    if rng.random() < 0.06:
        start = rng.uniform(0.0, seconds)
        keep &= (t < start) | (t > start + rng.uniform(0.3, 1.2))
    keep[[0, -1]] = True
    t = t[keep]
    out: Array = t - t[0]
    return out


def _hidden(items: list[Item], camera: Camera, points: Array) -> Bools:
    if not items:
        return np.zeros(points.shape[:2], np.bool_)
    traced = hidden(items, np.asarray(camera.position), points[:, _TRACED])
    return traced[:, _TRACED_OF]


def _behind_frame(rng: np.random.Generator, t: Array, labels: Indices) -> Bools:
    """Legs (T, 8) that a walking frame hides while its owner is on foot, in short runs."""
    on_foot = np.isin(labels, [LABELS.index(word) for word in ("walk", "standing")])
    chance = np.full(len(t), rng.uniform(0.1, 0.5))
    quick = np.full(len(t), 0.3)
    sides = [found(rng, t, chance, quick, 0.2) & on_foot for _ in range(2)]
    return np.stack(sides * 4, axis=-1)


def _others(rng: np.random.Generator, joints: Array) -> Array:
    """Landmarks (2, 33, 3) of what stands or sits within a metre and a half."""
    kinds = (postures.STAND, postures.CARE, postures.CHAIR, postures.STAND)
    out = []
    for at in rng.integers(len(kinds), size=2):
        still = turned(
            postures.still(rng, kinds[int(at)], 0.1, "standing"), rng.uniform(0.0, 2 * np.pi)
        )
        place = joints[int(rng.integers(len(joints))), Joint.PELVIS] + rng.uniform(-1.5, 1.5, 3)
        out.append(landmarks33(still.joints[:1])[0] + place * np.array([1.0, 1.0, 0.0]))
    return np.stack(out)


def _speed(t: Array, points: Array) -> Array:
    """Speed of the body (T,) in metres a second: median over the main landmarks."""
    if len(t) < 2:
        return np.zeros(len(t))
    move = np.gradient(points[:, _MOVED], t, axis=0)
    out: Array = np.median(np.sqrt(np.einsum("tji,tji->tj", move, move)), axis=-1)
    return out


def _phantom(rng: np.random.Generator, t: Array, seen: Observed) -> Observed:
    """Let what is taken for a body come and go, with a score that wavers."""
    chance = np.full(len(t), rng.uniform(0.3, 0.97))
    there = seen.seen & found(rng, t, chance, np.full(len(t), 1.0), 0.1)
    score = np.clip(0.73 + 0.13 * drift(rng, t, 0.6), 0.5, 0.95) * there
    keypoints, world = seen.keypoints.copy(), seen.world.copy()
    keypoints[~there], world[~there] = np.nan, np.nan
    keypoints[..., 2] *= np.float32(rng.uniform(0.4, 1.0))
    return Observed(there, keypoints, world, score.astype(np.float32), seen.jumped & there)


def sequences(
    data: Path, seed: int, count: int, *, family: str = "train", own: Path | None = None
) -> Iterator[Sequence]:
    """Yield `count` sequences, the same for the same arguments.

    Parameters
    ----------
    data
        The data directory or its `motion` folder.
    seed, count
        Which, and how many.
    family
        "train" or "heldout": they share nothing.
    own
        A file or folder of further motions.

    Raises
    ------
    ValueError
        When the family is another word.
    FileNotFoundError
        When motions are missing.
    """
    generator = Generator.open(data, Family(family), own=own)
    for index in range(count):
        yield generator.one(seed, index)


def by_scenario(made: Iterable[Sequence]) -> dict[str, int]:
    """Count sequences by the scenario at the end of their names."""
    counts: dict[str, int] = {}
    for sequence in made:
        word = sequence.name.rsplit("-", 1)[1]
        counts[word] = counts.get(word, 0) + 1
    return counts
