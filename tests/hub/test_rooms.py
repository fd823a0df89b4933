"""What a carer may rely on in a room, by tables of what is known and when it is asked."""

from __future__ import annotations

import msgspec
import pytest

from ambient import events
from ambient.commands import Acknowledged, Pause, Resume
from ambient.events import AnyEvent, CommandApplied, CommandKind, Outcome
from ambient.hub import orders
from ambient.hub.orders import Order, OrderState
from ambient.hub.rooms import RoomStatus, SourceView, next_view, room_state
from ambient.observations import View
from tests.hub.kit import NS, event, view

CHAIN = "00000000-0000-8000-8000-000000000000"


def seen(what: View, t: float = 10, source: str = "c1", until: float | None = None) -> SourceView:
    return SourceView(
        node="n-1",
        room="r1",
        source=source,
        view=what,
        chain=CHAIN,
        t=round(t * NS),
        position=0,
        until=None if until is None else round(until * NS),
    )


def ordered(kind: CommandKind, issued: float, answered: float | None = None) -> Order:
    return Order(
        id=CHAIN,
        node="n-1",
        room="r1",
        kind=kind,
        issued=round(issued * NS),
        expires=round((issued + 120) * NS),
        seconds=600 if kind is CommandKind.PAUSE else 0,
        state=OrderState.ORDERED if answered is None else OrderState.APPLIED,
        answered=None if answered is None else round(answered * NS),
    )


PAUSE, RESUME = CommandKind.PAUSE, CommandKind.RESUME
STATES = [
    # views, orders, asked at (s), status, until (s)
    ([], [], 100, RoomStatus.UNKNOWN, None),
    ([seen(View.OK)], [], 100, RoomStatus.WATCHED, None),
    ([seen(View.DARK)], [], 100, RoomStatus.DEGRADED, None),
    ([seen(View.OK), seen(View.COVERED, source="c2")], [], 100, RoomStatus.DEGRADED, None),
    ([seen(View.NOT_WATCHED)], [], 100, RoomStatus.NOT_WATCHED, None),
    ([seen(View.NOT_WATCHED, until=500)], [], 100, RoomStatus.NOT_WATCHED, 500),
    ([seen(View.NOT_WATCHED, until=50)], [], 100, RoomStatus.NOT_WATCHED, None),
    ([seen(View.OFF)], [], 100, RoomStatus.OFF, None),
    ([seen(View.OFF), seen(View.OK, source="c2")], [], 100, RoomStatus.NOT_WATCHED, None),
    ([seen(View.PAUSED, until=900)], [], 100, RoomStatus.PAUSED, 900),
    ([seen(View.PAUSED, until=900)], [], 900, RoomStatus.NOT_WATCHED, None),
    # what the node answered counts before its cameras have said so, and ends by itself
    ([seen(View.OK)], [ordered(PAUSE, 20)], 100, RoomStatus.WATCHED, None),
    ([seen(View.OK)], [ordered(PAUSE, 20, 25)], 100, RoomStatus.PAUSED, 625),
    ([seen(View.OK)], [ordered(PAUSE, 20, 25)], 625, RoomStatus.WATCHED, None),
    ([], [ordered(PAUSE, 20, 25), ordered(RESUME, 40, 45)], 100, RoomStatus.UNKNOWN, None),
    ([], [ordered(RESUME, 10, 15), ordered(PAUSE, 20, 25)], 100, RoomStatus.PAUSED, 625),
    # a camera that sees again ends it, whatever the order said
    ([seen(View.OK, 60)], [ordered(PAUSE, 20, 25)], 100, RoomStatus.WATCHED, None),
]


@pytest.mark.parametrize(("views", "privacy", "at", "status", "until"), STATES)
def test_room_state(
    views: list[SourceView], privacy: list[Order], at: int, status: RoomStatus, until: int | None
) -> None:
    state = room_state(
        "r1",
        "n-1",
        heard=True,
        silent=False,
        broken=None,
        views=views,
        orders=privacy,
        now=at * NS,
    )
    assert state.status is status
    assert state.until == (None if until is None else until * NS)


