"""The node's outbox on disk: events that wait for the hub, and the state fusion goes on from.

Comes in: events with fusion's chain state (one transaction), answers to commands, what the hub
acknowledged. Goes out: rows in the order in which they must be sent. Fusion and agent have it open
at the same time, each its own object. SQLite in WAL mode with ``synchronous=FULL``: what `commit`
returned from survives a power cut. A damaged file is set aside and what can be read of it is
carried over.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
import sqlite_utils
import structlog
from msgspec import Struct

from ambient import events
from ambient.closing import Closing
from ambient.events import AnyEvent, Purpose
from ambient.node.importance import Importance, importance, is_urgent
from ambient.node.outbox_file import OutboxFile

NS: Final = 1_000_000_000
MAX_ROWS: Final = 200_000
KEEP_COMMANDS_NS: Final = 30 * 24 * 3600 * NS
"""How long answered commands are remembered; a hub lets them expire long before."""

SLAB: Final = 100
"""A full outbox makes room for 1/`SLAB` of its size at once, so that it is said rarely."""

_log = structlog.get_logger(__name__)


class OutboxRow(Struct, frozen=True):
    """A row to send: its number in this file, the event's id, and its JSON as it was stored."""

    seq: int
    id: str
    event: bytes


class Depth(Struct, frozen=True, kw_only=True):
    """How full the outbox is: rows that wait, and answered rows that are kept."""

    waiting: int
    kept: int


