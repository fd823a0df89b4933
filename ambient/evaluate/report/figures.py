"""Geometry of the report's drawings: courses, skeletons, histograms and intervals.

In: traces, delays, shares. Out: numbers that a template writes into SVG, all in percent of the
drawing's width and height (x to the right, y down), so that drawings stretch and their words,
which stand outside of them, do not. Pure; no pixel of a recording comes in.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from ambient.evaluate.clip import HOLD_S
from ambient.evaluate.drawing import BONES, VISIBLE
from ambient.evaluate.manifest import Row
from ambient.evaluate.statistics import Share
from ambient.evaluate.trace import Figures, Moment, Trace, spans
from ambient.observations import Box, Keypoint

GAP_S: Final = 0.5
"""A curve is interrupted where nobody was seen for longer."""
MOST_POINTS: Final = 240
"""A curve has no more points than that: a pixel each."""
MOST_BINS: Final = 16
_STEPS: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0)
_MARGIN: Final = 0.12
_OUTSIDE: Final = 0.25
"""Joints further outside the picture than this are drawn at that distance."""


class Curve(Struct, frozen=True):
    """A line: its name and the pieces of it, each as the points of an SVG polyline."""

    name: str
    pieces: list[str]


class Mark(Struct, frozen=True):
    """Something at one instant: kind, where (percent) and when."""

    kind: str
    x: float
    t_s: float


class Band(Struct, frozen=True):
    """An interval of time, in percent of the width."""

    x: float
    width: float


class Course(Struct, frozen=True):
    """A recording's course over time."""

    curves: list[Curve]
    marks: list[Mark]
    ticks: list[Mark]
    fall: Band | None
    held: Band | None


class Figure(Struct, frozen=True):
    """Skeletons at one instant.

    Attributes
    ----------
    t_s
        When.
    ratio
        Width / height of the paper.
    seen, guessed
        SVG paths, in units of 1/100 of the paper's height, of bones whose joints were seen or
        guessed; empty when nobody was.
    boxes
        SVG path of the outlines of people of whom no joints were found.
    """

    t_s: float
    ratio: float
    seen: str
    guessed: str
    boxes: str


class Bar(Struct, frozen=True):
    """One bar of a histogram: where it begins, how high, how many."""

    low_s: float
    high_s: float
    count: int
    x: float
    width: float
    height: float


class Interval(Struct, frozen=True):
    """A share and its two intervals on a line from 0 to 1, in percent."""

    at: float
    low: float
    width: float
    resampled_low: float
    resampled_width: float


def course(trace: Trace, row: Row) -> Course:
    """Return the course of a recording."""
    last = max([trace.end_s + HOLD_S, *(m.t_s for m in trace.moments)])

    def x(t_s: float) -> float:
        return round(100 * min(max(t_s / last, 0.0), 1.0), 2)

    fall = None
    if row.fall_start_s is not None:
        end = min(row.fall_end_s if row.fall_end_s is not None else trace.end_s, last)
        fall = Band(x(row.fall_start_s), round(max(0.4, x(end) - x(row.fall_start_s)), 2))
    step = next((s for s in _STEPS if last / s <= 9), _STEPS[-1])
    pieces = [_thinned(piece) for piece in spans(trace.moments, GAP_S)]
    values: tuple[tuple[str, Callable[[Moment], float]], ...] = (
        ("probability", lambda m: m.probability),
        ("upright", lambda m: m.upright),
        ("descent", lambda m: m.descent),
        ("down", lambda m: m.down),
    )
    return Course(
        curves=[
            Curve(
                name,
                [
                    " ".join(f"{x(m.t_s):g},{round(100 - 100 * value(m), 1):g}" for m in piece)
                    for piece in pieces
                ],
            )
            for name, value in values
        ],
        marks=[Mark(said.kind.removeprefix("fall."), x(said.t_s), said.t_s) for said in trace.said],
        ticks=[Mark("tick", x(i * step), i * step) for i in range(int(last / step) + 1)],
        fall=fall,
        held=Band(x(trace.end_s), round(100 - x(trace.end_s), 2)),
    )


