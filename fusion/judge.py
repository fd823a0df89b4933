"""The judgement of a node: observations of all its rooms in, events out.

`Judge` puts observations on one timeline (`fusion.watermark`), hands them to each room's
`FallJudge` and to `Views`, and writes what changed as events with derived ids. It reads no clock:
fed the same observations it yields the same events, live or replayed. `state` and `restore` carry
open chains over a restart.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct

from ambient.commands import Acknowledged, AnyCommand
from ambient.config import NodeConfig, Room
from ambient.events import (
    AnyEvent,
    FallConfirmed,
    FallLongLie,
    FallRecovered,
    FallSuspected,
    NodeClockStepped,
    NodeDataLate,
    NodeSourceSilent,
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
    PostureSeen,
    TrackEnded,
    ViewState,
)
from fusion.falls import Change, FallJudge, RoomState, Step
from fusion.views import Say, SourceState, Statement, Views
from fusion.watermark import Timeline

NODE_KEY: Final = "node"
REPORT_LATE_S: Final = 3600.0
PASSED_BY: Final = 600


class _Position(Struct):
    """Next position of each chain that is open or was open lately."""

    next: dict[str, int] = {}

    def take(self, chain: str) -> int:
        position = self.next.get(chain, 0)
        self.next[chain] = position + 1
        while len(self.next) > PASSED_BY:
            self.next.pop(next(iter(self.next)))
        return position


class _NodeState(Struct):
    views: Views
    positions: _Position
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
    """

    def __init__(self, config: NodeConfig, node_key: str) -> None:
        self._config = config
        self._version = config.version
        self._node_key = node_key
        self._timeline = Timeline()
        self._rooms = {room.id: FallJudge(config.falls) for room in config.rooms}
        self._beds = {bed.id: bed.subject for room in config.rooms for bed in room.beds}
        self._node = _NodeState(views=Views(_sources(config.rooms)), positions=_Position())

    def observe(self, observation: AnyObservation) -> list[AnyEvent]:
        """Take one observation; return what can be said now, in order."""
        events: list[AnyEvent] = []
        for ready in self._timeline.push(observation):
            events += self._one(ready)
        return events

    def finish(self) -> list[AnyEvent]:
        """Judge what is still held back at the end of a recording."""
        events: list[AnyEvent] = []
        for ready in self._timeline.flush():
            events += self._one(ready)
        return events

    def apply(self, command: AnyCommand, t: int) -> list[AnyEvent]:
        """Take in a command that concerns the judgement."""
        if isinstance(command, Acknowledged):
            for room, judge in self._rooms.items():
                for chain in judge.state.chains:
                    if self._chain(room, chain.began, chain.number) == command.chain:
                        judge.acknowledge(chain.number)
        return []

    def state(self) -> dict[str, bytes]:
        """Return what must survive a restart, by room and for the node."""
        encode = msgspec.msgpack.encode
        state = {f"room/{room}": encode(judge.state) for room, judge in self._rooms.items()}
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
        if NODE_KEY in state:
            kept_node = msgspec.msgpack.decode(state[NODE_KEY], type=_NodeState)
            known = {(s.room, s.source): s for s in kept_node.views.sources}
            sources = [known.get((s.room, s.source), s) for s in self._node.views.sources]
            for source in sources:
                source.last = None  # silence during a restart is the node's, not the source's
            kept_node.views.sources = sources
            self._node = kept_node

    def _one(self, seen: AnyObservation) -> list[AnyEvent]:
        events = self._views(self._node.views.heard(seen.room, seen.source, seen.t))
        if isinstance(seen, ViewState):
            events += self._views(self._node.views.view(seen))
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
        events += self._views(self._node.views.advance(seen.t))
        return events + self._late(seen.t)

    def _chain(self, room: str, began: int, number: int) -> str:
        return chain_id(self._node_key, room, f"fall-{number}", began)

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
        bed = change.chain.bed
        return self._event(
            kind,
            chain,
            change.t,
            room=room,
            subject=self._beds.get(bed) if bed is not None else None,
            probability=round(change.probability, 4),
            contributions=change.contributions,
            **fields,
        )

    def _views(self, statements: list[Statement]) -> list[AnyEvent]:
        return [self._view(statement) for statement in statements]

    def _view(self, say: Statement) -> AnyEvent:
        chain = chain_id(self._node_key, say.room, f"view-{say.source}", say.began)
        place = {"room": say.room, "source": say.source}
        if say.say is Say.SILENT:
            return self._event(NodeSourceSilent, chain, say.t, silent_s=say.silent_s, **place)
        if say.say is Say.DEGRADED:
            return self._event(QualityDegraded, chain, say.t, view=say.view, **place)
        if say.say is Say.NOT_WATCHED:
            until = say.until
            return self._event(QualityNotWatched, chain, say.t, view=say.view, until=until, **place)
        return self._event(QualityRestored, chain, say.t, view=say.view, **place)

    def _clock(self, seen: ClockStepped) -> AnyEvent:
        chain = chain_id(self._node_key, seen.room, "clock", seen.t)
        return self._event(NodeClockStepped, chain, seen.t, step_s=round(seen.step_s, 3))

    def _late(self, t: int) -> list[AnyEvent]:
        """Say once an hour what came too late or was not looked at."""
        if self._node.reported is None:
            self._node.reported = t
        if (t - self._node.reported) / 1e9 < REPORT_LATE_S:
            return []
        self._node.reported = t
        late, frames = self._timeline.late, self._node.frames
        events: list[AnyEvent] = []
        for key in sorted({*late, *frames}):
            room, source = key.split("/", 1)
            chain = chain_id(self._node_key, room, f"late-{source}", t)
            events.append(
                self._event(
                    NodeDataLate,
                    chain,
                    t,
                    room=room,
                    source=source,
                    observations=late.get(key, 0),
                    frames=frames.get(key, 0),
                )
            )
        self._timeline.late, self._node.frames = {}, {}
        return events

    def _event(self, kind: type[AnyEvent], chain: str, t: int, **fields: object) -> AnyEvent:
        position = self._node.positions.take(chain)
        return kind(
            id=event_id(self._node_key, chain, position, kind_of(kind), t),
            t=t,
            node=self._config.node,
            chain=chain,
            position=position,
            config_version=self._version,
            **fields,  # type: ignore[arg-type]
        )


def _sources(rooms: list[Room]) -> list[SourceState]:
    return [
        SourceState(room=room.id, source=camera.id) for room in rooms for camera in room.cameras
    ]