class Outbox(Closing):
    """The outbox file; one object per process, used in one thread.

    Parameters
    ----------
    path
        The database; made when it is missing.
    max_rows
        More are not kept: answered rows go first, then the least important, oldest first.
    """

    def __init__(self, path: Path, *, max_rows: int = MAX_ROWS) -> None:
        self._file = OutboxFile(path)
        self._max_rows = max_rows
        self._seen = (-1, -1)
        self._at_most = 0
        """Upper bound of the number of rows: others add few and remove many."""
        try:
            self._at_most = self._count("1")
        except BaseException:
            self.close()
            raise

    # -- fusion ----------------------------------------------------------------------------

    def commit(self, new: Sequence[AnyEvent], state: Mapping[str, bytes] | None = None) -> int:
        """Keep events and state in one transaction, on the disk when this returns.

        Parameters
        ----------
        new
            In the order of decision. An id that is here already is passed over.
        state
            The whole state from which an open chain goes on; keys that are not in it are removed.
            Nothing leaves the state as it is.

        Returns
        -------
        int
            How many rows that waited had to be dropped to make room (see `report_dropped`).

        Raises
        ------
        StoreError
            When nothing of it could be stored; call again with the same and what is new.
        """
        with self._file.writing() as db:
            for event in new:
                self._insert(db, event)
            if state is not None:
                self._keep_state(db, state)
            self._at_most += len(new)
            return self._make_room(db) if self._at_most > self._max_rows else 0

    def state(self) -> dict[str, bytes]:
        """Return the state of the last commit.

        Raises
        ------
        StoreError
            When it cannot be read.
        """
        with self._file.reading() as db:
            return dict(db.execute("SELECT key, value FROM state").fetchall())

    # -- agent -----------------------------------------------------------------------------

    def changed(self) -> bool:
        """Return whether another process committed since the last call; costs a few µs."""
        with self._file.reading() as db:
            version = int(db.execute("PRAGMA data_version").fetchone()[0])
        seen, self._seen = self._seen, (self._file.generation, version)
        return seen != self._seen

    def waiting(
        self, most_rows: int, most_bytes: int, skip: Collection[str] = ()
    ) -> list[OutboxRow]:
        """Return the rows to send next: urgent chains first, each chain in its order.

        Parameters
        ----------
        most_rows, most_bytes
            How much at once; at least one row is returned if there is one.
        skip
            Event ids of rows that were answered but could not be marked yet.
        """
        with self._file.reading() as db:
            # As bytes: text that a failing card spoiled must not stop the rows behind it.
            found = db.execute(
                "SELECT seq, id, CAST(event AS BLOB) FROM outbox WHERE answered IS NULL "
                "ORDER BY urgent DESC, seq LIMIT ?",
                (most_rows + len(skip),),
            ).fetchall()
        rows: list[OutboxRow] = []
        size = 0
        for seq, event_id, event in found:
            if event_id in skip:
                continue
            size += len(event)
            if rows and (len(rows) >= most_rows or size > most_bytes):
                break
            rows.append(OutboxRow(seq, event_id, event))
        return rows

    def unanswered_alarms(self, skip: Collection[str] = ()) -> set[int]:
        """Return the numbers of the alarms that no hub answered, without those in `skip`."""
        with self._file.reading() as db:
            found = db.execute(
                "SELECT seq, id FROM outbox WHERE answered IS NULL AND importance = ?",
                (int(Importance.ALARM),),
            ).fetchall()
        return {seq for seq, event_id in found if event_id not in skip}

    def settle(self, answered: Mapping[str, bool], now: int) -> None:
        """Mark rows as answered by the hub.

        Parameters
        ----------
        answered
            Event id ► whether the hub refused it. Ids, since a file that had to be made anew
            numbers its rows anew.
        now
            Wall clock in nanoseconds.

        Raises
        ------
        StoreError
            When that could not be stored.
        """
        with self._file.writing() as db:
            db.conn.executemany(
                "UPDATE outbox SET answered = ?, refused = ? WHERE id = ?",
                [(now, int(refused), event_id) for event_id, refused in answered.items()],
            )

    def send_again(self, since: int) -> int:
        """Let what was taken at or after `since` (ns) wait again; return how many rows.

        The hub knows every event by its id: what it has after all it passes over.
        """
        with self._file.writing() as db:
            return int(
                db.execute(
                    "UPDATE outbox SET answered = NULL WHERE answered >= ? AND NOT refused",
                    (since,),
                ).rowcount
            )

    def prune(self, before: int, now: int) -> int:
        """Delete rows that were answered before `before` (ns); return how many."""
        with self._file.writing() as db:
            # After the clock was set back an answer lies in the future: kept, not lost.
            gone = db.execute("DELETE FROM outbox WHERE answered < ?", (before,)).rowcount
            db.execute("DELETE FROM commands WHERE answered < ?", (now - KEEP_COMMANDS_NS,))
        return int(gone)

    def erase(self, subject: str, purpose: Purpose | None = None) -> int:
        """Delete what was delivered about `subject`; return how many rows of it still wait.

        With `purpose`, only what that purpose made. When nothing waits any more the file is
        written anew, so that nothing of what was deleted is left in its free pages.

        What waits is an alarm that nobody has seen yet: it is delivered first. Rows that are no
        event any more, and damaged files that were set aside, may tell of anybody and can never
        be delivered: they are deleted whatever they tell.

        Raises
        ------
        StoreError
            When something could not be deleted; call again.
        """
        of_subject = "json_valid(event) AND json_extract(event, '$.subject') = ?1"
        given: tuple[str, ...] = (subject,)
        if purpose is not None:
            of_subject += (
                " AND (json_extract(event, '$.purpose') = ?2 "
                "OR json_extract(event, '$.kind') LIKE ?2 || '.%')"
            )
            given = (subject, purpose.value)
        with self._file.writing() as db:
            rows = db.execute("SELECT seq, CAST(event AS BLOB) FROM outbox")
            unfit = [(seq,) for seq, event in rows if not _is_event(event)]
            db.conn.executemany("DELETE FROM outbox WHERE seq = ?", unfit)
            db.execute(f"DELETE FROM outbox WHERE answered IS NOT NULL AND {of_subject}", given)
            found = db.execute(f"SELECT count(*) FROM outbox WHERE {of_subject}", given)
            left = int(found.fetchone()[0])
        self._file.delete_set_aside()
        if left == 0:
            self._file.scrub()
        return left

    def answered(self, command: str) -> bool:
        """Return whether the command with this id was answered before."""
        with self._file.reading() as db:
            found = db.execute("SELECT 1 FROM commands WHERE id = ?", (command,)).fetchone()
        return found is not None

    def answer(self, command: str, event: AnyEvent, now: int) -> None:
        """Remember a command's id and keep the event that answers it, in one transaction."""
        with self._file.writing() as db:
            db.execute(
                "INSERT OR IGNORE INTO commands VALUES (?, ?, ?)",
                (command, events.encode(event).decode(), now),
            )
            self._insert(db, event)
            self._at_most += 1

    def answer_again(self, command: str) -> None:
        """Send the answer to a command once more: the hub asks again, so it does not have it."""
        with self._file.writing() as db:
            row = db.execute("SELECT event FROM commands WHERE id = ?", (command,)).fetchone()
            if row is None:
                return
            event = events.decode(row[0].encode())
            db.execute("UPDATE outbox SET answered = NULL WHERE id = ?", (event.id,))
            self._insert(db, event)

    def report_dropped(self, make: Callable[[int], AnyEvent]) -> int:
        """Replace the count of dropped rows by the event that says so; return the count."""
        with self._file.reading() as db:
            rows = int(db.execute("SELECT rows FROM dropped").fetchone()[0])
        if not rows:
            return 0
        with self._file.writing() as db:
            rows = int(db.execute("SELECT rows FROM dropped").fetchone()[0])
            if rows:
                db.execute("UPDATE dropped SET rows = 0")
                self._insert(db, make(rows))
                self._at_most += 1
        return rows

    @property
    def set_aside(self) -> Path | None:
        """Where this object moved a damaged file to, if it did."""
        return self._file.set_aside

    def depth(self) -> Depth:
        """Return how full the outbox is."""
        return Depth(
            waiting=self._count("answered IS NULL"), kept=self._count("answered IS NOT NULL")
        )

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    # -- rows ------------------------------------------------------------------------------

    def _insert(self, db: sqlite_utils.Database, event: AnyEvent) -> None:
        urgent = is_urgent(event)
        if urgent:
            # A chain travels as one: what of it waits among the others comes along.
            db.execute(
                "UPDATE outbox SET urgent = 1 WHERE chain = ? AND answered IS NULL AND urgent = 0",
                (event.chain,),
            )
        db.execute(
            "INSERT OR IGNORE INTO outbox (id, chain, importance, urgent, event) VALUES "
            "(?1, ?2, ?3, max(?4, EXISTS (SELECT 1 FROM outbox "
            "WHERE chain = ?2 AND answered IS NULL AND urgent = 1)), ?5)",
            (
                event.id,
                event.chain,
                importance(event),
                int(urgent),
                events.encode(event).decode(),
            ),
        )

    def _keep_state(self, db: sqlite_utils.Database, state: Mapping[str, bytes]) -> None:
        known: dict[str, bytes] = dict(db.execute("SELECT key, value FROM state").fetchall())
        db.conn.executemany(
            "DELETE FROM state WHERE key = ?", [(key,) for key in known.keys() - state.keys()]
        )
        db.conn.executemany(
            "INSERT OR REPLACE INTO state VALUES (?, ?)",
            [(key, value) for key, value in state.items() if known.get(key) != value],
        )

    def _make_room(self, db: sqlite_utils.Database) -> int:
        """Drop what matters least until the outbox fits again; return how many rows waited."""
        self._at_most = int(db.execute("SELECT count(*) FROM outbox").fetchone()[0])
        excess = self._at_most - self._max_rows
        if excess <= 0:
            return 0
        room = max(excess, self._max_rows // SLAB)
        kept = db.execute(
            "DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox "
            "WHERE answered IS NOT NULL ORDER BY answered LIMIT ?)",
            (room,),
        ).rowcount
        dropped = 0
        if kept < excess:
            dropped = db.execute(
                "DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox "
                "WHERE answered IS NULL ORDER BY importance, seq LIMIT ?)",
                (room - kept,),
            ).rowcount
            db.execute("UPDATE dropped SET rows = rows + ?", (dropped,))
            _log.error("the outbox is full; the least important rows are dropped", rows=dropped)
        self._at_most -= kept + dropped
        return int(dropped)

    def _count(self, where: str) -> int:
        with self._file.reading() as db:
            return int(db.execute(f"SELECT count(*) FROM outbox WHERE {where}").fetchone()[0])


def _is_event(data: bytes) -> bool:
    try:
        events.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False
    return True
