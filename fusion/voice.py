"""The voices of one room by hour and day: what microphones said in, what is stated out.

Comes in: `VoiceMeasured`, `SpeechHeard` and `HearingState` of a room, in the order of event time,
and that time goes on. Goes out: `Hour` and `Day` for summaries and `Deviation` for residents. While
the purpose *voice* is off nothing is taken in, and switching it off forgets all that was learned:
consent that is withdrawn leaves nothing behind. Pure; `VoiceState` survives a restart.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import tzinfo
from typing import Final

from msgspec import Struct, field

from ambient.observations import (
    AnyObservation,
    Hearing,
    HearingState,
    SpeechHeard,
    VoiceMeasured,
)
from fusion.hours import HOUR, NS, day_of, hour_begins, hour_of, time_of_day
from fusion.voice_baseline import THRESHOLDS, Thresholds, VoiceBaseline
from fusion.voice_days import DayOfVoice, Deviation

SAYS_EVERY_S: Final = 90.0
"""A microphone says what it hears once a minute; longer ago it is not known to hear."""

SURE: Final = 0.5
"""From this probability on speech counts as a person's, and as the resident's."""

MOST_SEGMENTS: Final = 4
"""Baselines kept of one resident: a room has four microphones at most."""

HEARS: Final = frozenset({Hearing.OK, Hearing.CLIPPED, Hearing.HUM, Hearing.OFFSET, Hearing.GAPS})


class Hour(Struct, frozen=True, kw_only=True):
    """One hour of a room, or of one resident of it.

    Attributes
    ----------
    talk_s
        Speech of the resident; None without an enrolment.
    room_s
        Speech of anybody, loudspeakers left out.
    listened_s
        How long a microphone was known to hear.
    """

    subject: str | None
    began: int
    ended: int
    talk_s: float | None
    room_s: float
    listened_s: float


class Day(Struct, frozen=True, kw_only=True):
    """One day of a room, or of one resident of it; as `Hour`, and the voice against its past."""

    subject: str | None
    began: int
    ended: int
    talk_s: float | None
    room_s: float
    listened_s: float
    segment: str | None = None
    voice: DayOfVoice | None = None


class Changed(Struct, frozen=True, kw_only=True):
    """A resident's voice has changed; stated at the end of the day that showed it."""

    subject: str
    ended: int
    segment: str
    deviation: Deviation


Stated = Hour | Day | Changed


class Amounts(Struct):
    """Seconds of an hour or a day; each microphone hears the same room, so the most counts."""

    talk: dict[str, dict[str, float]] = {}
    """Resident ► microphone ► seconds."""
    room: dict[str, float] = {}
    listened: dict[str, float] = {}


class Ear(Struct):
    """What one microphone said last, and up to when its time was counted."""

    hears: bool
    said: int
    counted: int


class VoiceState(Struct):
    """What a room remembers.

    Attributes
    ----------
    hour_began, day_began
        Beginning of the hour and the day that run; None before anything was taken in.
    voices
        Resident ► segment ► baseline.
    """

    hour_began: int | None = None
    day_began: int = 0
    hour: Amounts = field(default_factory=Amounts)
    day: Amounts = field(default_factory=Amounts)
    ears: dict[str, Ear] = {}
    voices: dict[str, dict[str, VoiceBaseline]] = {}


