"""The judgement of a node: observations of all its rooms in, events out.

`Judge` puts observations on one timeline (`fusion.watermark`), hands them to each room's
`FallJudge`, `DistressJudge`, `RoomVoice` and to `Views`, and writes what changed as events with
derived ids. It reads no clock: fed the same observations it yields the same events, live or
replayed. `state` and `restore` carry open chains and baselines over a restart.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, tzinfo
from typing import Final

import msgspec
from msgspec import Struct

from ambient.commands import Acknowledged
from ambient.config import NodeConfig, Room
from ambient.events import (
    AnyEvent,
    Device,
    DistressHelp,
    DistressSmokeAlarm,
    FallConfirmed,
    FallLongLie,
    FallRecovered,
    FallSuspected,
    NodeClockStepped,
    NodeDataLate,
    NodeSourceSilent,
    Purpose,
    QualityDegraded,
    QualityNotWatched,
    QualityRestored,
    chain_id,
    event_id,
    kind_of,
)
from ambient.observations import (
    AnyObservation,
    ClockStepped,
    Dropped,
    HearingState,
    PostureSeen,
    SoundClass,
    SoundHeard,
    TrackEnded,
    ViewState,
)
from fusion import distress
from fusion.distress import DistressJudge, DistressState
from fusion.falls import Change, FallJudge, RoomState, Step
from fusion.views import Family, Say, SourceState, Statement, Views
from fusion.voice import RoomVoice, Stated, VoiceState
from fusion.voice_events import say
from fusion.watermark import Timeline

NODE_KEY: Final = "node"
REPORT_LATE_S: Final = 3600.0
_DISTRESS: Final[dict[SoundClass, type[AnyEvent]]] = {
    SoundClass.HELP: DistressHelp,
    SoundClass.SMOKE_ALARM: DistressSmokeAlarm,
}


class _NodeState(Struct):
    views: Views
    frames: dict[str, int] = {}
    reported: int | None = None


class Judge:
    """Judge every room of one node.

    Parameters
    ----------
    config
        Of the node.
    node_key
        Public key of the node; event ids derive from it.
    zone
        Time zone of the site, in which hours and days of summaries begin.
    voices, sounds
        Rooms in which the purposes *voice* and *sounds* are on; None for what the configuration
        says.
    """

    def __init__(
        self,
        config: NodeConfig,
        node_key: str,
        *,
        zone: tzinfo = UTC,
        voices: Collection[str] | None = None,
        sounds: Collection[str] | None = None,
    ) -> None:
        self._config = config
        self._version = config.version
        self._node_key = node_key
        self._timelines = {room.id: Timeline() for room in config.rooms}
        self._rooms = {room.id: FallJudge(config.falls) for room in config.rooms}
        self._beds = {(room.id, b.id): b.subject for room in config.rooms for b in room.beds}
        self._node = _NodeState(views=Views(_sources(config.rooms)))
        self._zone = zone
        self._distress = {
            room.id: DistressJudge(
                on=room.is_on(Purpose.SOUNDS) if sounds is None else room.id in sounds
            )
            for room in config.rooms
        }
        self._voices = {
            room.id: RoomVoice(
                room.id,
                _subjects(room),
                zone,
                on=room.is_on(Purpose.VOICE) if voices is None else room.id in voices,
            )
            for room in config.rooms
        }

    def observe(self, observation: AnyObservation) -> list[AnyEvent]:
        """Take one observation; return what can be said now, in order."""
        events: list[AnyEvent] = []
        timeline = self._timelines.setdefault(observation.room, Timeline())
        for ready in timeline.push(observation):
            events += self._one(ready)
        return events

    def finish(self) -> list[AnyEvent]:
        """Judge what is still held back at the end of a recording."""
        events: list[AnyEvent] = []
        for timeline in self._timelines.values():
            for ready in timeline.flush():
                events += self._one(ready)
        return events

    def acknowledge(self, command: Acknowledged) -> bool:
        """Take in that somebody has seen to a chain; return whether it is one of ours."""
        for room, judge in self._rooms.items():
            for chain in judge.state.chains:
                if self._chain(room, chain.began, chain.number) == command.chain:
                    judge.acknowledge(chain.number)
                    return True
        for source in self._node.views.sources:
            began = source.view_chain.began
            if self._view_chain(source.room, source.source, Family.VIEW, began) == command.chain:
                self._node.views.accept(source.room, source.source)
                return True
        return False

    def consent(self, room: str, purpose: Purpose, on: bool) -> None:
        """Follow that a purpose of a room was switched.

        *Voice* off forgets its baselines, *sounds* off what was heard lately.
        """
        if purpose is Purpose.SOUNDS and room in self._distress:
            self._distress[room].consent(on)
        if purpose is Purpose.VOICE and room in self._voices:
            self._voices[room].consent(on)

    def forget(self, subject: str) -> None:
        """Forget what was learned of a resident's voice."""
        for voice in self._voices.values():
            voice.forget(subject)

    def state(self) -> dict[str, bytes]:
        """Return what must survive a restart, by room and for the node."""
        encode = msgspec.msgpack.encode
        state = {f"room/{room}": encode(judge.state) for room, judge in self._rooms.items()}
        state |= {f"voice/{room}": encode(v.state) for room, v in self._voices.items() if v.on}
        state |= {f"sounds/{room}": encode(d.state) for room, d in self._distress.items() if d.on}
        state[NODE_KEY] = encode(self._node)
        return state

    def restore(self, state: dict[str, bytes]) -> None:
        """Go on from what `state` returned; rooms that are gone are left out.

        Raises
        ------
        msgspec.ValidationError, msgspec.DecodeError
            When the state was written by an incompatible version.
        """
        for room in self._rooms:
            if f"room/{room}" in state:
                kept = msgspec.msgpack.decode(state[f"room/{room}"], type=RoomState)
                self._rooms[room] = FallJudge(self._config.falls, kept)
        for one in self._config.rooms:
            if f"sounds/{one.id}" in state:
                kept_sounds = msgspec.msgpack.decode(state[f"sounds/{one.id}"], type=DistressState)
                self._distress[one.id] = DistressJudge(
                    on=self._distress[one.id].on, state=kept_sounds
                )
            if f"voice/{one.id}" in state:
                kept_voice = msgspec.msgpack.decode(state[f"voice/{one.id}"], type=VoiceState)
                on = self._voices[one.id].on
                voice = RoomVoice(one.id, _subjects(one), self._zone, on=on, state=kept_voice)
                self._voices[one.id] = voice
        if NODE_KEY in state:
            kept_node = msgspec.msgpack.decode(state[NODE_KEY], type=_NodeState)
            known = {(s.room, s.source): s for s in kept_node.views.sources}
            sources = [known.get((s.room, s.source), s) for s in self._node.views.sources]
            for source in sources:
                source.last = None  # silence during a restart is the node's, not the source's
                source.known = False
            kept_node.views.sources = sources
            self._node = kept_node

    def _one(self, seen: AnyObservation) -> list[AnyEvent]:
        events = self._views(self._node.views.heard(seen.room, seen.source, seen.t))
        if isinstance(seen, ViewState):
            events += self._views(self._node.views.view(seen))
        elif isinstance(seen, HearingState):
            events += self._views(self._node.views.hearing(seen))
        elif isinstance(seen, ClockStepped):
            events.append(self._clock(seen))
        elif isinstance(seen, Dropped):
            key = f"{seen.room}/{seen.source}"
            self._node.frames[key] = self._node.frames.get(key, 0) + seen.frames
        judge = self._rooms.get(seen.room)
        if judge is not None:
            if isinstance(seen, PostureSeen):
                changes = judge.posture(seen)
            elif isinstance(seen, TrackEnded):
                changes = judge.ended(seen)
            else:
                changes = judge.advance(seen.t)
            events += [self._fall(seen.room, change) for change in changes]
        sounds = self._distress.get(seen.room)
        if sounds is not None:
            loud = sounds.heard(seen) if isinstance(seen, SoundHeard) else sounds.advance(seen.t)
            events += [self._sound(seen.room, change) for change in loud]
        if seen.room in self._voices:
            events += [self._voice(seen.room, one) for one in self._voices[seen.room].observe(seen)]
        events += self._views(self._node.views.advance(seen.t))
        return events + self._late(seen.t)

    def _chain(self, room: str, began: int, number: int) -> str:
        return chain_id(self._node_key, room, f"fall-{number}", began)

    def _view_chain(self, room: str, source: str, family: Family, began: int) -> str:
        return chain_id(self._node_key, room, f"{family}-{source}", began)

    def _fall(self, room: str, change: Change) -> AnyEvent:
        chain = self._chain(room, change.chain.began, change.chain.number)
        kinds: dict[Step, type[AnyEvent]] = {
            Step.SUSPECTED: FallSuspected,
            Step.CONFIRMED: FallConfirmed,
            Step.LONG_LIE: FallLongLie,
            Step.RECOVERED: FallRecovered,
        }
        kind = kinds[change.step]
        fields: dict[str, object] = {}
        if change.step in (Step.SUSPECTED, Step.CONFIRMED):
            fields = {"place": change.chain.place, "descent_seen": change.chain.descent >= 0.5}
        if change.step is not Step.SUSPECTED:
            fields["down_s"] = round(change.down_s, 3)
        subject = self._beds.get((room, change.chain.bed)) if change.chain.bed else None
        # A thud is told beside what was seen; whether somebody is down is judged by sight alone.
        up = change.step is Step.RECOVERED
        thud = None if up else self._distress[room].thud_for(change.chain.down_since)
        probability = change.probability
        if thud is not None:
            probability = distress.added(probability, thud)
        return self._event(
            kind,
            chain,
            change.position,
            change.t,
            room=room,
            subject=subject,
            probability=round(probability, 4),
            contributions=[*change.contributions, *([] if thud is None else [thud])],
            **fields,
        )

    def _sound(self, room: str, change: distress.Change) -> AnyEvent:
        chain = chain_id(self._node_key, room, f"distress-{change.sound.value}", change.began)
        return self._event(
            _DISTRESS[change.sound],
            chain,
            change.position,
            change.t,
            room=room,
            probability=round(change.probability, 4),
            contributions=change.contributions,
            step=change.step,
            lasted_s=round(change.lasted_s, 3),
        )

    def _views(self, statements: list[Statement]) -> list[AnyEvent]:
        return [self._view(statement) for statement in statements]

    def _view(self, say: Statement) -> AnyEvent:
        chain = self._view_chain(say.room, say.source, say.family, say.began)
        kinds: dict[Say, type[AnyEvent]] = {
            Say.SILENT: NodeSourceSilent,
            Say.DEGRADED: QualityDegraded,
            Say.NOT_WATCHED: QualityNotWatched,
            Say.RESTORED: QualityRestored,
        }
        fields: dict[str, object] = {"room": say.room, "source": say.source}
        if say.say is Say.SILENT:
            fields |= {"silent_s": say.silent_s, "device": say.device}
        else:
            fields |= {"view": say.view, "hearing": say.hearing}
        if say.say is Say.NOT_WATCHED:
            fields["until"] = say.until
        return self._event(kinds[say.say], chain, say.position, say.t, **fields)

    def _voice(self, room: str, stated: Stated) -> AnyEvent:
        said = say(stated)
        chain = chain_id(self._node_key, room, said.family, said.began)
        return self._event(said.kind, chain, said.position, said.t, room=room, **said.fields)

    def _clock(self, seen: ClockStepped) -> AnyEvent:
        chain = chain_id(self._node_key, seen.room, "clock", seen.t)
        return self._event(NodeClockStepped, chain, 0, seen.t, step_s=round(seen.step_s, 3))

    def _late(self, t: int) -> list[AnyEvent]:
        """Say once an hour what came too late or was not looked at."""
        if self._node.reported is None:
            self._node.reported = t
        if (t - self._node.reported) / 1e9 < REPORT_LATE_S:
            return []
        self._node.reported = t
        frames = self._node.frames
        late = {
            f"{room}/{source}": count
            for room, timeline in self._timelines.items()
            for source, count in timeline.late.items()
        }
        events: list[AnyEvent] = []
        for key in sorted({*late, *frames}):
            room, source = key.split("/", 1)
            chain = chain_id(self._node_key, room, f"late-{source}", t)
            events.append(
                self._event(
                    NodeDataLate,
                    chain,
                    0,
                    t,
                    room=room,
                    source=source,
                    observations=late.get(key, 0),
                    frames=frames.get(key, 0),
                )
            )
        self._node.frames = {}
        for timeline in self._timelines.values():
            timeline.late = {}
        return events

    def _event(
        self, kind: type[AnyEvent], chain: str, position: int, t: int, **fields: object
    ) -> AnyEvent:
        return kind(
            id=event_id(self._node_key, chain, position, kind_of(kind), t),
            t=t,
            node=self._config.node,
            chain=chain,
            position=position,
            config_version=self._version,
            **fields,  # type: ignore[arg-type]
        )


def _subjects(room: Room) -> tuple[str, ...]:
    """Return who lives in `room`, each once."""
    return tuple(dict.fromkeys(bed.subject for bed in room.beds if bed.subject is not None))


def _sources(rooms: list[Room]) -> list[SourceState]:
    cameras = [SourceState(room=r.id, source=each.id) for r in rooms for each in r.cameras]
    microphones = [
        SourceState(room=r.id, source=each.id, device=Device.MICROPHONE)
        for r in rooms
        for each in r.microphones
    ]
    return cameras + microphones
