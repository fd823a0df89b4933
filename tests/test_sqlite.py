"""Databases: durable, private, migrated step by step, opened twice without harm."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import sqlite_utils

from ambient.errors import StoreError
from ambient.sqlite import BUSY_TIMEOUT_S, open_database, open_to_read, schema_version, writing

ONE = "CREATE TABLE a (x INTEGER);"
TWO = "CREATE TABLE b (x INTEGER); INSERT INTO b VALUES (1);"


def _half(db: sqlite_utils.Database) -> None:
    with writing(db):
        db.execute("INSERT INTO a VALUES (2)")
        db.execute("INSERT INTO nowhere VALUES (2)")


def three(db: sqlite_utils.Database) -> None:
    db.execute("UPDATE b SET x = x + 1")


def test_it_is_private_durable_and_migrated(tmp_path: Path) -> None:
    path = tmp_path / "state" / "x.db"
    with closing(open_database(path, {"p": [ONE]})) as db:
        assert schema_version(db, "p") == 1
        assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert db.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    for _ in range(2):
        with closing(open_database(path, {"p": [ONE, TWO, three], "q": []})) as db:
            assert schema_version(db, "p") == 3
            assert db.execute("SELECT x FROM b").fetchall() == [(2,)]


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with pytest.raises(StoreError, match="near"):
        open_database(path, {"p": [ONE, TWO + "nonsense;"]})
    with closing(open_database(path, {"p": [ONE]})) as db:
        assert db.table_names() == ["schema_versions", "a"]


def test_several_processes_open_it_at_once(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from ambient.sqlite import open_database; "
        f"open_database(Path(sys.argv[1]), {{'p': [{ONE!r}, {TWO!r}]}}).close()"
    )
    running = [
        subprocess.Popen([sys.executable, "-W", "error", "-c", code, str(tmp_path / "x.db")])
        for _ in range(3)
    ]
    assert [one.wait() for one in running] == [0, 0, 0]


def test_opening_what_lacks_nothing_waits_for_no_writer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.db"
    monkeypatch.setattr("ambient.sqlite.BUSY_TIMEOUT_S", 0.2)
    with closing(open_database(path, {"p": [ONE]})) as writer, writing(writer):
        writer.execute("INSERT INTO a VALUES (1)")
        with closing(open_database(path, {"p": [ONE]})) as db:
            assert db.execute("SELECT count(*) FROM a").fetchone()[0] == 0
        with pytest.raises(StoreError, match="database is locked"):
            open_database(path, {"p": [ONE, TWO]})


def test_who_only_reads_waits_as_others_do_and_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "what? 100% #1.db"
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        open_to_read(path)
    with closing(open_database(path, {"p": [ONE]})), closing(open_to_read(path)) as db:
        assert db.execute("PRAGMA busy_timeout").fetchone()[0] == BUSY_TIMEOUT_S * 1000
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            db.execute("INSERT INTO a VALUES (1)")


@pytest.mark.parametrize(
    ("content", "text"),
    [(b"garbage " * 1_000, "damaged or foreign"), (None, "unable to open")],
)
def test_what_is_no_database_is_an_error_of_one_line(
    tmp_path: Path, content: bytes | None, text: str
) -> None:
    path = tmp_path / "x.db"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(StoreError, match=text):
        open_database(path, {"p": [ONE]})


def test_a_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    open_database(tmp_path / "x.db", {"p": [ONE, TWO]}).close()
    with pytest.raises(StoreError, match="expected at most version 1 of p, got 2"):
        open_database(tmp_path / "x.db", {"p": [ONE]})


def test_a_block_is_stored_whole_or_not_at_all(tmp_path: Path) -> None:
    with closing(open_database(tmp_path / "x.db", {"p": [ONE]})) as db:
        with writing(db), writing(db):
            db.execute("INSERT INTO a VALUES (1)")
        with pytest.raises(sqlite3.OperationalError):
            _half(db)
        assert db.execute("SELECT x FROM a").fetchall() == [(1,)]
