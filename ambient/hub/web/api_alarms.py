"""The JSON API of alarms: what is open, what people do about it, snoozes, hand-over.

Comes in: requests of somebody logged in. Goes out: the structs of `ambient.hub.web.views`; every
deed becomes an input of the rules (`ambient.hub.alarms.inputs`) with that person's name.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Final

from litestar import get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.types import ControllerRouterHandler
from msgspec import Meta, Struct

from ambient.commands import new_id
from ambient.errors import UsageError
from ambient.events import Uuid
from ambient.hub.alarms.condition import FallRecord, Judgement, SnoozeReason
from ambient.hub.alarms.handover import Unwatched
from ambient.hub.alarms.inputs import (
    HandOver,
    NotReported,
    OnMyWay,
    Pause,
    Record,
    Resolve,
    SignOff,
    SignOn,
    SnoozeFor,
    There,
    Unsnooze,
)
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.alarms.signal import LONGEST_PAUSE_S, LONGEST_SNOOZE_S
from ambient.hub.board import read_resolved
from ambient.hub.identities import Identity, Right
from ambient.hub.rows import UnknownRoomError
from ambient.hub.web import aids
from ambient.hub.web.context import NS, AnyRequest, Hub, HubContext, rfc3339, rfc3339_if
from ambient.hub.web.views import hand_over_due, handed_over
from ambient.hub.web.views_alarms import AlarmView, alarm_view
from ambient.places import Slug

LONGEST_LIST: Final = 500
LONGEST_AGO_S: Final = 24 * 3600


class Alarms(Struct, frozen=True, kw_only=True):
    """Alarms, the most urgent or newest first, and the store's sequence number."""

    sequence: int
    alarms: list[AlarmView]


