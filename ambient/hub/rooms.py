"""What is known about each room, as pure logic: watched, by plan not watched, blind, or silent.

Comes in: `quality.*` events, the privacy orders of a room and how its node is; time is an argument.
Goes out: `RoomState`, what the page shows. A room that is not watched by plan never rings.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import msgspec
from msgspec import Struct

from ambient.events import (
    AnyEvent,
    CommandKind,
    NodeHas,
    QualityDegraded,
    QualityNotWatched,
    QualityRestored,
)
from ambient.hub.alarms.gone import is_gone
from ambient.hub.commissioning import Commissioning, Fault, RoomInstallation
from ambient.hub.orders import Order, OrderState
from ambient.observations import Hearing, View

NS: Final = 1_000_000_000


class RoomStatus(StrEnum):
    """What a carer may rely on in a room, the gravest first."""

    SILENT = "silent"
    """The room's node says nothing: nobody watches, and not by plan."""
    DEGRADED = "degraded"
    """A camera cannot see, and not by plan."""
    NOT_WATCHED = "not_watched"
    PAUSED = "paused"
    OFF = "off"
    UNKNOWN = "unknown"
    """No node has ever spoken for this room."""
    WATCHED = "watched"


class SourceView(Struct, frozen=True, kw_only=True):
    """What one camera can see or one microphone hear, by its newest `quality.*` event.

    With neither given, it is a device that does neither, or one that is not configured any more.
    """

    node: str
    room: str
    source: str
    view: View | None = None
    hearing: Hearing | None = None
    chain: str
    t: int
    position: int
    until: int | None = None

    @property
    def senses(self) -> bool:
        """Whether anything is said of what it sees or hears."""
        return self.view is not None or self.hearing is not None

    @property
    def fine(self) -> bool:
        """Whether it sees or hears as it should."""
        return self.view is View.OK or self.hearing is Hearing.OK


class RoomState(Struct, frozen=True, kw_only=True):
    """One room as the page shows it.

    Attributes
    ----------
    until
        When the present state ends by itself (ns), if it does.
    order
        The privacy order that the node has not answered yet.
    installation, walked, faults
        How far its installation stands, when somebody walked through it last (ns), and which
        cameras undo that now.
    shadow
        Whether what happens to somebody on its floor is only recorded (`alarms.restraint`).
    """

    room: str
    node: str | None
    status: RoomStatus
    since: int | None = None
    until: int | None = None
    sources: list[SourceView] = []
    order: Order | None = None
    installation: RoomInstallation = RoomInstallation.NEVER
    walked: int | None = None
    faults: list[Fault] = []
    shadow: bool = False

    def installed(self, known: Commissioning | None) -> RoomState:
        """Return this state with what is known of the room's installation."""
        if known is None:
            return self
        return msgspec.structs.replace(
            self, installation=known.state, walked=known.walked, faults=known.faults
        )

    @property
    def due(self) -> int | None:
        """The instant (ns) at which this changes without any event; None when it does not."""
        expires = None if self.order is None else self.order.expires
        return min((i for i in (self.until, expires) if i is not None), default=None)


def next_view(latest: SourceView | None, event: AnyEvent) -> SourceView | None:
    """Return the view that `event` states when it is newer than `latest`, else None."""
    if not isinstance(event, QualityDegraded | QualityRestored | QualityNotWatched):
        return None
    if event.room is None:
        return None
    if latest is not None and (event.t, event.position) <= (latest.t, latest.position):
        return None
    if (
        isinstance(event, QualityRestored)
        and latest is not None
        and latest.senses
        and not latest.fine
        and latest.chain != event.chain
    ):
        return None  # it speaks again after a silence, which says nothing about its sight
    return SourceView(
        node=event.node,
        room=event.room,
        source=event.source,
        view=event.view,
        hearing=event.hearing,
        chain=event.chain,
        t=event.t,
        position=event.position,
        until=event.until if isinstance(event, QualityNotWatched) else None,
    )


def without(latest: SourceView, event: NodeHas) -> SourceView | None:
    """Return the view of a device that its node has no more by `event`, None when it has it."""
    older = (latest.t, latest.position) < (event.t, event.position)
    if not older or not latest.senses:
        return None
    if not is_gone(event, latest.node, latest.room, latest.source):
        return None
    return msgspec.structs.replace(latest, view=None, hearing=None, t=event.t, until=None)


