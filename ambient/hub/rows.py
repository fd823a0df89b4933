"""The rows of the hub's database: each function runs inside a transaction of `Store`.

Comes in: a database within a transaction, events and inputs. Goes out: rows; what concerns alarms
goes to the pure rules through `ledger`. No function here commits or reads a clock.
"""

from __future__ import annotations

from typing import Final, TypeVar

import msgspec
import sqlite_utils

from ambient import commands, events
from ambient.commands import Acknowledged, AnyCommand, Erase
from ambient.errors import UsageError
from ambient.events import (
    AnyEvent,
    CommandApplied,
    CommandKind,
    Event,
    NodeStarted,
    NodeStopped,
    NodeWorkerFailed,
)
from ambient.hub import commissioning, ledger, orders, rooms
from ambient.hub.alarms import kinds
from ambient.hub.alarms.effects import TellNode
from ambient.hub.alarms.inputs import AnyInput, Heard, NodeSpeaks
from ambient.hub.commissioning import Commissioning
from ambient.hub.orders import Order, OrderState
from ambient.hub.people import vault
from ambient.hub.rooms import SourceView

Kind = TypeVar("Kind", Order, SourceView, Commissioning)
NS: Final = 1_000_000_000


class UnknownRoomError(UsageError):
    """No node has ever spoken for this room."""


def insert_event(db: sqlite_utils.Database, node: str, event: AnyEvent, received: int) -> bool:
    """Insert `event` of `node`; return False when its id is known already."""
    row = (
        event.id,
        events.kind_of(event),
        node,
        event.room,
        event.chain,
        event.position,
        event.t,
        received,
        event.subject,
        events.encode(event).decode(),
    )
    if event.subject is not None:
        vault.enter(db, event.subject)
    done = db.execute(
        "INSERT INTO events (id, kind, node, room, chain, position, t, received, body) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, sealed(?, ?)) ON CONFLICT (id) DO NOTHING",
        row,
    )
    return bool(done.rowcount == 1)


def follow(db: sqlite_utils.Database, event: AnyEvent, received: int) -> bool:
    """Do what a new event asks for; return whether anything visible changed."""
    changed = False
    if event.room is not None:
        known = db.execute("SELECT node FROM rooms WHERE room = ?", (event.room,)).fetchone()
        if known is None or known[0] != event.node:
            db.execute("INSERT OR REPLACE INTO rooms VALUES (?, ?)", (event.room, event.node))
            changed = True
    if isinstance(event, NodeStarted | NodeStopped):
        stopped = isinstance(event, NodeStopped)
        db.execute("UPDATE nodes SET stopped = ? WHERE node = ?", (stopped, event.node))
    if isinstance(event, CommandApplied):
        changed |= _answered(db, event)
    changed |= _viewed(db, event)
    changed |= _installed(db, event)
    opened = kinds.opens(event)
    if opened is not None or any(is_open(db, key) for key in kinds.may_end(event)):
        late = opened is not None and not kinds.is_chained(opened)
        heard = Heard(event=event, over=_over(db, event) if late else None)
        changed |= decide(db, heard, received)
    return changed


def decide(db: sqlite_utils.Database, given: AnyInput, now: int) -> bool:
    """Take in an input of the alarms at `now` (ns); return whether anything visible changed.

    Raises
    ------
    UsageError
        When a person asked for what cannot be.
    """
    outcome = ledger.apply(db, given, now)
    for effect in outcome.effects:
        if isinstance(effect, TellNode):
            command = Acknowledged(
                id=commands.new_id(),
                node=effect.node,
                issued=now,
                expires=now + orders.ACKNOWLEDGED_EXPIRES_S * NS,
                chain=effect.chain,
            )
            insert_order(db, command, effect.who)
    return outcome.visible


def is_open(db: sqlite_utils.Database, key: str) -> bool:
    """Return whether there is a condition of `key` that is not ended."""
    found = db.execute("SELECT 1 FROM alarms WHERE key = ? AND state <> 'resolved'", (key,))
    return found.fetchone() is not None


