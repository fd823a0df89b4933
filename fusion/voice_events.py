"""What was found about voices, in the fields of events.

Comes in: an hour, a day or a change of `fusion.voice`. Goes out: a `Say`, from which the judge
makes an event: its kind, what names its chain, and its fields. Figures are rounded, since more
digits than the evidence bears say nothing. Pure.
"""

from __future__ import annotations

import math
from typing import Final

from msgspec import Struct

from ambient.events import (
    MAX_LIST,
    AnyEvent,
    FeatureDeviation,
    Mark,
    Marker,
    Purpose,
    SummaryDaily,
    SummaryHourly,
    Unit,
    VoiceDeviation,
)
from fusion.markers import VERSION
from fusion.voice import Changed, Day, Hour, Stated
from fusion.voice_days import DayOfVoice

NO_SUBJECT: Final = "room"


class Say(Struct, frozen=True, kw_only=True):
    """An event to be.

    Attributes
    ----------
    family, began, position
        Name the event's chain and its place in it.
    t
        Of the event.
    fields
        Of its kind, and its subject and probability.
    """

    kind: type[AnyEvent]
    family: str
    began: int
    position: int
    t: int
    fields: dict[str, object]


def say(stated: Stated) -> Say:
    """Return what an event says of `stated`."""
    match stated:
        case Hour():
            return Say(
                kind=SummaryHourly,
                family=f"voice-hour-{stated.subject or NO_SUBJECT}",
                began=stated.began,
                position=0,
                t=stated.ended,
                fields={
                    "subject": stated.subject,
                    "purpose": Purpose.VOICE,
                    "began": stated.began,
                    "marks": _talk(stated),
                },
            )
        case Day():
            return _day(stated)
        case Changed():
            return _changed(stated)


def _day(day: Day) -> Say:
    voice = day.voice
    return Say(
        kind=SummaryDaily,
        family=f"voice-day-{day.subject or NO_SUBJECT}",
        began=day.began,
        position=0,
        t=day.ended,
        fields={
            "subject": day.subject,
            "purpose": Purpose.VOICE,
            "began": day.began,
            "segment": day.segment,
            "marks": [*_talk(day), *([] if voice is None else _markers(voice))],
            "features": [] if voice is None else _features(voice),
        },
    )


def _changed(changed: Changed) -> Say:
    found = changed.deviation
    features = [
        FeatureDeviation(feature=feature, z=round(z, 2), seconds=round(seconds, 1))
        for feature, z, seconds in found.features[:MAX_LIST]
    ]
    return Say(
        kind=VoiceDeviation,
        family=f"voice-{changed.subject}-{changed.segment}",
        began=found.began,
        position=found.position,
        t=changed.ended,
        fields={
            "subject": changed.subject,
            # How seldom a single look finds as much by chance; many looks are allowed for by the
            # threshold, not here.
            "probability": round(math.erf(abs(found.score) / math.sqrt(2.0)), 4),
            "marker": found.marker,
            "version": VERSION,
            "segment": changed.segment,
            "z": round(found.size, 2),
            "since": found.since,
            "days": found.days,
            "speech_s": round(found.speech_s, 1),
            "baseline_days": found.before,
            "features": features,
        },
    )


def _talk(stated: Hour | Day) -> list[Mark]:
    values = ((Marker.TALK_TIME, stated.talk_s), (Marker.ROOM_SPEECH, stated.room_s))
    return [
        Mark(
            marker=marker,
            version=VERSION,
            value=round(value, 1),
            unit=Unit.SECOND,
            seconds=round(stated.listened_s, 1),
        )
        for marker, value in values
        if value is not None
    ]


def _markers(voice: DayOfVoice) -> list[Mark]:
    return [
        Mark(
            marker=Marker(marker.value),
            version=VERSION,
            z=round(z, 2),
            unit=Unit.ONE,
            seconds=round(voice.seconds, 1),
            days=voice.days,
        )
        for marker, z in voice.full.items()
    ]


def _features(voice: DayOfVoice) -> list[FeatureDeviation]:
    """Return what lies how far from the baseline, the farthest first."""
    farthest = sorted(voice.z.items(), key=lambda one: -abs(one[1]))
    return [
        FeatureDeviation(feature=feature, z=round(z, 2), seconds=round(voice.heard[feature], 1))
        for feature, z in farthest[:MAX_LIST]
    ]
