"""The state of the hub that serves reaches the other one, and what is erased leaves it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from ambient.errors import ConfigError, StoreError
from ambient.events import Purpose
from ambient.hub.alarms.kinds import STANDBY_HUB, TORN_NETWORK
from ambient.hub.database import HubDatabase
from ambient.hub.partner_watch import PartnerWatch
from ambient.hub.people import erasure
from ambient.hub.people.consents import Capacity
from ambient.hub.people.register import Register
from ambient.hub.registry import Registry
from ambient.hub.standby import rsync, state
from ambient.hub.standby.rsync import Role, Side
from ambient.hub.standby.state import effective
from ambient.hub.store import Store
from tests.hub.kit import NS, enrol, fall
from tests.hub.standby.kit import Both

WHO = "s-0a1b"


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Both]:
    made = Both(tmp_path)
    yield made
    made.close()


def events_in(path: Path) -> int:
    with closing(sqlite3.connect(path)) as database:
        return int(database.execute("SELECT count(*) FROM events").fetchone()[0])


def test_what_is_committed_is_there_with_the_next_copy(both: Both) -> None:
    enrol(Registry(both.database), "n-1", ["r1"])
    store = Store(both.database)
    with both.copying() as (fresh, _):
        for count in (1, 2):
            store.store("n-1", fall(count, 1), count * NS)
            fresh()
            assert events_in(both.copy / "hub.db") == count
    assert (both.copy / "subjects.key").read_bytes() == (
        both.configs["first"].state_dir / "subjects.key"
    ).read_bytes()
    with HubDatabase(both.copy / "hub.db") as copy:
        assert Store(copy).verify() == store.verify()
        assert Registry(copy).served() == {"n-1": ["r1"]}


def test_a_copy_that_is_killed_leaves_the_copy_of_before(both: Both, tmp_path: Path) -> None:
    store = Store(both.database)
    store.store("n-1", fall(1, 1), NS)
    with both.copying() as (fresh, _):
        fresh()
    store.store("n-1", fall(2, 1), NS)
    origin = Side(Role.ORIGIN, both.configs["first"].state_dir / "hub.db")
    with origin, Side(Role.REPLICA, both.copy / "hub.db") as replica:
        replica.give(origin.take())
    assert events_in(both.copy / "hub.db") == 1


def test_an_erasure_leaves_nothing_in_the_copy(both: Both) -> None:
    enrol(Registry(both.database), "n-1", ["r1"])
    register = Register(both.database)
    register.move_in(WHO, "r1", "a", "ada", 1)
    register.decide(
        WHO, Purpose.VOICE, True, by="Erika Muster", capacity=Capacity.RESIDENT, who="ada", now=2
    )
    with both.database.read() as db:
        sealed = [row[0] for row in db.execute("SELECT body FROM consents").fetchall()]
    assert sealed
    with both.copying() as (fresh, _):
        fresh()
        assert sealed[0].encode() in bytes_of(both.copy)
        files = erasure.ledger_files(both.configs["first"])
        erasure.erase(both.database, files, WHO, "dora", 300 * NS)
        fresh()
    assert sealed[0].encode() not in bytes_of(both.copy)


def test_what_the_other_hub_erased_is_erased_here(both: Both) -> None:
    """An erasure that was not copied any more when its hub failed is not undone by that."""
    enrol(Registry(both.database), "n-1", ["r1"])
    Register(both.database).move_in(WHO, "r1", "a", "ada", 1)
    with both.copying() as (fresh, _):
        fresh()
    with HubDatabase(both.copy / "hub.db") as other:
        files = erasure.ledger_files(both.configs["second"])
        erasure.erase(other, files, WHO, "dora", 300 * NS)
    with both.copying() as (fresh, pairing):
        fresh()
        ledger = pairing.erased()
        assert pairing.erased() is None, "once"
    assert ledger is not None
    back = erasure.catch_up(both.database, [ledger], 400 * NS)
    assert back == 1


class _Partner:
    """The other hub, as the one that serves is told of it."""

    def __init__(self) -> None:
        self.since: int | None = None
        self.torn: int | None = None
        self.ledger: Path | None = None
        self.lacks, self.term, self.addresses = 0, 2, ["tcp://10.0.0.5:7440"]

    def node(self, term: int) -> bool:
        return True

    def fails_since(self) -> int | None:
        return self.since

    def torn_since(self) -> int | None:
        return self.torn

    def erased(self) -> Path | None:
        return self.ledger

    def stays(self) -> bool:
        return False


class _Hub:
    def __init__(self, both: Both) -> None:
        self.database = both.database
        self.store = Store(both.database)

    def now(self) -> int:
        return 500 * NS


def test_a_hub_that_nobody_stands_by_says_so(both: Both) -> None:
    partner, hub = _Partner(), _Hub(both)
    watch = PartnerWatch(both.configs["first"], hub, partner)  # type: ignore[arg-type]

    def alarms() -> list[tuple[str, str]]:
        with both.database.read() as db:
            return [
                tuple(row)
                for row in db.execute("SELECT key, state FROM alarms ORDER BY key").fetchall()
            ]

    watch.look()
    assert alarms() == []
    partner.since = 100 * NS
    watch.look()
    assert alarms() == [(f"channel:{STANDBY_HUB}", "active")]
    partner.since = None
    watch.look()
    assert alarms() == [(f"channel:{STANDBY_HUB}", "resolved")]
    partner.torn = 200 * NS
    watch.look()
    assert alarms()[1:] == [(f"channel:{TORN_NETWORK}", "active")]
    partner.torn = None
    PartnerWatch(both.configs["first"], hub, partner).look()  # type: ignore[arg-type]
    assert alarms()[1:] == [(f"channel:{TORN_NETWORK}", "resolved")], "also after a new start"


def test_the_second_hub_follows_the_firsts_configuration(both: Both) -> None:
    file = both.files["second"]
    own = effective(file)
    other = both.files["first"].read_bytes() + b"silent_s: 20\n"
    state.put(state.CONFIG, other, both.copy, file)
    assert effective(file) == msgspec.structs.replace(own, silent_s=20)
    state.put(state.CONFIG, other, both.configs["first"].state_dir, both.files["first"])
    assert effective(both.files["first"]) == both.configs["first"], "the first one follows nobody"


def test_a_configuration_that_cannot_be_used_here_is_left(both: Both) -> None:
    file = both.files["second"]
    before = effective(file)
    with pytest.raises(ConfigError, match="silent_s"):
        state.put(state.CONFIG, b"site: site\nsilent_s: never\n", both.copy, file)
    assert effective(file) == before


def test_without_the_program_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rsync, "PROGRAM", Path("nowhere"))
    with pytest.raises(StoreError, match="extra `hub`"):
        rsync.program()


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