class ResolveOrder(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What it was."""

    reason: Judgement


class PauseSound(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For how long the signals of one alarm are paused."""

    seconds: Annotated[int, Meta(ge=10, le=LONGEST_PAUSE_S)] = LONGEST_PAUSE_S


class SnoozeOrder(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is snoozed, for how long and why; without room or kind every one."""

    seconds: Annotated[int, Meta(ge=60, le=LONGEST_SNOOZE_S)]
    reason: SnoozeReason
    room: Slug | None = None
    kind: AlarmKind | None = None


class SnoozeView(Struct, frozen=True, kw_only=True):
    """A snooze that holds."""

    id: str
    room: str | None
    kind: str | None
    since: str
    until: str
    by: str
    reason: str


class MissedFall(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fall that was not reported: in which room, and about how long ago."""

    room: Slug
    ago_s: Annotated[int, Meta(ge=0, le=LONGEST_AGO_S)]


class Acceptance(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The digest of the page that is accepted."""

    digest: Annotated[str, Meta(max_length=64)]


class OpenView(Struct, frozen=True, kw_only=True):
    """An open alarm as it is handed over."""

    id: str
    kind: str
    room: str | None
    state: str
    owner: str | None
    since: str


class UnwatchedView(Struct, frozen=True, kw_only=True):
    """A room that is not watched."""

    room: str
    status: str
    until: str | None


class HandOverView(Struct, frozen=True, kw_only=True):
    """What a shift hands over, who accepted last, and whether that is due again."""

    due: bool
    digest: str
    shifts: list[str]
    alarms: list[OpenView]
    snoozes: list[SnoozeView]
    pauses: list[UnwatchedView]
    not_watched: list[UnwatchedView]
    accepted_by: str | None
    accepted_at: str | None


@get("/alarms", needs=Right.ALARMS, sync_to_thread=True)
def api_alarms(
    request: AnyRequest,
    hub: Hub,
    resolved: FromQuery[bool] = False,
    limit: Annotated[int, QueryParameter(ge=1, le=LONGEST_LIST)] = 100,
) -> Alarms:
    """Return the open alarms, the most urgent first, or those resolved last."""
    board = hub.board()
    if resolved:
        found = read_resolved(hub.database, limit)
    else:
        found = [(one, board.history.get(one.id, [])) for one in board.alarms[:limit]]
    settings = [] if resolved else aids.on_record(hub.database, board, request.user)
    shown = [alarm_view(one, history, board, settings=settings) for one, history in found]
    return Alarms(sequence=board.sequence, alarms=shown)


@get("/alarms/{alarm_id:str}", needs=Right.ALARMS, sync_to_thread=True)
def api_alarm(request: AnyRequest, hub: Hub, alarm_id: FromPath[Uuid]) -> AlarmView:
    """Return one alarm."""
    return _alarm(hub, alarm_id, request.user)


@post(
    "/alarms/{alarm_id:str}/acknowledge", needs=Right.ANSWER, status_code=200, sync_to_thread=True
)
def api_acknowledge(request: AnyRequest, hub: Hub, alarm_id: FromPath[Uuid]) -> AlarmView:
    """Acknowledge an alarm: somebody is on the way; it stops ringing for a limited time."""
    hub.store.decide(OnMyWay(condition=alarm_id, who=request.user.name), hub.now())
    return _alarm(hub, alarm_id, request.user)


@post("/alarms/{alarm_id:str}/there", needs=Right.ANSWER, status_code=200, sync_to_thread=True)
def api_there(request: AnyRequest, hub: Hub, alarm_id: FromPath[Uuid]) -> AlarmView:
    """Say that somebody is there now."""
    hub.store.decide(There(condition=alarm_id, who=request.user.name), hub.now())
    return _alarm(hub, alarm_id, request.user)


@post("/alarms/{alarm_id:str}/resolve", needs=Right.ANSWER, status_code=200, sync_to_thread=True)
def api_resolve(
    request: AnyRequest, hub: Hub, alarm_id: FromPath[Uuid], data: JSONBody[ResolveOrder]
) -> AlarmView:
    """Resolve an alarm, saying what it was: it leaves the list."""
    given = Resolve(condition=alarm_id, who=request.user.name, judgement=data.reason)
    hub.store.decide(given, hub.now())
    return _alarm(hub, alarm_id, request.user)


@post("/alarms/{alarm_id:str}/record", needs=Right.ANSWER, status_code=200, sync_to_thread=True)
def api_record(
    request: AnyRequest, hub: Hub, alarm_id: FromPath[Uuid], data: JSONBody[FallRecord]
) -> AlarmView:
    """Record a fall and end the task to look after the resident."""
    hub.store.decide(Record(condition=alarm_id, who=request.user.name, record=data), hub.now())
    return _alarm(hub, alarm_id, request.user)


@post("/alarms/{alarm_id:str}/pause", needs=Right.ANSWER, status_code=200, sync_to_thread=True)
def api_pause_sound(
    request: AnyRequest, hub: Hub, alarm_id: FromPath[Uuid], data: JSONBody[PauseSound]
) -> AlarmView:
    """Pause the signals of one alarm for a moment."""
    given = Pause(condition=alarm_id, who=request.user.name, seconds=data.seconds)
    hub.store.decide(given, hub.now())
    return _alarm(hub, alarm_id, request.user)


@post("/falls", needs=Right.ANSWER, status_code=201, sync_to_thread=True)
def api_missed_fall(request: AnyRequest, hub: Hub, data: JSONBody[MissedFall]) -> None:
    """Report a fall that was not reported."""
    now = hub.now()
    if all(room.room != data.room for room in hub.board().rooms):
        raise NotFoundException(f"room: expected a known one, got {data.room!r}")
    given = NotReported(
        id=new_id(), room=data.room, about=now - data.ago_s * NS, who=request.user.name
    )
    hub.store.decide(given, now)
    with suppress(UnknownRoomError):  # where no node is nothing is kept, and the page says so
        hub.store.keep_window(given, now)


@get("/snoozes", needs=Right.ALARMS, sync_to_thread=True)
def api_snoozes(hub: Hub) -> list[SnoozeView]:
    """Return the snoozes that hold."""
    return hand_over_view(hub).snoozes


@post("/snoozes", needs=Right.ANSWER, status_code=201, sync_to_thread=True)
def api_snooze(request: AnyRequest, hub: Hub, data: JSONBody[SnoozeOrder]) -> list[SnoozeView]:
    """Withhold the signals of a room and kind; alarms are stored and shown meanwhile."""
    now = hub.now()
    given = SnoozeFor(
        id=new_id(),
        room=data.room,
        kind=data.kind,
        until=now + data.seconds * NS,
        who=request.user.name,
        reason=data.reason,
    )
    hub.store.decide(given, now)
    return hand_over_view(hub).snoozes


@post("/snoozes/{snooze:str}/end", needs=Right.ANSWER, status_code=200, sync_to_thread=True)
def api_unsnooze(request: AnyRequest, hub: Hub, snooze: FromPath[Uuid]) -> list[SnoozeView]:
    """End a snooze before its time."""
    hub.store.decide(Unsnooze(snooze=snooze, who=request.user.name), hub.now())
    return hand_over_view(hub).snoozes


@get("/handover", needs=Right.ALARMS, sync_to_thread=True)
def api_hand_over(hub: Hub) -> HandOverView:
    """Return what a shift hands over now."""
    return hand_over_view(hub)


@post("/handover", needs=Right.ANSWER, status_code=200, sync_to_thread=True)
def api_accept(request: AnyRequest, hub: Hub, data: JSONBody[Acceptance]) -> HandOverView:
    """Accept a hand-over, as it stands on the page with this digest."""
    digest = handed_over(hub.board()).digest
    if data.digest != digest:
        raise UsageError(
            "digest: expected that of the hand-over as it is now, got another: something has "
            "changed meanwhile; read it again"
        )
    hub.store.decide(HandOver(who=request.user.name, digest=digest), hub.now())
    return hand_over_view(hub)


@post("/duty/off", needs=Right.ANSWER, status_code=204, sync_to_thread=True)
def api_sign_off(request: AnyRequest, hub: Hub) -> None:
    """Sign off: what this user saw to is active again."""
    hub.store.decide(SignOff(who=request.user.name), hub.now())


@post("/duty/on", needs=Right.ANSWER, status_code=204, sync_to_thread=True)
def api_sign_on(request: AnyRequest, hub: Hub) -> None:
    """Sign on again."""
    hub.store.decide(SignOn(who=request.user.name), hub.now())


def hand_over_view(hub: HubContext) -> HandOverView:
    """Return what is handed over now, with times in RFC 3339."""
    board = hub.board()
    page, house = handed_over(board), board.house
    return HandOverView(
        due=hand_over_due(board),
        digest=page.digest,
        shifts=page.shifts,
        alarms=[
            OpenView(
                id=one.id,
                kind=one.kind,
                room=one.room,
                state=one.state.value,
                owner=one.owner,
                since=rfc3339(one.since),
            )
            for one in page.alarms
        ],
        snoozes=[
            SnoozeView(
                id=one.id,
                room=one.room,
                kind=None if one.kind is None else one.kind.value,
                since=rfc3339(one.since),
                until=rfc3339(one.until),
                by=one.by,
                reason=one.reason.value,
            )
            for one in page.snoozes
        ],
        pauses=[_unwatched(one) for one in page.pauses],
        not_watched=[_unwatched(one) for one in page.not_watched],
        accepted_by=house.accepted_by,
        accepted_at=rfc3339_if(house.accepted_at),
    )


def _unwatched(one: Unwatched) -> UnwatchedView:
    return UnwatchedView(room=one.room, status=one.status.value, until=rfc3339_if(one.until))


def _alarm(hub: HubContext, alarm_id: str, who: Identity) -> AlarmView:
    board = hub.board()
    settings = aids.on_record(hub.database, board, who)
    for alarm in board.alarms:
        if alarm.id == alarm_id:
            return alarm_view(alarm, board.history.get(alarm.id, []), board, settings=settings)
    case, history = hub.store.case(alarm_id)
    return alarm_view(case.condition, history, board, case.signals)


ALARM_HANDLERS: Final[list[ControllerRouterHandler]] = [
    api_alarms,
    api_alarm,
    api_acknowledge,
    api_there,
    api_resolve,
    api_record,
    api_pause_sound,
    api_missed_fall,
    api_snoozes,
    api_snooze,
    api_unsnooze,
    api_hand_over,
    api_accept,
    api_sign_off,
    api_sign_on,
]
"""Everything under ``/api`` that is about alarms."""
