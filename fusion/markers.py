"""Markers of a voice: which acoustic features make one up, with which sign, and where that is from.

Comes in: z-scores of features against the person's own baseline. Goes out: one number a marker, in
the same unit. A marker is named for what is measured, never for a feeling or an illness; each has
a page in ``docs/markers``. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from ambient.events import VoiceMarker
from ambient.observations import VoiceFeature

VERSION: Final = "1.0.0"
"""Of all definitions below; another one begins another baseline."""

CLIP: Final = 4.0
"""One feature that runs away by more spreads than this moves a marker no further."""

LEAST_WEIGHT: Final = 0.5
"""Share of a marker's weight that must be measured; with less there is no value."""

DISTANCE_DEPENDENT: Final = frozenset({VoiceFeature.LOUDNESS})
"""Falls by 6 dB when the distance to the microphone doubles (free field): people move about."""

ROOM_DEPENDENT: Final = frozenset(
    {
        VoiceFeature.SPECTRAL_SLOPE,
        VoiceFeature.ALPHA_RATIO,
        VoiceFeature.JITTER,
        VoiceFeature.SHIMMER,
        VoiceFeature.HNR,
        VoiceFeature.CPP,
    }
)
"""Do not depend on the level as such, but on noise and reverberation, whose share grows with the
distance."""


class Part(Struct, frozen=True):
    """One feature of a marker: its weight, negative where the feature falls as the marker rises."""

    feature: VoiceFeature
    weight: float


class Definition(Struct, frozen=True):
    """How a marker is made up.

    Attributes
    ----------
    parts
        Features and signed weights; weights are by construct (level, balance, time), not fitted.
    sources
        Where the signs are from.
    """

    marker: VoiceMarker
    parts: tuple[Part, ...]
    sources: tuple[str, ...]


DEFINITIONS: Final = (
    Definition(
        VoiceMarker.VOCAL_ACTIVATION,
        (
            Part(VoiceFeature.F0_LEVEL, 1.0),
            Part(VoiceFeature.F0_RANGE, 0.5),
            Part(VoiceFeature.LOUDNESS, 1.0),
            Part(VoiceFeature.SPEECH_RATE, 0.5),
            Part(VoiceFeature.SPECTRAL_SLOPE, 0.5),
            Part(VoiceFeature.ALPHA_RATIO, -0.5),
        ),
        (
            "Banse and Scherer 1996, J Pers Soc Psychol 70:614",
            "Juslin and Laukka 2003, Psychol Bull 129:770",
            "Goudbeek and Scherer 2010, J Acoust Soc Am 128:1322",
        ),
    ),
    Definition(
        VoiceMarker.PSYCHOMOTOR_SLOWING,
        (
            Part(VoiceFeature.SPEECH_RATE, -1.0),
            Part(VoiceFeature.ARTICULATION_RATE, -0.5),
            Part(VoiceFeature.PAUSE_RATIO, 1.0),
            Part(VoiceFeature.PAUSE_LENGTH, 1.0),
            Part(VoiceFeature.F0_RANGE, -0.5),
        ),
        (
            "Cannizzaro et al. 2004, Brain Cogn 56:30",
            "Mundt et al. 2007, J Neurolinguistics 20:50",
            "Mundt et al. 2012, Biol Psychiatry 72:580",
            "Cummins et al. 2015, Speech Commun 71:10",
        ),
    ),
    Definition(
        VoiceMarker.VOCAL_EFFORT,
        (
            Part(VoiceFeature.LOUDNESS, 1.0),
            Part(VoiceFeature.SPECTRAL_SLOPE, 1.0),
            Part(VoiceFeature.ALPHA_RATIO, -1.0),
            Part(VoiceFeature.F0_LEVEL, 0.5),
        ),
        (
            "Liénard and Di Benedetto 1999, J Acoust Soc Am 106:411",
            "Traunmüller and Eriksson 2000, J Acoust Soc Am 107:3438",
            "Sundberg and Nordenberg 2006, J Acoust Soc Am 120:453",
        ),
    ),
    Definition(
        VoiceMarker.PHONATORY_INSTABILITY,
        (
            Part(VoiceFeature.JITTER, 1.0),
            Part(VoiceFeature.SHIMMER, 1.0),
            Part(VoiceFeature.HNR, -1.0),
            Part(VoiceFeature.CPP, -1.0),
        ),
        (
            "Titze 1995, Workshop on Acoustic Voice Analysis: Summary Statement",
            "Heman-Ackah et al. 2003, Ann Otol Rhinol Laryngol 112:324",
            "Maryn et al. 2009, J Acoust Soc Am 126:2619",
        ),
    ),
)
"""Every marker, once."""

GROUPS: Final = (
    (
        Part(VoiceFeature.F0_LEVEL, 1.0),
        Part(VoiceFeature.F0_RANGE, 1.0),
        Part(VoiceFeature.SPECTRAL_SLOPE, 1.0),
        Part(VoiceFeature.ALPHA_RATIO, -1.0),
    ),
    (
        Part(VoiceFeature.SPEECH_RATE, -1.0),
        Part(VoiceFeature.ARTICULATION_RATE, -1.0),
        Part(VoiceFeature.PAUSE_RATIO, 1.0),
        Part(VoiceFeature.PAUSE_LENGTH, 1.0),
    ),
    (
        Part(VoiceFeature.JITTER, 1.0),
        Part(VoiceFeature.SHIMMER, 1.0),
        Part(VoiceFeature.HNR, -1.0),
        Part(VoiceFeature.CPP, -1.0),
    ),
)
"""The whole set, each feature once: energy, time and regularity of a voice. Markers share features
and so go together; these three do so less, and what depends on the distance is not in them."""

BY_MARKER: Final = {definition.marker: definition for definition in DEFINITIONS}


def combine(
    marker: VoiceMarker,
    z: Mapping[VoiceFeature, float],
    *,
    leave_out: frozenset[VoiceFeature] = frozenset(),
) -> float | None:
    """Return the weighted mean of z-scores, each clipped, turned to the marker's direction.

    Parameters
    ----------
    z
        Feature ► distance from the person's own baseline in own spreads; what is missing is not
        counted.
    leave_out
        Features not to use, `DISTANCE_DEPENDENT` for example.

    Returns
    -------
    float or None
        In spreads; None when less than `LEAST_WEIGHT` of the weight that is not left out was
        measured, or nothing is left.
    """
    parts = BY_MARKER[marker].parts
    return weigh([part for part in parts if part.feature not in leave_out], z)


def weigh(parts: Sequence[Part], z: Mapping[VoiceFeature, float]) -> float | None:
    """Return the weighted mean of clipped z-scores; None when too little of it was measured."""
    total = weight = value = 0.0
    for part in parts:
        size = abs(part.weight)
        total += size
        one = z.get(part.feature)
        if one is None:
            continue
        weight += size
        value += part.weight * max(-CLIP, min(CLIP, one))
    if weight == 0.0 or weight < LEAST_WEIGHT * total:
        return None
    return value / weight
