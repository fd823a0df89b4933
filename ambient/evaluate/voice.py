"""How true the voice features are: synthesis in, errors out.

Behind ``ambient evaluate voice --synthesis``. Voices are made whose F0, jitter, shimmer, HNR,
formants, rate and pauses are known (`voice_signals`), clean and in white noise at two levels; each
feature is measured as it is on recordings, and compared with what the sound was made with.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from typing import Final

import numpy as np
from msgspec import Struct

from ambient.evaluate import voice_signals as signals
from audio.features import Descriptors, Lld, describe, rhythm
from audio.features.frames import RATE, Real, Samples

SNRS_DB: Final = (None, 20.0, 10.0)
PITCHES: Final = (80.0, 110.0, 150.0, 220.0, 300.0)
LOW_PITCHES: Final = (80.0, 110.0, 150.0)
"""Of voices that formants are measured on: higher harmonics are too far apart to show them."""
VOICES: Final = (90.0, 130.0, 180.0, 250.0)
JITTERS: Final = (0.0, 0.005, 0.01, 0.02)
SHIMMERS_DB: Final = (0.0, 0.2, 0.5, 1.0)
HNRS_DB: Final = (5.0, 10.0, 15.0, 20.0, 25.0)
RATES: Final = (2.0, 3.0, 4.0, 5.0, 6.0)
PAUSES_S: Final = ((0.3, 0.4), (0.6, 0.9), (1.5, 0.5))


class Measure(StrEnum):
    """What is compared; the unit of its error, and how large it may be, stand in `BARS`."""

    F0 = "f0"
    JITTER = "jitter"
    SHIMMER = "shimmer"
    HNR = "hnr"
    F1 = "f1"
    F2 = "f2"
    F3 = "f3"
    RATE = "rate"
    PAUSES = "pauses"


BARS: Final = {
    Measure.F0: (1.0, "%"),
    Measure.JITTER: (0.2, "percentage points"),
    Measure.SHIMMER: (0.3, "dB"),
    Measure.HNR: (1.5, "dB"),
    Measure.F1: (5.0, "%"),
    Measure.F2: (5.0, "%"),
    Measure.F3: (5.0, "%"),
    Measure.RATE: (10.0, "%"),
    Measure.PAUSES: (0.05, "share"),
}
_RELATIVE: Final = frozenset((Measure.F0, Measure.F1, Measure.F2, Measure.F3, Measure.RATE))


class Errors(Struct, frozen=True):
    """Errors of one feature at one level of noise, in the unit of `BARS`.

    Attributes
    ----------
    signals
        How many sounds.
    mean
        Of the absolute errors.
    median, worst
        Of the absolute errors.
    bias
        Mean of the errors with their signs.
    within
        Share of sounds whose error is within the bar.
    """

    signals: int
    mean: float
    median: float
    worst: float
    bias: float
    within: float


class Line(Struct, frozen=True):
    """One feature.

    Attributes
    ----------
    measure, unit, bar
        What, its error's unit, and how large the mean absolute error may be without noise.
    by_snr
        Errors, by the level of white noise: ``clean``, ``20``, ``10`` (dB).
    met
        Whether the mean absolute error without noise is within the bar.
    """

    measure: str
    unit: str
    bar: float
    by_snr: dict[str, Errors]
    met: bool


class Report(Struct, frozen=True):
    """All features.

    Attributes
    ----------
    seed
        Of the sounds.
    lines
        A feature each.
    errors
        Nothing: sounds that are made can be read.
    """

    seed: int
    lines: list[Line]
    errors: dict[str, str] = {}

    @property
    def ok(self) -> bool:
        """Whether every bar is met without noise."""
        return all(line.met for line in self.lines)


class _Sound(Struct, frozen=True):
    """A sound, and what is to be found in it."""

    samples: Samples
    look: Callable[[Descriptors], list[tuple[Measure, float]]]
    truth: dict[Measure, float]


def run(
    *,
    seed: int = 1,
    snrs_db: Sequence[float | None] = SNRS_DB,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Make the voices and measure them.

    Parameters
    ----------
    seed
        Equal seeds give equal reports.
    snrs_db
        Levels of white noise below the sound's mean power; None is clean.
    progress
        Called with (done, all) after each sound.
    """
    sounds = list(_sounds(seed))
    found: dict[tuple[Measure, float | None], list[float]] = {}
    steps = itertools.product(snrs_db, sounds)
    for done, (snr, sound) in enumerate(steps, start=1):
        rows = describe(signals.noisy(sound.samples, snr, seed + done))
        for measure, value in sound.look(rows):
            truth = sound.truth[measure]
            if measure is Measure.HNR:
                truth = together(truth, snr)
            error = value - truth
            if measure in _RELATIVE:
                error *= 100 / truth
            found.setdefault((measure, snr), []).append(error)
        if progress is not None:
            progress(done, len(sounds) * len(snrs_db))
    return Report(seed, [_line(measure, snrs_db, found) for measure in Measure])


