"""The network of the wearable fall detector, its inputs, and how it is made."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from ambient.errors import ModelError
from models.wearable import FallNet, load
from models.wearable.inputs import (
    AFTER,
    BEFORE,
    INPUTS,
    LENGTH,
    RATE,
    Worn,
    inputs,
    rest,
    still_after,
    turned,
)
from models.wearable.learning import fit
from models.wearable.learning.bodies import felt
from models.wearable.learning.tell import holed, rotation, softened, stirred, tell

SECOND = 1_000_000_000
STOOD = np.array([0.0, 0.0, 1.0])
Floats = np.ndarray


def fallen(seed: int = 0) -> tuple[Floats, Floats, Floats]:
    """Return a window: upright, 0.3 s weightless, an impact, lying on the side."""
    rng = np.random.default_rng(seed)
    mean = np.tile([0.0, 0.0, 1.0], (LENGTH, 1))
    mean[BEFORE - 8 : BEFORE] *= 0.2
    mean[BEFORE] = [2.0, 1.0, 2.0]
    mean[BEFORE + 1 :] = [1.0, 0.0, 0.0]
    mean += rng.normal(0.0, 0.005, mean.shape)
    length = np.sqrt(np.square(mean).sum(axis=1))
    return mean, length * 1.02, length * 0.98


def test_numbers_have_the_names_that_the_weights_know() -> None:
    row = inputs(*fallen(), Worn.WAIST, STOOD)
    assert row.shape == (len(INPUTS),)
    assert np.isfinite(row).all()
    by = dict(zip(INPUTS, row.tolist(), strict=True))
    assert by["peak"] == pytest.approx(np.log(3.06), abs=0.05)
    assert by["lowest"] == pytest.approx(0.2, abs=0.03)
    assert by["turned"] == pytest.approx(np.pi / 2, abs=0.05)
    assert by["turned_rest"] == pytest.approx(np.pi / 2, abs=0.05)
    assert by["turned_calm"] == pytest.approx(np.pi / 2, abs=0.05)
    assert by["still"] > 0.8
    assert (by["waist"], by["wrist"], by["thigh"]) == (1.0, 0.0, 0.0)


@pytest.mark.parametrize("seed", range(6))
def test_how_the_device_is_turned_does_not_matter(seed: int) -> None:
    mean, high, low = fallen()
    turn = rotation(np.random.default_rng(seed))
    assert np.allclose(turn @ turn.T, np.eye(3))
    assert np.linalg.det(turn) == pytest.approx(1.0)
    turned_so = inputs(mean @ turn.T, high, low, None, turn @ STOOD)
    assert np.allclose(turned_so, inputs(mean, high, low, None, STOOD))


def test_an_unknown_place_is_none_of_the_five() -> None:
    assert inputs(*fallen(), None, STOOD)[-len(Worn) :].tolist() == [0.0] * len(Worn)


def test_a_window_of_another_length_is_refused() -> None:
    mean, high, low = fallen()
    with pytest.raises(ValueError, match="151"):
        inputs(mean[:-1], high, low, None, STOOD)
    assert BEFORE + 1 + AFTER == LENGTH


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        pytest.param([("stands", 2.0), ("hops", 5.0)], [0.0, 0.0, 1.0], id="stands, then hops"),
        pytest.param([("lies", 3.0), ("stands", 1.5)], [0.0, 0.0, 1.0], id="lies, then stands"),
        pytest.param(
            [("stands", 3.0), ("lies", 1.5), ("hops", 1.0)], [1.0, 0.0, 0.0], id="lay last"
        ),
        pytest.param([("stands", 0.5)], [0.0, 0.0, 1.0], id="half a second alone"),
    ],
)
def test_how_the_device_hung_when_its_wearer_was_last_calm(
    before: list[tuple[str, float]], expected: list[float]
) -> None:
    rng = np.random.default_rng(3)
    parts = []
    for what, seconds in before:
        cells = rng.normal(0.0, 0.01, (round(seconds * RATE), 3))
        cells[:, 0 if what == "lies" else 2] += 1.0
        if what == "hops":
            hop = np.sin(2 * np.pi * 2.4 / RATE * np.arange(len(cells)))
            cells += np.outer(hop, [1.2, 0.3, 0.9]) + np.maximum(hop, 0)[:, None]
        parts.append(cells)
    assert np.allclose(rest(np.vstack(parts)), expected, atol=0.03)


@pytest.mark.parametrize("share", [0.4, 1.0, 1.2])
def test_a_softer_fall_keeps_its_directions_and_what_rests(share: float) -> None:
    mean, high, low = fallen()
    soft = softened(mean, share)
    along = np.einsum("ij,ij->i", soft, mean)
    length = np.sqrt(np.square(soft).sum(axis=1))
    assert np.allclose(along, length * np.sqrt(np.square(mean).sum(axis=1)))
    assert np.allclose(length - 1.0, share * (np.sqrt(np.square(mean).sum(axis=1)) - 1.0))
    assert float(softened(high, share)[BEFORE]) == pytest.approx(1.0 + share * (high[BEFORE] - 1.0))
    assert (softened(low, share) >= 0.0).all()


def test_stillness_and_turn_after_an_impact() -> None:
    mean = fallen()[0]
    assert still_after(mean) == 1.0
    assert turned(mean) == pytest.approx(90.0, abs=2.0)
    moving = mean.copy()
    moving[BEFORE + 20 :] += 0.3 * np.sin(np.arange(LENGTH - BEFORE - 20))[:, None]
    assert still_after(moving) < 0.3


def test_the_shipped_network_tells_a_fall_from_a_step() -> None:
    net = FallNet(load())
    walk = np.tile([0.0, 0.0, 1.0], (LENGTH, 1))
    walk[:, 2] += 0.6 * np.sin(2 * np.pi * 1.8 / 25 * np.arange(LENGTH))
    length = np.sqrt(np.square(walk).sum(axis=1))
    rows = np.vstack(
        [
            inputs(*fallen(), Worn.WAIST, STOOD),
            inputs(walk, length, length, Worn.WAIST, STOOD),
        ]
    )
    fall, step = net.probability(rows)
    assert fall > 0.8
    assert step < 0.1


@pytest.mark.parametrize("damage", ["gone", "cut", "inputs"])
def test_weights_that_are_missing_or_of_another_kind(
    damage: str, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path
    good = load()
    path = folder / "weights.json"  # type: ignore[operator]
    if damage == "cut":
        path.write_bytes(msgspec.json.encode(good)[:500])
    if damage == "inputs":
        path.write_bytes(msgspec.json.encode(msgspec.structs.replace(good, inputs=["peak"])))
    monkeypatch.setattr("models.carried.files", lambda name: folder)
    with pytest.raises(ModelError, match="ambient train wearable"):
        load()


def rows(seed: int = 0, count: int = 400) -> fit.Rows:
    rng = np.random.default_rng(seed)
    fall = rng.random(count) < 0.3
    x = rng.normal(0.0, 1.0, (count, len(INPUTS)))
    x[:, 0] += 2.5 * fall
    x[:, 11] += 2.5 * fall
    return fit.Rows(x, fall, np.ones(count))


def test_the_same_seed_gives_the_same_weights_and_another_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fit, "STEPS", 20)
    one, same, other = (fit.fit(rows(), seed=seed) for seed in (3, 3, 4))
    assert msgspec.json.encode(one) == msgspec.json.encode(same)
    assert msgspec.json.encode(one) != msgspec.json.encode(other)
    net, fresh = FallNet(one), rows(9)
    right = (net.probability(fresh.x) >= 0.5) == fresh.fall
    assert right.mean() > 0.9


def test_calibration_mends_log_odds_that_are_too_sure() -> None:
    rng = np.random.default_rng(1)
    true = rng.normal(0.0, 2.0, 5000)
    fall = rng.random(5000) < 1 / (1 + np.exp(-true))
    slope, shift = fit.calibrate(3.0 * true + 1.0, fall)
    assert slope == pytest.approx(1 / 3, rel=0.1)
    assert shift == pytest.approx(-1 / 3, abs=0.1)
    said = 1 / (1 + np.exp(-(slope * (3.0 * true + 1.0) + shift)))
    assert fit.calibration_error(said, fall) < 0.02 < fit.calibration_error(said**3, fall)


def test_the_loss_is_least_where_the_odds_are_right() -> None:
    fall = np.arange(400) % 4 == 0
    at = [fit.loss(np.full(400, np.log(p / (1 - p))), fall) for p in (0.1, 0.25, 0.5)]
    assert min(at) == at[1] == pytest.approx(-0.25 * np.log(0.25) - 0.75 * np.log(0.75))


@pytest.mark.parametrize(
    ("falls", "others", "low", "high"),
    [
        ([0.9, 0.8], [0.1, 0.2], 0.2, 0.8),
        ([0.9, 0.8, 0.05], [0.1, 0.2], 0.2, 0.8),
        ([0.9, 0.3, 0.35], [0.1, 0.7, 0.2], 0.2, 0.3),
    ],
)
def test_the_threshold_parts_best(
    falls: list[float], others: list[float], low: float, high: float
) -> None:
    assert low < fit.threshold(np.asarray(falls), np.asarray(others)) < high


def test_a_trace_told_as_another_device_keeps_its_fall_and_is_drawn_from_the_seed() -> None:
    times = np.arange(1, 1201) * (SECOND // 100)
    mean = np.repeat(fallen()[0], 8, axis=0)[:1200]
    one = tell(times, mean, np.random.default_rng(2))
    same = tell(times, mean, np.random.default_rng(2))
    assert np.array_equal(one[0], same[0])
    assert np.array_equal(one[1], same[1])
    for seed in range(30):
        at, told = tell(times, mean, np.random.default_rng(seed))
        assert (np.diff(at) > 0).all()
        assert told.shape == (len(at), 3)
        rate = (len(at) - 1) / ((at[-1] - at[0]) / SECOND)
        assert 18.0 < rate < 101.0
        rest = told[at < 3 * SECOND]
        assert 0.8 < float(np.sqrt(np.square(rest.mean(axis=0)).sum())) < 1.2


def test_stirring_begins_after_the_impact_and_keeps_gravity() -> None:
    times = np.arange(1, 1201) * (SECOND // 100)
    lying = np.tile([1.0, 0.0, 0.0], (1200, 1))
    _, out = stirred(times, lying, 5 * SECOND, np.random.default_rng(3))
    assert np.array_equal(out[times <= 5.7 * SECOND], lying[times <= 5.7 * SECOND])
    assert np.abs(out[times > 7 * SECOND] - lying[0]).max() > 0.05


def test_a_silent_radio_loses_one_stretch_of_some_tellings() -> None:
    times = np.arange(1, 1201) * (SECOND // 100)
    lying = np.tile([1.0, 0.0, 0.0], (1200, 1))
    lost = []
    for seed in range(200):
        at, out = holed(times, lying, np.random.default_rng(seed))
        assert out.shape == (len(at), 3)
        assert (at[0], at[-1]) == (times[0], times[-1])
        gaps = np.diff(at) / SECOND
        assert (gaps > 0.02).sum() <= 1
        lost.append(float(gaps.max()))
    holes = [gap for gap in lost if gap > 0.02]
    assert 8 <= len(holes) <= 40
    assert max(holes) < 2.6


@pytest.mark.parametrize("worn", list(Worn))
def test_a_body_that_stands_feels_gravity_and_one_that_drops_feels_none(worn: Worn) -> None:
    rng = np.random.default_rng(4)
    body = rng.uniform(-0.3, 0.3, (24, 3)) + np.array([0.0, 0.0, 1.0])
    still = np.tile(body, (40, 1, 1))
    assert np.allclose(np.sqrt(np.square(felt(still, 30.0, worn)).sum(axis=1)), 1.0, atol=1e-6)
    drop = still.copy()
    drop[:, :, 2] -= 0.5 * 9.80665 * np.square(np.arange(40) / 30.0)[:, None]
    assert np.sqrt(np.square(felt(drop, 30.0, worn)).sum(axis=1)).max() < 1e-3
