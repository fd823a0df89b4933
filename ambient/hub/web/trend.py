"""The pages of residents' weeks: who may be shown, and one resident's charts.

Comes in: a browser. Goes out: HTML with charts made here, no script; only residents of rooms in
which consent to *voice* or *vitals* is recorded, and of each only that (see `ambient.hub.trends`).
Of other rooms it is told whether their wristbands are alive.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from litestar import Response, Router, get
from litestar.params import FromPath
from msgspec import Struct

from ambient.events import Mark, Marker, Purpose, SummaryDaily, VoiceDeviation
from ambient.hub import trend_words
from ambient.hub.identities import Right
from ambient.hub.languages import gettext
from ambient.hub.trends import NS, WEEKS, Trend, read_trend, read_trends, read_wristbands
from ambient.hub.web import chart, trend_vitals
from ambient.hub.web.chart import Frame, Line, Point
from ambient.hub.web.context import NO_STORE, AnyRequest, Hub, HubContext, day_text
from ambient.hub.web.pages import page
from ambient.hub.web.trend_vitals import Card, Table

MARKERS = (
    Marker.VOCAL_ACTIVATION,
    Marker.PSYCHOMOTOR_SLOWING,
    Marker.VOCAL_EFFORT,
    Marker.PHONATORY_INSTABILITY,
)


class Said(Struct, frozen=True, kw_only=True):
    """One deviation in words."""

    name: str
    since: str
    told: str
    moved: list[str]
    days: int
    minutes: int


class Row(Struct, frozen=True, kw_only=True):
    """One day of the table."""

    date: str
    talk: str
    listened: str
    z: list[str]
    spoken: str


class TrendView(Struct, frozen=True, kw_only=True):
    """One resident's weeks as the page shows them.

    Attributes
    ----------
    voice, vitals
        Since when consent to each is recorded, in words; None where it is not.
    wristband
        What is told of it without consent to vital signs; None where nothing is known.
    """

    subject: str
    room_name: str
    voice: str | None
    vitals: str | None
    wristband: str | None
    weeks: int
    days: int
    said: list[Said]
    vital_cards: list[Card]
    vital_table: Table
    cards: list[Card]
    names: list[str]
    rows: list[Row]


@get("/", needs=Right.TRENDS, cache_control=NO_STORE, sync_to_thread=True)
def page_residents(request: AnyRequest, hub: Hub) -> Response[str]:
    """List the residents who may be shown, and the wristbands of whom nothing may be."""
    trends = read_trends(hub.database, hub.now())
    told = {trend.room for trend in trends if Purpose.VITALS in trend.consents}
    bands = [
        {"room_name": _room(hub, room), "said": gettext(trend_words.WRISTBAND[status])}
        for room, status in sorted(read_wristbands(hub.database).items())
        if room not in told
    ]
    found = [
        {
            "subject": trend.subject,
            "room_name": _room(hub, trend.room),
            "days": sum(1 for day in trend.days if any(m.z is not None for m in day.marks)),
            "measured": len(trend.vitals),
            "deviates": any(
                trend.days and one.t >= trend.days[-1].t - 7 * 24 * 3600 * NS
                for one in trend.deviations
            ),
        }
        for trend in trends
    ]
    return page(
        "residents.html", request.user, hub, residents=found, wristbands=bands, here="residents"
    )


@get(
    "/{subject:str}",
    needs=Right.TRENDS,
    cache_control=NO_STORE,
    sync_to_thread=True,
)
def page_trend(request: AnyRequest, hub: Hub, subject: FromPath[str]) -> Response[str]:
    """Show one resident's weeks."""
    trend = read_trend(hub.database, subject, hub.now())
    status = read_wristbands(hub.database).get(trend.room)
    wristband = None if status is None else gettext(trend_words.WRISTBAND[status])
    view = trend_view(trend, _room(hub, trend.room), hub.now(), wristband)
    return page("trend.html", request.user, hub, trend=view, here="residents")


def trends_router() -> Router:
    """Return both pages."""
    return Router(
        path="/residents", route_handlers=[page_residents, page_trend], include_in_schema=False
    )


def trend_view(trend: Trend, room_name: str, now: int, wristband: str | None = None) -> TrendView:
    """Return `trend` as the page shows it at `now` (ns), dates by the clock of the house."""
    first = _date(now) - timedelta(days=WEEKS * 7 - 1)
    ticks = {
        day: day_text(date)
        for day in range(WEEKS * 7)
        if (date := first + timedelta(days=day)).weekday() == 0 and day % 21 < 7
    }
    frame = Frame(days=WEEKS * 7, ticks=ticks)
    lines = [*_segments(trend.days, first), *_deviations(trend.deviations, first)]
    cards = [_talk(trend.days, first, lines, frame)]
    cards += [_marker(marker, trend, first, frame) for marker in MARKERS]
    voice, vitals = (trend.consents.get(each) for each in (Purpose.VOICE, Purpose.VITALS))

    def at(t: int) -> int:
        return _at(t, first)

    def text(t: int) -> str:
        return day_text(_date(t))

    return TrendView(
        subject=trend.subject,
        room_name=room_name,
        voice=None if voice is None else text(voice),
        vitals=None if vitals is None else text(vitals),
        wristband=wristband,
        weeks=WEEKS,
        days=len(trend.days),
        said=[_said(one) for one in reversed(trend.deviations)],
        cards=cards,
        names=[gettext(trend_words.NAME[marker]) for marker in MARKERS],
        rows=[_row(day) for day in reversed(trend.days)],
        vital_cards=trend_vitals.cards(trend.vitals, trend.hours, frame, at, text),
        vital_table=trend_vitals.table(trend.vitals, text),
    )


