"""Waiting for other processes, and reading what they wrote."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.patience import FAR_S, PATIENCE_S


def wait_for(what: Callable[[], object], limit_s: float = FAR_S) -> None:
    """Wait until `what` is true."""
    end = time.monotonic() + limit_s
    while not what():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.1)


def held_open(pid: int) -> list[str]:
    """Return the names of the files that a process holds open; none when it has ended."""
    held = []
    with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError):
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                held.append(os.readlink(link))
    return held


def rows(database: Path, query: str, *values: object) -> list[tuple[object, ...]]:
    """Read from a database that another process writes."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=PATIENCE_S)) as one:
        return one.execute(query, values).fetchall()
