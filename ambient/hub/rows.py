"""The rows of the hub's database: each function runs inside a transaction of `Store`.

Comes in: a database within a transaction, and what the pure rules decided. Goes out: rows. No
function here commits, reads a clock or decides anything about an alarm.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec
import sqlite_utils

from ambient import commands, events
from ambient.commands import AnyCommand
from ambient.errors import UsageError
from ambient.events import (
    AnyEvent,
    CommandApplied,
    Event,
    NodeStarted,
    NodeStopped,
    NodeWorkerFailed,
)
from ambient.hub import alarms, conditions, orders, rooms
from ambient.hub.conditions import Alarm, AlarmState, Change, Deed, Entry, Reason
from ambient.hub.orders import Order
from ambient.hub.rooms import SourceView

Kind = TypeVar("Kind", Alarm, Order, SourceView)


class UnknownAlarmError(UsageError):
    """No alarm has this id."""


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
        events.encode(event).decode(),
    )
    done = db.execute(
        "INSERT INTO events (id, kind, node, room, chain, position, t, received, body) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
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
    for key in conditions.may_end(event):
        alarm = open_alarm(db, key)
        if alarm is not None:
            changed |= keep_alarm(db, alarms.on_end(alarm, event))
    key_opened = conditions.opens(event)
    if key_opened is not None:
        chained = conditions.is_chained(key_opened)
        alarm = find_alarm(db, event.chain) if chained else open_alarm(db, key_opened)
        over = None if chained else _over(db, event)
        changed |= keep_alarm(db, alarms.on_event(alarm, event, over))
    return changed


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
    alarm = open_alarm(db, conditions.silent_key(node))
    ended = keep_alarm(db, alarms.on_speech(alarm, now)) if alarm is not None else False
    return known is None or ended


def keep_alarm(db: sqlite_utils.Database, change: Change | None) -> bool:
    """Keep the alarm of `change` and append its history; return False when there is none."""
    if change is None:
        return False
    alarm = change.alarm
    db.execute(
        "INSERT INTO alarms (id, key, kind, node, room, state, since, resolved, body) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
        "state = excluded.state, since = excluded.since, resolved = excluded.resolved, "
        "body = excluded.body",
        (
            alarm.id,
            alarm.key,
            alarm.kind.value,
            alarm.node,
            alarm.room,
            alarm.state.value,
            alarm.since,
            alarm.resolved_at if alarm.state is AlarmState.RESOLVED else None,
            _encode(alarm),
        ),
    )
    for entry in change.entries:
        db.execute(
            "INSERT INTO history (alarm, at, what, who, reason) VALUES (?, ?, ?, ?, ?)",
            (alarm.id, entry.at, entry.what.value, entry.who, entry.reason and entry.reason.value),
        )
    return True


def insert_order(db: sqlite_utils.Database, command: AnyCommand, who: str) -> Order:
    """Insert `command` as ordered by `who`."""
    order = orders.order_of(command, who)
    db.execute(
        "INSERT INTO commands (id, node, room, kind, state, issued, expires, body, command) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            order.id,
            order.node,
            order.room,
            order.kind.value,
            order.state.value,
            order.issued,
            order.expires,
            _encode(order),
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


def known_alarm(db: sqlite_utils.Database, alarm_id: str) -> Alarm:
    """Return the alarm with this id.

    Raises
    ------
    UnknownAlarmError
        When there is none.
    """
    alarm = find_alarm(db, alarm_id)
    if alarm is None:
        raise UnknownAlarmError(
            f"alarm: expected the id of an alarm, got {alarm_id[:40]!r}; reload the list"
        )
    return alarm


def find_alarm(db: sqlite_utils.Database, alarm_id: str) -> Alarm | None:
    """Return the alarm with this id, if there is one."""
    row = db.execute("SELECT body FROM alarms WHERE id = ?", (alarm_id,)).fetchone()
    return None if row is None else decode(row[0], Alarm)


def open_alarm(db: sqlite_utils.Database, key: str) -> Alarm | None:
    """Return the alarm of the condition `key` that is not resolved, if there is one."""
    row = db.execute(
        "SELECT body FROM alarms WHERE key = ? AND state <> 'resolved'", (key,)
    ).fetchone()
    return None if row is None else decode(row[0], Alarm)


def history_of(db: sqlite_utils.Database, alarm_id: str) -> list[Entry]:
    """Return an alarm's history, oldest line first."""
    found = db.execute(
        "SELECT at, what, who, reason FROM history WHERE alarm = ? ORDER BY at, number",
        (alarm_id,),
    ).fetchall()
    return [entry_of(*line) for line in found]


def entry_of(at: int, what: str, who: str | None, reason: str | None) -> Entry:
    """Return a line of history from its columns."""
    return Entry(at=at, what=Deed(what), who=who, reason=None if reason is None else Reason(reason))


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


def _encode(value: Alarm | Order | SourceView) -> str:
    return msgspec.json.encode(value).decode()


def decode(body: str, kind: type[Kind]) -> Kind:
    """Return what a body column holds."""
    return msgspec.json.decode(body, type=kind)
