"""The wizard's pages and answers, over HTTPS to the one device that gave the code.

Comes in: an `Installation` and a `Door`. Goes out: a Litestar application. Without the session of
the device that was let in there is the form for the code and nothing else; what changes anything
must come from the wizard's own pages. No answer may be kept by a browser, and none holds a picture
but that of ``/still``, which is empty without an agreement in force.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from litestar import Litestar, MediaType, Response, Router, get, post
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.exceptions import HTTPException
from litestar.handlers.base import BaseRouteHandler
from litestar.params import FromPath, JSONBody, URLEncodedBody
from litestar.response import Redirect
from litestar.static_files import create_static_files_router
from msgspec import Meta, Struct

from ambient.bus.opening import fingerprint
from ambient.config_cameras import Mount
from ambient.errors import AmbientError
from ambient.events import Area, Light, Station
from ambient.node.wizard import record, walk
from ambient.node.wizard.answers import (
    MAX_BODY,
    AnyRequest,
    Headers,
    crash,
    http_error,
    language_of,
    own_error,
)
from ambient.node.wizard.door import Door
from ambient.node.wizard.drawing import Drawn, Missing
from ambient.node.wizard.gate import Verdict
from ambient.node.wizard.installation import Installation
from ambient.node.wizard.looks import Outlined
from ambient.node.wizard.refusals import (
    ForeignPageError,
    NotAgreedError,
    NotThereError,
    ShutOutError,
)
from ambient.node.wizard.walk import Judged
from ambient.node.wizard.watcher import Person
from ambient.node.wizard.words import words

COOKIE: Final = "__Host-wizard"
STATIC: Final = Path(__file__).parent / "static"


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


def _let_in(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    door: Door = connection.app.state.door
    if not door.admits(connection.cookies.get(COOKIE)):
        raise ShutOutError("shut_out")
    if getattr(connection, "method", "GET") not in ("GET", "HEAD") and (
        connection.headers.get("origin") != str(connection.base_url).rstrip("/")
    ):
        raise ForeignPageError("foreign_page")


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
        request, "room.html", room=here, stations=stations, lights=list(Light), kinds=kinds,
        mounts=list(Mount),
    )  # fmt: skip


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


class Hung(Struct, frozen=True, forbid_unknown_fields=True):
    """How a camera hangs."""

    mount: Mount


@post("/api/mount/{room:str}/{camera:str}", sync_to_thread=True, status_code=200)
def hang(
    request: AnyRequest, room: FromPath[str], camera: FromPath[str], data: JSONBody[Hung]
) -> dict[str, str]:
    """Save how a camera hangs."""
    return {"version": _installation(request).hang(room, camera, data.mount)}


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
        raise NotAgreedError("not_agreed")
    made = _installation(request).agree(room, camera)
    return {"seconds": round((made.until - made.began) / 1e9)}


@get("/still/{room:str}/{camera:str}", sync_to_thread=True)
def still(request: AnyRequest, room: FromPath[str], camera: FromPath[str]) -> Response[bytes]:
    """Return a picture that was agreed to; 404 while there is none."""
    data = _installation(request).still(room, camera)
    if not data:
        raise NotThereError("no_still")
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
            page_room, people, outline, areas, draw, hang, missing, agree, still, begin, end,
            walked, finish, page_certificate, certificate_json, close,
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
        middleware=[Headers],
        exception_handlers={
            HTTPException: http_error,
            AmbientError: own_error,
            Exception: crash,
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
        raise NotThereError("not_walked")
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
    language = language_of(request)
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
