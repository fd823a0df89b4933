"""The events that a node makes of itself: answers to commands, consents, dropped rows.

Comes in: what happened, and the node's time. Goes out: events of the closed list.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ambient import commands, events
from ambient.commands import AnyCommand
from ambient.config import NodeConfig
from ambient.events import (
    CommandApplied,
    CommandKind,
    ConsentApplied,
    NodeKept,
    NodeOutboxDropped,
    Outcome,
    Purpose,
)

if TYPE_CHECKING:
    from ambient.node.kept import Window


def envelope(
    config: NodeConfig,
    identity: str,
    kind: type[events.Event],
    chain: str,
    t: int,
    *,
    room: str | None = None,
    position: int = 0,
) -> dict[str, Any]:
    """Return what every event of `kind` carries that a node with key `identity` makes at `t`."""
    return {
        "id": events.event_id(identity, chain, position, events.kind_of(kind), t),
        "t": t,
        "node": config.node,
        "room": room,
        "chain": chain,
        "position": position,
        "config_version": config.version,
    }


class OwnEvents:
    """Makes events of one node.

    Parameters
    ----------
    config
        The node's.
    identity
        Key from which event ids derive.
    clock
        The node's time (ns).
    """

    def __init__(self, config: NodeConfig, identity: str, clock: Callable[[], int]) -> None:
        self._config = config
        self._rooms = {room.id for room in config.rooms}
        self._identity = identity
        self._clock = clock

    def applied(self, command: AnyCommand, outcome: Outcome) -> CommandApplied:
        """Return the answer to `command`; a foreign room is not repeated in it."""
        t = self._clock()
        room: str | None = getattr(command, "room", None)
        room = room if room in self._rooms else None
        chain = events.chain_id(self._identity, room, f"command.{command.id}", command.issued)
        return CommandApplied(
            **envelope(self._config, self._identity, CommandApplied, chain, t, room=room),
            command=command.id,
            command_kind=commands.kind_of(command),
            outcome=outcome,
        )

    def unknown(self, command: str) -> CommandApplied:
        """Return the refusal of a command of which only the id could be read."""
        t = self._clock()
        chain = events.chain_id(self._identity, None, f"command.{command}", 0)
        return CommandApplied(
            **envelope(self._config, self._identity, CommandApplied, chain, t),
            command=command,
            command_kind=CommandKind.UNKNOWN,
            outcome=Outcome.REFUSED,
        )

    def dropped(self, rows: int) -> NodeOutboxDropped:
        """Return the event that says how many `rows` a full outbox lost."""
        t = self._clock()
        chain = events.chain_id(self._identity, None, "outbox", t)
        return NodeOutboxDropped(
            **envelope(self._config, self._identity, NodeOutboxDropped, chain, t),
            rows=rows,
        )


def window_kept(
    config: NodeConfig, node_key: str, command: commands.KeepWindow, window: Window, t: int
) -> NodeKept:
    """Return the event that says what became of a window that was to be kept."""
    chain = events.chain_id(node_key, command.room, f"kept.{command.id}", command.issued)
    return NodeKept(
        **envelope(config, node_key, NodeKept, chain, t, room=command.room),
        command=command.id,
        kept=window.kept,
        began=command.began,
        ended=command.ended,
        rows=min(window.records, events.MAX_COUNT),
        digest=window.digest,
    )


def consent_applied(
    config: NodeConfig, node_key: str, room: str, purpose: Purpose, on: bool, t: int
) -> ConsentApplied:
    """Return the event that a purpose of a room was switched at `t`."""
    chain = events.chain_id(node_key, room, f"consent.{purpose}", t)
    return ConsentApplied(
        **envelope(config, node_key, ConsentApplied, chain, t, room=room),
        purpose=purpose,
        on=on,
    )
