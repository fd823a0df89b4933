"""The table of ratios: what every piece of evidence is worth, in one place that can be reviewed.

Comes in: ``ratios.toml`` beside this module. Goes out: for each hypothesis its log-odds before any
evidence, its thresholds, and for each piece of evidence a curve of log-likelihood ratios (natural
logarithm) with its latency window, its decay and where it comes from. No other module holds a
weight of evidence that is not the camera's own (`fusion.evidence`).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from ambient.errors import ModelError
from ambient.events import Sense
from ambient.observations import Doubt

MOST: Final = 8.0
"""No piece of evidence is worth more: e^8 is 3,000 to 1."""
FILE: Final = "ratios.toml"

Seconds = Annotated[float, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0, le=1)]


def between(xs: list[float], ys: list[float], x: float) -> float:
    """Return the height at `x` of the line through points, held beyond its ends."""
    if x <= xs[0]:
        return ys[0]
    if x >= xs[-1]:
        return ys[-1]
    i = bisect_right(xs, x)
    share = (x - xs[i - 1]) / (xs[i] - xs[i - 1])
    return ys[i - 1] + share * (ys[i] - ys[i - 1])


class Ratio(Struct, frozen=True, forbid_unknown_fields=True):
    """What one piece of evidence is worth.

    Attributes
    ----------
    sense
        Whose contribution it is.
    cause
        Pieces of one cause are correlated, see `Hypothesis.overlap`.
    about
        What `x` is, with its unit.
    x, llr
        Points of the curve, `x` rising; straight between them, held beyond: so the ends are the
        bounds.
    before_s, after_s
        It belongs to a situation that begins so much later, or began so much earlier, at most.
    half_life_s
        So long after it was measured it is worth half.
    fitted
        Whether `llr` was fitted; else it is assumed.
    source
        On which data by which command, or why it is assumed so.
    """

    sense: Sense
    cause: str
    about: str
    x: list[float]
    llr: list[float]
    before_s: Seconds
    after_s: Seconds
    half_life_s: Annotated[float, Meta(gt=0)]
    source: Annotated[str, Meta(min_length=20)]
    fitted: bool = False

    def at(self, x: float) -> float:
        """Return the log-likelihood ratio at `x`."""
        return between(self.x, self.llr, x)


class Scale(Struct, frozen=True, forbid_unknown_fields=True):
    """What log-odds that were set by hand are worth beside those of other senses.

    Attributes
    ----------
    x, odds
        Points of the curve, both rising; straight between them, as they are below, held beyond.
    source
        On which data by which command, or why it is assumed so.
    """

    x: list[float]
    odds: list[float]
    source: Annotated[str, Meta(min_length=20)]
    fitted: bool = False

    def at(self, x: float) -> float:
        """Return what log-odds of `x` are worth."""
        return x if x <= self.x[0] else between(self.x, self.odds, x)


class Hypothesis(Struct, frozen=True, forbid_unknown_fields=True):
    """What is judged, and by what.

    Attributes
    ----------
    prior
        Log-odds before any evidence, at an instant that some sense calls attention to.
    suspect, confirm
        Log-odds from which on it is suspected, and confirmed.
    hurry
        Log-odds that other senses add from which on the camera's own waiting times are not kept.
    source
        Where these four come from.
    camera
        What the camera's own log-odds are worth, of which steps are decided as they stand.
    overlap
        By cause: how much of every further piece of that cause is already said by the strongest;
        0 for independent pieces, 1 when only the strongest counts.
    ratios
        By the name of the piece.
    """

    prior: float
    suspect: float
    confirm: float
    hurry: float
    source: Annotated[str, Meta(min_length=20)]
    camera: Scale
    overlap: dict[str, Share]
    ratios: dict[str, Ratio]


class Table(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole table.

    Attributes
    ----------
    version
        Semantic version; a change of a value is a new one.
    doubts
        By what a value's quality is multiplied when it is so marked; what is not named keeps it.
    """

    version: str
    doubts: dict[Doubt, Share]
    down: Hypothesis


def read(path: Path | None = None) -> Table:
    """Read a table; without a path the one that this version of Ambient carries.

    Raises
    ------
    ModelError
        It is missing, damaged, or says what cannot be.
    """
    place = files("fusion") / FILE if path is None else path
    try:
        table = msgspec.toml.decode(place.read_bytes(), type=Table)
    except (OSError, msgspec.DecodeError) as error:
        raise ModelError(
            f"{place}: expected the table of ratios, got {error}; install Ambient again, or make "
            "it with: ambient train fusion"
        ) from error
    _check(table.down, str(place))
    return table


@cache
def carried() -> Table:
    """Return the table that this version of Ambient carries, read once."""
    return read()


def _check(hypothesis: Hypothesis, place: str) -> None:
    if not hypothesis.suspect < hypothesis.confirm:
        raise ModelError(f"{place}: expected suspect below confirm, got {hypothesis.suspect}")
    camera = hypothesis.camera
    rising = all(a < b for of in (camera.x, camera.odds) for a, b in pairwise(of))
    less = all(odds <= x for x, odds in zip(camera.x, camera.odds, strict=False))
    if not rising or not less or len(camera.x) != len(camera.odds) or not camera.x:
        raise ModelError(
            f"{place}: camera: expected rising x and as many rising odds, none above its x; got "
            f"{camera.x} and {camera.odds}"
        )
    for name, ratio in hypothesis.ratios.items():
        rising = all(a < b for a, b in pairwise(ratio.x))
        if not ratio.x or len(ratio.x) != len(ratio.llr) or not rising:
            raise ModelError(
                f"{place}: ratios.{name}: expected rising x and as many llr, got {ratio.x} and "
                f"{ratio.llr}"
            )
        if not all(math.isfinite(value) and abs(value) <= MOST for value in ratio.llr):
            raise ModelError(f"{place}: ratios.{name}.llr: expected -8 to 8, got {ratio.llr}")
        if ratio.cause not in hypothesis.overlap:
            raise ModelError(
                f"{place}: ratios.{name}.cause: expected one of {', '.join(hypothesis.overlap)}, "
                f"got {ratio.cause}"
            )
