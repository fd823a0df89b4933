"""Sequences: the same for a seed, exact truth, families that never meet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.skeletons.furniture import Place
from models.skeletons.generate import Generator, by_scenario, instants, sequences
from models.skeletons.joints import Joint
from models.skeletons.motion import load, save_own
from models.skeletons.pool import Pool
from models.skeletons.scenarios import Scenario, scene
from models.skeletons.sequence import LABELS, Sequence
from models.skeletons.truth import is_down, needs_help

COUNT = 90


@pytest.fixture(scope="module")
def train(data: Path) -> list[Sequence]:
    return list(sequences(data, 1, COUNT))


def code(word: str) -> int:
    return LABELS.index(word)


def of(made: list[Sequence], *scenarios: Scenario) -> list[Sequence]:
    return [s for s in made if s.name.rsplit("-", 1)[1] in {x.value for x in scenarios}]


def bytes_of(sequence: Sequence) -> bytes:
    arrays = ("t", "seen", "keypoints", "world", "score", "box", "box_score", "place", "label",
              "down", "fell", "help")  # fmt: skip
    return b"".join(getattr(sequence, name).tobytes() for name in arrays)


def test_the_same_seed_gives_the_same_bytes(data: Path, train: list[Sequence]) -> None:
    again = list(sequences(data, 1, 12))
    assert [bytes_of(s) for s in again] == [bytes_of(s) for s in train[:12]]
    other = next(iter(sequences(data, 2, 1)))
    assert bytes_of(other) != bytes_of(train[0])


def test_one_sequence_needs_no_other(data: Path, train: list[Sequence]) -> None:
    assert bytes_of(Generator.open(data).one(1, 7)) == bytes_of(train[7])


def test_shapes_and_ranges(train: list[Sequence]) -> None:
    for s in train:
        assert (np.diff(s.t) > 0).all()
        assert s.t[0] == 0.0
        assert 2.0 < s.t[-1] <= 41.0
        assert 4.0 < len(s) / s.t[-1] < 31.0
        assert np.isfinite(s.keypoints[s.seen]).all()
        assert np.isnan(s.keypoints[~s.seen]).all()
        assert np.isfinite(s.world[s.seen]).all()
        beyond = np.abs(s.keypoints[s.seen][..., :2] - 0.5) - 0.5
        assert (beyond * [s.aspect, 1.0] <= 1.6001).all()
        assert ((s.box_score > 0) == np.isfinite(s.box[:, 0])).all()
        assert ((s.place >= 0) & (s.place.sum(1, keepdims=True) <= 1.0001)).all()
        assert set(np.unique(s.down[np.isfinite(s.down)])) <= {0.0, 1.0}
        assert not ((s.help == 1) & (s.down == 0)).any()
        assert ((s.label == -1) == np.isnan(s.down)).all()


def test_who_has_fallen_is_down_and_needs_help(train: list[Sequence]) -> None:
    falls = of(train, Scenario.FALL, Scenario.FOUND)
    assert len(falls) > 20
    for s in falls:
        fallen = s.label == code("fallen")
        assert (s.down[fallen] == 1).all()
        assert (s.help[fallen] == 1).all()
        falling = s.label == code("fall")
        assert (s.fell[falling] == 1).all()
        upright = np.isin(s.label, [code("standing"), code("walk")])
        assert (s.down[upright] == 0).all()


def test_a_fall_is_over_after_three_seconds(train: list[Sequence]) -> None:
    checked = 0
    for s in of(train, Scenario.FALL):
        falling = np.flatnonzero(s.label == code("fall"))
        if not len(falling):
            continue
        end = s.t[falling[-1]]
        known = np.isfinite(s.fell)
        late = known & (s.t > end + 3.3)
        soon = known & (s.t > end) & (s.t < end + 2.7)
        assert (s.fell[late] == 0).all()
        assert (s.fell[soon] == 1).all()
        checked += bool(late.any())
    assert checked > 5


def test_who_lies_in_bed_is_down_without_need_of_help(train: list[Sequence]) -> None:
    beds = of(train, Scenario.BED)
    lying = [s.label == code("lying") for s in beds]
    assert sum(rows.sum() for rows in lying) > 100
    for s, rows in zip(beds, lying, strict=True):
        known = np.isfinite(s.help)
        assert (s.down[rows & known] == 1).all()
        assert (s.help[known] == 0).all()
        assert (s.fell[known] == 0).all()


def test_the_floor_is_no_bed_unless_it_is_marked(data: Path) -> None:
    generator = Generator.open(data)
    rng = np.random.default_rng(0)
    for scenario, expected in ((Scenario.LIE_FLOOR, 1.0), (Scenario.FLOOR_BED, 0.0)):
        made = [
            generator.film(rng, scene(rng, generator.pool, scenario, fits=lambda b: True), "x")
            for _ in range(6)
        ]
        for s in made:
            lying = (s.label == code("lying")) & np.isfinite(s.help)
            assert lying.any()
            assert (s.help[lying] == expected).all()
            assert (s.fell[np.isfinite(s.fell)] == 0).all()


@pytest.mark.parametrize(
    "scenario",
    [Scenario.SEAT, Scenario.TABLE, Scenario.LOW, Scenario.CHORE, Scenario.MOCAP, Scenario.CARE,
     Scenario.HUG, Scenario.PHANTOM, Scenario.PET, Scenario.SCREEN, Scenario.EXERCISE],
)  # fmt: skip
def test_everyday_life_never_falls(data: Path, scenario: Scenario) -> None:
    generator = Generator.open(data)
    rng = np.random.default_rng(3)
    for _ in range(5):
        s = generator.film(rng, scene(rng, generator.pool, scenario, fits=lambda b: True), "x")
        assert not (s.fell == 1).any()
        lying = np.isin(s.label, [code("lying"), code("lie_down"), code("stand_up"), -1])
        assert not (s.down[~lying] == 1).any()
        if scenario in (Scenario.PHANTOM, Scenario.PET):
            assert (s.box_score == 0).all()
            assert set(s.label.tolist()) == {code("other")}
            assert (s.score <= 0.95).all()


def test_losses_come_in_everyday_scenes_too(train: list[Sequence]) -> None:
    everyday = of(train, Scenario.BED, Scenario.SEAT, Scenario.LOW, Scenario.CHORE, Scenario.MOCAP)
    assert any(0.05 < (~s.seen).mean() < 0.95 for s in everyday)


def test_sequences_begin_in_any_posture(train: list[Sequence]) -> None:
    begins = {LABELS[s.label[0]] for s in train if s.label[0] >= 0}
    assert {"standing", "fallen", "lying"} <= begins
    assert len(begins) >= 5
    assert any(s.down[0] == 1 and s.help[0] == 0 for s in train)
    assert any(s.help[0] == 1 for s in train)


def test_some_end_right_after_the_fall(train: list[Sequence]) -> None:
    ends = [
        s.t[-1] - s.t[np.flatnonzero(s.label == code("fall"))[-1]]
        for s in of(train, Scenario.FALL) if (s.label == code("fall")).any()
    ]  # fmt: skip
    assert any(end < 1.2 for end in ends)


def test_families_share_nobody(data: Path, train: list[Sequence]) -> None:
    held = list(sequences(data, 1, COUNT, family="heldout"))
    own = {s.subject for s in train + held if s.subject.startswith("own-")}
    assert not ({s.subject for s in train} - own) & ({s.subject for s in held} - own)
    rates = [1.0 / np.median(np.diff(s.t)) for s in held]
    assert {int(np.floor(r + 0.2)) % 5 for r in rates} <= {2, 3}


def test_all_scenarios_are_made(data: Path) -> None:
    counts = by_scenario(sequences(data, 5, 240))
    assert set(counts) == {s.value for s in Scenario}
    assert 0.2 < (counts["fall"] + counts["found"]) / 240 < 0.55


def test_further_motions_come_in(data: Path, tmp_path: Path) -> None:
    falls = [m for m in load(data) if m.scenario == "fall_stand"]
    save_own(tmp_path / "more.npz", falls)
    plain = Generator.open(data)
    more = Generator.open(data, own=tmp_path)
    both = (plain.pool.motions["fall"], more.pool.motions["fall"])
    assert len(both[1]) == 2 * len(both[0])


def test_a_pool_without_a_sort_is_refused(data: Path) -> None:
    walks = [m for m in load(data) if m.scenario == "adl"]
    with pytest.raises(ValueError, match="got none of fall"):
        Pool.of(walks, heldout=False)


def test_an_unknown_family_is_refused(data: Path) -> None:
    with pytest.raises(ValueError, match="nobody"):
        next(iter(sequences(data, 1, 1, family="nobody")))


def test_instants_are_uneven_and_some_are_lost() -> None:
    rng = np.random.default_rng(0)
    gaps = [np.diff(instants(rng, 20.0)) for _ in range(100)]
    assert all((gap > 0).all() for gap in gaps)
    assert any(gap.max() > 1.9 * np.median(gap) for gap in gaps)
    rates = [1.0 / np.median(gap) for gap in gaps]
    assert min(rates) < 8.0
    assert max(rates) > 25.0


@pytest.mark.parametrize(
    ("label", "neck", "pelvis", "surface", "down"),
    [
        ("lying", 0.7, 0.6, 0.5, True), ("fallen", 0.6, 0.2, 0.0, True),
        ("fall", 0.3, 0.2, 0.0, True), ("fall", 1.0, 0.7, 0.0, False),
        ("lie_down", 0.7, 0.6, 0.5, True), ("lie_down", 1.1, 0.6, 0.5, False),
        ("stand_up", 0.3, 0.2, 0.0, True), ("stand_up", 0.9, 0.4, 0.0, False),
        ("kneeling", 0.3, 0.2, 0.0, False), ("squatting", 0.4, 0.2, 0.0, False),
        ("sitting", 0.4, 0.1, 0.0, False), ("crawl", 0.4, 0.3, 0.0, False),
        ("other", 0.2, 0.2, 0.0, False),
    ],
)  # fmt: skip
def test_down(label: str, neck: float, pelvis: float, surface: float, down: bool) -> None:
    joints = np.zeros((1, 24, 3))
    joints[:, Joint.NECK, 2], joints[:, Joint.PELVIS, 2] = neck, pelvis
    got = is_down(joints, np.array([code(label)]), np.array([surface]), 1.7)
    assert got[0] == down


@pytest.mark.parametrize(
    ("down", "place", "permitted", "expected"),
    [
        (True, Place.FLOOR, False, True), (True, Place.BED, False, False),
        (True, Place.SOFA, False, False), (True, Place.FLOOR, True, False),
        (False, Place.FLOOR, False, False),
    ],
)  # fmt: skip
def test_help(down: bool, place: Place, permitted: bool, expected: bool) -> None:
    got = needs_help(np.array([down]), np.array([int(place)]), permitted=permitted)
    assert got[0] == expected
