"""``ambient train fusion``: recordings marked "train" in, the fitted part of the table out.

What a wearable's probability is worth, and its silence, is fitted on subjects whose detector never
saw them; what a thud is worth comes from the measured rates of the sounds. How far the camera's own
log-odds go beside other senses, and how much of a cause is said twice, is chosen on scenarios of
these wearables and of skeletons before simulated cameras. All other pieces are assumptions and are
left as they stand. Of the wearables only the subjects are opened that `ambient evaluate fusion`
does not measure on, and no video at all.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from msgspec import Struct

from ambient.errors import ModelError
from ambient.evaluate.fusion_falls.figures import area, sensitivity
from ambient.evaluate.fusion_falls.report import BUDGET, FALLS, fitted_on, scored, worn
from ambient.evaluate.fusion_falls.simulate import Assumptions, Pools, scenarios
from ambient.evaluate.fusion_falls.streams import Stream, likelihoods
from ambient.observations import ImpactMeasured
from fusion.ratios import FILE, Table, read
from fusion.signs import logit

FOLDER: Final = Path(__file__).parents[2] / "fusion"
OVERLAPS: Final = (0.5, 0.0, 1.0)
ENDS: Final = (7.4, 4.0, 3.0, 2.0)
"""What the camera's own log-odds are worth at most; 7.4 is the most that they reach."""
FROM: Final = 0.85
"""Just above what confirms; below it the camera's log-odds stay."""
RHO: Final = 0.25
COUNT: Final = 1000
LEAST: Final = -2.0
"""However surely a wearable says that there was no fall, it is worth no less: of one fall in eight,
a slow one, next to nothing may be felt (assumed; those who fell on purpose let fewer go unfelt)."""
RIDGE: Final = 1e-2

Tell = Callable[[str], None]


class Tried(Struct, frozen=True):
    """One overlap of the cause *impact* and end of the camera's log-odds, on scenarios."""

    overlap: float
    end: float
    area: float
    sensitivity: float


class Figures(Struct, frozen=True):
    """What ``ambient train fusion`` answers.

    Attributes
    ----------
    falls, others
        Recordings whose impact was learned from.
    impact, thud
        Points (x, log-likelihood ratio) of the fitted curves.
    quiet
        Log-likelihood ratio of a wearable that felt no impact.
    tried
        What was tried, first the end, then the overlap; the largest area is chosen.
    """

    falls: int
    others: int
    impact: list[tuple[float, float]]
    thud: list[tuple[float, float]]
    quiet: float
    tried: list[Tried]
    overlap: float
    end: float


def train(
    data: Path, cache: Path, out: Path | None = None, *, seed: int = 0, tell: Tell = print
) -> Figures:
    """Fit, and write the table.

    Parameters
    ----------
    data
        The folder of labelled recordings, with ``video`` and ``vitals``.
    cache
        Where observations of recordings are kept.
    out
        Folder to write to; else where a node reads the table.
    seed
        Of what is drawn.
    tell
        Takes lines of progress.

    Raises
    ------
    UsageError, SourceError
        A manifest or recording cannot be read.
    """
    streams = worn(data, cache, fitted=True)
    said, was = likelihoods(streams)
    impact = impact_curve(said, was)
    quiet = silence(streams)
    thud = thud_curve(Assumptions())
    tell(f"impacts of {sum(was)} falls and {len(was) - sum(was)} others: {impact}, none: {quiet}")
    text = (files("fusion") / FILE).read_text(encoding="utf-8")
    text = _with(text, "ratios.wearable_impact", impact, _IMPACT)
    text = _with(text, "ratios.wearable_quiet", [(0.0, 0.0), (1.0, quiet)], _QUIET)
    text = _with(text, "ratios.sound_thud", thud, _THUD)
    pools = fitted_on(data, cache, lambda done, every: tell(f"{done} of {every} skeletons"))
    tried = []

    def tries(end: float, overlap: float) -> Tried:
        table = _table(_overlapping(_ending(text, end), overlap))
        tried.append(_try(pools, table, overlap, end, seed))
        tell(f"end {end}, overlap {overlap}: {tried[-1].area:.4f}, {tried[-1].sensitivity:.3f}")
        return tried[-1]

    end = max([tries(end, OVERLAPS[0]) for end in ENDS], key=lambda one: one.area).end
    for other in OVERLAPS[1:]:
        tries(end, other)
    overlap = max([one for one in tried if one.end == end], key=lambda one: one.area).overlap
    folder = out or FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text(_overlapping(_ending(text, end), overlap), encoding="utf-8")
    read(folder / FILE)
    return Figures(
        falls=sum(was),
        others=len(was) - sum(was),
        impact=impact,
        thud=thud,
        quiet=quiet,
        tried=tried,
        overlap=overlap,
        end=end,
    )


