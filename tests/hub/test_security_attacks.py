"""What strangers and careless clients do to the page: each attack by a table, over real HTTP."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import msgspec
import pytest

from ambient.config import RoomName
from ambient.hub.identities import Role
from ambient.hub.service import RunningHub
from ambient.hub.web.patience import PatientProtocol
from tests.hub.kit import PASSWORD, USER, add_user, client, enrol, fall, hub_config, running
from tests.patience import PATIENCE_S

EVIL = """<script>alert(1)</script>"'><img src=x onerror=a>{{999*99}}"""
"""As long as a name may be; no time of day holds what its sum is."""
HURRY_S = 0.5


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    config = hub_config(tmp_path_factory.mktemp("hub"))
    rooms = config.rooms | {"r1": RoomName(name=EVIL, floor=EVIL)}
    with running(msgspec.structs.replace(config, rooms=rooms)) as hub:
        enrol(hub.context.registry, "n-1", ["r1"])
        hub.context.store.store("n-1", fall(time.time(), 2), time.time_ns())
        yield hub


PAGES = ["/", "/earlier", "/handover", "/kiosk", "/admin", "/account", "/device", "/residents"]


@pytest.mark.parametrize("path", PAGES)
def test_a_room_s_name_cannot_become_markup(hub: RunningHub, path: str) -> None:
    with client(hub) as http:
        text = http.get(path, headers={"Accept": "text/html"}).text
    assert "<script>alert" not in text
    assert "<img src=x" not in text
    assert "98901" not in text, "templates are not rendered twice"
    if path in ("/", "/kiosk", "/device"):
        assert "&lt;script&gt;alert(1)" in text, "the name was shown at all"
        assert "{{999*99}}" in text, "to its end"


@pytest.mark.parametrize("path", ["/live", "/device/live"])
def test_a_room_s_name_cannot_become_markup_in_the_stream(hub: RunningHub, path: str) -> None:
    with client(hub) as http, http.stream("GET", path) as stream:
        state = next(line for line in stream.iter_lines() if line.startswith("data: {"))
    assert "&lt;script&gt;alert(1)" in state
    assert "<script>" not in state


def test_a_passkey_s_name_cannot_become_markup(hub: RunningHub) -> None:
    user, key = USER, b"k1"
    with hub.context.database.write() as db:
        db.execute(
            "INSERT INTO passkeys (credential, user, name, public_key, sign_count, backed_up, "
            "created) VALUES (?, ?, ?, ?, 0, 0, 0)",
            (key, user, EVIL, key),
        )
    try:
        with client(hub) as http:
            text = http.get("/account").text
    finally:
        with hub.context.database.write() as db:
            db.execute("DELETE FROM passkeys")
    assert "&lt;script&gt;alert(1)" in text
    assert "<script>alert" not in text
    assert "<img src=x" not in text


def test_a_session_cannot_be_fixed_beforehand(hub: RunningHub) -> None:
    planted = "planted-by-somebody-else"
    with client(hub, log_in=False) as http:
        http.cookies.set("ambient", planted)
        answer = http.post("/login", data={"user": USER, "password": PASSWORD})
        given = answer.cookies["ambient"]
    assert answer.status_code == 303
    assert given != planted
    with client(hub, log_in=False) as thief:
        thief.cookies.set("ambient", planted)
        assert thief.get("/api/session").status_code == 401
    with client(hub) as one, client(hub) as other:
        assert one.cookies["ambient"] != other.cookies["ambient"], "every log-in has its own"


def test_guessing_a_password_gets_slower_for_user_and_address(hub: RunningHub) -> None:
    add_user(hub, "gina", Role.CARER)
    seen = []
    with client(hub, log_in=False) as http:
        for n in range(30):
            login = {"user": "gina" if n < 10 else f"guess-{n}", "password": "wrong"}
            seen.append(http.post("/api/login", json=login).status_code)
    with hub.context.database.write() as db:
        db.execute("DELETE FROM attempts")
    assert seen[:5] == [401] * 5
    assert seen[5:10] == [429] * 5
    assert 429 in seen[10:], "one address that tries many names is slowed down as well"
    assert 500 not in seen


