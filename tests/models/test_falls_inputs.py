"""What the temporal network sees: instant by instant and at once, mirrored, at any rate."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from models.falls.columns import FEATURES, mirror
from models.falls.inputs import Inputs, batch
from models.skeletons.sequence import Sequence

_LEFT_RIGHT = [
    (a, a + 1) for a in (7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)
] + [(1, 4), (2, 5), (3, 6)]  # fmt: skip


def story(seed: int, *, fps: float = 10.0, seconds: float = 8.0, lost: float = 0.3) -> Sequence:
    """A body that wanders and shakes, with poses lost in runs, boxes now and then."""
    random = np.random.default_rng(seed)
    n = round(fps * seconds)
    t = np.cumsum(random.uniform(0.7, 1.3, n) / fps) + 5.0
    smooth = np.cumsum(random.normal(0, 0.01, (n, 33, 3)), axis=0)
    keypoints = (random.uniform(0.2, 0.8, (33, 3)) + smooth).astype(np.float32)
    keypoints[:, :, 2] = np.clip(keypoints[:, :, 2], 0, 1)
    world = (random.normal(0, 0.4, (33, 3)) + smooth).astype(np.float32)
    seen = np.repeat(random.random(n // 5 + 1) > lost, 5)[:n]
    keypoints[~seen], world[~seen] = np.nan, np.nan
    box = np.full((n, 4), np.nan, np.float32)
    boxed = random.random(n) < 0.1
    box[boxed, :2] = random.uniform(0, 0.4, (int(boxed.sum()), 2))
    box[boxed, 2:] = random.uniform(0.5, 1, (int(boxed.sum()), 2))
    place = np.tile(np.array([0.5, 0.3, 0.2, 0.0], np.float32), (n, 1))
    return Sequence(
        name="story",
        subject="nobody",
        aspect=1.6,
        t=t,
        seen=seen,
        keypoints=keypoints,
        world=world,
        score=np.where(seen, 0.9, 0).astype(np.float32),
        box=box,
        box_score=np.where(boxed, 0.6, 0).astype(np.float32),
        place=place,
        label=np.full(n, -1),
        down=np.full(n, np.nan, np.float32),
        fell=np.full(n, np.nan, np.float32),
        help=np.full(n, np.nan, np.float32),
    )


def stream(sequence: Sequence) -> NDArray[np.float32]:
    inputs = Inputs()
    return np.stack(
        [
            inputs.update(
                float(sequence.t[k]),
                sequence.keypoints[k] if sequence.seen[k] else None,
                sequence.world[k] if sequence.seen[k] else None,
                float(sequence.score[k]),
                sequence.aspect,
                sequence.box[k] if np.isfinite(sequence.box[k]).all() else None,
                float(sequence.box_score[k]),
                sequence.place[k],
            )
            for k in range(len(sequence))
        ]
    )


def changed(sequence: Sequence, **fields: object) -> Sequence:
    old = {name: getattr(sequence, name) for name in Sequence.__slots__}
    return Sequence(**{**old, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fps", "lost"),
    [(5.0, 0.0), (10.0, 0.3), (30.0, 0.3), (12.0, 0.8), (10.0, 1.0)],
    ids=["5 fps", "10 fps, losses", "30 fps, losses", "mostly lost", "never seen"],
)
def test_the_stream_gives_what_the_batch_gives(fps: float, lost: float) -> None:
    for seed in range(4):
        sequence = story(seed, fps=fps, lost=lost)
        at_once = batch(sequence)
        assert at_once.shape == (len(sequence), len(FEATURES))
        assert at_once.dtype == np.float32
        assert np.isfinite(at_once).all()
        np.testing.assert_allclose(stream(sequence), at_once, atol=2e-5)


def test_a_seen_pose_with_a_number_missing_counts_as_unseen() -> None:
    whole = story(1, lost=0.0)
    keypoints = whole.keypoints.copy()
    keypoints[20, 13, 0] = np.nan
    holed = changed(whole, keypoints=keypoints)
    rows = batch(holed)
    assert rows[20, FEATURES.index("seen_now")] == 0
    assert rows[21, FEATURES.index("seen_now")] == 1
    np.testing.assert_allclose(stream(holed), rows, atol=2e-5)


def test_world_landmarks_may_be_missing() -> None:
    whole = story(2, lost=0.0)
    flat = changed(whole, world=np.full_like(whole.world, np.nan))
    rows = batch(flat)
    assert np.isfinite(rows).all()
    assert np.abs(rows[:, FEATURES.index("l_knee.world_z")]).max() == 0


def test_mirroring_the_picture_is_mirroring_the_columns() -> None:
    sequence = story(3)
    keypoints, world, box = (x.copy() for x in (sequence.keypoints, sequence.world, sequence.box))
    keypoints[:, :, 0] = 1 - keypoints[:, :, 0]
    world[:, :, 0] *= -1
    box[:, [0, 2]] = 1 - box[:, [2, 0]]
    for a, b in _LEFT_RIGHT:
        for points in (keypoints, world):
            points[:, [a, b]] = points[:, [b, a]]
    index, sign = mirror()
    expected = batch(sequence)[:, index] * sign
    turned = batch(changed(sequence, keypoints=keypoints, world=world, box=box))
    np.testing.assert_allclose(turned, expected, atol=1e-4)


def test_speeds_do_not_depend_on_the_frame_rate() -> None:
    """A body that sinks evenly sinks as fast at 5 frames a second as at 30."""
    base = story(4, lost=0.0)
    speeds = []
    for fps in (5.0, 10.0, 30.0):
        n = round(3 * fps)
        t = np.arange(n) / fps
        keypoints = np.repeat(base.keypoints[:1], n, axis=0)
        keypoints[:, :, 1] += 0.1 * t[:, None].astype(np.float32)
        even = changed(
            base, t=t, seen=np.ones(n, bool), keypoints=keypoints,
            **{name: np.repeat(getattr(base, name)[:1], n, axis=0) for name in
               ("world", "score", "box", "box_score", "place", "label", "down", "fell", "help")},
        )  # fmt: skip
        rows = batch(even)[-1]
        speeds.append([rows[FEATURES.index(f"hip.y.{part}")] for part in ("fast", "slow")])
    np.testing.assert_allclose(speeds[1:], [speeds[0]] * 2, rtol=1e-3)
    assert speeds[0][0] > 0


def test_nothing_of_the_future_is_seen() -> None:
    sequence = story(5)
    rows = batch(sequence)
    cut = changed(
        sequence,
        **{
            name: getattr(sequence, name)[:40]
            for name in Sequence.__slots__
            if name not in ("name", "subject", "aspect")
        },
    )
    np.testing.assert_allclose(batch(cut), rows[:40], atol=1e-6)
