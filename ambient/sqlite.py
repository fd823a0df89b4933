"""Open a SQLite database that survives power loss, and bring its schema up to date.

Comes in: a path and, for each component that keeps tables there, its numbered migrations. Goes
out: a `sqlite_utils.Database` in WAL mode with ``synchronous=FULL``. Several components share one
file without knowing each other: each has its own line in the table ``schema_versions``. A
connection belongs to the thread that opened it unless the caller guards it with a lock.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import sqlite_utils

from ambient.errors import StoreError

Migration = str | Callable[[sqlite_utils.Database], None]
"""One step of a schema: an SQL script, or a function; never changed once released."""

TROUBLES: Final = (sqlite3.Error, UnicodeDecodeError)
"""What a database raises; the second when it quotes a damaged name in what it says."""
BUSY_TIMEOUT_S: Final = 10.0
"""How long one process waits for another one's lock, to write or to read."""

_VERSIONS: Final = (
    "CREATE TABLE IF NOT EXISTS schema_versions ("
    "component TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID"
)
_HAS_VERSIONS: Final = "SELECT count(*) FROM sqlite_master WHERE name = 'schema_versions'"


def open_database(
    path: Path, migrations: Mapping[str, Sequence[Migration]], *, any_thread: bool = False
) -> sqlite_utils.Database:
    """Open or create the database at `path` and apply the migrations that it lacks.

    Parameters
    ----------
    path
        The file; it and missing folders are created for the owner alone (0600, 0700).
    migrations
        Component name ► its migrations in order. Version n of a component means that its first
        n migrations were applied; each runs in a transaction of its own. Opening again, or from
        several processes at once, changes nothing, and waits for nobody who writes: the write lock
        is taken only for what is lacking.
    any_thread
        Let other threads use the connection too; the caller then guards it with a lock.

    Returns
    -------
    sqlite_utils.Database
        WAL, ``synchronous=FULL``, foreign keys on.

    Raises
    ------
    StoreError
        When the file cannot be opened, is no database, was made by a newer version, or the disk
        is full.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # SQLite would create the file with the umask's mode; it holds what only the service reads.
        # A file that is there is not opened here: closing it would drop the locks that this
        # process holds on it (POSIX), and whoever closes last would delete the WAL in use.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, check_same_thread=not any_thread)
    except OSError as error:
        raise StoreError(
            f"{path}: expected a file to read and write, got: {error.strerror}; "
            "check the folder's owner and the free space"
        ) from None
    except sqlite3.Error as error:
        raise store_error(path, error) from None
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        database = sqlite_utils.Database(connection)
        _migrate(database, path, migrations)
    except TROUBLES as error:
        connection.close()
        raise store_error(path, error) from None
    except BaseException:
        connection.close()
        raise
    return database


def open_to_read(path: Path) -> sqlite3.Connection:
    """Open a database of another process to read; nothing is made, brought up to date or written.

    Raises
    ------
    sqlite3.Error
        When there is none, or it cannot be read.
    """
    uri = f"{path.absolute().as_uri()}?mode=ro"
    return sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S)


@contextmanager
def writing(database: sqlite_utils.Database) -> Iterator[sqlite_utils.Database]:
    """Run a block as one write transaction: all of it is stored, or nothing.

    The write lock is taken at once: a transaction that begins by reading and then writes would
    fail in WAL mode when another process wrote in between. Nested blocks join the outer one.
    """
    connection = database.conn
    if connection.in_transaction:
        yield database
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield database
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            # A full disk may have rolled back already.
            connection.execute("ROLLBACK")
        raise


def store_error(path: Path, error: Exception) -> StoreError:
    """Return the `StoreError` that says what happened to the database and what to do."""
    if is_full(error):
        return StoreError(
            f"{path}: expected space on the disk, got none left; free some: nothing is lost "
            "meanwhile, what could not be written is tried again"
        )
    if is_damaged(error):
        return StoreError(
            f"{path}: expected a SQLite database, got a damaged or foreign file; "
            "restore it from a backup, or move it away so that a new one is made"
        )
    return StoreError(f"{path}: the database answered: {error}; check its owner and the disk")


def is_full(error: Exception) -> bool:
    """Return whether `error` says that the disk is full."""
    code = getattr(error, "sqlite_errorcode", None)
    # In WAL mode the shared-memory file fails to grow with an I/O error instead.
    return code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE)


def is_damaged(error: Exception) -> bool:
    """Return whether `error` says that the file is no database, or a broken one."""
    if isinstance(error, UnicodeDecodeError):
        return True
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def schema_version(database: sqlite_utils.Database, component: str) -> int:
    """Return how many migrations of `component` were applied to `database`."""
    row = database.conn.execute(
        "SELECT version FROM schema_versions WHERE component = ?", (component,)
    ).fetchone()
    return 0 if row is None else int(row[0])


def _migrate(
    database: sqlite_utils.Database, path: Path, migrations: Mapping[str, Sequence[Migration]]
) -> None:
    if not database.conn.execute(_HAS_VERSIONS).fetchone()[0]:
        with writing(database):
            database.conn.execute(_VERSIONS)
    for component, steps in migrations.items():
        version = schema_version(database, component)
        if version > len(steps):
            raise StoreError(
                f"{path}: expected at most version {len(steps)} of {component}, got {version}: "
                "the file was made by a newer Ambient; install that version again"
            )
        for number in range(version, len(steps)):
            _apply(database, component, number, steps[number])


def _apply(
    database: sqlite_utils.Database, component: str, number: int, migration: Migration
) -> None:
    with writing(database):
        if schema_version(database, component) > number:
            return  # another process was faster
        if isinstance(migration, str):
            # Inside an open transaction sqlite-utils runs the statements one by one; the
            # driver's own executescript would commit first.
            database.executescript(migration)
        else:
            migration(database)
        database.conn.execute(
            "INSERT INTO schema_versions VALUES (?, ?) "
            "ON CONFLICT (component) DO UPDATE SET version = excluded.version",
            (component, number + 1),
        )
