"""The report from a real store: what page, PDF and JSON print is the same and can be made again."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pypdf
import pytest
from typer.testing import CliRunner

from ambient import events
from ambient.config import HubConfig, RoomName
from ambient.config_burden import Burden
from ambient.errors import UsageError
from ambient.events import SituationStep
from ambient.hub.alarms.condition import Judgement, OpeningReason
from ambient.hub.alarms.inputs import Begin, OnMyWay, Resolve
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.board import read_board
from ambient.hub.burden import deeds
from ambient.hub.burden.pdf import pdf_of
from ambient.hub.burden.report import Report, read_report, whole_days
from ambient.hub.burden.tables import Table, tables
from ambient.hub.database import HubDatabase
from ambient.hub.rooms import RoomStatus
from ambient.hub.site_rules import rules_of
from ambient.hub.store import Store
from tests.hub.kit import NS, event, fall

DAY = 86400
DAYS = 28
CONFIG = HubConfig(
    site="house",
    time_zone="Europe/Berlin",
    rooms={"r1": RoomName(name="Room 1"), "r2": RoomName(name="Room 2")},
    burden=Burden(rings_per_room_day={"bed_exit": 4.0}),
)
START = 1_772_319_600  # midnight of 1 March 2026 in Berlin
LAST = START + DAYS * DAY


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubDatabase]:
    """Return a store of four weeks: eight bed exits a day in one room, a fall, a shadow mode."""
    made = HubDatabase(tmp_path_factory.mktemp("hub") / "hub.db")
    store = Store(made)
    store.decide(Begin(rules=rules_of(CONFIG)), START * NS)
    for day in range(DAYS):
        for number in range(8):
            t = START + day * DAY + 3600 * number
            true = number % 2 == 0
            one = event(
                events.BedExit,
                t,
                family=f"exit-{day}-{number}",
                step=SituationStep.CONFIRMED,
                lasted_s=0.0,
                bed="b1",
                # Of a resident who is known: what is kept of them is sealed.
                subject="s-00aa" if number < 6 else None,
                probability=0.9 if true else 0.6 + number / 100,
            )
            store.store("n-1", [one], t * NS)
            who = f"p{number % 6}"
            store.decide(OnMyWay(condition=one.chain, who=who), (t + 20 + number) * NS)
            if number < 7:
                judged = Judgement.HELP if true else Judgement.FALSE_ALARM
                done = Resolve(condition=one.chain, who=who, judgement=judged)
                store.decide(done, (t + 200) * NS)
    deeds.start_shadow(store, "r2", (LAST + DAY) * NS, "lena", (LAST - 5 * DAY) * NS)
    began = LAST - 2 * DAY
    for line in fall(began, 3, room="r2"):
        store.store("n-1", [line], line.t)
    yield made
    made.close()


@pytest.fixture(scope="module")
def report(database: HubDatabase) -> Report:
    return read_report(database, CONFIG, START * NS, LAST * NS)


def test_the_figures_follow_from_what_is_stored(report: Report) -> None:
    whole = report.house[0]
    (exits,) = whole.tallies
    assert (exits.alarms, exits.rings, exits.true, exits.false) == (224, 224, 112, 84)
    assert exits.not_judged == 28
    assert whole.false_per_room_day.rate == pytest.approx(84 / (2 * DAYS))
    assert whole.false_at_most.count == 84 + 28
    answered = report.responses[0].acknowledged
    assert answered is not None
    assert (answered.n, answered.p50_s) == (224, 23.5)


def test_a_room_in_shadow_mode_is_loudly_not_watched(report: Report, database: HubDatabase) -> None:
    (one,) = report.shadows
    assert (one.room, one.not_watched, one.until) == ("r2", True, "2026-03-30T01:00+02:00")
    assert [(t.kind, t.alarms, t.rings) for t in one.tallies] == [(AlarmKind.FALL, 1, 0)]
    first = tables(report)[0]
    assert first.loud
    assert "NOT WATCHED" in first.rows[0]
    board = read_board(database, CONFIG.rooms, {"n-1": ["r1", "r2"]}, LAST * NS)
    state = next(room for room in board.rooms if room.room == "r2")
    assert (state.status, state.shadow) == (RoomStatus.NOT_WATCHED, True)
    assert state.until == (LAST + DAY) * NS
    assert [c.kind for c in board.shadowed] == [AlarmKind.FALL]
    assert all(c.room != "r2" for c in board.alarms)


def printed(cell: str, body: bytes) -> bool:
    """Return whether `body` has a cell: its words in order, wherever lines break."""
    return re.sub(r"\s+", "", cell) in body.decode()


def test_the_pdf_prints_the_figures_of_the_json(report: Report) -> None:
    body = pdf_of(report)
    pages = pypdf.PdfReader(io.BytesIO(body)).pages
    text = re.sub(r"\s+", "", "".join(page.extract_text() for page in pages)).encode()
    again = msgspec.json.decode(msgspec.json.encode(report), type=Report)
    shown: list[Table] = tables(again)
    assert len(shown) >= 6
    for table in shown:
        assert printed(table.title, text)
        for cells in table.rows:
            assert printed("".join(cells), text), cells
    raw = json.loads(msgspec.json.encode(report))
    rate = raw["house"][0]["false_per_room_day"]
    assert printed(f"{rate['rate']:.4f} ({rate['low']:.4f} to {rate['high']:.4f})", text)


def test_the_same_store_gives_the_same_report_and_file(
    report: Report, database: HubDatabase
) -> None:
    again = read_report(database, CONFIG, START * NS, LAST * NS)
    assert msgspec.json.encode(again) == msgspec.json.encode(report)
    assert pdf_of(again) == pdf_of(report)


def test_a_proposal_acts_once_accepted_and_until_taken_back(tmp_path: Path, report: Report) -> None:
    (proposal,) = report.proposals
    assert (proposal.kind, proposal.room, proposal.lost.k) == (AlarmKind.BED_EXIT, "r1", 0)
    database = HubDatabase(tmp_path / "hub.db")
    store = Store(database)
    low = event(
        events.BedExit,
        10,
        family="low",
        step=SituationStep.CONFIRMED,
        lasted_s=0.0,
        bed="b1",
        probability=0.61,
    )
    with pytest.raises(UsageError, match="present proposal"):
        deeds.accept(store, report.proposals, "0" * 16, "lena", 5 * NS)
    deeds.accept(store, report.proposals, proposal.digest, "lena", 5 * NS)
    store.store("n-1", [low], 10 * NS)
    assert not store.case(low.chain)[0].condition.calling
    (threshold,) = read_report(database, CONFIG, 0, DAYS * DAY * NS).thresholds
    deeds.take_back(store, threshold.id, "lena", 20 * NS)
    assert store.case(low.chain)[0].condition.calling
    assert store.verify().broken is None
    assert store.verify().lines == 3
    database.close()


@pytest.mark.parametrize(
    ("version", "status"),
    [("0123456789ab", RoomStatus.NOT_WATCHED), ("ba9876543210", RoomStatus.UNKNOWN)],
)
def test_a_version_in_shadow_mode_is_that_of_the_newest_event_of_whomever(
    tmp_path: Path, version: str, status: RoomStatus
) -> None:
    made = HubDatabase(tmp_path / "hub.db")
    store = Store(made)
    for line in fall(START, 2):
        known = msgspec.structs.replace(line, subject="s-00aa", config_version="0123456789ab")
        store.store("n-1", [known], line.t)
    deeds.start_shadow(store, "r1", (START + DAY) * NS, "lena", (START + 60) * NS, version=version)
    board = read_board(made, CONFIG.rooms, {"n-1": ["r1"]}, (START + 90) * NS)
    (room,) = [one for one in board.rooms if one.room == "r1"]
    made.close()
    assert room.status is status


def test_four_weeks_with_a_change_of_clocks_are_long_enough(database: HubDatabase) -> None:
    first, last = whole_days(CONFIG, (LAST + DAY) * NS + 7200 * NS, DAYS)
    assert last - first == (DAYS * DAY - 3600) * NS
    assert read_report(database, CONFIG, first, last).proposals


def test_an_opened_log_is_of_one_person_and_its_reading_is_logged(database: HubDatabase) -> None:
    store = Store(database)
    now = LAST * NS
    opening = deeds.ask_for_log(store, "p1", OpeningReason.INCIDENT, "lena", "lead", now)
    deeds.grant_log(store, opening, "paul", "dpo", now)
    before = store.verify().lines
    found, answers = deeds.read_log(store, database, opening, "paul", now)
    assert (found.person, found.granted_by) == ("p1", "paul")
    assert len(answers) == 2 * (DAYS + DAYS) - DAYS
    assert {one.room for one in answers} == {"r1"}
    assert store.verify().lines == before + 1


@pytest.mark.parametrize(
    ("given", "why"),
    [({"fall": 1.0}, "may be held back"), ({"snoring": 1.0}, "expected kinds of alarms")],
)
def test_a_budget_of_anything_else_is_refused(
    database: HubDatabase, given: dict[str, float], why: str
) -> None:
    config = msgspec.structs.replace(CONFIG, burden=Burden(rings_per_room_day=given))
    with pytest.raises(UsageError, match=why):
        read_report(database, config, START * NS, LAST * NS)


def test_the_command_prints_what_the_report_holds(tmp_path: Path) -> None:
    from ambient.cli.app import build

    file = tmp_path / "hub.yaml"
    file.write_text(f"site: house\nstate_dir: {tmp_path / 'state'}\nrooms: {{r1: {{name: One}}}}\n")
    pdf = tmp_path / "burden.pdf"
    done = CliRunner().invoke(
        build(), ["burden", "report", "-c", str(file), "--json", "--pdf", str(pdf)]
    )
    assert done.exit_code == 0, done.output
    assert msgspec.json.decode(done.stdout, type=Report).house[0].tallies == []
    assert pdf.read_bytes().startswith(b"%PDF")


def test_conditions_of_an_older_store_are_taken_over_and_verify(tmp_path: Path) -> None:
    database = HubDatabase(tmp_path / "hub.db")
    for line in fall(100, 2):
        Store(database).store("n-1", [line], line.t)
    with database.write() as db:
        db.execute("UPDATE alarms SET body = json_remove(body, '$.held', '$.shadow')")
        # As it was before what came since.
        db.execute("ALTER TABLE events DROP COLUMN digest")
        for index in ("commands_kind", "signals_given"):
            db.execute(f"DROP INDEX {index}")
        db.execute("UPDATE schema_versions SET version = 2 WHERE component = 'alarms'")
        db.execute("DELETE FROM row_digests")
    assert Store(database).verify().broken is not None
    database.close()
    for _ in range(2):
        again = HubDatabase(tmp_path / "hub.db")
        assert Store(again).verify().broken is None
        again.close()
