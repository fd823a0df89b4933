"""The rows of the hub's database, apart from events and alarms, which are in `turn`.

Comes in: a database within a transaction. Goes out: rows. No function here commits or reads a
clock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeVar

import msgspec
import sqlite_utils

from ambient import commands, events
from ambient.commands import AnyCommand, Erase, SetCare
from ambient.errors import UsageError
from ambient.events import CommandApplied, CommandKind, Event
from ambient.hub import orders
from ambient.hub.commissioning import Commissioning
from ambient.hub.orders import Order, OrderState
from ambient.hub.people import vault
from ambient.hub.rooms import SourceView

Kind = TypeVar("Kind", Order, SourceView, Commissioning)
Told = TypeVar("Told", bound=Event)
NS: Final = 1_000_000_000

AMONG: Final = "IN (SELECT value FROM json_each(?))"
"""One statement for lists of every length (`listed`): a connection keeps a hundred statements, and
one with as many marks as values would be another each time."""


class UnknownRoomError(UsageError):
    """No node has ever spoken for this room."""


def listed(values: Iterable[str]) -> str:
    """Return what `AMONG` takes."""
    return msgspec.json.encode(list(values)).decode()


def installation(db: sqlite_utils.Database, room: str) -> Commissioning | None:
    """Return how the installation of a room stands, nothing when nothing was told of it."""
    row = db.execute("SELECT body FROM commissioning WHERE room = ?", (room,)).fetchone()
    return None if row is None else decode(row[0], Commissioning)


def events_in(found: Iterable[Sequence[str]], kind: type[Told]) -> list[Told]:
    """Return the events of `kind` whose bodies are the first column of `found`."""
    told = (events.decode(row[0].encode()) for row in found)
    return [event for event in told if isinstance(event, kind)]


def answered(db: sqlite_utils.Database, event: CommandApplied) -> bool:
    """Keep what a node did with a command; return whether that is news."""
    row = db.execute(
        "SELECT body FROM commands WHERE id = ? AND node = ?", (event.command, event.node)
    ).fetchone()
    order = None if row is None else orders.on_answer(decode(row[0], Order), event)
    if order is None:
        return False
    keep_order(db, order)
    return True


def insert_order(db: sqlite_utils.Database, command: AnyCommand, who: str) -> Order:
    """Insert `command` as ordered by `who`; sealed, where it tells of a resident."""
    order = orders.order_of(command, who)
    db.execute(
        "INSERT INTO commands (id, node, room, kind, state, issued, expires, body, command) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, sealed(?, ?))",
        (
            order.id,
            order.node,
            order.room,
            order.kind.value,
            order.state.value,
            order.issued,
            order.expires,
            encode(order),
            vault.HOUSE if isinstance(command, Erase | SetCare) else None,
            commands.encode(command).decode(),
        ),
    )
    return order


def keep_order(db: sqlite_utils.Database, order: Order) -> None:
    """Keep what became of a command."""
    db.execute(
        "UPDATE commands SET state = ?, body = ? WHERE id = ?",
        (order.state.value, encode(order), order.id),
    )
    if order.kind is CommandKind.ERASE and order.state is OrderState.APPLIED:
        # Whom the node was asked to forget, the hub forgets too.
        db.execute("UPDATE commands SET command = '' WHERE id = ?", (order.id,))


def pending(db: sqlite_utils.Database, now: int) -> Mapping[str, Sequence[AnyCommand]]:
    """Return node ► the commands that it has not answered and may still apply at `now` (ns).

    The oldest first; of a node without any there is an empty list.
    """
    found = db.execute(
        "SELECT node, opened(command) FROM commands WHERE state = ? AND expires > ? "
        "ORDER BY node, issued",
        (OrderState.ORDERED.value, now),
    ).fetchall()
    by_node: defaultdict[str, list[AnyCommand]] = defaultdict(list)
    for node, command in found:
        by_node[node].append(commands.decode(command.encode()))
    return by_node


def overdue(db: sqlite_utils.Database, now: int) -> list[Order]:
    """Return the orders that no node answered before they expired, by `now` (ns)."""
    found = db.execute(
        "SELECT body FROM commands WHERE state = ? AND expires <= ?",
        (OrderState.ORDERED.value, now),
    ).fetchall()
    return [decode(row[0], Order) for row in found]


def node_of(db: sqlite_utils.Database, room: str) -> str:
    """Return the node that serves `room`.

    Raises
    ------
    UnknownRoomError
        When none is enrolled with it and none ever spoke for it.
    """
    node = serving(db, room)
    if node is None:
        raise UnknownRoomError(
            f"room: expected one that a room computer serves, got {room[:40]!r}; enrol its node"
        )
    return node


def serving(db: sqlite_utils.Database, room: str) -> str | None:
    """Return the node that serves `room`, nothing when none does."""
    # The room of a node that was enrolled just now may be paused before anything happened there.
    row = db.execute(
        "SELECT node FROM enrolled_rooms WHERE room = ?1 "
        "UNION ALL SELECT node FROM rooms WHERE room = ?1 LIMIT 1",
        (room,),
    ).fetchone()
    return None if row is None else str(row[0])


def bump(db: sqlite_utils.Database) -> None:
    """Count a visible change."""
    db.execute("UPDATE sequence SET value = value + 1")


def encode(value: Order | SourceView | Commissioning) -> str:
    """Return what a body column holds."""
    return msgspec.json.encode(value).decode()


def decode(body: str, kind: type[Kind]) -> Kind:
    """Return what a body column holds."""
    return msgspec.json.decode(body, type=kind)
