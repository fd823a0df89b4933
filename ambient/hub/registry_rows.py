"""The rows of the hub's list of nodes: each function runs inside a transaction of `Registry`.

Comes in: a database within a transaction. Goes out: rows. Nothing here commits or reads a clock.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any, Final

import sqlite_utils

from ambient.bus.keys import fingerprint
from ambient.errors import LinkError
from ambient.hub import commissioning
from ambient.hub import rows as bodies
from ambient.hub.nodes import Holder, Standing


def hash_of(token: str) -> str:
    """Return what is stored of a token: whoever reads the database cannot use it."""
    return hashlib.sha256(b"ambient token" + token.encode()).hexdigest()


def open_invitations(db: sqlite_utils.Database, now: int) -> list[str]:
    """Return the hashes of the tokens that may still be used at `now` (ns)."""
    found = db.execute(
        "SELECT token_hash FROM invitations WHERE used_by IS NULL AND expires > ?", (now,)
    ).fetchall()
    return [row[0] for row in found]


def matching(known: Sequence[str], asked: str) -> str | None:
    """Return which of `known` equals `asked`, in a time that does not depend on it."""
    found = None
    for one in known:
        if hmac.compare_digest(one, asked):
            found = one
    return found


def holder(db: sqlite_utils.Database, key: str) -> Holder:
    """Return where `key` (Z85) stands."""
    row = db.execute("SELECT node, state FROM enrolled_keys WHERE key = ?", (key,)).fetchone()
    if row is None:
        pending = db.execute("SELECT rejected FROM pending_nodes WHERE key = ?", (key,)).fetchone()
        if pending is None:
            return Holder(standing=Standing.UNKNOWN)
        return Holder(standing=Standing.REJECTED if pending[0] else Standing.PENDING)
    node, state = row
    if state not in _SERVED:
        return Holder(standing=Standing.REVOKED, node=node)
    rooms = db.execute("SELECT room FROM enrolled_rooms WHERE node = ?", (node,)).fetchall()
    return Holder(standing=_SERVED[state], node=node, rooms=frozenset(row[0] for row in rooms))


_SERVED: Final = {"active": Standing.ENROLLED, "next": Standing.NEXT}


def conflict(
    db: sqlite_utils.Database, node: str | None, rooms: Sequence[str], but: str = ""
) -> str | None:
    """Return what of `node` and `rooms` belongs to an enrolled node other than `but`."""
    taken = db.execute(
        "SELECT 1 FROM enrolled_nodes WHERE node = ? AND revoked IS NULL", (node,)
    ).fetchone()
    if taken is not None:
        return f"a node {node} that is enrolled already"
    for room in rooms:
        owner: Any = db.execute(
            "SELECT node FROM enrolled_rooms WHERE room = ? AND node <> ?", (room, but)
        ).fetchone()
        if owner is not None:
            return f"room {room} of node {owner[0]}"
    return None


def bind_rooms(db: sqlite_utils.Database, node: str, rooms: Sequence[str]) -> None:
    """Bind exactly `rooms` to `node`."""
    db.execute("DELETE FROM enrolled_rooms WHERE node = ?", (node,))
    db.conn.executemany(
        "INSERT INTO enrolled_rooms (room, node) VALUES (?, ?)",
        [(room, node) for room in sorted(set(rooms))],
    )


def hand_over(db: sqlite_utils.Database, node: str, rooms: Sequence[str], now: int) -> None:
    """Note that another key speaks for `rooms`: they are not commissioned until the next walk."""
    for room in rooms:
        before = bodies.installation(db, room)
        if before is not None:
            known = commissioning.handed_over(before, node, now)
            db.execute(
                "UPDATE commissioning SET body = ? WHERE room = ?", (bodies.encode(known), room)
            )
            bodies.bump(db)


def pending_named(db: sqlite_utils.Database, which: str) -> tuple[str, str, list[str]]:
    """Return key, name and rooms of the one waiting node of that name or fingerprint."""
    found = [
        (key, node, json.loads(rooms))
        for key, node, rooms in db.execute(
            "SELECT key, node, rooms FROM pending_nodes WHERE rejected = 0"
        ).fetchall()
        if which in (node, fingerprint(key))
    ]
    if len(found) > 1:
        raise LinkError(
            f"{which}: expected one node of this name to wait, got {len(found)}; "
            "give the fingerprint that the right one shows"
        )
    if not found:
        raise LinkError(
            f"{which}: expected a node that waits to be enrolled, got none of this name"
        )
    return found[0]


def must_be_enrolled(db: sqlite_utils.Database, node: str) -> None:
    """Raise `LinkError` unless `node` is enrolled."""
    row = db.execute(
        "SELECT 1 FROM enrolled_nodes WHERE node = ? AND revoked IS NULL", (node,)
    ).fetchone()
    if row is None:
        raise LinkError(f"{node}: expected an enrolled node, got none of this name")
