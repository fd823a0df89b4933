"""A kept state that is newer than the node's clock in, the same as of now out.

A node keeps its time over a restart. Where that is lost and the wall clock stands behind, all that
is remembered lies ahead, and would hold up whoever compares it with now until the clock is there
again: beds, calls and wet rooms stayed silent for that long. So every instant is moved by as much
as the clock went back, as if no time had passed. Open chains begin anew, under ids of their own,
which alarms twice rather than never; what was stated of sources goes on, for nobody else could end
it. Pure.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec import Struct

from fusion.views import SourcesState

EARLIEST: Final = 10**17
"""Whole numbers from here on are instants, nanoseconds since 1970; nothing else is as large."""
SLACK: Final = 2 * 10**9
"""A source may be so far ahead of the node, nanoseconds."""


class _Advanced(Struct):
    """Of what is remembered of situations, up to when it was judged."""

    advanced: int = 0


def as_of(state: dict[str, bytes], now: int) -> dict[str, bytes]:
    """Return what a room remembers, of which nothing is newer than `now`.

    Parameters
    ----------
    state
        By what it is of, as a room's judge encodes it.
    now
        The node's time, nanoseconds.

    Raises
    ------
    msgspec.ValidationError, msgspec.DecodeError
        When it cannot be read.
    """
    decode, encode = msgspec.msgpack.decode, msgspec.msgpack.encode
    sources = decode(state["sources"], type=SourcesState) if "sources" in state else None
    newest = sources.now if sources is not None else 0
    if not newest and "situations" in state:
        newest = decode(state["situations"], type=_Advanced).advanced
    by = newest - now
    if by <= SLACK:
        return state
    moved = {name: encode(_moved(decode(data), by)) for name, data in state.items()}
    if sources is not None:
        sources.now, sources.told = now, None
        for source in sources.views.sources:
            source.last = None
        moved["sources"] = encode(sources)
    return moved


def _moved(value: Any, by: int) -> Any:
    if isinstance(value, dict):
        return {_moved(key, by): _of_field(key, each, by) for key, each in value.items()}
    if isinstance(value, list):
        return [_moved(each, by) for each in value]
    if isinstance(value, int) and value >= EARLIEST:
        return value - by
    return value


def _of_field(name: Any, value: Any, by: int) -> Any:
    match name, value:
        case "chains", list():
            return []
        case "chains", dict():
            return {**value, "open": []}
        case (("chain" | "hour_began"), _):
            return None  # whose chain begins anew, and an hour that would not begin with the hour
        case "since", dict():
            return {}  # a cord that is on must ring when it is pulled again
        case _:
            return _moved(value, by)
