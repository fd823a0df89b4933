"""Small charts as SVG: a value a day with how much stands behind it. No script, no style inside.

Comes in: points by day. Goes out: an ``<svg>`` whose colours come from classes of ``page.css``, so
that it follows light and dark. Every mark has a title that a pointer or a screen reader finds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from markupsafe import Markup
from msgspec import Struct

WIDTH: Final = 360
LEFT: Final = 26
RIGHT: Final = 6
TOP: Final = 8
PLOT: Final = 74
STRIP: Final = 14
"""Height of the strip below that shows how much was spoken."""
FOOT: Final = 16
FARTHEST: Final = 4.0
"""z-scores beyond are drawn at the edge."""
USUAL: Final = 2.0
PLENTY_S: Final = 900.0
"""Speech of a day from which on its mark is as large as it gets."""
MINUTES: Final = (5.0, 10.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 240.0, 480.0, 960.0, 1440.0)
HOURS: Final = (6.0, 12.0, 24.0)
STEPS: Final = (100.0, 200.0, 500.0, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4)
"""What the scales of bars may end at."""


class Point(Struct, frozen=True, kw_only=True):
    """One day of a chart.

    Attributes
    ----------
    day
        0 for the first day shown.
    value
        A z-score, or minutes; None where there was not enough to say one.
    seconds
        How much stands behind it.
    label
        What the mark says when pointed at.
    low, high
        Range within the day, where one is known.
    """

    day: int
    value: float | None
    seconds: float
    label: str
    low: float | None = None
    high: float | None = None


class Line(Struct, frozen=True):
    """A day that is marked from top to bottom."""

    day: int
    label: str
    css: str


class Frame(Struct, frozen=True, kw_only=True):
    """What all charts of a page share.

    Attributes
    ----------
    days
        Shown.
    ticks
        Day ► what is written below it.
    """

    days: int
    ticks: dict[int, str]


def deviations(title: str, points: Sequence[Point], lines: Sequence[Line], frame: Frame) -> Markup:
    """Draw z-scores around the person's own usual, with the speech of each day below."""
    parts = [
        f'<rect class="usual" x="{LEFT}" y="{_y(USUAL):.1f}" width="{WIDTH - LEFT - RIGHT}" '
        f'height="{_y(-USUAL) - _y(USUAL):.1f}"/>',
        f'<path class="axis" d="M{LEFT} {_y(0):.1f}H{WIDTH - RIGHT}"/>',
        *(
            f'<text class="tick" x="{LEFT - 5}" y="{_y(z) + 3.5:.1f}" '
            f'text-anchor="end">{text}</text>'
            for z, text in ((USUAL, "+2"), (0.0, "0"), (-USUAL, "−2"))
        ),
        *(_line(line, frame) for line in lines),
        *_run(points, frame),
    ]
    for point in points:
        x = _x(point.day, frame)
        height = STRIP * min(1.0, point.seconds / (4 * PLENTY_S))
        bottom = TOP + PLOT + STRIP
        if point.seconds > 0:
            parts.append(
                f'<rect class="spoken" x="{x - 1.2:.1f}" y="{bottom - height:.1f}" width="2.4" '
                f'height="{height:.1f}"/>'
            )
        if point.value is not None:
            far = " far" if abs(point.value) > USUAL else ""
            radius = 1.4 + 2.0 * min(1.0, point.seconds / PLENTY_S)
            parts.append(
                f'<circle class="mark-dot{far}" cx="{x:.1f}" cy="{_y(point.value):.1f}" '
                f'r="{radius:.1f}"><title>{escape(point.label)}</title></circle>'
            )
    return _svg(title, parts, frame)


def bars(
    title: str,
    points: Sequence[Point],
    lines: Sequence[Line],
    frame: Frame,
    tops: Sequence[float] = MINUTES,
) -> Markup:
    """Draw an amount a day as bars; a day on which nothing was measured has none.

    Parameters
    ----------
    tops
        What the scale may end at; minutes of a day when not given.
    """
    most = max((point.value for point in points if point.value is not None), default=0.0)
    top = next((one for one in tops if most <= one), tops[-1])
    height = PLOT + STRIP
    parts = [
        f'<path class="axis" d="M{LEFT} {TOP + height}H{WIDTH - RIGHT}"/>',
        f'<text class="tick" x="{LEFT - 5}" y="{TOP + 4}" text-anchor="end">{_short(top)}</text>',
        f'<text class="tick" x="{LEFT - 5}" y="{TOP + height}" text-anchor="end">0</text>',
        *(_line(line, frame) for line in lines),
    ]
    for point in points:
        if point.value is not None:
            tall = max(0.8, height * point.value / top)
            x = _x(point.day, frame)
            parts.append(
                f'<rect class="bar" x="{x - 1.4:.1f}" y="{TOP + height - tall:.1f}" width="2.8" '
                f'height="{tall:.1f}"><title>{escape(point.label)}</title></rect>'
            )
    return _svg(title, parts, frame)


