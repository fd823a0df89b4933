"""Carers' language for a resident's weeks: what is measured, and what moved. No feeling is named.

Comes in: markers, features and deviations. Goes out: short plain sentences.
"""

from __future__ import annotations

from typing import Final

from ambient.events import FeatureDeviation, Marker, VoiceMarker
from ambient.observations import VoiceFeature

NAME: Final = {
    Marker.TALK_TIME: "Talk time",
    Marker.ROOM_SPEECH: "Speech in the room",
    Marker.VOCAL_ACTIVATION: "Vocal activation",
    Marker.PSYCHOMOTOR_SLOWING: "Psychomotor slowing",
    Marker.VOCAL_EFFORT: "Vocal effort",
    Marker.PHONATORY_INSTABILITY: "Phonatory instability",
}
MEANING: Final = {
    Marker.TALK_TIME: "Minutes a day that the resident spoke in the room.",
    Marker.ROOM_SPEECH: "Minutes a day that anybody spoke in the room, television left out.",
    Marker.VOCAL_ACTIVATION: "Up: higher, livelier, louder and quicker than usual.",
    Marker.PSYCHOMOTOR_SLOWING: "Up: slower, flatter and with more pauses than usual.",
    Marker.VOCAL_EFFORT: "Up: pressed and louder than usual.",
    Marker.PHONATORY_INSTABILITY: "Up: hoarser and less even than usual.",
}
"""What a movement upwards of each means, for the page."""

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
