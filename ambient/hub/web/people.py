"""The page of consents: who lives where, what each agreed to, and where that stands on the nodes.

Comes in: forms of somebody who may record consent, or erase. Goes out: the page again; what was
ordered is shown as ordered until the node has answered. No script is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from litestar import Response, Router, get, post
from litestar.params import FromPath, URLEncodedBody
from msgspec import Meta, Struct

from ambient.errors import UsageError
from ambient.events import Purpose
from ambient.hub.identities import Identity, Right
from ambient.hub.languages import gettext
from ambient.hub.people import erasure
from ambient.hub.people.consents import Capacity, Stand, by_default
from ambient.hub.people.days import end_of
from ambient.hub.people.disclosure import archive, collect
from ambient.hub.people.register import Register
from ambient.hub.standby.unerased import unerased
from ambient.hub.web.context import NO_STORE, AnyRequest, Hub, HubContext
from ambient.hub.web.pages import done, page
from ambient.places import Slug, Subject

Answer = Response[Any]


class MoveForm(Struct, frozen=True, kw_only=True):
    """Who moves in, and where."""

    subject: Subject
    room: Slug
    bed: Slug


class SubjectForm(Struct, frozen=True, kw_only=True):
    """Who moves out, or is erased; `sure` repeats the pseudonym."""

    subject: Subject
    sure: Annotated[str, Meta(max_length=40)] = ""


class DecideForm(Struct, frozen=True, kw_only=True):
    """What somebody agreed to or withdrew."""

    subject: Subject
    purpose: Purpose
    what: Annotated[str, Meta(pattern=r"^(agree|withdraw)$")]
    by: Annotated[str, Meta(min_length=1, max_length=200)]
    capacity: Capacity = Capacity.RESIDENT
    until: Annotated[str, Meta(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$", max_length=10)] = ""


@get("/consents", needs=Right.CONSENT, cache_control=NO_STORE, sync_to_thread=True)
def page_consents(request: AnyRequest, hub: Hub) -> Answer:
    """Show who lives where and what they agreed to."""
    return _page(request.user, hub)


@post("/consents/move-in", needs=Right.CONSENT, cache_control=NO_STORE, sync_to_thread=True)
def do_move_in(request: AnyRequest, hub: Hub, data: URLEncodedBody[MoveForm]) -> Answer:
    """Enter that somebody lives in a room from now on."""
    who, now = request.user.name, hub.now()
    return _do(
        request.user,
        hub,
        lambda register: register.move_in(data.subject, data.room, data.bed, who, now),
    )


@post("/consents/move-out", needs=Right.CONSENT, cache_control=NO_STORE, sync_to_thread=True)
def do_move_out(request: AnyRequest, hub: Hub, data: URLEncodedBody[SubjectForm]) -> Answer:
    """Enter that somebody lives here no more."""
    who, now = request.user.name, hub.now()
    return _do(request.user, hub, lambda register: register.move_out(data.subject, who, now))


@post("/consents/decide", needs=Right.CONSENT, cache_control=NO_STORE, sync_to_thread=True)
def do_decide(request: AnyRequest, hub: Hub, data: URLEncodedBody[DecideForm]) -> Answer:
    """Enter that somebody agreed to a purpose, or withdrew it."""

    def decide(register: Register) -> object:
        return register.decide(
            data.subject,
            data.purpose,
            data.what == "agree",
            by=data.by,
            capacity=data.capacity,
            who=request.user.name,
            now=hub.now(),
            until=end_of(data.until, hub.config) if data.until else None,
        )

    return _do(request.user, hub, decide)


@post("/consents/erase", needs=Right.PRIVACY, cache_control=NO_STORE, sync_to_thread=True)
def do_erase(request: AnyRequest, hub: Hub, data: URLEncodedBody[SubjectForm]) -> Answer:
    """Erase everything of somebody, when the pseudonym was typed a second time."""

    def erase(register: Register) -> None:
        if data.sure != data.subject:
            raise UsageError(gettext("Type the pseudonym again, exactly: nothing was erased"))
        files, duties = erasure.ledger_files(hub.config), hub.config.people.duties
        now = hub.now()
        erasure.erase(hub.database, files, data.subject, request.user.name, now, duties)
        register.follow(now)
        hub.broadcaster.publish()

    return _do(request.user, hub, erase)


@get(
    "/consents/{subject:str}/told",
    needs=Right.PRIVACY,
    cache_control=NO_STORE,
    sync_to_thread=True,
)
def told(hub: Hub, subject: FromPath[str]) -> Response[bytes]:
    """Return everything that is kept of somebody, for them."""
    packed = archive(collect(hub.config, hub.database, subject[:40], hub.now()))
    return Response(
        packed,
        media_type="application/zip",
        headers={"Content-Disposition": 'attachment; filename="kept-about-you.zip"'},
    )


def people_router() -> Router:
    """Return the handlers of this page."""
    return Router(
        path="/",
        route_handlers=[page_consents, do_move_in, do_move_out, do_decide, do_erase, told],
        include_in_schema=False,
    )


def stand_words() -> dict[Stand, str]:
    """Return where a purpose stands, in the reader's language."""
    return {
        Stand.ON: gettext("on"),
        Stand.OFF: gettext("off"),
        Stand.ORDERED_ON: gettext("switching on is ordered, the room has not answered"),
        Stand.ORDERED_OFF: gettext("switching off is ordered, the room has not answered"),
        Stand.REFUSED: gettext("the room's computer refuses"),
        Stand.ASK: gettext(
            "off: the room says that it was switched off after everybody agreed. Perhaps somebody "
            "withdrew at the other hub. Ask, and enter the decision of each anew"
        ),
    }


def purpose_words() -> dict[Purpose, str]:
    """Return what each purpose is called, in the reader's language."""
    return {
        Purpose.FALLS: gettext("Falls"),
        Purpose.SOUNDS: gettext("Calls and sounds"),
        Purpose.VOICE: gettext("How the voice changes"),
        Purpose.RECOGNISE_VOICE: gettext("Telling the own voice from others"),
        Purpose.VITALS: gettext("Vital signs"),
        Purpose.RESEARCH: gettext("Research"),
    }


def _do(user: Identity, hub: HubContext, deed: Callable[[Register], object]) -> Answer:
    register = Register(hub.database, hub.broadcaster.publish)
    return done(lambda: deed(register), partial(_page, user, hub), "/consents")


def _page(user: Identity, hub: HubContext, problem: str = "", status: int = 200) -> Answer:
    board = hub.board()
    return page(
        "consents.html",
        user,
        hub,
        status,
        here="consents",
        problem=problem,
        unerased=len(unerased(hub.config, hub.database, hub.now())),
        rooms=Register(hub.database).rooms(hub.now()),
        name_of=board.room_name,
        choices=sorted({room.room for room in board.rooms}),
        purposes=purpose_words(),
        asked=[one for one in Purpose if not by_default(one)],
        stands=stand_words(),
        capacities={
            Capacity.RESIDENT: gettext("the resident"),
            Capacity.GUARDIAN: gettext("the legal guardian"),
            Capacity.PROXY: gettext("a proxy"),
        },
    )
