"""Carers' language for a resident's weeks: what is measured, and what moved. No feeling is named.

Comes in: markers, units, features and deviations. Goes out: short plain sentences.
"""

from __future__ import annotations

from typing import Final

from ambient.events import FeatureDeviation, Marker, SenseStatus, Unit, VoiceMarker
from ambient.hub.languages import gettext, mark
from ambient.observations import VoiceFeature

NAME: Final = {
    Marker.TALK_TIME: mark("Talk time"),
    Marker.ROOM_SPEECH: mark("Speech in the room"),
    Marker.VOCAL_ACTIVATION: mark("Vocal activation"),
    Marker.PSYCHOMOTOR_SLOWING: mark("Psychomotor slowing"),
    Marker.VOCAL_EFFORT: mark("Vocal effort"),
    Marker.PHONATORY_INSTABILITY: mark("Phonatory instability"),
    Marker.WORN_TIME: mark("Worn"),
    Marker.HEART_RATE: mark("Heart rate"),
    Marker.RESPIRATORY_RATE: mark("Breathing rate"),
    Marker.OXYGEN_SATURATION: mark("Oxygen saturation"),
    Marker.BODY_TEMPERATURE: mark("Temperature"),
    Marker.SYSTOLIC_PRESSURE: mark("Upper blood pressure"),
    Marker.DIASTOLIC_PRESSURE: mark("Lower blood pressure"),
    Marker.GLUCOSE: mark("Glucose"),
    Marker.BODY_WEIGHT: mark("Weight"),
    Marker.RMSSD: mark("Heart rate variability"),
    Marker.STEPS: mark("Steps"),
    Marker.ACTIVITY: mark("Activity"),
}
MEANING: Final = {
    Marker.TALK_TIME: mark("Minutes a day that the resident spoke in the room."),
    Marker.ROOM_SPEECH: mark("Minutes a day that anybody spoke in the room, television left out."),
    Marker.VOCAL_ACTIVATION: mark("Up: higher, livelier, louder and quicker than usual."),
    Marker.PSYCHOMOTOR_SLOWING: mark("Up: slower, flatter and with more pauses than usual."),
    Marker.VOCAL_EFFORT: mark("Up: pressed and louder than usual."),
    Marker.PHONATORY_INSTABILITY: mark("Up: hoarser and less even than usual."),
    Marker.WORN_TIME: mark("Hours a day that a device was worn."),
    Marker.HEART_RATE: mark("Beats a minute: the middle of the day's hours."),
    Marker.RESPIRATORY_RATE: mark("Breaths a minute: the middle of the day's hours."),
    Marker.OXYGEN_SATURATION: mark("By pulse oximeter: the middle of the day's hours."),
    Marker.BODY_TEMPERATURE: mark("As measured, by hand or all the time."),
    Marker.SYSTOLIC_PRESSURE: mark("By cuff: the middle of the day's values."),
    Marker.DIASTOLIC_PRESSURE: mark("By cuff: the middle of the day's values."),
    Marker.GLUCOSE: mark("By sensor or drop of blood: the middle of the day's hours."),
    Marker.BODY_WEIGHT: mark("As weighed."),
    Marker.RMSSD: mark("How much the time between beats varies (RMSSD)."),
    Marker.STEPS: mark("Steps a day, as the device counted them."),
    Marker.ACTIVITY: mark("How much the device moved, on average over the time worn."),
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
    Unit.STEPS: mark("steps"),
}
"""How units are written on the page, where seconds are shown as hours."""

WRISTBAND: Final = {
    SenseStatus.ALIVE: mark("Wristband alive"),
    SenseStatus.OFF: mark("Wristband switched off"),
    SenseStatus.PAUSED: mark("Wristband paused"),
    SenseStatus.NO_VIEW: mark("Wristband measures nothing"),
    SenseStatus.NOT_WORN: mark("Wristband not worn"),
    SenseStatus.SILENT: mark("Wristband silent"),
}
"""All that is told of a wristband without consent."""

_MOVED: Final = {
    VoiceFeature.F0_LEVEL: (mark("lower voice"), mark("higher voice")),
    VoiceFeature.F0_RANGE: (mark("flatter melody"), mark("livelier melody")),
    VoiceFeature.LOUDNESS: (mark("quieter"), mark("louder")),
    VoiceFeature.SPECTRAL_SLOPE: (mark("softer tone"), mark("stronger tone")),
    VoiceFeature.ALPHA_RATIO: (mark("brighter tone"), mark("duller tone")),
    VoiceFeature.JITTER: (mark("steadier pitch"), mark("less steady pitch")),
    VoiceFeature.SHIMMER: (mark("steadier strength"), mark("less steady strength")),
    VoiceFeature.HNR: (mark("more noise in the voice"), mark("less noise in the voice")),
    VoiceFeature.CPP: (mark("less clear voice"), mark("clearer voice")),
    VoiceFeature.SPEECH_RATE: (mark("slower speech"), mark("quicker speech")),
    VoiceFeature.ARTICULATION_RATE: (mark("slower syllables"), mark("quicker syllables")),
    VoiceFeature.PAUSE_RATIO: (mark("fewer pauses"), mark("more pauses")),
    VoiceFeature.PAUSE_LENGTH: (mark("shorter pauses"), mark("longer pauses")),
}
LEAST_Z: Final = 1.0
"""A feature that moved less is not named."""


def moved(features: list[FeatureDeviation]) -> list[str]:
    """Return in words what moved, the farthest first; the farthest one in any case."""
    named = [one for one in features if abs(one.z) >= LEAST_Z] or features[:1]
    return [gettext(_MOVED[one.feature][one.z > 0]) for one in named]


def name_of(marker: VoiceMarker) -> str:
    """Return how a marker is called."""
    return gettext(NAME[Marker(marker.value)])
