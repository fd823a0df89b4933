"""Backups: taken while the hub writes, sealed, complete or not there; restored by one command."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from ambient import sealing
from ambient.bus import keys
from ambient.cli.app import build
from ambient.config import load_hub
from ambient.errors import StoreError, UsageError
from ambient.hub.backups import Contents, back_up, forget_old, restore
from ambient.hub.database import HubDatabase
from ambient.hub.store import Store
from tests.hub.kit import fall

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
PRIVATE, PUBLIC = sealing.made_pair()


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A hub's configuration, with its state beside it."""
    file = tmp_path / "etc" / "hub.yaml"
    file.parent.mkdir()
    file.write_text(f"site: house\nstate_dir: {tmp_path / 'state'}\nbackup: {{key: {PUBLIC}}}\n")
    keys.load_or_make(tmp_path / "state" / keys.HUB_KEY)
    return file


def events_in(path: Path) -> int:
    with closing(sqlite3.connect(path)) as database:
        return int(database.execute("SELECT count(*) FROM events").fetchone()[0])


def taken(house: Path, folder: Path, now: datetime = NOON, key: str = PUBLIC) -> Path:
    return back_up(load_hub(house), house, folder, key, now)


def test_a_backup_while_the_hub_writes_is_whole_and_comes_back(house: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    database = HubDatabase(state / "hub.db")
    store = Store(database)
    store.store("n-1", fall(0), 1)
    enough, stop = threading.Event(), threading.Event()

    def write() -> None:
        number = 1
        while not stop.is_set():
            store.store("n-1", fall(number), number)
            number += 1
            if number > 20:
                enough.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert enough.wait(60)
        made = taken(house, tmp_path / "backups")
    finally:
        stop.set()
        writer.join()
    database.close()
    assert sorted(path.name for path in (tmp_path / "backups").iterdir()) == [
        "erasures.jsonl",
        made.name,
    ]
    assert [path.name for path in state.iterdir() if path.name.startswith(".")] == []
    data = made.read_bytes()
    assert b"SQLite format" not in data
    assert b"fall.confirmed" not in data

    # Another machine: nothing of the old one is there.
    before = events_in(state / "hub.db")
    state.rename(tmp_path / "burnt")
    contents, where = restore(made, f"# kept in the safe\n{PRIVATE}\n", house, 1)
    assert (contents.site, where) == ("house", state)
    assert 40 <= events_in(state / "hub.db") <= before
    for name in ("hub.db", "subjects.key", keys.HUB_KEY):
        assert (state / name).stat().st_mode & 0o777 == 0o600
    old = keys.load_pair(tmp_path / "burnt" / keys.HUB_KEY)
    assert keys.load_pair(state / keys.HUB_KEY) == old, "nodes know the hub by its key"
    HubDatabase(state / "hub.db").close()


def test_a_machine_without_a_configuration_gets_that_of_the_backup(
    house: Path, tmp_path: Path
) -> None:
    HubDatabase(tmp_path / "state" / "hub.db").close()
    made = taken(house, tmp_path / "backups")
    (tmp_path / "state").rename(tmp_path / "burnt")
    text = house.read_text()
    house.unlink()
    _, where = restore(made, PRIVATE, house, 1)
    assert house.read_text() == text
    assert (where / "hub.db").exists()


def test_a_restore_never_writes_over_a_hub(house: Path, tmp_path: Path) -> None:
    HubDatabase(tmp_path / "state" / "hub.db").close()
    made = taken(house, tmp_path / "backups")
    with pytest.raises(UsageError, match="expected no hub there"):
        restore(made, PRIVATE, house, 1)


def changed(data: bytes) -> bytes:
    return data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :]


