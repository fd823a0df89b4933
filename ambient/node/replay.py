"""A recording through the same judgement again: records in, the same events out.

Comes in: the files of a room, oldest first, and the node's configuration. Goes out: the events
that fusion gave, bit for bit and with their ids. The part that a process did not live to record
is missing in both: a recording goes on after it from where the judgement then stood.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from ambient.config import NodeConfig
from ambient.errors import SourceError
from ambient.events import AnyEvent
from ambient.node.own_events import consent_applied
from ambient.node.recording import (
    FORMAT,
    Begun,
    RecordingReader,
    Resumed,
    SeenTo,
    Switched,
    Torn,
)
from fusion.judge import Judge
from fusion.room import RoomJudge


class Replay:
    """Judge recordings again.

    Parameters
    ----------
    config
        Of the node; another one than the recording's gives other events.

    Attributes
    ----------
    records
        How many were taken in.
    span_s
        From the oldest to the newest instant of the files, summed over them, seconds.
    torn
        Ends of files that could not be read; of one that has no beginning, all of it.
    other_config
        Version of the recording's configuration, where it is another one.
    """

    def __init__(self, config: NodeConfig) -> None:
        self._config = config
        self._zone = config.zone
        self._key = ""
        self._room: RoomJudge | None = None
        self.records = 0
        self.span_s = 0.0
        self.torn: dict[Path, Torn] = {}
        self.other_config: str | None = None
        self._special: dict[type, Callable[[Any], list[AnyEvent]]] = {
            Begun: self._begun,
            Resumed: self._resumed,
            Switched: self._switched,
            SeenTo: self._seen_to,
        }

    def events(self, paths: Iterable[Path]) -> Iterator[AnyEvent]:
        """Yield the events of recordings, in the order in which they were given.

        A file of which not even the beginning reached the disk is passed over and counted as torn.

        Raises
        ------
        SourceError
            When a file cannot be read, or is of a room that the configuration does not have.
        """
        for path in paths:
            reader = RecordingReader(path)
            if not reader.has_begun():
                self.torn[path] = reader.torn
                continue
            reader.begun()
            yield from self._of(reader)
            if reader.torn.bytes:
                self.torn[path] = reader.torn

    def _of(self, reader: RecordingReader) -> Iterator[AnyEvent]:
        special = self._special
        self._room = None
        count, last = 0, 0
        first: int | None = None
        for record in reader:
            count += 1
            how = special.get(type(record))
            if how is not None:
                yield from how(record)
                continue
            room = self._room
            if room is None:
                raise SourceError(
                    f"{reader.path}: expected where the judgement stood before the first "
                    "observation, found nothing; the file was put together by hand"
                )
            t: int = record.t
            if t > last:
                first, last = (t if first is None else first), t
            yield from room.observe(record)
        self.records += count
        self.span_s += (last - first) / 1e9 if first is not None else 0.0

    def _begun(self, begun: Begun) -> list[AnyEvent]:
        if begun.format != FORMAT:
            raise SourceError(
                f"expected a recording of format {FORMAT}, got {begun.format}; read it with the "
                f"version of ambient that wrote it ({begun.software})"
            )
        if begun.config_version != self._config.version:
            self.other_config = begun.config_version
        judge = Judge(self._config, begun.node_key, zone=self._zone)
        room = judge.rooms.get(begun.room)
        if room is None:
            known = ", ".join(judge.rooms)
            raise SourceError(
                f"expected a recording of a room of this configuration ({known}), got one of "
                f"{begun.room!r}; give the configuration of its node with --config"
            )
        self._key, self._room = begun.node_key, room
        return []

    def _resumed(self, resumed: Resumed) -> list[AnyEvent]:
        if self._room is None:
            return []
        fresh = Judge(self._config, self._key, zone=self._zone).rooms[self._room.room.id]
        try:
            fresh.resume(resumed.snapshot)
        except msgspec.MsgspecError as error:
            raise SourceError(
                f"expected the state of a room as this version keeps it, got another ({error}); "
                "read it with the version of ambient that wrote it"
            ) from None
        self._room = fresh
        return []

    def _switched(self, switched: Switched) -> list[AnyEvent]:
        if self._room is None:
            return []
        self._room.consent(switched.purpose, switched.on)
        if not switched.told:
            return []
        room, t = self._room.room.id, switched.t
        return [consent_applied(self._config, self._key, room, switched.purpose, switched.on, t)]

    def _seen_to(self, seen: SeenTo) -> list[AnyEvent]:
        if self._room is not None:
            self._room.acknowledge(seen.chain)
        return []
