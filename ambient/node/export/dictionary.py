"""The data dictionary of an export, generated from the code that makes its rows.

Columns come from the structs of `rows`, vital signs from the catalogue of `vitals.codes`, events
from the closed list; what none of these says of itself stands here.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from msgspec.structs import fields

from ambient import what_leaves
from ambient.events import EVENT_TYPES, kind_of
from ambient.node.export.rows import TABLES
from ambient.observations import VoiceFeature
from vitals.codes import CATALOGUE

_MAD: Final = (
    "mean over a second of | |a| - mean of |a| | of the acceleration a (mean amplitude deviation; "
    "Vähä-Ypyä et al. 2015, Clin Physiol Funct Imaging 35:64)"
)


class Made(Struct, frozen=True, kw_only=True):
    """A marker that this project makes itself."""

    unit: str
    formula: str
    source: str
    code: str | None = None


_HRV: Final = "Task Force of ESC and NASPE 1996, Circulation 93:1043; see docs/markers"
MADE: Final = {
    "activity": Made(unit="[g]", formula=f"mean over a minute of: {_MAD}", source="MotionMeasured"),
    "acceleration_peak": Made(
        unit="[g]",
        formula="largest length of the acceleration in a minute",
        source="MotionMeasured",
    ),
    "steps": Made(
        unit="{steps}", formula="steps counted in a minute", source="MotionMeasured", code="55423-8"
    ),
    "impact_fall": Made(
        unit="1",
        formula="calibrated probability that an impact was a fall",
        source="ImpactMeasured; models/cards/wearable.md",
    ),
    "rmssd": Made(
        unit="ms",
        formula="root of the mean squared difference of successive intervals",
        source=_HRV,
    ),
    "sdnn": Made(unit="ms", formula="standard deviation of intervals", source=_HRV, code="80404-7"),
    "pnn50": Made(
        unit="1", formula="share of successive intervals that differ by over 50 ms", source=_HRV
    ),
    "lf_hf": Made(
        unit="1", formula="power 0.04 to 0.15 Hz over power 0.15 to 0.40 Hz", source=_HRV
    ),
    "talk_time": Made(
        unit="s",
        formula="speech of the enrolled resident in one stretch",
        source="SpeechHeard; docs/markers/talk-time.md",
    ),
    "posture_down": Made(
        unit="1",
        formula="mean over a minute of the probability that the body is down",
        source="PostureSeen, rooms of one resident only",
    ),
    "posture_upright": Made(
        unit="1",
        formula="mean over a minute of the probability of being up, or sitting off the floor",
        source="PostureSeen, rooms of one resident only",
    ),
}
"""What is exported and is no vital sign of the catalogue; voice features are added by name."""

VOICE: Final = {
    VoiceFeature.F0_LEVEL: ("{semitone}", "median pitch above 27.5 Hz"),
    VoiceFeature.F0_RANGE: ("{semitone}", "20th to 80th percentile of pitch"),
    VoiceFeature.LOUDNESS: ("1", "mean loudness as in GeMAPS; depends on the distance"),
    VoiceFeature.SPECTRAL_SLOPE: ("dB/Hz", "of voiced speech, 0 to 500 Hz"),
    VoiceFeature.ALPHA_RATIO: ("dB", "energy 50 to 1000 Hz over 1 to 5 kHz, voiced"),
    VoiceFeature.JITTER: ("%", "local"),
    VoiceFeature.SHIMMER: ("dB", "local"),
    VoiceFeature.HNR: ("dB", "harmonics-to-noise ratio"),
    VoiceFeature.CPP: ("dB", "smoothed cepstral peak prominence"),
    VoiceFeature.SPEECH_RATE: ("/s", "syllable nuclei a second, pauses included"),
    VoiceFeature.ARTICULATION_RATE: ("/s", "syllable nuclei a second of speech"),
    VoiceFeature.PAUSE_RATIO: ("1", "share of pauses in turns"),
    VoiceFeature.PAUSE_LENGTH: ("s", "mean"),
}

COLUMNS: Final = {
    "subject": ("", "pseudonym made for this recipient: HMAC-SHA256 of the pseudonym on the node"),
    "t": ("s", "seconds from the beginning of the time asked for; one clock for all tables"),
    "local": ("", "the site's wall clock, shifted by whole weeks for each resident"),
    "name": ("", "the marker; a row each below"),
    "code": ("", "LOINC code, where there is one"),
    "value": ("", "in `unit`"),
    "unit": ("", "UCUM"),
    "seconds": ("s", "how much data stands behind the value"),
    "quality": ("1", "0 to 1; how far the value may be trusted"),
    "doubts": ("", "why not, separated by spaces (ambient.observations.Doubt)"),
    "source": ("", "which device, as a pseudonym"),
    "delay_s": ("s", "from the device's instant to when the node took it in"),
    "event": ("", "kind, of the closed list; a row each below"),
    "chain": ("", "events of one situation share this"),
    "position": ("", "place in the situation, from 0"),
    "probability": ("1", "of the judgement"),
    "fields": ("", "fields of its kind, as JSON; explained in docs/what-leaves.md"),
    "contributions": ("", "log-likelihood ratio of each sense, as JSON"),
    "senses": ("", "how each sense was then, as JSON; of a resident: which senses gave data"),
    "sense": ("", "camera, sound, wearable, vitals or sensor"),
    "share": ("1", "of the hour that gave data; a gap is never a zero of a value"),
    "alive_s": ("s", "seconds with data"),
    "absent_s": ("s", "seconds in which the room had no such device"),
    "no_consent_s": ("s", "seconds in which its purpose was off"),
    "paused_s": ("s", "seconds of a privacy pause"),
    "no_view_s": ("s", "seconds in which it could see or hear nothing that can be judged"),
    "off_body_s": ("s", "seconds in which it was not worn"),
    "silent_s": ("s", "seconds in which it said nothing though it should"),
    "not_recorded_s": ("s", "seconds of which nothing was recorded"),
    "days": ("d", "days with data; withheld when too few residents are alike"),
    "beds_in_room": ("", "beds of the room; withheld when too few residents are alike"),
}


class Entry(Struct, frozen=True, kw_only=True):
    """One line of the dictionary."""

    table: str
    name: str
    kind: str
    unit: str
    loinc: str
    meaning: str
    source: str


def entries() -> list[Entry]:
    """Return the whole dictionary.

    Raises
    ------
    KeyError
        When a column or a field has no explanation.
    """
    lines = [
        Entry(
            table=table,
            name=field.name,
            kind="column",
            unit=COLUMNS[field.name][0],
            loinc="",
            meaning=COLUMNS[field.name][1],
            source="",
        )
        for table, row in TABLES.items()
        for field in fields(row)
    ]
    for name, vital in CATALOGUE.items():
        low, high = vital.plausible
        lines.append(
            Entry(
                table="values",
                name=name,
                kind="vital sign",
                unit=vital.unit,
                loinc=vital.code,
                meaning=f"{vital.words}; plausible {low:g} to {high:g}",
                source="vitals/codes.toml",
            )
        )
    for name, made in MADE.items():
        lines.append(
            Entry(
                table="values",
                name=name,
                kind="marker",
                unit=made.unit,
                loinc=made.code or "",
                meaning=made.formula,
                source=made.source,
            )
        )
    for feature, (unit, meaning) in VOICE.items():
        lines.append(
            Entry(
                table="values",
                name=f"voice_{feature.value}",
                kind="voice feature",
                unit=unit,
                loinc="",
                meaning=meaning,
                source="docs/voice-features.md",
            )
        )
    for cls in EVENT_TYPES:
        own = ", ".join(
            f"{f.name}: {what_leaves.MEANING[f.name]}"
            for f in fields(cls)
            if f.name in what_leaves.MEANING and f.name not in ("senses",)
        )
        lines.append(
            Entry(
                table="events",
                name=kind_of(cls),
                kind="event",
                unit="",
                loinc="",
                meaning=f"{what_leaves.first_line(cls)} {own}".strip(),
                source="docs/what-leaves.md",
            )
        )
    return lines
