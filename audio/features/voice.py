"""The few numbers of a voice that may leave the audio process: descriptors in, values out.

In: rows of descriptors, and the stretches of speech that count (the resident's own). Out: a
`VoiceValue` for each `VoiceFeature` that can be told, with the seconds of speech behind it.
Definitions and units stand in ``docs/voice-features.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from ambient.observations import VoiceFeature, VoiceValue
from audio.features.descriptors import Descriptors, Lld
from audio.features.frames import STEP_S, Real
from audio.features.functionals import PERCENTILES
from audio.features.rhythm import Segment, check, rhythm

VERSION: Final = "1.0.0"
"""Of these definitions; another one begins another baseline."""


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
        In the order of `VoiceFeature`; without those of which there is no evidence. The amount of
        evidence is the voiced time for what is measured on voice, the turns' time for rate and
        pauses, and the segments' time for loudness.

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
            out.append(VoiceValue(feature, value, seconds))
    return out


def _told(values: Real) -> Real:
    """Return values of the rows in which periods could be matched."""
    return values[values > 0]
