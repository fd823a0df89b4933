"""The hub's one database file: a connection that writes, one that reads, each behind a lock.

Comes in: a path. Goes out: `HubDatabase`, whose `write` is one durable transaction and whose
`read` never waits for a writer (WAL). A disk that is full becomes `trouble`, which the page shows,
and a `StoreError` for whoever wanted to write; the next write that works clears it.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Final

import sqlite_utils

from ambient.closing import Closing
from ambient.errors import StoreError
from ambient.hub import digests, schema
from ambient.hub.people import takeover, vault
from ambient.sqlite import TROUBLES, is_full, open_database, store_error, writing

DATABASE: Final = "hub.db"
"""The name of the file, in the state folder of a hub."""

REWRITE_BYTES: Final = 64 * 1024 * 1024
"""Written anew in a second or two."""


class Trouble(StrEnum):
    """Why the hub cannot store what comes in."""

    DISK_FULL = "disk_full"
    DISK_LOW = "disk_low"
    DATABASE = "database"


class HubDatabase(Closing):
    """Two connections to ``hub.db``, shared by the hub's threads.

    Parameters
    ----------
    path
        The file; created with what is missing.

    Raises
    ------
    StoreError
        When it cannot be opened or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        migrations = schema.all_migrations()
        self._writer = open_database(path, migrations, any_thread=True)
        self._reader = open_database(path, migrations, any_thread=True)
        try:
            self.vault = self._unlock()
        except TROUBLES as error:
            raise store_error(path, error) from None
        self._writer.execute("PRAGMA secure_delete=ON")
        self._reader.conn.execute("PRAGMA query_only=ON")
        self._write_lock = threading.RLock()
        self._read_lock = threading.Lock()
        self.committed = time.monotonic()
        """When a transaction last reached the disk (steady clock, s)."""
        self.trouble: Trouble | None = None
        self.on_trouble: Callable[[], None] = lambda: None
        """Called whenever `trouble` changes."""

    def _unlock(self) -> vault.Vault:
        """Let both connections seal and open what is about residents."""
        keys = self._writer.execute("SELECT 1 FROM subject_keys LIMIT 1").fetchone()
        found = vault.load_or_make(self.path.with_name(vault.KEY_FILE), needed=keys is not None)
        for database in (self._writer, self._reader):
            found.serve(database.conn)
            digests.serve(database.conn)
        digests.keep(self._writer)
        takeover.take_over(self._writer)
        return found

    def scrub(self) -> None:
        """Leave nothing of what was deleted in the file or beside it.

        What is deleted is overwritten with zeros at once (`secure_delete`). A file that is not
        large is written anew as well; a large one would hold up alarms meanwhile, and what may
        be left in it of a resident is enciphered under a key that is overwritten.

        Raises
        ------
        StoreError
            When somebody reads without end, or the disk is full; what was deleted is deleted.
        """
        with self._write_lock:
            try:
                if self.path.stat().st_size <= REWRITE_BYTES:
                    self._writer.execute("VACUUM")
                busy = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            except sqlite3.Error as error:
                raise store_error(self.path, error) from None
        if busy:
            raise StoreError(
                f"{self.path}: expected to write the file anew, but another program reads it; "
                "end that program and ask again"
            )

    @contextmanager
    def write(self) -> Iterator[sqlite_utils.Database]:
        """Run a block as one transaction, on the disk when the block ends.

        Raises
        ------
        StoreError
            When the disk or the database cannot take it; nothing of it is stored then.
        """
        with self._write_lock:
            try:
                with writing(self._writer):
                    yield self._writer
            except sqlite3.Error as error:
                self._set(Trouble.DISK_FULL if is_full(error) else Trouble.DATABASE)
                raise store_error(self.path, error) from None
            self.committed = time.monotonic()
            if self.trouble in (Trouble.DISK_FULL, Trouble.DATABASE):
                self._set(None)

    def prove(self) -> None:
        """Write something to the disk, so that whoever asks knows that it takes it.

        Raises
        ------
        StoreError
            When it does not.
        """
        with self.write() as db:
            db.execute("UPDATE sequence SET value = value")

    @contextmanager
    def read(self) -> Iterator[sqlite_utils.Database]:
        """Run a block that reads one consistent state.

        Raises
        ------
        StoreError
            When the database cannot be read.
        """
        with self._read_lock:
            connection = self._reader.conn
            try:
                connection.execute("BEGIN")
                yield self._reader
            except TROUBLES as error:
                raise store_error(self.path, error) from None
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def low_on_space(self, low: bool) -> None:
        """Take in whether little space is left, measured by the service."""
        if low and self.trouble is None:
            self._set(Trouble.DISK_LOW)
        elif not low and self.trouble is Trouble.DISK_LOW:
            self._set(None)

    def close(self) -> None:
        """Close both connections; what was committed stays."""
        with self._write_lock, self._read_lock:
            self._writer.close()
            self._reader.close()

    def _set(self, trouble: Trouble | None) -> None:
        if trouble is not self.trouble:
            self.trouble = trouble
            self.on_trouble()
