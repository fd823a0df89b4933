"""Voices without words by a source-filter model: screams, moans, coughs; and voices re-voiced.

The source is a sum of harmonics with jitter, roughness and breath, the filter a set of formants
(Fant 1960); a scream's roughness is amplitude modulation at 30 to 150 Hz (Arnal et al. 2015). A
cough is a burst, a noise and at times a voiced end (Korpás et al. 1996). `revoice` gives a spoken
word another voice: its envelope is kept (warped along frequency), its source made anew. In: a
generator. Out: float32 samples at 16 kHz.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.signal import istft, stft

from models.sounds.synthesis.basics import RATE, Floats, Rng, band, curve, fade, noise, peak, unit

Wide = NDArray[np.float64]
_OPEN: Final = np.array([[850, 1610, 2850], [700, 1100, 2600], [600, 1800, 2600]], np.float64)
_CLOSED: Final = np.array([[300, 900, 2400], [500, 1400, 2400], [280, 1100, 2200]], np.float64)
"""First three formants of a, o, e and of m, schwa, u of a grown person, Hz."""
_FRAME: Final = 512
_LIFTER: Final = 26


def source(rng: Rng, f0: Floats, *, tilt_db: float, breath: float, rough: float) -> Floats:
    """Return a voice's source: harmonics of `f0` (n,) Hz with roughness and breath.

    Parameters
    ----------
    tilt_db
        Fall of the harmonics an octave: 12 in a soft voice, 4 in a shout.
    breath
        Power of breath noise over that of the voice.
    rough
        Depth of fast amplitude modulation and jitter, 0..1.
    """
    n = len(f0)
    jitter = 1.0 + (0.004 + 0.03 * rough) * noise(rng, n, 6.0)
    phase = 2 * np.pi * np.cumsum(f0 * jitter, dtype=np.float64) / RATE
    count = int(np.clip(7600.0 / float(f0.max()), 1, 60))
    k = np.arange(1, count + 1)
    strength = 10.0 ** (-tilt_db * np.log2(k) / 20.0)
    # One turn of the summed harmonics is a table, read by phase: no loop over harmonics.
    turn = np.arange(4096) / 4096 * 2 * np.pi
    table = (strength @ np.sin(np.outer(k, turn) + rng.uniform(0, 6.28, (count, 1)))).astype(
        np.float32
    )
    wave = table[(phase / (2 * np.pi) * 4096).astype(np.int64) % 4096]
    if rough > 0:
        speed = curve(rng, n, 4, 30.0, 150.0)
        wave = wave * (1.0 + rough * np.sin(2 * np.pi * np.cumsum(speed) / RATE).astype(np.float32))
        half = np.sin(phase / 2).astype(np.float32)
        wave = wave * (1.0 + rough * 0.6 * half)
    return unit(np.asarray(wave, np.float32)) + np.float32(np.sqrt(breath)) * noise(rng, n, 2.0)


def formed(sound: Floats, formants: Wide, width: float = 1.0) -> Floats:
    """Return the sound through formants (3,) Hz, as a gain over frequency."""
    size = int(scipy.fft.next_fast_len(len(sound), real=True))
    spectrum = np.asarray(scipy.fft.rfft(sound, size))
    hertz = np.arange(len(spectrum)) * RATE / size
    gain = np.full(len(hertz), 0.02)
    for number, centre in enumerate([*formants.tolist(), 3500.0, 4500.0]):
        half = width * (60.0 + 0.04 * centre)
        gain += 0.8**number / (1.0 + ((hertz - centre) / half) ** 2)
    return np.asarray(
        scipy.fft.irfft(spectrum * gain.astype(np.float32), size)[: len(sound)], np.float32
    )


def scream(rng: Rng) -> Floats:
    """Return a scream or a shout of pain without words, 0.4 to 2.5 s."""
    n = round(rng.uniform(0.4, 2.5) * RATE)
    top = float(np.exp(rng.uniform(np.log(220.0), np.log(1300.0))))
    shape = np.interp(
        np.linspace(0, 1, n),
        [0, rng.uniform(0.1, 0.4), 1],
        [rng.uniform(0.5, 0.9), 1.0, rng.uniform(0.4, 0.95)],
    )
    f0 = (top * shape * (1 + 0.03 * curve(rng, n, 8, -1, 1))).astype(np.float32)
    wave = source(
        rng,
        f0,
        tilt_db=rng.uniform(2, 7),
        breath=10 ** rng.uniform(-2.5, -0.5),
        rough=rng.uniform(0.1, 0.9),
    )
    wave = formed(wave, _OPEN[rng.integers(3)] * rng.uniform(0.9, 1.35), 1.5)
    return peak(fade(np.tanh(2.0 * unit(wave)), 0.04, rng.uniform(0.05, 0.3)))


def moan(rng: Rng) -> Floats:
    """Return one to three moans of a weak voice, 0.6 to 4 s."""
    parts = []
    formants = _CLOSED[rng.integers(3)] * rng.uniform(0.9, 1.2)
    level = float(np.exp(rng.uniform(np.log(80.0), np.log(330.0))))
    for _ in range(rng.integers(1, 4)):
        n = round(rng.uniform(0.5, 1.6) * RATE)
        fall = np.linspace(rng.uniform(1.0, 1.25), rng.uniform(0.7, 0.95), n)
        f0 = (level * fall * (1 + 0.05 * curve(rng, n, 6, -1, 1))).astype(np.float32)
        wave = source(
            rng,
            f0,
            tilt_db=rng.uniform(8, 14),
            breath=10 ** rng.uniform(-2, -0.3),
            rough=rng.uniform(0.0, 0.35),
        )
        parts.append(fade(unit(formed(wave, formants, 1.3)), 0.15, 0.3))
        parts.append(np.zeros(round(rng.uniform(0.1, 0.5) * RATE), np.float32))
    return peak(np.concatenate(parts[:-1])[: 4 * RATE])


def cough(rng: Rng) -> Floats:
    """Return one to four coughs in a row, 0.3 to 2.5 s."""
    parts = []
    formants = np.array([rng.uniform(500, 900), rng.uniform(1200, 1800), rng.uniform(2300, 3000)])
    for _ in range(rng.integers(1, 5)):
        burst = fade(noise(rng, round(rng.uniform(0.03, 0.07) * RATE)), 0.003, 0.02)
        middle = round(rng.uniform(0.08, 0.22) * RATE)
        flow = noise(rng, middle, rng.uniform(0, 4)) * np.linspace(0.5, 0.1, middle).astype("f4")
        sound = [burst * np.float32(1.3), flow]
        if rng.random() < 0.6:
            n = round(rng.uniform(0.06, 0.15) * RATE)
            f0 = np.linspace(1.2, 0.8, n, dtype=np.float32) * np.float32(rng.uniform(90, 320))
            end = source(rng, f0, tilt_db=9, breath=0.3, rough=0.5)
            sound.append(fade(end, 0.01, 0.05) * np.float32(rng.uniform(0.15, 0.5)))
        whole = formed(np.concatenate(sound), formants, 2.0)
        parts += [whole, np.zeros(round(rng.uniform(0.08, 0.35) * RATE), np.float32)]
    return peak(band(np.concatenate(parts[:-1])[: round(2.5 * RATE)], 150.0))


def revoice(rng: Rng, word: Floats, *, effort: float | None = None) -> Floats:
    """Return a spoken word in another voice: other pitch, throat, breath, age, and haste.

    Parameters
    ----------
    word
        Speech.
    effort
        0 a murmur, 1 a shout; None for any.
    """
    effort = float(rng.uniform(0, 1)) if effort is None else effort
    _, _, bins = stft(word, RATE, nperseg=_FRAME, noverlap=_FRAME * 3 // 4, padded=True)
    power = np.log(np.square(np.abs(bins)) + 1e-9)
    cepstrum = np.asarray(scipy.fft.irfft(power, axis=0))
    cepstrum[_LIFTER:-_LIFTER] = 0.0
    envelope = np.asarray(scipy.fft.rfft(cepstrum, axis=0)).real
    haste = rng.uniform(0.75, 1.2)
    frames = max(4, round(envelope.shape[1] / haste))
    course = np.linspace(0, envelope.shape[1] - 1, frames).round().astype(np.int64)
    warp = rng.uniform(0.82, 1.22)
    rows = np.minimum(np.arange(len(envelope)) / warp, len(envelope) - 1).astype(np.int64)
    envelope = envelope[rows][:, course]
    n = frames * _FRAME // 4
    low = float(np.exp(rng.uniform(np.log(75.0), np.log(260.0))))
    f0 = low * (1.0 + 0.9 * effort) * curve(rng, n, max(3, n // 3000), 0.8, 1.25)
    rough = rng.uniform(0.0, 0.5) if rng.random() < 0.5 else 0.0
    made = source(rng, f0, tilt_db=6.0, breath=10 ** rng.uniform(-3.0, -0.2), rough=rough)
    # Consonants keep their noise: where the word has its power above 3 kHz, the source is noise.
    _, _, carrier = stft(made, RATE, nperseg=_FRAME, noverlap=_FRAME * 3 // 4, padded=True)
    _, _, hiss = stft(noise(rng, n), RATE, nperseg=_FRAME, noverlap=_FRAME * 3 // 4, padded=True)
    size = min(frames, carrier.shape[1], hiss.shape[1])
    split = 3000 * _FRAME // RATE
    share = np.exp(envelope[split:, :size]).mean(axis=0) / np.exp(envelope[:, :size]).mean(axis=0)
    voiced = (share < 0.6)[None]
    flat = np.where(
        voiced,
        carrier[:, :size] / (np.abs(carrier[:, :size]).mean() + 1e-9),
        hiss[:, :size] / (np.abs(hiss[:, :size]).mean() + 1e-9),
    )
    octaves = np.log2(np.maximum(np.arange(len(envelope)) * RATE / _FRAME, 200.0) / 200.0)
    tilt = 10 ** ((6.0 * effort - 3.0) * octaves / 20.0)
    _, wave = istft(
        flat * np.exp(envelope[:, :size] / 2) * tilt[:, None],
        RATE,
        nperseg=_FRAME,
        noverlap=_FRAME * 3 // 4,
    )
    return peak(np.asarray(wave, np.float32))
