"""The hub's commands as a node answers them: each once, by an event in the outbox.

Comes in: commands off the link, and what became of those that were applied. Goes out: answers; what
is for this node and in time goes to the errands, or begins a change of key. What is no command of
the closed list, for others, or too late, is refused.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import structlog

from ambient import commands
from ambient.commands import AnyCommand, RotateKey
from ambient.config import NodeConfig
from ambient.events import Outcome
from ambient.node.deliveries import AgentCounts
from ambient.node.errands import Errands
from ambient.node.outbox import Outbox
from ambient.node.own_events import OwnEvents
from ambient.node.rotation import Rotation
from ambient.node.uplink import Uplink

_log = structlog.get_logger(__name__)


class Answering:
    """The commands of a node; used in the agent's thread.

    Parameters
    ----------
    config
        Whose name and rooms a command must have.
    outbox
        Where answers go.
    errands
        Apply commands.
    rotation
        Changes the key.
    own_events
        Makes the answers.
    counts
        Where it is counted.
    clock
        The node's time (ns).
    waits
        Called when an answer waits to be sent.
    """

    def __init__(
        self,
        config: NodeConfig,
        outbox: Outbox,
        errands: Errands,
        rotation: Rotation,
        own_events: OwnEvents,
        counts: AgentCounts,
        *,
        clock: Callable[[], int],
        waits: Callable[[], None],
    ) -> None:
        self._node = config.node
        self._rooms = {room.id for room in config.rooms}
        self._outbox = outbox
        self._errands = errands
        self._rotation = rotation
        self._own_events = own_events
        self._counts = counts
        self._clock = clock
        self._waits = waits

    def take(self, uplink: Uplink, data: bytes) -> None:
        """Take a command of the hub: answer it, or have it applied.

        Raises
        ------
        StoreError
            When the answer cannot be kept; the hub asks again.
        """
        self._counts.commands += 1
        try:
            command = commands.decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            self._counts.commands_unknown += 1
            _log.error("a command that this node does not know is refused")
            self._refuse_unknown(data)
            return
        if self._outbox.answered(command.id):
            self._outbox.answer_again(command.id)
            self._waits()
        elif self._is_refused(uplink, command):
            self.keep(command, Outcome.REFUSED)
        elif isinstance(command, RotateKey):
            self._rotation.begin(uplink, command)
        else:
            self._errands.take(command)

    def step(self) -> None:
        """Answer what was applied meanwhile.

        Raises
        ------
        StoreError
            When an answer cannot be kept; the hub asks again.
        """
        for command, outcome in self._errands.done():
            if outcome is not None:
                self.keep(command, outcome)

    def keep(self, command: AnyCommand, outcome: Outcome) -> None:
        """Put the answer into the outbox; if that fails the hub asks again, and so do we.

        Raises
        ------
        StoreError
            When it cannot be kept.
        """
        self._outbox.answer(command.id, self._own_events.applied(command, outcome), self._clock())
        self._waits()

    def _refuse_unknown(self, data: bytes) -> None:
        """Answer what is no command of the closed list, so that the hub need not wait for it."""
        command = commands.id_of_unknown(data)
        if command is None:
            return
        if self._outbox.answered(command):
            self._outbox.answer_again(command)
        else:
            answer = self._own_events.unknown(command)
            self._outbox.answer(command, answer, self._clock())
        self._waits()

    def _is_refused(self, uplink: Uplink, command: AnyCommand) -> bool:
        """Return whether the command is for another node or room, or came too late."""
        # By the hub's clock, as it told: the node's own may be wrong by years.
        hub_time = uplink.hub_time()
        room = getattr(command, "room", None)
        return (
            command.node != self._node
            or (room is not None and room not in self._rooms)
            or (hub_time is not None and hub_time > command.expires)
        )
