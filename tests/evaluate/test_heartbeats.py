"""Heart-rate variability measured: what is clean, what is made noisy, and counts by hand."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from ambient.errors import UsageError
from ambient.evaluate import heartbeats
from ambient.evaluate.heartbeats import clean
from ambient.evaluate.heartbeats_numbers import beats, numbers, numbers_of, shared
from ambient.evaluate.heartbeats_peer import Numbers, opened
from ambient.evaluate.pulses import SPOILED, Kind, dropped, made, noisy, saturated
from ambient.evaluate.pulses_other import OTHER, SHAPES, recorded, wander
from ambient.evaluate.pulses_read import read


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize(
    ("beats", "said"),
    [
        (np.arange(20) * 0.8, True),
        (np.cumsum(0.8 + 0.1 * np.sin(np.arange(40))), True),
        (np.delete(np.arange(30) * 0.8, 15), False),
        (np.sort(np.append(np.arange(30) * 0.8, 12.3)), False),
        (np.arange(5) * 0.8, False),
        (np.zeros(0), False),
    ],
    ids=["even", "swinging", "missed", "extra", "few", "none"],
)
def test_what_is_clean(beats: np.ndarray, said: bool) -> None:
    assert clean(beats) is said


@pytest.mark.parametrize("kind", list(Kind))
def test_waves_are_made_with_their_beats_where_they_are_said(kind: Kind) -> None:
    one = made(30.0, 100.0, rng(), kind)
    assert len(one.wave) == 3000
    for at in one.at[2:-2].tolist():
        around = one.wave[int((at - 0.08) * 100) : int((at + 0.08) * 100) + 1]
        assert around.max() > np.median(one.wave)
    assert np.array_equal(made(30.0, 100.0, rng(), kind).wave, one.wave)


def test_noise_has_the_size_that_is_asked_for() -> None:
    wave = made(60.0, 100.0, rng()).wave
    assert (noisy(wave, 100.0, 0.5, rng()) - wave).std() == pytest.approx(0.5 * wave.std())
    cut = saturated(wave, 100.0, rng(), share=0.2)
    assert (cut == cut.max()).mean() == pytest.approx(0.2, abs=0.01)
    assert np.array_equal(cut[wave < cut.max()], wave[wave < cut.max()])
    lost = dropped(wave, 100.0, rng(), share=0.3)
    assert 0.15 < (np.diff(lost) == 0.0).mean() < 0.45


def test_more_noise_withholds_more_and_what_is_left_is_near_the_truth() -> None:
    withheld = {}
    for name, spoil in SPOILED.items():
        draw, count = rng(2), 0
        for _ in range(4):
            one = made(60.0, 64.0, draw)
            ours = numbers(spoil(one.wave, one.rate, draw), one.rate)
            count += ours.rmssd is None
        withheld[name] = count
    assert withheld["movement 2"] == 4
    assert withheld["dropout 0.5"] == 4
    assert withheld["movement 0.25"] <= withheld["movement 0.5"] <= withheld["movement 2"]


def test_clean_waves_are_within_five_per_cent_of_their_beats() -> None:
    draw = rng(3)
    for _ in range(4):
        one = made(180.0, 100.0, draw)
        ours, truth = numbers(one.wave, one.rate), numbers_of(one.at)
        for name in ("rmssd", "sdnn", "rate"):
            assert getattr(ours, name) == pytest.approx(getattr(truth, name), rel=0.05)


@pytest.mark.parametrize("name", sorted(OTHER))
def test_other_noise_is_drawn_from_the_seed_and_changes_the_wave(name: str) -> None:
    wave = made(30.0, 50.0, rng()).wave
    one, same = (OTHER[name](wave, 50.0, rng(5)) for _ in range(2))
    assert one.shape == wave.shape
    assert np.isfinite(one).all()
    assert np.array_equal(one, same)
    assert not np.array_equal(one, wave)


def test_other_noise_has_the_size_that_is_asked_for() -> None:
    wave = made(60.0, 100.0, rng()).wave
    assert (wander(wave, 100.0, rng(), share=3) - wave).std() == pytest.approx(3 * wave.std())
    piece = made(20.0, 64.0, rng(8), Kind.IRREGULAR).wave
    moved = recorded([(piece, 64.0)], 0.5)(wave, 100.0, rng())
    assert (moved - wave).std() == pytest.approx(0.5 * wave.std())


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_other_shapes_that_are_told_are_near_the_truth(shape: str) -> None:
    draw = rng(6)
    for _ in range(3):
        one = made(60.0, 100.0, draw, shape=SHAPES[shape])
        ours, truth = numbers(one.wave, one.rate), numbers_of(one.at)
        assert ours.rmssd is None or ours.rmssd == pytest.approx(truth.rmssd, rel=0.05)
        assert ours.sdnn is None or ours.sdnn == pytest.approx(truth.sdnn, rel=0.05)


def test_of_the_same_intervals_where_beats_are_decides() -> None:
    one = made(60.0, 100.0, rng(4))
    ours = numbers(one.wave, one.rate)
    at = beats(one.wave, one.rate)[0]
    assert ours.rmssd is not None
    # Beats elsewhere, and one that ours do not have: only what ours count is compared.
    more = np.sort(np.append(at + 0.004, at[30] + 0.4))
    same = shared(one.wave, one.rate, more)
    assert same.rmssd == pytest.approx(ours.rmssd, rel=1e-6)
    assert same.sdnn == pytest.approx(ours.sdnn, rel=1e-6)
    shaken = at + rng(5).normal(0.0, 0.02, len(at))
    assert shared(one.wave, one.rate, shaken).rmssd > 1.2 * ours.rmssd


def test_differences_by_hand() -> None:
    nothing = Numbers()
    row = heartbeats._row(
        [
            (Numbers(42.0, 50.0, 0.10, None, 60.0), Numbers(40.0, 40.0, 0.12, 1.0, 60.0)),
            (Numbers(40.0, 50.0, 0.10, 2.0, 66.0), Numbers(40.0, 50.0, 0.10, 1.0, 60.0)),
            (nothing, Numbers(40.0, 50.0, 0.10, 1.0, 60.0)),
        ]
    )
    assert (row.segments, row.withheld) == (3, 1)
    assert row.rmssd == heartbeats.Error(n=2, median_pct=2.5, worst_pct=5.0, within=2)
    assert row.sdnn == heartbeats.Error(n=2, median_pct=12.5, worst_pct=25.0, within=1)
    assert row.pnn50 == heartbeats.Error(n=2, median_pct=1.0, worst_pct=2.0, within=2)
    assert row.lf_hf == heartbeats.Error(n=1, median_pct=100.0, worst_pct=100.0, within=0)
    assert row.rate == heartbeats.Error(n=2, median_pct=5.0, worst_pct=10.0, within=1)


def test_waves_of_a_folder_and_their_rates(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    times = "".join(f"2016-11-24 13:58:58.{i * 20:03d}000,5\n" for i in range(50))
    waves = {
        "made/a b.csv": ("hr\n" + "530\n" * 20, "64"),
        "made/ms.csv": ("timer,hr\n" + "".join(f"{i * 10},-5\n" for i in range(50)), ""),
        "made/time.csv": ("datetime,hr\n" + times, "see column"),
        "no-rate.csv": ("530\n" * 20, ""),
        "empty.csv": ("", "100"),
        "stands.csv": ("timer,hr\n5,1\n5,1\n", ""),
        "gone.csv": (None, "100"),
    }
    lines = ["rate_hz,sensors,file"]
    for name, (text, rate) in waves.items():
        lines.append(f"{rate},PPG,{name}")
        if text is not None:
            (tmp_path / name).write_text(text)
    lines.append("20,acc,made/waist.csv")
    (tmp_path / "manifest.csv").write_text("\n".join(lines) + "\n")
    errors: dict[str, str] = {}
    found = read(tmp_path, errors)
    assert list(found) == ["made/a b.csv", "made/ms.csv", "made/time.csv"]
    assert [len(wave) for wave, _ in found.values()] == [20, 50, 50]
    assert [rate for _, rate in found.values()] == pytest.approx([64.0, 100.0, 50.0])
    assert list(errors) == ["no-rate.csv", "empty.csv", "stands.csv", "gone.csv"]


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        (None, "point to the folder vitals"),
        ("file,sensors\na.csv,acc\n", "no row says ppg in its column sensors"),
        ("file,sensors\na.csv,ppg\n", r"a\.csv: expected a pulse wave"),
    ],
)
def test_a_folder_without_waves_is_named(manifest: str | None, said: str, tmp_path: Path) -> None:
    if manifest is not None:
        (tmp_path / "manifest.csv").write_text(manifest)
    with pytest.raises(UsageError, match=said):
        heartbeats.run(tmp_path)


def test_an_environment_without_neurokit_is_named() -> None:
    with pytest.raises(UsageError, match="neurokit2"), opened(Path(sys.executable)):
        pass


def test_an_interpreter_that_was_asked_for_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="peers"):
        heartbeats._peers(tmp_path / "python")