def strip(figures: Sequence[Figures]) -> list[Figure]:
    """Return the skeletons of a recording, all on paper that shows the same part of the room."""
    points = [_points(figure, body) for figure in figures for body in figure.bodies]
    points += [_corners(figure, box) for figure in figures for box in figure.boxes]
    if not points:
        return [Figure(figure.t_s, 0.75, "", "", "") for figure in figures]
    everything = np.concatenate(points)
    low, high = everything.min(axis=0) - _MARGIN, everything.max(axis=0) + _MARGIN
    width, height = (high - low).tolist()
    # Paper is never narrower than half its height, nor wider than twice.
    grown_width, grown_height = max(width, height / 2), max(height, width / 2)
    low -= (np.array([grown_width, grown_height]) - (width, height)) / 2
    scale = 100 / grown_height
    return [
        Figure(
            t_s=figure.t_s,
            ratio=round(grown_width / grown_height, 3),
            seen=_bones(figure, low, scale, seen=True),
            guessed=_bones(figure, low, scale, seen=False),
            boxes="".join(
                "M{:g} {:g}L{:g} {:g} {:g} {:g} {:g} {:g}Z".format(
                    *((_corners(figure, box) - low) * scale).round(1).ravel()
                )
                for box in figure.boxes
            ),
        )
        for figure in figures
    ]


def histogram(delays: Sequence[float]) -> list[Bar]:
    """Return the bars of some delays in seconds, from 0 on; none without any."""
    if not delays:
        return []
    longest = max(delays)
    step = next((s for s in (0.25, *_STEPS) if longest / s < MOST_BINS), longest)
    many = max(1, math.floor(longest / step) + 1)
    counts, edges = np.histogram(delays, bins=many, range=(0.0, many * step))
    most = int(counts.max())
    return [
        Bar(
            low_s=round(low, 2),
            high_s=round(low + step, 2),
            count=count,
            x=round(100 * number / many, 2),
            width=round(100 / many, 2),
            height=round(100 * count / most, 2),
        )
        for number, (count, low) in enumerate(
            zip(counts.tolist(), edges[:-1].tolist(), strict=True)
        )
    ]


def interval(share: Share) -> Interval | None:
    """Return where a share and its intervals lie; None without any recording."""
    if share.share is None or share.low is None or share.high is None:
        return None
    low = share.low if share.resampled_low is None else share.resampled_low
    high = share.high if share.resampled_high is None else share.resampled_high
    return Interval(
        at=round(100 * share.share, 2),
        low=round(100 * share.low, 2),
        width=round(100 * (share.high - share.low), 2),
        resampled_low=round(100 * low, 2),
        resampled_width=round(100 * (high - low), 2),
    )


def _thinned(piece: Sequence[Moment]) -> Sequence[Moment]:
    every = max(1, math.ceil(len(piece) / MOST_POINTS))
    return piece[::every] if every > 1 else piece


def _points(figure: Figures, body: Sequence[Keypoint]) -> npt.NDArray[np.float64]:
    """Return the joints (33, 2) in picture heights, those far outside drawn to its border."""
    xy = np.asarray(body, np.float64)[:, :2]
    return np.clip(xy, -_OUTSIDE, 1 + _OUTSIDE) * (figure.aspect, 1.0)


def _corners(figure: Figures, box: Box) -> npt.NDArray[np.float64]:
    """Return the corners (4, 2) of a box in picture heights, in turn."""
    x0, y0, x1, y1 = box
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)]) * (figure.aspect, 1.0)


def _bones(
    figure: Figures,
    low: npt.NDArray[np.float64],
    scale: float,
    *,
    seen: bool,
) -> str:
    """Return the path of the bones whose two joints were both seen, or of the others."""
    parts: list[str] = []
    for body in figure.bodies:
        points = ((_points(figure, body) - low) * scale).round(1)
        visible = np.asarray(body)[:, 2] >= VISIBLE
        parts += [
            "M{:g} {:g}L{:g} {:g}".format(*points[a], *points[b])
            for a, b in BONES
            if bool(visible[a] and visible[b]) is seen
        ]
    return "".join(parts)
