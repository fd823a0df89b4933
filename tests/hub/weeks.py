"""Weeks of a made-up resident for the hub's pages: summaries, a deviation, consents."""

from __future__ import annotations

import random

from ambient import events
from ambient.events import AnyEvent, FeatureDeviation, Mark, Marker, Purpose, Unit, VoiceMarker
from ambient.observations import VoiceFeature
from tests.hub.kit import KEY, VERSION, event

DAY_S = 24 * 3600.0
ANNA, BERTA = "s-4f2a", "s-00be"
MARKERS = (
    Marker.VOCAL_ACTIVATION,
    Marker.PSYCHOMOTOR_SLOWING,
    Marker.VOCAL_EFFORT,
    Marker.PHONATORY_INSTABILITY,
)


def consent(t: float, on: bool, room: str = "r1", purpose: Purpose = Purpose.VOICE) -> AnyEvent:
    family = f"consent.{purpose}"
    return event(events.ConsentApplied, t, room=room, family=family, purpose=purpose, on=on)


def daily(
    t: float,
    *,
    subject: str = ANNA,
    room: str = "r1",
    z: float | None = 0.0,
    talk_s: float = 900.0,
    segment: str = "0" * 12,
) -> AnyEvent:
    """Return the summary of the day that ended at `t` seconds."""
    talk = [
        Mark(marker=marker, version="1.0.0", value=value, unit=Unit.SECOND, seconds=80_000.0)
        for marker, value in ((Marker.TALK_TIME, talk_s), (Marker.ROOM_SPEECH, 3 * talk_s))
    ]
    compared = [
        Mark(
            marker=marker, version="1.0.0", z=z * sign, unit=Unit.ONE,
            seconds=0.7 * talk_s, days=20,
        )
        for marker, sign in zip(MARKERS, (-1, 1, -1, 0.5), strict=True)
    ] if z is not None else []  # fmt: skip
    at, began = round(t * 1e9), round((t - DAY_S) * 1e9)
    chain = events.chain_id(KEY, room, f"voice-day-{subject}", began)
    return events.SummaryDaily(
        id=events.event_id(KEY, chain, 0, "summary.daily", at),
        t=at,
        node="n-1",
        room=room,
        subject=subject,
        chain=chain,
        position=0,
        config_version=VERSION,
        purpose=Purpose.VOICE,
        began=began,
        segment=segment,
        marks=[*talk, *compared],
    )


def deviation(t: float, *, subject: str = ANNA, room: str = "r1") -> AnyEvent:
    """Return a slowing that was stated at `t` seconds."""
    return event(
        events.VoiceDeviation,
        t,
        began=t - 3 * DAY_S,
        family=f"voice-{subject}",
        room=room,
        subject=subject,
        probability=0.9998,
        marker=VoiceMarker.PSYCHOMOTOR_SLOWING,
        version="1.0.0",
        segment="0" * 12,
        z=2.4,
        since=round((t - 3 * DAY_S) * 1e9),
        days=3,
        speech_s=2460.0,
        baseline_days=48,
        features=[
            FeatureDeviation(feature=VoiceFeature.SPEECH_RATE, z=-2.1, seconds=2460.0),
            FeatureDeviation(feature=VoiceFeature.PAUSE_LENGTH, z=1.6, seconds=2460.0),
            FeatureDeviation(feature=VoiceFeature.F0_RANGE, z=-0.3, seconds=2460.0),
        ],
    )


def weeks(now: float, *, subject: str = ANNA, room: str = "r1", count: int = 80) -> list[AnyEvent]:
    """Return what came of one resident until `now` seconds: consent, days, one deviation."""
    rng = random.Random(subject)
    out: list[AnyEvent] = [consent(now - (count + 2) * DAY_S, True, room)]
    for number in range(count):
        t = now - (count - number) * DAY_S
        if rng.random() < 0.25:
            continue
        late = 2.2 if number > count - 8 else 0.0
        z = None if number < 6 or rng.random() < 0.08 else rng.gauss(late, 0.8)
        segment = "0" * 12 if number < 30 else "1" * 12
        talk_s = min(5400.0, rng.lognormvariate(6.6, 0.6))
        out.append(daily(t, subject=subject, room=room, z=z, talk_s=talk_s, segment=segment))
    return [*out, deviation(now - DAY_S, subject=subject, room=room)]


