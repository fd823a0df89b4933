"""Sequences told differently: what must change, and what must not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.falls.learning.variants import FELL_S, hold, pick, vary
from models.skeletons.sequence import LABELS, Sequence
from tests.models.test_falls_inputs import story


def fallen(seed: int, *, fell: float = 1.0, label: str = "fallen") -> Sequence:
    whole = story(seed, lost=0.2)
    n = len(whole)
    return replace(
        whole,
        label=np.full(n, LABELS.index(label)),
        down=np.ones(n, np.float32),
        fell=np.full(n, fell, np.float32),
        help=np.ones(n, np.float32),
    )


@pytest.mark.parametrize("seed", range(20))
def test_every_telling_is_a_sequence(seed: int) -> None:
    told = vary(fallen(seed), np.random.default_rng(seed), held=0.5)
    assert len(told) >= 2
    assert (np.diff(told.t) > 0).all()
    rate = (len(told) - 1) / (told.t[-1] - told.t[0])
    assert 3.5 <= rate <= 36
    assert (told.down == 1).all()
    assert np.isfinite(told.keypoints[told.seen]).all()
    boxed = np.isfinite(told.box).all(axis=1)
    assert (told.box[boxed] >= 0).all()
    assert (told.box[boxed] <= 1).all()
    assert (told.box_score[boxed] > 0).all()


def test_tellings_follow_the_seed() -> None:
    first, again, other = (vary(fallen(1), np.random.default_rng(seed)) for seed in (4, 4, 5))
    np.testing.assert_array_equal(first.t, again.t)
    np.testing.assert_array_equal(first.keypoints, again.keypoints)
    assert len(other) != len(first) or not np.array_equal(other.t, first.t)


def test_a_held_body_stays_as_it_is_and_its_fall_grows_old() -> None:
    told = hold(fallen(2), 6.0)
    n = len(fallen(2))
    after = told.t[n:] - told.t[n - 1]
    assert after[-1] == pytest.approx(6.0, abs=0.3)
    np.testing.assert_array_equal(told.keypoints[n:], np.broadcast_to(
        told.keypoints[n - 1], told.keypoints[n:].shape))  # fmt: skip
    assert (told.down[n:] == 1).all()
    assert (told.help[n:] == 1).all()
    assert np.isnan(told.fell[n:][after <= FELL_S]).all()
    assert (told.fell[n:][after > FELL_S] == 0).all()
    assert np.isnan(told.box[n:]).all()
    assert (told.box_score[n:] == 0).all()


@pytest.mark.parametrize(("label", "known"), [("sit_down", False), ("sitting", True)])
def test_a_movement_that_stands_still_has_no_label(label: str, known: bool) -> None:
    whole = fallen(3, fell=0.0, label=label)
    told = hold(whole, 3.0)
    expected = LABELS.index(label) if known else -1
    assert (told.label[len(whole) :] == expected).all()
    assert (told.fell[len(whole) :] == 0).all()


def test_picking_keeps_what_belongs_together() -> None:
    whole = story(4)
    some = pick(whole, np.array([3, 5, 9]))
    np.testing.assert_array_equal(some.t, whole.t[[3, 5, 9]])
    np.testing.assert_array_equal(some.box_score, whole.box_score[[3, 5, 9]])
    assert some.name == whole.name