def _talk(days: list[SummaryDaily], first: datetime, lines: list[Line], frame: Frame) -> Card:
    own = any(_mark(day, Marker.TALK_TIME) for day in days)
    marker = Marker.TALK_TIME if own else Marker.ROOM_SPEECH
    points = []
    for day in days:
        mark = _mark(day, marker)
        if mark is None or mark.value is None:
            continue
        minutes = mark.value / 60
        heard = gettext("%(minutes)d min, %(hours)s listened")
        said = heard % {"minutes": round(minutes), "hours": _listened(day)}
        label = f"{day_text(_date(day.began))}: {said}"
        points.append(
            Point(day=_at(day.began, first), value=minutes, seconds=mark.seconds, label=label)
        )
    latest = gettext("nothing yet")
    if points:
        said = gettext("%(minutes)d min on the last day")
        latest = said % {"minutes": round(points[-1].value or 0.0)}
    name = gettext(trend_words.NAME[marker])
    title = gettext("%(sign)s by day, %(unit)s") % {"sign": name, "unit": gettext("minutes")}
    return Card(
        marker=marker.value,
        name=name,
        meaning=gettext(trend_words.MEANING[marker]),
        latest=latest,
        svg=chart.bars(title, points, lines, frame),
    )


def _marker(marker: Marker, trend: Trend, first: datetime, frame: Frame) -> Card:
    points = []
    for day in trend.days:
        mark = _mark(day, marker)
        seconds = mark.seconds if mark is not None else 0.0
        z = mark.z if mark is not None else None
        said = gettext("not enough speech")
        if z is not None:
            said = gettext("%(z)s own spreads") % {"z": _z(z)}
        spoken = gettext("%(minutes)d min of speech") % {"minutes": round(seconds / 60)}
        label = f"{day_text(_date(day.began))}: {said}, {spoken}"
        points.append(Point(day=_at(day.began, first), value=z, seconds=seconds, label=label))
    known = [point for point in points if point.value is not None]
    latest = gettext("not enough speech yet")
    if known:
        latest = gettext("%(z)s from %(minutes)d min") % {
            "z": _z(known[-1].value or 0.0),
            "minutes": round(known[-1].seconds / 60),
        }
    own = [one for one in trend.deviations if one.marker.value == marker.value]
    lines = [*_segments(trend.days, first), *_deviations(own, first)]
    name = gettext(trend_words.NAME[marker])
    title = gettext("%(sign)s by day, %(unit)s") % {"sign": name, "unit": gettext("own spreads")}
    return Card(
        marker=marker.value,
        name=name,
        meaning=gettext(trend_words.MEANING[marker]),
        latest=latest,
        svg=chart.deviations(title, points, lines, frame),
    )


def _segments(days: list[SummaryDaily], first: datetime) -> list[Line]:
    """Return the days on which another baseline began."""
    lines: list[Line] = []
    known: str | None = None
    for day in days:
        if day.segment is not None and known is not None and day.segment != known:
            anew = gettext("a new baseline begins (microphone or version)")
            text = f"{day_text(_date(day.began))}: {anew}"
            lines.append(Line(_at(day.began, first), text, "anew"))
        known = day.segment or known
    return lines


def _deviations(found: list[VoiceDeviation], first: datetime) -> list[Line]:
    return [
        Line(
            _at(one.since, first),
            f"{day_text(_date(one.since))}: {gettext('deviates from the own baseline')}",
            "deviates",
        )
        for one in found
        if _at(one.since, first) >= 0
    ]


def _said(one: VoiceDeviation) -> Said:
    return Said(
        name=trend_words.name_of(one.marker),
        since=day_text(_date(one.since)),
        told=day_text(_date(one.t)),
        moved=trend_words.moved(one.features),
        days=one.days,
        minutes=round(one.speech_s / 60),
    )


def _row(day: SummaryDaily) -> Row:
    talk = _mark(day, Marker.TALK_TIME) or _mark(day, Marker.ROOM_SPEECH)
    marks = [_mark(day, marker) for marker in MARKERS]
    spoken = max((mark.seconds for mark in marks if mark is not None), default=0.0)
    return Row(
        date=day_text(_date(day.began)),
        talk="–" if talk is None or talk.value is None else f"{talk.value / 60:.0f} min",
        listened=_listened(day),
        z=["–" if mark is None or mark.z is None else _z(mark.z) for mark in marks],
        spoken=f"{spoken / 60:.0f} min" if spoken else "–",
    )


def _listened(day: SummaryDaily) -> str:
    mark = _mark(day, Marker.ROOM_SPEECH) or _mark(day, Marker.TALK_TIME)
    return "–" if mark is None else f"{mark.seconds / 3600:.1f} h"


def _mark(day: SummaryDaily, marker: Marker) -> Mark | None:
    return next((mark for mark in day.marks if mark.marker is marker), None)


def _z(z: float) -> str:
    return f"{z:+.1f}".replace("-", "−")


def _date(ns: int) -> datetime:
    local = datetime.fromtimestamp(ns // NS).astimezone()
    return local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)


def _at(ns: int, first: datetime) -> int:
    return (_date(ns) - first).days


def _room(hub: HubContext, room: str) -> str:
    name = hub.config.rooms.get(room)
    return name.name if name is not None else gettext("Room %(room)s") % {"room": room}
