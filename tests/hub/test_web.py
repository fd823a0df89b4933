"""Page and API over real HTTP: who gets in, what is refused, what is shown."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ambient import events
from ambient.hub.identities import Role
from ambient.hub.service import RunningHub
from tests.hub.kit import (
    NS,
    PASSWORD,
    USER,
    add_user,
    client,
    enrol,
    event,
    fall,
    hub_config,
    running,
)


@pytest.fixture(scope="module")
def hub(bare_hub: RunningHub) -> RunningHub:
    enrol(bare_hub.context.registry, "n-1", ["r1", "r2"])
    return bare_hub


def bring(hub: RunningHub, upto: int = 2, room: str = "r1") -> str:
    """Bring a fall that begins now; return its chain."""
    life = fall(time.time(), upto, room=room)
    hub.context.store.store("n-1", life, time.time_ns())
    return life[0].chain


CLOSED = [
    ("GET", "/"),
    ("GET", "/earlier"),
    ("GET", "/admin"),
    ("GET", "/live"),
    ("GET", "/metrics"),
    ("GET", "/api/session"),
    ("GET", "/api/board"),
    ("GET", "/api/alarms"),
    ("GET", "/api/rooms"),
    ("GET", "/api/nodes"),
    ("GET", "/api/openapi.json"),
    ("POST", "/api/alarms/00000000-0000-8000-8000-000000000000/acknowledge"),
    ("POST", "/api/rooms/r1/pause"),
    ("POST", "/admin/invite"),
    ("POST", "/logout"),
]


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_nothing_is_open_to_strangers(stranger: httpx.Client, method: str, path: str) -> None:
    assert stranger.request(method, path).status_code == 401
    asked = stranger.request(method, path, headers={"Accept": "text/html"})
    assert asked.status_code in (303, 401)
    if asked.status_code == 303:
        assert asked.headers["location"] == "/login"


def test_every_route_is_listed_as_closed_or_open(hub: RunningHub, http: httpx.Client) -> None:
    document = http.get("/api/openapi.json").json()
    opened = {"/api/login", "/api/passkeys/sign-in"}
    for path, methods in document["paths"].items():
        for method in methods:
            if path in opened:
                continue
            with client(hub, log_in=False) as stranger:
                answer = stranger.request(method, path.replace("{", "").replace("}", ""))
                assert answer.status_code == 401, (method, path)


@pytest.mark.parametrize("path", ["/healthz", "/login", "/static/main.js", "/static/page.css"])
def test_what_is_open(stranger: httpx.Client, path: str) -> None:
    assert stranger.get(path).status_code == 200


def test_headers_allow_no_inline_script_and_no_frame(stranger: httpx.Client) -> None:
    for path in ("/login", "/healthz", "/static/main.js", "/nowhere", "/api/board"):
        policy = stranger.get(path).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("path", ["/login", "/", "/earlier", "/admin"])
def test_pages_hold_no_inline_script_or_style_and_nothing_foreign(
    http: httpx.Client, stranger: httpx.Client, path: str
) -> None:
    text = (stranger if path == "/login" else http).get(path).text
    assert " style=" not in text
    assert " onclick=" not in text
    assert "<script>" not in text
    for part in text.split('src="')[1:] + text.split('href="')[1:]:
        assert part.startswith(("/", "#")), part[:40]


def test_log_in_by_form(hub: RunningHub) -> None:
    with client(hub, log_in=False) as http:
        answer = http.post("/login", data={"user": USER, "password": PASSWORD})
        assert answer.status_code == 303
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        page = http.get("/")
        assert page.status_code == 200
        assert "no-store" in page.headers["cache-control"]
        token = page.text.split('name="csrf" content="')[1].split('"')[0]
        assert http.post("/logout", data={"csrf": "wrong"}).status_code == 403
        assert http.get("/api/session").status_code == 200
        assert http.post("/logout", data={"csrf": token}).status_code == 303
        assert http.get("/api/session").status_code == 401


def test_wrong_password_and_lock_out(hub: RunningHub) -> None:
    add_user(hub, "clara", Role.CARER)
    with client(hub, log_in=False) as http:
        for _ in range(5):
            answer = http.post("/login", data={"user": "clara", "password": "wrong"})
            assert answer.status_code == 401
            assert "User name or password is wrong" in answer.text
        answer = http.post("/login", data={"user": "clara", "password": PASSWORD})
        assert answer.status_code == 429
        assert "Too many tries" in answer.text
        answer = http.post("/api/login", json={"user": "clara", "password": PASSWORD})
        assert answer.status_code == 429
        assert 0 < int(answer.headers["retry-after"]) <= 60


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"X-CSRF-Token": "wrong"}, 403),
        ({"X-CSRF-Token": "RIGHT", "Origin": "http://evil.example"}, 403),
        ({"X-CSRF-Token": "RIGHT", "Origin": "null"}, 403),
        ({"X-CSRF-Token": "RIGHT", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"X-CSRF-Token": "RIGHT", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"X-CSRF-Token": "RIGHT"}, 200),
    ],
)
def test_forged_requests_are_refused(
    hub: RunningHub, http: httpx.Client, headers: dict[str, str], status: int
) -> None:
    right = http.headers.pop("X-CSRF-Token")
    sent = {name: value.replace("RIGHT", right) for name, value in headers.items()}
    chain = bring(hub)
    answer = http.post(f"/api/alarms/{chain}/acknowledge", headers=sent)
    assert answer.status_code == status
    state = http.get(f"/api/alarms/{chain}").json()["state"]
    assert state == ("acknowledged" if status == 200 else "active")


@pytest.mark.parametrize("origin", ["http://evil.example", "null"])
def test_another_site_cannot_log_a_browser_in(stranger: httpx.Client, origin: str) -> None:
    answer = stranger.post(
        "/login", data={"user": USER, "password": PASSWORD}, headers={"Origin": origin}
    )
    assert answer.status_code == 403


def test_an_alarm_from_arrival_to_history(hub: RunningHub, http: httpx.Client) -> None:
    chain = bring(hub, room="r2")
    listed = http.get("/api/alarms").json()
    alarm = next(a for a in listed["alarms"] if a["id"] == chain)
    assert alarm["title"] == "Person on the floor – Room 2"
    assert (alarm["priority"], alarm["sound"], alarm["state"]) == ("high", "high", "active")
    assert alarm["since"].endswith("Z")
    assert "Body posture: strong sign" in alarm["because"]
    taken = http.post(f"/api/alarms/{chain}/acknowledge").json()
    assert (taken["state"], taken["acknowledged_by"], taken["sound"]) == (
        "acknowledged",
        USER,
        "none",
    )
    assert http.post(f"/api/alarms/{chain}/acknowledge").status_code == 200, "twice is once"
    done = http.post(f"/api/alarms/{chain}/resolve", json={"reason": "fall"}).json()
    assert (done["state"], done["resolved_by"]) == ("resolved", USER)
    assert chain not in [a["id"] for a in http.get("/api/alarms").json()["alarms"]]
    earlier = http.get("/api/alarms", params={"resolved": True, "limit": 1}).json()
    assert [a["id"] for a in earlier["alarms"]] == [chain]
    assert http.post(f"/api/alarms/{chain}/acknowledge").status_code == 409
    assert "Room 2" in http.get("/earlier").text


def test_no_nanoseconds_reach_a_browser(hub: RunningHub, http: httpx.Client) -> None:
    bring(hub)
    # With the digits that follow: six alone may stand in any id.
    stamp = re.compile(str(time.time_ns())[:6] + r"\d{10}")
    for path in ("/", "/api/board", "/api/alarms", "/api/rooms", "/api/nodes", "/admin"):
        assert not stamp.search(http.get(path).text), path


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("/api/alarms/xyz/acknowledge", None, 404, "expected the id of an alarm"),
        ("/api/alarms/00000000-0000-8000-8000-000000000000/acknowledge", None, 404, "expected"),
        ("/api/rooms/r99/pause", {"seconds": 600}, 404, "room"),
        ("/api/rooms/r1/pause", {"seconds": 1}, 400, "seconds"),
        ("/api/rooms/r1/pause", {"minutes": 1}, 400, "minutes"),
        ("/api/rooms/r1/pause", "[", 400, ""),
    ],
)
def test_bad_requests_are_told_why(
    http: httpx.Client, path: str, body: object, status: int, said: str
) -> None:
    if isinstance(body, str):
        answer = http.post(path, content=body, headers={"Content-Type": "application/json"})
    else:
        answer = http.post(path, json=body)
    assert answer.status_code == status, answer.text
    assert said in answer.json()["detail"]


def test_a_huge_body_is_refused(http: httpx.Client) -> None:
    answer = http.post("/api/rooms/r1/pause", content=b"x" * 200_000)
    assert answer.status_code == 413


def test_a_pause_from_the_page(hub: RunningHub, http: httpx.Client) -> None:
    hub.context.store.store(
        "n-1", [event(events.NodeStarted, time.time(), room=None)], time.time_ns()
    )
    bring(hub)
    room = http.post("/api/rooms/r1/pause", json={"seconds": 600}).json()
    assert room["order"]["kind"] == "pause"
    assert room["order"]["minutes"] == 10
    assert room["can_pause"] is False
    order = hub.context.store.pending(time.time_ns())["n-1"][-1]
    applied = event(
        events.CommandApplied,
        time.time(),
        command=order.id,
        command_kind=events.CommandKind.PAUSE,
        outcome=events.Outcome.APPLIED,
    )
    hub.context.store.store("n-1", [applied], time.time_ns())
    room = next(r for r in http.get("/api/rooms").json() if r["room"] == "r1")
    assert (room["status"], room["order"], room["can_resume"]) == ("paused", None, True)
    assert room["until"].endswith("Z")


def test_a_carer_may_not_administer(hub: RunningHub) -> None:
    add_user(hub, "dora", Role.CARER)
    with client(hub, log_in=False) as http:
        answer = http.post("/api/login", json={"user": "dora", "password": PASSWORD})
        token = answer.json()["csrf"]
        assert http.get("/").status_code == 200
        assert http.get("/admin").status_code == 403
        assert http.post("/admin/invite", data={"csrf": token}).status_code == 403
        assert "Admin" not in http.get("/").text


def test_tokens_read_metrics_without_a_browser(hub: RunningHub, stranger: httpx.Client) -> None:
    bring(hub)
    token = hub.context.accounts.tokens.make("prometheus", Role.METRICS, time.time_ns())
    headers = {"Authorization": f"Bearer {token}"}
    answer = stranger.get("/metrics", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    for line in (
        'ambient_hub_events_total{kind="fall.confirmed"}',
        'ambient_hub_alarms{kind="fall",state="active"}',
        'ambient_hub_nodes{state="speaking"} 1.0',
        "ambient_hub_event_delay_seconds_bucket",
        "ambient_hub_unknown_keys 0.0",
    ):
        assert line in answer.text, line
    assert stranger.get("/api/alarms", headers=headers).status_code == 403
    assert stranger.get("/metrics", headers={"Authorization": "Bearer no"}).status_code == 401


def test_a_program_acknowledges_with_a_token(hub: RunningHub, stranger: httpx.Client) -> None:
    token = hub.context.accounts.tokens.make("robot", Role.CARER, time.time_ns())
    chain = bring(hub)
    answer = stranger.post(
        f"/api/alarms/{chain}/acknowledge", headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.json()["acknowledged_by"] == "token:robot"


def test_administration(hub: RunningHub, http: httpx.Client) -> None:
    token = http.headers["X-CSRF-Token"]
    registry = hub.context.registry
    enrol(registry, "n-7", ["r7"], accept=False)
    (waiting,) = registry.pending()
    page = http.get("/admin").text
    assert waiting.fingerprint in page

    def post(path: str, **data: str) -> httpx.Response:
        return http.post(f"/admin/{path}", data={"csrf": token, **data})

    assert post("nodes/accept", name=waiting.fingerprint).status_code == 303
    assert "n-7" in registry.enrolled()
    assert post("nodes/accept", name=waiting.fingerprint).status_code == 400
    assert post("nodes/revoke", name="n-7").status_code == 303
    assert "n-7" not in registry.enrolled()
    enrol(registry, "n-8", ["r8"], accept=False)
    assert post("nodes/reject", name=registry.pending()[0].fingerprint).status_code == 303
    assert registry.pending() == []

    invited = post("invite").text
    assert "ambient1:" in invited
    assert "<svg" in invited
    assert "ambient1:" not in http.get("/admin").text

    added = post("users/add", user="emil", password=PASSWORD, role="carer")
    assert added.status_code == 303
    again = post("users/add", user="emil", password=PASSWORD, role="carer")
    assert again.status_code == 400
    assert "expected a new name" in again.text
    assert post("users/password", name="emil", password="short").status_code == 400
    assert post("users/disable", name="emil").status_code == 303
    assert post("users/enable", name="emil").status_code == 303
    assert post("users/add", user="x", password=PASSWORD, role="metrics").status_code == 400
    made = post("tokens/add", name="scraper", role="metrics")
    secret = made.text.split('id="token">')[1].split("<")[0]
    assert http.get("/metrics", headers={"Authorization": f"Bearer {secret}"}).status_code == 200
    assert post("tokens/revoke", name="scraper").status_code == 303
    assert hub.context.accounts.tokens.bearer(secret) is None


def test_names_cannot_become_markup(hub: RunningHub, http: httpx.Client) -> None:
    answer = http.post("/login", data={"user": '"><script>alert(1)</script>', "password": "wrong"})
    assert answer.status_code == 401
    assert "<script>alert" not in answer.text


def test_an_ended_session_ends_the_stream(hub: RunningHub) -> None:
    with client(hub) as http, http.stream("GET", "/live") as stream:
        lines = stream.iter_lines()
        assert next(lines) == "event: beat"
        http.post("/api/logout")
        assert "event: logged-out" in list(lines)


def test_the_stream_carries_state_then_changes(hub: RunningHub) -> None:
    with client(hub) as http, http.stream("GET", "/live") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        numbers, took = [_next_id(lines)], []
        for _ in range(3):
            bring(hub)
            began = time.monotonic()
            numbers.append(_next_id(lines))
            took.append(time.monotonic() - began)
        assert numbers == sorted(set(numbers))
        assert min(took) < 2.0, "at once, not with the next beat: whatever the machine does beside"


def _next_id(lines: Iterator[str]) -> int:
    return int(next(line for line in lines if line.startswith("id: ")).removeprefix("id: "))


def test_set_up_over_http(tmp_path: Path) -> None:
    with running(hub_config(tmp_path), user=False) as hub:
        assert hub.setup_url is not None
        path = hub.setup_url.removeprefix(hub.url)
        with client(hub, log_in=False) as http:
            assert "has no user yet" in http.get("/login").text
            assert http.get("/setup/guess").status_code == 410
            assert "First set-up" in http.get(path).text
            form = {"user": "anna", "password": PASSWORD, "again": "different"}
            assert "differ" in http.post(path, data=form).text
            form["again"] = PASSWORD
            assert http.post(path, data=form).status_code == 303
            assert http.get("/api/session").json()["role"] == "admin"
            assert http.post(path, data={**form, "user": "eve"}).status_code == 410
            assert http.get(path).status_code == 410
    with running(hub_config(tmp_path), user=False) as hub:
        assert hub.setup_url is None


def test_the_hubs_health_is_told_to_anybody(tmp_path: Path) -> None:
    with running(hub_config(tmp_path)) as hub, client(hub, log_in=False) as http:
        assert http.get("/healthz").text == "ok\n"
        with hub.context.database.write() as db:
            pages = int(db.execute("PRAGMA page_count").fetchone()[0])
            db.execute(f"PRAGMA max_page_count = {pages}")
        with client(hub, log_in=False) as other:
            refused = None
            for n in range(400):
                life = fall(n, 2)
                try:
                    hub.context.store.store("n-1", life, n * NS)
                except Exception as error:  # noqa: BLE001 - which one is asserted below
                    refused = error
                    break
            assert type(refused).__name__ == "StoreError"
            answer = other.get("/healthz")
            assert (answer.status_code, answer.text) == (503, "disk_full\n")
