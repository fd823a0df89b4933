"""Commands that read, while another process holds the write lock of the hub's database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from ambient.cli.app import build
from ambient.hub.database import DATABASE, HubDatabase

CHANNELS = {
    "log": {
        "kind": "syslog",
        "options": {"host": "127.0.0.1", "port": 9, "over": "tcp"},
        "accepted_by": "M. Beispiel",
        "accepted_on": "2026-05-31",
    }
}
READERS = [
    ["nodes", "list"],
    ["nodes", "list", "--json"],
    ["hub", "verify"],
    ["hub", "channels"],
    ["hub", "consent", "list"],
    ["hub", "care", "list"],
    ["hub", "retention"],
    ["burden", "report"],
]


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Path]:
    """Return the ``hub.yaml`` of a hub whose database somebody is writing, without an end."""
    state = tmp_path / "hub"
    with HubDatabase(state / DATABASE):
        pass
    file = tmp_path / "hub.yaml"
    file.write_text(
        yaml.safe_dump({"site": "house", "state_dir": str(state), "channels": CHANNELS})
    )
    with closing(sqlite3.connect(state / DATABASE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE sequence SET value = value + 1")
        yield file
        other.execute("ROLLBACK")


@pytest.mark.parametrize("words", READERS, ids=" ".join)
def test_who_reads_waits_for_no_writer(
    locked: Path, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whoever wanted the write lock would wait for it in vain, and need not do so for long here.
    monkeypatch.setattr("ambient.sqlite.BUSY_TIMEOUT_S", 0.2)
    done = CliRunner().invoke(build(), [*words, "-c", str(locked)])
    assert done.exit_code == 0, done.exception