def vital_marks(rng: random.Random, *, hand: bool = False, wear_s: float = 3600.0) -> list[Mark]:
    """Return the marks of an hour, or of a day when its evidence is that of one."""
    measured = [
        (Marker.HEART_RATE, rng.gauss(74, 6), Unit.PER_MINUTE, 0),
        (Marker.OXYGEN_SATURATION, min(99.0, rng.gauss(95.5, 1.2)), Unit.PERCENT, 0),
        (Marker.RESPIRATORY_RATE, rng.gauss(16, 1.5), Unit.PER_MINUTE, 0),
        (Marker.RMSSD, rng.lognormvariate(3.3, 0.3), Unit.MILLISECOND, 0),
        (Marker.GLUCOSE, rng.gauss(6.2, 0.8), Unit.MILLIMOLE_PER_LITRE, 1),
        (Marker.STEPS, rng.lognormvariate(7.2, 0.4), Unit.STEPS, 0),
        (Marker.ACTIVITY, rng.lognormvariate(-3.4, 0.2), Unit.GRAVITY, 3),
        (Marker.WORN_TIME, wear_s, Unit.SECOND, 0),
    ]
    marks = [
        Mark(marker=marker, version="1.0.0", value=round(value, digits), unit=unit, seconds=wear_s)
        for marker, value, unit, digits in measured
    ]
    by_hand = [
        (Marker.BODY_TEMPERATURE, rng.gauss(36.6, 0.25), Unit.CELSIUS, 1),
        (Marker.SYSTOLIC_PRESSURE, rng.gauss(134, 11), Unit.MILLIMETRE_OF_MERCURY, 0),
        (Marker.DIASTOLIC_PRESSURE, rng.gauss(78, 7), Unit.MILLIMETRE_OF_MERCURY, 0),
        (Marker.BODY_WEIGHT, rng.gauss(71.4, 0.4), Unit.KILOGRAM, 1),
    ] if hand else []  # fmt: skip
    return marks + [
        Mark(marker=marker, version="1.0.0", value=round(value, digits), unit=unit, seconds=60.0)
        for marker, value, unit, digits in by_hand
    ]


def measured(
    t: float, length_s: float, marks: list[Mark], *, subject: str = ANNA, room: str = "r1"
) -> AnyEvent:
    """Return the summary of vital signs over `length_s` that ended at `t` seconds."""
    daily = length_s > 2 * 3600
    kind = events.SummaryDaily if daily else events.SummaryHourly
    at, began = round(t * 1e9), round((t - length_s) * 1e9)
    chain = events.chain_id(KEY, room, f"vitals-{'day' if daily else 'hour'}-{subject}", began)
    return kind(
        id=events.event_id(KEY, chain, 0, events.kind_of(kind), at),
        t=at,
        node="n-1",
        room=room,
        subject=subject,
        chain=chain,
        position=0,
        config_version=VERSION,
        purpose=Purpose.VITALS,
        began=began,
        marks=marks,
    )


def vital_weeks(
    now: float, *, subject: str = ANNA, room: str = "r1", count: int = 80
) -> list[AnyEvent]:
    """Return vital signs until `now` seconds: consent, days and hours, with a week without."""
    rng = random.Random(f"vitals {subject}")
    out = [consent(now - (count + 2) * DAY_S, True, room, Purpose.VITALS)]
    for number in range(count):
        t = now - (count - number) * DAY_S
        if 40 <= number < 47 or rng.random() < 0.1:
            continue
        hours = rng.randrange(6, 20)
        for hour in range(hours):
            at = t - DAY_S + (hour + 1) * 3600
            out.append(measured(at, 3600, vital_marks(rng), subject=subject, room=room))
        marks = vital_marks(rng, hand=number % 3 == 0, wear_s=3600.0 * hours)
        out.append(measured(t, DAY_S, marks, subject=subject, room=room))
    return out
