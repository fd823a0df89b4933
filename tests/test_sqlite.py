"""Several connections of one process, and other processes beside it, see one database."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from ambient.sqlite import open_database, writing

MIGRATIONS = {"test": ["CREATE TABLE things (name TEXT)"]}

OTHER = """
import sys
from pathlib import Path
from ambient.sqlite import open_database
open_database(Path(sys.argv[1]), {"test": ["CREATE TABLE things (name TEXT)"]}).close()
"""


def test_a_second_connection_keeps_the_locks_of_the_first(tmp_path: Path) -> None:
    """Without the locks, another process that closes last would delete the WAL in use."""
    path = tmp_path / "a.db"
    writer = open_database(path, MIGRATIONS)
    reader = open_database(path, MIGRATIONS)
    try:
        subprocess.run([sys.executable, "-c", OTHER, str(path)], check=True)
        with writing(writer) as db:
            db.execute("INSERT INTO things VALUES ('kept')")
        with closing(sqlite3.connect(path)) as third:
            assert third.execute("SELECT name FROM things").fetchall() == [("kept",)]
    finally:
        reader.close()
        writer.close()
