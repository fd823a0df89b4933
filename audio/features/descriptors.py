"""Low-level descriptors every 10 ms: sound in, in blocks of any length; rows of 25 numbers out.

The descriptors are those of eGeMAPS v02 (Eyben et al. 2016), smoothed over three frames, with F0 in
Hz, voicing, energy and cepstral prominence beside them. A file and a stream go the same way: sound
is gathered, and worked on in runs of `RUN` frames that begin at multiples of `RUN`, so that the
same samples give the same bits however they come in. Rows come out up to 3 s after their sound.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ambient.errors import UsageError
from audio.features import cepstrum, formants, frames, harmonics, periods, pitch, spectral
from audio.features.frames import LONG, SHORT, STEP, Real, Samples
from audio.features.viterbi import THRESHOLD, PitchPath

RUN: Final = 128
"""Frames that are worked on together."""
QUIET: Final = 0.001
"""Root mean square of a long frame under its window, below which it is unvoiced."""
SEMITONE_HZ: Final = 27.5


class Lld(StrEnum):
    """Columns, named as in the published set; those after it are our own."""

    LOUDNESS = "Loudness_sma3"
    ALPHA_RATIO = "alphaRatio_sma3"
    HAMMARBERG = "hammarbergIndex_sma3"
    SLOPE_LOW = "slope0-500_sma3"
    SLOPE_HIGH = "slope500-1500_sma3"
    FLUX = "spectralFlux_sma3"
    MFCC1 = "mfcc1_sma3"
    MFCC2 = "mfcc2_sma3"
    MFCC3 = "mfcc3_sma3"
    MFCC4 = "mfcc4_sma3"
    F0_SEMITONES = "F0semitoneFrom27.5Hz_sma3nz"
    JITTER = "jitterLocal_sma3nz"
    SHIMMER = "shimmerLocaldB_sma3nz"
    HNR = "HNRdBACF_sma3nz"
    H1_H2 = "logRelF0-H1-H2_sma3nz"
    H1_A3 = "logRelF0-H1-A3_sma3nz"
    F1 = "F1frequency_sma3nz"
    F1_WIDTH = "F1bandwidth_sma3nz"
    F1_LEVEL = "F1amplitudeLogRelF0_sma3nz"
    F2 = "F2frequency_sma3nz"
    F2_WIDTH = "F2bandwidth_sma3nz"
    F2_LEVEL = "F2amplitudeLogRelF0_sma3nz"
    F3 = "F3frequency_sma3nz"
    F3_WIDTH = "F3bandwidth_sma3nz"
    F3_LEVEL = "F3amplitudeLogRelF0_sma3nz"
    F0_HZ = "F0_Hz"
    """Not smoothed; 0 where unvoiced."""
    VOICING = "voicing"
    ENERGY = "energy"
    """Mean square of a short frame."""
    LEVEL = "level_dB"
    """Mean square of a long frame under its window, dB."""
    CPP = "cppSmoothed_dB"


PUBLISHED: Final = tuple(Lld)[:25]
_AT: Final = {name: at for at, name in enumerate(Lld)}
_SMOOTHED: Final = slice(_AT[Lld.LOUDNESS], _AT[Lld.MFCC4] + 1)
_SLOPES: Final = slice(_AT[Lld.SLOPE_LOW], _AT[Lld.SLOPE_HIGH] + 1)
_MFCCS: Final = slice(_AT[Lld.MFCC1], _AT[Lld.MFCC4] + 1)
_VOICED: Final = slice(_AT[Lld.F0_SEMITONES], _AT[Lld.F3_LEVEL] + 1)
_JITTER: Final = slice(_AT[Lld.JITTER], _AT[Lld.SHIMMER] + 1)
_FORMANTS: Final = np.array([_AT[name] for name in (Lld.F1, Lld.F2, Lld.F3)])
_WIDTHS: Final = _FORMANTS + 1
_LEVELS: Final = _FORMANTS + 2
_AHEAD: Final = periods.SPAN + 1
"""Rows that must be known after one for it to be smoothed."""


@dataclass(frozen=True)
class Descriptors:
    """Rows of descriptors.

    Attributes
    ----------
    rows
        Shape (frames, 30): a column for each of `Lld`, float64. Row n is about the sound from
        10 n ms on.
    first
        Number of the first row in the sound.
    """

    rows: Real
    first: int = 0

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, name: Lld) -> Real:
        """Return one column, shape (frames,)."""
        return self.rows[:, _AT[name]]

    def between(self, begin_s: float, end_s: float) -> Descriptors:
        """Return the rows from one second to another, counted from the sound's beginning."""
        low, high = (round(at / frames.STEP_S) - self.first for at in (begin_s, end_s))
        low = min(max(low, 0), len(self))
        return Descriptors(self.rows[low : max(high, low)], self.first + low)

    @property
    def seconds(self) -> float:
        """How much sound the rows stand for."""
        return len(self) * frames.STEP_S

    @property
    def voiced(self) -> NDArray[np.bool_]:
        """Which rows have a pitch."""
        return np.asarray(self[Lld.F0_SEMITONES] > 0)

    @staticmethod
    def joined(parts: list[Descriptors]) -> Descriptors:
        """Return parts that follow each other as one."""
        if not parts:
            return Descriptors(np.empty((0, len(Lld))))
        return Descriptors(np.concatenate([part.rows for part in parts]), parts[0].first)


