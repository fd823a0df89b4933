"""The rows of nodes: which ever spoke or are missed, which stopped, what is forgotten of them.

Comes in: a database within a transaction. Goes out: names of nodes. No function here commits or
reads a clock.
"""

from __future__ import annotations

from typing import Final

import sqlite_utils

from ambient.hub.alarms.kinds import OF_NODES
from ambient.hub.casebook import words_of

_OF_NODES: Final = words_of(OF_NODES)


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


def delete(db: sqlite_utils.Database, node: str) -> bool:
    """Delete that `node` ever spoke; return whether it did."""
    deleted = [
        db.execute(f"DELETE FROM {table} WHERE node = ?", (node,)).rowcount
        for table in ("rooms", "views", "nodes")
    ]
    return sum(deleted) > 0
