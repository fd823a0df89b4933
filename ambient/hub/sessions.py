"""The connections of nodes that said hello.

Comes in: nothing. Goes out: the record that `intake` keeps by route; times of a steady clock (s).
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Session:
    """One connection that said hello."""

    key: str
    node: str
    heard: float
    sent: dict[str, float] = field(default_factory=dict)
    """Command id ► when it was sent last."""
    stored: bytes = b""
    """What `batches.mark` says of the last batch of it that was stored whole."""
