"""SQLite's own program for copies of a database in use, `sqlite3_rsync`, as one end of a copy.

Comes in: the database's path and which end it is. Goes out: a process whose standard input and
output are to be joined to those of the other end, wherever that runs. It compares pages by their
hashes, sends those that differ from one consistent state of the origin, and writes them to the
replica in one transaction: killed at any moment it leaves the replica as it was or as it is to be
(https://sqlite.org/rsync.html). The program comes with the package *apsw*, which is not imported:
two libraries of SQLite in one process would break each other's locks.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
from enum import StrEnum
from pathlib import Path
from typing import Final

from ambient.closing import Closing
from ambient.errors import StoreError

PROGRAM: Final = Path("sqlite_extra_binaries", "sqlite3_rsync")
CHUNK: Final = 64 * 1024
END_S: Final = 10.0


class Role(StrEnum):
    """Which end of a copy."""

    ORIGIN = "--origin"
    REPLICA = "--replica"


def program() -> Path:
    """Return where the program is.

    Raises
    ------
    StoreError
        When it is not installed.
    """
    found = importlib.util.find_spec("apsw")
    folders = [] if found is None else list(found.submodule_search_locations or [])
    for folder in folders:
        if (Path(folder) / PROGRAM).is_file():
            return Path(folder) / PROGRAM
    raise StoreError(
        "sqlite3_rsync: expected SQLite's program for copies in the package apsw, found none; "
        "install Ambient with its extra `hub` on this machine"
    )


class Side(Closing):
    """One end of a copy; nothing here waits.

    Parameters
    ----------
    role
        Which end.
    database
        Its file.

    Raises
    ------
    StoreError
        When the program is not installed, or cannot be started.
    """

    def __init__(self, role: Role, database: Path) -> None:
        try:
            self._process = subprocess.Popen(
                [program(), role.value, str(database), str(database)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                umask=0o077,
            )
        except OSError as error:
            raise StoreError(f"sqlite3_rsync: cannot be started ({error.strerror})") from None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.writes: Final = self._process.stdin.fileno()
        """Descriptor to poll for room while `waiting`."""
        self.reads: Final = self._process.stdout.fileno()
        """Descriptor to poll for what it says."""
        os.set_blocking(self.writes, False)
        self._waiting = bytearray()

    @property
    def waiting(self) -> int:
        """How many bytes it has not taken yet."""
        return len(self._waiting)

    def give(self, data: bytes) -> None:
        """Take what the other end said."""
        self._waiting += data
        self.flush()

    def flush(self) -> None:
        """Hand on what waits, as far as the program takes it."""
        while self._waiting:
            try:
                written = os.write(self.writes, self._waiting[:CHUNK])
            except BlockingIOError:
                return
            except BrokenPipeError:
                self._waiting.clear()  # it ended; its exit status says why
                return
            del self._waiting[:written]

    def take(self) -> bytes:
        """Return what it says to the other end, once `reads` is readable; nothing at its end."""
        return os.read(self.reads, CHUNK)

    def end(self) -> str | None:
        """Wait for its end; return why it failed, or nothing.

        A copy that failed leaves the replica as it was.
        """
        stderr = self._process.stderr
        try:
            code = self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            return f"expected it to end within {END_S:.0f} s"
        said = b"" if stderr is None else stderr.read(CHUNK)
        if code == 0 and not said:
            return None
        text = " ".join(said.decode(errors="replace").split())
        return text or f"exit status {code}"

    def close(self) -> None:
        """End it, whatever it is doing."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue  # nothing of it is wanted any more
