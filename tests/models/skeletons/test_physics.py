"""People simulated by physics: what they do, that bodies stay bodies, that falls end down."""

import csv
from itertools import pairwise

import numpy as np
import pytest

from models.skeletons.joints import Joint, offsets
from models.skeletons.motion import RATE_HZ, load_own
from models.skeletons.physics_body import (
    HINGES,
    LIMITS,
    RANGES,
    Body,
    Family,
    Ranges,
    draw,
    draw_body,
)
from models.skeletons.physics_control import Gait, minimum_jerk, settle, solve, walk
from models.skeletons.physics_poses import kneeling, sitting, standing

BODY = Body(height=1.62, mass=66.0, girth=1.0, age=80.0, stoop=0.2, strength=0.8)


def test_families_share_no_value():
    for name in Ranges.__slots__:
        train = getattr(RANGES[Family.TRAIN], name)
        heldout = getattr(RANGES[Family.HELDOUT], name)
        for low, high in train:
            assert low < high
            assert all(high <= a or b <= low for a, b in heldout), name


@pytest.mark.parametrize("family", list(Family))
def test_bodies_lie_in_their_bands_and_age_shows(family):
    rng = np.random.default_rng(1)
    bodies = [draw_body(rng, family) for _ in range(300)]
    for name in ("height", "girth", "age"):
        bands = getattr(RANGES[family], name)
        assert all(any(a <= getattr(b, name) <= c for a, c in bands) for b in bodies), name
    age = np.array([b.age for b in bodies])
    assert np.corrcoef(age, [b.stoop for b in bodies])[0, 1] > 0.3
    assert np.corrcoef(age, [b.strength for b in bodies])[0, 1] < -0.3
    bmi = np.array([b.mass / b.height**2 for b in bodies])
    assert 14 < bmi.min() < bmi.max() < 42


def test_draw_uses_every_band():
    rng = np.random.default_rng(2)
    values = np.array([draw(rng, ((0.0, 1.0), (5.0, 8.0))) for _ in range(400)])
    assert np.mean(values > 4) == pytest.approx(0.75, abs=0.08)
    assert not np.any((values > 1) & (values < 5))


def test_minimum_jerk_starts_and_ends_at_rest():
    part = minimum_jerk(60)
    assert part[-1] == 1.0
    assert np.all(np.diff(part) > 0)
    assert part[0] < 1e-4
    assert 1 - part[-2] < 1e-4


@pytest.mark.parametrize(
    ("pose", "knee"),
    [
        (standing(BODY, crouch=0.003), (5, 25)),
        (sitting(BODY, 0.45), (70, 110)),
        (kneeling(BODY), (80, 110)),
    ],
    ids=["standing", "sitting", "kneeling"],
)
def test_inverse_kinematics_bend_the_knee_as_the_pose_says(pose, knee):
    angles = np.degrees(solve(BODY, settle(BODY, pose))[0])
    for side in "lr":
        assert knee[0] < angles[HINGES.index(f"{side}_knee")] < knee[1]
        assert abs(angles[HINGES.index(f"{side}_hip_z")]) < 35


def test_angles_stay_within_the_limits():
    rng = np.random.default_rng(3)
    course = settle(BODY, standing(BODY))
    for _ in range(50):
        course.ankles[:] = rng.normal(0, 1, course.ankles.shape)
        course.upper[:] = rng.normal(0, 3, course.upper.shape)
        angles = solve(BODY, course)
        assert np.all(np.isfinite(angles))
        assert np.all(angles >= LIMITS[:, 0])
        assert np.all(angles <= LIMITS[:, 1])


def test_a_standing_foot_does_not_slide():
    gait = Gait(speed=0.8, stride=0.9, lift=0.06, sway=0.02, swing=0.2, width=0.14)
    course = walk(BODY, standing(BODY), gait, 150, RATE_HZ)
    late = course.ankles[60:]
    down = late[:, :, 2] < BODY.ankle + 1e-4
    moved = np.abs(np.diff(late[:, :, 0], axis=0))
    both = down[1:] & down[:-1]
    assert np.mean(down) == pytest.approx(0.62, abs=0.06)
    assert np.percentile(moved[both], 90) < 1e-6
    assert course.pelvis[-1, 0] == pytest.approx(0.8 * (5 - 0.25), abs=0.01)


# -- what needs the simulator -----------------------------------------------------------------

# Falls twice, the rest once.
EVERY = [(kind, seed) for seed in (1, 2) for kind in range(27 if seed == 1 else 13)]


@pytest.fixture(scope="module")
def physics():
    pytest.importorskip("mujoco")
    pytest.importorskip("scipy")
    from models.skeletons import physics

    return physics


@pytest.fixture(scope="module")
def motions(physics):
    assert len(physics.KINDS) == 27
    return [(physics.KINDS[k], physics.simulate(seed, physics.KINDS[k])) for k, seed in EVERY]


@pytest.mark.slow
def test_bones_keep_their_length_and_nobody_sinks_or_bursts(motions):
    for kind, motion in motions:
        bones = np.linalg.norm(offsets(motion.joints)[:, 1:], axis=-1)
        assert np.ptp(bones, axis=0).max() < 1e-3, kind
        assert motion.joints[..., 2].min() > -0.05, kind
        speed = np.linalg.norm(np.diff(motion.joints, axis=0), axis=-1) * motion.rate
        assert speed.max() < 14.0, kind
        # What is lowest rests on something: the floor, or furniture of at most 0.6 m.
        assert motion.joints[..., 2].min(axis=1).max() < 0.75, kind
        assert 1.35 < motion.height < 1.95


