"""The web application: handlers, authentication, error answers, static files, OpenAPI.

Comes in: a `HubContext`. Goes out: a Litestar application that uvicorn (or a test) runs.
"""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any, Final

import structlog
from litestar import Litestar, MediaType, Response, Router, get
from litestar.config.compression import CompressionConfig
from litestar.datastructures import CacheControlHeader
from litestar.di import Provide
from litestar.exceptions import HTTPException, ValidationException
from litestar.middleware import DefineMiddleware
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.response import Redirect
from litestar.static_files import create_static_files_router

from ambient import __version__
from ambient.errors import AmbientError, StoreError
from ambient.hub.account_rows import LockedError
from ambient.hub.accounts import WrongPasswordError
from ambient.hub.alarms.system import UnknownAlarmError
from ambient.hub.identities import Identity, Right, Role
from ambient.hub.metrics import CONTENT_TYPE
from ambient.hub.rows import UnknownRoomError
from ambient.hub.trends import UnknownResidentError
from ambient.hub.web import pages
from ambient.hub.web.account import account_router, api_second_factor
from ambient.hub.web.admin import admin_router
from ambient.hub.web.api import api_login, api_router
from ambient.hub.web.burden import burden_router
from ambient.hub.web.care import care_router
from ambient.hub.web.context import AnyRequest, Hub, HubContext
from ambient.hub.web.device import device_router
from ambient.hub.web.guard import (
    HEADERS,
    Authentication,
    SecondFactorError,
    SecurityHeaders,
    allowed,
)
from ambient.hub.web.install import install_router
from ambient.hub.web.live import live
from ambient.hub.web.passkeys import api_passkeys_router, passkeys_router
from ambient.hub.web.people import people_router
from ambient.hub.web.pictures import Pictures, Readings, ringing_state
from ambient.hub.web.push import push_router
from ambient.hub.web.render import render
from ambient.hub.web.shift import shift_router
from ambient.hub.web.sign_in import sign_in_router
from ambient.hub.web.tongues import SpeakTheirLanguage
from ambient.hub.web.trend import trends_router
from ambient.hub.web.trust import trust_router

MAX_BODY: Final = 64 * 1024
STATIC: Final = Path(__file__).parent / "static"

_log = structlog.get_logger(__name__)

_STATUS: Final[dict[type[AmbientError], int]] = {
    UnknownAlarmError: 404,
    UnknownRoomError: 404,
    UnknownResidentError: 404,
    WrongPasswordError: 401,
    LockedError: 429,
    StoreError: 507,
}


@get(
    "/metrics",
    needs=Right.METRICS,
    include_in_schema=False,
    sync_to_thread=True,
)
def metrics(hub: Hub) -> Response[bytes]:
    """Answer a Prometheus scrape."""
    body = hub.metrics.text(hub.board(), hub.broadcaster.listeners)
    return Response(body, headers={"Content-Type": CONTENT_TYPE})


