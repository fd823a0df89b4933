"""The page of the alarm burden: the report, thresholds, shadow mode, and the opening of a log.

Comes in: a browser. Goes out: HTML of the same tables as the PDF, the PDF, and the JSON. What is
decided is a form, needs no script, and becomes a line of the hub's log under the name of whoever is
signed in.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from litestar import MediaType, Response, Router, get, post
from litestar.params import FromQuery, URLEncodedBody
from litestar.response import Redirect
from msgspec import Struct

from ambient.errors import UsageError
from ambient.hub import words
from ambient.hub.alarms.book import House
from ambient.hub.alarms.condition import OpeningReason
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.burden import deeds
from ambient.hub.burden.pdf import pdf_of
from ambient.hub.burden.report import Report, read_report, whole_days
from ambient.hub.burden.tables import tables
from ambient.hub.identities import Right
from ambient.hub.languages import gettext, mark
from ambient.hub.web.context import (
    NO_STORE,
    NS,
    AnyRequest,
    Field,
    Hub,
    HubContext,
    rfc3339,
    rfc3339_if,
)
from ambient.hub.web.pages import page

SHORTEST_DAYS, LONGEST_DAYS = 1, 366


OPENING: Final = {
    OpeningReason.INCIDENT: mark("an incident"),
    OpeningReason.COMPLAINT: mark("a complaint"),
    OpeningReason.OWN_REQUEST: mark("the person's own request"),
    OpeningReason.AUTHORITY: mark("a court or authority demands it"),
}
"""Why somebody's log is opened."""


class OfOne(Struct, frozen=True, kw_only=True):
    """A digest or an id."""

    id: Field = ""


class ShadowForm(Struct, frozen=True, kw_only=True):
    """A room, and until when; `only` is a kind, empty for all."""

    room: Field = ""
    until: Field = ""
    only: Field = ""
    version: Field = ""


class AskForm(Struct, frozen=True, kw_only=True):
    """Whose log, and why."""

    person: Field = ""
    reason: Field = ""


class Waiting(Struct, frozen=True, kw_only=True):
    """An opening as the page shows it."""

    id: str
    person: str
    reason: str
    asked_by: str
    granted_by: str | None
    until: str | None


@get("/burden", needs=Right.REPORTS, cache_control=NO_STORE, sync_to_thread=True)
def page_burden(request: AnyRequest, hub: Hub, days: FromQuery[int] = 28) -> Response[str]:
    """Show the report of the last whole days."""
    report = _report(hub, days)
    rights = request.user.rights
    house = hub.board().house
    logs = Right.LOGS in rights
    return page(
        "burden.html",
        request.user,
        hub,
        here="burden",
        report=report,
        tables=tables(report),
        days=_days(days),
        decides=Right.CARE in rights,
        logs=logs,
        openings=_openings(house) if logs else [],
        shadows=house.shadows,
        kind_names={kind: gettext(words.KIND[kind]) for kind in AlarmKind},
        reasons={one.value: gettext(text) for one, text in OPENING.items()},
    )


@get("/burden.pdf", needs=Right.REPORTS, cache_control=NO_STORE, sync_to_thread=True)
def pdf_burden(hub: Hub, days: FromQuery[int] = 28) -> Response[bytes]:
    """Send the report as a PDF."""
    headers = {"Content-Disposition": 'attachment; filename="alarm-burden.pdf"'}
    body = pdf_of(_report(hub, days))
    return Response(body, media_type="application/pdf", headers=headers)


@get("/burden.json", needs=Right.REPORTS, cache_control=NO_STORE, sync_to_thread=True)
def json_burden(hub: Hub, days: FromQuery[int] = 28) -> Response[Report]:
    """Send the report as JSON."""
    return Response(_report(hub, days), media_type=MediaType.JSON)


@post("/burden/accept", needs=Right.CARE, cache_control=NO_STORE, sync_to_thread=True)
def do_accept(request: AnyRequest, hub: Hub, data: URLEncodedBody[OfOne]) -> Response[Any]:
    """Put a proposed threshold in force."""
    proposals = _report(hub, hub.config.burden.days).proposals
    deeds.accept(hub.store, proposals, data.id, request.user.name, hub.now())
    return _back()


