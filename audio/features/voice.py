"""The few numbers of a voice that may leave the audio process: descriptors in, values out.

In: rows of descriptors, and the stretches of speech that count (the resident's own). Out: a
`VoiceValue` for each `VoiceFeature` that can be told, with the seconds of speech behind it, both
rounded to what is meaningful: finer digits tell nothing of a person's days, but something of the
words. Definitions and units stand in ``docs/voice-features.md``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from ambient.observations import VoiceFeature, VoiceValue
from audio.features.descriptors import Descriptors, Lld
from audio.features.frames import STEP_S, Real
from audio.features.functionals import PERCENTILES
from audio.features.rhythm import Segment, check, rhythm

VERSION: Final = "1.1.0"
"""Of these definitions; another one begins another baseline."""

GRAIN: Final = {
    VoiceFeature.F0_LEVEL: 0.75,
    VoiceFeature.F0_RANGE: 0.5,
    VoiceFeature.SPECTRAL_SLOPE: 0.006,
    VoiceFeature.ALPHA_RATIO: 1.25,
    VoiceFeature.HNR: 1.0,
    VoiceFeature.CPP: 0.5,
    VoiceFeature.SPEECH_RATE: 0.3,
    VoiceFeature.ARTICULATION_RATE: 0.25,
    VoiceFeature.PAUSE_RATIO: 0.04,
}
RATIO: Final = {
    VoiceFeature.LOUDNESS: 1.2,
    VoiceFeature.JITTER: 1.2,
    VoiceFeature.SHIMMER: 1.1,
    VoiceFeature.PAUSE_LENGTH: 1.15,
}
"""To which a value is rounded: multiples of a grain, or powers of a ratio where it is compared as a
logarithm. About half of what separates two minutes of one person: that is 1.4 times the spread of
one minute within a person (published reliabilities, `ambient.evaluate.baseline.variances`), so the
grain is about 0.7 of that spread; it adds 4 % to the variance of a minute."""

LOOKED_AT: Final = (
    Lld.LOUDNESS,
    Lld.ALPHA_RATIO,
    Lld.SLOPE_LOW,
    Lld.F0_SEMITONES,
    Lld.JITTER,
    Lld.SHIMMER,
    Lld.HNR,
    Lld.ENERGY,
    Lld.LEVEL,
    Lld.CPP,
)
"""Columns of which `measure` makes its values: whoever collects rows for it needs no others."""

EVIDENCE_S: Final = 5.0
"""To which the seconds of evidence are rounded: exact ones tell of the words as well."""


def measure(rows: Descriptors, segments: Sequence[Segment]) -> list[VoiceValue]:
    """Return what is known of a voice over some stretches of speech.

    Parameters
    ----------
    rows
        Of the sound that holds the segments.
    segments
        Stretches of speech in order, seconds from the sound's beginning.

    Returns
    -------
    list of VoiceValue
        In the order of `VoiceFeature`, rounded; without those of which there is no evidence. The
        amount of evidence is the voiced time for what is measured on voice, the turns' time for
        rate and pauses, and the segments' time for loudness.

    Raises
    ------
    UsageError
        When the segments are not in order.
    """
    check(segments)
    spoken = Descriptors.joined([rows.between(begin, end) for begin, end in segments])
    voiced = spoken.voiced
    found: dict[VoiceFeature, tuple[float | None, float]] = {}

    def tell(feature: VoiceFeature, values: Real, factor: float = 1.0) -> None:
        value = float(values.mean()) * factor if len(values) else None
        found[feature] = (value, len(values) * STEP_S)

    f0 = spoken[Lld.F0_SEMITONES][voiced]
    if len(f0):
        low, middle, high = np.percentile(f0, PERCENTILES)
        found[VoiceFeature.F0_LEVEL] = (float(middle), len(f0) * STEP_S)
        found[VoiceFeature.F0_RANGE] = (float(high - low), len(f0) * STEP_S)
    tell(VoiceFeature.LOUDNESS, spoken[Lld.LOUDNESS])
    tell(VoiceFeature.SPECTRAL_SLOPE, spoken[Lld.SLOPE_LOW][voiced])
    # The published set has high over low.
    tell(VoiceFeature.ALPHA_RATIO, spoken[Lld.ALPHA_RATIO][voiced], -1.0)
    tell(VoiceFeature.JITTER, _told(spoken[Lld.JITTER]), 100.0)
    tell(VoiceFeature.SHIMMER, _told(spoken[Lld.SHIMMER]))
    tell(VoiceFeature.HNR, spoken[Lld.HNR][voiced])
    tell(VoiceFeature.CPP, spoken[Lld.CPP][voiced])
    how = rhythm(rows, segments)
    found[VoiceFeature.SPEECH_RATE] = (how.speech_rate, how.turn_s)
    found[VoiceFeature.ARTICULATION_RATE] = (how.articulation_rate, how.active_s)
    found[VoiceFeature.PAUSE_RATIO] = (how.pause_ratio, how.turn_s)
    found[VoiceFeature.PAUSE_LENGTH] = (how.pause_length_s, how.turn_s)
    out = []
    for feature in VoiceFeature:
        value, seconds = found.get(feature, (None, 0.0))
        if value is not None:
            out.append(VoiceValue(feature, rounded(feature, value), evidence(seconds)))
    return out


def rounded(feature: VoiceFeature, value: float) -> float:
    """Return `value` in the grain in which it may leave the audio process.

    0 and what is no finite number stay as they are.
    """
    if value == 0.0 or not math.isfinite(value):
        return value
    ratio = RATIO.get(feature)
    if ratio is None:
        return round(value / GRAIN[feature]) * GRAIN[feature]
    return math.copysign(ratio ** round(math.log(abs(value), ratio)), value)


def evidence(seconds: float) -> float:
    """Return an amount of speech as it may leave the audio process; never 0 where there is some."""
    return max(EVIDENCE_S if seconds > 0.0 else 0.0, round(seconds / EVIDENCE_S) * EVIDENCE_S)


def _told(values: Real) -> Real:
    """Return values of the rows in which periods could be matched."""
    return values[values > 0]
