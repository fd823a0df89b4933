"""The measures of the noise recipe, on errors that were put there."""

from __future__ import annotations

import numpy as np
import pytest

from ambient.evaluate import measure_noise, noise_measures, noise_recorded
from ambient.evaluate.noise_rendered import FPS, Rendered, camera_of
from models.bodies.raster import Camera as Drawing
from models.skeletons import postures
from models.skeletons.figures import State
from models.skeletons.landmarks import LANDMARKS, MIRRORED, landmarks33
from models.skeletons.sequence import LABELS, Sequence
from models.skeletons.view import Truth
from models.skeletons.wander import wander

DRAWING = Drawing((3.0, 0.3, 1.8), (0.0, 0.0, 0.8), fov_deg=70.0)
T = np.arange(5 * FPS) / FPS


def clip(
    *, scale: float = 1.0, height: float = 1.0, bias: float = 0.0, swap: slice | None = None
) -> Rendered:
    points = np.repeat(landmarks33(postures.figure(postures.STAND.vector()[None])), len(T), axis=0)
    truth = Truth(
        T, points * height, camera_of(DRAWING), np.full(len(T), int(State.UPRIGHT)),
        np.zeros((len(T), LANDMARKS), np.bool_), np.zeros(len(T)),
    )  # fmt: skip
    keypoints = np.ones((len(T), LANDMARKS, 3))
    shifted = truth.picture.uv + bias * truth.picture.unit[:, None, None]
    keypoints[..., :2] = shifted / [truth.camera.aspect, 1.0]
    if swap is not None:
        keypoints[swap] = keypoints[swap][:, MIRRORED]
    return Rendered("clip", truth, np.ones(len(T), np.bool_), keypoints,
                    truth.picture.world * scale)  # fmt: skip


def test_our_camera_is_the_renderers() -> None:
    points = np.random.default_rng(0).uniform([-1, -1, 0], [1, 1, 2], (50, 3))
    pixels, depth = DRAWING.project(points)
    xy, deep = camera_of(DRAWING).project(points)
    np.testing.assert_allclose(xy, pixels / [DRAWING.width, DRAWING.height], atol=1e-9)
    np.testing.assert_allclose(deep, depth, atol=1e-9)


@pytest.mark.parametrize("bias", [0.0, 0.1, -0.2])
def test_a_constant_error_is_slow_and_not_fast(bias: float) -> None:
    errors = measure_noise.errors_of([clip(bias=bias)], 1.0)
    np.testing.assert_allclose(measure_noise.by_group(errors.slow), abs(bias), atol=1e-3)
    np.testing.assert_allclose(measure_noise.usual(errors.fast), 0.0, atol=1e-6)


def test_frames_far_off_are_no_noise() -> None:
    assert measure_noise.likely(clip(bias=0.1)).all()
    assert not measure_noise.likely(clip(bias=0.6)).any()


@pytest.mark.parametrize(("swap", "a_minute"), [(None, 0.0), (slice(10, 30), 12.0)])
def test_swaps_are_counted_once_a_run(swap: slice | None, a_minute: float) -> None:
    assert measure_noise.measure_swaps([clip(swap=swap)]) == pytest.approx(a_minute)


@pytest.mark.parametrize("scale", [0.8, 1.0])
def test_the_scale_of_world_landmarks(scale: float) -> None:
    got, spread, depth = measure_noise.measure_world([clip(scale=scale)] * 3, 0.0)
    assert got == pytest.approx(scale)
    assert spread == pytest.approx(0.0, abs=1e-9)
    assert depth == pytest.approx(1.0)


@pytest.mark.parametrize(("adapts", "sizes"), [(0.0, (1.0, 1.0)), (1.0, (1 / 0.8, 1 / 1.1))])
def test_how_much_a_network_knows_of_size(adapts: float, sizes: tuple[float, float]) -> None:
    clips = [clip(height=h, scale=s) for h, s in zip((0.8, 1.1), sizes, strict=True)]
    assert measure_noise.measure_adapting(clips) == pytest.approx(adapts, abs=0.01)


@pytest.mark.parametrize(("fps", "over_s"), [(12.0, 1.0), (10.0, 0.5)])
def test_what_is_left_of_a_path_without_its_means(fps: float, over_s: float) -> None:
    share = noise_measures.kept_share(0.2, fps, over_s)
    size = round(over_s * fps)
    pieces = wander(np.random.default_rng(9), np.arange(3000 * size) / fps, 0.2).reshape(-1, size)
    assert share == pytest.approx(float((pieces - pieces.mean(1, keepdims=True)).std()), rel=0.05)
    assert 0.4 < share < 1.0


def recording(visibility: float, score: float) -> Sequence:
    n = 40
    keypoints = np.full((n, LANDMARKS, 3), visibility, np.float32)
    keypoints[..., :2] = landmarks33(postures.figure(postures.STAND.vector()[None]))[0][:, [1, 2]]
    flat = np.zeros(n, np.float32)
    labels = np.repeat([LABELS.index(w) for w in ("walk", "sitting", "fall", "fallen")], n // 4)
    return Sequence(
        name="r", subject="s", aspect=1.0, t=np.arange(n) / 10.0, seen=np.ones(n, np.bool_),
        keypoints=keypoints, world=np.zeros((n, LANDMARKS, 3), np.float32),
        score=np.full(n, score, np.float32), box=np.full((n, 4), np.nan, np.float32),
        box_score=flat, place=np.zeros((n, 4), np.float32), label=labels, down=flat, fell=flat,
        help=flat,
    )  # fmt: skip


def test_visibility_and_score_are_medians() -> None:
    rows, _spread = noise_recorded.measure_visibility([recording(0.7, 0.9)])
    np.testing.assert_allclose(rows, 0.7, atol=1e-4)
    score = noise_recorded.measure_score([recording(0.7, 0.9)])
    assert score.down[0] == pytest.approx(np.log(0.8 / 0.2), abs=1e-3)


def test_who_does_not_move_does_not_shake() -> None:
    rows = measure_noise.measure_jitter(
        measure_noise.errors_of([moving(clip())], 1.0), [recording(0.7, 0.9)]
    )
    assert max(rows[0].down) < 1e-6
    assert max(rows[0].upright) < 1e-6


def moving(still: Rendered) -> Rendered:
    """The same body, told to walk in its second half and to fall in its last second."""
    truth = still.truth
    speed = np.where(T > 2.5, 1.0, 0.0)
    state = np.where(T > 4.0, int(State.FALLING), int(State.UPRIGHT))
    other = Truth(truth.t, truth.points, truth.camera, state, truth.hidden, speed)
    return Rendered(still.name, other, still.seen, still.keypoints, still.world)