@pytest.mark.slow
def test_segments_cover_the_motion_without_holes(motions):
    for kind, motion in motions:
        starts = [s.start_s for s in motion.segments]
        ends = [s.end_s for s in motion.segments]
        assert starts[0] == 0.0
        assert ends[-1] == pytest.approx(motion.seconds)
        assert starts[1:] == ends[:-1], kind
        assert all(a.label != b.label for a, b in pairwise(motion.segments))


@pytest.mark.slow
def test_a_fall_ends_on_the_floor_and_stays(motions, physics):
    lasting = []
    for kind, motion in motions:
        labels = [s.label for s in motion.segments]
        assert ("fall" in labels) == kind.falls, kind
        for fall, after in pairwise(motion.segments):
            if fall.label != "fall":
                continue
            assert after.label == "fallen", kind
            assert after.end_s - after.start_s > 1.5
            lasting.append(fall.end_s - fall.start_s)
            joints = motion.at(np.array([fall.start_s, after.start_s, after.end_s - 0.1]))
            assert joints[1:, Joint.PELVIS, 2].max() < 0.36, kind
            assert joints[1:, Joint.HEAD, 2].max() < 1.0, kind
            # At the beginning of rest nothing of the trunk moves fast any more.
            still = motion.at(after.start_s + np.array([0.0, 0.1]))
            assert np.linalg.norm(np.diff(still[:, Joint.CHEST], axis=0)) < 0.05, kind
    lasting = np.array(lasting)
    assert len(lasting) >= 26
    assert np.mean((lasting > 0.5) & (lasting < 2.5)) > 0.85
    assert lasting.max() < 4.0


def test_bodies_end_up_in_every_way(physics):
    ways = set()
    for seed in range(12):
        for kind in (physics.Kind.FALL_STANDING, physics.Kind.FALL_DOWN_WALL):
            motion = physics.simulate(seed, kind)
            end = motion.joints[round(motion.segments[-1].start_s * motion.rate)]
            up = end[Joint.NECK] - end[Joint.PELVIS]
            front = np.cross(end[Joint.L_HIP] - end[Joint.R_HIP], up)
            up, front = up / np.linalg.norm(up), front / np.linalg.norm(front)
            ways.add(
                "sitting" if up[2] > 0.6 else "supine" if front[2] > 0.6
                else "prone" if front[2] < -0.6 else "side"
            )  # fmt: skip
    assert ways == {"sitting", "supine", "prone", "side"}


@pytest.mark.parametrize(
    ("kind", "label", "low", "high"),
    [
        ("lie_on_floor", "lying", 0.05, 0.2),
        ("lie_on_bed", "lying", 0.4, 0.8),
        ("lie_on_sofa", "lying", 0.4, 0.7),
        ("sit_hard", "sitting", 0.4, 0.7),
        ("sit_by_wall", "sitting", 0.05, 0.2),
        ("kneel", "kneeling", 0.15, 0.9),
        ("crawl", "crawl", 0.35, 0.62),
        ("stroll", "walk", 0.75, 1.15),
    ],
)
def test_the_pelvis_is_where_the_label_says(physics, kind, label, low, high):
    for seed in (3, 4):
        motion = physics.simulate(seed, physics.Kind(kind))
        for piece in motion.segments:
            if piece.label == label and piece.end_s - piece.start_s > 0.5:
                height = motion.at(np.array([piece.end_s - 0.1]))[0, Joint.PELVIS, 2]
                assert low < height < high, (kind, seed, piece)


def test_the_same_seed_gives_the_same_motion_and_families_differ(physics):
    kind = physics.Kind.FALL_TRIPPING
    first, again = (physics.simulate(5, kind).joints for _ in range(2))
    np.testing.assert_array_equal(first, again)
    other = physics.simulate(5, kind, Family.HELDOUT)
    assert other.height != physics.simulate(5, kind).height
    assert other.subject != physics.simulate(5, kind).subject


def test_what_is_written_is_read_again(physics, tmp_path):
    out = tmp_path / "falls.npz"
    built = physics.build(9, 6, out)
    motions = load_own(out)
    assert built.motions == len(motions) == sum(built.by_kind.values()) == 6
    assert built.seconds == pytest.approx(sum(m.seconds for m in motions))
    with out.with_suffix(".csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for motion in motions:
        mine = [r for r in rows if r["key"] == motion.name]
        assert [r["label"] for r in mine] == [s.label for s in motion.segments]
    again = tmp_path / "again.npz"
    physics.build(9, 6, again)
    for a, b in zip(motions, load_own(again), strict=True):
        np.testing.assert_array_equal(a.joints, b.joints)


def test_an_impossible_scene_says_what_to_do(physics, monkeypatch):
    def never(cast):
        raise physics.NotDownError("stayed up")

    monkeypatch.setitem(physics._SCENES, physics.Kind.KNEEL, never)
    with pytest.raises(RuntimeError, match=r"stayed up\); take another seed"):
        physics.simulate(1, physics.Kind.KNEEL)
