"""Commands on the machine of a hub of two: its configuration, and which of them may write there."""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from ambient.cli._files import opened_hub
from ambient.cli.app import build
from ambient.errors import UsageError
from ambient.hub.database import DATABASE, HubDatabase
from ambient.hub.standby import kept, state
from ambient.hub.standby.kept import Status
from tests.patience import PATIENCE_S

OTHER = "https://10.0.0.5:8443"


def run(file: Path, *words: str) -> Result:
    return CliRunner().invoke(build(), [*words, "-c", str(file)])


@pytest.fixture
def second(tmp_path: Path) -> Path:
    """Return the ``hub.yaml`` of a second machine, which follows the first one's."""
    folder = tmp_path / "hub"
    folder.mkdir()
    with HubDatabase(folder / DATABASE):
        pass
    file = tmp_path / "hub.yaml"
    file.write_text(yaml.safe_dump({"site": "house", "state_dir": str(folder)}))
    there = {"address": "tcp://10.0.0.5:7441", "link": "tcp://10.0.0.5:7440", "page": OTHER}
    section = {"order": "second", "bind": "tcp://0.0.0.0:7441", "other": there}
    (folder / state.SECTION).write_text(yaml.safe_dump(section))
    (folder / state.FOLLOWED).write_text(yaml.safe_dump({"site": "house", "keep_days": 77}))
    return file


NOW = timedelta(seconds=-PATIENCE_S)
"""Of a hub that tells again and again: as long as a test may take, its words are fresh."""


def stands(file: Path, *, serves: bool, ago: timedelta = NOW) -> None:
    at = time.time_ns() - round(ago.total_seconds() * 1e9)
    kept.tell(file.parent / "hub", Status(at=at, serves=serves, term=2, other_serves=not serves))


def test_a_command_works_with_what_the_hub_runs_with(second: Path) -> None:
    with opened_hub(second) as (loaded, _):
        assert loaded.keep_days == 77
    assert state.in_force(second) == second.parent / "hub" / state.EFFECTIVE


@pytest.mark.parametrize(
    ("serves", "ago", "writes", "refused"),
    [
        pytest.param(False, NOW, True, True, id="stands by"),
        pytest.param(False, NOW, False, False, id="stands by, read only"),
        pytest.param(True, NOW, True, False, id="serves"),
        pytest.param(False, timedelta(minutes=1), True, False, id="runs no more"),
    ],
)
def test_a_hub_that_stands_by_takes_no_writer(
    second: Path, serves: bool, ago: timedelta, writes: bool, refused: bool
) -> None:
    stands(second, serves=serves, ago=ago)
    if not refused:
        with opened_hub(second, writes=writes):
            return
    with pytest.raises(UsageError, match=OTHER), opened_hub(second, writes=writes):
        pytest.fail("opened")


WRITERS = [
    ["invite"],
    ["nodes", "accept", "n-1"],
    ["nodes", "reject", "n-1"],
    ["nodes", "rooms", "n-1", "r1"],
    ["nodes", "revoke", "n-1"],
    ["nodes", "rotate", "n-1"],
    ["hub", "erase", "s-00aa", "--yes"],
    ["hub", "consent", "move-in", "s-00aa", "r1", "a"],
    ["hub", "consent", "withdraw", "s-00aa", "voice", "--by", "E"],
    ["hub", "retention", "--enforce"],
    ["hub", "forget-second-factor", "ada"],
]
READERS = [
    ["nodes", "list"],
    ["hub", "verify"],
    ["hub", "channels"],
    ["hub", "consent", "list"],
    ["hub", "care", "list"],
    ["hub", "retention"],
]


@pytest.mark.parametrize("words", WRITERS, ids=" ".join)
def test_each_command_that_writes_says_where_to_run_it(
    second: Path, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/bin/ambient", *words])
    stands(second, serves=False)
    done = run(second, *words)
    assert isinstance(done.exception, UsageError)
    assert f"({OTHER}): ambient {' '.join(words)}" in str(done.exception)


@pytest.mark.parametrize("words", READERS, ids=" ".join)
def test_each_command_that_reads_works_there(second: Path, words: list[str]) -> None:
    stands(second, serves=False)
    done = run(second, *words)
    assert done.exit_code == 0, done.exception


def test_a_backup_holds_what_the_hub_runs_with(
    second: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved: list[Path] = []
    key = "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqs3290gq"
    with second.open("a") as file:
        yaml.safe_dump({"backup": {"key": key, "dir": str(second.parent / "out")}}, file)

    def back_up(_config: object, file: Path, *_rest: object) -> Path:
        saved.append(file)
        return file

    monkeypatch.setattr("ambient.hub.backups.back_up", back_up)
    done = run(second, "backup")
    assert done.exit_code == 0, done.exception
    assert "keep_days: 77" in saved[0].read_text()
