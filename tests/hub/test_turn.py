"""Events in a batch lead to the rows, and the log, that each in its own transaction does."""

from __future__ import annotations

from pathlib import Path

import pytest

from ambient import events
from ambient.events import AnyEvent, Worker
from ambient.hub.alarms.inputs import Begin
from ambient.hub.database import HubDatabase
from ambient.hub.site_rules import rules_of
from ambient.hub.store import Store
from ambient.observations import Hearing, View
from tests.hub.kit import NS, event, fall, hub_config, view

TABLES = ("alarms", "signals", "house", "events", "views", "commissioning", "rooms", "nodes")
ORDERED = ("history", "alarm_log", "alarm_log_parts")


def _night() -> list[AnyEvent]:
    """Falls, cameras and microphones that fail in one cause and come back, workers, late news."""
    night: list[AnyEvent] = [event(events.NodeStarted, 1, room=None)]
    for number in range(6):
        began, room = 100.0 * number + 10, f"r{number + 1}"
        night += fall(began, 4, room=room, seen=number % 2 == 0)
        night.append(view(events.QualityDegraded, began + 1, View.DARK, room=room))
        if number % 3:
            night.append(
                view(events.QualityRestored, began + 70, View.DARK, began=began + 1, room=room)
            )
        night.append(
            event(
                events.QualityDegraded,
                began + 2,
                family="hearing-m1",
                room=room,
                source="m1",
                hearing=Hearing.SILENT,
            )
        )
        failed = event(
            events.NodeWorkerFailed,
            began + 3,
            family="worker",
            room=None,
            worker=Worker.VISION,
            restarts=3,
        )
        again = event(
            events.NodeWorkerRestarted,
            began + 5,
            family="again",
            room=None,
            worker=Worker.VISION,
            restarts=1,
        )
        # What was sent again late: it is over already.
        night += [again, failed] if number % 2 else [failed, again]
    return night


@pytest.fixture(params=[5, 64])
def split(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def _stored(folder: Path, night: list[AnyEvent], size: int) -> dict[str, list[tuple[object, ...]]]:
    database = HubDatabase(folder / "hub.db")
    store = Store(database)
    store.decide(Begin(rules=rules_of(hub_config(folder))), NS)
    received = 2000 * NS
    for first in range(0, len(night), size):
        part = night[first : first + size]
        assert store.store("n-1", part, received) == len(part)
        assert store.store("n-1", part, received) == 0
    assert store.verify().broken is None
    with database.read() as db:
        found = {name: db.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall() for name in TABLES}
        for name in ORDERED:
            found[name] = db.execute(f"SELECT * FROM {name} ORDER BY number").fetchall()
    database.close()
    return found


def test_a_batch_is_stored_as_its_events_one_by_one(tmp_path: Path, split: int) -> None:
    night = _night()
    alone = _stored(tmp_path / "alone", night, 1)
    together = _stored(tmp_path / "together", night, split)
    for name in (*TABLES, *ORDERED):
        assert together[name] == alone[name], name
    assert len(alone["alarm_log"]) > 40


def test_an_event_twice_in_a_batch_is_stored_once(tmp_path: Path) -> None:
    database = HubDatabase(tmp_path / "hub.db")
    store = Store(database)
    assert store.store("n-1", [*fall(10), *fall(10)], 20 * NS) == 2
    database.close()
