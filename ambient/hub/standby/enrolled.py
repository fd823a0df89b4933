"""Which nodes are enrolled, as the copy of the registry says that a hub standing by has.

Comes in: its state folder, a key. Goes out: whether it is a node's, and whether there are any. Read
by itself: a hub that stands by has no database open, since the copy is written under it.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import sqlite_utils
import structlog

from ambient.hub import registry_rows
from ambient.hub.database import DATABASE
from ambient.hub.nodes import Standing

_log = structlog.get_logger(__name__)


def admits(state_dir: Path, key: str) -> tuple[bool, str]:
    """Return whether the node of `key` is enrolled, and its name."""
    try:
        with closing(_opened(state_dir)) as database:
            holder = registry_rows.holder(sqlite_utils.Database(database), key)
    except sqlite3.Error as error:
        _log.error("the copy of the registry cannot be read", error=str(error))
        return False, ""
    return holder.standing in (Standing.ENROLLED, Standing.NEXT), holder.node


def any_node(state_dir: Path) -> bool | None:
    """Return whether any node is enrolled; nothing when that cannot be asked now."""
    if not (state_dir / DATABASE).exists():
        return False
    query = "SELECT 1 FROM enrolled_nodes WHERE revoked IS NULL LIMIT 1"
    try:
        with closing(_opened(state_dir)) as database:
            return database.execute(query).fetchone() is not None
    except sqlite3.Error:
        return None  # it is being copied, or has no tables yet


def _opened(state_dir: Path) -> sqlite3.Connection:
    path = (state_dir / DATABASE).absolute()
    return sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=1)
