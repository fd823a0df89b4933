"""How long what is kept, as a table; and the commands, as somebody types them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from ambient import events
from ambient.cli.app import build
from ambient.config import HubConfig
from ambient.config_people import People, Retention
from ambient.events import AnyEvent, Purpose
from ambient.hub.database import HubDatabase
from ambient.hub.people import erasure, retention
from ambient.hub.people.duty import Residents
from ambient.hub.people.register import Register
from ambient.hub.people.retention import DAY, Category
from ambient.hub.registry import Registry
from ambient.hub.store import Store
from tests.hub.kit import NS, enrol, fall
from tests.hub.people.test_consents import ONE, summary

DAYS = {Category.HOURLY: 28, Category.DAILY: 100, Category.DEVIATIONS: 365, Category.MOVED_OUT: 50}


@pytest.fixture
def config(tmp_path: Path) -> HubConfig:
    kept = Retention(hourly=28, daily=100, deviations=5000, moved_out=50)
    return HubConfig(site="house", state_dir=tmp_path, people=People(retention=kept))


@pytest.fixture
def database(config: HubConfig) -> Iterator[HubDatabase]:
    database = HubDatabase(config.state_dir / "hub.db")
    enrol(Registry(database), "n-1", ["r1"])
    yield database
    database.close()


def test_nothing_is_kept_longer_than_events_are(config: HubConfig) -> None:
    assert retention.limits(config) == {Category.EVENTS: 365, **DAYS}


def hourly(t: float) -> AnyEvent:
    day = summary(ONE, t, Purpose.VITALS)
    fields = {name: getattr(day, name) for name in day.__struct_fields__}
    wanted = {
        name: fields[name] for name in fields if name in events.SummaryHourly.__struct_fields__
    }
    return events.SummaryHourly(**wanted)


@pytest.mark.parametrize(
    ("made", "age_d", "kept"),
    [
        pytest.param(hourly, 28, True, id="an hourly summary on its last day"),
        pytest.param(hourly, 29, False, id="an hourly summary, one day later"),
        pytest.param(lambda t: summary(ONE, t), 100, True, id="a daily one on its last day"),
        pytest.param(lambda t: summary(ONE, t), 101, False, id="a daily one, one day later"),
        pytest.param(lambda t: fall(t, 1)[0], 101, True, id="an alarm's evidence stays"),
    ],
)
def test_what_is_over_goes_every_night(
    config: HubConfig, database: HubDatabase, made: object, age_d: int, kept: bool
) -> None:
    assert callable(made)
    Store(database).store("n-1", [made(1000.0)], 1)
    retention.enforce(config, database, 1000 * NS + age_d * DAY)
    with database.read() as db:
        assert db.table("events").count == int(kept)


def test_who_moved_out_long_ago_is_erased(config: HubConfig, database: HubDatabase) -> None:
    register, tag = Register(database), database.vault.tag(ONE)
    register.move_in(ONE, "r1", "a", "ada", 1)
    Store(database).store("n-1", [msgspec.structs.replace(summary(ONE, 1), subject=ONE)], 1)
    residents = Residents(config, database, lambda: None)
    residents.run(10 * DAY)
    register.move_out(ONE, "ada", 11 * DAY)
    residents.run(61 * DAY)
    with database.read() as db:
        assert erasure.entries(db) == []
    residents.run(62 * DAY)
    with database.read() as db:
        assert [one.subject for one in erasure.entries(db)] == [tag]
        assert erasure.states(db, tag) == {"n-1": "ordered"}


def test_a_pseudonym_of_which_only_sealed_lines_are_left_is_erased(
    config: HubConfig, database: HubDatabase
) -> None:
    store = Store(database)
    life = [msgspec.structs.replace(one, subject=ONE) for one in fall(10, 1)]
    store.store("n-1", life, 20 * NS)
    retention.enforce(config, database, 30 * NS)
    with database.read() as db:
        assert erasure.entries(db) == []
        [(alarm,)] = db.execute("SELECT id FROM alarms").fetchall()
    from ambient.hub.alarms.condition import Judgement
    from ambient.hub.alarms.inputs import Resolve

    store.decide(Resolve(condition=alarm, who="a", judgement=Judgement.TEST), 40 * NS)
    store.purge(400 * DAY, 400 * DAY)
    retention.enforce(config, database, 400 * DAY)
    with database.read() as db:
        assert len(erasure.entries(db)) == 1
        assert db.table("alarm_log_parts").count == 0
    assert store.verify().broken is None


def test_as_somebody_types_it(tmp_path: Path) -> None:
    file = tmp_path / "hub.yaml"
    file.write_text(f"site: house\nstate_dir: {tmp_path / 'state'}\ntime_zone: Europe/Berlin\n")
    run, where = CliRunner(), ["-c", str(file)]
    database = HubDatabase(tmp_path / "state" / "hub.db")
    enrol(Registry(database), "n-1", ["r1"])

    def said(*words: str, code: int = 0) -> str:
        answer = run.invoke(build(), ["hub", *words, *where])
        assert answer.exit_code == code, answer.output + str(answer.exception)
        return answer.output

    assert "nothing to order" in said("consent", "move-in", ONE, "r1", "a")
    granted = said("consent", "grant", ONE, "voice", "--by", "E. M.", "--until", "2999-12-31")
    assert granted == "n-1: purpose ordered\n"
    assert "voice: ordered on" in said("consent", "list")
    withdrawn = said("consent", "withdraw", ONE, "voice", "--by", "E. M.")
    assert withdrawn == "n-1: purpose ordered\nn-1: erase ordered\n"
    assert f"research: off; not agreed: {ONE}" in said("consent", "list")
    erased = said("erase", ONE, "--yes")
    assert "rows destroyed" in erased
    assert "n-1: ordered" in erased
    assert said("erase", ONE) == "  n-1: ordered\n"
    assert "hourly: 28 days" in said("retention", "--enforce")
    assert run.invoke(
        build(), ["hub", "consent", "grant", "x", "voice", "--by", "y", *where]
    ).exception
    assert Register(database).rooms(time.time_ns()) == []
    database.close()
