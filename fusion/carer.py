"""Whether a carer is here: buttons, badges, contacts and taps in, until when it holds out.

A carer's presence comes only from a sensor that says so, never from counting people. What stays on
(a badge in reach, a presence button that is lit) holds until it goes off, and a moment longer; what
is on for a moment only (a tap, a push button) says that a carer came, and holds for `TAP_S` or
until the next tap, which says that the carer goes. Pure: time is an argument.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from ambient.observations import SensorKind, SensorSeen
from fusion.chains import SECOND

TAP_S: Final = 600.0
"""So long after one tap a carer is believed to be here; a round in a room takes less."""
MOMENTARY_S: Final = 3.0
"""On for less than this is a tap."""
LEAVES_S: Final = 15.0
"""A carer who has just said to go is still at the door; and a tap within this of the one before is
the same tap."""


class Holder(Struct):
    """One sensor of carers."""

    since: int | None = None
    """On since; None when off."""
    until: int = 0
    """When what it said holds no longer; while it is on it holds anyway."""
    tapped: int | None = None


class Carers(Struct):
    """All sensors of carers of a room; survives a restart."""

    holders: dict[str, Holder] = {}

    def sensor(self, seen: SensorSeen) -> None:
        """Take in a sensor; other kinds than carers are left alone.

        What a broker had kept brings nobody. Of who was here it says that they have left, when is
        not known: from here on nobody is.
        """
        if seen.kind is not SensorKind.CARER:
            return
        if seen.retained:
            kept = self.holders.get(seen.source)
            if not seen.on and kept is not None and kept.since is not None:
                del self.holders[seen.source]
            return
        holder = self.holders.setdefault(seen.source, Holder())
        t = seen.t
        if seen.on:
            if holder.since is None:
                holder.since = t
            return
        if holder.since is None:
            return
        since, holder.since = holder.since, None
        if t - since >= MOMENTARY_S * SECOND:
            holder.until, holder.tapped = t + round(LEAVES_S * SECOND), None
        elif holder.tapped is not None and since - holder.tapped <= LEAVES_S * SECOND:
            return
        elif since < holder.until:
            holder.until, holder.tapped = t + round(LEAVES_S * SECOND), since
        else:
            holder.until, holder.tapped = since + round(TAP_S * SECOND), since

    def keep(self, kinds: Mapping[str, SensorKind]) -> None:
        """Forget what no sensor of carers of the room said; `kinds` are those of its sensors."""
        self.holders = {
            name: one for name, one in self.holders.items() if kinds.get(name) is SensorKind.CARER
        }

    def here(self, t: int) -> bool:
        """Return whether a carer is here at `t`."""
        if not self.holders:
            return False
        return any(one.since is not None or t < one.until for one in self.holders.values())

    def until(self, t: int) -> int | None:
        """Return until when it holds, as far as is known at `t`; None when nobody is here."""
        if not self.here(t):
            return None
        lit = any(one.since is not None for one in self.holders.values())
        return None if lit else max(one.until for one in self.holders.values())
