"""Landmarks, builds, edits: proportions, lengths, labels, no jumps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.skeletons import postures
from models.skeletons.build import Build, retarget
from models.skeletons.edit import (
    cut,
    idle,
    mirror,
    resampled,
    rested,
    shuffled,
    spliced,
    turned,
    warped,
)  # fmt: skip
from models.skeletons.joints import Joint, assemble, lengths, offsets
from models.skeletons.landmarks import MIRRORED, landmarks33
from models.skeletons.motion import Motion, Segment, is_heldout, load, load_own, save_own
from models.skeletons.pool import Sort, sort_of


@pytest.fixture
def fall() -> Motion:
    keys = [postures.Key(postures.STAND, 2.0, "standing"),
            postures.Key(postures.PRONE, 1.0, "fall"),
            postures.Key(postures.PRONE, 3.0, "fallen")]  # fmt: skip
    return postures.animate(np.random.default_rng(1), "fall", keys)


def standing() -> np.ndarray:
    return landmarks33(postures.figure(postures.STAND.vector()[None]))[0]


@pytest.mark.parametrize(
    ("a", "b", "low", "high"),
    [
        (11, 12, 0.17, 0.24), (23, 24, 0.08, 0.13), (11, 13, 0.15, 0.21), (13, 15, 0.13, 0.17),
        (23, 25, 0.23, 0.28), (25, 27, 0.23, 0.27), (7, 8, 0.07, 0.11), (2, 5, 0.03, 0.05),
        (27, 31, 0.09, 0.16), (29, 31, 0.13, 0.19), (15, 19, 0.04, 0.08),
    ],
)  # fmt: skip
def test_lengths_are_those_of_an_adult(a: int, b: int, low: float, high: float) -> None:
    body = standing()
    assert low < np.linalg.norm(body[a] - body[b]) / postures.HEIGHT < high


@pytest.mark.parametrize(
    ("higher", "lower"), [(2, 0), (0, 9), (9, 11), (11, 23), (23, 25), (25, 27), (27, 29), (15, 19)]
)
def test_what_is_above_what(higher: int, lower: int) -> None:
    body = standing()
    assert body[higher, 2] > body[lower, 2]


def test_the_face_looks_ahead_and_left_is_left() -> None:
    body = standing()
    assert body[0, 0] > body[7, 0] + 0.05
    assert (body[[2, 7, 11, 23, 27], 1] > body[[5, 8, 12, 24, 28], 1]).all()
    assert (body[[31, 32], 0] > body[[29, 30], 0] + 0.15).all()


def test_a_mirrored_motion_has_mirrored_landmarks(fall: Motion) -> None:
    other = landmarks33(mirror(fall).joints)
    np.testing.assert_allclose(
        other, landmarks33(fall.joints)[:, MIRRORED] * [1.0, -1.0, 1.0], atol=1e-9
    )


def test_wrong_joints_are_refused() -> None:
    with pytest.raises(ValueError, match="expected shape"):
        landmarks33(np.zeros((3, 17, 3)))


def test_offsets_and_back(fall: Motion) -> None:
    np.testing.assert_allclose(assemble(offsets(fall.joints)), fall.joints, atol=1e-12)


@pytest.mark.parametrize("height", [1.45, 1.62, 1.9])
def test_another_body_is_as_tall_as_it_says(fall: Motion, height: float) -> None:
    other = retarget(fall, Build(height))
    ratio = lengths(other.joints)[1:] / lengths(fall.joints)[1:]
    np.testing.assert_allclose(ratio, height / fall.height, rtol=1e-6)


def test_a_stoop_brings_the_head_forward_and_down_and_leaves_the_legs(fall: Motion) -> None:
    straight = retarget(fall, Build(1.7)).joints[0]
    bent = retarget(fall, Build(1.7, stoop=0.5, head_forward=0.3)).joints[0]
    assert bent[Joint.HEAD, 0] > straight[Joint.HEAD, 0] + 0.1
    assert bent[Joint.HEAD, 2] < straight[Joint.HEAD, 2] - 0.03
    np.testing.assert_allclose(bent[Joint.L_ANKLE], straight[Joint.L_ANKLE])


def spans(motion: Motion) -> list[tuple[float, float, str]]:
    return [(round(s.start_s, 2), round(s.end_s, 2), s.label) for s in motion.segments]


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda m: cut(m, 1.0, 4.0), [(0, 1, "standing"), (1, 2, "fall"), (2, 3, "fallen")]),
        (lambda m: cut(m, 3.5, 9.0), [(0, 2.5, "fallen")]),
        (lambda m: resampled(m, 30.0, 2.0), [(0, 1, "standing"), (1, 1.5, "fall"),
                                             (1.5, 3, "fallen")]),
        (lambda m: warped(m, {"fall": 0.5}), [(0, 2, "standing"), (2, 4, "fall"),
                                              (4, 7, "fallen")]),
        (lambda m: rested(np.random.default_rng(0), m, 4.0, 5.0, "fallen"),
         [(0, 2, "standing"), (2, 3, "fall"), (3, 11, "fallen")]),
        (lambda m: idle(np.random.default_rng(0), m, 2.0), [(0, 2, "standing"), (2, 3, "fall"),
                                                            (3, 8, "fallen")]),
    ],
)  # fmt: skip
def test_labels_go_along(fall: Motion, edit, expected) -> None:
    motion = edit(fall)
    assert [label for _, _, label in spans(motion)] == [label for _, _, label in expected]
    np.testing.assert_allclose(
        [row[:2] for row in spans(motion)], [row[:2] for row in expected], atol=0.04
    )
    assert abs(motion.seconds - expected[-1][1]) < 0.07


def test_rest_breathes_and_hardly_moves(fall: Motion) -> None:
    still = rested(np.random.default_rng(3), fall, 5.0, 20.0, "fallen")
    rows = still.joints[int(5.5 * 30) : (20 * 30)]
    chest = rows[:, Joint.L_COLLAR, 2]
    assert 0.002 < np.ptp(chest) < 0.03
    assert np.linalg.norm(np.diff(rows[:, Joint.PELVIS], axis=0), axis=-1).max() < 1e-6


def test_a_splice_does_not_jump_and_keeps_bones(fall: Motion) -> None:
    lead = turned(postures.chore(np.random.default_rng(0), "tie_shoes"), 1.1, (3.0, -2.0))
    both = spliced(lead, fall)
    steps = np.linalg.norm(np.diff(both.joints, axis=0), axis=-1).max()
    alone = np.linalg.norm(np.diff(fall.joints, axis=0), axis=-1).max()
    assert steps < 1.6 * alone
    np.testing.assert_allclose(lengths(both.joints)[1:], lengths(fall.joints)[1:], atol=0.004)
    with pytest.raises(ValueError, match="one rate"):
        spliced(lead, resampled(fall, 10.0))


def test_small_steps_go_less_far_and_stay_on_the_floor(data: Path) -> None:
    walk = next(m for m in load(data) if sort_of(m) is Sort.WALK)
    slow = shuffled(walk, 0.5)
    way = [np.ptp(m.joints[:, 0, 0]) for m in (walk, slow)]
    assert way[1] == pytest.approx(0.5 * way[0], rel=0.05)
    feet = [Joint.L_TOE, Joint.R_TOE, Joint.L_ANKLE, Joint.R_ANKLE]
    np.testing.assert_allclose(
        slow.joints[:, feet, 2].min(1), walk.joints[:, feet, 2].min(1), atol=1e-9
    )


def test_motions_are_read_and_sorted(data: Path) -> None:
    motions = load(data)
    sorts = {m.scenario: sort_of(m) for m in motions}
    assert sorts == {
        "fall_stand": Sort.FALL, "adl_bed": Sort.BED, "adl_floor": Sort.FLOOR,
        "adl_chair": Sort.SEAT, "adl_kneel": Sort.LOW, "adl": Sort.WALK, "dance": Sort.MOCAP,
    }  # fmt: skip
    assert {is_heldout(m) for m in motions} == {True, False}
    heights = [m.height for m in motions]
    assert max(abs(h - postures.HEIGHT) for h in heights) < 0.08


@pytest.mark.parametrize("family", ["train", "heldout"])
def test_a_simulation_says_for_which_side_it_was_made(fall: Motion, family: str) -> None:
    made = [replace(fall, subject=f"physics-{family}-fall-{n}") for n in range(30)]
    assert {is_heldout(m) for m in made} == {family == "heldout"}


def test_a_folder_without_motions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"cmu\.npz"):
        load(tmp_path)
    with pytest.raises(FileNotFoundError, match="npz"):
        load_own(tmp_path)


def test_own_motions_come_back(fall: Motion, tmp_path: Path) -> None:
    save_own(tmp_path / "a.npz", [fall, replace(fall, name="b")])
    again = load_own(tmp_path)
    assert [m.name for m in again] == ["b", "fall"]
    np.testing.assert_allclose(again[1].joints, fall.joints, atol=0.00051)
    assert spans(again[1]) == spans(fall)
    assert again[1].subject == fall.subject


def test_a_label_that_no_sequence_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="expected one of"):
        Segment(0.0, 1.0, "flying")


@pytest.mark.parametrize("kind", postures.EXERCISES)
def test_exercise_never_falls(kind: str) -> None:
    motion = postures.exercise(np.random.default_rng(4), kind)
    assert not {s.label for s in motion.segments} & {"fall", "fallen"}
    assert motion.joints[..., 2].min() > -0.02


@pytest.mark.parametrize("make", [postures.exercise, postures.chore])
def test_an_unknown_kind_is_refused(make) -> None:
    with pytest.raises(ValueError, match="expected one of"):
        make(np.random.default_rng(0), "juggling")
