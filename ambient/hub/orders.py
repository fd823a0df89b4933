"""What the hub asked of nodes: a command is *ordered* until the node's answer says what became.

Comes in: a decision of a carer or administrator, later the node's `command.applied`. Goes out: an
`Order` with its state, and the command itself for the link. Pure; `ambient.hub.store` keeps them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec
from msgspec import Struct

from ambient import commands
from ambient.commands import AnyCommand, OpenWizard, Pause, Resume
from ambient.events import CommandApplied, CommandKind, Outcome

NS: Final = 1_000_000_000
PRIVACY_EXPIRES_S: Final = 120
"""A pause that could not be delivered within two minutes must not surprise anybody later."""
ACKNOWLEDGED_EXPIRES_S: Final = 24 * 3600
ROTATE_EXPIRES_S: Final = 24 * 3600
WIZARD_EXPIRES_S: Final = 120
"""A wizard that opens when nobody waits for it any more helps nobody."""


class OrderState(StrEnum):
    """What became of a command."""

    ORDERED = "ordered"
    APPLIED = "applied"
    REFUSED = "refused"
    EXPIRED = "expired"


class Order(Struct, frozen=True, kw_only=True):
    """One command and what became of it.

    Attributes
    ----------
    seconds
        Length of a privacy pause; 0 for other kinds.
    answered
        Event time (ns) of the node's answer.
    by
        Who ordered it; nothing when the hub did.
    """

    id: str
    node: str
    kind: CommandKind
    issued: int
    expires: int
    room: str | None = None
    seconds: int = 0
    by: str | None = None
    state: OrderState = OrderState.ORDERED
    answered: int | None = None


def order_of(command: AnyCommand, by: str | None) -> Order:
    """Return the order that `command` starts."""
    return Order(
        id=command.id,
        node=command.node,
        kind=commands.kind_of(command),
        issued=command.issued,
        expires=command.expires,
        room=command.room if isinstance(command, Pause | Resume | OpenWizard) else None,
        seconds=command.seconds if isinstance(command, Pause) else 0,
        by=by,
    )


def on_answer(order: Order, event: CommandApplied) -> Order | None:
    """Return `order` as the node answered it; None when it was answered before."""
    if order.state not in (OrderState.ORDERED, OrderState.EXPIRED):
        return None
    refused = event.outcome is Outcome.REFUSED
    return msgspec.structs.replace(
        order,
        state=OrderState.REFUSED if refused else OrderState.APPLIED,
        answered=event.t,
    )


def is_pending(order: Order, now: int) -> bool:
    """Return whether the command must still be sent at `now` (ns)."""
    return order.state is OrderState.ORDERED and order.expires > now
