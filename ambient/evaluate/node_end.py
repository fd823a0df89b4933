"""A node's end of the link without senses: its real outbox and agent, in a thread.

Comes in: a node's configuration, and rows that somebody commits to its outbox. Goes out: what the
agent says of the link. What measures the hub fills the outbox in its own way, in `turn`.
"""

from __future__ import annotations

import threading
from typing import Final

from ambient.config import NodeConfig
from ambient.events import Outcome
from ambient.node.agent import Agent
from ambient.node.outbox import Outbox
from ambient.node.place import NodePlace

MOST_ROWS: Final = 5_000_000
"""No outbox of a measurement gives up rows for want of room."""
STEP_S: Final = 0.02


class NodeEnd(threading.Thread):
    """One node that answers every command with *applied*.

    Parameters
    ----------
    config
        Of the node, which is enrolled.
    key
        Of its ids.
    """

    def __init__(self, config: NodeConfig, key: str) -> None:
        super().__init__(name=config.node, daemon=True)
        self.config = config
        self.key = key
        self.place = NodePlace(config.state_dir)
        self._ended = threading.Event()

    def stop(self) -> None:
        """End it; what waits stays in the outbox."""
        self._ended.set()
        if self.is_alive():
            self.join()

    def run(self) -> None:
        """Bring to a hub what is in the outbox, until stopped."""
        with (
            Outbox(self.place.outbox, max_rows=MOST_ROWS) as filled,
            Outbox(self.place.outbox, max_rows=MOST_ROWS) as sent,
        ):
            agent = Agent(
                self.config, sent, identity=self.key, handler=lambda _command: Outcome.APPLIED
            )
            try:
                while not self._ended.is_set():
                    self.turn(agent, filled)
            finally:
                agent.close()

    def turn(self, agent: Agent, filled: Outbox) -> None:
        """Do one round; the agent's step is part of it."""
        agent.step(STEP_S)
