"""Whether a room is commissioned, as pure logic over what its node said of its installation.

Comes in: `node.commissioned`, `node.wizard` and `quality.*` events in whatever order they arrive.
Goes out: `Commissioning`, one row a room. A walk that covered everything commissions the room; a
camera that was turned afterwards, or another machine in the node's place, ends that until the next
walk, since the zones no longer fit; a camera that is dark or covered ends it for as long as that
lasts. That nothing is said changes nothing.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec
from msgspec import Struct

from ambient.events import (
    AnyEvent,
    NodeCommissioned,
    NodeHas,
    NodeWizard,
    Quality,
    QualityDegraded,
    QualityNotWatched,
    QualityRestored,
    StationResult,
    WizardAct,
)
from ambient.hub.alarms.gone import is_gone
from ambient.observations import View


class RoomInstallation(StrEnum):
    """How far the installation of a room stands."""

    NEVER = "never"
    """Nobody has walked through it."""
    COMMISSIONED = "commissioned"
    IN_PART = "in_part"
    """Somebody walked through it, and not every station is covered."""
    MOVED = "moved"
    """A camera was turned since: walk again."""
    REPLACED = "replaced"
    """Another machine serves it since: walk again, the short walk is enough."""
    BLIND = "blind"
    """A camera is dark or covered: the room is commissioned again once that is over."""


class Fault(Struct, frozen=True, kw_only=True):
    """What a camera of the room said last of what undoes an installation.

    Attributes
    ----------
    source, view
        Which camera, and what it sees.
    t, chain
        When, in the node's time (ns), and in which chain of events.
    """

    source: str
    view: View
    t: int
    chain: str


class Commissioning(Struct, frozen=True, kw_only=True):
    """The installation of one room.

    Attributes
    ----------
    room, node
        Which room, and which node spoke for it last.
    walked
        When the last walk ended (ns); None before the first.
    complete, short, results, certificate
        What that walk gave.
    replaced
        When a machine took the place of another (ns), if it ever did.
    moved
        When each camera was turned last.
    blind
        What each camera said last of being dark or covered, `View.OK` when that is over.
    """

    room: str
    node: str
    walked: int | None = None
    complete: bool = False
    short: bool = False
    results: list[StationResult] = []
    certificate: str | None = None
    replaced: int | None = None
    moved: list[Fault] = []
    blind: list[Fault] = []

    @property
    def faults(self) -> list[Fault]:
        """The cameras on whose account the room is not commissioned now, the gravest first."""
        since = self.walked or 0
        return [
            *(fault for fault in self.moved if fault.t > since),
            *(fault for fault in self.blind if fault.view is not View.OK),
        ]

    @property
    def since(self) -> int | None:
        """When that state began (the node's time, ns); None before the first walk."""
        faults = [fault.t for fault in self.faults]
        match self.state:
            case RoomInstallation.NEVER:
                return None
            case RoomInstallation.REPLACED:
                return self.replaced
            case RoomInstallation.MOVED | RoomInstallation.BLIND:
                return min(faults)
        return self.walked

    @property
    def state(self) -> RoomInstallation:
        """How far the installation stands."""
        if self.walked is None:
            return RoomInstallation.NEVER
        faults = self.faults
        if any(fault.view is View.MOVED for fault in faults):
            return RoomInstallation.MOVED
        if self.replaced is not None and self.replaced > self.walked:
            return RoomInstallation.REPLACED
        if faults:
            return RoomInstallation.BLIND
        return RoomInstallation.COMMISSIONED if self.complete else RoomInstallation.IN_PART


_BLIND: Final = frozenset({View.DARK, View.COVERED})


def room_of(event: AnyEvent) -> str | None:
    """Return the room whose installation `event` may change."""
    return event.of_room if isinstance(event, NodeHas) else event.room


def next_commissioning(before: Commissioning | None, event: AnyEvent) -> Commissioning | None:
    """Return what `event` makes of the installation of its room, None when nothing.

    Parameters
    ----------
    before
        Of the event's room; None before anything was said of it.
    """
    room = room_of(event)
    if room is None:
        return None
    known = before or Commissioning(room=room, node=event.node)
    match event:
        case NodeCommissioned():
            after = _walked(known, event)
        case NodeWizard(act=WizardAct.REPLACED):
            after = msgspec.structs.replace(known, replaced=max(event.t, known.replaced or 0))
        case QualityDegraded(view=View.MOVED):
            after = msgspec.structs.replace(known, moved=_newest(known.moved, event, View.MOVED))
        case QualityDegraded() | QualityRestored() | QualityNotWatched() if event.view is not None:
            # By plan nobody watches: that is over whatever was before, and no fault itself.
            view = event.view if event.view in _BLIND else View.OK
            if isinstance(event, QualityNotWatched):
                view = View.OK
            after = msgspec.structs.replace(known, blind=_newest(known.blind, event, view))
        case QualityRestored(hearing=None) if _is_at_fault(known, event):
            # Without a view: the camera is not configured any more, no walk could mend that.
            after = msgspec.structs.replace(known, blind=_newest(known.blind, event, View.OK))
        case NodeHas() if known.node == event.node:  # it may name any room
            after = msgspec.structs.replace(known, blind=[_seen(one, event) for one in known.blind])
        case _:
            return None
    after = msgspec.structs.replace(after, node=event.node)
    return None if after == before else after


def _seen(fault: Fault, event: NodeHas) -> Fault:
    """Return a fault as over when its camera is not configured any more by `event`."""
    if fault.t >= event.t or not is_gone(event, event.node, event.of_room, fault.source):
        return fault
    return msgspec.structs.replace(fault, view=View.OK, t=event.t)


def _is_at_fault(known: Commissioning, event: QualityRestored) -> bool:
    return any(fault.source == event.source for fault in known.blind)


def handed_over(known: Commissioning, node: str, now: int) -> Commissioning:
    """Return an installation whose room another key speaks for since `now` (ns, hub's time).

    Whether it is another machine nobody here can know: until somebody walks again, it is one, also
    where the hub's clock is behind that of the node which was walked.
    """
    replaced = max(now, known.replaced or 0, (known.walked or 0) + 1)
    return msgspec.structs.replace(known, node=node, replaced=replaced)


def _walked(known: Commissioning, event: NodeCommissioned) -> Commissioning:
    """Take in a walk; one that comes late, behind a newer one, changes nothing."""
    if known.walked is not None and event.t <= known.walked:
        return known
    return msgspec.structs.replace(
        known,
        walked=event.t,
        complete=event.complete,
        short=event.short,
        results=event.walked,
        certificate=event.certificate,
    )


def _newest(faults: list[Fault], event: Quality, view: View) -> list[Fault]:
    """Return `faults` with what `event` says in place of what the same camera said before it."""
    before = next((one for one in faults if one.source == event.source), None)
    if before is None and view is View.OK:
        return faults
    if before is not None and before.t >= event.t:
        return faults
    if (
        before is not None
        and isinstance(event, QualityRestored)
        and before.view is not View.OK
        and before.chain != event.chain
    ):
        return faults  # it speaks again after a silence, which says nothing about its sight
    new = Fault(source=event.source, view=view, t=event.t, chain=event.chain)
    kept = [one for one in faults if one.source != event.source]
    return sorted([*kept, new], key=lambda fault: fault.source)
