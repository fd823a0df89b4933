"""Make a kept store: the database of an earlier version, as that version's own code writes it.

Run in a checkout of that version: ``PYTHONPATH=. python .../make.py OUT``. Two
nodes, a user and an API token, falls in every state, a camera, a worker, summaries of a resident, a
command that waits. The hub's times are fixed; keys and salts are random.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from ambient import events
from ambient.hub.accounts import Accounts
from ambient.hub.database import HubDatabase
from ambient.hub.identities import Role
from ambient.hub.registry import Registry
from ambient.hub.store import Store
from ambient.observations import View
from tests.hub import kit

NS = kit.NS


def make(out: Path) -> None:
    """Write the store to `out` as SQL."""
    path = Path(tempfile.mkdtemp()) / "hub.db"
    database = HubDatabase(path)
    # What it can do is what it could then.
    store: Any = Store(database)
    registry = Registry(database)
    kit.enrol(registry, "n-1", ["r1", "r2", "r3"])
    kit.enrol(registry, "n-2", ["r4"])
    accounts = Accounts(database)
    accounts.add_user("anna", kit.PASSWORD, Role.ADMIN, NS)
    store.store("n-1", [kit.event(events.NodeStarted, 1, room=None)], 2 * NS)
    for number, steps in enumerate((2, 3, 4), 1):
        life = [
            replace(one, subject="s-00aa")
            for one in kit.fall(10.0 * number, steps, room=f"r{number}")
        ]
        store.store("n-1", life, (100 + number) * NS)
    seen = kit.fall(20.0, 1, room="r2")[0].chain
    store.acknowledge(seen, "anna", 130 * NS)
    store.store("n-1", [kit.view(events.QualityDegraded, 50, View.DARK, room="r3")], 140 * NS)
    failed = kit.event(
        events.NodeWorkerFailed, 60, room=None, worker=events.Worker.VISION, restarts=3
    )
    store.store("n-1", [failed], 150 * NS)
    at = kit.event(events.NodeStarted, 3600, room="r1", family="summary")
    hourly = events.SummaryHourly(
        id=at.id,
        t=at.t,
        node=at.node,
        room=at.room,
        chain=at.chain,
        position=0,
        config_version=at.config_version,
        purpose=events.Purpose.VOICE,
        began=0,
        subject="s-00aa",
    )
    store.store("n-1", [hourly], 3601 * NS)
    store.pause("r1", 600, "anna", 3700 * NS)
    store.silent("n-2", 10 * NS, 3800 * NS)
    database.close()
    with sqlite3.connect(path) as connection:
        out.write_text("\n".join(connection.iterdump()) + "\n", "utf-8")


if __name__ == "__main__":
    make(Path(sys.argv[1]))
