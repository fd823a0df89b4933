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
