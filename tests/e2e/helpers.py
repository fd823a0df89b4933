"""Waiting for other processes, and reading what they wrote."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path


def wait_for(what: Callable[[], object], limit_s: float = 40.0) -> None:
    """Wait until `what` is true."""
    end = time.monotonic() + limit_s
    while not what():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.1)


def rows(database: Path, query: str, *values: object) -> list[tuple[object, ...]]:
    """Read from a database that another process writes."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)) as one:
        return one.execute(query, values).fetchall()
