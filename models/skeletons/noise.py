"""What a pose network makes of a body: errors that were measured, put onto the truth.

True landmarks in a room, a camera and postures go in; keypoints, visibility, world landmarks and
scores come out, and when nobody is reported at all. The figures stand in `noise.json`, written by
`python -m ambient.evaluate.measure_noise`, which says of each whether it was measured.

Errors are in torso lengths as they appear in the picture, so that they follow a person's size.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final, cast

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from models.skeletons.figures import (
    GROUP,
    Bias,
    Boxes,
    ByState,
    Gross,
    Jitter,
    Pair,
    Seen,
    Seven,
    State,
    Visibility,
    World,
)
from models.skeletons.joints import Array, unit
from models.skeletons.landmarks import HIPS, LANDMARKS, MIRRORED, SHOULDERS
from models.skeletons.limbs import boned, lengths_of
from models.skeletons.view import Bools, Picture, Truth, presence, torso_of
from models.skeletons.wander import banded, drift, episodes, found, wander

Floats = NDArray[np.float32]


# Landmarks that go wrong together: the head, each hand and each foot are one.
_PART: Final = np.array([0] * 11 + [1, 2, 3, 4] + [5, 6] * 4 + [7, 8, 9, 10] + [11, 12] * 3)
_PARTS: Final = 13
_GROUP_OF_PART: Final = np.array([0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6])
_LEGS: Final = ((23, 25, (27, 29, 31)), (24, 26, (28, 30, 32)))
_TRUNK_M: Final = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """What is reported; shapes and meanings as in `sequence.Sequence`.

    `jumped` (T,) marks instants at which it is not this person's pose but something else's.
    """

    seen: Bools
    keypoints: Floats
    world: Floats
    score: Floats
    jumped: Bools


class NoiseModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All figures; see `observe`."""

    version: str
    seed: int
    measured: tuple[str, ...]
    given: tuple[str, ...]
    jitter: Jitter
    bias: Bias
    visibility: Visibility
    world: World
    seen: Seen
    score: ByState[Pair]
    box: Boxes
    gross: Gross

    @classmethod
    def load(cls, path: Path | None = None) -> NoiseModel:
        """Read `noise.json`, the one beside this module if none is given.

        Raises
        ------
        msgspec.ValidationError
            When a figure is missing, unknown or of another type.
        """
        text = (
            (files("models.skeletons") / "noise.json").read_bytes()
            if path is None
            else path.read_bytes()
        )
        return msgspec.json.decode(text, type=cls)

    def varied(self, rng: np.random.Generator, *, heldout: bool = False) -> NoiseModel:
        """Return a model whose network is somewhat better or worse.

        Everything is stretched by one factor, drawn from bands that held-out models do not share
        with those of training.
        """
        worse = banded(rng, 0.6, 1.7, 0.1, heldout=heldout)
        steady = banded(rng, 0.6, 1.7, 0.1, heldout=heldout)

        def times(row: Seven, by: float) -> Seven:
            return cast(Seven, tuple(value * by for value in row))

        def all_times(rows: ByState[Seven], by: float) -> ByState[Seven]:
            return ByState(
                times(rows.upright, by), times(rows.low, by), times(rows.falling, by),
                times(rows.down, by),
            )  # fmt: skip

        bias, replace = self.bias, msgspec.structs.replace
        return replace(
            self,
            jitter=replace(
                self.jitter,
                still=all_times(self.jitter.still, steady),
                per_speed=times(self.jitter.per_speed, steady),
            ),
            bias=replace(
                bias,
                upright=times(bias.upright, worse),
                low=times(bias.low, worse),
                falling=times(bias.falling, worse),
                down=times(bias.down, worse),
            ),
            gross=replace(
                self.gross,
                swap_per_min=self.gross.swap_per_min * worse,
                jump_per_min=self.gross.jump_per_min * worse,
            ),
        )

    def observe(self, rng: np.random.Generator, truth: Truth) -> Observed:
        """Return what the network would report of `truth`."""
        picture = truth.picture
        t, count = truth.t, len(truth.t)
        uv, world = self._guessed(rng, picture)
        uv, world = self._collapsed(rng, t, picture, uv, world)

        errors = self._errors(rng, truth, picture)
        uv = uv + errors
        size = np.maximum(picture.unit, 1e-3)[:, None, None]
        torso = torso_of(truth.points)
        world[..., :2] += 0.5 * errors / size * torso
        world = self._world(rng, t, picture, world, torso)
        uv = self._bounded(rng, truth, uv)

        visibility = self._visibility(rng, truth, picture, uv)
        out = np.empty((count, LANDMARKS, 3))
        out[..., 0], out[..., 1] = uv[..., 0] / truth.camera.aspect, uv[..., 1]
        out[..., 2] = visibility
        self._swap(rng, t, out, world)
        jumped = self._jump(rng, truth, out, world)

        chance = self.probability_seen(truth)
        seen = found(rng, t, chance, picture.state @ self.seen.tau_s.table(), self.seen.share)
        mean, spread = (picture.state @ self.score.table()).T
        wave = expit(mean - 2.0 * jumped + spread * drift(rng, t, 0.8))
        score = np.where(seen, 0.5 + 0.5 * wave, 0.0)
        out[~seen], world[~seen] = np.nan, np.nan
        return Observed(
            seen,
            out.astype(np.float32),
            world.astype(np.float32),
            score.astype(np.float32),
            jumped & seen,
        )

    def probability_seen(self, truth: Truth) -> Array:
        """Probability (T,) that the person is reported."""
        picture = truth.picture
        out: Array = _by_view(picture, self.seen.wall, self.seen.ceiling) * presence(
            picture, truth.camera.aspect, self.seen.small_heights
        )
        return out

    def probability_box(self, truth: Truth) -> Array:
        """Probability (T,) that the second detector finds the person when it looks."""
        picture = truth.picture
        out: Array = _by_view(picture, self.box.wall, self.box.ceiling) * np.sqrt(
            presence(picture, truth.camera.aspect, self.seen.small_heights)
        )
        return out

    def _errors(self, rng: np.random.Generator, truth: Truth, picture: Picture) -> Array:
        """Return errors (T, 33, 2) in picture heights."""
        t, torso = truth.t, torso_of(truth.points)
        speed = (truth.speed / torso)[:, None]
        fast = picture.state @ self.jitter.still.table() + speed * np.array(self.jitter.per_speed)
        slow = picture.state @ self.bias.table()
        hidden = 1.0 + (self.bias.hidden - 1.0) * picture.hidden
        parts = fast[:, _GROUP_OF_PART, None] * wander(rng, t, self.jitter.tau_s, (_PARTS, 2))
        parts += slow[:, _GROUP_OF_PART, None] * _slow(rng, t, self.bias.tau_s)
        own = 0.4 * fast[:, GROUP, None] * wander(rng, t, self.jitter.tau_s, (LANDMARKS, 2))
        out: Array = (parts[:, _PART] * hidden[..., None] + own) * picture.unit[:, None, None]
        return out

    def _guessed(self, rng: np.random.Generator, picture: Picture) -> tuple[Array, Array]:
        """Legs out of sight are put where legs usually are: standing, or bent as if sitting."""
        uv, world = picture.uv.copy(), picture.world.copy()
        if rng.random() >= self.gross.guessed_legs or not picture.hidden[:, 25:].any():
            return uv, world
        hips, shoulders = uv[:, HIPS].mean(1), uv[:, SHOULDERS].mean(1)
        trunk = hips - shoulders
        down = unit(0.5 * unit(trunk) + np.array([0.0, 0.7]))
        leg = float(rng.uniform(0.75, 1.0) if rng.random() < 0.6 else rng.uniform(0.35, 0.6))
        length = (leg * picture.unit)[:, None]
        lower = np.zeros((len(uv), 3))
        lower[:, 1] = leg * 0.42
        for hip, knee, foot in _LEGS:
            weight = picture.hidden[:, knee, None]
            sure = picture.hidden[:, foot[0], None]
            knee_uv, knee_world = uv[:, hip] + 0.95 * length * down, world[:, hip] + lower
            uv[:, knee] += weight * (knee_uv - uv[:, knee])
            world[:, knee] += weight * (knee_world - world[:, knee])
            foot_uv, foot_world = uv[:, knee] + 0.95 * length * down, world[:, knee] + lower
            for index in foot:
                uv[:, index] += sure * (foot_uv - uv[:, index])
                world[:, index] += sure * (foot_world - world[:, index])
        return uv, world

    def _collapsed(
        self, rng: np.random.Generator, t: Array, picture: Picture, uv: Array, world: Array
    ) -> tuple[Array, Array]:
        """Landmarks of a body seen along its axis are drawn together."""
        trunk = picture.world[:, SHOULDERS].mean(1)
        along = np.abs(trunk[:, 2]) / np.maximum(np.linalg.norm(trunk, axis=-1), 1e-6)
        much = self.gross.collapse * np.clip((along - 0.7) / 0.3, 0.0, 1.0)
        much = (much * np.clip(0.5 + 0.4 * drift(rng, t, 1.5), 0.0, 1.0))[:, None, None]
        middle = uv[:, HIPS].mean(1)[:, None]
        return middle + (uv - middle) * (1.0 - much), world * (1.0 - 0.7 * much)

    def _world(
        self, rng: np.random.Generator, t: Array, picture: Picture, world: Array, torso: float
    ) -> Array:
        scale = self.world.scale * np.exp(self.world.scale_sd * rng.standard_normal())
        scale *= (_TRUNK_M / torso) ** self.world.adapts
        deep = self.world.depth_scale + self.world.depth_sd * drift(rng, t, 2.0)
        out = world * scale
        out[..., 2] *= np.clip(deep, 0.2, 1.4)[:, None]
        size = (picture.state @ self.world.noise_m.table())[:, None, None]
        fast = (picture.state @ self.world.jitter_m.table())[:, None, None]
        error = size * _slow(rng, t, self.bias.tau_s, 3)
        error += fast * wander(rng, t, self.jitter.tau_s, (_PARTS, 3))
        error[..., 2] *= self.world.depth_noise
        out += error[:, _PART] * (1.0 + picture.hidden[..., None])
        out -= out[:, HIPS].mean(1)[:, None]
        return boned(out, lengths_of(picture.world * scale))

    def _bounded(self, rng: np.random.Generator, truth: Truth, uv: Array) -> Array:
        """Outside the picture the network guesses on, less and less surely, to a limit."""
        high = np.array([truth.camera.aspect, 1.0])
        beyond = np.maximum(np.maximum(-uv, uv - high), 0.0)
        if not beyond.any():
            return uv
        limit = self.gross.outside_heights
        way = 1.0 + 0.25 * drift(rng, truth.t, 1.5, (_PARTS, 1))[:, _PART] - 0.15
        soft = limit * np.tanh(beyond * way / limit)
        out: Array = np.clip(uv, 0.0, high) + np.where(uv < 0.0, -soft, soft)
        return out

    def _visibility(
        self, rng: np.random.Generator, truth: Truth, picture: Picture, uv: Array
    ) -> Array:
        known = logit(picture.state @ self.visibility.table())[:, GROUP]
        lost = logit(np.array(self.visibility.hidden))[GROUP]
        high = np.array([truth.camera.aspect, 1.0])
        beyond = np.maximum(np.maximum(-uv, uv - high), 0.0).max(-1)
        lost_share = np.maximum(picture.hidden, np.clip(beyond / 0.06, 0.0, 1.0))
        wave = drift(rng, truth.t, self.visibility.tau_s, (_PARTS,))
        out: Array = expit(
            known + lost_share * (lost - known) + self.visibility.spread * wave[:, _PART]
        )
        return out

    def _swap(self, rng: np.random.Generator, t: Array, keypoints: Array, world: Array) -> None:
        """Left and right change places for a while, of the legs or of the whole body."""
        which = episodes(rng, t, self.gross.swap_per_min / 60.0, self.gross.swap_s)
        for number in range(1, int(which.max()) + 1):
            rows = which == number
            order = MIRRORED.copy()
            if rng.random() < 0.5:
                order[:23] = np.arange(23)
            for array in (keypoints, world):
                array[rows] = array[rows][:, order]

    def _jump(self, rng: np.random.Generator, truth: Truth, out: Array, world: Array) -> Bools:
        """Let the track stick to something else for a while: furniture, somebody who stands."""
        t, picture = truth.t, truth.picture
        risk = self.gross.jump_per_min / 60.0 * (1.0 + 2.0 * picture.state[:, State.DOWN])
        which = episodes(rng, t, risk, self.gross.jump_s)
        for number in range(1, int(which.max()) + 1):
            rows = np.flatnonzero(which == number)
            source = int(rng.integers(len(t)))
            shift = rng.uniform(-1.0, 1.0, 2) * 1.5 * picture.unit[source]
            middle = out[source, HIPS, :2].mean(0)
            still = (out[source, :, :2] - middle) * rng.uniform(0.6, 1.3) + middle + shift
            body = world[source].copy()
            if len(truth.others) and rng.random() < 0.6:
                other = truth.others[[int(rng.integers(len(truth.others)))]]
                still = truth.camera.project(other)[0][0]
                body = truth.camera.to_camera(other)[0]
            shake = 0.06 * picture.unit[source] * wander(rng, t[rows], 0.3, (_PARTS, 2))
            beyond = self.gross.outside_heights / np.array([truth.camera.aspect, 1.0])
            out[rows, :, :2] = np.clip(still + shake[:, _PART], -beyond, 1.0 + beyond)
            out[rows, :, 2] = out[source, :, 2] * rng.uniform(0.4, 1.0)
            world[rows] = body
        jumped: Bools = which > 0
        return jumped


def _slow(rng: np.random.Generator, t: Array, tau_s: float, axes: int = 2) -> Array:
    """Slow errors (T, 13, axes): half of each belongs to the recording and stays."""
    stays = rng.standard_normal((_PARTS, axes))
    out: Array = np.sqrt(0.5) * (stays + drift(rng, t, tau_s, (_PARTS, axes)))
    return out


def _by_view(picture: Picture, wall: ByState[float], ceiling: ByState[float]) -> Array:
    at_wall, above = picture.state @ wall.table(), picture.state @ ceiling.table()
    out: Array = at_wall + picture.ceiling * (above - at_wall)
    return out
