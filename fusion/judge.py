"""The judgement of a node: observations of all its rooms in, events out.

`Judge` hands each observation to the `RoomJudge` of its room. It reads no clock: fed the same
observations it yields the same events, live or replayed. `state` and `restore` carry open chains
and baselines over a restart.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, tzinfo

from ambient.commands import Acknowledged
from ambient.config import NodeConfig, Room
from ambient.events import AnyEvent, Purpose
from ambient.observations import AnyObservation
from fusion.room import RoomJudge, Snapshot
from fusion.room_events import RoomEvents


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
    voices, sounds, vitals
        Rooms in which the purposes *voice*, *sounds* and *vitals* are on; None for what the
        configuration says.
    """

    def __init__(
        self,
        config: NodeConfig,
        node_key: str,
        *,
        zone: tzinfo = UTC,
        voices: Collection[str] | None = None,
        sounds: Collection[str] | None = None,
        vitals: Collection[str] | None = None,
    ) -> None:
        version = config.version

        def judge(room: Room) -> RoomJudge:
            return RoomJudge(
                room,
                config.falls,
                RoomEvents(room, config.node, node_key, version),
                zone=zone,
                voice=room.is_on(Purpose.VOICE) if voices is None else room.id in voices,
                sounds=room.is_on(Purpose.SOUNDS) if sounds is None else room.id in sounds,
                vitals=room.is_on(Purpose.VITALS) if vitals is None else room.id in vitals,
                research=config.research_use,
            )

        self.rooms = {room.id: judge(room) for room in config.rooms}
        self.strays = 0
        """Observations of rooms that this node does not have, since the start."""

    def observe(self, observation: AnyObservation) -> list[AnyEvent]:
        """Take one observation; return what can be said now, in order."""
        room = self.rooms.get(observation.room)
        if room is None:
            self.strays += 1
            return []
        return room.observe(observation)

    def finish(self) -> list[AnyEvent]:
        """Judge what is still held back at the end of a recording."""
        return [event for room in self.rooms.values() for event in room.finish()]

    def acknowledge(self, command: Acknowledged) -> str | None:
        """Take in that somebody has seen to a chain; return its room if it is one of ours."""
        for name, room in self.rooms.items():
            if room.acknowledge(command.chain):
                return name
        return None

    def consent(self, room: str, purpose: Purpose, on: bool) -> None:
        """Follow that a purpose of a room was switched."""
        if room in self.rooms:
            self.rooms[room].consent(purpose, on)

    def forget(self, subject: str) -> None:
        """Forget what was learned of a resident."""
        for room in self.rooms.values():
            room.forget(subject)

    def state(self) -> dict[str, bytes]:
        """Return what must survive a restart, by kind and room: ``room/r1``, ``voice/r1`` ..."""
        return {key: data for name in self.rooms for key, data in self.state_of(name).items()}

    def state_of(self, room: str) -> dict[str, bytes]:
        """Return the part of `state` that is of one room."""
        return {f"{kind}/{room}": data for kind, data in self.rooms[room].state().items()}

    def restore(self, state: dict[str, bytes], *, now: int | None = None) -> None:
        """Go on from what `state` returned; rooms that are gone are left out.

        Parameters
        ----------
        now
            The node's time, nanoseconds; that of the state when it is not known.

        Raises
        ------
        msgspec.ValidationError, msgspec.DecodeError
            When the state was written by an incompatible version.
        """
        kept: dict[str, dict[str, bytes]] = {}
        for key, data in state.items():
            kind, _, room = key.partition("/")
            kept.setdefault(room, {})[kind] = data
        for name, judge in self.rooms.items():
            judge.restore(kept.get(name, {}), now=now)

    def snapshot(self, room: str) -> Snapshot:
        """Return one room exactly as it is, for a recording to begin with."""
        return self.rooms[room].snapshot()