def _over(db: sqlite_utils.Database, event: Event) -> int | None:
    """Return when the condition that `event` states is known to have ended (ns), if it has."""
    if isinstance(event, NodeWorkerFailed):
        row = db.execute(
            "SELECT max(t) FROM events WHERE node = ? AND (kind = ? OR (kind = ? "
            "AND json_extract(body, '$.worker') = ?))",
            (
                event.node,
                events.kind_of(NodeStarted),
                events.kind_of(events.NodeWorkerRestarted),
                event.worker.value,
            ),
        ).fetchone()
    else:
        row = db.execute(
            "SELECT max(t) FROM events WHERE chain = ? AND kind IN (?, ?)",
            (
                event.chain,
                events.kind_of(events.QualityRestored),
                events.kind_of(events.QualityNotWatched),
            ),
        ).fetchone()
    return None if row is None or row[0] is None else int(row[0])


def _viewed(db: sqlite_utils.Database, event: AnyEvent) -> bool:
    if not isinstance(
        event, events.QualityDegraded | events.QualityRestored | events.QualityNotWatched
    ):
        return False
    row = db.execute(
        "SELECT body FROM views WHERE node = ? AND room = ? AND source = ?",
        (event.node, event.room, event.source),
    ).fetchone()
    view = rooms.next_view(None if row is None else decode(row[0], SourceView), event)
    if view is None:
        return False
    db.execute(
        "INSERT OR REPLACE INTO views VALUES (?, ?, ?, ?)",
        (view.node, view.room, view.source, _encode(view)),
    )
    return True


def _installed(db: sqlite_utils.Database, event: AnyEvent) -> bool:
    """Follow the installation of the event's room."""
    row = db.execute("SELECT body FROM commissioning WHERE room = ?", (event.room,)).fetchone()
    before = None if row is None else decode(row[0], Commissioning)
    after = commissioning.next_commissioning(before, event)
    if after is None:
        return False
    db.execute("INSERT OR REPLACE INTO commissioning VALUES (?, ?)", (after.room, _encode(after)))
    return True


def _answered(db: sqlite_utils.Database, event: CommandApplied) -> bool:
    row = db.execute(
        "SELECT body FROM commands WHERE id = ? AND node = ?", (event.command, event.node)
    ).fetchone()
    order = None if row is None else orders.on_answer(decode(row[0], Order), event)
    if order is None:
        return False
    keep_order(db, order)
    return True


def heard(db: sqlite_utils.Database, node: str, now: int) -> bool:
    """Keep that `node` spoke at `now`; return whether anything visible changed."""
    known = db.execute("SELECT 1 FROM nodes WHERE node = ?", (node,)).fetchone()
    db.execute(
        "INSERT INTO nodes (node, first_heard, last_heard) VALUES (?, ?, ?) "
        "ON CONFLICT (node) DO UPDATE SET last_heard = excluded.last_heard",
        (node, now, now),
    )
    silent = is_open(db, kinds.silent_key(node))
    ended = decide(db, NodeSpeaks(node=node), now) if silent else False
    return known is None or ended


def insert_order(db: sqlite_utils.Database, command: AnyCommand, who: str) -> Order:
    """Insert `command` as ordered by `who`."""
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
            _encode(order),
            vault.HOUSE if isinstance(command, Erase) else None,
            commands.encode(command).decode(),
        ),
    )
    return order


def keep_order(db: sqlite_utils.Database, order: Order) -> None:
    """Keep what became of a command."""
    db.execute(
        "UPDATE commands SET state = ?, body = ? WHERE id = ?",
        (order.state.value, _encode(order), order.id),
    )
    if order.kind is CommandKind.ERASE and order.state is OrderState.APPLIED:
        # Whom the node was asked to forget, the hub forgets too.
        db.execute("UPDATE commands SET command = '' WHERE id = ?", (order.id,))


def node_of(db: sqlite_utils.Database, room: str) -> str:
    """Return the node that serves `room`.

    Raises
    ------
    UnknownRoomError
        When none is enrolled with it and none ever spoke for it.
    """
    # The room of a node that was enrolled just now may be paused before anything happened there.
    row = db.execute(
        "SELECT node FROM enrolled_rooms WHERE room = ?1 "
        "UNION ALL SELECT node FROM rooms WHERE room = ?1 LIMIT 1",
        (room,),
    ).fetchone()
    if row is None:
        raise UnknownRoomError(
            f"room: expected one that a room computer serves, got {room[:40]!r}; enrol its node"
        )
    return str(row[0])


def bump(db: sqlite_utils.Database) -> None:
    """Count a visible change."""
    db.execute("UPDATE sequence SET value = value + 1")


def _encode(value: Order | SourceView | Commissioning) -> str:
    return msgspec.json.encode(value).decode()


def decode(body: str, kind: type[Kind]) -> Kind:
    """Return what a body column holds."""
    return msgspec.json.decode(body, type=kind)