class RoomVoice:
    """Follow the voices of one room.

    Parameters
    ----------
    room, subjects
        The room and who lives in it; voices of others are nobody's baseline and are passed over.
    zone
        Time zone of the site.
    on
        Whether the purpose *voice* is on.
    state
        Kept from an earlier run.
    thresholds
        From which a change is stated.
    """

    def __init__(
        self,
        room: str,
        subjects: Sequence[str],
        zone: tzinfo,
        *,
        on: bool,
        state: VoiceState | None = None,
        thresholds: Thresholds = THRESHOLDS,
    ) -> None:
        self._thresholds = thresholds
        self._room = room
        self._subjects = tuple(subjects)
        self._zone = zone
        self.state = state if state is not None else VoiceState()
        self.on = on
        self.due = 0
        """The instant from which on `advance` has something to do."""
        if not on:
            self.state = VoiceState()
        if self.state.hour_began is not None:
            self.due = self.state.hour_began + HOUR
        for subject in self.state.voices.keys() - set(subjects):
            del self.state.voices[subject]

    def consent(self, on: bool) -> None:
        """Follow that the purpose was switched; off forgets everything."""
        if on != self.on:
            self.on = on
            self.state = VoiceState()
            self.due = 0

    def forget(self, subject: str) -> None:
        """Forget one resident's voice."""
        self.state.voices.pop(subject, None)
        for amounts in (self.state.hour, self.state.day):
            amounts.talk.pop(subject, None)

    def observe(self, seen: AnyObservation) -> list[Stated]:
        """Take one observation of the room, oldest first; return what can be said now."""
        if not self.on:
            return []
        out = self.advance(seen.t)
        if isinstance(seen, SpeechHeard):
            self._speech(seen)
        elif isinstance(seen, VoiceMeasured):
            self._voice(seen)
        elif isinstance(seen, HearingState):
            self._listen(seen.t)
            hears = seen.hearing in HEARS
            self.state.ears[seen.source] = Ear(hears, said=seen.t, counted=seen.t)
        return out

    def advance(self, t: int) -> list[Stated]:
        """Let time go on to `t`; return the hours and days that are over."""
        state = self.state
        if not self.on:
            return []
        if state.hour_began is None:
            state.hour_began = hour_begins(t, self._zone)
            state.day_began = state.hour_began
            self.due = state.hour_began + HOUR
        if t < self.due:
            return []
        ended = self.due
        self._listen(ended)
        out = self._hours(state.hour_began, ended)
        state.hour_began = hour_begins(t, self._zone)
        self.due = state.hour_began + HOUR
        if day_of(state.hour_began, self._zone) != day_of(ended - 1, self._zone):
            out += self._days(ended)
            state.day_began = state.hour_began
        return out

    def _speech(self, seen: SpeechHeard) -> None:
        if seen.person < SURE:
            return
        # Of several residents an enrolment does not tell here which one it was.
        own = self._subjects[0] if len(self._subjects) == 1 else None
        for amounts in (self.state.hour, self.state.day):
            _add(amounts.room, seen.source, seen.seconds)
            if own is not None and seen.resident is not None:
                resident = seen.seconds if seen.resident >= SURE else 0.0
                _add(amounts.talk.setdefault(own, {}), seen.source, resident)

    def _voice(self, seen: VoiceMeasured) -> None:
        if seen.subject not in self._subjects:
            return
        if len(self._subjects) > 1:
            for amounts in (self.state.hour, self.state.day):
                _add(amounts.talk.setdefault(seen.subject, {}), seen.source, seen.speech_s)
        segment = segment_of(self._room, seen.source, seen.version)
        segments = self.state.voices.setdefault(seen.subject, {})
        if segment not in segments and len(segments) >= MOST_SEGMENTS:
            del segments[min(segments, key=lambda one: segments[one].used)]
        baseline = segments.setdefault(segment, VoiceBaseline())
        baseline.measure(seen, time_of_day(hour_of(seen.t, self._zone)))

    def _listen(self, t: int) -> None:
        """Count up to `t` what microphones are known to have heard."""
        for source, ear in self.state.ears.items():
            until = min(t, ear.said + int(SAYS_EVERY_S * NS))
            if ear.hears and until > ear.counted:
                for amounts in (self.state.hour, self.state.day):
                    _add(amounts.listened, source, (until - ear.counted) / NS)
            ear.counted = max(ear.counted, t)

    def _hours(self, began: int, ended: int) -> list[Stated]:
        amounts, self.state.hour = self.state.hour, Amounts()
        if not amounts.room and not amounts.listened and not amounts.talk:
            return []
        return [
            Hour(
                subject=subject,
                began=began,
                ended=ended,
                talk_s=_most(amounts.talk[subject]) if subject in amounts.talk else None,
                room_s=_most(amounts.room),
                listened_s=_most(amounts.listened),
            )
            for subject in self._subjects or (None,)
        ]

    def _days(self, ended: int) -> list[Stated]:
        amounts, self.state.day = self.state.day, Amounts()
        began = self.state.day_began
        out: list[Stated] = []
        for subject in self._subjects or (None,):
            segment, voice, changed = self._closed(subject, began, ended)
            if voice is not None or amounts.room or amounts.listened or amounts.talk:
                out.append(
                    Day(
                        subject=subject,
                        began=began,
                        ended=ended,
                        talk_s=_most(amounts.talk[subject]) if subject in amounts.talk else None,
                        room_s=_most(amounts.room),
                        listened_s=_most(amounts.listened),
                        segment=segment,
                        voice=voice,
                    )
                )
            out += changed
        return out

    def _closed(
        self, subject: str | None, began: int, ended: int
    ) -> tuple[str | None, DayOfVoice | None, list[Changed]]:
        """End the day of one resident's baselines; return the one with the most speech."""
        best: tuple[str | None, DayOfVoice | None] = (None, None)
        changed: list[Changed] = []
        for segment, baseline in sorted(self.state.voices.get(subject or "", {}).items()):
            if not baseline.today:
                continue
            day, deviations = baseline.close(began, self._thresholds)
            if best[1] is None or day.seconds > best[1].seconds:
                best = (segment, day)
            changed += [
                Changed(subject=subject or "", ended=ended, segment=segment, deviation=one)
                for one in deviations
            ]
        return (*best, changed)


def segment_of(room: str, microphone: str, version: str) -> str:
    """Return the name of the baseline that values of one room, microphone and version share.

    A microphone that was moved gets another id in the configuration: what it hears is not
    comparable with what it heard before, and cannot be a deviation from it.
    """
    parts = "\x1f".join((room, microphone, version))
    return hashlib.sha256(parts.encode()).hexdigest()[:12]


def _add(sums: dict[str, float], key: str, seconds: float) -> None:
    sums[key] = sums.get(key, 0.0) + seconds


def _most(sums: dict[str, float]) -> float:
    return max(sums.values(), default=0.0)
