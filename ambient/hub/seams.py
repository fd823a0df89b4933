"""What the link needs of the rest of the hub, and what it tells: the seams around `intake`.

Comes in: nothing. Goes out: the interfaces behind which store, commands and the other hub stand, so
that another engine can take their place, and the counts that metrics read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from ambient.commands import AnyCommand
from ambient.events import AnyEvent


class Sent(NamedTuple):
    """Events that `node`, whose key brought them, sent together; `received` is hub time (ns)."""

    node: str
    events: Sequence[AnyEvent]
    received: int


class EventSink(Protocol):
    """Where events go."""

    def store_all(self, sent: Sequence[Sent]) -> object:
        """Keep what several nodes sent, in order, on the disk when this returns.

        Ids that are known are passed over.

        Raises
        ------
        StoreError
            When nothing of it was stored; the node will send it again.
        """
        ...


class CommandSource(Protocol):
    """Where commands come from."""

    def pending(self, now: int) -> Mapping[str, Sequence[AnyCommand]]:
        """Return node ► what it has not answered and may still apply, oldest first.

        A command leaves this list when the sink stores the node's ``command.applied``.
        """
        ...


class OneOfTwo(Protocol):
    """What a hub that is one of two tells nodes, and hears from them; used in the link's thread."""

    @property
    def addresses(self) -> Sequence[str]:
        """Where nodes reach both hubs."""
        ...

    @property
    def term(self) -> int:
        """In which this hub serves."""
        ...

    @property
    def proof(self) -> str:
        """What proves to either hub that one served in that term."""
        ...

    def node(self, term: int = 0, proof: str = "") -> bool:
        """Take in that a node spoke which knows `term`; return whether this hub may serve it."""
        ...

    def told(self, term: int, proof: str) -> bool:
        """Take in that a node which another hub serves knows `term`; return whether this serves."""
        ...


class Partner(OneOfTwo, Protocol):
    """The other hub of the site, for the one that serves; asked from any thread."""

    @property
    def lacks(self) -> int:
        """Since when (ns) the store lacks what nodes may still keep; 0 when it lacks nothing."""
        ...

    def fails_since(self) -> int | None:
        """Return since when (ns) nobody could take over from this hub, nothing while one could."""
        ...

    def torn_since(self) -> int | None:
        """Return since when (ns) both serve and do not hear each other, as far as nodes told."""
        ...

    def unwell(self, ill: bool) -> None:
        """Take in each second whether this hub cannot do its work: the other one may take over."""
        ...

    def erased(self) -> Path | None:
        """Return a ledger of erasures that the other hub brought, once for each."""
        ...

    def stays(self) -> bool:
        """Return whether the process goes on, standing by, when this hub has ended."""
        ...


@dataclass
class LinkCounts:
    """What the link counted since the start; read from any thread.

    Attributes
    ----------
    unknown_key
        Handshakes and messages of keys that are not enrolled, enrolments aside.
    garbled
        Frames of enrolled nodes that were no message.
    rows_refused
        Rows of enrolled nodes that may not be stored: foreign room or node, or no event.
    broken_connections
        Handshakes that failed otherwise: another hub's key, no ZeroMQ, an older CURVE.
    closed
        Connections that ended, those included that ZeroMQ closed for an oversized frame.
    """

    batches: int = 0
    rows: int = 0
    rows_refused: int = 0
    unknown_key: int = 0
    garbled: int = 0
    version_refused: int = 0
    enrolments_asked: int = 0
    enrolments_refused: int = 0
    commands_sent: int = 0
    store_failed: int = 0
    broken_connections: int = 0
    closed: int = 0
