"""Loudness, balance, flux and cepstrum of spectra of which these are known."""

from __future__ import annotations

import numpy as np
import pytest

from audio.features import spectral
from audio.features.frames import SHORT, SHORT_HZ, cut, short_spectrum


def _tones(*tones: tuple[float, float]) -> np.ndarray:
    seconds = np.arange(SHORT) / 16_000
    sound = sum(10 ** (db / 20) * np.sin(2 * np.pi * hz * seconds) for hz, db in tones)
    return np.abs(short_spectrum(np.asarray(sound, np.float32)[None])) ** 2


@pytest.mark.parametrize(("low_db", "high_db"), [(0.0, -12.0), (-30.0, -30.0), (-20.0, -60.0)])
def test_balance_of_two_tones(low_db: float, high_db: float) -> None:
    power = _tones((500.0, low_db), (3000.0, high_db))
    assert spectral.alpha_ratio(power)[0] == pytest.approx(high_db - low_db, abs=1.0)
    assert spectral.hammarberg(power)[0] == pytest.approx(low_db - high_db, abs=0.1)


def test_a_full_scale_sine_has_power_one() -> None:
    assert _tones((1000.0, 0.0)).max() == pytest.approx(spectral.FULL_SCALE, rel=1e-3)


def test_slopes_are_in_db_per_hz() -> None:
    level = np.where(SHORT_HZ <= 500, 0.03 * SHORT_HZ, 15.0 - 0.02 * (SHORT_HZ - 500))
    low, high = spectral.slopes(10 ** (level / 10)[None])
    assert low[0] == pytest.approx(0.03)
    assert high[0] == pytest.approx(-0.02)


def test_silence_has_no_balance_and_no_cepstrum() -> None:
    power = np.zeros((2, len(SHORT_HZ)))
    bands = spectral.mel_power(power)
    assert not spectral.alpha_ratio(power).any()
    assert not spectral.hammarberg(power).any()
    assert np.allclose(spectral.slopes(power), 0)
    assert np.allclose(spectral.mfcc(bands), 0)
    assert 0 < spectral.loudness(bands)[0] < 0.01


def test_loudness_grows_with_the_cube_root_of_power_and_with_bandwidth() -> None:
    soft, loud = (spectral.mel_power(_tones((1000.0, db))) for db in (-40.0, -30.0))
    ratio = spectral.loudness(loud)[0] / spectral.loudness(soft)[0]
    assert ratio == pytest.approx(10**0.33, rel=0.01)
    spread = _tones(*((hz, -45.05) for hz in np.linspace(500, 5000, 10)))
    assert spectral.loudness(spectral.mel_power(spread))[0] > 2 * spectral.loudness(soft)[0]


def test_cepstrum_is_that_of_the_htk_book() -> None:
    order = np.arange(26) + 0.5
    # Bands whose logarithm is one cosine: only that coefficient, liftered and scaled.
    bands = np.exp(3.0 * np.cos(np.pi * 2 * order / 26))[None]
    lifter = 1 + 11 * np.sin(np.pi * 2 / 22)
    expected = [0.0, 3.0 * 13 * np.sqrt(2 / 26) * lifter, 0.0, 0.0]
    assert np.allclose(spectral.mfcc(bands)[0], expected)


def test_flux_is_the_change_of_the_spectrum() -> None:
    rng = np.random.default_rng(1)
    noise = rng.standard_normal(4000).astype(np.float32)
    frames = np.abs(short_spectrum(cut(noise, SHORT)))
    assert not spectral.flux(frames, frames).any()
    apart = spectral.flux(frames[1:], frames[:-1])
    assert np.allclose(apart, np.sqrt(((frames[1:] - frames[:-1]) ** 2).mean(1)), rtol=1e-5)


def test_equal_loudness_is_hermansky_s() -> None:
    ear = spectral._equal_loudness(np.array([100.0, 1000.0, 4000.0]))
    assert ear == pytest.approx([5.28e-4, 0.171, 0.667], rel=0.02)