@pytest.mark.parametrize(
    ("node", "heard", "silent", "broken", "status"),
    [
        (None, False, False, None, RoomStatus.UNKNOWN),
        ("n-1", False, False, None, RoomStatus.UNKNOWN),
        ("n-1", True, True, None, RoomStatus.SILENT),
        ("n-1", True, False, 5, RoomStatus.DEGRADED),
        ("n-1", True, False, None, RoomStatus.UNKNOWN),
    ],
)
def test_a_room_nobody_watches_never_looks_watched(
    node: str | None, heard: bool, silent: bool, broken: int | None, status: RoomStatus
) -> None:
    state = room_state(
        "r1", node, heard=heard, silent=silent, broken=broken, views=[], orders=[], now=100 * NS
    )
    assert state.status is status


def test_an_order_is_shown_until_answered_or_expired() -> None:
    def at(seconds: int, privacy: Order) -> Order | None:
        return room_state(
            "r1",
            "n-1",
            heard=True,
            silent=False,
            broken=None,
            views=[],
            orders=[privacy],
            now=seconds * NS,
        ).order

    waiting = ordered(PAUSE, 20)
    assert at(30, waiting) == waiting
    assert at(140, waiting) is None
    assert at(30, ordered(PAUSE, 20, 25)) is None


DARK = view(events.QualityDegraded, 10, View.DARK)


@pytest.mark.parametrize(
    ("late", "wanted"),
    [
        (view(events.QualityRestored, 20, View.OK, began=10), View.OK),
        (view(events.QualityRestored, 5, View.OK, began=10), None),
        (view(events.QualityRestored, 20, View.OK, began=15), None),
        (view(events.QualityDegraded, 20, View.COVERED, began=10), View.COVERED),
        (view(events.QualityNotWatched, 20, View.PAUSED, began=10, until=NS), View.PAUSED),
        (event(events.NodeStarted, 20, room=None), None),
        (DARK, None),
    ],
)
def test_only_newer_statements_change_a_view(late: AnyEvent, wanted: View | None) -> None:
    first = next_view(None, DARK)
    assert first is not None
    after = next_view(first, late)
    assert (None if after is None else after.view) == wanted


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Outcome.APPLIED, OrderState.APPLIED),
        (Outcome.ALREADY, OrderState.APPLIED),
        (Outcome.REFUSED, OrderState.REFUSED),
    ],
)
def test_an_answer_is_taken_once(outcome: Outcome, state: OrderState) -> None:
    command = Pause(id=CHAIN, node="n-1", issued=NS, expires=121 * NS, room="r1", seconds=600)
    order = orders.order_of(command, "anna")
    assert (order.kind, order.room, order.seconds) == (PAUSE, "r1", 600)
    assert orders.is_pending(order, 100 * NS)
    assert not orders.is_pending(order, 121 * NS)
    answer = event(CommandApplied, 5, command=CHAIN, command_kind=PAUSE, outcome=outcome)
    answered = orders.on_answer(order, answer)
    assert answered is not None
    assert (answered.state, answered.answered) == (state, 5 * NS)
    assert orders.on_answer(answered, answer) is None
    late = msgspec.structs.replace(order, state=OrderState.EXPIRED)
    assert orders.on_answer(late, answer) is not None


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        (Resume(id=CHAIN, node="n-1", issued=1, expires=2, room="r1"), RESUME),
        (
            Acknowledged(id=CHAIN, node="n-1", issued=1, expires=2, chain=CHAIN),
            CommandKind.ACKNOWLEDGED,
        ),
    ],
)
def test_orders_of_other_commands(command: Resume | Acknowledged, kind: CommandKind) -> None:
    order = orders.order_of(command, None)
    assert (order.kind, order.seconds, order.by) == (kind, 0, None)