@post("/burden/take-back", needs=Right.CARE, cache_control=NO_STORE, sync_to_thread=True)
def do_take_back(request: AnyRequest, hub: Hub, data: URLEncodedBody[OfOne]) -> Response[Any]:
    """Take a threshold back."""
    deeds.take_back(hub.store, data.id, request.user.name, hub.now())
    return _back()


@post("/burden/shadow", needs=Right.CARE, cache_control=NO_STORE, sync_to_thread=True)
def do_shadow(request: AnyRequest, hub: Hub, data: URLEncodedBody[ShadowForm]) -> Response[Any]:
    """Let a room only be recorded; the time is the clock of the house."""
    try:
        end = datetime.fromisoformat(data.until)
        kinds = [AlarmKind(data.only)] if data.only else []
    except ValueError as error:
        raise UsageError(f"expected a date with its time, and a kind of alarms: {error}") from None
    if end.tzinfo is None:
        end = end.replace(tzinfo=hub.config.zone)
    deeds.start_shadow(
        hub.store,
        data.room,
        round(end.timestamp()) * NS,
        request.user.name,
        hub.now(),
        kinds=kinds,
        version=data.version or None,
    )
    return _back()


@post("/burden/end-shadow", needs=Right.CARE, cache_control=NO_STORE, sync_to_thread=True)
def do_end_shadow(request: AnyRequest, hub: Hub, data: URLEncodedBody[OfOne]) -> Response[Any]:
    """End a shadow mode."""
    deeds.end_shadow(hub.store, data.id, request.user.name, hub.now())
    return _back()


@post("/burden/ask", needs=Right.LOGS, cache_control=NO_STORE, sync_to_thread=True)
def do_ask(request: AnyRequest, hub: Hub, data: URLEncodedBody[AskForm]) -> Response[Any]:
    """Ask to open the log of a person."""
    who = request.user
    if data.reason not in set(OpeningReason):
        raise UsageError(
            f"reason: expected one of {', '.join(OpeningReason)}, got {data.reason[:40]!r}; say why"
        )
    reason = OpeningReason(data.reason)
    deeds.ask_for_log(hub.store, data.person, reason, who.name, who.role.value, hub.now())
    return _back()


@post("/burden/grant", needs=Right.LOGS, cache_control=NO_STORE, sync_to_thread=True)
def do_grant(request: AnyRequest, hub: Hub, data: URLEncodedBody[OfOne]) -> Response[Any]:
    """Grant it, as the other role."""
    who = request.user
    deeds.grant_log(hub.store, data.id, who.name, who.role.value, hub.now())
    return _back()


@post("/burden/read", needs=Right.LOGS, cache_control=NO_STORE, sync_to_thread=True)
def do_read(request: AnyRequest, hub: Hub, data: URLEncodedBody[OfOne]) -> Response[str]:
    """Show an opened log; reading changes the log, hence no GET."""
    who = request.user
    found, answers = deeds.read_log(hub.store, hub.database, data.id, who.name, hub.now())
    lines = [
        {"at": rfc3339(one.at), "room": one.room or "", "what": gettext(words.DEED[one.what])}
        for one in answers
    ]
    return page("burden_log.html", who, hub, here="burden", opening=found, lines=lines)


def burden_router() -> Router:
    """Return the page of the burden and its forms."""
    return Router(
        path="/",
        route_handlers=[
            *(page_burden, pdf_burden, json_burden, do_accept, do_take_back),
            *(do_shadow, do_end_shadow, do_ask, do_grant, do_read),
        ],
        include_in_schema=False,
    )


def _report(hub: HubContext, days: int) -> Report:
    first, last = whole_days(hub.config, hub.now(), _days(days))
    return read_report(hub.database, hub.config, first, last)


def _days(days: int) -> int:
    return min(max(days, SHORTEST_DAYS), LONGEST_DAYS)


def _openings(house: House) -> list[Waiting]:
    return [
        Waiting(
            id=one.id,
            person=one.person,
            reason=gettext(OPENING[one.reason]),
            asked_by=one.asked_by,
            granted_by=one.granted_by,
            until=rfc3339_if(one.until),
        )
        for one in house.openings
    ]


def _back() -> Response[Any]:
    return Redirect("/burden", status_code=303)
