"""What was erased here and may not be at the other hub yet is said."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ambient.cli.app import build
from ambient.hub.database import HubDatabase
from ambient.hub.identities import Role
from ambient.hub.people import erasure
from ambient.hub.standby import kept
from ambient.hub.standby.kept import Status
from ambient.hub.standby.unerased import unerased
from tests.hub.kit import NS, add_user, client, hub_config, running
from tests.hub.standby.test_commands import second  # noqa: F401 - a fixture
from tests.hub.standby.test_page_follows import paired

ONE = "s-00aa"
T = 1_000_000 * NS


def at(t: int, behind_s: float | None, *, serves: bool = True) -> Status:
    return Status(at=t, serves=serves, term=2, behind_s=behind_s)


@pytest.mark.parametrize(
    ("status", "waits"),
    [
        pytest.param(None, True, id="the hub does not run"),
        pytest.param(at(T + 20 * NS, None), True, id="there never was a copy"),
        pytest.param(at(T + 20 * NS, 19.0), True, id="a copy of the same second"),
        pytest.param(at(T + 20 * NS, 3600.0), True, id="the other one is off since an hour"),
        pytest.param(at(T + 20 * NS, 1.0), False, id="a copy since"),
        pytest.param(at(T + 20 * NS, 1.0, serves=False), True, id="stands by"),
    ],
)
def test_an_erasure_waits_until_a_copy_is_newer(
    tmp_path: Path, database: HubDatabase, status: Status | None, waits: bool
) -> None:
    if status is not None:
        kept.tell(tmp_path, status)
    erasure.erase(database, [tmp_path / "erasures.jsonl"], ONE, "ada", T)
    config = paired(tmp_path, 0, "https://10.0.0.6:8443")
    now = T + 20 * NS
    assert [one.at for one in unerased(config, database, now)] == ([T] if waits else [])
    assert unerased(hub_config(tmp_path), database, now) == [], "alone"


def test_the_page_says_that_the_other_hub_has_not_erased_yet(tmp_path: Path) -> None:
    with running(paired(tmp_path, 0, "https://10.0.0.6:8443")) as hub:
        add_user(hub, "dpo", Role.DPO)
        with client(hub, user="dpo") as http:
            assert "not yet at the other hub" not in http.get("/consents").text
            http.post("/consents/erase", data={"subject": ONE, "sure": ONE})
            assert "1 erasure is not yet at the other hub" in http.get("/consents").text
            status = at(time.time_ns() + 60 * NS, 1.0)
            kept.tell(tmp_path, status)
            assert "not yet at the other hub" not in http.get("/consents").text


def test_the_commands_say_so_too(second: Path) -> None:  # noqa: F811 - the fixture
    def said(*words: str) -> str:
        return CliRunner().invoke(build(), [*words, "-c", str(second)]).output

    for _ in range(2):
        assert "not yet at the other hub" in said("hub", "erase", ONE, "--yes")
    kept.tell(second.parent / "hub", at(time.time_ns() + 60 * NS, 1.0))
    assert "not yet" not in said("hub", "erase", ONE, "--yes")
    kept.tell(second.parent / "hub", at(time.time_ns(), 3600.0))
    left = said("standby", "leave")
    assert "1 erasure" in left
    assert "destroy" in left
