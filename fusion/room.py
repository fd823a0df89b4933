"""The judgement of one room: its observations in, events out.

`RoomJudge` puts observations on one timeline (`fusion.watermark`), hands them to `DownJudge`,
`DistressJudge`, `RoomVoice` and `Views`, and writes what changed as events with derived ids. Rooms
know nothing of each other, so that one can be recorded and replayed without the others. Reads no
clock: fed the same observations it yields the same events, live or replayed.

Every observation is judged *as of* an instant, the newest that the timeline has released. For what
comes in its order that is the observation's own `t`; what a slow source says late keeps its own,
older `t`, and must never be taken for something that happens now.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from typing import Any, Final

import msgspec
from msgspec import Struct

from ambient.config import Falls, Room
from ambient.config_vitals import ResearchUse
from ambient.events import AnyEvent, Purpose
from ambient.observations import (
    AnyObservation,
    ClockStepped,
    Dropped,
    HearingState,
    MotionMeasured,
    PostureSeen,
    SoundHeard,
    SpeechHeard,
    TrackEnded,
    ViewState,
    VoiceMeasured,
)
from fusion.distress import DistressJudge, DistressState
from fusion.down import DownJudge
from fusion.down_state import DownState
from fusion.falls_state import RoomState
from fusion.physiology import OF_VITALS, Physiology, PhysiologyState
from fusion.room_config import residents, scales, sources, subjects, urgent_sources
from fusion.room_events import RoomEvents
from fusion.senses import NEEDED, Senses, SensesState
from fusion.set_back import as_of
from fusion.situations import RoomSituations
from fusion.situations_state import SituationsState
from fusion.views import Family, SourcesState, SourceState, Views
from fusion.voice import RoomVoice, VoiceState
from fusion.watermark import Timeline, TimelineState
from fusion.who import Matcher
from fusion.who_state import frozen, thawed

REPORT_LATE_S: Final = 3600.0
_OF_WHO: Final = frozenset({PostureSeen, MotionMeasured, TrackEnded})
_OF_VOICE: Final = frozenset({SpeechHeard, VoiceMeasured, HearingState})
_REPORT_LATE: Final = round(REPORT_LATE_S * 1e9)


class Snapshot(Struct):
    """A room exactly as it was at an instant: what `RoomJudge.resume` goes on from."""

    state: dict[str, bytes]
    timeline: TimelineState
    now: int
    voice: bool
    sounds: bool
    who: bytes | None = None
    vitals: bool = False
    falls: bool = True


class RoomJudge:
    """Judge one room.

    Parameters
    ----------
    room, falls
        As configured.
    events
        Writes what was found.
    zone
        Time zone of the site.
    voice, sounds, vitals
        Whether these purposes are on.
    research
        Which judgements on vital signs are made, where *vitals* is on.
    """

    def __init__(
        self,
        room: Room,
        falls: Falls,
        events: RoomEvents,
        *,
        zone: tzinfo,
        voice: bool,
        sounds: bool,
        vitals: bool = False,
        research: ResearchUse | None = None,
    ) -> None:
        self.room = room
        self._config = falls
        self._events = events
        self._zone = zone
        self._research = research or ResearchUse()
        self._now = 0
        self._matches = bool(room.wearables)
        self.timeline = Timeline(urgent_sources(room))
        self.falls = DownJudge(falls, room)
        self.senses = Senses(room, {Purpose.SOUNDS: sounds, Purpose.VITALS: vitals})
        self.who = Matcher()
        """Whose wearable is whose; begins anew after a restart, as tracks do."""
        self.falls.who = self.who
        self.distress = DistressJudge(on=sounds)
        self.situations = RoomSituations(room, zone)
        self.voice = RoomVoice(room.id, subjects(room), zone, on=voice)
        self.vitals = self._physiology(on=vitals)
        self._sources = SourcesState(views=Views(sources(room)))
        self._known: dict[str, SourceState] = {}
        self._silence_due = 0
        self._tell: dict[type[AnyObservation], Callable[[Any], list[AnyEvent]]] = {
            ViewState: self._view,
            HearingState: self._hearing,
            ClockStepped: self._clock,
            Dropped: self._dropped,
        }
        self._look_up()

    def observe(self, observation: AnyObservation) -> list[AnyEvent]:
        """Take one observation; return what can be said now, in order."""
        events: list[AnyEvent] = []
        for ready in self.timeline.push(observation):
            self._one(ready, events)
        return events

    def finish(self) -> list[AnyEvent]:
        """Judge what is still held back at the end of a recording."""
        events: list[AnyEvent] = []
        for ready in self.timeline.flush():
            self._one(ready, events)
        return events

    def acknowledge(self, seen_to: str) -> bool:
        """Take in that somebody has seen to a chain; return whether it is one of this room."""
        for chain in self.falls.state.chains:
            if self._events.fall_chain(chain.began, chain.number) == seen_to:
                self.falls.acknowledge(chain.number)
                return True
        for source in self._sources.views.sources:
            began = source.view_chain.began
            if self._events.view_chain(source.source, Family.VIEW, began) == seen_to:
                self._sources.views.accept(source.room, source.source)
                return True
        return False

    def consent(self, purpose: Purpose, on: bool) -> None:
        """Follow that a purpose was switched.

        *Voice* and *vitals* off forget what was learned, and the latter whose wearable is whose;
        *sounds* off what was heard lately. What both told of situations goes with them, and what
        was said before the switch and waits on the timeline.
        """
        if not on:
            self.timeline.drop({kind for kind, needed in NEEDED.items() if needed is purpose})
        self.senses.consent(purpose, on)
        self.falls.consent(purpose, on)
        self.situations.consent(purpose, on)
        if purpose is Purpose.SOUNDS:
            self.distress.consent(on)
        if purpose is Purpose.VOICE:
            self.voice.consent(on)
        if purpose is Purpose.VITALS:
            self.vitals.consent(on)
            if not on:
                self.who.forget()

    def forget(self, subject: str) -> None:
        """Forget what was learned of a resident: voice, vital signs, and what is usual."""
        self.falls.forget(subject)
        self.who.forget(subject)
        self.voice.forget(subject)
        self.vitals.forget(subject)
        self.situations.forget(subject)
        if subject in residents(self.room):
            self.distress.forget()

    def state(self) -> dict[str, bytes]:
        """Return what must survive a restart, by what it is of."""
        encode = msgspec.msgpack.encode
        self._sources.now = self._now
        state = {
            "room": encode(self.falls.state),
            "down": encode(self.falls.down),
            "senses": encode(self.senses.state),
            "situations": encode(self.situations.state),
            "sources": encode(self._sources),
        }
        if self.voice.on:
            state["voice"] = encode(self.voice.state)
        if self.distress.on:
            state["sounds"] = encode(self.distress.state)
        if self.vitals.on:
            state["vitals"] = encode(self.vitals.state)
        return state

    def restore(
        self, state: dict[str, bytes], *, restarted: bool = True, now: int | None = None
    ) -> None:
        """Go on from what `state` returned.

        Parameters
        ----------
        restarted
            After a restart tracks are numbered anew, and nobody was silent meanwhile. Time goes on
            from what was judged last, whatever comes first.
        now
            The node's time, nanoseconds; that of the state when it is not known. Where it is the
            older one, the clock was set back, and time goes on from there (`fusion.set_back`).

        Raises
        ------
        msgspec.ValidationError, msgspec.DecodeError
            When the state was written by an incompatible version.
        """
        decode = msgspec.msgpack.decode
        if restarted and now is not None:
            state = as_of(state, now)
        if "room" in state:
            kept = decode(state["room"], type=RoomState)
            down = decode(state["down"], type=DownState) if "down" in state else None
            self.falls = DownJudge(self._config, self.room, kept, down, who=self.who)
            if restarted:
                self.falls.restarted()
        if "senses" in state:
            senses = decode(state["senses"], type=SensesState)
            self.senses.go_on(senses, restarted=restarted)
        if "situations" in state:
            self.situations.restore(decode(state["situations"], type=SituationsState))
        former = self.situations.restarted() if restarted else None
        if former:
            self.falls.nobodys(former)
        if "sounds" in state:
            sounds = decode(state["sounds"], type=DistressState)
            self.distress = DistressJudge(on=self.distress.on, state=sounds)
            if former is not None:
                self.distress.forget()
        if "voice" in state:
            voice = decode(state["voice"], type=VoiceState)
            self.voice = RoomVoice(
                self.room.id, subjects(self.room), self._zone, on=self.voice.on, state=voice
            )
        if "vitals" in state:
            vitals = decode(state["vitals"], type=PhysiologyState)
            self.vitals = self._physiology(on=self.vitals.on, state=vitals)
        if "sources" in state:
            kept_sources = decode(state["sources"], type=SourcesState)
            views = self._sources.views
            off = None if now is None else now - kept_sources.now
            views.go_on(kept_sources.views, restarted=restarted, off=off)
            kept_sources.views = views
            self._sources = kept_sources
        if restarted:
            # An older version kept it of situations alone.
            kept_now = self._now = max(self._sources.now, self.situations.state.advanced)
            self.timeline.go_on(kept_now, kept_now if now is None else now)
        self._look_up()

    def snapshot(self) -> Snapshot:
        """Return the room exactly as it is."""
        return Snapshot(
            state=self.state(),
            timeline=self.timeline.state(),
            now=self._now,
            voice=self.voice.on,
            sounds=self.distress.on,
            who=frozen(self.who) if self._matches else None,
            vitals=self.vitals.on,
            falls=self.senses.is_on(Purpose.FALLS),
        )

    def resume(self, snapshot: Snapshot) -> None:
        """Go on exactly from a snapshot, as if nothing had been between.

        Raises
        ------
        msgspec.ValidationError, msgspec.DecodeError
            When it was written by an incompatible version.
        """
        self.voice = RoomVoice(self.room.id, subjects(self.room), self._zone, on=snapshot.voice)
        self.distress = DistressJudge(on=snapshot.sounds)
        self.vitals = self._physiology(on=snapshot.vitals)
        self.restore(snapshot.state, restarted=False)
        self.senses.consent(Purpose.SOUNDS, snapshot.sounds)
        self.senses.consent(Purpose.VITALS, snapshot.vitals)
        self.senses.consent(Purpose.FALLS, snapshot.falls)
        self.timeline.resume(snapshot.timeline)
        self.who = thawed(snapshot.who) if snapshot.who is not None else Matcher()
        self.falls.who = self.who
        self._now = snapshot.now

    def _physiology(self, *, on: bool, state: PhysiologyState | None = None) -> Physiology:
        return Physiology(scales(self.room), self._zone, self._research, on=on, state=state)

    def _look_up(self) -> None:
        self._known = {state.source: state for state in self._sources.views.sources}
        self._silence_due = 0

    def _one(self, seen: AnyObservation, out: list[AnyEvent]) -> None:
        """Judge one observation as of the newest instant, which is its own if it is not late."""
        now = self._now
        if seen.t > now:
            now = self._now = seen.t
        kind = type(seen)
        if self._matches:
            who = self.who
            if kind in _OF_WHO:
                who.observe(seen)
            if now >= who.due:
                who.advance(now)
        source = self._known.get(seen.source)
        if source is not None:
            if source.silent:
                back = self._sources.views.heard(source.room, source.source, now)
                out += [self._events.view(one) for one in back]
                self._silence_due = 0
            else:
                source.last = now
        tell = self._tell.get(kind)
        if tell is not None:
            out += tell(seen)
        self.senses.observe(seen)
        sounds = self.distress
        if kind is not SoundHeard or sounds.on:
            changes = self.falls.take(seen, now)
            if changes:
                senses = self.senses.at(now)
                out += [self._events.fall(change, senses) for change in changes]
        if kind is SoundHeard:
            out += [self._events.sound(one) for one in sounds.heard(seen)]  # type: ignore[arg-type]
        elif sounds.state.chains or sounds.state.evidence:
            out += [self._events.sound(one) for one in sounds.advance(now)]
        situations = self.situations
        wanted = now >= situations.due or kind in situations.takes
        if wanted and (kind is not SoundHeard or sounds.on):
            found = situations.observe(seen, now)
            if found:
                senses = self.senses.at(now)
                out += [self._events.situation(one, senses) for one in found]
        voice = self.voice
        if voice.on and (now >= voice.due or kind in _OF_VOICE):
            spoke = kind in _OF_VOICE and seen.t == now
            stated = voice.observe(seen) if spoke else voice.advance(now)
            out += [self._events.voice(one) for one in stated]
        vitals = self.vitals
        if vitals.on and (kind in OF_VITALS or now >= vitals.due):
            told_of = vitals.observe(seen, now)
            if told_of:
                senses = self.senses.at(now)
                out += [self._events.vitals(one, senses) for one in told_of]
        if now >= self._silence_due:
            out += [self._events.view(one) for one in self._sources.views.advance(now)]
            self._silence_due = self._sources.views.due()
        told = self._sources.told
        if told is None or now - told >= _REPORT_LATE:
            out += self._late(now)

    def _view(self, seen: ViewState) -> list[AnyEvent]:
        return [self._events.view(one) for one in self._sources.views.view(seen)]

    def _hearing(self, heard: HearingState) -> list[AnyEvent]:
        return [self._events.view(one) for one in self._sources.views.hearing(heard)]

    def _clock(self, seen: ClockStepped) -> list[AnyEvent]:
        return [self._events.clock(seen)]

    def _dropped(self, seen: Dropped) -> list[AnyEvent]:
        frames = self._sources.frames
        frames[seen.source] = frames.get(seen.source, 0) + seen.frames
        return []

    def _late(self, now: int) -> list[AnyEvent]:
        """Say once an hour what came too late or was not looked at."""
        first = self._sources.told is None
        self._sources.told = now
        if first:
            return []
        frames, self._sources.frames = self._sources.frames, {}
        late, self.timeline.late = self.timeline.late, {}
        return [
            self._events.late(source, now, late.get(source, 0), frames.get(source, 0))
            for source in sorted({*late, *frames})
        ]
