"""What conditions do to pictures: pure, repeatable, and what their names say."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from ambient.errors import UsageError
from ambient.evaluate import h264
from ambient.evaluate.conditions import (
    FURNITURE_GREY,
    MEANING,
    Condition,
    altered,
    cut,
    lossy,
    rate,
)
from tests.evaluate.kit import frames
from vision.sources import Frame

PICTURES = [c for c in Condition if c is not Condition.H264]


def _run(condition: Condition, made: list[Frame]) -> list[Frame]:
    return list(altered(condition)(iter(made)))


@pytest.mark.parametrize("condition", PICTURES)
def test_a_condition_repeats_and_leaves_its_input_alone(condition: Condition) -> None:
    made = frames(5)
    before = [frame.image.copy() for frame in made]
    first, second = _run(condition, made), _run(condition, made)
    assert [f.t_ns for f in first] == [f.t_ns for f in second]
    assert all(np.array_equal(a.image, b.image) for a, b in zip(first, second, strict=True))
    assert all(np.array_equal(a, b.image) for a, b in zip(before, made, strict=True))
    assert all(f.image.dtype == np.uint8 and f.image.ndim == 3 for f in first)
    assert MEANING[condition]


def test_noise_differs_from_frame_to_frame() -> None:
    a, b = (f.image.astype(int) for f in _run(Condition.NOISE, frames(2)))
    clean = [f.image.astype(int) for f in frames(2)]
    assert not np.array_equal(a - clean[0], b - clean[1])


LOOKS: list[tuple[Condition, Callable[[np.ndarray, np.ndarray], bool]]] = [
    (Condition.BASE, lambda old, new: np.array_equal(old, new)),
    (Condition.SIZE_180, lambda old, new: new.shape[:2] == (240, 320)),
    (Condition.SIZE_1080, lambda old, new: new.shape[:2] == (1440, 1920)),
    (Condition.NOISE, lambda old, new: 8 < np.abs(new.astype(int) - old).mean() < 15),
    (Condition.NIGHT, lambda old, new: new.mean() < 0.5 * old.mean()),
    (Condition.INFRARED, lambda old, new: int(np.ptp(new.astype(int), axis=2).max()) == 0),
    (Condition.HALF_HIDDEN, lambda old, new: bool((new[33:45] == FURNITURE_GREY).all())),
    (Condition.HALF_HIDDEN, lambda old, new: np.array_equal(old[:33], new[:33])),
    (Condition.MIRROR, lambda old, new: np.array_equal(old[:, ::-1], new)),
    (Condition.ROLL_LEFT, lambda old, new: new.shape == old.shape and not (new == old).all()),
]


@pytest.mark.parametrize(("condition", "holds"), LOOKS)
def test_what_a_condition_does(
    condition: Condition, holds: Callable[[np.ndarray, np.ndarray], bool]
) -> None:
    made = frames(1)
    assert holds(made[0].image, _run(condition, made)[0].image)


@pytest.mark.parametrize("grey", [60, 120, 200])
def test_night_is_dark_and_never_black(grey: int) -> None:
    picture = Frame(np.full((40, 40, 3), grey, np.uint8), 0, 0)
    dark = next(altered(Condition.NIGHT)(iter([picture]))).image
    assert 10 < dark.mean() < 0.5 * grey + 5
    assert dark.std() > 2


def test_rolling_left_and_right_are_each_other_s_mirror() -> None:
    made = frames(1)
    mirrored = [Frame(made[0].image[:, ::-1].copy(), 0, 0)]
    left = _run(Condition.ROLL_LEFT, made)[0].image.astype(int)
    right = _run(Condition.ROLL_RIGHT, mirrored)[0].image[:, ::-1].astype(int)
    # The middle of an even width lies between two pixels, so they differ by half a pixel.
    assert np.abs(left - right).mean() < 4


@pytest.mark.parametrize(
    ("condition", "fps"), [(Condition.BASE, 10), (Condition.FPS_5, 5), (Condition.FPS_30, 30)]
)
def test_rates(condition: Condition, fps: float) -> None:
    assert rate(condition) == fps


def test_lost_frames_are_few_and_never_the_first() -> None:
    kept = [f.index for f in lossy(iter(frames(1000, size=(16, 16))), 0.02)]
    assert kept[0] == 0
    assert 970 <= len(kept) <= 990
    assert [f.index for f in lossy(iter(frames(5)), 1.0)] == [0]


@pytest.mark.parametrize(
    ("start_s", "indices", "first_t"), [(0.25, [3, 4], 0), (0.0, [0, 1, 2, 3, 4], 0), (9.0, [], 0)]
)
def test_a_cut_begins_time_anew(start_s: float, indices: list[int], first_t: int) -> None:
    left = list(cut(start_s)(iter(frames(5))))
    assert [f.index for f in left] == indices
    if left:
        assert (left[0].t_ns, left[1].t_ns) == (first_t, 100_000_000)


@pytest.mark.parametrize("size", [(60, 80), (61, 83)])
def test_h264_gives_the_same_frames_coarser(size: tuple[int, int]) -> None:
    if not h264.available():
        pytest.skip("needs the program ffmpeg")
    made = frames(12, size=size)
    back = list(h264.recoded(iter(made), 0.05))
    assert [(f.t_ns, f.index) for f in back] == [(f.t_ns, f.index) for f in made]
    apart = [np.abs(a.image.astype(int) - b.image).mean() for a, b in zip(made, back, strict=True)]
    assert all(a.image.shape == b.image.shape for a, b in zip(made, back, strict=True))
    assert 0.5 < np.mean(apart) < 40
    assert list(h264.recoded(iter([]), 0.05)) == []


def test_h264_without_an_encoder_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(UsageError, match="apt-get install ffmpeg"):
        list(h264.recoded(iter(frames(1)), 0.05))
