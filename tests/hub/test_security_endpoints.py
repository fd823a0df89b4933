"""Every endpoint for every role and for strangers, against a table written by hand."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from ambient.hub.account_rows import start_session
from ambient.hub.identities import CONFIGURING, RIGHTS, Right, Role, configures
from ambient.hub.service import RunningHub
from ambient.hub.web.app import create_app
from tests.hub.endpoints import ENDPOINTS, ORDER, ROLES, STATUS_OF, holders, rows
from tests.hub.kit import add_user, hub_config, running
from tests.patience import PATIENCE_S

UUID = "00000000-0000-8000-8000-000000000000"
PARAMETERS = {
    "{alarm_id:str}": UUID,
    "{snooze:str}": UUID,
    "{room:str}": "nowhere",
    "{subject:str}": "s-0000",
    "{token:str}": "guess",
    "{path:str}": "nothing",
    "{file_path:path}": "nothing.js",
}


@dataclass
class House:
    """A running hub with one user of every role."""

    hub: RunningHub
    http: httpx.Client

    def headers(self, who: str) -> dict[str, str]:
        """Return what a new session of `who` sends."""
        accounts, now = self.hub.context.accounts, time.time_ns()
        if who == "stranger":
            return {}
        if who == "metrics":
            accounts.tokens.revoke("scraper")
            return {"Authorization": f"Bearer {accounts.tokens.make('scraper', Role.METRICS, now)}"}
        if who == "device":
            accounts.devices.revoke("ward 1")
            cookie = accounts.devices.enrol("ward 1", "test", now)
            device = accounts.devices.known(cookie)
            assert device is not None
            return {"Cookie": f"ambient-device={cookie}", "X-CSRF-Token": device.csrf or ""}
        with self.hub.context.database.write() as db:
            cookie, identity = start_session(db, who, Role(who), now)
        return {"Cookie": f"ambient={cookie}", "X-CSRF-Token": identity.csrf or ""}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with (
        running(hub_config(tmp_path_factory.mktemp("hub"))) as hub,
        httpx.Client(base_url=hub.url, timeout=PATIENCE_S, trust_env=False) as http,
    ):
        for role in ORDER[2:]:
            add_user(hub, role, Role(role))
        yield House(hub, http)


def declared(house: House) -> dict[tuple[str, str], HTTPRouteHandler]:
    """Walk the application's own routes."""
    found = {}
    for route in create_app(house.hub.context).routes:
        assert isinstance(route, HTTPRoute), "only HTTP is served"
        for method, (handler, _) in route.route_handler_map.items():
            if method != "OPTIONS":
                found[str(method), route.path] = handler
    return found


def test_every_endpoint_names_its_right_and_stands_in_the_table(house: House) -> None:
    table = {(method, path): right for method, path, right, _ in rows()}
    found = {
        at: "public" if handler.opt.get("public") else str(handler.opt.get("needs", "nothing"))
        for at, handler in declared(house).items()
    }
    assert found == table


def test_the_table_of_roles_is_the_code(house: House) -> None:
    assert set(ROLES) == {right.value for right in Right}
    assert set(ORDER) == {role.value for role in Role}
    for right in Right:
        has = {role.value for role in Role if right in RIGHTS[role]}
        assert has == holders(right.value), right


def test_who_configures_needs_a_second_factor() -> None:
    assert [role.value for role in Role if configures(role)] == [
        "lead",
        "installer",
        "dpo",
        "admin",
    ]
    assert not CONFIGURING & {Right.OWN, Right.RINGING, Right.ALARMS, Right.ANSWER}, (
        "an alarm never waits for a code"
    )
    assert all(RIGHTS[role] != frozenset(Right) for role in Role), "nobody has all"


def ask(house: House, method: str, path: str, headers: dict[str, str]) -> int:
    """Send an empty request and return the status alone; a stream is not read."""
    for name, value in PARAMETERS.items():
        path = path.replace(name, value)
    content = b""
    if method == "POST":
        api = path.startswith(("/api", "/push"))
        kind = "application/json" if api else "application/x-www-form-urlencoded"
        headers = headers | {"Content-Type": kind}
        content = b"{}" if api else b""
    with house.http.stream(method, path, headers=headers, content=content) as answer:
        return answer.status_code


@pytest.mark.parametrize("who", ["stranger", *ORDER])
def test_every_endpoint_for_everybody(house: House, who: str) -> None:
    wrong = []
    with house.hub.context.database.write() as db:
        db.execute("DELETE FROM attempts")
    headers = house.headers(who)
    for method, path, right, status in rows():
        if right == "public":
            expected = STATUS_OF.get((method, path), {}).get(who, status)
        elif who == "stranger":
            expected = 401
        elif who in holders(right):
            expected = STATUS_OF.get((method, path), {}).get(who, status)
        else:
            expected = 403
        got = ask(house, method, path, headers)
        if got != expected:
            wrong.append((method, path, expected, got))
        if path.endswith("/logout") or path == "/login":
            headers = house.headers(who)
    assert not wrong, f"{who}: method, path, expected, got: {wrong}"


def test_an_endpoint_without_a_declaration_is_refused_to_everybody(house: House) -> None:
    from litestar import get
    from litestar.testing import TestClient

    @get("/forgotten", sync_to_thread=False)
    def forgotten() -> str:
        return "secret"

    app = create_app(house.hub.context)
    app.register(forgotten)
    with TestClient(app) as http:
        for who in ORDER:
            answer = http.get("/forgotten", headers=house.headers(who))
            assert answer.status_code == 403, who
            assert "secret" not in answer.text
    assert "/forgotten" not in ENDPOINTS


@pytest.mark.parametrize("path", ["/", "/admin", "/residents", "/api/board"])
def test_a_shared_screen_is_led_back_to_what_it_may_show(house: House, path: str) -> None:
    headers = house.headers("device") | {"Accept": "text/html"}
    answer = house.http.get(path, headers=headers)
    if path.startswith("/api"):
        assert answer.status_code == 403
    else:
        assert (answer.status_code, answer.headers["location"]) == (303, "/device")


def test_the_migration_takes_over_the_roles_of_before(tmp_path: Path) -> None:
    import sqlite_utils

    from ambient.hub import schema
    from ambient.hub.accounts import Accounts
    from ambient.hub.database import HubDatabase

    path = tmp_path / "hub.db"
    old = sqlite_utils.Database(path)
    old.executescript(schema.migrations("accounts")[0])
    old.executescript(
        "CREATE TABLE schema_versions (component TEXT PRIMARY KEY, version INTEGER NOT NULL) "
        "WITHOUT ROWID; INSERT INTO schema_versions VALUES ('accounts', 1);"
        "INSERT INTO users VALUES ('root', 'admin', 'x', 1, 0), ('anna', 'carer', 'x', 2, 1);"
        "INSERT INTO sessions VALUES ('t', 'root', 'c', 1, 1);"
        "INSERT INTO api_tokens VALUES ('d', 'scraper', 'metrics', 3);"
    )
    old.close()
    for _ in range(2):
        database = HubDatabase(path)
        accounts = Accounts(database)
        assert [(u.name, u.role, u.disabled) for u in accounts.users()] == [
            ("anna", Role.CARER, True),
            ("root", Role.ADMIN, False),
        ]
        tokens = [(one.name, one.role) for one in accounts.tokens.all()]
        assert tokens == [("scraper", Role.METRICS)]
        with database.read() as db:
            kept = db.execute("SELECT user, confirmed, device FROM sessions").fetchall()
        assert kept == [("root", 0, None)], "open sessions go on, unconfirmed"
        database.close()