def together(hnr_db: float, snr_db: float | None) -> float:
    """Return the HNR of a voice with noise of its own in a noisy room, dB.

    The room's noise is that far below voice and breath together.
    """
    if snr_db is None:
        return hnr_db
    voice = 1 / (1 + 10 ** (-hnr_db / 10))
    return float(10 * np.log10(voice / (1 - voice + 10 ** (-snr_db / 10))))


def _line(
    measure: Measure,
    snrs_db: Sequence[float | None],
    found: dict[tuple[Measure, float | None], list[float]],
) -> Line:
    bar, unit = BARS[measure]
    by_snr = {_name(snr): _errors(found[measure, snr], bar) for snr in snrs_db}
    clean = by_snr.get(_name(None))
    return Line(str(measure), unit, bar, by_snr, clean is None or clean.mean <= bar)


def _errors(errors: list[float], bar: float) -> Errors:
    signed = np.array(errors)
    size = np.abs(signed)
    return Errors(
        signals=len(errors),
        mean=float(size.mean()),
        median=float(np.median(size)),
        worst=float(size.max()),
        bias=float(signed.mean()),
        within=float((size <= bar).mean()),
    )


def _name(snr_db: float | None) -> str:
    return "clean" if snr_db is None else f"{snr_db:g}"


def _sounds(seed: int) -> Iterator[_Sound]:
    """Yield the sounds; each looks at few features, with all others at rest."""
    number = itertools.count(1000 * seed)
    for f0, vowel in itertools.product(PITCHES, signals.VOWELS.values()):
        samples, truth = signals.sustained(signals.Voice(f0, vowel=vowel), next(number))
        yield _Sound(samples, _pitch, {Measure.F0: truth.f0})
    for f0, vowel in itertools.product(LOW_PITCHES, signals.VOWELS.values()):
        samples, _ = signals.sustained(signals.Voice(f0, vowel=vowel), next(number))
        yield _Sound(
            samples,
            _tuned,
            dict(zip((Measure.F1, Measure.F2, Measure.F3), vowel, strict=True)),
        )
    # The vowel takes turns: every voice has every vowel at some amount.
    for at, (f0, jitter) in enumerate(itertools.product(VOICES, JITTERS)):
        voice = signals.Voice(f0, jitter=jitter, vowel=_vowel(at))
        samples, truth = signals.sustained(voice, next(number))
        yield _Sound(samples, _jitter, {Measure.JITTER: 100 * truth.jitter})
    for at, (f0, shimmer) in enumerate(itertools.product(VOICES, SHIMMERS_DB)):
        voice = signals.Voice(f0, shimmer_db=shimmer, vowel=_vowel(at))
        samples, truth = signals.sustained(voice, next(number))
        yield _Sound(samples, _shimmer, {Measure.SHIMMER: truth.shimmer_db})
    for at, (f0, hnr) in enumerate(itertools.product(VOICES, HNRS_DB)):
        voice = signals.Voice(f0, hnr_db=hnr, vowel=_vowel(at))
        samples, _ = signals.sustained(voice, next(number))
        yield _Sound(samples, _hnr, {Measure.HNR: hnr})
    for rate, pauses in itertools.product(RATES, PAUSES_S):
        words = signals.Talk(rate, pauses_s=pauses)
        samples, spans = signals.talk(words, next(number))
        seconds = len(samples) / RATE
        spoken = sum(end - begin for begin, end in spans)
        syllables = sum(words.phrases)
        truth_of = {Measure.RATE: syllables / seconds, Measure.PAUSES: 1 - spoken / seconds}
        yield _Sound(samples, _spoken, truth_of)


def _vowel(at: int) -> tuple[float, float, float]:
    known = list(signals.VOWELS.values())
    return known[(at + at // len(known)) % len(known)]


def _pitch(rows: Descriptors) -> list[tuple[Measure, float]]:
    return [(Measure.F0, _middle(rows[Lld.F0_HZ][rows.voiced]))]


def _tuned(rows: Descriptors) -> list[tuple[Measure, float]]:
    pairs = ((Measure.F1, Lld.F1), (Measure.F2, Lld.F2), (Measure.F3, Lld.F3))
    return [(measure, _middle(rows[lld][rows.voiced])) for measure, lld in pairs]


def _jitter(rows: Descriptors) -> list[tuple[Measure, float]]:
    return [(Measure.JITTER, 100 * _mean(rows[Lld.JITTER]))]


def _shimmer(rows: Descriptors) -> list[tuple[Measure, float]]:
    return [(Measure.SHIMMER, _mean(rows[Lld.SHIMMER]))]


def _hnr(rows: Descriptors) -> list[tuple[Measure, float]]:
    return [(Measure.HNR, float(rows[Lld.HNR][rows.voiced].mean()) if rows.voiced.any() else 0.0)]


def _spoken(rows: Descriptors) -> list[tuple[Measure, float]]:
    how = rhythm(rows, [(0.0, rows.seconds)])
    return [(Measure.RATE, how.speech_rate or 0.0), (Measure.PAUSES, how.pause_ratio or 0.0)]


def _middle(values: Real) -> float:
    return float(np.median(values)) if len(values) else 0.0


def _mean(values: Real) -> float:
    told = values[values > 0]
    return float(told.mean()) if len(told) else 0.0
