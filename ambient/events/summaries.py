"""What a node learned over hours and days: summaries, and deviations of a voice."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct, field

from ambient.events.base import (
    MAX_COUNT,
    MAX_LIST,
    Event,
    Purpose,
    Seconds,
    Segment,
    Version,
)
from ambient.observations import TimeNs, VoiceFeature


class VoiceMarker(StrEnum):
    """What is compared of a voice, named for what is measured; definitions in ``docs/markers``."""

    VOCAL_ACTIVATION = "vocal_activation"
    PSYCHOMOTOR_SLOWING = "psychomotor_slowing"
    VOCAL_EFFORT = "vocal_effort"
    PHONATORY_INSTABILITY = "phonatory_instability"


class Marker(StrEnum):
    """What a summary may carry."""

    TALK_TIME = "talk_time"
    """How long the resident spoke."""
    ROOM_SPEECH = "room_speech"
    """How long anybody in the room spoke, loudspeakers left out."""
    VOCAL_ACTIVATION = "vocal_activation"
    PSYCHOMOTOR_SLOWING = "psychomotor_slowing"
    VOCAL_EFFORT = "vocal_effort"
    PHONATORY_INSTABILITY = "phonatory_instability"
    WORN_TIME = "worn_time"
    """How long a device was worn."""
    HEART_RATE = "heart_rate"
    RESPIRATORY_RATE = "respiratory_rate"
    OXYGEN_SATURATION = "oxygen_saturation"
    BODY_TEMPERATURE = "body_temperature"
    SYSTOLIC_PRESSURE = "systolic_pressure"
    DIASTOLIC_PRESSURE = "diastolic_pressure"
    GLUCOSE = "glucose"
    BODY_WEIGHT = "body_weight"
    RMSSD = "rmssd"
    """Variability of the heart rate."""
    STEPS = "steps"
    ACTIVITY = "activity"
    """Mean amplitude deviation of the acceleration."""


class Unit(StrEnum):
    """Units, in UCUM."""

    SECOND = "s"
    ONE = "1"
    """A number without a unit: a z-score counts in the person's own spreads."""
    PER_MINUTE = "/min"
    PERCENT = "%"
    CELSIUS = "Cel"
    MILLIMETRE_OF_MERCURY = "mm[Hg]"
    MILLIMOLE_PER_LITRE = "mmol/L"
    KILOGRAM = "kg"
    MILLISECOND = "ms"
    GRAVITY = "[g]"
    STEPS = "{steps}"


class Mark(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One marker over the time of a summary.

    Attributes
    ----------
    value, z
        The value in `unit`, or how many of the person's own spreads it lies from the own baseline;
        nothing where there was not enough to say it.
    seconds
        How much was listened to (talk time, room speech), spoken (what is of a voice) or measured
        (vital signs) for it.
    days
        Days that the baseline behind `z` has learned from.
    """

    marker: Marker
    version: Version
    value: float | None = None
    z: float | None = None
    unit: Unit
    seconds: Seconds
    days: Annotated[int, Meta(ge=0, le=MAX_COUNT)] = 0


class FeatureDeviation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far one acoustic feature of a voice lies from the person's own baseline."""

    feature: VoiceFeature
    z: float
    seconds: Seconds


Features = Annotated[list[FeatureDeviation], Meta(max_length=MAX_LIST)]
"""What moved, the farthest first."""


class VoiceDeviation(Event, frozen=True, kw_only=True, tag="voice.deviation"):
    """A resident's voice deviates from its own baseline over days; says nothing about why.

    Attributes
    ----------
    z
        How far the marker moved, in the person's own spreads from day to day.
    since
        Beginning of the first day that deviates.
    days, speech_s
        Days with enough speech since then, and how much was spoken on them.
    baseline_days
        Days that the baseline has learned from.
    features
        What moved, the farthest first.
    """

    marker: VoiceMarker
    version: Version
    segment: Segment
    z: float
    since: TimeNs
    days: Annotated[int, Meta(ge=1, le=MAX_COUNT)]
    speech_s: Seconds
    baseline_days: Annotated[int, Meta(ge=1, le=MAX_COUNT)]
    features: Annotated[list[FeatureDeviation], Meta(max_length=MAX_LIST)] = field(
        default_factory=list
    )


class SummaryHourly(Event, frozen=True, kw_only=True, tag="summary.hourly"):
    """What one purpose of a room gave in an hour of the site's time; `t` is its end."""

    purpose: Purpose
    began: TimeNs
    marks: Annotated[list[Mark], Meta(max_length=MAX_LIST)] = field(default_factory=list)


class SummaryDaily(Event, frozen=True, kw_only=True, tag="summary.daily"):
    """What one purpose of a room gave in a day of the site's time; `t` is its end.

    Attributes
    ----------
    began
        Beginning of the day; days begin in the morning, so that a night is not cut in two.
    segment
        Of the baseline behind the z-scores; nothing before there is one.
    """

    purpose: Purpose
    began: TimeNs
    segment: Segment | None = None
    marks: Annotated[list[Mark], Meta(max_length=MAX_LIST)] = field(default_factory=list)
    features: Annotated[list[FeatureDeviation], Meta(max_length=MAX_LIST)] = field(
        default_factory=list
    )
