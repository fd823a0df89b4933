"""The hub's page as a program uses it: set up, log in, read the board, acknowledge.

Comes in: the page's address. Goes out: answers of its API, over a real session: cookie, forgery
token and all. Only the standard library, so that it runs wherever a node does.
"""

from __future__ import annotations

import http.client
import http.cookiejar
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, Final

import msgspec

from ambient.errors import LinkError

TIMEOUT_S: Final = 10.0
AGAIN_S: Final = 0.2
CSRF_HEADER: Final = "X-CSRF-Token"


class NoAnswerError(LinkError):
    """Nobody answered a request; whether it was done is not known."""


class AlarmSeen(msgspec.Struct, frozen=True):
    """What is used of an alarm on the page's API."""

    id: str
    kind: str
    state: str
    headline: str
    room: str | None = None
    node: str = ""
    acknowledged_by: str | None = None
    history: list[dict[str, Any]] = []


class CameraSeen(msgspec.Struct, frozen=True):
    """What is used of a camera that does not see."""

    source: str
    view: str


class RoomSeen(msgspec.Struct, frozen=True):
    """What is used of a room on the page's API."""

    room: str
    status: str
    until: str | None = None
    cameras: list[CameraSeen] = []


class BoardSeen(msgspec.Struct, frozen=True):
    """What is used of the board on the page's API."""

    sequence: int
    alarms: list[AlarmSeen]
    rooms: list[RoomSeen]


class _Session(msgspec.Struct, frozen=True):
    csrf: str


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The answer to a form is a redirection; its cookie is all that is wanted of it."""

    def redirect_request(self, *_: Any) -> None:
        return None


class PageClient:
    """A session at a hub's page.

    Parameters
    ----------
    url
        For example ``http://127.0.0.1:8080``.
    patience_s
        For how long a request that nobody answers is made again. Each may be: who logs in twice has
        two sessions, and what was acknowledged stays so.
    """

    def __init__(self, url: str, *, patience_s: float = 0.0) -> None:
        self.url = url.rstrip("/")
        self._patience_s = patience_s
        self._jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPCookieProcessor(self._jar),
            _NoRedirect(),
        )
        self._csrf = ""

    def healthy(self) -> bool:
        """Return whether the hub answers and can store."""
        try:
            return self._call("GET", "/healthz")[0] == 200
        except LinkError:
            return False

    def set_up(self, link: str, user: str, password: str) -> None:
        """Create the first user with the one-time link.

        Raises
        ------
        LinkError
            When the hub refuses.
        """
        form = urllib.parse.urlencode({"user": user, "password": password, "again": password})
        path = urllib.parse.urlsplit(link).path
        kind = "application/x-www-form-urlencoded"
        # The link is good once, so this is not asked again, but waited for.
        limit_s = max(TIMEOUT_S, self._patience_s)
        status, answer = self._call("POST", path, form.encode(), kind, timeout_s=limit_s)
        if status not in (200, 303):
            raise LinkError(f"set-up: expected the hub to create a user, got {status} {answer!r}")
        self._jar.clear()

    def log_in(self, user: str, password: str) -> None:
        """Begin a session.

        Raises
        ------
        LinkError
            When the hub refuses.
        """
        body = msgspec.json.encode({"user": user, "password": password})
        self._csrf = msgspec.json.decode(self._ask("POST", "/api/login", body), type=_Session).csrf

    def board(self) -> BoardSeen:
        """Return what the page shows."""
        return msgspec.json.decode(self._ask("GET", "/api/board"), type=BoardSeen)

    def alarm(self, alarm_id: str) -> AlarmSeen:
        """Return one alarm."""
        return msgspec.json.decode(self._ask("GET", f"/api/alarms/{alarm_id}"), type=AlarmSeen)

    def acknowledge(self, alarm_id: str) -> AlarmSeen:
        """Acknowledge an alarm, as the page's button does."""
        path = f"/api/alarms/{alarm_id}/acknowledge"
        return msgspec.json.decode(self._ask("POST", path, b""), type=AlarmSeen)

    def resolve(self, alarm_id: str, reason: str) -> AlarmSeen:
        """Say what an alarm was, as the page's buttons do."""
        path = f"/api/alarms/{alarm_id}/resolve"
        body = msgspec.json.encode({"reason": reason})
        return msgspec.json.decode(self._ask("POST", path, body), type=AlarmSeen)

    def enrol_device(self, name: str) -> list[tuple[str, str]]:
        """Make this session's browser a shared screen of the ward; return its cookies.

        The session is over afterwards, as it is in a browser.

        Raises
        ------
        LinkError
            When the hub refuses.
        """
        form = urllib.parse.urlencode({"name": name}).encode()
        kind = "application/x-www-form-urlencoded"
        status, answer = self._call("POST", "/admin/devices/enrol", form, kind)
        found = [(name, value) for name, value in self.cookies() if name.endswith("-device")]
        if status != 303 or not found:
            raise LinkError(f"device: expected to be enrolled, got {status} {answer[:200]!r}")
        return found

    def pause(self, room: str, seconds: int) -> None:
        """Order a privacy pause."""
        body = msgspec.json.encode({"seconds": seconds})
        self._ask("POST", f"/api/rooms/{room}/pause", body)

    def resume(self, room: str) -> None:
        """Order the end of a privacy pause."""
        self._ask("POST", f"/api/rooms/{room}/resume", b"")

    def room(self, room: str) -> RoomSeen | None:
        """Return what the page shows of a room."""
        return next((one for one in self.board().rooms if one.room == room), None)

    def wait_for_alarm(self, kind: str, state: str, limit_s: float) -> AlarmSeen | None:
        """Return the first alarm of `kind` in `state`; nothing when none came within `limit_s`."""
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            for alarm in self.board().alarms:
                if alarm.kind == kind and alarm.state == state:
                    return alarm
            time.sleep(0.1)
        return None

    @property
    def csrf(self) -> str:
        """The session's forgery token."""
        return self._csrf

    def cookies(self) -> list[tuple[str, str]]:
        """Return name and value of the session's cookies, for a browser that shall be logged in."""
        return [(cookie.name, cookie.value or "") for cookie in self._jar]

    def _ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        status, answer = self._answered(method, path, body)
        if status >= 300:
            shown = answer[:200].decode(errors="replace")
            raise LinkError(f"{method} {path}: expected success, got {status}: {shown}")
        return answer

    def _answered(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        began = time.monotonic()
        while True:
            try:
                return self._call(method, path, body, "application/json")
            except NoAnswerError:
                if time.monotonic() - began >= self._patience_s:
                    raise
                time.sleep(AGAIN_S)

    def _call(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        kind: str = "",
        *,
        timeout_s: float | None = None,
    ) -> tuple[int, bytes]:
        headers = {"Origin": self.url} if method != "GET" else {}
        if kind and body is not None:
            headers["Content-Type"] = kind
        if self._csrf:
            headers[CSRF_HEADER] = self._csrf
        request = urllib.request.Request(self.url + path, body, headers, method=method)
        try:
            with self._opener.open(request, timeout=timeout_s or TIMEOUT_S) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswerError(f"{self.url}: the hub's page does not answer ({error})") from None
