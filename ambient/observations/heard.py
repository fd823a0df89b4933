"""What a microphone may say: never a sound, never a word."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from ambient.observations.base import Observation, Probability, TimeNs
from ambient.places import Subject


class Hearing(StrEnum):
    """What a microphone can hear; everything but ``OK`` is an answer of its own, not an error."""

    OK = "ok"
    SILENT = "silent"
    """No signal at all, not even the noise of a quiet room: muted, unplugged, a dead capsule."""
    CLIPPED = "clipped"
    HUM = "hum"
    OFFSET = "offset"
    """A constant voltage that takes room from the signal."""
    GAPS = "gaps"
    """Blocks are missing or come late."""
    GONE = "gone"
    PAUSED = "paused"
    """A privacy pause: the device is closed."""
    SWITCHED_OFF = "switched_off"
    """The purpose is off: the device is closed."""


class SoundClass(StrEnum):
    """Sounds of distress, and nothing else that could be heard in a room."""

    SCREAM = "scream"
    HELP = "help"
    """A call for help: repeated, loud, isolated calling, or a word of the site's list."""
    MOAN = "moan"
    THUD = "thud"
    GLASS = "glass"
    SMOKE_ALARM = "smoke_alarm"
    COUGH = "cough"


class VoiceFeature(StrEnum):
    """What leaves the audio process of a voice: few acoustic numbers, each over a minute or more.

    Units stand behind each name; definitions in ``docs/voice-features.md``.
    """

    F0_LEVEL = "f0_level"
    """Median, semitones above 27.5 Hz."""
    F0_RANGE = "f0_range"
    """From the 20th to the 80th percentile, semitones."""
    LOUDNESS = "loudness"
    """Mean, as in GeMAPS (dimensionless); depends on the distance to the microphone."""
    SPECTRAL_SLOPE = "spectral_slope"
    """Of voiced speech, 0 to 500 Hz, dB per Hz."""
    ALPHA_RATIO = "alpha_ratio"
    """Energy 50 to 1000 Hz over 1 to 5 kHz, of voiced speech, dB."""
    JITTER = "jitter"
    """Local, per cent."""
    SHIMMER = "shimmer"
    """Local, dB."""
    HNR = "hnr"
    """Harmonics-to-noise ratio, dB."""
    CPP = "cpp"
    """Smoothed cepstral peak prominence, dB."""
    SPEECH_RATE = "speech_rate"
    """Syllable nuclei a second, pauses included."""
    ARTICULATION_RATE = "articulation_rate"
    """Syllable nuclei a second of speech."""
    PAUSE_RATIO = "pause_ratio"
    """Share of pauses in turns, 0..1."""
    PAUSE_LENGTH = "pause_length"
    """Mean, seconds."""


class HearingState(Observation, frozen=True, kw_only=True, tag="hearing"):
    """What the microphone can hear from `t` on; sent at every change and once a minute."""

    hearing: Hearing
    measure: float = 0.0
    """The number that decided: level in dBFS, share of clipped samples, late blocks …"""
    until: TimeNs | None = None
    """When a planned state ends by itself (privacy pause)."""
    run: TimeNs = 0
    """`t` of the first block of this listening: another value means that nothing is remembered."""


class SpeechHeard(Observation, frozen=True, kw_only=True, tag="speech"):
    """One stretch of speech that was known to be over at `t`; never what was said."""

    seconds: Annotated[float, Meta(ge=0.0)]
    level: float
    """Active level, dBFS."""
    person: Probability
    """That somebody in the room spoke, not a loudspeaker."""
    resident: Probability | None = None
    """That it was the enrolled resident; None without an enrolment."""


class SoundHeard(Observation, frozen=True, kw_only=True, tag="sound"):
    """A sound of distress that was heard up to `t`; `probability` is calibrated."""

    sound: SoundClass
    probability: Probability
    seconds: Annotated[float, Meta(ge=0.0)] = 0.0
    level: float = 0.0
    """Loudest level, dBFS."""


class VoiceValue(Struct, frozen=True, forbid_unknown_fields=True):
    """One feature over the speech of a `VoiceMeasured`."""

    feature: VoiceFeature
    value: float
    seconds: Annotated[float, Meta(ge=0.0)]
    """How much speech stands behind it."""


class VoiceMeasured(Observation, frozen=True, kw_only=True, tag="voice"):
    """Features of the enrolled resident's speech that was collected up to `t`, 60 s at least."""

    subject: Subject
    began: TimeNs
    """`t` of the first speech in it."""
    speech_s: Annotated[float, Meta(ge=60.0)]
    values: Annotated[list[VoiceValue], Meta(max_length=16)]
    version: Annotated[str, Meta(min_length=1, max_length=40)]
    """Of the features: another one begins another baseline."""
