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

from models.sounds.synthesis.basics import (
    RATE,
    Floats,
    Rng,
    band,
    curve,
    fade,
    noise,
    peak,
    resampled,
    unit,
)

Wide = NDArray[np.float64]
_OPEN: Final = np.array([[850, 1610, 2850], [700, 1100, 2600], [600, 1800, 2600]], np.float64)
_CLOSED: Final = np.array([[300, 900, 2400], [500, 1400, 2400], [280, 1100, 2200]], np.float64)
"""First three formants of a, o, e and of m, schwa, u of a grown person, Hz."""
_FRAME: Final = 512
_GLIDES: Final = (
    (0.6, 1.0, 0.8), (0.9, 1.0, 0.95), (1.0, 0.85, 0.5), (0.5, 0.8, 1.0), (1.0, 0.7, 0.95, 0.6),
    (0.8, 1.0, 1.0, 0.55), (1.0, 1.0),
)  # fmt: skip
"""Courses of a scream's pitch, as shares of its highest."""
_LIFTER: Final = 26
_STEP: Final = _FRAME // 4
_CALLED: Final = 0.5
"""Effort from which on a word may be called out, not spoken."""
_LONGEST_S: Final = 2.0
_MELODIES: Final = (
    (1.15, 1.1, 0.8),
    (0.9, 1.3, 1.2, 0.8),
    (1.25, 1.25, 1.24, 1.05, 1.05, 1.04),
    (0.95, 1.0, 1.35),
    (1.0, 1.0),
)
"""Of a call, as shares of the pitch; the third is two tones, a minor third apart."""


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
    """Return a scream, a shout of pain, or one of someone who dies, without words, 0.25 to 3 s.

    High and bright, or deep, hoarse and falling with its power below 2 kHz, as men cry out; rough
    (amplitude modulated at 30 to 150 Hz, Arnal et al. 2015), with subharmonics, with stretches
    of chaos in which the voice breaks to noise, and at times a breath drawn in at its end.
    """
    dark = rng.random() < 0.45
    n = round(float(np.exp(rng.uniform(np.log(0.25), np.log(1.4 if dark else 3.0)))) * RATE)
    low, high = (110.0, 600.0) if dark else (300.0, 2200.0)
    top = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    glide = _GLIDES[rng.integers(len(_GLIDES))]
    shape = np.interp(np.linspace(0, len(glide) - 1, n), np.arange(len(glide)), glide)
    shape = 1 + rng.uniform(0.4, 1.2) * (shape - 1)
    f0 = (top * shape * (1 + rng.uniform(0.01, 0.05) * curve(rng, n, 8, -1, 1))).astype(np.float32)
    wave = source(
        rng,
        np.maximum(f0, 70.0),
        tilt_db=rng.uniform(5, 12) if dark else rng.uniform(2, 7),
        breath=10 ** rng.uniform(-2.5, -0.3),
        rough=rng.uniform(0.1, 0.9),
    )
    if rng.random() < 0.4:
        broken = curve(rng, n, max(3, n // 2400), -1.0, 1.0) > rng.uniform(0.0, 0.7)
        wave = np.where(broken, 0.4 * wave + noise(rng, n, 2.0), wave).astype(np.float32)
    formants = _OPEN if rng.random() < 0.75 else _CLOSED
    wave = formed(wave, formants[rng.integers(3)] * rng.uniform(0.85, 1.35), 1.5)
    wave = unit(wave) * curve(rng, n, max(3, n // 4000), 0.5, 1.0)
    wave = np.tanh(rng.uniform(0.5, 4.0) * unit(wave))
    wave = fade(wave, rng.uniform(0.01, 0.08), min(rng.uniform(0.05, 0.5), 0.5 * n / RATE))
    if rng.random() < 0.15:
        size = round(rng.uniform(0.15, 0.5) * RATE)
        drawn = fade(formed(noise(rng, size), _OPEN[rng.integers(3)] * 1.1, 2.0), 0.08, 0.05)
        quiet = np.zeros(round(rng.uniform(0.0, 0.1) * RATE), np.float32)
        wave = np.concatenate([wave, quiet, unit(drawn) * np.float32(rng.uniform(0.05, 0.3))])
    return peak(np.asarray(wave, np.float32))


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
        0 a murmur, 1 a shout; None for any. Who calls loud may draw out the vowels, on a call's
        melody, or with a tremor of age.
    """
    effort = float(rng.uniform(0, 1)) if effort is None else effort
    _, _, bins = stft(word, RATE, nperseg=_FRAME, noverlap=_FRAME * 3 // 4, padded=True)
    power = np.log(np.square(np.abs(bins)) + 1e-9)
    cepstrum = np.asarray(scipy.fft.irfft(power, axis=0))
    cepstrum[_LIFTER:-_LIFTER] = 0.0
    envelope = np.asarray(scipy.fft.rfft(cepstrum, axis=0)).real
    haste = rng.uniform(0.75, 1.2)
    frames = max(4, round(envelope.shape[1] / haste))
    called = effort > _CALLED and rng.random() < 0.5
    if called:
        course = _drawn_out(rng, power, frames)
        frames = len(course)
    else:
        course = np.linspace(0, envelope.shape[1] - 1, frames).round().astype(np.int64)
    warp = rng.uniform(0.82, 1.22)
    rows = np.minimum(np.arange(len(envelope)) / warp, len(envelope) - 1).astype(np.int64)
    envelope = envelope[rows][:, course]
    n = frames * _FRAME // 4
    low = float(np.exp(rng.uniform(np.log(75.0), np.log(260.0))))
    f0 = low * (1.0 + 0.9 * effort) * curve(rng, n, max(3, n // 3000), 0.8, 1.25)
    if called:
        f0 = f0 * _melody(rng, n)
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


def _drawn_out(rng: Rng, power: Wide, frames: int) -> NDArray[np.int64]:
    """Return which frame of a word is heard when its vowels, its loudest parts, are drawn out."""
    loud = np.exp(power).sum(axis=0)
    vowel = loud > 0.25 * loud.max()
    lasts = np.where(vowel, rng.uniform(1.2, 2.4), 1.0)
    after = np.cumsum(lasts)
    count = min(round(frames * float(after[-1]) / len(lasts)), round(_LONGEST_S * RATE / _STEP))
    where = np.searchsorted(after, np.linspace(0, after[-1], max(4, count), endpoint=False))
    return np.asarray(np.minimum(where, len(lasts) - 1), np.int64)


def _melody(rng: Rng, n: int) -> Floats:
    """Return the course (n,) of the pitch of a call: falling, rising and falling, or two tones."""
    knots = np.array(_MELODIES[rng.integers(len(_MELODIES))])
    course = np.interp(np.linspace(0, len(knots) - 1, n), np.arange(len(knots)), knots)
    if rng.random() < 0.3:
        speed, phase = rng.uniform(4.0, 7.0), rng.uniform(0, 2 * np.pi)
        course = course * (1 + 0.05 * np.sin(2 * np.pi * speed * np.arange(n) / RATE + phase))
    return np.asarray(course, np.float32)


def again(rng: Rng, call: Floats) -> Floats:
    """Return a call as the same person calls it once more: not quite as long, high or loud."""
    sound = resampled(call, 100, int(rng.integers(94, 107)))
    size = int(scipy.fft.next_fast_len(len(sound), real=True))
    spectrum = np.asarray(scipy.fft.rfft(sound, size))
    octaves = np.log2(np.maximum(np.arange(len(spectrum)) * RATE / size, 200.0) / 1000.0)
    spectrum *= (10 ** (rng.uniform(-2.5, 2.5) * octaves / 20)).astype(np.float32)
    made = np.asarray(scipy.fft.irfft(spectrum, size)[: len(sound)], np.float32)
    return peak(made) * np.float32(rng.uniform(0.6, 1.0))
