"""The vital signs of one resident's page: summaries in, charts and rows of a table out.

A day's mark is drawn with the range of its hours, units beside it; a day on which nothing was
measured stays empty. No judgement is drawn: what is usual for whom is not known here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from markupsafe import Markup
from msgspec import Struct

from ambient.events import Mark, Marker, SummaryDaily, SummaryHourly, Unit
from ambient.hub import trend_words
from ambient.hub.languages import gettext, ngettext
from ambient.hub.web import chart
from ambient.hub.web.chart import Frame, Point

SHOWN: Final = (
    Marker.HEART_RATE,
    Marker.OXYGEN_SATURATION,
    Marker.RESPIRATORY_RATE,
    Marker.BODY_TEMPERATURE,
    Marker.SYSTOLIC_PRESSURE,
    Marker.DIASTOLIC_PRESSURE,
    Marker.GLUCOSE,
    Marker.BODY_WEIGHT,
    Marker.RMSSD,
    Marker.STEPS,
    Marker.ACTIVITY,
    Marker.WORN_TIME,
)
BARS: Final = {Marker.STEPS: chart.STEPS, Marker.WORN_TIME: chart.HOURS}
"""Amounts of a day, drawn from zero."""
BY_HAND: Final = frozenset(
    {
        Marker.BODY_TEMPERATURE,
        Marker.SYSTOLIC_PRESSURE,
        Marker.DIASTOLIC_PRESSURE,
        Marker.BODY_WEIGHT,
    }
)
"""Rather counted than timed."""

Day = Callable[[int], int]
Text = Callable[[int], str]


class Card(Struct, frozen=True, kw_only=True):
    """One chart with its words."""

    marker: str
    name: str
    meaning: str
    latest: str
    svg: Markup


class Table(Struct, frozen=True, kw_only=True):
    """All days: names of the columns, and rows of a date and a cell for each."""

    names: list[str]
    rows: list[tuple[str, list[str]]]


def cards(
    days: list[SummaryDaily], hours: list[SummaryHourly], frame: Frame, at: Day, text: Text
) -> list[Card]:
    """Return a card for every marker of which anything was measured.

    Parameters
    ----------
    at, text
        The number of the day in the chart, and its date in words, of an instant (ns).
    """
    ranges = _ranges(days, hours)
    return [
        _card(marker, days, ranges, frame, at, text) for marker in SHOWN if _measured(days, marker)
    ]


def table(days: list[SummaryDaily], text: Text) -> Table:
    """Return all days, the newest first."""
    shown = [marker for marker in SHOWN if _measured(days, marker)]
    return Table(
        names=[f"{gettext(trend_words.NAME[marker])} ({_unit(days, marker)})" for marker in shown],
        rows=[
            (text(day.began), [_cell(_mark(day.marks, marker)) for marker in shown])
            for day in reversed(days)
        ],
    )


def _card(
    marker: Marker,
    days: list[SummaryDaily],
    ranges: dict[tuple[int, Marker], tuple[float, float]],
    frame: Frame,
    at: Day,
    text: Text,
) -> Card:
    unit = _unit(days, marker)
    points = []
    for day in days:
        mark = _mark(day.marks, marker)
        if mark is None or mark.value is None:
            continue
        low, high = ranges.get((day.t, marker), (None, None))
        label = f"{text(day.began)}: {_number(_value(mark))} {unit}"
        if low is not None and high is not None and low < high:
            hours = gettext("%(low)s to %(high)s by the hour")
            label += f", {hours % {'low': _number(low), 'high': _number(high)}}"
        label += f", {_evidence(mark)}"
        points.append(
            Point(
                day=at(day.began),
                value=_value(mark),
                seconds=mark.seconds,
                label=label,
                low=low,
                high=high,
            )
        )
    name = gettext(trend_words.NAME[marker])
    title = gettext("%(sign)s by day, %(unit)s") % {"sign": name, "unit": unit}
    tops = BARS.get(marker)
    svg = (
        chart.ranges(title, points, frame)
        if tops is None
        else chart.bars(title, points, [], frame, tops)
    )
    return Card(
        marker=marker.value,
        name=name,
        meaning=gettext(trend_words.MEANING[marker]),
        latest=f"{_number(points[-1].value or 0.0)} {unit}",
        svg=svg,
    )


def _ranges(
    days: list[SummaryDaily], hours: list[SummaryHourly]
) -> dict[tuple[int, Marker], tuple[float, float]]:
    """Return the lowest and the highest hour of each day (by its end) and marker."""
    found: dict[tuple[int, Marker], tuple[float, float]] = {}
    ends = sorted(days, key=lambda day: day.t)
    number = 0
    for hour in hours:
        while number < len(ends) and ends[number].t < hour.t:
            number += 1
        if number == len(ends):
            break
        day = ends[number]
        if hour.began < day.began:
            continue
        for mark in hour.marks:
            if mark.marker in BARS or mark.value is None:
                continue
            value = _value(mark)
            low, high = found.get((day.t, mark.marker), (value, value))
            found[day.t, mark.marker] = (min(low, value), max(high, value))
    return found


def _measured(days: list[SummaryDaily], marker: Marker) -> bool:
    return any((mark := _mark(day.marks, marker)) and mark.value is not None for day in days)


def _mark(marks: list[Mark], marker: Marker) -> Mark | None:
    return next((mark for mark in marks if mark.marker is marker), None)


def _value(mark: Mark) -> float:
    value = mark.value or 0.0
    return value / 3600.0 if mark.unit is Unit.SECOND else value


def _unit(days: list[SummaryDaily], marker: Marker) -> str:
    found = next(mark for day in days if (mark := _mark(day.marks, marker)) is not None)
    unit = trend_words.UNIT[found.unit]
    return gettext(unit) if unit else ""


def _evidence(mark: Mark) -> str:
    if mark.marker in BY_HAND and mark.seconds < 1800:
        times = max(1, round(mark.seconds / 60))
        said = ngettext("measured once", "measured %(times)d times", times)
        return said if times == 1 else said % {"times": times}
    return gettext("%(hours)s h measured") % {"hours": f"{mark.seconds / 3600:.1f}"}


def _cell(mark: Mark | None) -> str:
    return "–" if mark is None or mark.value is None else _number(_value(mark))


def _number(value: float) -> str:
    if abs(value) >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.1f}".removesuffix(".0") if abs(value) >= 1 else f"{value:.3g}"
