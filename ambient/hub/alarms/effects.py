"""What the rules want done in the world: a closed list, kept in the log beside what led to it.

Comes in: nothing. Goes out: frozen structs. A channel gives what it is told to give, and answers
with `inputs.Delivered`; that an effect was done is never assumed.
"""

from __future__ import annotations

from msgspec import Struct


class Effect(Struct, frozen=True, kw_only=True, tag_field="effect", forbid_unknown_fields=True):
    """Base of everything that is to be done."""


class Give(Effect, frozen=True, kw_only=True, tag="give"):
    """Give a signal, or give it again; `times` counts."""

    signal: str
    channel: str
    times: int


class Withdraw(Effect, frozen=True, kw_only=True, tag="withdraw"):
    """Take a signal back."""

    signal: str
    channel: str


class TellNode(Effect, frozen=True, kw_only=True, tag="tell_node"):
    """Tell the node of a fall that somebody has seen its alarm."""

    node: str
    chain: str
    who: str


AnyEffect = Give | Withdraw | TellNode
