"""The outbox's database file: opened, guarded while it is in use, set aside when it is damaged.

Comes in: a path that two processes use at the same time. Goes out: a database to read from and to
write to. When one process finds the file damaged it moves it aside and makes a new one from what
can be read of it; the other notices and follows. No row is written to a file that was moved away.
"""

from __future__ import annotations

import fcntl
import glob
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import sqlite_utils
import structlog

from ambient.errors import StoreError
from ambient.node.outbox_schema import COMPONENT, MIGRATIONS
from ambient.sqlite import is_damaged, open_database, store_error
from ambient.sqlite import writing as transaction

_log = structlog.get_logger(__name__)


class OutboxFile:
    """One process's hold on the file; used in one thread.

    Parameters
    ----------
    path
        The database; made when it is missing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.set_aside: Path | None = None
        """Where a damaged file was moved to by this object, if any."""
        self.generation = 0
        """Counts up when the file had to be opened anew."""
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = path.with_name(f".{path.name}.lock")
            self._lock = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(
                f"{path}: cannot be opened ({error.strerror}); check the folder's owner and space"
            ) from None
        try:
            self._database = self._open()
        except BaseException:
            os.close(self._lock)
            raise
        self._inode = self._path.stat().st_ino

    @contextmanager
    def writing(self) -> Iterator[sqlite_utils.Database]:
        """Run a block as one transaction, on the disk when the block ends.

        Raises
        ------
        StoreError
            When the disk or the database cannot take it; nothing of it is stored then.
        """
        with self._guarded() as db, transaction(db):
            yield db

    @contextmanager
    def reading(self) -> Iterator[sqlite_utils.Database]:
        """Run a block that reads.

        Raises
        ------
        StoreError
            When the database cannot be read.
        """
        with self._guarded() as db:
            yield db

    def scrub(self) -> None:
        """Write the file anew: nothing of what was deleted is left in it or in its log.

        Raises
        ------
        StoreError
            When the disk is full or another process holds the file; call again.
        """
        with self._guarded() as db:
            db.execute("VACUUM")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def delete_set_aside(self) -> None:
        """Delete every damaged file that was set aside here, by whichever process.

        Raises
        ------
        StoreError
            When one cannot be deleted.
        """
        # Guarded: nobody is just carrying rows over from one.
        with self._guarded():
            for aside in self._path.parent.glob(f"{glob.escape(self._path.name)}.damaged-*"):
                try:
                    aside.unlink(missing_ok=True)
                except OSError as error:
                    raise StoreError(
                        f"{aside}: cannot be deleted ({error.strerror}); check the folder's owner"
                    ) from None

    def close(self) -> None:
        """Close the file."""
        self._database.close()
        os.close(self._lock)

    @contextmanager
    def _guarded(self) -> Iterator[sqlite_utils.Database]:
        """Lend the database while nobody moves its file, and name what goes wrong."""
        fcntl.flock(self._lock, fcntl.LOCK_SH)
        try:
            if self._moved():
                fcntl.flock(self._lock, fcntl.LOCK_UN)
                self._reopen()
                fcntl.flock(self._lock, fcntl.LOCK_SH)
            yield self._database
        except sqlite3.Error as error:
            fcntl.flock(self._lock, fcntl.LOCK_UN)
            if is_damaged(error):
                self._reopen()
            raise store_error(self._path, error) from None
        finally:
            fcntl.flock(self._lock, fcntl.LOCK_UN)

    def _moved(self) -> bool:
        """Return whether the file at the path is no longer the one that is open."""
        try:
            return self._path.stat().st_ino != self._inode
        except FileNotFoundError:
            return True

    def _reopen(self) -> None:
        self._database.close()
        self._database = self._open()
        self._inode = self._path.stat().st_ino
        self.generation += 1

    def _open(self) -> sqlite_utils.Database:
        """Open the file, or set a damaged one aside and begin with what can be read of it."""
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        try:
            try:
                return self._open_sound()
            except sqlite3.Error as error:
                if not is_damaged(error):
                    raise store_error(self._path, error) from None
            aside = self._put_aside()
            database = open_database(self._path, {COMPONENT: MIGRATIONS})
            carried = _carry_over(aside, database)
            _log.error(
                "the outbox was damaged; it was set aside and a new one begun",
                aside=str(aside),
                rows_carried_over=carried,
            )
            return database
        finally:
            fcntl.flock(self._lock, fcntl.LOCK_UN)

    def _open_sound(self) -> sqlite_utils.Database:
        """Open the file and check it; damage is an `sqlite3.Error` here."""
        if self._path.exists() and self._path.stat().st_size:
            probe = sqlite3.connect(self._path)
            try:
                answer = probe.execute("PRAGMA quick_check(1)").fetchone()[0]
            finally:
                probe.close()
            if answer != "ok":
                damaged = sqlite3.DatabaseError(f"quick_check: {answer}")
                damaged.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
                raise damaged
        database = open_database(self._path, {COMPONENT: MIGRATIONS})
        # What fusion has learned of a resident is replaced here; the old bytes must not stay.
        database.execute("PRAGMA secure_delete=ON")
        return database

    def _put_aside(self) -> Path:
        number = 1
        while (aside := self._path.with_name(f"{self._path.name}.damaged-{number}")).exists():
            number += 1
        for suffix in ("-wal", "-shm", ""):
            with suppress(FileNotFoundError):
                os.replace(f"{self._path}{suffix}", f"{aside}{suffix}")
        self.set_aside = aside
        return aside


def _carry_over(aside: Path, database: sqlite_utils.Database) -> int:
    """Copy the rows that can still be read from a damaged file; return how many."""
    try:
        old = sqlite3.connect(f"file:{aside}?mode=ro", uri=True)
    except sqlite3.Error:
        return 0
    carried = 0
    try:
        with transaction(database) as db:
            for row in _readable(old, _ALL_ROWS):
                db.execute(
                    "INSERT OR IGNORE INTO outbox "
                    "(id, chain, importance, urgent, event, answered, refused) "
                    "VALUES (?, ?, ?, ?, CAST(? AS TEXT), ?, ?)",
                    row,
                )
                carried += 1
            for row in _readable(old, "SELECT key, value FROM state"):
                db.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", row)
    finally:
        old.close()
    return carried


_ALL_ROWS: Final = (
    "SELECT id, chain, importance, urgent, CAST(event AS BLOB), answered, refused FROM outbox "
    "NOT INDEXED ORDER BY seq"
)


def _readable(old: sqlite3.Connection, query: str) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of `query` up to the place where the file is damaged."""
    try:
        yield from old.execute(query)
    except sqlite3.DatabaseError as error:
        _log.error("the damaged outbox cannot be read further", error=str(error))
