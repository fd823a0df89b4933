"""Which purposes a room may have, by the consents of everybody who lives there. Pure.

Comes in: the occupants of a room with what each agreed to, what the node stated last, the last
order, and the time. Goes out: which purposes shall be on, where each stands, and what to order. A
sense opens only when every occupant agrees; one who withdraws closes it for all. Falls are watched
unless somebody refuses; everything else is off until consent is recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta, Struct

from ambient.events import Purpose
from ambient.hub.orders import OrderState

NS: Final = 1_000_000_000
AGAIN_S: Final = 600
"""A node that refused, or never answered, is asked again after that long."""
EXPIRES_S: Final = 24 * 3600
"""A node that was away for a day is ordered anew."""


class Capacity(StrEnum):
    """In which capacity somebody decides."""

    RESIDENT = "resident"
    GUARDIAN = "guardian"
    """By law or court, where the resident cannot decide."""
    PROXY = "proxy"
    """By a power of attorney of the resident."""


class Consent(Struct, frozen=True, kw_only=True):
    """That somebody agreed to a purpose, or refused or withdrew it.

    Attributes
    ----------
    by, capacity
        Who decided, as written on the form; and in which capacity.
    until
        Last instant (ns) at which it holds; None without end.
    at, entered_by
        When it was entered (ns), and by which user of the hub.
    """

    purpose: Purpose
    on: bool
    by: Annotated[str, Meta(min_length=1, max_length=200)]
    capacity: Capacity
    at: int
    entered_by: str
    until: int | None = None

    def holds(self, now: int) -> bool:
        """Return whether it still counts at `now` (ns)."""
        return self.until is None or now <= self.until


class Stand(StrEnum):
    """Where a purpose of a room stands."""

    ON = "on"
    OFF = "off"
    ORDERED_ON = "ordered on"
    """The node has not answered yet: nothing is measured until it has."""
    ORDERED_OFF = "ordered off"
    """The node has not answered yet: it may still measure."""
    REFUSED = "refused"
    """The node answered that it does not do this."""
    ASK = "ask again"
    """It was switched off by something that this hub does not know of: a person is to be asked."""


class Told(Struct, frozen=True, kw_only=True):
    """What is known of a purpose of a room.

    Attributes
    ----------
    stated, stated_at
        What the node stated last (``consent.applied``, or the answer to an order), and its time
        (ns); None when nothing.
    ordered
        What was ordered last; None when nothing ever was.
    state, issued
        What became of that order, and when it was given (hub time, ns).
    """

    stated: bool | None = None
    stated_at: int = 0
    ordered: bool | None = None
    state: OrderState | None = None
    issued: int = 0

    def is_on(self, purpose: Purpose) -> bool:
        """Return what the node does, as far as it has said."""
        return by_default(purpose) if self.stated is None else self.stated

    def is_off_since(self, agreed_at: int) -> bool:
        """Return whether it was switched off after `agreed_at` (ns), and not by this hub's order.

        A withdrawal that was entered at the other hub, or after the backup, and was not copied,
        is known from the node alone: what is agreed here is older than it.
        """
        by_order = self.ordered is False and self.state is OrderState.APPLIED
        return self.stated is False and not by_order and agreed_at <= self.stated_at

    def waits_for(self, on: bool) -> bool:
        """Return whether the node was ordered to switch it so, and has not answered."""
        return self.state is OrderState.ORDERED and self.ordered is on


def by_default(purpose: Purpose) -> bool:
    """Return whether a node does this while nobody has said anything."""
    return purpose is Purpose.FALLS


def agreed(consents: Sequence[Consent], purpose: Purpose, now: int) -> bool | None:
    """Return what one resident last said about `purpose`; None when nothing that still holds.

    `consents` stand in the order in which they were entered.
    """
    said = [one for one in consents if one.purpose is purpose]
    return said[-1].on if said and said[-1].holds(now) else None


def wanted(occupants: Iterable[Sequence[Consent]], now: int) -> dict[Purpose, bool]:
    """Return which purposes shall be on in a room whose occupants said these.

    Parameters
    ----------
    occupants
        For each who lives there, what they said.
    """
    said = list(occupants)
    found: dict[Purpose, bool] = {}
    for purpose in Purpose:
        words = [agreed(one, purpose, now) for one in said]
        if by_default(purpose):
            found[purpose] = False not in words
        else:
            found[purpose] = bool(words) and all(words)
    return found


def decided_at(
    occupants: Iterable[tuple[int, Sequence[Consent]]], purpose: Purpose, now: int
) -> int:
    """Return since when (ns) everybody who lives in a room stands by what they said; `now` if none.

    Parameters
    ----------
    occupants
        For each, since when they live there (ns), and what they said. Who said nothing about a
        purpose that needs no consent counts from then.
    """
    said = (
        max((one.at for one in consents if one.purpose is purpose), default=since)
        for since, consents in occupants
    )
    return min(said, default=now)


def stand(want: bool, told: Told, purpose: Purpose, agreed_at: int) -> Stand:
    """Return where `purpose` stands; *on* and *off* only as the node has said."""
    if told.is_on(purpose) is want and told.state is not OrderState.ORDERED:
        return Stand.ON if want else Stand.OFF
    if told.state is OrderState.REFUSED and told.ordered is want:
        return Stand.REFUSED
    if want and told.is_off_since(agreed_at) and not told.waits_for(True):
        return Stand.ASK
    return Stand.ORDERED_ON if want else Stand.ORDERED_OFF


def due(
    want: Mapping[Purpose, bool],
    told: Mapping[Purpose, Told],
    agreed_at: Mapping[Purpose, int],
    now: int,
) -> dict[Purpose, bool]:
    """Return what to order now: each purpose ► on or off.

    What the node switched off after the last word that is known here is not switched on again
    until somebody says so anew; see `decided_at`.
    """
    found: dict[Purpose, bool] = {}
    for purpose, on in want.items():
        known = told.get(purpose, Told())
        if known.waits_for(on) and now < known.issued + EXPIRES_S * NS:
            continue
        # While an order for the opposite is under way, what the node does will change.
        if known.is_on(purpose) is on and not known.waits_for(not on):
            continue
        if on and known.is_off_since(agreed_at[purpose]):
            continue
        asked_lately = now < known.issued + AGAIN_S * NS
        if known.state is OrderState.REFUSED and known.ordered is on and asked_lately:
            continue
        found[purpose] = on
    return found
