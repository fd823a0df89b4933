"""Events about vital signs: judgements, never a curve. Research only, off by default."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from ambient.events.base import Seconds, Situation
from ambient.events.summaries import Marker

Score = Annotated[int, Meta(ge=0, le=20)]
"""Of NEWS2."""


class VitalsDeterioration(Situation, frozen=True, kw_only=True, tag="vitals.deterioration"):
    """NEWS2 is high, or certain to be; research only, shown, does not ring.

    Attributes
    ----------
    lower, upper
        What the score is at least and at most, as parameters are missing.
    missing
        How many of the seven are.
    red
        Whether one parameter alone gives 3 points.
    """

    lower: Score
    upper: Score
    missing: Annotated[int, Meta(ge=0, le=7)]
    red: bool = False


class VitalsDeviation(Situation, frozen=True, kw_only=True, tag="vitals.deviation"):
    """A vital sign lies far from the resident's own baseline; research only, does not ring.

    Attributes
    ----------
    marker
        Which.
    z
        How far, in the person's own spreads.
    """

    marker: Marker
    z: float


class VitalsGlucose(Situation, frozen=True, kw_only=True, tag="vitals.glucose"):
    """Glucose is low, or will be within half an hour; research only, does not ring.

    Attributes
    ----------
    in_s
        When it is expected to be low; 0 when it is.
    """

    in_s: Seconds


class VitalsRhythm(Situation, frozen=True, kw_only=True, tag="vitals.rhythm"):
    """The rhythm of the heart is irregular; research only, does not ring."""