@pytest.mark.parametrize(
    ("spoil", "private", "error", "said"),
    [
        pytest.param(lambda d: d, sealing.made_pair()[0], UsageError, "sealed for another",
                     id="another key"),
        pytest.param(lambda d: d, PUBLIC, UsageError, "expected a private key", id="public key"),
        pytest.param(changed, PRIVATE, StoreError, "damaged or foreign", id="a flipped bit"),
        pytest.param(lambda d: d[:-100], PRIVATE, StoreError, "damaged or foreign", id="cut off"),
        pytest.param(lambda d: b"", PRIVATE, StoreError, "damaged or foreign", id="empty"),
    ],
)  # fmt: skip
def test_what_is_no_good_backup_is_refused_and_leaves_nothing(
    house: Path, tmp_path: Path, spoil: object, private: str, error: type[Exception], said: str
) -> None:
    assert callable(spoil)
    HubDatabase(tmp_path / "state" / "hub.db").close()
    made = taken(house, tmp_path / "backups")
    (tmp_path / "state").rename(tmp_path / "burnt")
    made.write_bytes(spoil(made.read_bytes()))
    with pytest.raises(error, match=said):
        restore(made, private, house, 1)
    assert not (tmp_path / "state").exists()
    assert [path.name for path in house.parent.iterdir()] == ["hub.yaml"]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        pytest.param({"a.txt": b"?"}, "expected a hub's backup", id="another archive"),
        pytest.param(
            {"contents.json": msgspec.json.encode(
                Contents(site="s", software="0", made="", digests={"../x": "0"})),
             "../x": b"out"},
            "expected a hub's backup|expected .* in it", id="a way out of the folder",
        ),
        pytest.param(
            {"contents.json": msgspec.json.encode(
                Contents(site="s", software="0", made="",
                         digests={"hub.db": "0", "hub.key": "0", "hub.yaml": "0"})),
             "hub.db": b"", "hub.key": b"", "hub.yaml": b""},
            "expected hub.db as it was saved", id="other content",
        ),
    ],
)  # fmt: skip
def test_an_archive_with_something_else_is_refused(
    house: Path, tmp_path: Path, files: dict[str, bytes], said: str
) -> None:
    made = tmp_path / "backup.age"
    archive = sealing.archive(files)
    made.write_bytes(sealing.sealed(archive, sealing.recipient_of(PUBLIC)))
    with pytest.raises(StoreError, match=said):
        restore(made, PRIVATE, house, 1)
    assert not (tmp_path / "state" / "hub.db").exists()
    assert not (tmp_path / "etc" / "x").exists()


def test_a_damaged_database_is_never_backed_up(house: Path, tmp_path: Path) -> None:
    path = tmp_path / "state" / "hub.db"
    HubDatabase(path).close()
    data = path.read_bytes()
    path.write_bytes(data[:4096] + bytes(4096) + data[8192:])
    with pytest.raises(StoreError, match=r"damage"):
        taken(house, tmp_path / "backups")
    assert list((tmp_path / "backups").glob("*.age")) == []


def test_the_newest_are_kept(house: Path, tmp_path: Path) -> None:
    HubDatabase(tmp_path / "state" / "hub.db").close()
    folder = tmp_path / "backups"
    made = [taken(house, folder, NOON + timedelta(days=day)) for day in range(4)]
    assert forget_old(folder, 2) == made[:2]
    assert sorted(folder.glob("*.age")) == made[2:]


def test_by_command(house: Path, tmp_path: Path) -> None:
    run = CliRunner()
    HubDatabase(tmp_path / "state" / "hub.db").close()
    key = tmp_path / "recovery.key"
    told = run.invoke(build(), ["recovery-key", str(key)])
    assert told.exit_code == 0
    public = told.output.rsplit("{key: ", 1)[1].split("}")[0]
    assert key.stat().st_mode & 0o777 == 0o600
    folder = tmp_path / "backups"
    house.write_text(
        f"site: house\nstate_dir: {tmp_path / 'state'}\n"
        f"backup: {{key: {public}, dir: {folder}, keep: 1}}\n"
    )
    assert run.invoke(build(), ["backup", "-c", str(house)]).exit_code == 0
    (tmp_path / "state").rename(tmp_path / "burnt")
    [made] = folder.glob("*.age")
    back = run.invoke(build(), ["restore", str(made), "--key", str(key), "-c", str(house)])
    assert back.exit_code == 0, back.output
    assert (tmp_path / "state" / "hub.db").exists()


def test_a_backup_that_is_not_there_is_not_called_damaged(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="found none; check the path"):
        sealing.open_file(tmp_path / "none.age", tmp_path / "out", PRIVATE)
