"""Pitch, jitter, shimmer, HNR, harmonics and formants of sounds of which these are known."""

from __future__ import annotations

import numpy as np
import pytest

from ambient.evaluate.voice_signals import VOWELS, Voice, noisy, sustained
from audio.features import Lld, describe
from audio.features.descriptors import QUIET
from audio.features.frames import RATE


@pytest.mark.parametrize("snr_db", [None, 20.0, 10.0])
@pytest.mark.parametrize("f0", [85.0, 95.0, 180.0, 320.0, 600.0])
@pytest.mark.parametrize("vowel", ["a", "i"])
def test_pitch_is_within_one_per_cent(f0: float, vowel: str, snr_db: float | None) -> None:
    sound, truth = sustained(Voice(f0, 0.8, vowel=VOWELS[vowel]), 1)
    rows = describe(noisy(sound, snr_db, 1))
    assert rows.voiced.mean() > 0.9
    assert np.median(rows[Lld.F0_HZ][rows.voiced]) == pytest.approx(truth.f0, rel=0.01)


def test_pitch_that_glides_is_followed() -> None:
    seconds = np.arange(RATE) / RATE
    hz = 120 * 2**seconds
    phase = 2 * np.pi * np.cumsum(hz) / RATE
    sound = sum(np.sin(k * phase) / k for k in range(1, 12)) * 0.05
    rows = describe(np.asarray(sound, np.float32))
    at = np.arange(5, 90)
    middle = hz[at * 160 + 480]
    assert np.abs(rows[Lld.F0_HZ][at] / middle - 1).max() < 0.02


@pytest.mark.parametrize("level", [0.1, QUIET])
def test_noise_and_what_is_very_soft_have_no_pitch(level: float) -> None:
    rng = np.random.default_rng(1)
    noise = rng.standard_normal(RATE).astype(np.float32) * np.float32(level)
    assert describe(noise).voiced.mean() < 0.1
    sound, _ = sustained(Voice(150.0, 0.5, level=QUIET), 1)
    assert not describe(sound).voiced.any()


VOICES = ((90.0, "a"), (130.0, "e"), (180.0, "a"), (250.0, "i"))


@pytest.mark.parametrize("jitter", [0.0, 0.005, 0.01, 0.02])
def test_jitter_is_within_two_tenths_of_a_per_cent(jitter: float) -> None:
    errors = []
    for f0, vowel in VOICES:
        sound, truth = sustained(Voice(f0, 1.5, jitter=jitter, vowel=VOWELS[vowel]), 3)
        found = describe(sound)[Lld.JITTER]
        errors.append(100 * (found[found > 0].mean() - truth.jitter))
    assert np.abs(errors).mean() < 0.2


@pytest.mark.parametrize("shimmer_db", [0.0, 0.3, 0.6, 1.2])
def test_shimmer_is_within_three_tenths_of_a_db(shimmer_db: float) -> None:
    errors = []
    for f0, vowel in VOICES:
        sound, truth = sustained(Voice(f0, 1.5, shimmer_db=shimmer_db, vowel=VOWELS[vowel]), 3)
        found = describe(sound)[Lld.SHIMMER]
        errors.append(found[found > 0].mean() - truth.shimmer_db)
    assert np.abs(errors).mean() < 0.3


@pytest.mark.parametrize(
    ("jitter", "shimmer_db"), [(0.005, 0.0), (0.02, 0.0), (0.0, 0.6), (0.0, 1.2)]
)
def test_periods_without_ringing_are_measured_exactly(jitter: float, shimmer_db: float) -> None:
    rng = np.random.default_rng(4)
    lengths = (1 + jitter * rng.standard_normal(250)) / 150
    heights = 10 ** (shimmer_db * rng.standard_normal(250) / 20)
    edges = np.concatenate([[0], np.cumsum(lengths)])
    seconds = np.arange(int(edges[-1] * RATE)) / RATE
    at = np.searchsorted(edges, seconds, "right") - 1
    phase = 2 * np.pi * (seconds - edges[at]) / lengths[at]
    sound = heights[at] * sum(np.sin(k * phase) / k**2 for k in range(1, 20)) / 10
    rows = describe(np.asarray(sound, np.float32))
    periods, loud = rows[Lld.JITTER][rows.voiced], rows[Lld.SHIMMER][rows.voiced]
    true_jitter = np.abs(np.diff(lengths)).mean() / lengths.mean()
    true_shimmer = np.abs(20 * np.diff(np.log10(heights))).mean()
    if jitter:
        assert 100 * periods.mean() == pytest.approx(100 * true_jitter, abs=0.2)
    else:
        assert loud.mean() == pytest.approx(true_shimmer, abs=0.2)


@pytest.mark.parametrize("f0", [95.0, 150.0, 300.0])
@pytest.mark.parametrize("hnr_db", [5.0, 10.0, 20.0])
def test_hnr_is_within_one_and_a_half_db(f0: float, hnr_db: float) -> None:
    sound, _ = sustained(Voice(f0, 1.5, hnr_db=hnr_db), 3)
    rows = describe(sound)
    assert rows[Lld.HNR][rows.voiced].mean() == pytest.approx(hnr_db, abs=1.5)


@pytest.mark.parametrize("snr_db", [None, 20.0])
@pytest.mark.parametrize("f0", [80.0, 110.0])
@pytest.mark.parametrize("vowel", ["a", "e", "ae"])
def test_formants_are_within_five_per_cent(vowel: str, f0: float, snr_db: float | None) -> None:
    sound, truth = sustained(Voice(f0, 0.8, vowel=VOWELS[vowel]), 3)
    rows = describe(noisy(sound, snr_db, 3))
    for lld, known in zip((Lld.F1, Lld.F2, Lld.F3), truth.formants, strict=True):
        assert np.median(rows[lld][rows.voiced]) == pytest.approx(known, rel=0.05)
    widths = rows[Lld.F1_WIDTH][rows.voiced]
    assert 20 < np.median(widths) < 200


def test_harmonics_are_told_apart() -> None:
    seconds = np.arange(RATE // 2) / RATE
    heights = {1: 0.1, 2: 0.1 * 10 ** (-6 / 20), 5: 0.03, 12: 0.1 * 10 ** (-20 / 20)}
    sound = sum(h * np.sin(2 * np.pi * 200 * k * seconds) for k, h in heights.items())
    rows = describe(np.asarray(sound, np.float32))
    assert rows.voiced.any()
    assert np.median(rows[Lld.H1_H2][rows.voiced]) == pytest.approx(6.0, abs=0.3)


def test_what_needs_a_voice_is_nothing_without_one() -> None:
    rows = describe(np.random.default_rng(2).standard_normal(8000).astype(np.float32) * 1e-4)
    assert not rows.voiced.any()
    for name in (Lld.F0_SEMITONES, Lld.JITTER, Lld.SHIMMER, Lld.HNR, Lld.H1_H2, Lld.H1_A3):
        assert not rows[name].any()
    assert (rows[Lld.F1_LEVEL] == -201.0).all()
    assert (rows[Lld.F1] > 0).any()


@pytest.mark.parametrize(("hnr_db", "least", "most"), [(30.0, 12.0, 40.0), (5.0, 0.0, 10.0)])
def test_cepstral_prominence_tells_clear_from_hoarse(
    hnr_db: float, least: float, most: float
) -> None:
    sound, _ = sustained(Voice(130.0, 1.0, hnr_db=hnr_db), 4)
    rows = describe(sound)
    assert least < rows[Lld.CPP][rows.voiced].mean() < most
