"""How voices vary between and within people, and where each figure of the simulation is from.

Comes in: nothing. Goes out: `FEATURES` and the assumptions that no literature gives. What matters
to a baseline is what varies *within* a person; the spread between people only makes sure that
nothing is compared with anybody else.

Within-person spreads are read from published reliabilities where there are any: with an intraclass
correlation ICC and a spread S between people, a person strays by S · sqrt((1 - ICC) / ICC) from
one recording to the next (Shrout and Fleiss 1979, Psychol Bull 86:420).

- Brown, Morris and Murry 1996 (J Voice 10:294, three sessions a day on three days, young to old):
  about one semitone of F0 and 2 dB from session to session; single people up to 2 semitones, 6 dB.
- Park and Stepp 2019 (J Speech Lang Hear Res 62:1707, five consecutive days, 28 people): ICC 0.76
  to 0.99 for mean F0, smoothed CPP, shimmer and HNR, 0.67 to 0.74 for jitter.
- Leong et al. 2013 (J Voice 27:170, ten occasions in 30 days, 18 people): ICC above 0.6 for most,
  perturbation and noise measures the least reliable.
- Mundt et al. 2007 (J Neurolinguistics 20:50, table 1): reliability of total pause time 0.71,
  pauses' variability 0.64, speaking rate 0.65.
- Stegmann et al. 2020 (Digit Biomark 4:109): median ICC of open-source features 0.02 to 0.55, so
  lower than all above; with a fixed spread between people this makes people stray more, and a
  shift of one own spread is larger in the feature's unit.

Z-scores count in a person's own spreads, so that the results depend little on the absolute figures
below and much on the assumptions after them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ambient.observations import VoiceFeature as F


@dataclass(frozen=True)
class Variance:
    """One feature, on the scale on which it is compared (logarithm where `log`).

    Attributes
    ----------
    middle, between
        Mean and standard deviation over people (of one sex for F0).
    within
        Standard deviation of one minute's value within a person, time of day aside.
    arousal, tempo, phonation
        Loadings on what varies together within a person; the rest of the variance is the
        feature's own.
    log
        Whether `middle`, `between` and `within` are of the natural logarithm.
    """

    middle: float
    between: float
    within: float
    arousal: float = 0.0
    tempo: float = 0.0
    phonation: float = 0.0
    log: bool = False


FEATURES: Final = {
    # 27.5 Hz is 0: men 25.4 (119 Hz), women 35 (207 Hz); Traunmüller and Eriksson 1995.
    F.F0_LEVEL: Variance(32.0, 2.6, 1.0, arousal=0.65),
    F.F0_RANGE: Variance(4.6, 1.2, 0.7, arousal=0.5),
    F.LOUDNESS: Variance(-0.7, 0.35, 0.23, arousal=0.65, log=True),  # 2 dB
    F.SPECTRAL_SLOPE: Variance(0.02, 0.012, 0.008, arousal=0.5),
    F.ALPHA_RATIO: Variance(14.0, 3.0, 1.7, arousal=-0.5),
    F.JITTER: Variance(0.7, 0.35, 0.24, phonation=0.6, log=True),  # ICC 0.68
    F.SHIMMER: Variance(0.1, 0.25, 0.14, phonation=0.65, log=True),  # ICC 0.76
    F.HNR: Variance(11.0, 2.5, 1.4, phonation=-0.65),  # ICC 0.76
    F.CPP: Variance(7.5, 1.5, 0.7, phonation=-0.6),  # ICC 0.82
    F.SPEECH_RATE: Variance(3.2, 0.55, 0.4, arousal=0.25, tempo=0.7),  # reliability 0.65
    F.ARTICULATION_RATE: Variance(4.3, 0.5, 0.33, tempo=0.5),
    F.PAUSE_RATIO: Variance(0.3, 0.08, 0.051, tempo=-0.65),  # reliability 0.71
    F.PAUSE_LENGTH: Variance(-0.4, 0.3, 0.2, tempo=-0.6, log=True),  # 0.64 to 0.71
}

# -- assumed ---------------------------------------------------------------------------------

DAY_SHARE: Final = 0.25
"""Share of a minute's variance within a person that is the same for a whole day. Brown, Morris and
Murry (1996, above) find significant variation across sessions and days in about 4 % of their data;
Miller, Grosjean and Lomanto (1984, Phonetica 41:215) find a talker's rate to vary a lot within one
interview. So most of what differs between two minutes of free speech differs within a day. The
figure itself is assumed, and the report prints what comes of larger ones."""

STRAYS: Final = 0.25
"""People differ in how much they stray: standard deviation of the logarithm."""

INERTIA: Final = (0.1, 0.4)
"""Autocorrelation from one day to the next; as in people's feelings (Kuppens et al. 2010, Psychol
Sci 21:984, find it from moment to moment)."""

WANDER: Final = 0.2
"""Spread of what drifts over weeks, in within-person spreads, with a time constant of 30 days."""

TIME_OF_DAY: Final = 0.4
"""Spread of a time of day's own level, in within-person spreads."""

MORNING_F0: Final = -0.5
"""F0 is lower in the morning (Garrett and Healey 1987, J Acoust Soc Am 82:58), in spreads."""

WEEKEND: Final = 0.35
"""Spread of a person's weekend effect on arousal; some have guests, some have nobody."""

TALK_MINUTES: Final = 12.0
"""Median of a resident's minutes in a day; a person's own median varies by a factor of 1.6, a day
by 1.8 (standard deviations of the logarithm 0.5 and 0.6)."""

PARTS: Final = ((8, 0.3), (14, 0.35), (19, 0.31), (23, 0.04))
"""Hours at which people speak, and which share of it."""