def room_state(
    room: str,
    node: str | None,
    *,
    heard: bool,
    silent: bool,
    broken: int | None,
    views: Sequence[SourceView],
    orders: Sequence[Order],
    now: int,
) -> RoomState:
    """Return the state of `room` at `now` (ns).

    Parameters
    ----------
    node
        The node that serves it, None when there is none yet.
    heard, silent
        Whether that node has ever spoken, and whether it says nothing now.
    broken
        Since when (ns) a camera is silent or the node's seeing process has failed, else None.
    views
        The newest state of each of the room's cameras and microphones.
    orders
        Privacy orders (pause and resume) of the room, in any order.
    """
    waiting = _waiting(orders, now)
    # What is gone neither sees nor hears; nor does a wearable that is back after a silence.
    views = [each for each in views if each.senses]
    sources = sorted(views, key=lambda view: view.source)
    if node is None or not heard:
        return RoomState(
            room=room, node=node, status=RoomStatus.UNKNOWN, sources=sources, order=waiting
        )
    if silent:
        return RoomState(
            room=room, node=node, status=RoomStatus.SILENT, sources=sources, order=waiting
        )
    status, since, until = _status(sources, orders, now)
    if broken is not None and status in _MAY_BREAK:
        status, since, until = RoomStatus.DEGRADED, broken, None
    return RoomState(
        room=room,
        node=node,
        status=status,
        since=since,
        until=until,
        sources=sources,
        order=waiting,
    )


def _status(
    devices: Sequence[SourceView], orders: Sequence[Order], now: int
) -> tuple[RoomStatus, int | None, int | None]:
    views = [each for each in devices if each.hearing is None]
    if devices and not views:
        return _heard_only(devices, orders, now)
    blind = [view for view in views if view.view in _BLIND]
    if blind:
        return RoomStatus.DEGRADED, min(view.t for view in blind), None
    pause = _pause(views, orders, now)
    if pause is not None:
        return RoomStatus.PAUSED, *pause
    planned = [view for view in views if view.view in _BY_PLAN]
    if not views:
        return RoomStatus.UNKNOWN, None, None  # no camera has said yet what it sees
    if not planned:
        return RoomStatus.WATCHED, max(view.t for view in views), None
    since = min(view.t for view in planned)
    if len(planned) == len(views) and all(view.view is View.OFF for view in planned):
        return RoomStatus.OFF, since, None
    later = [view.until for view in planned if view.until is not None and view.until > now]
    return RoomStatus.NOT_WATCHED, since, min(later, default=None)


def _heard_only(
    devices: Sequence[SourceView], orders: Sequence[Order], now: int
) -> tuple[RoomStatus, int | None, int | None]:
    """Return the state of a room without a camera: it can be paused, and nobody watches."""
    pause = _pause(devices, orders, now)
    if pause is not None:
        return RoomStatus.PAUSED, *pause
    off = all(each.hearing is Hearing.SWITCHED_OFF for each in devices)
    status = RoomStatus.OFF if off else RoomStatus.NOT_WATCHED
    return status, min(each.t for each in devices), None


def _pause(
    views: Sequence[SourceView], orders: Sequence[Order], now: int
) -> tuple[int, int] | None:
    """Return since when and until when a privacy pause is in force at `now`, else None."""
    paused = [v for v in views if _is_paused(v) and v.until is not None and v.until > now]
    if paused:
        return min(v.t for v in paused), max(v.until or 0 for v in paused)
    answered = [o for o in orders if o.state is OrderState.APPLIED and o.answered is not None]
    last = max(answered, key=lambda order: order.answered or 0, default=None)
    if last is None or last.kind is not CommandKind.PAUSE or last.answered is None:
        return None
    until = last.answered + last.seconds * NS
    # Once a camera says that it sees again, the pause is over whatever the order said.
    over = until <= now or any(not _is_paused(v) and v.t > last.answered for v in views)
    return None if over else (last.answered, until)


def _is_paused(view: SourceView) -> bool:
    return view.view is View.PAUSED or view.hearing is Hearing.PAUSED


def _waiting(orders: Sequence[Order], now: int) -> Order | None:
    open_orders = [o for o in orders if o.state is OrderState.ORDERED and o.expires > now]
    return max(open_orders, key=lambda order: order.issued, default=None)


_MAY_BREAK: Final = (RoomStatus.WATCHED, RoomStatus.NOT_WATCHED, RoomStatus.UNKNOWN)
_BLIND: Final = frozenset(
    {
        View.DARK,
        View.OVER_EXPOSED,
        View.BLURRED,
        View.COVERED,
        View.FROZEN,
        View.MOVED,
        View.GONE,
    }
)
_BY_PLAN: Final = frozenset({View.NOT_WATCHED, View.PAUSED, View.OFF})
