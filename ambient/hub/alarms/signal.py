"""A signal: how a condition is shown to somebody, and what became of it.

Comes in: nothing. Goes out: frozen types. A condition has none, one or many signals; that a signal
fails, is shown or is taken back never changes what is wrong. A signal that a far side gives is
*delegated* (IEEE 11073-10207): while that side confirms it the signals on site are quiet, and when
it falls silent they return.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from ambient.hub.alarms.condition import Priority, SnoozeReason
from ambient.hub.alarms.kinds import CALLS, AlarmKind

PAGE = "page"
"""The channel of the hub's own pages; always there."""
SIREN = "siren"
"""The channel of last resort on site; always there."""
EVERYBODY = "everybody"
"""Whoever sees it."""


class Delivery(StrEnum):
    """What a channel says of a signal."""

    DELIVERED = "delivered"
    """It reached the recipient's device."""
    SHOWN = "shown"
    """The device showed or sounded it."""
    FAILED = "failed"
    """It could not be delivered, as far as is known now."""
    TAKEN = "taken"
    """A far side gives it until a stated time, and says so again before."""


class Signal(Struct, frozen=True, kw_only=True):
    """One way in which one condition is shown to one recipient; times in hub time (ns).

    Attributes
    ----------
    id
        The condition's id and a number.
    step
        Of the escalation that made it.
    remote
        Given by a far side, not on site.
    sent, times
        When it was given to its channel last, and how often.
    answered
        Whether the channel has said anything since it was sent last.
    failed
        When it last failed; None once it was delivered after that.
    acknowledged
        When its recipient acknowledged the condition.
    withdrawn
        When it was taken back: somebody sees to the condition, or it is over.
    instead
        Whether it is given because the siren could not be reached.
    """

    id: str
    condition: str
    step: int
    recipient: str
    channel: str
    priority: Priority
    sent: int
    times: int = 1
    remote: bool = False
    answered: bool = False
    delivered: int | None = None
    shown: int | None = None
    failed: int | None = None
    acknowledged: int | None = None
    withdrawn: int | None = None
    instead: bool = False

    @property
    def number(self) -> int:
        """The number in its id."""
        return int(self.id.rsplit(":", 1)[1])

    @property
    def reaches(self) -> bool:
        """Whether it has reached its recipient, or may still do so."""
        return self.failed is None and self.withdrawn is None

    @property
    def due(self) -> bool:
        """Whether its channel has still to send it, or to say what became of it."""
        return not self.answered and self.withdrawn is None


class Snooze(Struct, frozen=True, kw_only=True):
    """Signals of a room and kind are withheld for a time; conditions are kept and shown.

    Attributes
    ----------
    room, kind
        None stands for every one.
    since, until
        Hub time (ns).
    by
        Its owner; when they sign off it ends.
    """

    id: str
    room: str | None
    kind: AlarmKind | None
    since: int
    until: int
    by: str
    reason: SnoozeReason

    def covers(self, room: str | None, kind: AlarmKind) -> bool:
        """Return whether a condition of `kind` in `room` is snoozed by this."""
        return self.room in (None, room) and self.kind in (None, kind)


LONGEST_SNOOZE_S = 4 * 3600
LONGEST_SNOOZE_OF_CALLS_S = 30 * 60
"""While calls are snoozed, nobody is told of a person on the floor."""
LONGEST_PAUSE_S = 120
"""IEC 60601-1-8 leaves the time of an audio pause to the maker; two minutes are usual."""


def longest_snooze_s(kind: AlarmKind | None) -> int:
    """Return for how long (s) a snooze of `kind` may last."""
    return LONGEST_SNOOZE_OF_CALLS_S if kind is None or kind in CALLS else LONGEST_SNOOZE_S