def create_app(hub: HubContext) -> Litestar:
    """Return the application of `hub`."""
    readings = Readings(hub)
    pictures, caring = Pictures(readings), Pictures(readings, care=True)
    ringing = Pictures(readings, lambda: ringing_state)

    async def start() -> None:
        hub.broadcaster.start()
        hub.store.listeners.append(_publish)

    async def stop() -> None:
        hub.broadcaster.close()

    def _publish(_: int) -> None:
        hub.broadcaster.publish()

    return Litestar(
        route_handlers=[
            pages.pages_router(),
            sign_in_router(),
            shift_router(),
            push_router(),
            trends_router(),
            burden_router(),
            live,
            account_router(),
            passkeys_router(),
            api_second_factor,
            api_passkeys_router(),
            device_router(),
            trust_router(),
            people_router(),
            care_router(),
            metrics,
            api_login,
            admin_router(),
            install_router(),
            api_router(),
            create_static_files_router(
                path="/static",
                directories=[STATIC],
                opt={"public": True},
                cache_control=CacheControlHeader(no_cache=True),
                include_in_schema=False,
            ),
        ],
        dependencies={
            "hub": Provide(lambda: hub, sync_to_thread=False),
            "pictures": Provide(lambda: pictures, sync_to_thread=False),
            "caring": Provide(lambda: caring, sync_to_thread=False),
            "ringing": Provide(lambda: ringing, sync_to_thread=False),
        },
        guards=[allowed],
        middleware=[
            DefineMiddleware(SecurityHeaders, hub=hub),
            SpeakTheirLanguage,
            DefineMiddleware(Authentication, hub=hub),
        ],
        exception_handlers={
            HTTPException: _http_error,
            AmbientError: _own_error,
            UnicodeDecodeError: _unreadable,
            RecursionError: _unreadable,
            Exception: _crash,
        },
        openapi_config=OpenAPIConfig(
            title="Ambient hub",
            version=__version__,
            openapi_router=Router(path="/api", route_handlers=[], opt={"needs": Right.ALARMS}),
            render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        ),
        compression_config=CompressionConfig(
            backend="gzip", minimum_size=2000, exclude=["^/live", "^/metrics"]
        ),
        request_max_body_size=MAX_BODY,
        logging_config=None,
        on_startup=[start],
        on_shutdown=[stop],
    )


def _http_error(request: AnyRequest, error: HTTPException) -> Response[Any]:
    if error.status_code == 401 and _wants_page(request):
        return Redirect("/login", status_code=303, headers=HEADERS)
    who = request.scope.get("user")
    on_device = isinstance(who, Identity) and who.role is Role.DEVICE
    if error.status_code == 403 and on_device and _wants_page(request):
        return Redirect("/device", status_code=303, headers=HEADERS)
    detail = error.detail
    if isinstance(error, ValidationException) and isinstance(error.extra, list):
        detail = "; ".join(
            f"{item.get('key', 'body')}: {item.get('message', 'not valid')}"
            for item in error.extra
            if isinstance(item, dict)
        )
    return _answer(request, error.status_code, detail, factor=isinstance(error, SecondFactorError))


def _own_error(request: AnyRequest, error: AmbientError) -> Response[Any]:
    status = next((s for kind, s in _STATUS.items() if isinstance(error, kind)), 409)
    if isinstance(error, StoreError):
        _log.error("store_refused", error=str(error))
    answer = _answer(request, status, str(error))
    if isinstance(error, LockedError):
        answer.headers["Retry-After"] = str(error.wait_s)
    return answer


def _unreadable(request: AnyRequest, error: UnicodeDecodeError | RecursionError) -> Response[Any]:
    """Answer a body that is no text, or nested without end."""
    _log.warning("request_unreadable", method=request.method, reason=type(error).__name__)
    deep = isinstance(error, RecursionError)
    detail = "expected JSON, got something nested too deeply" if deep else "expected text in UTF-8"
    return _answer(request, 400, detail)


def _crash(request: AnyRequest, error: Exception) -> Response[Any]:
    # Without local variables: those may hold a password.
    trace = "".join(traceback.format_exception(error))
    _log.error("request_failed", method=request.method, traceback=trace)
    return _answer(request, 500, "the hub made a mistake; its log says more")


def _answer(
    request: AnyRequest, status: int, detail: str, *, factor: bool = False
) -> Response[Any]:
    """Answer what was refused; `factor` when a second factor would do."""
    if _wants_page(request):
        html = render("error.html", status=status, detail=detail, factor=factor)
        return Response(html, media_type=MediaType.HTML, status_code=status, headers=dict(HEADERS))
    return Response({"status": status, "detail": detail}, status_code=status, headers=dict(HEADERS))


def _wants_page(request: AnyRequest) -> bool:
    path = request.scope["path"]
    if path.startswith(("/api", "/live", "/metrics", "/static")):
        return False
    return "text/html" in request.headers.get("accept", "")