TRAVERSALS = [
    "/static/../hub.db",
    "/static/..%2f..%2fhub.db",
    "/static/%2e%2e/%2e%2e/accounts.py",
    "/static/..%5c..%5chub.db",
    "/static//etc/passwd",
    "/static/%00",
    "/static/....//....//etc/passwd",
    "/setup/..%2f..%2fadmin",
    "/residents/..%2f..%2fetc%2fpasswd",
    "/api/alarms/..%2f..%2fetc%2fpasswd",
    "/certificate/..%2fca.key",
    "/sign-in/..%2f..%2fetc%2fpasswd",
    "/sign-in/provider/back/..%2f..%2fadmin",
]


@pytest.mark.parametrize("path", TRAVERSALS)
def test_no_path_leads_out_of_what_is_served(hub: RunningHub, path: str) -> None:
    """The path goes out as it is written here: a client library would tidy it up."""
    with client(hub) as http:
        cookie = f"ambient={http.cookies['ambient']}"
        head = f"GET {path} HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n"
        answer = raw(hub, head.encode())
    status = int(answer.split(b" ", 2)[1])
    assert 400 <= status < 500, answer[:200]
    for secret in (b"root:", b"SQLite format", b"def ", b"PRIVATE KEY"):
        assert secret not in answer


def raw(hub: RunningHub, request: bytes) -> bytes:
    """Send bytes, and read until the hub closes."""
    parts = urlsplit(hub.url)
    at = (parts.hostname, parts.port)
    with closing(socket.create_connection(at, timeout=PATIENCE_S)) as sock:
        sock.sendall(request)
        answer = b""
        while part := sock.recv(65536):
            answer += part
    return answer


OVERSIZED = [
    ("POST", "/api/login", b"x" * 70_000, {"Content-Type": "application/json"}, {413, 400}),
    ("POST", "/login", b"user=" + b"x" * 70_000, {}, {413, 400}),
    ("POST", "/login/passkey", b"credential=" + b"x" * 70_000, {}, {413, 400}),
    ("POST", "/login/passkey", b"credential=" + b"[" * 60_000, {}, {400}),
    ("GET", "/sign-in/provider/back?state=" + "x" * 60_000, b"", {}, {400}),
    ("POST", "/api/login", b"[" * 60_000, {"Content-Type": "application/json"}, {400}),
    ("GET", "/login", b"", {"Cookie": "; ".join(f"c{n}={n}" for n in range(5000))}, {200, 400}),
]


@pytest.mark.parametrize(("method", "path", "body", "headers", "statuses"), OVERSIZED)
def test_what_is_too_large_is_refused(
    stranger: httpx.Client,
    method: str,
    path: str,
    body: bytes,
    headers: dict[str, str],
    statuses: set[int],
) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"} if method == "POST" else {}
    answer = stranger.request(method, path, content=body, headers=form | headers)
    assert answer.status_code in statuses
    assert stranger.get("/healthz").status_code == 200


ENDLESS = {
    "address": b"GET /login?" + b"a" * 2_000_000,
    "header": b"GET /login HTTP/1.1\r\nX-Long: " + b"a" * 2_000_000,
    "headers": b"GET /login HTTP/1.1\r\n" + b"X-Short: a\r\n" * 200_000,
}


@pytest.mark.parametrize("sent", ENDLESS.values(), ids=ENDLESS)
def test_a_head_without_end_is_refused(
    hub: RunningHub, stranger: httpx.Client, sent: bytes
) -> None:
    try:
        answer = raw(hub, sent)
    except (ConnectionResetError, BrokenPipeError):
        answer = b""  # cut off while it was still sent
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")
    assert stranger.get("/healthz").status_code == 200


