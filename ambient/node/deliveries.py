"""The batch on its way to the hub, and what the agent counts of its work.

Goes in and out of `ambient.node.agent` alone; nothing of it outlives the process.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class AgentCounts:
    """What the agent counted since its start."""

    rows_sent: int = 0
    rows_acknowledged: int = 0
    rows_refused: int = 0
    rows_unfit: int = 0
    """Rows of the outbox that are no event of the closed list; they never leave."""
    batches_repeated: int = 0
    commands: int = 0
    commands_unknown: int = 0


@dataclass(frozen=True)
class InFlight:
    """The batch that waits for its answer."""

    number: int
    ids: dict[int, str]
    """Row number ► event id."""
    sent: float
    """When, by a steady clock (s)."""


@dataclass(frozen=True)
class Lacking:
    """What a hub lacks of what a hub acknowledged.

    Attributes
    ----------
    since
        The instant (ns, the hub's clock); 0 when it lacks nothing.
    term
        In which the hub serves that says so: another one lacks something else.
    """

    since: int = 0
    term: int = 0
