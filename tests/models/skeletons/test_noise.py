"""Errors with a memory, what is hidden, boxes, the noise model."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from models.skeletons import postures
from models.skeletons.boxes import boxes, looks
from models.skeletons.cameras import Camera
from models.skeletons.figures import State
from models.skeletons.furniture import (
    Item,
    Kind,
    MapErrors,
    Place,
    hidden,
    place_channel,
    support,
)  # fmt: skip
from models.skeletons.joints import Joint
from models.skeletons.landmarks import HIPS, SHOULDERS, landmarks33
from models.skeletons.limbs import boned, lengths_of
from models.skeletons.noise import NoiseModel
from models.skeletons.sequence import LABELS
from models.skeletons.view import Truth
from models.skeletons.wander import banded, drift, episodes, found, wander

T = np.arange(600) / 10.0
LEVEL = Camera((3.5, 0.0, 1.2), 180.0, 5.0, fov_deg=60.0, aspect=16 / 9)


def truth(
    state: State = State.UPRIGHT,
    *,
    camera: Camera = LEVEL,
    angles: postures.Angles = postures.STAND,
    covered: slice | None = None,
    speed: float = 0.0,
) -> Truth:
    points = np.repeat(landmarks33(postures.figure(angles.vector()[None])), len(T), axis=0)
    mask = np.zeros((len(T), 33), np.bool_)
    if covered is not None:
        mask[:, covered] = True
    return Truth(T, points, camera, np.full(len(T), int(state)), mask, np.full(len(T), speed))


def quiet(model: NoiseModel) -> NoiseModel:
    """The same without mistakes, and always seen."""
    always = msgspec.structs.replace(model.seen.wall, upright=1.0, low=1.0, falling=1.0, down=1.0)
    return msgspec.structs.replace(
        model,
        seen=msgspec.structs.replace(model.seen, wall=always),
        gross=msgspec.structs.replace(
            model.gross, swap_per_min=0.0, jump_per_min=0.0, guessed_legs=0.0, collapse=0.0
        ),
    )


@pytest.mark.parametrize("path", [wander, drift])
@pytest.mark.parametrize("tau", [0.1, 0.5, 2.0])
def test_paths_have_unit_variance_and_forget_as_told(path, tau: float) -> None:
    many = path(np.random.default_rng(0), T, tau, (200,))
    assert many.shape == (600, 200)
    assert 0.9 < many.std() < 1.1
    lag = max(1, round(tau * 10))
    kept = float((many[:-lag] * many[lag:]).mean())
    if path is wander:
        assert kept == pytest.approx(np.exp(-lag / 10 / tau), abs=0.1)
    else:
        assert kept > 0.5


@pytest.mark.parametrize("chance", [0.2, 0.5, 0.9])
def test_losses_have_the_chance_asked_for_and_come_in_runs(chance: float) -> None:
    rng = np.random.default_rng(1)
    runs = {}
    for tau in (0.3, 2.5):
        draws = np.stack([
            found(rng, T, np.full(600, chance), np.full(600, tau), 0.2) for _ in range(300)
        ])  # fmt: skip
        assert draws.mean() == pytest.approx(chance, abs=0.06)
        lost = np.diff((~draws).astype(int), axis=1, prepend=0) > 0
        runs[tau] = (~draws).sum() / lost.sum() / 10.0
    assert runs[0.3] > 0.3
    assert runs[2.5] > 2.0 * runs[0.3]


def test_episodes_come_at_their_rate_and_last() -> None:
    rng = np.random.default_rng(2)
    numbers = [episodes(rng, T, 0.05, 1.0) for _ in range(200)]
    assert np.mean([n.max() for n in numbers]) == pytest.approx(0.05 * 60, rel=0.15)
    assert np.mean([(n > 0).mean() for n in numbers]) == pytest.approx(0.05, rel=0.25)


def test_bands_of_the_two_families_never_meet() -> None:
    rng = np.random.default_rng(3)
    mine = {int(banded(rng, 5, 30, 1.0, heldout=True)) for _ in range(500)}
    theirs = {int(banded(rng, 5, 30, 1.0, heldout=False)) for _ in range(500)}
    assert mine == {7, 12, 17, 22, 27}
    assert theirs == set(range(5, 30)) - mine


def test_the_file_says_of_every_figure_whether_it_was_measured() -> None:
    model = NoiseModel.load()
    told = (*model.measured, *model.given)
    leaves: list[str] = []

    def walk(prefix: str, value: object) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                walk(f"{prefix}.{key}" if prefix else key, inner)
        else:
            leaves.append(prefix)

    figures = msgspec.to_builtins(model)
    for key in ("version", "seed", "measured", "given"):
        figures.pop(key)
    walk("", figures)
    for leaf in leaves:
        owners = [word for word in told if leaf == word or leaf.startswith(word + ".")]
        assert len(owners) == 1, leaf


def test_a_file_with_a_missing_figure_is_refused(tmp_path: Path) -> None:
    (tmp_path / "noise.json").write_text('{"version": "1"}')
    with pytest.raises(msgspec.ValidationError, match="seed"):
        NoiseModel.load(tmp_path / "noise.json")


@pytest.mark.parametrize("state", list(State))
def test_nan_exactly_where_not_seen(state: State) -> None:
    seen = NoiseModel.load().observe(np.random.default_rng(5), truth(state))
    for array in (seen.keypoints, seen.world):
        assert np.isfinite(array[seen.seen]).all()
        assert np.isnan(array[~seen.seen]).all()
    assert (seen.score[~seen.seen] == 0.0).all()
    assert (seen.score[seen.seen] >= 0.5).all()
    visible = seen.keypoints[seen.seen][..., 2]
    assert ((visible >= 0.0) & (visible <= 1.0)).all()


def test_errors_are_those_of_the_tables() -> None:
    model = quiet(NoiseModel.load())
    errors = []
    for seed in range(60):
        what = truth(State.DOWN)
        seen = model.observe(np.random.default_rng(seed), what)
        uv = seen.keypoints[..., :2] * [LEVEL.aspect, 1.0]
        errors.append((uv - what.picture.uv) / what.picture.unit[:, None, None])
    spread = np.sqrt(np.nanmean(np.square(errors), axis=(0, 1, 3)))
    bias, jitter = model.bias.table()[State.DOWN], model.jitter.still.table()[State.DOWN]
    for group, landmark in ((1, 11), (2, 13), (4, 23), (5, 25), (6, 27)):
        expected = np.hypot(bias[group], 1.08 * jitter[group])
        assert spread[landmark] == pytest.approx(expected, rel=0.25)


def test_hidden_legs_are_told_with_low_visibility() -> None:
    model = quiet(NoiseModel.load())
    open_, covered = (
        model.observe(np.random.default_rng(1), truth(covered=mask))
        for mask in (None, slice(25, 33))
    )
    assert np.nanmean(open_.keypoints[:, 25:, 2]) > np.nanmean(covered.keypoints[:, 25:, 2]) + 0.3
    assert np.nanmean(covered.keypoints[:, :11, 2]) > 0.9


def test_legs_out_of_sight_are_guessed_below_the_hips() -> None:
    model = quiet(NoiseModel.load())
    model = msgspec.structs.replace(
        model, gross=msgspec.structs.replace(model.gross, guessed_legs=1.0)
    )
    what = truth(State.LOW, angles=postures.HEELS, covered=slice(25, 33))
    seen = model.observe(np.random.default_rng(2), what)
    true = what.picture.uv[:, 27:29, 1].mean() - what.picture.uv[:, HIPS, 1].mean()
    told = np.nanmean(seen.keypoints[:, 27:29, 1]) - np.nanmean(seen.keypoints[:, HIPS, 1])
    assert told > true + 0.1


@pytest.mark.parametrize("close", [0.5, 0.8])
def test_joints_outside_are_extrapolated_to_a_limit(close: float) -> None:
    near = Camera((close, 0.0, 1.5), 180.0, 0.0, fov_deg=70.0, aspect=1.5)
    model = quiet(NoiseModel.load())
    seen = model.observe(np.random.default_rng(2), truth(camera=near))
    below = seen.keypoints[seen.seen][:, 27, 1]
    assert len(below), "the upper half is in the picture"
    limit = 1.0 + model.gross.outside_heights
    assert ((below > 1.05) & (below <= limit)).all()


def test_swapped_legs_change_places_and_nothing_else() -> None:
    model = quiet(NoiseModel.load())
    often = msgspec.structs.replace(
        model, gross=msgspec.structs.replace(model.gross, swap_per_min=30.0, swap_s=2.0)
    )
    side = Camera((3.5, 0.0, 0.9), 180.0, 0.0, fov_deg=60.0)
    seen = often.observe(np.random.default_rng(4), truth(camera=side))
    order = seen.keypoints[:, 23, 0] > seen.keypoints[:, 24, 0]
    share = order[seen.seen].mean()
    assert 0.2 < share < 0.9


def test_a_jump_leaves_the_body() -> None:
    model = quiet(NoiseModel.load())
    often = msgspec.structs.replace(
        model, gross=msgspec.structs.replace(model.gross, jump_per_min=20.0)
    )
    what = truth()
    seen = often.observe(np.random.default_rng(4), what)
    away = np.linalg.norm(
        seen.keypoints[:, HIPS, :2].mean(1) * [LEVEL.aspect, 1.0]
        - what.picture.uv[:, HIPS].mean(1), axis=-1,
    )  # fmt: skip
    assert 0.05 < seen.jumped.mean() < 0.95
    assert np.median(away[seen.jumped]) > 3 * np.median(away[seen.seen & ~seen.jumped])


def test_world_limbs_keep_their_lengths() -> None:
    what = truth(State.DOWN, angles=postures.SUPINE)
    world = what.picture.world
    rng = np.random.default_rng(0)
    shaken = world + 0.1 * rng.standard_normal(world.shape)
    shaken -= shaken[:, HIPS].mean(1)[:, None]
    fixed = boned(shaken, lengths_of(world))
    np.testing.assert_allclose(lengths_of(fixed), lengths_of(world), rtol=1e-6)
    np.testing.assert_allclose(fixed[:, HIPS].mean(1), 0.0, atol=1e-9)
    seen = NoiseModel.load().observe(rng, what)
    told = seen.world[:, SHOULDERS].mean(1) - seen.world[:, HIPS].mean(1)
    sizes = np.linalg.norm(told[seen.seen & ~seen.jumped], axis=-1)
    assert sizes.std() < 0.01


@pytest.mark.parametrize(
    ("camera", "state", "low", "high"),
    [
        (LEVEL, State.UPRIGHT, 0.95, 1.0),
        (LEVEL, State.DOWN, 0.6, 0.9),
        (Camera((0.0, 0.0, 3.0), 0.0, 90.0, fov_deg=100.0), State.UPRIGHT, 0.1, 0.35),
        (Camera((40.0, 0.0, 1.2), 180.0, 0.0, fov_deg=60.0), State.UPRIGHT, 0.0, 0.1),
        (Camera((3.5, 0.0, 1.2), 0.0, 0.0, fov_deg=60.0), State.UPRIGHT, 0.0, 1e-3),
    ],
)
def test_who_is_seen_depends_on_view_size_and_posture(
    camera: Camera, state: State, low: float, high: float
) -> None:
    chance = NoiseModel.load().probability_seen(truth(state, camera=camera))
    assert low <= chance.mean() <= high


@pytest.mark.parametrize(("speed", "low", "high"), [(0.0, 0.6, 1.4), (2.0, 1.9, 3.8)])
def test_the_detector_looks_once_a_second_and_more_after_movement(
    speed: float, low: float, high: float
) -> None:
    seen = looks(np.random.default_rng(0), T, np.full(len(T), speed))
    assert low < seen.sum() / T[-1] < high


def test_boxes_hold_the_body() -> None:
    what = truth()
    box, score = boxes(np.random.default_rng(0), NoiseModel.load(), what)
    rows = np.isfinite(box[:, 0])
    assert 20 < rows.sum() < 80
    np.testing.assert_array_equal(rows, score > 0)
    middle = what.picture.xy[rows].mean(1)
    assert (box[rows, :2] < middle).all()
    assert (box[rows, 2:] > middle).all()
    assert ((box[rows] >= 0) & (box[rows] <= 1)).all()


TABLE = Item(Kind.TABLE, (2.0, 0.0), 0.0, 0.8, 1.4, 0.75, 0.70)
BED = Item(Kind.BED, (0.0, 0.0), 0.0, 2.0, 0.9, 0.5)


@pytest.mark.parametrize(
    ("item", "eye", "point", "expected"),
    [
        (BED, (3.0, 0.0, 0.4), (-2.0, 0.0, 0.2), True),
        (BED, (3.0, 0.0, 2.5), (-2.0, 0.0, 2.0), False),
        (BED, (3.0, 0.0, 2.0), (0.0, 0.0, 0.6), False),
        (BED, (0.0, 3.0, 1.0), (0.0, -0.8, 0.1), True),
        (TABLE, (4.0, 0.0, 1.6), (1.4, 0.0, 0.4), True),
        (TABLE, (4.0, 0.0, 1.6), (1.4, 0.0, 1.2), False),
        (TABLE, (4.0, 0.0, 0.4), (0.0, 0.0, 0.4), False),
    ],
)
def test_what_furniture_hides(item: Item, eye, point, expected: bool) -> None:
    assert hidden([item], np.array(eye), np.array([point]))[0] == expected


def test_a_turned_item_hides_what_it_covers() -> None:
    along = Item(Kind.OTHER, (2.0, 0.0), np.pi / 2, 3.0, 0.2, 1.0)
    eye, point = np.array([4.0, 1.2, 0.5]), np.array([[0.0, 1.2, 0.5]])
    assert hidden([along], eye, point)[0]
    assert not hidden([Item(Kind.OTHER, (2.0, 0.0), 0.0, 3.0, 0.2, 1.0)], eye, point)[0]


@pytest.mark.parametrize(
    ("label", "height", "place"),
    [("lying", 0.6, Place.BED), ("sitting", 0.6, Place.BED), ("standing", 0.6, Place.FLOOR),
     ("fallen", 0.6, Place.FLOOR), ("lying", 0.1, Place.FLOOR), ("lie_down", 0.65, Place.BED)],
)  # fmt: skip
def test_what_a_body_is_on(label: str, height: float, place: Place) -> None:
    joints = np.zeros((1, 24, 3))
    joints[..., 2] = height
    got, _surface = support([BED], joints, np.array([LABELS.index(label)]))
    assert got[0] == place


def test_the_map_knows_most_beds_and_says_nothing_of_the_others() -> None:
    joints = np.zeros((4, 24, 3))
    joints[:, Joint.PELVIS, 2] = 0.6
    place = np.full(4, int(Place.BED))
    rng = np.random.default_rng(0)
    told = np.stack([
        place_channel(rng, [BED], joints, place, MapErrors(usable=1.0)) for _ in range(600)
    ])[:, 0]  # fmt: skip
    assert (told.argmax(1) == Place.BED).mean() == pytest.approx(0.7, abs=0.08)
    assert (told.sum(1) == 0).mean() == pytest.approx(0.28, abs=0.08)
    assert not place_channel(rng, [BED], joints, place, MapErrors(usable=0.0)).any()
