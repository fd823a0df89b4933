"""The rows of nodes: which ever spoke or are missed, which stopped, what is forgotten of them.

Comes in: a database within a transaction, rooms that nodes are bound to. Goes out: names of nodes,
and what of their devices ends or comes back with a binding. No function here commits or
reads a clock.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

import sqlite_utils

from ambient import events
from ambient.events import NodeHas, QualityNotWatched, QualityRestored
from ambient.hub.alarms.condition import Condition, Judgement
from ambient.hub.alarms.gone import is_gone
from ambient.hub.alarms.kinds import OF_DEVICES, OF_NODES
from ambient.hub.casebook import decode, words_of

AHEAD_NS: Final = 300 * 1_000_000_000
"""How far a node's clock may be ahead of the hub's when it says what it has."""
_OF_NODES: Final = words_of(OF_NODES)
_OF_DEVICES: Final = words_of(OF_DEVICES)


def stopped(db: sqlite_utils.Database) -> set[str]:
    """Return the nodes that said that they stop."""
    return {row[0] for row in db.execute("SELECT node FROM nodes WHERE stopped").fetchall()}


def known(db: sqlite_utils.Database) -> dict[str, bool]:
    """Return every node that ever spoke or is missed ► whether its silence is an alarm now."""
    found = db.execute(
        "SELECT k.node, EXISTS (SELECT 1 FROM alarms a WHERE "
        "a.key = 'node_silent:' || k.node AND a.state <> 'resolved') FROM "
        "(SELECT node FROM nodes UNION SELECT node FROM alarms "
        f"WHERE state <> 'resolved' AND kind IN ({_OF_NODES})) k"
    ).fetchall()
    return {node: bool(silent) for node, silent in found}


def has_alarm(db: sqlite_utils.Database, node: str) -> bool:
    """Return whether anything technical is open about `node`."""
    found = db.execute(
        "SELECT 1 FROM alarms WHERE node = ? AND state <> 'resolved' "
        f"AND kind IN ({_OF_NODES}) LIMIT 1",
        (node,),
    )
    return found.fetchone() is not None


def gone_at(
    db: sqlite_utils.Database, node: str, room: str | None, source: str | None, after: int
) -> int | None:
    """Return when (ns) `node` said last that it has no device `source` in `room`.

    Nothing where it said no such thing `after` that instant (ns). What it said by a clock that was
    ahead of the hub's counts for nothing: it would hold until that time has come.
    """
    found = db.execute(
        "SELECT body FROM events WHERE kind = ? AND node = ? AND t > ? AND t <= received + ? "
        "ORDER BY t DESC",
        (events.kind_of(NodeHas), node, after, AHEAD_NS),
    )
    for (body,) in found.fetchall():
        event = events.decode(body.encode())
        if isinstance(event, NodeHas) and is_gone(event, node, room, source):
            return event.t
    return None


def left(db: sqlite_utils.Database, bound: Mapping[str, Collection[str]]) -> dict[str, list[str]]:
    """Return of the nodes in `bound` the rooms of which devices have alarms, without a binding."""
    found = db.execute(
        "SELECT DISTINCT node, room FROM alarms WHERE state <> 'resolved' AND room IS NOT NULL "
        f"AND kind IN ({_OF_DEVICES}) ORDER BY node, room"
    )
    rooms: dict[str, list[str]] = {}
    for node, room in found.fetchall():
        if node in bound and room not in bound[node]:
            rooms.setdefault(node, []).append(room)
    return rooms


def back(db: sqlite_utils.Database, bound: Mapping[str, Collection[str]]) -> list[str]:
    """Return the alarms that ended with a binding which `bound` has again, the newest first.

    Without those of which the node has said since that it has their device no more or that they
    are over, and those of an earlier enrolment: what comes back then may be another machine.
    """
    enrolled = dict(db.execute("SELECT node, enrolled FROM enrolled_nodes").fetchall())
    found = db.execute(
        "SELECT opened(body) FROM alarms WHERE state = 'resolved' "
        f"AND kind IN ({_OF_DEVICES}) AND json_extract(opened(body), '$.reason') = ? "
        "ORDER BY since DESC, id",
        (Judgement.UNBOUND.value,),
    )
    ended = [decode(body, Condition) for (body,) in found.fetchall()]
    return [
        one.id
        for one in ended
        if one.room in bound.get(one.node, ())
        and one.opened >= enrolled.get(one.node, one.opened + 1)
        and gone_at(db, one.node, one.room, one.source, one.latest) is None
        and ((over := over_at(db, one.chain)) is None or over < one.latest)
    ]


def over_at(db: sqlite_utils.Database, chain: str) -> int | None:
    """Return when (ns) the node said last that what a chain of a device is of is over."""
    row = db.execute(
        "SELECT max(t) FROM events WHERE chain = ? AND kind IN (?, ?)",
        (chain, events.kind_of(QualityRestored), events.kind_of(QualityNotWatched)),
    ).fetchone()
    return None if row is None or row[0] is None else int(row[0])


def delete(db: sqlite_utils.Database, node: str) -> bool:
    """Delete that `node` ever spoke; return whether it did."""
    deleted = [
        db.execute(f"DELETE FROM {table} WHERE node = ?", (node,)).rowcount
        for table in ("rooms", "views", "nodes")
    ]
    return sum(deleted) > 0
