"""Commands on their way to nodes: sent, and sent again until the node has answered.

Comes in: what the source has for each node, and who is connected. Goes out: messages on the newest
connection of each node. A node applies a command once however often it comes. Used in the link's
thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from ambient import commands
from ambient.bus.protocol import CommandMessage, FromHub
from ambient.hub.nodes import Standing
from ambient.hub.registry import Registry
from ambient.hub.seams import CommandSource, LinkCounts
from ambient.hub.sessions import Session

AGAIN_S: Final = 5.0
"""A command without an answer for this long is sent again."""


class Dispatch:
    """The commands of one source.

    Parameters
    ----------
    source
        Where they come from.
    registry
        Who may be given any.
    sessions
        Connections that said hello, by route; the newest of a node is the last.
    counts
        Where it is counted.
    send
        Sends a message on a route; returns whether somebody is there to take it.
    clock
        Hub time (ns).
    """

    def __init__(
        self,
        source: CommandSource,
        registry: Registry,
        sessions: Mapping[bytes, Session],
        counts: LinkCounts,
        *,
        send: Callable[[bytes, FromHub], bool],
        clock: Callable[[], int],
    ) -> None:
        self._source = source
        self._registry = registry
        self._sessions = sessions
        self._counts = counts
        self._send = send
        self._clock = clock

    def step(self, now: float) -> None:
        """Send what is due at `now` (s, steady)."""
        pending = self._source.pending(self._clock())
        newest: dict[str, bytes] = {}
        for route, session in self._sessions.items():
            if session.node in pending:
                newest[session.node] = route
            elif session.sent:
                session.sent.clear()
        for node, route in newest.items():
            session = self._sessions[route]
            known = {command.id for command in pending[node]}
            session.sent = {one: at for one, at in session.sent.items() if one in known}
            for command in pending[node]:
                if now - session.sent.get(command.id, -AGAIN_S) < AGAIN_S:
                    continue
                if self._registry.holder(session.key).standing is not Standing.ENROLLED:
                    break
                raw = msgspec.Raw(commands.encode(command))
                if self._send(route, CommandMessage(time=self._clock(), command=raw)):
                    session.sent[command.id] = now
                    self._counts.commands_sent += 1
