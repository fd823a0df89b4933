"""The wizard's pages and answers, over HTTPS to the one device that gave the code.

Comes in: an `Installation` and a `Gate`. Goes out: a Litestar application. Without the session of
the device that was let in there is the form for the code and nothing else; what changes anything
must come from the wizard's own pages. No answer may be kept by a browser, and none holds a picture
but that of ``/still``, which is empty without an agreement in force.
"""

from __future__ import annotations

import math
import secrets
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import structlog
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from litestar import Litestar, MediaType, Request, Response, Router, get, post
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie, MutableScopeHeaders
from litestar.exceptions import HTTPException, NotAuthorizedException, PermissionDeniedException
from litestar.handlers.base import BaseRouteHandler
from litestar.params import FromPath, JSONBody, URLEncodedBody
from litestar.response import Redirect
from litestar.static_files import create_static_files_router
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from msgspec import Meta, Struct

from ambient.bus.opening import fingerprint
from ambient.errors import AmbientError, StoreError
from ambient.events import Area, Light, Station, WizardAct
from ambient.languages import accepted
from ambient.node.wizard import record, walk
from ambient.node.wizard.announce import Announcer
from ambient.node.wizard.drawing import Drawn, Missing
from ambient.node.wizard.gate import Gate, Verdict
from ambient.node.wizard.installation import BusyError, Installation, UnknownPlaceError
from ambient.node.wizard.looks import Outlined
from ambient.node.wizard.walk import Judged
from ambient.node.wizard.watcher import Person
from ambient.node.wizard.words import words

COOKIE: Final = "__Host-wizard"
MAX_BODY: Final = 64 * 1024
LAST_PAGE_S: Final = 2.0
STATIC: Final = Path(__file__).parent / "static"
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Without a referrer browsers send the origin of a form as "null", which is no page of ours.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

AnyRequest = Request[Any, Any, Any]
_log = structlog.get_logger(__name__)


class CodeForm(Struct, frozen=True):
    """The form of the gate."""

    code: Annotated[str, Meta(max_length=64)]


class Begin(Struct, frozen=True, forbid_unknown_fields=True):
    """Which station somebody begins."""

    station: Station
    light: Light


class Finish(Struct, frozen=True, forbid_unknown_fields=True):
    """Who walked, and whether it was the short walk."""

    by: Annotated[str, Meta(min_length=1, max_length=60)]
    short: bool = False


class Agreed(Struct, frozen=True, forbid_unknown_fields=True):
    """That everybody in the room agrees to a picture."""

    everybody: bool


class Door:
    """The gate of the running wizard: the one mutable thing of the application.

    Parameters
    ----------
    gate
        Of this opening.
    steady
        Seconds of a steady clock.
    announcer
        Tells the hub of who came in.
    certificate
        SHA-256 of the wizard's certificate.
    """

    def __init__(
        self, gate: Gate, steady: Callable[[], float], announcer: Announcer, certificate: str
    ) -> None:
        self._gate = gate
        self._entering = threading.Lock()
        self._steady = steady
        self._announcer = announcer
        self.certificate = certificate
        self._shuts: float | None = None
        """When (s) it shuts, once somebody ended the opening before its time."""

    @property
    def closed(self) -> bool:
        """Whether somebody ended the opening before its time."""
        return self._shuts is not None

    def close(self) -> None:
        """Let nobody in any more; the last page may still load what it is shown by."""
        self._shuts = self._steady() + LAST_PAGE_S

    @property
    def over(self) -> bool:
        """Whether the wizard is to be shut."""
        now = self._steady()
        return not self._gate.is_open(now) or (self._shuts is not None and now >= self._shuts)

    @property
    def left_s(self) -> float:
        """For how long it is open still."""
        return 0.0 if self.closed else self._gate.left_s(self._steady())

    @property
    def tries_left(self) -> int:
        """How many more codes may be tried."""
        return self._gate.tries_left

    def enter(self, given: str) -> tuple[Verdict, str]:
        """Take in a code; return what became of it, and the token of the session."""
        token = secrets.token_urlsafe(32)
        with self._entering:  # of tries side by side each one counts, and one device gets in
            before = self._gate
            self._gate, verdict = before.enter(given, token, self._steady())
            if verdict is Verdict.ENTERED:
                self._announcer.act(WizardAct.ENTERED)
            elif verdict is Verdict.LOCKED and self._gate != before:
                self._announcer.act(WizardAct.LOCKED)
        return verdict, token

    def admits(self, token: str | None) -> bool:
        """Return whether a request with `token` is from the device that was let in."""
        return not self.closed and self._gate.admits(token, self._steady())