DAWDLERS = {
    "says nothing": b"",
    "half a head": b"POST /login HTTP/1.1\r\nHost: x\r\nContent-",
    "half a body": (
        b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: 1000\r\n\r\nuser=a"
    ),
    "endless chunks": (
        b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nuser=\r\n"
    ),
    "no head of its own": b"\x16\x03\x01",
}


@pytest.mark.parametrize("sent", DAWDLERS.values(), ids=DAWDLERS)
def test_who_dawdles_is_cut_off_and_blocks_nobody(
    hub: RunningHub, stranger: httpx.Client, sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = urlsplit(hub.url)
    assert stranger.get("/healthz").status_code == 200, "its connection is not one of the hurried"
    monkeypatch.setattr(PatientProtocol, "patience_s", HURRY_S)
    at = (parts.hostname, parts.port)
    slow = [socket.create_connection(at, timeout=PATIENCE_S) for _ in range(100)]
    try:
        for one in slow:
            one.sendall(sent)
        assert stranger.get("/healthz").status_code == 200, "others are served meanwhile"
        for one in slow:
            try:
                while one.recv(65536):
                    pass
            except ConnectionResetError:
                continue  # cut off as well
    finally:
        for one in slow:
            one.close()


def test_who_sends_in_time_is_not_cut_off(hub: RunningHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """A live page stays open far longer than a request may take."""
    with client(hub) as http:
        monkeypatch.setattr(PatientProtocol, "patience_s", HURRY_S)
        began = time.monotonic()
        with http.stream("GET", "/live") as stream:
            beats = 0
            for line in stream.iter_lines():
                beats += line == "event: beat"
                if beats == 2:
                    break
    assert time.monotonic() - began > 2 * HURRY_S


HEADERS = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
]
ANSWERS = [
    *("/login", "/healthz", "/static/main.js", "/nowhere", "/api/board", "/setup/x", "/device"),
    *("/sign-in/provider", "/sign-in/provider/back"),
]


@pytest.mark.parametrize("path", ANSWERS)
def test_every_answer_carries_the_headers(stranger: httpx.Client, path: str) -> None:
    headers = stranger.get(path).headers
    for name, value in HEADERS:
        assert headers[name] == value, name
    policy = dict(
        part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert all("unsafe" not in value and "*" not in value for value in policy.values())
    assert "server" not in headers
    assert "strict-transport-security" not in headers, "not over plain HTTP"


def test_over_https_the_host_is_never_asked_in_the_open_again(tmp_path: Path) -> None:
    config = hub_config(tmp_path)
    web = msgspec.structs.replace(config.web, secure_cookies=True)
    with running(msgspec.structs.replace(config, web=web)) as hub:
        with client(hub, log_in=False) as http:
            answer = http.post("/login", data={"user": USER, "password": PASSWORD})
        cookie = answer.headers["set-cookie"]
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        assert cookie.startswith("__Host-ambient=")
        for word in ("Secure", "HttpOnly", "SameSite=strict", "Path=/"):
            assert word in cookie
        assert "Domain" not in cookie


FORGED = [
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"X-CSRF-Token": ""},
    {"X-CSRF-Token": "é"},
    {},
]


@pytest.mark.parametrize("headers", FORGED)
@pytest.mark.parametrize(
    "path",
    [
        *("/api/duty/off", "/admin/invite", "/logout", "/account/second-factor/begin"),
        *("/account/passkeys/add", "/account/passkeys/remove", "/api/passkeys/registration"),
    ],
)
def test_what_another_site_makes_a_browser_send_is_refused(
    hub: RunningHub, path: str, headers: dict[str, str]
) -> None:
    with client(hub) as http:
        right = http.headers.pop("X-CSRF-Token")
        with_right = (
            {} if headers.keys() & {"X-CSRF-Token"} or not headers else {"X-CSRF-Token": right}
        )
        sent = httpx.Headers(headers | with_right, encoding="utf-8")
        assert http.post(path, headers=sent).status_code == 403
        assert http.get("/api/session").status_code == 200