_IMPACT: Final = (
    "fitted by ambient train fusion: logistic regression, classes weighted alike, on the impact "
    "that matters of each recording of UMAFall's subjects 01 to 04 at waist and wrist, each judged "
    "by networks that never saw the subject. At most the log of the number of everyday recordings, "
    "as no more can be known from them; at least -2, assumed: one fall in eight may be hardly felt"
)
_QUIET: Final = (
    "fitted by ambient train fusion: log of the share of recorded falls of UMAFall's subjects 01 "
    "to 04 in which no impact is told (half a recording added) over that of everyday recordings; "
    "at least -2, assumed, as for an impact"
)
_CAMERA: Final = (
    "fitted by ambient train fusion: the end is the one of 7.4, 4, 3 and 2 with the largest area "
    "under the curve on scenarios of skeletons before simulated cameras and of UMAFall's subjects "
    "01 to 04; below confirm all stays as it is, so that a camera decides as it does"
)
_THUD: Final = (
    "fitted by ambient train fusion: log of the share of thuds that are told (73 of 103, "
    "models/sounds/figures.json) over the share of half minutes of everyday recordings in which "
    "one is told that is none (29.3 an hour, models/cards/sounds.md)"
)


def impact_curve(said: Sequence[float], was: Sequence[bool]) -> list[tuple[float, float]]:
    """Return both ends of the log-likelihood ratio over the detector's log-odds, a straight line.

    Logistic regression with both classes weighted alike: its log-odds are the ratio.
    """
    x = np.array([logit(p) for p in said])
    fall = np.asarray(was, np.bool_)
    weight = np.where(fall, 0.5 / fall.sum(), 0.5 / (~fall).sum()) * len(fall)
    design = np.column_stack([x, np.ones(len(x))])
    beta = np.zeros(2)
    for _ in range(50):
        p = 1.0 / (1.0 + np.exp(-np.clip(design @ beta, -30, 30)))
        upward = design.T @ (weight * (fall - p)) - RIDGE * beta
        curve = (design * (weight * p * (1 - p))[:, None]).T @ design + RIDGE * np.eye(2)
        beta = beta + np.linalg.solve(curve, upward)
    slope, shift = beta.tolist()
    most = math.log(float((~fall).sum()))
    return [(round((llr - shift) / slope, 2), round(llr, 2)) for llr in (LEAST, most)]


def silence(streams: Sequence[Stream]) -> float:
    """Return the log-likelihood ratio of a worn device that tells of no impact."""

    def share(fall: bool) -> float:
        told = [
            any(isinstance(seen, ImpactMeasured) for _, seen in stream.seen)
            for stream in streams
            if stream.fall is fall
        ]
        return (told.count(False) + 0.5) / (len(told) + 1.0)

    return round(max(LEAST, math.log(share(True) / share(False))), 2)


def thud_curve(assumed: Assumptions) -> list[tuple[float, float]]:
    """Return points of the log-likelihood ratio of a thud that is told.

    Raises
    ------
    ModelError
        The figures of the sounds are damaged.
    """
    try:
        figures = json.loads((files("models.sounds") / "figures.json").read_bytes())
        cut = float(figures["outputs"]["thud"]["threshold"])
        found = figures["outputs"]["thud"]["found"]
        told = float(found["k"]) / float(found["n"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"models/sounds/figures.json: expected the figures of the sounds, got {error}; "
            "make them with: ambient train sounds"
        ) from error
    return [(round(cut - 0.05, 3), 0.0), (cut, round(math.log(told / assumed.thud_of_rest), 2))]


def _try(pools: Pools, table: Table, overlap: float, end: float, seed: int) -> Tried:
    assumed = Assumptions()
    tested = Pools(pools.camera, pools.wearable, table)
    falls = round(COUNT * FALLS)
    drawn = scenarios(tested, falls, COUNT - falls, RHO, seed, assumed)
    fall = np.array([one.fall for one in drawn])
    score = np.maximum(scored(tested, drawn, only=("all senses",))["all senses"], -1e9)
    ones = np.ones(len(fall))
    return Tried(
        overlap=overlap,
        end=end,
        area=round(area(score, fall, ones), 4),
        sensitivity=round(sensitivity(score, fall, ones, BUDGET / assumed.a_day), 4),
    )


def _table(text: str) -> Table:
    return msgspec.toml.decode(text, type=Table)


def _overlapping(text: str, overlap: float) -> str:
    """Return the table's text with another overlap of the cause *impact*."""
    return re.sub(r"(?m)^(impact = ).*$", rf"\g<1>{overlap}", text, count=1)


def _ending(text: str, end: float) -> str:
    """Return the table's text with another end of the camera's own log-odds."""
    return _with(text, "camera", [(FROM, FROM), (ENDS[0], end)], _CAMERA, of="odds")


def _with(
    text: str, name: str, curve: Sequence[tuple[float, float]], source: str, of: str = "llr"
) -> str:
    """Return the table's text with another curve of one part."""
    begin = text.index(f"[down.{name}]")
    end = text.find("\n[", begin + 1)
    part = text[begin:] if end < 0 else text[begin:end]
    new = {
        "x": str([x for x, _ in curve]),
        of: str([llr for _, llr in curve]),
        "source": json.dumps(source),
    }
    for key, value in new.items():
        line = f"{key} = {value}".replace("\\", r"\\")
        part = re.sub(rf"(?m)^{key} = .*$", line, part, count=1)
    if "\nfitted = " not in part:
        part = f"{part.rstrip()}\nfitted = true\n"
    return text[:begin] + part + ("" if end < 0 else text[end:])
