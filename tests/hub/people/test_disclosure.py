"""All about one resident and nobody else; care settings; what an earlier version left is sealed."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pyrage
import pytest
from typer.testing import CliRunner

from ambient.cli.app import build
from ambient.commands import BedCare, SetCare
from ambient.config import load_hub
from ambient.errors import UsageError
from ambient.hub.database import HubDatabase
from ambient.hub.orders import OrderState
from ambient.hub.people import care, takeover
from ambient.hub.people.care import CareSettings, Told
from ambient.hub.people.disclosure import Disclosure, archive, collect
from ambient.hub.people.register import Register
from ambient.hub.store import Store
from tests.hub.kit import NS
from tests.hub.people.test_erasure import ONE, PRIVATE, PUBLIC, TWO, bytes_below, erased
from tests.hub.people.test_erasure import database as database
from tests.hub.people.test_erasure import house as house

DAY = 24 * 3600 * NS


def settings(**changed: object) -> CareSettings:
    fields: dict[str, Any] = {
        "room": "r1",
        "bed": "a",
        "reason": "Rolls out of bed <often>",
        "at": 1 * DAY,
        "review": 31 * DAY,
        "entered_by": "nurse Nina",
        "floor_bed": True,
    }
    return CareSettings(**{**fields, **changed})


def test_it_tells_everything_of_one_and_nothing_of_another(
    house: Path, database: HubDatabase
) -> None:
    care.enter(database, settings(), ONE)
    told = collect(load_hub(house), database, ONE, 500 * NS)
    assert [(one.room, one.bed) for one in told.stays] == [("r1", "a")]
    assert [(one.purpose.value, one.by) for one in told.consents] == [("voice", "Erika Muster")]
    assert len(told.events) == 5
    assert {one["subject"] for one in told.events} == {ONE}
    assert [one.condition["kind"] for one in told.alarms] == ["fall", "check_after_fall"]
    assert all(one.history for one in told.alarms if one.condition["kind"] == "fall")
    assert len(told.log) > 3
    assert [one.reason for one in told.care] == ["Rolls out of bed <often>"]
    assert told.days["daily"] == 365
    packed = archive(told)
    assert archive(told) == packed
    with zipfile.ZipFile(io.BytesIO(packed)) as files:
        assert sorted(files.namelist()) == ["about-you.html", "all.json", "ueber-sie.html"]
        again = msgspec.json.decode(files.read("all.json"), type=Disclosure)
        assert again == told
        for name in files.namelist():
            text = files.read(name).decode()
            assert TWO not in text
            assert ONE in text
        for name in ("about-you.html", "ueber-sie.html"):
            page = files.read(name).decode()
            assert "Erika Muster" in page
            assert "&lt;often&gt;" in page
            assert not re.search(r"{{|{%", page)


def test_of_the_erased_and_the_unknown_nothing_can_be_told(
    house: Path, database: HubDatabase
) -> None:
    erased(house, database)
    with pytest.raises(UsageError, match="they were erased"):
        collect(load_hub(house), database, ONE, 500 * NS)
    with pytest.raises(UsageError, match="nothing is kept"):
        collect(load_hub(house), database, "s-ffff", 500 * NS)


def test_as_somebody_types_it(house: Path, database: HubDatabase, tmp_path: Path) -> None:
    run = CliRunner()

    def said(*words: str) -> str:
        answer = run.invoke(build(), ["hub", *words, "-c", str(house)])
        assert answer.exit_code == 0, answer.output + str(answer.exception)
        return answer.output

    plain, sealed = tmp_path / "told.zip", tmp_path / "told.age"
    assert "not sealed" in said("disclose", ONE, "--out", str(plain))
    assert plain.stat().st_mode & 0o777 == 0o600
    assert "only who has the key" in said("disclose", ONE, "--out", str(sealed), "--key", PUBLIC)
    opened = pyrage.decrypt(sealed.read_bytes(), [pyrage.x25519.Identity.from_str(PRIVATE)])
    with zipfile.ZipFile(io.BytesIO(opened)) as files:
        assert json.loads(files.read("all.json"))["subject"] == ONE
    assert b"all.json" not in sealed.read_bytes()
    told = said(
        "care", "set", "r1", "a", "--reason", "rolls out", "--review", "2027-05-01", "--by", "Nina",
        "--subject", ONE, "--fall-mat", "--exit-delay", "5", "--scale-2",
    )  # fmt: skip
    assert "r1 a: kept" in told
    assert "care ordered" in told
    listed = said("care", "list")
    assert "r1 a: fall mat, bed exit after 5 min, oxygen scale 2 (rolls out; Nina" in listed


@pytest.mark.parametrize(
    ("changed", "node"),
    [
        pytest.param({"floor_bed": False}, BedCare(), id="nothing"),
        pytest.param({}, BedCare(permitted=True), id="a floor bed"),
        pytest.param({"floor_bed": False, "fall_mat": True}, BedCare(permitted=True), id="a mat"),
        pytest.param({"floor_bed": False, "hoist": True, "wheelchair": True}, BedCare(), id="aids"),
        pytest.param(
            {"floor_bed": False, "bed_exit_delay_min": 0}, BedCare(exit_min=0), id="at once"
        ),
        pytest.param(
            {"floor_bed": False, "saturation_scale": 2}, BedCare(saturation_scale=2), id="scale 2"
        ),
    ],
)
def test_what_of_it_a_node_must_know(changed: dict[str, object], node: BedCare) -> None:
    assert care.for_node(settings(**changed)) == node


LATER = 2 * care.EXPIRES_S * NS


@pytest.mark.parametrize(
    ("told", "now", "due"),
    [
        pytest.param(None, 0, True, id="never told"),
        pytest.param({}, LATER, False, id="told so"),
        pytest.param({"care": BedCare(exit_min=1)}, 0, True, id="told another"),
        pytest.param({"node": "n-0"}, 0, True, id="told the node before"),
        pytest.param({"state": OrderState.ORDERED}, LATER, False, id="its expiry comes first"),
        pytest.param({"state": OrderState.EXPIRED}, LATER, True, id="it was away for a day"),
        pytest.param({"state": OrderState.REFUSED}, 1, False, id="it has just refused"),
        pytest.param({"state": OrderState.REFUSED}, LATER, True, id="it refused yesterday"),
    ],
)
def test_when_a_node_is_told(told: dict[str, Any] | None, now: int, due: bool) -> None:
    as_wanted = {"care": BedCare(), "node": "n-1", "state": OrderState.APPLIED, "issued": 0}
    known = None if told is None else Told(**{**as_wanted, **told})
    assert care.is_due(BedCare(), known, "n-1", now) is due


def test_a_bed_goes_back_to_nothing_when_its_resident_moves_out(
    house: Path, database: HubDatabase
) -> None:
    def ordered() -> list[tuple[str, BedCare]]:
        told = [one for one in Store(database).pending(DAY)["n-1"] if isinstance(one, SetCare)]
        return [(one.bed, one.care) for one in told]

    care.enter(database, settings(at=DAY - 9, review=2 * DAY), ONE)
    assert ordered() == [("a", BedCare(permitted=True))]
    assert care.follow(database, DAY - 8) == []
    Register(database).move_out(ONE, "ada", DAY - 7)
    assert [one.kind.value for one in care.follow(database, DAY - 6)] == ["care"]
    assert ordered() == [("a", BedCare())], "what was ordered before is gone"
    assert care.in_force(database) == []
    assert care.follow(database, DAY - 5) == []


def test_settings_are_added_reviewed_and_go_with_the_resident(
    house: Path, database: HubDatabase, tmp_path: Path
) -> None:
    care.enter(database, settings(), ONE)
    care.enter(database, settings(at=2 * DAY, hoist=True, entered_by="nurse Ole"), ONE)
    care.enter(database, settings(bed="b", review=20 * DAY), None)
    [first, second] = care.in_force(database)
    assert (first.bed, first.hoist, first.entered_by) == ("a", True, "nurse Ole")
    assert [one.entered_by for one in care.audit(database, "r1", "a")] == [
        "nurse Nina",
        "nurse Ole",
    ]
    assert care.to_review([first, second], 19 * DAY) == []
    assert care.to_review([first, second], 31 * DAY) == [second, first]
    assert b"Nina" not in bytes_below(tmp_path / "state")
    erased(house, database)
    assert [one.bed for one in care.in_force(database)] == ["b"]


@pytest.mark.parametrize("review", [0, 1, 1 + 367])
def test_a_review_lies_within_a_year(database: HubDatabase, review: int) -> None:
    with pytest.raises(UsageError, match="within a year"):
        care.enter(database, settings(review=review * DAY), ONE)


def test_what_an_earlier_version_kept_in_the_clear_is_sealed_at_the_first_start(
    house: Path, database: HubDatabase, tmp_path: Path
) -> None:
    path, head = database.path, Store(database).verify()
    told = collect(load_hub(house), database, ONE, 500 * NS)
    with database.write() as db:  # as it was before there were keys
        triggers = db.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN "
            "('alarm_log_parts', 'salts')"
        ).fetchall()
        for name, _ in triggers:
            db.execute(f"DROP TRIGGER {name}")
        name_of = "(SELECT opened(name) FROM subject_keys WHERE tag = subject)"
        for table in ("events", "alarms"):
            db.execute(f"UPDATE {table} SET body = opened(body)")
        db.execute(f"UPDATE alarm_log_parts SET body = opened(body), subject = {name_of}")
        db.execute(f"UPDATE salts SET subject = {name_of}")
        for _, sql in triggers:
            db.execute(sql)
        db.execute("UPDATE sealing SET done = 0")
    database.close()
    assert ONE.encode() in bytes_below(tmp_path / "state")
    again = HubDatabase(path)
    assert ONE.encode() not in bytes_below(tmp_path / "state")
    assert Store(again).verify() == head
    after = collect(load_hub(house), again, ONE, 500 * NS)
    assert after == told
    takeover.take_over(again._writer)
    again.close()
