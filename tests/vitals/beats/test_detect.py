"""Beats in waves made with known beats: where they are, and which are doubted."""

from __future__ import annotations

import numpy as np
import pytest

from ambient.errors import UsageError
from ambient.evaluate.pulses import dropped, made, noisy, saturated
from vitals.beats.detect import beats
from vitals.beats.finder import BeatFinder
from vitals.beats.rhythm import LIKE


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("rate", [25.0, 50.0, 100.0, 250.0])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_beat_of_a_clean_wave_is_found_where_it_is(rate: float, seed: int) -> None:
    one = made(40.0, rate, rng(seed))
    found = beats(one.wave, rate, ecg=False)
    at = found.at / rate
    inside = one.at[(one.at > 1.5) & (one.at < 38.0)]
    nearest = np.abs(at[None] - inside[:, None]).min(axis=1)
    assert nearest.max() < 0.012
    sure = at[(found.like >= LIKE) & (at > 1.5) & (at < 38.0)]
    assert len(sure) == len(inside)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 4096.0])
@pytest.mark.parametrize("shift", [-500.0, 0.0, 1e4])
def test_the_unit_of_a_wave_does_not_matter(scale: float, shift: float) -> None:
    one = made(20.0, 100.0, rng())
    found = beats(one.wave * scale + shift, 100.0, ecg=False)
    plain = beats(one.wave, 100.0, ecg=False)
    assert len(found.at) == len(plain.at)
    assert np.allclose(found.at, plain.at, atol=0.02)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_an_ecg_either_way_up(sign: float) -> None:
    rate, true = 250.0, np.arange(0.8, 29.0, 0.83)
    t = np.arange(int(30 * rate)) / rate
    wave = np.zeros(len(t))
    for at in true.tolist():
        wave += np.exp(-0.5 * ((t - at) / 0.012) ** 2)
        wave -= 0.25 * np.exp(-0.5 * ((t - at - 0.035) / 0.012) ** 2)
        wave += 0.2 * np.exp(-0.5 * ((t - at - 0.26) / 0.05) ** 2)
    wave += 0.3 * np.sin(2 * np.pi * 0.2 * t) + rng().normal(0.0, 0.02, len(t))
    found = beats(sign * wave, rate, ecg=True)
    inside = true[(true > 1.5) & (true < 28.0)]
    off = (found.at / rate)[None] - inside[:, None]
    off = np.take_along_axis(off, np.abs(off).argmin(axis=1)[:, None], 1)
    assert np.ptp(off) < 0.012


def test_noise_alone_has_hardly_a_beat_to_rely_on() -> None:
    noise = noisy(np.zeros(6000) + np.linspace(0, 1e-9, 6000), 100.0, 1.0, rng())
    found = beats(noise, 100.0, ecg=False)
    assert (found.like >= LIKE).mean() < 0.5


def test_beats_beside_a_dropout_are_not_relied_on() -> None:
    one = made(40.0, 100.0, rng())
    wave = one.wave.copy()
    wave[2000:2150] = wave[1999]
    found = beats(wave, 100.0, ecg=False)
    beside = (found.at > 1960) & (found.at < 2190)
    assert (found.like[beside] < LIKE).all()
    assert (found.like[found.at > 2400] >= LIKE).mean() > 0.9


def test_beats_whose_top_is_cut_off_are_not_relied_on() -> None:
    one = made(40.0, 100.0, rng())
    assert (beats(one.wave, 100.0, ecg=False).like >= LIKE).mean() > 0.9
    cut = saturated(one.wave, 100.0, rng(), share=0.15)
    found = beats(cut, 100.0, ecg=False)
    assert len(found.at) > 30
    assert (found.like >= LIKE).mean() < 0.2


@pytest.mark.parametrize("wave", [np.zeros(1000), np.full(1000, np.nan), np.zeros(10), np.ones(0)])
def test_what_holds_no_pulse_has_no_beat(wave: np.ndarray) -> None:
    assert len(beats(wave, 100.0, ecg=False).at) == 0


@pytest.mark.parametrize(("rate", "ecg"), [(10.0, False), (3000.0, False), (50.0, True)])
def test_rates_that_cannot_be(rate: float, ecg: bool) -> None:
    with pytest.raises(UsageError, match="hertz"):
        beats(np.zeros(6000), rate, ecg=ecg)


@pytest.mark.parametrize("cut", [1, 13, 100, 777])
def test_cuts_change_no_beat(cut: int) -> None:
    one = made(30.0, 50.0, rng())
    wave = dropped(one.wave, 50.0, rng(2), share=0.05)
    whole, parts = BeatFinder(50.0, ecg=False), BeatFinder(50.0, ecg=False)
    expected = whole.push(wave)
    pushed = [parts.push(wave[i : i + cut]) for i in range(0, len(wave), cut)]
    assert np.allclose(np.concatenate([p.at for p in pushed]), expected.at, rtol=0, atol=1e-6)
    assert np.allclose(np.concatenate([p.like for p in pushed]), expected.like, atol=1e-6)
    assert np.allclose(parts.finish().at, whole.finish().at)


@pytest.mark.parametrize("rate", [25.0, 50.0, 125.0])
def test_a_pulse_peaks_as_long_after_its_steepest_rise_as_the_others(rate: float) -> None:
    one = made(40.0, rate, rng())
    found = beats(one.wave, rate, ecg=False)
    delay = found.delay[1:-1]
    assert np.median(delay) == pytest.approx(0.09, abs=0.02)
    assert np.ptp(delay) < 0.02


def test_a_beat_whose_peak_slipped_is_not_relied_on_though_it_looks_like_the_others() -> None:
    one = made(40.0, 100.0, rng())
    t = np.arange(len(one.wave)) / 100.0
    hit = float(one.at[20])
    slipped = one.wave + 0.5 * np.exp(-0.5 * np.square((t - hit - 0.13) / 0.06))
    found = beats(slipped, 100.0, ecg=False)
    nearest = np.abs(found.at / 100.0 - hit).argmin()
    assert found.at[nearest] / 100.0 - hit > 0.03
    assert found.like[nearest] == 0.0
    assert (np.delete(found.like, nearest)[2:-1] >= LIKE).mean() > 0.9
    plain = beats(one.wave, 100.0, ecg=False)
    assert plain.like[np.abs(plain.at / 100.0 - hit).argmin()] >= LIKE


def test_an_ecg_has_no_delay() -> None:
    t = np.arange(2500) / 250.0
    wave = np.exp(-0.5 * np.square((t % 0.8 - 0.4) / 0.012))
    found = beats(wave, 250.0, ecg=True)
    assert len(found.at) > 8
    assert np.isnan(found.delay).all()
