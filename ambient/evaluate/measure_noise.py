"""Measure how our pose engine errs: ``python -m ambient.evaluate.measure_noise DATA``.

In: drawn people, of whom everything is known (`noise_rendered`), and recordings that may be learned
from, of which posture is known (`noise_recorded`). Out: `models/skeletons/noise.json`, the figures
with which sequences to learn from are made. What neither can tell (the ceiling view, boxes, what is
out of sight) keeps its figure, and the file says which is which.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence as Many
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from ambient.evaluate.noise_measures import MARKS, TAU_S, Floats, kept_share, rms, seven, trunk
from ambient.evaluate.noise_recorded import (
    measure_score,
    measure_visibility,
    recordings,
    shake,
    world_shake,
)
from ambient.evaluate.noise_rendered import FPS, Rendered, rendered
from models.skeletons.figures import ByState, Seven, State
from models.skeletons.landmarks import LANDMARKS, MIRRORED
from models.skeletons.noise import NoiseModel
from models.skeletons.sequence import Sequence

VERSION: Final = "1.0.0"
SEED: Final = 7
LIKELY: Final = 0.5
"""Frames whose median error is more torso lengths are mistakes of another kind, not noise."""
_SMOOTH_S: Final = 1.0
_TORSO_M: Final = 0.5
_STILL: Final = 0.15
"""Metres a second under which drawn bodies count as still."""

_MEASURED: Final = (
    "jitter.still", "jitter.per_speed", "bias.upright", "bias.low", "bias.falling", "bias.down",
    "visibility.upright", "visibility.low", "visibility.falling", "visibility.down",
    "visibility.spread", "world.scale", "world.scale_sd", "world.adapts", "world.depth_scale",
    "world.depth_noise", "world.noise_m", "world.jitter_m", "score",
    "gross.swap_per_min",
)  # fmt: skip
_GIVEN: Final = (
    "jitter.tau_s", "bias.tau_s", "bias.hidden", "visibility.hidden", "visibility.tau_s",
    "world.depth_sd", "seen", "box",
    "gross.swap_s", "gross.jump_per_min", "gross.jump_s", "gross.guessed_legs",
    "gross.collapse", "gross.outside_heights",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Errors:
    """Errors of drawn frames in which somebody was found, one row a frame.

    `fast` and `slow` (N, 33, 2) torso lengths; `world_slow` (N, 33, 3) metres;
    `state` (N,), `speed` (N,) torso lengths a second.
    """

    fast: Floats
    slow: Floats
    world_slow: Floats
    state: NDArray[np.int64]
    speed: Floats


def errors_of(clips: Many[Rendered], depth: float) -> Errors:
    """Split what the engine says of drawn people into truth, slow errors and fast ones.

    World landmarks are compared at the size that they were given; `depth` is by how much they are
    shrunk along the view besides.
    """
    parts: list[tuple[Floats, ...]] = []
    for clip in clips:
        rows = likely(clip)
        if rows.sum() < FPS:
            continue
        error = _error(clip)[rows]
        true = clip.picture.world[rows]
        scale = rms(clip.world[rows][..., :2]) / rms(true[..., :2])
        shrunk = true * scale * np.array([1.0, 1.0, depth])
        world = clip.world[rows] - shrunk
        speed = clip.truth.speed[rows] / _TORSO_M
        slow, world_slow = _smooth(error, FPS), _smooth(world, FPS)
        state = clip.truth.state[rows].astype(np.float64)
        parts.append((error - slow, slow, world_slow, state, speed))
    fast, slow, world_slow, state, speed = (
        np.concatenate([part[at] for part in parts]) for at in range(5)
    )
    return Errors(fast, slow, world_slow, state.astype(np.int64), speed)


def _error(clip: Rendered) -> Floats:
    """Return the errors in the picture (T, 33, 2), torso lengths; NaN where nobody is seen."""
    aspect = np.array([clip.truth.camera.aspect, 1.0])
    unit = clip.picture.unit[:, None, None]
    out: Floats = (clip.keypoints[..., :2] * aspect - clip.picture.uv) / unit
    return out


def _swapped(clip: Rendered) -> NDArray[np.bool_]:
    """Where the legs fit far better with their sides changed (T,)."""
    legs = np.arange(23, LANDMARKS)
    aspect = np.array([clip.truth.camera.aspect, 1.0])
    told, true = clip.keypoints[..., :2] * aspect, clip.picture.uv
    right = np.linalg.norm(told[:, legs] - true[:, legs], axis=-1).mean(-1)
    wrong = np.linalg.norm(told[:, MIRRORED[legs]] - true[:, legs], axis=-1).mean(-1)
    out: NDArray[np.bool_] = clip.seen & (wrong < 0.6 * right)
    return out


def likely(clip: Rendered) -> NDArray[np.bool_]:
    """Where the engine sees this body and has its sides right (T,)."""
    size = np.median(np.linalg.norm(np.nan_to_num(_error(clip), nan=9.0), axis=-1), axis=-1)
    out: NDArray[np.bool_] = clip.seen & (size < LIKELY) & ~_swapped(clip)
    return out


def _smooth(values: Floats, fps: float) -> Floats:
    out: Floats = uniform_filter1d(values, max(3, round(_SMOOTH_S * fps)), axis=0, mode="nearest")
    return out


def by_group(values: Floats) -> Seven:
    """Root mean square (7,) over the landmarks of each group; values are (N, 33, axes).

    Fingers, heels and toes are left out: a drawn body's are not quite the network's.
    """
    return seven(np.array([rms(values[:, marks]) for marks in MARKS]))


def usual(values: Floats) -> Floats:
    """Return the usual size (7,) of fast errors by group, which a few large ones do not change.

    By the median of the absolute, scaled as for a normal distribution: a clip's first second, in
    which the network settles, is no jitter.
    """
    return np.array([1.4826 * np.median(np.abs(values[:, marks])) for marks in MARKS])


def measure_jitter(drawn: Errors, recorded: Many[Sequence]) -> tuple[ByState[Seven], Seven]:
    """Fast errors at rest by state, and what speed adds.

    Of people who sit and lie the recordings tell, with the grain and light of a real sensor. In
    them hardly anybody stands still and nobody falls slowly: there the drawings tell.
    """
    share = kept_share(TAU_S, FPS, _SMOOTH_S)
    upright = drawn.state == State.UPRIGHT
    walks, stands = upright & (drawn.speed > 2 * _STILL), upright & (drawn.speed < _STILL)
    rest, moving = usual(drawn.fast[stands]) / share, usual(drawn.fast[walks]) / share
    per_speed = np.sqrt(np.maximum(moving**2 - rest**2, 0.0)) / drawn.speed[walks].mean()
    falling = drawn.state == State.FALLING
    fall = usual(drawn.fast[falling]) / share
    fall = np.maximum(fall - per_speed * drawn.speed[falling].mean(), rest)
    low, down = (np.array(shake(recorded, state)) for state in (State.LOW, State.DOWN))
    return ByState(seven(rest), seven(low), seven(fall), seven(down)), seven(per_speed)


def measure_adapting(clips: Many[Rendered]) -> float:
    """How little the size of a body shows in world landmarks: 0 wholly, 1 not at all."""
    true, told = [], []
    for clip in clips:
        rows = likely(clip) & (clip.truth.state < State.FALLING)
        if rows.sum() >= FPS:
            true.append(float(np.log(np.median(trunk(clip.picture.world[rows])))))
            told.append(float(np.log(np.median(trunk(clip.world[rows])))))
    slope = float(np.polyfit(true, told, 1)[0])
    return float(np.clip(1.0 - slope, 0.0, 1.0))


def measure_world(clips: Many[Rendered], adapts: float) -> tuple[float, float, float]:
    """Scale of world landmarks across the view, its spread over clips, and scale along it.

    `adapts` as in `models.skeletons.figures.World`: scales are those of a trunk of half a metre.
    """
    scales, deep_true, deep_told = [], [], []
    for clip in clips:
        rows = likely(clip)
        if rows.sum() < FPS:
            continue
        true, told = clip.picture.world[rows], clip.world[rows]
        scale = rms(told[..., :2]) / rms(true[..., :2])
        scales.append(scale / (_TORSO_M / float(np.median(trunk(true)))) ** adapts)
        deep_true.append(true[..., 2].ravel() * scale)
        deep_told.append(told[..., 2].ravel())
    away, told_away = np.concatenate(deep_true), np.concatenate(deep_told)
    depth = float(np.clip(told_away @ away / (away @ away), 0.3, 1.2))
    odd = np.abs(np.log(scales) - np.log(np.median(scales)))
    return float(np.median(scales)), float(1.4826 * np.median(odd)), depth


def measure_swaps(clips: Many[Rendered]) -> float:
    """How often a minute the legs change sides: runs in which changed sides fit far better."""
    runs, seconds = 0, 0.0
    for clip in clips:
        runs += int((np.diff(_swapped(clip).astype(int), prepend=0) > 0).sum())
        seconds += len(clip.seen) / FPS
    return 60.0 * runs / max(seconds, 1.0)


def fit(clips: Many[Rendered], recorded: Many[Sequence], old: NoiseModel) -> NoiseModel:
    """Return the model with every figure that can be measured replaced."""
    replace = msgspec.structs.replace
    adapts = measure_adapting(clips)
    scale, scale_sd, depth = measure_world(clips, adapts)
    drawn = errors_of(clips, depth)
    still, per_speed = measure_jitter(drawn, recorded)
    slow = [by_group(drawn.slow[drawn.state == state]) for state in State]
    visible, spread = measure_visibility(recorded)
    flat = [rms(drawn.world_slow[drawn.state == state][..., :2]) for state in State]
    deep = [rms(drawn.world_slow[drawn.state == state][..., 2]) for state in State]
    # Who walks or falls moves the limbs, which is no error: those who sit and lie stand in.
    low, down = world_shake(recorded, State.LOW), world_shake(recorded, State.DOWN)
    quick = [low, low, down, down]
    return replace(
        old,
        version=VERSION,
        seed=SEED,
        measured=_MEASURED,
        given=_GIVEN,
        jitter=replace(old.jitter, still=still, per_speed=per_speed),
        bias=replace(old.bias, upright=slow[0], low=slow[1], falling=slow[2], down=slow[3]),
        visibility=replace(
            old.visibility, upright=visible[0], low=visible[1], falling=visible[2],
            down=visible[3], spread=spread,
        ),
        world=replace(
            old.world,
            scale=round(scale, 3),
            scale_sd=round(scale_sd, 3),
            adapts=round(adapts, 3),
            depth_scale=round(depth, 3),
            depth_noise=round(float(np.mean(deep) / np.mean(flat)), 3),
            noise_m=_four(flat),
            jitter_m=_four(quick),
        ),
        score=measure_score(recorded),
        gross=replace(old.gross, swap_per_min=round(measure_swaps(clips), 3)),
    )  # fmt: skip


def _four(values: Many[float]) -> ByState[float]:
    return ByState(*(round(value, 4) for value in values))


def main(argv: list[str] | None = None) -> int:
    """Measure and write the file."""
    parser = argparse.ArgumentParser(prog="python -m ambient.evaluate.measure_noise")
    parser.add_argument("data", type=Path, help="folder of labelled recordings")
    parser.add_argument("--out", type=Path, help="file to write, else the package's own")
    parser.add_argument("--share", type=float, default=1.0, help="share of the drawn clips")
    arguments = parser.parse_args(argv)

    def tell(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    recorded = recordings(arguments.data)
    tell(f"recordings: {len(recorded)} people, {sum(map(len, recorded))} instants")
    clips = list(rendered(SEED, share=arguments.share, tell=tell))
    model = fit(clips, recorded, NoiseModel.load())
    out = arguments.out or Path(str(files("models.skeletons") / "noise.json"))
    out.write_bytes(msgspec.json.format(msgspec.json.encode(model), indent=2) + b"\n")
    tell(f"{out}: version {model.version}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