@dataclass(frozen=True)
class _Run:
    """Frames whose pitch is not yet decided.

    Attributes
    ----------
    rows
        What is known of them without it, shape (frames, columns).
    power
        Power spectra of short frames, shape (frames, 257); no frames where none are asked for.
    heard
        Which frames have a candidate of pitch that is sure enough: no other can be voiced.
    spectrum
        Magnitudes of their long frames, shape (heard, 1025).
    acf
        Their autocorrelation, shape (heard, lags).
    sound
        Low-passed sound from the first frame on, for matching periods.
    whole
        Frames of which all 60 ms are sound.
    """

    rows: Real
    power: Real
    heard: NDArray[np.intp]
    spectrum: Real
    acf: Real
    sound: Samples
    whole: int


class Extractor:
    """Descriptors of one sound; state lies between its blocks.

    Frames without sound for all of their 60 ms, at the end, are taken as unvoiced; a short frame
    must be whole.

    Parameters
    ----------
    full
        Whether all of `Lld` is computed; else only what `audio.features.measure` looks at, in a
        fifth less time, and the other columns are 0.
    """

    def __init__(self, *, full: bool = True) -> None:
        self._full = full
        self._kept = np.zeros(periods.MARGIN, np.float32)
        """Sound from `MARGIN` samples before the next frame on."""
        self._before = np.zeros((1, frames.SHORT_FFT // 2 + 1), np.float32)
        self._begun = False
        self._path = PitchPath()
        self._runs: deque[_Run] = deque()
        self._f0: list[Real] = []
        self._voicing: list[Real] = []
        self._raw = np.empty((0, len(Lld)))
        self._counts = np.empty((0, 4))
        self._cepstra = np.empty((0, cepstrum.COUNT), np.float32)
        self._out = 0

    def push(self, samples: Samples) -> Descriptors:
        """Take the next sound, and return the rows that are now known.

        Parameters
        ----------
        samples
            16 kHz mono in [-1, 1], shape (samples,); any length.

        Raises
        ------
        UsageError
            When it has another shape, or a sample that is no finite number.
        """
        sound = np.asarray(samples, np.float32)
        if sound.ndim != 1:
            raise UsageError(
                f"samples: expected shape (samples,) of 16 kHz mono, got {sound.shape}; "
                "mix channels and resample first"
            )
        if not np.isfinite(sound).all():
            raise UsageError("samples: expected finite numbers, got NaN or inf; repair them first")
        self._kept = np.concatenate([self._kept, sound])
        needed = (RUN - 1) * STEP + LONG + 2 * periods.MARGIN
        # One run after the other: of a long stretch they would take ten times the memory together.
        parts = [Descriptors(np.empty((0, len(Lld))), self._out)]
        while len(self._kept) >= needed:
            self._work(self._kept[:needed], RUN, RUN)
            self._kept = self._kept[RUN * STEP :]
            parts.append(self._emit(last=False))
        self._kept = self._kept.copy()  # what went before it is not held on to
        return Descriptors.joined(parts)

    def finish(self) -> Descriptors:
        """Return the rows that are left, and be ready for another sound."""
        sound = len(self._kept) - periods.MARGIN
        short, whole = frames.count(sound, SHORT), frames.count(sound, LONG)
        while short > 0:
            run = min(short, RUN)
            length = (run - 1) * STEP + LONG + 2 * periods.MARGIN
            padded = np.zeros(max(length, len(self._kept)), np.float32)
            padded[: len(self._kept)] = self._kept
            self._work(padded[:length], run, min(run, whole))
            self._kept = padded[run * STEP :]
            short, whole = short - run, max(0, whole - run)
        f0, voicing = self._path.finish()
        self._f0.append(f0)
        self._voicing.append(voicing)
        rows = self._emit(last=True)
        self.__init__(full=self._full)  # type: ignore[misc]
        return rows

    def _work(self, sound: Samples, count: int, whole: int) -> None:
        """Compute what a run tells without its pitch, and its candidates of pitch."""
        inner = sound[periods.MARGIN : len(sound) - periods.MARGIN]
        long = frames.cut(inner, LONG)
        short = long[:, :SHORT]
        rows = np.zeros((count, len(Lld)))
        spectrum = np.abs(frames.short_spectrum(short))
        power = spectrum**2
        if not self._begun:
            self._before = spectrum[:1]
            self._begun = True
        bands = spectral.mel_power(power)
        rows[:, _AT[Lld.LOUDNESS]] = spectral.loudness(bands)
        rows[:, _AT[Lld.ALPHA_RATIO]] = spectral.alpha_ratio(power)
        rows[:, _SLOPES] = np.column_stack(spectral.slopes(power))
        if self._full:
            before = np.concatenate([self._before, spectrum[:-1]])
            rows[:, _AT[Lld.HAMMARBERG]] = spectral.hammarberg(power)
            rows[:, _AT[Lld.FLUX]] = spectral.flux(spectrum, before)
            rows[:, _MFCCS] = spectral.mfcc(bands)
        self._before = spectrum[-1:].copy()
        rows[:, _AT[Lld.ENERGY]] = np.einsum("fs,fs->f", short, short, dtype=np.float64) / SHORT
        windowed = (long - long.mean(1, keepdims=True)) * frames.GAUSS
        square = np.einsum("fs,fs->f", windowed, windowed, dtype=np.float64) / LONG
        rows[:, _AT[Lld.LEVEL]] = 10 * np.log10(square + spectral.POWER_FLOOR)
        magnitude = np.abs(frames.long_spectrum(windowed))
        del windowed
        squared = magnitude**2
        acf = harmonics.autocorrelation(squared)
        coarse = np.ascontiguousarray(magnitude[:, ::2])
        found = pitch.candidates(coarse)
        del coarse
        heard = (square >= QUIET**2) & (np.arange(count) < whole)
        hz = np.where(heard[:, None], found.hz, 0.0)
        possible = pitch.Candidates(hz, np.where(heard[:, None], found.voicing, 0.0))
        f0, voicing = self._path.push(possible, harmonics.likeness(squared, hz))
        self._f0.append(f0)
        self._voicing.append(voicing)
        self._cepstra = np.concatenate([self._cepstra, cepstrum.cepstra(squared)])
        if not self._full:
            power = power[:0].copy()
        sure = np.flatnonzero(((hz > 0) & (possible.voicing >= THRESHOLD)).any(axis=1))
        # What waits for its pitch is most of what a microphone holds while somebody speaks.
        waits = (sure, magnitude[sure], acf[sure])
        self._runs.append(_Run(rows, power, *waits, periods.lowpassed(sound), whole))

    def _emit(self, *, last: bool) -> Descriptors:
        """Complete the runs whose pitch is decided, and smooth the rows whose neighbours are."""
        while self._runs and sum(map(len, self._f0)) >= len(self._runs[0].rows):
            run = self._runs.popleft()
            f0, self._f0 = _split(self._f0, len(run.rows))
            voicing, self._voicing = _split(self._voicing, len(run.rows))
            counts = _complete(run, f0, voicing, full=self._full)
            self._raw = np.concatenate([self._raw, run.rows])
            self._counts = np.concatenate([self._counts, counts])
        known = len(self._raw)
        ready = known if last else max(0, known - _AHEAD)
        kept = min(_AHEAD, self._out)
        fresh = ready - kept
        if fresh <= 0:
            return Descriptors(np.empty((0, len(Lld))), self._out)
        rows = self._smooth(kept, ready)
        first, self._out = self._out, self._out + fresh
        done = max(0, ready - _AHEAD)
        self._raw, self._counts = self._raw[done:], self._counts[done:]
        self._cepstra = self._cepstra[done:].copy()
        return Descriptors(rows, first)

    def _smooth(self, begin: int, end: int) -> Real:
        raw = self._raw.copy()
        gathered = _around(self._counts, periods.SPAN)
        voiced = raw[:, _AT[Lld.F0_HZ]] > 0
        for at in range(2):
            total, many = gathered[:, 2 * at], gathered[:, 2 * at + 1]
            there = voiced & (many > 0)
            raw[:, _JITTER.start + at] = np.where(there, total / np.maximum(many, 1), 0.0)
        rows = raw[begin:end].copy()
        ones = np.ones((len(raw), 1))
        rows[:, _SMOOTHED] = (_around(raw[:, _SMOOTHED], 1) / _around(ones, 1))[begin:end]
        part = raw[:, _VOICED]
        there = part != 0
        mean = _around(part, 1) / np.maximum(_around(there.astype(float), 1), 1)
        rows[:, _VOICED] = np.where(there, mean, 0.0)[begin:end]
        cepstra = _around(self._cepstra[: len(raw)], 1) / _around(ones, 1)
        rows[:, _AT[Lld.CPP]] = cepstrum.prominence(cepstra[begin:end])
        return rows


def describe(samples: Samples) -> Descriptors:
    """Return the descriptors of a whole sound.

    Parameters
    ----------
    samples
        16 kHz mono in [-1, 1], shape (samples,).

    Raises
    ------
    UsageError
        When it has another shape, or a sample that is no finite number.
    """
    extractor = Extractor()
    return Descriptors.joined([extractor.push(samples), extractor.finish()])


def _complete(run: _Run, f0: Real, voicing: Real, *, full: bool) -> Real:
    """Fill in what depends on pitch, and return the counts of changes, shape (frames, 4)."""
    rows = run.rows
    f0 = np.where(np.arange(len(f0)) < run.whole, f0, 0.0)
    voiced = np.flatnonzero(f0 > 0)
    rows[:, _AT[Lld.F0_HZ]] = f0
    rows[:, _AT[Lld.VOICING]] = voicing
    # Semitone 1 is the least, as 0 stands for unvoiced (Eyben et al. 2016, section 6.1).
    rows[voiced, _AT[Lld.F0_SEMITONES]] = np.maximum(12 * np.log2(f0[voiced] / SEMITONE_HZ), 1.0)
    at = np.searchsorted(run.heard, voiced)
    spectrum = run.spectrum[at]
    squared = spectrum**2
    rows[voiced, _AT[Lld.HNR]] = harmonics.hnr(run.acf[at], squared, f0[voiced])
    if full:
        _resonances(run.power, spectrum, rows, voiced, f0[voiced])
    quiet = periods.quietness(squared)
    rung = periods.framed(run.sound, voiced)
    found = periods.changes(rung, periods.unrung(rung, squared, quiet), f0[voiced])
    counts = np.zeros((len(rows), 4))
    counts[voiced, 0], counts[voiced, 1] = found.jitter, found.jitters
    counts[voiced, 2], counts[voiced, 3] = found.shimmer, found.shimmers
    return counts


def _resonances(
    power: Real, spectrum: Real, rows: Real, voiced: NDArray[np.intp], f0: Real
) -> None:
    """Fill in formants and the levels of harmonics; `spectrum` and `f0` are of the voiced rows."""
    power = power.copy()
    power[voiced] = formants.quietened(power[voiced])
    rows[:, _FORMANTS], rows[:, _WIDTHS] = formants.formants(power)
    rows[:, _LEVELS] = harmonics.UNVOICED_DB
    tuned = rows[np.ix_(voiced, _FORMANTS)]
    h1_h2, h1_a3, levels = harmonics.relations(spectrum, f0, tuned)
    rows[voiced, _AT[Lld.H1_H2]] = h1_h2
    rows[voiced, _AT[Lld.H1_A3]] = h1_a3
    rows[np.ix_(voiced, _LEVELS)] = levels


def _split(parts: list[Real], count: int) -> tuple[Real, list[Real]]:
    whole = np.concatenate(parts)
    return whole[:count], [whole[count:]]


def _around(values: Real, reach: int) -> Real:
    """Return sums of each row and `reach` rows on either side, as far as there are any."""
    padded = np.zeros((len(values) + 2 * reach, values.shape[1]))
    padded[reach : reach + len(values)] = values
    total = padded[: len(values)].copy()
    for shift in range(1, 2 * reach + 1):
        total += padded[shift : shift + len(values)]
    return total
