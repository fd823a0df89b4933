"""Carers' language for a resident's weeks: what is measured, and what moved. No feeling is named.

Comes in: markers, units, features and deviations. Goes out: short plain sentences.
"""

from __future__ import annotations

from typing import Final

from ambient.events import FeatureDeviation, Marker, SenseStatus, Unit, VoiceMarker
from ambient.observations import VoiceFeature

NAME: Final = {
    Marker.TALK_TIME: "Talk time",
    Marker.ROOM_SPEECH: "Speech in the room",
    Marker.VOCAL_ACTIVATION: "Vocal activation",
    Marker.PSYCHOMOTOR_SLOWING: "Psychomotor slowing",
    Marker.VOCAL_EFFORT: "Vocal effort",
    Marker.PHONATORY_INSTABILITY: "Phonatory instability",
    Marker.WORN_TIME: "Worn",
    Marker.HEART_RATE: "Heart rate",
    Marker.RESPIRATORY_RATE: "Breathing rate",
    Marker.OXYGEN_SATURATION: "Oxygen saturation",
    Marker.BODY_TEMPERATURE: "Temperature",
    Marker.SYSTOLIC_PRESSURE: "Upper blood pressure",
    Marker.DIASTOLIC_PRESSURE: "Lower blood pressure",
    Marker.GLUCOSE: "Glucose",
    Marker.BODY_WEIGHT: "Weight",
    Marker.RMSSD: "Heart rate variability",
    Marker.STEPS: "Steps",
    Marker.ACTIVITY: "Activity",
}
MEANING: Final = {
    Marker.TALK_TIME: "Minutes a day that the resident spoke in the room.",
    Marker.ROOM_SPEECH: "Minutes a day that anybody spoke in the room, television left out.",
    Marker.VOCAL_ACTIVATION: "Up: higher, livelier, louder and quicker than usual.",
    Marker.PSYCHOMOTOR_SLOWING: "Up: slower, flatter and with more pauses than usual.",
    Marker.VOCAL_EFFORT: "Up: pressed and louder than usual.",
    Marker.PHONATORY_INSTABILITY: "Up: hoarser and less even than usual.",
    Marker.WORN_TIME: "Hours a day that a device was worn.",
    Marker.HEART_RATE: "Beats a minute: the middle of the day's hours.",
    Marker.RESPIRATORY_RATE: "Breaths a minute: the middle of the day's hours.",
    Marker.OXYGEN_SATURATION: "By pulse oximeter: the middle of the day's hours.",
    Marker.BODY_TEMPERATURE: "As measured, by hand or all the time.",
    Marker.SYSTOLIC_PRESSURE: "By cuff: the middle of the day's values.",
    Marker.DIASTOLIC_PRESSURE: "By cuff: the middle of the day's values.",
    Marker.GLUCOSE: "By sensor or drop of blood: the middle of the day's hours.",
    Marker.BODY_WEIGHT: "As weighed.",
    Marker.RMSSD: "How much the time between beats varies (RMSSD).",
    Marker.STEPS: "Steps a day, as the device counted them.",
    Marker.ACTIVITY: "How much the device moved, on average over the time worn.",
}
"""What a movement upwards of each means, or what it is, for the page."""

UNIT: Final = {
    Unit.SECOND: "h",
    Unit.ONE: "",
    Unit.PER_MINUTE: "/min",
    Unit.PERCENT: "%",
    Unit.CELSIUS: "°C",
    Unit.MILLIMETRE_OF_MERCURY: "mmHg",
    Unit.MILLIMOLE_PER_LITRE: "mmol/L",
    Unit.KILOGRAM: "kg",
    Unit.MILLISECOND: "ms",
    Unit.GRAVITY: "g",
    Unit.STEPS: "steps",
}
"""How units are written on the page, where seconds are shown as hours."""

WRISTBAND: Final = {
    SenseStatus.ALIVE: "Wristband alive",
    SenseStatus.OFF: "Wristband switched off",
    SenseStatus.PAUSED: "Wristband paused",
    SenseStatus.NO_VIEW: "Wristband measures nothing",
    SenseStatus.NOT_WORN: "Wristband not worn",
    SenseStatus.SILENT: "Wristband silent",
}
"""All that is told of a wristband without consent."""

_MOVED: Final = {
    VoiceFeature.F0_LEVEL: ("lower voice", "higher voice"),
    VoiceFeature.F0_RANGE: ("flatter melody", "livelier melody"),
    VoiceFeature.LOUDNESS: ("quieter", "louder"),
    VoiceFeature.SPECTRAL_SLOPE: ("softer tone", "stronger tone"),
    VoiceFeature.ALPHA_RATIO: ("brighter tone", "duller tone"),
    VoiceFeature.JITTER: ("steadier pitch", "less steady pitch"),
    VoiceFeature.SHIMMER: ("steadier strength", "less steady strength"),
    VoiceFeature.HNR: ("more noise in the voice", "less noise in the voice"),
    VoiceFeature.CPP: ("less clear voice", "clearer voice"),
    VoiceFeature.SPEECH_RATE: ("slower speech", "quicker speech"),
    VoiceFeature.ARTICULATION_RATE: ("slower syllables", "quicker syllables"),
    VoiceFeature.PAUSE_RATIO: ("fewer pauses", "more pauses"),
    VoiceFeature.PAUSE_LENGTH: ("shorter pauses", "longer pauses"),
}
LEAST_Z: Final = 1.0
"""A feature that moved less is not named."""


def moved(features: list[FeatureDeviation]) -> list[str]:
    """Return in words what moved, the farthest first; the farthest one in any case."""
    named = [one for one in features if abs(one.z) >= LEAST_Z] or features[:1]
    return [_MOVED[one.feature][one.z > 0] for one in named]


def name_of(marker: VoiceMarker) -> str:
    """Return how a marker is called."""
    return NAME[Marker(marker.value)]
