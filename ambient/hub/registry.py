"""Which nodes the hub knows: invitations, who asks, who is enrolled with which key and rooms.

Comes in: a public key that CURVE has proved, what its holder asks, and decisions of an
administrator; time is an argument. Goes out: where the key stands, and rows in the hub's database.
Every call reads what is on the disk, so a revocation from another process counts from the next
message on. A key that was revoked, retired or rejected is never enrolled again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

import sqlite_utils
import structlog

from ambient.bus.invitation import VALID_S, Invitation, new_token
from ambient.bus.keys import fingerprint
from ambient.bus.protocol import PROTOCOL, Enrol, EnrolReason, RotateReason
from ambient.errors import LinkError
from ambient.hub import registry_rows as rows
from ambient.hub.database import HubDatabase
from ambient.hub.nodes import EnrolledNode, Holder, PendingNode, Standing
from ambient.places import is_slug

NS: Final = 1_000_000_000
MAX_ATTEMPTS: Final = 10
"""Wrong tokens after which every open invitation is closed: somebody is guessing."""

MAX_PENDING: Final = 32
"""Nodes that may wait for somebody to accept."""

PENDING_S: Final = 24 * 3600
"""How long a node that asked may wait for somebody to accept."""

_log = structlog.get_logger(__name__)


class Registry:
    """The hub's list of nodes.

    Parameters
    ----------
    database
        The hub's database.
    """

    def __init__(self, database: HubDatabase) -> None:
        self._database = database

    def holder(self, key: str) -> Holder:
        """Return where `key` (Z85) stands.

        Raises
        ------
        StoreError
            When the database cannot be read; so do all methods here.
        """
        with self._database.read() as db:
            return rows.holder(db, key)

    def admits(self, key: str, now: int) -> bool:
        """Return whether a connection with `key` may be made at all at `now` (ns)."""
        with self._database.read() as db:
            standing = rows.holder(db, key).standing
            if standing is Standing.UNKNOWN:
                return bool(rows.open_invitations(db, now))
        return standing in (Standing.PENDING, Standing.ENROLLED, Standing.NEXT)

    def invite(self, address: str, hub_key: str, by: str, now: int) -> Invitation:
        """Make an invitation that is valid for ten minutes from `now` (ns), and once."""
        token = new_token()
        expires = now // NS + VALID_S
        with self._database.write() as db:
            db.execute("DELETE FROM invitations WHERE expires <= ?", (now,))
            db.execute(
                "INSERT INTO invitations (token_hash, made_by, expires) VALUES (?, ?, ?)",
                (rows.hash_of(token), by, expires * NS),
            )
        _log.info("invitation made", by=by)
        return Invitation(address=address, key=hub_key, token=token, expires=expires)

    def ask(self, key: str, request: Enrol, site: str, now: int) -> EnrolReason | None:
        """Take in that the holder of `key` asks to be enrolled.

        Returns
        -------
        EnrolReason or None
            Why not; nothing when the request waits for a decision, or was accepted before.
        """
        if request.protocol != PROTOCOL:
            return EnrolReason.PROTOCOL
        with self._database.write() as db:
            standing = rows.holder(db, key).standing
            if standing is Standing.REJECTED:
                return EnrolReason.REJECTED
            if standing is Standing.REVOKED:
                return EnrolReason.TAKEN
            if standing is not Standing.UNKNOWN:
                return None
            token_hash = rows.matching(rows.open_invitations(db, now), rows.hash_of(request.token))
            if token_hash is None:
                self._count_attempt(db, now)
                return EnrolReason.TOKEN
            if request.site != site:
                return EnrolReason.SITE
            if rows.conflict(db, request.node, request.rooms) is not None:
                return EnrolReason.TAKEN
            db.execute("DELETE FROM pending_nodes WHERE asked <= ?", (now - PENDING_S * NS,))
            if db.table("pending_nodes").count_where("rejected = 0") >= MAX_PENDING:
                _log.warning("too many nodes wait to be accepted; decide on them first")
                return EnrolReason.TOKEN
            db.execute("UPDATE invitations SET used_by = ? WHERE token_hash = ?", (key, token_hash))
            db.execute(
                "INSERT INTO pending_nodes (key, node, site, rooms, asked) VALUES (?, ?, ?, ?, ?)",
                (key, request.node, request.site, json.dumps(sorted(set(request.rooms))), now),
            )
        _log.info("a node asks to be enrolled", node=request.node, fingerprint=fingerprint(key))
        return None

    def pending(self) -> list[PendingNode]:
        """Return the nodes that wait for a decision, oldest first."""
        with self._database.read() as db:
            found = db.execute(
                "SELECT node, site, rooms, key, asked FROM pending_nodes WHERE rejected = 0 "
                "ORDER BY asked"
            ).fetchall()
        return [
            PendingNode(
                node=node,
                site=site,
                rooms=json.loads(rooms),
                key=key,
                fingerprint=fingerprint(key),
                asked=asked,
            )
            for node, site, rooms, key, asked in found
        ]

    def accept(self, which: str, by: str, now: int) -> EnrolledNode:
        """Enrol a waiting node; its rooms are bound to its key from now on.

        Parameters
        ----------
        which
            Its name, or its fingerprint when several of that name wait.
        by
            Who decided.
        now
            Hub time in nanoseconds.

        Raises
        ------
        LinkError
            When no such node waits, several do, or its name or a room belongs to another by now.
        """
        with self._database.write() as db:
            key, node, rooms = rows.pending_named(db, which)
            conflict = rows.conflict(db, node, rooms)
            if conflict is not None:
                raise LinkError(
                    f"{node}: expected a name and rooms that are free, got {conflict}; "
                    "revoke that node first, or reject this one"
                )
            db.execute(
                "INSERT INTO enrolled_nodes (node, enrolled, accepted_by) VALUES (?, ?, ?) "
                "ON CONFLICT (node) DO UPDATE SET enrolled = excluded.enrolled, "
                "accepted_by = excluded.accepted_by, revoked = NULL, revoked_by = NULL",
                (node, now, by),
            )
            db.execute(
                "INSERT INTO enrolled_keys (key, node, state, since) VALUES (?, ?, 'active', ?)",
                (key, node, now),
            )
            rows.bind_rooms(db, node, rooms)
            rows.hand_over(db, node, rooms, now)
            db.execute("DELETE FROM pending_nodes WHERE key = ?", (key,))
        _log.info("node enrolled", node=node, by=by, fingerprint=fingerprint(key))
        return next(one for one in self.nodes() if one.node == node)

    def reject(self, which: str, by: str) -> None:
        """Refuse a waiting node, by name or fingerprint; its key will never be enrolled.

        Raises
        ------
        LinkError
            When no such node waits.
        """
        with self._database.write() as db:
            key, node, _ = rows.pending_named(db, which)
            db.execute("UPDATE pending_nodes SET rejected = 1 WHERE key = ?", (key,))
        _log.info("node rejected", node=node, by=by)

    def nodes(self) -> list[EnrolledNode]:
        """Return every node that is or was enrolled, by name."""
        with self._database.read() as db:
            rooms: dict[str, list[str]] = {}
            for room, node in db.execute(
                "SELECT room, node FROM enrolled_rooms ORDER BY room"
            ).fetchall():
                rooms.setdefault(node, []).append(room)
            # Of a revoked node the key that was withdrawn last.
            found = db.execute(
                "SELECT n.node, n.enrolled, n.accepted_by, n.revoked, n.revoked_by, ("
                "SELECT k.key FROM enrolled_keys k WHERE k.node = n.node "
                "AND k.state IN ('active', 'revoked') ORDER BY k.state, k.since DESC LIMIT 1) "
                "FROM enrolled_nodes n ORDER BY n.node"
            ).fetchall()
        return [
            EnrolledNode(
                node=node,
                rooms=rooms.get(node, []),
                key=key,
                fingerprint=fingerprint(key),
                enrolled=enrolled,
                accepted_by=accepted_by,
                revoked=revoked,
                revoked_by=revoked_by,
            )
            for node, enrolled, accepted_by, revoked, revoked_by, key in found
        ]

    def enrolled(self) -> list[str]:
        """Return the names of the nodes that are enrolled now."""
        return list(self.served())

    def served(self) -> dict[str, list[str]]:
        """Return the nodes that are enrolled now, each with the rooms bound to its key."""
        with self._database.read() as db:
            found = db.execute(
                "SELECT n.node, r.room FROM enrolled_nodes n "
                "LEFT JOIN enrolled_rooms r ON r.node = n.node "
                "WHERE n.revoked IS NULL ORDER BY n.node, r.room"
            ).fetchall()
        served: dict[str, list[str]] = {}
        for node, room in found:
            served.setdefault(node, []).extend([] if room is None else [room])
        return served

    def set_rooms(self, node: str, rooms: Sequence[str], by: str) -> None:
        """Bind exactly `rooms` to an enrolled `node`.

        Raises
        ------
        LinkError
            When the node is not enrolled, a room belongs to another, or is no room's id.
        """
        if not rooms or not all(is_slug(room) for room in rooms):
            raise LinkError(
                f"{node}: expected ids of rooms as node.yaml has them, got {' '.join(rooms)[:80]!r}"
            )
        with self._database.write() as db:
            rows.must_be_enrolled(db, node)
            conflict = rows.conflict(db, None, rooms, but=node)
            if conflict is not None:
                raise LinkError(f"{node}: expected rooms that are free, got {conflict}")
            rows.bind_rooms(db, node, rooms)
        _log.info("rooms bound", node=node, rooms=sorted(rooms), by=by)

    def revoke(self, node: str, by: str, now: int) -> None:
        """Withdraw `node`'s keys and rooms, from its next message on.

        Raises
        ------
        LinkError
            When no such node is enrolled.
        """
        with self._database.write() as db:
            rows.must_be_enrolled(db, node)
            db.execute(
                "UPDATE enrolled_nodes SET revoked = ?, revoked_by = ? WHERE node = ?",
                (now, by, node),
            )
            db.execute(
                "UPDATE enrolled_keys SET state = 'revoked', since = ? "
                "WHERE node = ? AND state IN ('active', 'next')",
                (now, node),
            )
            db.execute("DELETE FROM enrolled_rooms WHERE node = ?", (node,))
        _log.info("node revoked", node=node, by=by)

    def offer(self, node: str, key: str, now: int) -> RotateReason | None:
        """Take `key` as the next one of an enrolled `node`; return why not, or nothing."""
        with self._database.write() as db:
            holder = rows.holder(db, key)
            if holder.standing is Standing.NEXT and holder.node == node:
                return None
            if holder.standing is not Standing.UNKNOWN:
                return RotateReason.TAKEN
            db.execute(
                "UPDATE enrolled_keys SET state = 'retired', since = ? "
                "WHERE node = ? AND state = 'next'",
                (now, node),
            )
            db.execute(
                "INSERT INTO enrolled_keys (key, node, state, since) VALUES (?, ?, 'next', ?)",
                (key, node, now),
            )
        _log.info("node has a next key", node=node, fingerprint=fingerprint(key))
        return None

    def switch(self, node: str, key: str, now: int) -> None:
        """Let the next `key` of `node`, now proved in use, take the place of the old one."""
        with self._database.write() as db:
            db.execute(
                "UPDATE enrolled_keys SET state = 'retired', since = ? "
                "WHERE node = ? AND state = 'active' AND EXISTS "
                "(SELECT 1 FROM enrolled_keys WHERE key = ? AND state = 'next')",
                (now, node, key),
            )
            db.execute(
                "UPDATE enrolled_keys SET state = 'active', since = ? "
                "WHERE key = ? AND state = 'next'",
                (now, key),
            )
        _log.info("node changed its key", node=node, fingerprint=fingerprint(key))

    def _count_attempt(self, db: sqlite_utils.Database, now: int) -> None:
        db.execute("UPDATE invitations SET attempts = attempts + 1 WHERE used_by IS NULL")
        closed = db.execute(
            "UPDATE invitations SET expires = ? WHERE attempts >= ? AND expires > ? "
            "AND used_by IS NULL",
            (now, MAX_ATTEMPTS, now),
        ).rowcount
        if closed:
            _log.warning("wrong tokens; open invitations were closed", invitations=closed)