def ranges(title: str, points: Sequence[Point], frame: Frame) -> Markup:
    """Draw a value a day with its range within the day; a day without one stays empty."""
    drawn = [
        value
        for point in points
        for value in (point.value, point.low, point.high)
        if value is not None
    ]
    low, high, step = _scale(min(drawn, default=0.0), max(drawn, default=1.0))

    def y(value: float) -> float:
        return TOP + (PLOT + STRIP) * (high - value) / (high - low)

    parts = []
    for n in range(round((high - low) / step) + 1):
        at = low + n * step
        parts.append(f'<path class="axis" d="M{LEFT} {y(at):.1f}H{WIDTH - RIGHT}"/>')
        parts.append(
            f'<text class="tick" x="{LEFT - 4}" y="{y(at) + 3.5:.1f}" '
            f'text-anchor="end">{_short(at)}</text>'
        )
    parts += _run(points, frame, y)
    for point in points:
        if point.value is None:
            continue
        x = _x(point.day, frame)
        title_of = f"<title>{escape(point.label)}</title>"
        if point.low is not None and point.high is not None:
            parts.append(
                f'<path class="range" d="M{x:.1f} {y(point.low):.1f}V{y(point.high):.1f}">'
                f"{title_of}</path>"
            )
        parts.append(
            f'<circle class="mark-dot" cx="{x:.1f}" cy="{y(point.value):.1f}" r="1.9">'
            f"{title_of}</circle>"
        )
    return _svg(title, parts, frame)


def _scale(low: float, high: float) -> tuple[float, float, float]:
    """Return where a scale with two to five round steps begins and ends, and its step."""
    span = max(high - low, 1e-3, 0.02 * abs(high))
    size = 10.0 ** math.floor(math.log10(span / 2.0))
    step = next(size * n for n in (1.0, 2.0, 5.0, 10.0) if span / (size * n) <= 4.0)
    first = math.floor(low / step + 1e-9) * step
    last = math.ceil(high / step - 1e-9) * step
    return first, last if last > first else first + step, step


def _short(value: float) -> str:
    return f"{value / 1000:g}k" if value >= 2000 else f"{value:g}"


def _svg(title: str, parts: Sequence[str], frame: Frame) -> Markup:
    height = TOP + PLOT + STRIP + FOOT
    ticks = "".join(
        f'<text class="tick" x="{_x(day, frame):.1f}" y="{height - 3}" text-anchor="middle">'
        f"{escape(text)}</text>"
        for day, text in frame.ticks.items()
    )
    # Everything that came from outside is escaped where it was put in.
    return Markup(
        f'<svg class="chart" viewBox="0 0 {WIDTH} {height}" role="img" '
        f"aria-label={quoteattr(title)}>{''.join(parts)}{ticks}</svg>"
    )


def _line(line: Line, frame: Frame) -> str:
    x = _x(line.day, frame)
    return (
        f'<path class="{line.css}" d="M{x:.1f} {TOP - 4}V{TOP + PLOT + STRIP}">'
        f"<title>{escape(line.label)}</title></path>"
    )


def _run(
    points: Sequence[Point], frame: Frame, y: Callable[[float], float] | None = None
) -> list[str]:
    """Return lines between days that follow each other; a gap stays a gap."""
    runs: list[list[Point]] = []
    for point in points:
        if point.value is None:
            continue
        if runs and point.day - runs[-1][-1].day <= 2:
            runs[-1].append(point)
        else:
            runs.append([point])
    return [
        '<path class="run" d="M'
        + "L".join(f"{_x(p.day, frame):.1f} {(y or _y)(p.value or 0.0):.1f}" for p in run)
        + '"/>'
        for run in runs
        if len(run) > 1
    ]


def _x(day: int, frame: Frame) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * (day + 0.5) / max(1, frame.days)


def _y(z: float) -> float:
    inside = max(-FARTHEST, min(FARTHEST, z))
    return TOP + PLOT * (FARTHEST - inside) / (2 * FARTHEST)
