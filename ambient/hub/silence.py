"""Which nodes have said nothing for too long, as pure logic.

Comes in: that a node was heard at an instant of the hub's monotonic clock, so that a stepped wall
clock raises no false alarm. Goes out: the nodes that are newly silent, and those that speak again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

NS: Final = 1_000_000_000
BEHIND_S: Final = 120.0
"""However much the link has to take: who was not heard for this long beyond its limit is silent."""


class Silence:
    """Nodes and when they were last heard.

    Parameters
    ----------
    limit_s
        A node that says nothing for longer than this is silent.
    silent
        Nodes whose silence is known already, from before a restart.
    """

    def __init__(self, limit_s: float, silent: Iterable[str] = ()) -> None:
        self._limit = int(limit_s * NS)
        self._heard: dict[str, int] = {}
        self._silent: set[str] = set(silent)

    def expect(self, nodes: Iterable[str], at: int) -> None:
        """Await exactly `nodes`: new ones count from `at` (ns) on, those gone are forgotten."""
        wanted = set(nodes)
        for node in wanted - self._heard.keys():
            self._heard[node] = at
        for node in self._heard.keys() - wanted:
            del self._heard[node]
            self._silent.discard(node)

    def heard(self, node: str, at: int) -> bool:
        """Take in that `node` spoke at `at` (ns); return whether it had been silent."""
        self._heard[node] = max(at, self._heard.get(node, at))
        if node in self._silent:
            self._silent.discard(node)
            return True
        return False

    def is_silent(self, node: str) -> bool:
        """Return whether `node` counts as silent."""
        return node in self._silent

    def last(self, node: str) -> int | None:
        """Return when `node` was last heard or first awaited (ns), None when it is unknown."""
        return self._heard.get(node)

    def check(self, now: int) -> list[tuple[str, int]]:
        """Return the nodes that became silent by `now` (ns), each with when it was last heard.

        Each is returned once until it speaks again; `undo` asks for it again.
        """
        new = [
            (node, last)
            for node, last in sorted(self._heard.items())
            if node not in self._silent and now - last > self._limit
        ]
        self._silent.update(node for node, _ in new)
        return new

    def undo(self, node: str) -> None:
        """Let `node` count as not silent: that it is could not be stored, and is tried again."""
        self._silent.discard(node)