class _Headers:
    """Puts `HEADERS` on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        await self._app(scope, receive, complete)


def _let_in(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    door: Door = connection.app.state.door
    if not door.admits(connection.cookies.get(COOKIE)):
        raise NotAuthorizedException("expected the device that gave the code; open / and give it")
    if getattr(connection, "method", "GET") not in ("GET", "HEAD") and (
        connection.headers.get("origin") != str(connection.base_url).rstrip("/")
    ):
        raise PermissionDeniedException("expected a request of the wizard's own page")


@get("/", sync_to_thread=False)
def page_gate(request: AnyRequest) -> Response[Any]:
    """Show the form for the code, or the rooms to whoever is in."""
    door: Door = request.app.state.door
    if door.admits(request.cookies.get(COOKIE)):
        rooms = [room.id for room in _installation(request).config.rooms]
        if len(rooms) == 1:
            return Redirect(f"/room/{rooms[0]}", status_code=303)
        return _page(request, "rooms.html", rooms=rooms)
    return _gate(request, Verdict.OVER if door.over else None)


@post("/enter", sync_to_thread=True, status_code=303)
def enter(
    request: AnyRequest,
    data: URLEncodedBody[CodeForm],
) -> Response[Any]:
    """Take in the code."""
    verdict, token = request.app.state.door.enter(data.code)
    if verdict is not Verdict.ENTERED:
        return _gate(request, verdict)
    answer: Response[Any] = Redirect("/", status_code=303)
    answer.set_cookie(
        Cookie(COOKIE, value=token, path="/", secure=True, httponly=True, samesite="strict")
    )
    return answer


@get("/room/{room:str}", sync_to_thread=True)
def page_room(request: AnyRequest, room: FromPath[str]) -> Response[str]:
    """Show the steps of one room."""
    installation = _installation(request)
    here = installation.room(room)
    stations = walk.asked(installation.senses(room))
    kinds = [area for area in Area if area is not Area.WET_ROOM or here.cameras]
    return _page(
        request, "room.html", room=here, stations=stations, lights=list(Light), kinds=kinds
    )


@get("/api/people/{room:str}", sync_to_thread=True)
def people(request: AnyRequest, room: FromPath[str]) -> dict[str, Any]:
    """Return who is seen as lines, and what each camera and microphone can sense."""
    installation = _installation(request)
    installation.room(room)
    seen: list[Person] = installation.watcher.people(room)
    left = round(request.app.state.door.left_s)
    return {"people": seen, "views": installation.watcher.views(room), "left_s": left}


@get("/api/outline/{room:str}/{camera:str}", sync_to_thread=True)
def outline(request: AnyRequest, room: FromPath[str], camera: FromPath[str]) -> Outlined:
    """Return the edges of what a camera sees."""
    return _installation(request).outline(room, camera)


@get("/api/areas/{room:str}/{camera:str}", sync_to_thread=True)
def areas(request: AnyRequest, room: FromPath[str], camera: FromPath[str]) -> list[Drawn]:
    """Return what is drawn."""
    return _installation(request).areas(room, camera)


@post("/api/areas/{room:str}/{camera:str}", sync_to_thread=True, status_code=200)
def draw(
    request: AnyRequest,
    room: FromPath[str],
    camera: FromPath[str],
    data: JSONBody[list[Drawn]],
) -> dict[str, str]:
    """Save what is drawn."""
    return {"version": _installation(request).draw(room, camera, data)}


@post("/api/missing/{room:str}/{camera:str}", sync_to_thread=True, status_code=200)
def missing(
    request: AnyRequest,
    room: FromPath[str],
    camera: FromPath[str],
    data: JSONBody[list[Drawn]],
) -> Missing:
    """Return what the room lacks still, were these the areas of the camera; saves nothing."""
    return _installation(request).missing(room, camera, data)


@post("/api/still/{room:str}/{camera:str}", sync_to_thread=True, status_code=200)
def agree(
    request: AnyRequest, room: FromPath[str], camera: FromPath[str], data: JSONBody[Agreed]
) -> dict[str, int]:
    """Take in that everybody in the room agrees to a picture."""
    if not data.everybody:
        raise PermissionDeniedException("expected that everybody in the room agrees")
    made = _installation(request).agree(room, camera)
    return {"seconds": round((made.until - made.began) / 1e9)}


@get("/still/{room:str}/{camera:str}", sync_to_thread=True)
def still(request: AnyRequest, room: FromPath[str], camera: FromPath[str]) -> Response[bytes]:
    """Return a picture that was agreed to; 404 while there is none."""
    data = _installation(request).still(room, camera)
    if not data:
        raise HTTPException("nobody agreed to a picture, or there is none yet", status_code=404)
    return Response(data, media_type="image/jpeg")


@post("/api/walk/{room:str}/begin", sync_to_thread=True, status_code=200)
def begin(request: AnyRequest, room: FromPath[str], data: JSONBody[Begin]) -> dict[str, bool]:
    """Begin a station."""
    _installation(request).begin(room, data.station, data.light)
    return {"begun": True}


@post("/api/walk/{room:str}/end", sync_to_thread=True, status_code=200)
def end(request: AnyRequest, room: FromPath[str]) -> Judged:
    """End the station that was begun, and judge it."""
    return _installation(request).end(room)


@get("/api/walk/{room:str}", sync_to_thread=True)
def walked(request: AnyRequest, room: FromPath[str]) -> list[dict[str, Any]]:
    """Return what the walk gave so far."""
    return [
        {"light": light, "judged": judged} for light, judged in _installation(request).judged(room)
    ]


@post("/api/finish/{room:str}", sync_to_thread=True, status_code=200)
def finish(request: AnyRequest, room: FromPath[str], data: JSONBody[Finish]) -> dict[str, Any]:
    """Write the certificate."""
    made = _installation(request).finish(room, data.by, short=data.short)
    return {"complete": made.complete, "digest": made.digest}


@get("/certificate/{room:str}", sync_to_thread=True)
def page_certificate(request: AnyRequest, room: FromPath[str]) -> Response[str]:
    """Show the newest certificate of a room, to print."""
    return _page(request, "certificate.html", certificate=_certificate(request, room))


@get("/api/certificate/{room:str}", sync_to_thread=True)
def certificate_json(request: AnyRequest, room: FromPath[str]) -> Response[bytes]:
    """Return the newest certificate of a room exactly as the hub knows its digest."""
    return Response(_certificate(request, room).json, media_type=MediaType.JSON)


@post("/close", sync_to_thread=False, status_code=200)
def close(request: AnyRequest) -> Response[str]:
    """Close the wizard."""
    answer = _page(request, "closed.html")
    answer.delete_cookie(COOKIE, path="/")
    request.app.state.door.close()
    return answer


def create_app(installation: Installation, door: Door) -> Litestar:
    """Return the application of one opening."""
    inside = Router(
        "/",
        route_handlers=[
            page_room, people, outline, areas, draw, missing, agree, still, begin, end, walked,
            finish, page_certificate, certificate_json, close,
        ],
        guards=[_let_in],
    )  # fmt: skip
    app = Litestar(
        route_handlers=[
            page_gate,
            enter,
            inside,
            create_static_files_router(path="/static", directories=[STATIC]),
        ],
        middleware=[_Headers],
        exception_handlers={
            HTTPException: _http_error,
            AmbientError: _own_error,
            Exception: _crash,
        },
        openapi_config=None,
        request_max_body_size=MAX_BODY,
        logging_config=None,
    )
    app.state.installation = installation
    app.state.door = door
    return app


def _installation(request: AnyRequest) -> Installation:
    found: Installation = request.app.state.installation
    return found


def _certificate(request: AnyRequest, room: str) -> record.Certificate:
    installation = _installation(request)
    installation.room(room)
    found = record.newest(installation.config.state_dir, room)
    if found is None:
        raise HTTPException("nobody has walked through this room yet", status_code=404)
    return found


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("ambient.node.wizard"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _page(
    request: AnyRequest, template: str, *, status: int = 200, **shown: object
) -> Response[str]:
    language = accepted(request.headers.get("accept-language", ""))
    said = words(language)
    html = (
        _environment()
        .get_template(template)
        .render(
            w=said,
            language=language.value,
            said=msgspec.json.encode(said).decode(),
            left=round(request.app.state.door.left_s / 60),
            **shown,
        )
    )
    return Response(html, media_type=MediaType.HTML, status_code=status)


def _gate(request: AnyRequest, verdict: Verdict | None) -> Response[str]:
    status = {None: 200, Verdict.OVER: 410, Verdict.LOCKED: 429}.get(verdict, 401)
    door: Door = request.app.state.door
    shown = fingerprint(door.certificate)
    return _page(
        request, "gate.html", status=status, verdict=verdict, fingerprint=shown,
        tries=door.tries_left, minutes=math.ceil(door.left_s / 60),
    )  # fmt: skip


_STATUS: Final[dict[type[AmbientError], int]] = {
    UnknownPlaceError: 404,
    BusyError: 503,
    StoreError: 507,
}


def _http_error(request: AnyRequest, error: HTTPException) -> Response[Any]:
    # A path that is nowhere is answered outside the middleware.
    return Response({"detail": error.detail}, status_code=error.status_code, headers=HEADERS)


def _own_error(request: AnyRequest, error: AmbientError) -> Response[Any]:
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 409)
    return Response({"detail": str(error)}, status_code=status)


def _crash(request: AnyRequest, error: Exception) -> Response[Any]:
    _log.error("request failed", path=request.url.path, reason=f"{type(error).__name__}: {error}")
    return Response({"detail": "the node made a mistake; its log says more"}, status_code=500)
