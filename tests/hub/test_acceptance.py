"""The acceptance test: each requirement fails for its own reason, and a whole house passes."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from typer.testing import CliRunner

from ambient.cli.app import build
from ambient.config import load_hub
from ambient.doctor.findings import Level, report
from ambient.hub.acceptance import BACKUP_H, NS, REQUIREMENTS, WALK_DAYS, Facts, accept
from ambient.hub.acceptance_report import gathered, page
from ambient.hub.board import NodeState
from ambient.hub.commissioning import Fault, RoomInstallation
from ambient.hub.database import HubDatabase
from ambient.hub.registry import Registry
from ambient.hub.rooms import RoomState, RoomStatus
from ambient.hub.uncalled import uncalled
from ambient.observations import View
from tests.hub.kit import enrol

NOW = 1_000 * 86400 * NS
HOUR = 3600 * NS


def room(**changed: Any) -> RoomState:
    fine = {
        "room": "r1",
        "node": "n-1",
        "status": RoomStatus.WATCHED,
        "installation": RoomInstallation.COMMISSIONED,
        "walked": NOW - HOUR,
    }
    return RoomState(**{**fine, **changed})


def node(**changed: Any) -> NodeState:
    return NodeState(**{"node": "n-1", "rooms": ["r1"], "last_heard": NOW, **changed})


FINE = Facts(
    now=NOW,
    broken="",
    trouble="",
    encrypted=True,
    loopback=False,
    backup=True,
    newest_backup=NOW - HOUR,
    relay=True,
    waiting=[],
    nodes=[node()],
    rooms=[room()],
    open_alarms={},
    standby=True,
)
MOVED = Fault(source="c1", view=View.MOVED, t=NOW, chain="0" * 8)


def test_a_whole_house_passes_every_requirement() -> None:
    found = accept(FINE)
    assert {one.level for one in found} == {Level.OK}
    assert [one.check.split(" ")[0] for one in found] == list(REQUIREMENTS)
    assert all(REQUIREMENTS[one.check.split(" ")[0]] in one.check for one in found)


@pytest.mark.parametrize(
    ("number", "level", "changed"),
    [
        ("1.1", Level.FAILED, {"broken": "line 7"}),
        ("1.2", Level.FAILED, {"trouble": "disk full"}),
        ("1.3", Level.FAILED, {"encrypted": False}),
        ("1.4", Level.FAILED, {"backup": False}),
        ("1.4", Level.FAILED, {"newest_backup": None}),
        ("1.4", Level.FAILED, {"newest_backup": NOW - (BACKUP_H + 1) * HOUR}),
        ("1.5", Level.WARNING, {"relay": False}),
        ("1.6", Level.WARNING, {"waiting": ["n-2"]}),
        ("1.7", Level.NOTE, {"standby": False}),
        ("1.7", Level.FAILED, {"standby_fault": "The other one was never heard."}),
        ("1.8", Level.FAILED, {"channel_faults": ["channels.push.options.key_file: …"]}),
        ("1.9", Level.FAILED, {"uncalled": ["anna: mail is e-mail, which is read late"]}),
        ("2.1", Level.FAILED, {"rooms": []}),
        ("2.1", Level.FAILED, {"rooms": [room(node=None)]}),
        ("2.2", Level.FAILED, {"nodes": []}),
        ("2.2", Level.FAILED, {"nodes": [node(silent=True)]}),
        ("2.2", Level.FAILED, {"nodes": [node(stopped=True)]}),
        ("2.3", Level.FAILED, {"rooms": [room(status=RoomStatus.DEGRADED)]}),
        ("2.3", Level.NOTE, {"rooms": [room(status=RoomStatus.PAUSED)]}),
        ("2.4", Level.FAILED, {"rooms": [room(installation=RoomInstallation.NEVER)]}),
        ("2.4", Level.FAILED, {"rooms": [room(installation=RoomInstallation.IN_PART)]}),
        (
            "2.4",
            Level.FAILED,
            {"rooms": [room(installation=RoomInstallation.MOVED, faults=[MOVED])]},
        ),
        ("2.5", Level.WARNING, {"rooms": [room(walked=NOW - (WALK_DAYS + 1) * 24 * HOUR)]}),
        ("2.6", Level.WARNING, {"open_alarms": {"r1": 2}}),
    ],
)
def test_each_requirement_is_missed_for_its_own_reason(
    number: str, level: Level, changed: dict[str, Any]
) -> None:
    found = accept(msgspec.structs.replace(FINE, **changed))
    missed = [one for one in found if one.level is not Level.OK]
    assert [(one.check.split(" ")[0], one.level) for one in missed] == [(number, level)]
    assert missed[0].mend or level is Level.NOTE
    assert report(found).ok is (level is not Level.FAILED)


def test_the_command_says_it_of_a_real_hub_and_writes_the_report(tmp_path: Path) -> None:
    file = tmp_path / "hub.yaml"
    rooms = {"r1": {"name": "<b>Room 1"}}
    file.write_text(
        yaml.safe_dump({"site": "house", "state_dir": str(tmp_path / "hub"), "rooms": rooms})
    )
    runner, out = CliRunner(), tmp_path / "report.html"
    (tmp_path / "hub").mkdir()
    database = HubDatabase(tmp_path / "hub" / "hub.db")
    enrol(Registry(database), "n-1", ["r1"])
    database.close()
    done = runner.invoke(build(), ["certify", "-c", str(file), "-o", str(out)])
    assert done.exit_code == 1, done.output
    assert "ok      1.1 The log of alarms is whole" in done.output
    assert "failed  2.4 Somebody walked through it" in done.output
    assert "NOT accepted" in out.read_text()
    said = runner.invoke(build(), ["certify", "-c", str(file), "--json"])
    assert msgspec.json.decode(said.stdout)["ok"] is False


def test_a_hub_that_never_ran_is_told_so(tmp_path: Path) -> None:
    file = tmp_path / "hub.yaml"
    file.write_text(yaml.safe_dump({"site": "house", "state_dir": str(tmp_path / "hub")}))
    with pytest.raises(Exception, match="start the hub before"):
        gathered(load_hub(file), time.time_ns())


@pytest.mark.parametrize(
    ("web", "encrypted"),
    [({}, False), ({"names": ["hub.lan"]}, True), ({"secure_cookies": True}, True)],
    ids=["open", "a certificate of its own", "behind a proxy"],
)
def test_a_page_under_a_name_is_encrypted(
    tmp_path: Path, web: dict[str, Any], encrypted: bool
) -> None:
    file = tmp_path / "hub.yaml"
    file.write_text(yaml.safe_dump({"site": "house", "state_dir": str(tmp_path), "web": web}))
    HubDatabase(tmp_path / "hub.db").close()
    assert gathered(load_hub(file), time.time_ns()).encrypted is encrypted


def test_the_page_escapes_what_it_shows(tmp_path: Path) -> None:
    file = tmp_path / "hub.yaml"
    file.write_text(yaml.safe_dump({"site": "house", "state_dir": str(tmp_path / "hub")}))
    bad = report(accept(msgspec.structs.replace(FINE, broken="<script>")))
    assert "&lt;script&gt;" in page(load_hub(file), bad, NOW)


def test_a_file_that_a_channel_names_and_that_is_not_here_is_told(tmp_path: Path) -> None:
    """As on a second hub, which follows the first one's channels."""
    key = tmp_path / "vapid.pem"
    options = {"key_file": str(key), "contact": "it@house.example", "devices": str(tmp_path)}
    file = tmp_path / "hub.yaml"
    content = {
        "site": "house",
        "state_dir": str(tmp_path),
        "channels": {"push": {"kind": "webpush", "options": options}},
    }
    file.write_text(yaml.safe_dump(content))
    HubDatabase(tmp_path / "hub.db").close()
    (fault,) = gathered(load_hub(file), time.time_ns()).channel_faults
    assert fault.startswith(f"channels.push.options.key_file: {key}: expected a private key")


