"""From the previous release's store to this one's, and back by the backup from before.

``stores/hub_2.sql`` was written by that release's own code (``stores/make.py``): what its hub held
after a day with falls, a camera, a user, nodes, a resident's summary and a command that waits.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ambient import sealing
from ambient.bus import keys
from ambient.config import load_hub
from ambient.errors import StoreError, UsageError
from ambient.hub import restored, schema
from ambient.hub.accounts import Accounts
from ambient.hub.backups import back_up, restore
from ambient.hub.database import HubDatabase
from ambient.hub.people import erasure
from ambient.hub.people.vault import KEY_FILE
from ambient.hub.registry import Registry
from ambient.hub.store import Store
from ambient.sqlite import open_database
from tests.hub.kit import NS, PASSWORD, fall

KEPT = Path(__file__).parent / "stores" / "hub_2.sql"
NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
NOW = 4000 * NS
PRIVATE, PUBLIC = sealing.made_pair()
SUBJECT = "s-00aa"


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """The configuration of a hub whose state is the previous release's."""
    file = tmp_path / "etc" / "hub.yaml"
    file.parent.mkdir()
    state = tmp_path / "state"
    backups = tmp_path / "backups"
    file.write_text(f"site: house\nstate_dir: {state}\nbackup: {{key: {PUBLIC}, dir: {backups}}}\n")
    keys.load_or_make(state / keys.HUB_KEY)
    with closing(sqlite3.connect(state / "hub.db")) as database:
        database.executescript(KEPT.read_text("utf-8"))
    return file


def _dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as database:
        return list(database.iterdump())


def _saved(house: Path) -> Path:
    config = load_hub(house)
    assert config.backup is not None
    return back_up(config, house, config.backup.dir, PUBLIC, NOON)


def test_the_previous_store_goes_on(house: Path) -> None:
    state = load_hub(house).state_dir
    with closing(sqlite3.connect(state / "hub.db")) as before:
        events = before.execute("SELECT count(*) FROM events").fetchone()[0]
        open_before = before.execute("SELECT id FROM alarms WHERE state <> 'resolved'").fetchall()
        known = before.execute("SELECT node FROM enrolled_nodes ORDER BY node").fetchall()
    shapes = []
    for turn in range(2):  # again: a migration is applied once
        database = HubDatabase(state / "hub.db")
        store = Store(database)
        assert store.store("n-1", fall(3900 + 10.0 * turn, 2), NOW) == 2
        assert store.verify().broken is None
        assert store.verify().lines >= len(open_before) + 2
        assert [(one.node,) for one in Registry(database).nodes()] == known
        accounts = Accounts(database, second_factor_required=False)
        assert accounts.log_in("anna", PASSWORD, "10.0.0.1", time.time_ns())
        with database.read() as db:
            kept = db.execute("SELECT count(*) FROM events").fetchone()[0]
            still = db.execute("SELECT id FROM alarms WHERE state <> 'resolved'").fetchall()
            shapes.append(db.execute("SELECT name, sql FROM sqlite_master ORDER BY 1").fetchall())
            (waits,) = db.execute("SELECT count(*) FROM commands WHERE state = 'ordered'")
        assert kept == events + 2 * (turn + 1)
        assert set(open_before) <= set(still)
        assert waits[0] >= 1
        database.close()
    assert shapes[0] == shapes[1]
    # Sealed since then: the file holds the resident's pseudonym no more.
    assert SUBJECT.encode() not in (state / "hub.db").read_bytes()


def test_the_way_back_is_the_backup_from_before(house: Path, tmp_path: Path) -> None:
    state = load_hub(house).state_dir
    saved = _dump(state / "hub.db")
    backup = _saved(house)
    database = HubDatabase(state / "hub.db")
    Store(database).store("n-1", fall(3900, 2), NOW)
    database.close()
    with closing(sqlite3.connect(state / "hub.db")) as upgraded:
        versions = dict(upgraded.execute("SELECT component, version FROM schema_versions"))
    old = {name: schema.migrations(name)[:1] for name in ("alarms", "accounts", "registry")}
    assert versions["alarms"] > 1
    with pytest.raises(StoreError, match="made by a newer Ambient"):
        open_database(state / "hub.db", old)

    state.rename(tmp_path / "upgraded")
    contents, back = restore(backup, PRIVATE, house, NOW)
    assert contents.site == "house"
    assert _dump(back / "hub.db") == saved
    opened = open_database(back / "hub.db", old)
    opened.close()
    assert not (back / KEY_FILE).exists()
    made = round(NOON.timestamp()) * NS
    assert restored.lacks(back, NOW) == made - restored.MARGIN_NS
    # Up again, later.
    database = HubDatabase(back / "hub.db")
    assert Store(database).store("n-1", fall(3900, 2), NOW) == 2
    assert Store(database).verify().broken is None
    database.close()
    _saved(house)


def test_no_way_back_across_an_erasure(house: Path, tmp_path: Path) -> None:
    config = load_hub(house)
    backup = _saved(house)
    database = HubDatabase(config.state_dir / "hub.db")
    erasure.erase(database, erasure.ledger_files(config), "s-00bb", "dpo", NOW)
    database.close()
    config.state_dir.rename(tmp_path / "upgraded")
    with pytest.raises(UsageError, match="would bring them back"):
        restore(backup, PRIVATE, house, NOW)
    assert not (config.state_dir / "hub.db").exists()
