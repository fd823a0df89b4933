"""Measure how our pose engine errs: ``python -m ambient.evaluate.measure_noise DATA``.

In: drawn people, of whom everything is known (`noise_rendered`), and recordings that may be learned
from, of which posture is known. Out: `models/skeletons/noise.json`, the figures with which
sequences to learn from are made. What neither can tell (the ceiling view, boxes, what is out of
sight) keeps its figure, and the file says which is which.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from collections.abc import Sequence as Many
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final, cast

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.special import logit

from ambient.evaluate.noise_rendered import FPS, Rendered, rendered
from ambient.train.poses import PEOPLE, Pass, View, people
from ambient.train.truth import Row, read
from models.skeletons.figures import GROUP, GROUPS, ByState, Pair, Seven, State
from models.skeletons.landmarks import HIPS, LANDMARKS, MIRRORED, SHOULDERS
from models.skeletons.noise import NoiseModel
from models.skeletons.sequence import LABELS, Sequence
from models.skeletons.wander import wander
from vision.pose import PoseOptions
from vision.pose.blazepose import BlazePose

VERSION: Final = "1.0.0"
SEED: Final = 7
RECORDED_FPS: Final = 10.0
SETS: Final = ("gmdcsa24", "rajukonakalla/raju_Raju", "rajukonakalla/raju_yashu")
"""Recordings of one person whose posture the labels tell."""
LIKELY: Final = 0.5
"""Frames whose median error is more torso lengths are mistakes of another kind, not noise."""
CALM: Final = 0.25
"""The share of the calmest half seconds of a recording that counts as keeping still."""
_SMOOTH_S: Final = 1.0
_STILL: Final = 0.15
"""Metres a second under which drawn bodies count as still."""

Floats = NDArray[np.float64]
_MARKS: Final = ([0, 2, 5, 7, 8], [11, 12], [13, 14], [15, 16], [23, 24], [25, 26], [27, 28])
"""The landmarks that stand for each of `GROUPS`."""
_WORDS: Final = {
    State.UPRIGHT: ("walk", "standing"), State.LOW: ("sitting",), State.FALLING: ("fall",),
    State.DOWN: ("fallen",),
}  # fmt: skip
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


def recordings(data: Path) -> list[Sequence]:
    """Return the people of the recordings, as the node sees them."""
    out: list[Sequence] = []
    for row in _rows(data):
        with BlazePose.create(PoseOptions(num_people=PEOPLE)) as engine:
            out += people(row, Pass(View.PLAIN, RECORDED_FPS), engine, None)
    return out


def _rows(data: Path) -> list[Row]:
    return [row for row in read(data / "video") if row.name.startswith(SETS)]


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
        scale = _rms(clip.world[rows][..., :2]) / _rms(true[..., :2])
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


_TORSO_M: Final = 0.5


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


def kept_share(tau_s: float, fps: float, over_s: float) -> float:
    """Return how much of a path that forgets in `tau_s` is left when means `over_s` are taken."""
    size = max(2, round(over_s * fps))
    path = wander(np.random.default_rng(0), np.arange(800 * size) / fps, tau_s)
    pieces = path.reshape(-1, size)
    return _rms(pieces - pieces.mean(axis=1, keepdims=True))


def by_group(values: Floats) -> Seven:
    """Root mean square (7,) over the landmarks of each group; values are (N, 33, axes).

    Fingers, heels and toes are left out: a drawn body's are not quite the network's.
    """
    return _seven(np.array([_rms(values[:, marks]) for marks in _MARKS]))


def usual(values: Floats) -> Floats:
    """Return the usual size (7,) of fast errors by group, which a few large ones do not change.

    By the median of the absolute, scaled as for a normal distribution: a clip's first second, in
    which the network settles, is no jitter.
    """
    return np.array([1.4826 * np.median(np.abs(values[:, marks])) for marks in _MARKS])


def measure_jitter(drawn: Errors, recorded: Many[Sequence]) -> tuple[ByState[Seven], Seven]:
    """Fast errors at rest by state, and what speed adds.

    Of people who sit and lie the recordings tell, with the grain and light of a real sensor. In
    them hardly anybody stands still and nobody falls slowly: there the drawings tell.
    """
    share = kept_share(_TAU_S, FPS, _SMOOTH_S)
    upright = drawn.state == State.UPRIGHT
    walks, stands = upright & (drawn.speed > 2 * _STILL), upright & (drawn.speed < _STILL)
    rest, moving = usual(drawn.fast[stands]) / share, usual(drawn.fast[walks]) / share
    per_speed = np.sqrt(np.maximum(moving**2 - rest**2, 0.0)) / drawn.speed[walks].mean()
    falling = drawn.state == State.FALLING
    fall = usual(drawn.fast[falling]) / share
    fall = np.maximum(fall - per_speed * drawn.speed[falling].mean(), rest)
    low, down = (np.array(_shake(recorded, state)) for state in (State.LOW, State.DOWN))
    return ByState(_seven(rest), _seven(low), _seven(fall), _seven(down)), _seven(per_speed)


def _shake(recorded: Many[Sequence], state: State) -> Seven:
    """Fast movement (7,) of people who keep still in a state, in torso lengths.

    Half seconds are compared by how much each group of landmarks moves about its mean; the calmest
    share of them is the network's own unrest, the others move.
    """
    spreads = [
        np.stack([_spread(piece[:, marks] / size) for marks in _MARKS])
        for piece, size in _half_seconds(recorded, state)
    ]
    calm = np.quantile(np.stack(spreads), CALM, axis=0)
    return _seven(calm / kept_share(_TAU_S, RECORDED_FPS, _HALF_S))


def world_shake(recorded: Many[Sequence], state: State) -> float:
    """As `_shake`, of world landmarks across the view, all together, metres."""
    spreads = []
    for sequence in recorded:
        rows = np.flatnonzero(sequence.seen & _is(sequence, state))
        for piece in np.split(rows, range(_HALF, len(rows), _HALF)):
            if len(piece) == _HALF:
                spreads.append(_spread(sequence.world[piece, :, :2].astype(np.float64)))
    return float(np.quantile(spreads, CALM)) / kept_share(_TAU_S, RECORDED_FPS, _HALF_S)


_TAU_S: Final = 0.2
_HALF_S: Final = 0.5
_HALF: Final = round(_HALF_S * RECORDED_FPS)


def _half_seconds(recorded: Many[Sequence], state: State) -> Iterator[tuple[Floats, float]]:
    """Yield landmarks (5, 33, 2) in picture heights, and the length of the trunk there."""
    for sequence in recorded:
        rows = np.flatnonzero(sequence.seen & _is(sequence, state))
        if len(rows) < _HALF:
            continue
        uv = sequence.keypoints[rows, :, :2].astype(np.float64) * [sequence.aspect, 1.0]
        # A trunk seen along its axis is no measure; a third of the whole is at least near.
        size = max(float(np.median(_trunk(uv))), 0.3 * float(np.median(_extent(uv))))
        for piece in np.split(uv, range(_HALF, len(uv), _HALF)):
            if len(piece) == _HALF:
                yield piece, size


def _spread(piece: Floats) -> float:
    return _rms(piece - piece.mean(axis=0))


def _trunk(uv: Floats) -> Floats:
    out: Floats = np.linalg.norm(uv[:, SHOULDERS].mean(1) - uv[:, HIPS].mean(1), axis=-1)
    return out


def _extent(uv: Floats) -> Floats:
    out: Floats = np.ptp(uv, axis=1).max(-1)
    return out


def _is(sequence: Sequence, state: State) -> NDArray[np.bool_]:
    codes = [LABELS.index(word) for word in _WORDS[state]]
    out: NDArray[np.bool_] = np.isin(sequence.label, codes)
    return out


def _seven(row: Floats) -> Seven:
    return cast(Seven, tuple(round(float(value), 4) for value in row))


def measure_adapting(clips: Many[Rendered]) -> float:
    """How little the size of a body shows in world landmarks: 0 wholly, 1 not at all."""
    true, told = [], []
    for clip in clips:
        rows = likely(clip) & (clip.truth.state < State.FALLING)
        if rows.sum() >= FPS:
            true.append(float(np.log(np.median(_trunk(clip.picture.world[rows])))))
            told.append(float(np.log(np.median(_trunk(clip.world[rows])))))
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
        scale = _rms(told[..., :2]) / _rms(true[..., :2])
        scales.append(scale / (_TORSO_M / float(np.median(_trunk(true)))) ** adapts)
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


def measure_visibility(recorded: Many[Sequence]) -> tuple[list[Seven], float]:
    """Median visibility by state and group, and its spread in log-odds."""
    rows: list[Seven] = []
    spreads = []
    for state in State:
        seen = [s.keypoints[s.seen & _is(s, state), :, 2] for s in recorded]
        values = np.clip(np.concatenate(seen).astype(np.float64), 0.003, 0.997)
        row = [float(np.median(values[:, at == GROUP])) for at in range(len(GROUPS))]
        rows.append(_seven(np.array(row)))
        odds = logit(values)
        spreads += [float(np.subtract(*np.percentile(odds[:, at == GROUP], [75, 25])) / 1.35)
                    for at in range(2, len(GROUPS))]  # fmt: skip
    return rows, round(float(np.median(spreads)), 3)


def measure_score(recorded: Many[Sequence]) -> ByState[Pair]:
    """Log-odds of the score above a half: median and spread by state."""
    pairs: list[Pair] = []
    for state in State:
        scores = np.concatenate([s.score[s.seen & _is(s, state)] for s in recorded])
        odds = logit(np.clip(2.0 * scores.astype(np.float64) - 1.0, 1e-3, 1.0 - 1e-3))
        low, middle, high = np.percentile(odds, [16, 50, 84])
        pairs.append((round(float(middle), 3), round(float(max(0.5, (high - low) / 2)), 3)))
    return ByState(*pairs)


def fit(clips: Many[Rendered], recorded: Many[Sequence], old: NoiseModel) -> NoiseModel:
    """Return the model with every figure that can be measured replaced."""
    replace = msgspec.structs.replace
    adapts = measure_adapting(clips)
    scale, scale_sd, depth = measure_world(clips, adapts)
    drawn = errors_of(clips, depth)
    still, per_speed = measure_jitter(drawn, recorded)
    slow = [by_group(drawn.slow[drawn.state == state]) for state in State]
    visible, spread = measure_visibility(recorded)
    flat = [_rms(drawn.world_slow[drawn.state == state][..., :2]) for state in State]
    deep = [_rms(drawn.world_slow[drawn.state == state][..., 2]) for state in State]
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


def _rms(values: Floats) -> float:
    return float(np.sqrt(np.mean(values**2)))


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