ACCEPTED = {"accepted_by": "DPO", "accepted_on": "2026-05-31"}
LATE = "is e-mail, which is read late"
UNKNOWN = "is sent by UDP, and nobody knows whether it arrives"
UNSENT = "is accepted by nobody, so nothing is sent"
UDP = {"host": "10.0.0.9", "over": "udp"}


@pytest.mark.parametrize(
    ("ways", "outside", "said"),
    [
        ([["page"], ["pager"]], [], []),
        ([["mail", "page"], ["log", "pager"]], ["mail", "pager"], []),
        ([["mail"], ["pager"]], [], [f"anna: mail {LATE}"]),
        ([["page"], ["log", "new"]], [], [f"ben: log {UNKNOWN}, new {UNSENT}"]),
        ([["page"], ["page"]], ["new"], [f"outside: new {UNSENT}"]),
        ([["page"]], [], ["shift night: nobody of alarms.staff works in it"]),
        ([], [], []),
    ],
)
def test_who_would_not_hear_of_an_alarm_is_named(
    tmp_path: Path, ways: list[list[str]], outside: list[str], said: list[str]
) -> None:
    file = tmp_path / "hub.yaml"
    staff = zip(("anna", "ben"), ("day", "night"), ways, strict=False)
    content = {
        "site": "house",
        "state_dir": str(tmp_path),
        "time_zone": "Europe/Berlin",
        "channels": {
            "pager": {"kind": "espa", "options": {"address": "tcp://10.0.0.2:4444"}, **ACCEPTED},
            "mail": {"kind": "email", "options": {}, **ACCEPTED},
            "log": {"kind": "syslog", "options": UDP, **ACCEPTED},
            "new": {"kind": "espa", "options": {"address": "tcp://10.0.0.2:4444"}},
        },
        "alarms": {
            "shifts": [
                {"id": "day", "hours": "06:30-21:00"},
                {"id": "night", "hours": "21:00-06:30"},
            ],
            "staff": [{"id": name, "shifts": [s], "ways": w} for name, s, w in staff],
            "outside": outside,
        },
    }
    file.write_text(yaml.safe_dump(content))
    assert uncalled(load_hub(file)) == said
