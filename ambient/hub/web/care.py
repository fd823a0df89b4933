"""The page of care settings: what each bed needs, why, by whom, and when it is looked at again.

Comes in: forms of a nurse in charge; whoever cares may read. Goes out: the page again, with what
the room's computer has answered. No script is needed.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
from litestar import Response, Router, get, post
from litestar.params import URLEncodedBody
from msgspec import Struct

from ambient.errors import UsageError
from ambient.hub.board import Board
from ambient.hub.identities import Identity, Right
from ambient.hub.languages import gettext, mark, ngettext
from ambient.hub.orders import OrderState
from ambient.hub.people import care
from ambient.hub.people.care import Bed, CareSettings, Told
from ambient.hub.people.days import day_of, end_of
from ambient.hub.people.register import Register
from ambient.hub.web.context import NO_STORE, AnyRequest, Field, Hub, HubContext
from ambient.hub.web.pages import done, page
from ambient.places import is_slug

AIDS = {
    "floor_bed": mark("Floor bed: lying on it is permitted"),
    "fall_mat": mark("Fall mat: lying on it is permitted"),
    "hoist": mark("Hoist"),
    "wheelchair": mark("Wheelchair"),
    "walking_aid": mark("Walking aid"),
}
"""Field of the settings ► what it is called."""
STANDS = {
    OrderState.ORDERED: mark("ordered, the room's computer has not answered"),
    OrderState.APPLIED: mark("in force in the room"),
    OrderState.REFUSED: mark(
        "REFUSED by the room's computer: nothing there watches this bed, or no such bed. "
        "Tell the installer."
    ),
    OrderState.EXPIRED: mark("the room's computer did not answer for a day; it is ordered again"),
}


class CareForm(Struct, frozen=True, kw_only=True):
    """What a nurse sets for a bed; a box that is not ticked is not sent."""

    room: Field = ""
    bed: Field = ""
    floor_bed: Field = ""
    fall_mat: Field = ""
    hoist: Field = ""
    wheelchair: Field = ""
    walking_aid: Field = ""
    exit_delay: Field = ""
    scale: Field = ""
    reason: Field = ""
    review: Field = ""


class BedView(Struct, frozen=True, kw_only=True):
    """One bed as the page shows it; `ticked` are its aids that are in use."""

    room: str
    bed: str
    name: str
    subject: str
    words: list[str]
    ticked: list[str]
    exit_delay: str
    scale: int
    reason: str
    by: str
    review: str
    overdue: bool
    stand: str
    refused: bool
    history: list[str]


@get("/care", needs=Right.TRENDS, cache_control=NO_STORE, sync_to_thread=True)
def page_care(request: AnyRequest, hub: Hub) -> Response[str]:
    """Show what is set for each bed."""
    return _page(request.user, hub)


@post("/care", needs=Right.CARE, cache_control=NO_STORE, sync_to_thread=True)
def do_care(request: AnyRequest, hub: Hub, data: URLEncodedBody[CareForm]) -> Response[Any]:
    """Set what a bed needs from now on."""

    def enter() -> None:
        settings = _settings(data, hub, request.user.name)
        subject = _living(hub).get((settings.room, settings.bed))
        care.enter(hub.database, settings, subject, hub.broadcaster.publish)

    return done(enter, partial(_page, request.user, hub), "/care")


def care_router() -> Router:
    """Return the page and its form."""
    return Router(path="/", route_handlers=[page_care, do_care], include_in_schema=False)


def overdue(hub: HubContext, board: Board) -> list[str]:
    """Return the beds whose settings must be looked at again, as a line each."""
    due = care.to_review(care.in_force(hub.database), hub.now())
    return [
        gettext("%(room)s, bed %(bed)s: review was due on %(day)s")
        % {
            "room": board.room_name(one.room),
            "bed": one.bed,
            "day": day_of(one.review, hub.config),
        }
        for one in due
    ]


def _settings(data: CareForm, hub: HubContext, who: str) -> CareSettings:
    if all(room.room != data.room for room in hub.board().rooms):
        raise UsageError(f"room: expected a known one, got {data.room[:40]!r}")
    if not is_slug(data.bed):
        raise UsageError(gettext("Bed: expected its short name, as on the installer's drawing"))
    if not data.reason.strip():
        raise UsageError(gettext("Say why: nothing was set"))
    if data.exit_delay and not data.exit_delay.isdecimal():
        raise UsageError(gettext("Minutes out of bed: expected a number"))
    fields = {
        "room": data.room,
        "bed": data.bed,
        "reason": data.reason.strip()[:500],
        "at": hub.now(),
        "review": end_of(data.review, hub.config),
        "entered_by": who,
        "bed_exit_delay_min": int(data.exit_delay) if data.exit_delay else None,
        "saturation_scale": 2 if data.scale == "2" else 1,
        **{aid: bool(getattr(data, aid)) for aid in AIDS},
    }
    try:
        return msgspec.convert(fields, CareSettings)
    except msgspec.ValidationError as error:
        raise UsageError(str(error)) from None


def _living(hub: HubContext) -> dict[Bed, str]:
    """Return who sleeps in each bed."""
    rooms = Register(hub.database).rooms(hub.now())
    return {(room.room, one.bed): one.subject for room in rooms for one in room.occupants}


def _page(user: Identity, hub: HubContext, problem: str = "", status: int = 200) -> Response[str]:
    board, now = hub.board(), hub.now()
    living = _living(hub)
    settings = {(one.room, one.bed): one for one in care.in_force(hub.database)}
    told = care.told(hub.database)
    beds = [
        _bed(hub, board, bed, living.get(bed, ""), settings.get(bed), told.get(bed), now)
        for bed in sorted(living.keys() | settings.keys())
    ]
    return page(
        "care.html",
        user,
        hub,
        status,
        here="care",
        problem=problem,
        beds=sorted(beds, key=lambda bed: not bed.overdue),
        choices=[(room.room, board.room_name(room.room)) for room in board.rooms],
        aids={aid: gettext(text) for aid, text in AIDS.items()},
        decides=Right.CARE in user.rights,
        late=sum(bed.overdue for bed in beds),
    )


def _bed(
    hub: HubContext,
    board: Board,
    bed: Bed,
    subject: str,
    own: CareSettings | None,
    told: Told | None,
    now: int,
) -> BedView:
    room, name = bed
    ticked = [] if own is None else [aid for aid in AIDS if getattr(own, aid)]
    is_told = own is not None and told is not None and told.care == care.for_node(own)
    state = told.state if told is not None and is_told else None
    return BedView(
        room=room,
        bed=name,
        name=gettext("%(room)s, bed %(bed)s") % {"room": board.room_name(room), "bed": name},
        subject=subject,
        words=[] if own is None else _words(own),
        ticked=ticked,
        exit_delay=""
        if own is None or own.bed_exit_delay_min is None
        else str(own.bed_exit_delay_min),
        scale=1 if own is None else own.saturation_scale,
        reason="" if own is None else own.reason,
        by="" if own is None else own.entered_by,
        review="" if own is None else day_of(own.review, hub.config),
        overdue=own is not None and own.review <= now,
        stand=gettext(STANDS[state]) if state else gettext("no room computer serves this room yet"),
        refused=state is OrderState.REFUSED,
        history=[_line(hub, one) for one in care.audit(hub.database, room, name)],
    )


def _words(own: CareSettings) -> list[str]:
    """Return what is set, in the reader's language."""
    said = [gettext(text) for aid, text in AIDS.items() if getattr(own, aid)]
    minutes = own.bed_exit_delay_min
    if minutes == 0:
        said.append(gettext("Out of bed: rings at once"))
    elif minutes is not None:
        said.append(
            ngettext(
                "Out of bed: rings after %(num)s minute",
                "Out of bed: rings after %(num)s minutes",
                minutes,
            )
            % {"num": minutes}
        )
    if own.saturation_scale == 2:
        said.append(gettext("Oxygen by scale 2 of NEWS2, as prescribed"))
    return said or [gettext("Nothing in particular")]


def _line(hub: HubContext, one: CareSettings) -> str:
    """Return one entry of the audit."""
    return gettext("%(day)s, %(who)s: %(what)s (%(reason)s)") % {
        "day": day_of(one.at, hub.config),
        "who": one.entered_by,
        "what": "; ".join(_words(one)),
        "reason": one.reason,
    }
