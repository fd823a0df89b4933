"""``ambient train fusion``: recordings marked "train" in, the fitted part of the table out.

What a wearable's probability, its silence and its steps are worth is fitted on subjects whose
detector never saw them; what a thud is worth comes from the measured rates of the sounds. What the
camera's own log-odds are worth beside other senses is fitted on skeletons before simulated cameras,
and how much of a cause is said twice is chosen on scenarios of both. All other pieces are
assumptions and are left as they stand. Of the wearables only the subjects are opened that `ambient
evaluate fusion` does not measure on, and no video at all.
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
from numpy.typing import NDArray

from ambient.errors import ModelError
from ambient.evaluate.fusion_falls.figures import area, sensitivity
from ambient.evaluate.fusion_falls.late import FEW
from ambient.evaluate.fusion_falls.report import FALLS, RHOS, fitted_on, fitted_worn, scored
from ambient.evaluate.fusion_falls.simulate import Assumptions, Pools, Scenario, scenarios
from ambient.evaluate.fusion_falls.streams import Stream, likelihoods
from ambient.observations import ImpactMeasured, MotionMeasured
from ambient.train.isotonic import END, camera_curve
from fusion.evidence import PRIOR
from fusion.ratios import FILE, Table, read
from fusion.signs import AFTER_IMPACT_S, logit
from fusion.wearers import SECOND, WALK_S

FOLDER: Final = Path(__file__).parents[2] / "fusion"
OVERLAPS: Final = (0.0, 0.5, 0.75, 1.0)
ALIKE: Final = 0.005
"""Overlaps whose sums of area and sensitivity differ by no more are alike: the least is taken."""
COUNT: Final = 1000
WALKED: Final = (1, 2, 3)
"""Seconds with steps of the last `WALK_S` that are told apart; more count as the last."""
LEAST: Final = -2.0
"""However surely a wearable says that there was no fall, it is worth no less: of one fall in eight,
a slow one, next to nothing may be felt (assumed; those who fell on purpose let fewer go unfelt)."""
RIDGE: Final = 1e-2

Tell = Callable[[str], None]


class Tried(Struct, frozen=True):
    """One overlap of the cause *impact*, on scenarios: means over the correlations.

    Attributes
    ----------
    sensitivity
        Mean over the shares of `FEW`.
    """

    overlap: float
    area: float
    sensitivity: float


class Figures(Struct, frozen=True):
    """What ``ambient train fusion`` answers.

    Attributes
    ----------
    falls, others
        Impacts that were learned from.
    jolt, impact, steps, thud
        Points (x, log-likelihood ratio) of the fitted curves.
    quiet
        Log-likelihood ratio of a wearable that felt no impact.
    camera
        Points (log-odds set by hand, log-odds that they are worth).
    tried
        Overlaps; of those with the largest sum of area and sensitivity the least is chosen.
    """

    falls: int
    others: int
    jolt: list[tuple[float, float]]
    impact: list[tuple[float, float]]
    steps: list[tuple[float, float]]
    thud: list[tuple[float, float]]
    quiet: float
    camera: list[tuple[float, float]]
    tried: list[Tried]
    overlap: float


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
    streams = fitted_worn(data, cache)
    said, was = likelihoods(streams)
    others = sum(not stream.fall for stream in streams)
    jolt, impact = impact_curves(said, was, others)
    quiet, steps = silence(streams), steps_curve(streams)
    thud = thud_curve(Assumptions())
    tell(f"{sum(was)} impacts of falls and {was.count(False)} others: {jolt}, {impact}")
    tell(f"no impact: {quiet}")
    tell(f"seconds with steps: {steps}")
    text = (files("fusion") / FILE).read_text(encoding="utf-8")
    text = _with(text, "ratios.wearable_impact", impact, _IMPACT)
    text = _with(text, "ratios.wearable_jolt", jolt, _JOLT)
    text = _with(text, "ratios.wearable_quiet", [(0.0, 0.0), (1.0, quiet)], _QUIET)
    text = _with(text, "ratios.wearable_steps", steps, _STEPS)
    text = _with(text, "ratios.sound_thud", thud, _THUD)
    pools = fitted_on(data, cache, lambda done, every: tell(f"{done} of {every} skeletons"))
    camera = camera_curve(*_sure(pools, text))
    tell(f"camera: {camera}")
    text = _scaling(text, camera)
    tried = []
    for overlap in OVERLAPS:
        tried.append(_try(pools, _table(_overlapping(text, overlap)), overlap, seed))
        tell(f"overlap {overlap}: {tried[-1].area:.4f}, {tried[-1].sensitivity:.3f}")
    overlap = least_of_the_best(tried)
    folder = out or FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text(_overlapping(text, overlap), encoding="utf-8")
    read(folder / FILE)
    return Figures(
        falls=sum(was),
        others=was.count(False),
        jolt=jolt,
        impact=impact,
        steps=steps,
        thud=thud,
        quiet=quiet,
        camera=camera,
        tried=tried,
        overlap=overlap,
    )


_IMPACT: Final = (
    "fitted by ambient train fusion: a calibrated probability's log-odds are the ratio but for a "
    "constant, which is fitted, classes weighted alike, on the impacts of UMAFall's subjects 01 to "
    "04 at waist and wrist, of each fall its own and every one of everyday life, each judged by "
    "networks that never saw the subject. A slope of their own, learned of four people, took a "
    "probability of 0.8 for evidence against. At most the log of the number of everyday "
    "recordings, as no more can be known from them"
)
_JOLT: Final = (
    "fitted by ambient train fusion: the same line below 0, at least -2, assumed: one fall in "
    "eight may be hardly felt. It tells of the very moment alone: a jolt while walking, seconds "
    "before somebody goes down or long after, says nothing of that"
)
_QUIET: Final = (
    "fitted by ambient train fusion: log of the share of recorded falls of UMAFall's subjects 01 "
    "to 04 in which no impact is told (half a recording added) over that of everyday recordings; "
    "at least -2, assumed, as for a jolt"
)
_STEPS: Final = (
    "fitted by ambient train fusion: log of the share of recorded falls of UMAFall's subjects 01 "
    "to 04 after which so many seconds of 6 had steps (half a recording added) over that of "
    "everyday recordings, never for a fall: half of those who fell are told of four steps in one "
    "second as they stir, none in three"
)
_CAMERA: Final = (
    "fitted by ambient train fusion: isotonic regression (pooling of adjacent violators), classes "
    "weighted alike, of the highest log-odds that held on skeletons before simulated cameras, half "
    "of them falls; at most the log of the number of everyday ones. Order is kept. Steps are "
    "decided by the log-odds as they stand, so that a camera decides as it does"
)
_THUD: Final = (
    "fitted by ambient train fusion: log of the share of thuds that are told (73 of 103, "
    "models/sounds/figures.json) over the share of half minutes of everyday recordings in which "
    "one is told that is none (29.3 an hour, models/cards/sounds.md)"
)


def least_of_the_best(tried: Sequence[Tried]) -> float:
    """Return the least overlap that is as good as the best: pieces count in full unless shown."""
    best = max(one.area + one.sensitivity for one in tried)
    return min(one.overlap for one in tried if one.area + one.sensitivity >= best - ALIKE)


def impact_curves(
    said: Sequence[float], was: Sequence[bool], others: int
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Return the log-likelihood ratio over the detector's log-odds, below 0 and above.

    The detector is calibrated, so its slope is 1; where the line lies is fitted by logistic
    regression with both classes weighted alike.

    Parameters
    ----------
    said, was
        As `likelihoods` returns them.
    others
        Everyday recordings: the ratio is at most their number.
    """
    x = np.array([logit(p) for p in said])
    fall = np.asarray(was, np.bool_)
    weight = np.where(fall, 0.5 / fall.sum(), 0.5 / (~fall).sum()) * len(fall)
    shift = float(_logistic(np.ones((len(x), 1)), fall, weight, x)[0])
    most = math.log(float(others))
    low, zero, high = ((round(llr - shift, 2), round(llr, 2)) for llr in (LEAST, 0.0, most))
    return [low, zero], [zero, high]


def _logistic(
    design: NDArray[np.float64],
    fall: NDArray[np.bool_],
    weight: NDArray[np.float64],
    given: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the coefficients of a logistic regression of which a part is `given` (Newton)."""
    beta = np.zeros(design.shape[1])
    for _ in range(50):
        p = 1.0 / (1.0 + np.exp(-np.clip(design @ beta + given, -30, 30)))
        upward = design.T @ (weight * (fall - p)) - RIDGE * beta
        curve = (design * (weight * p * (1 - p))[:, None]).T @ design
        beta = beta + np.linalg.solve(curve + RIDGE * np.eye(len(beta)), upward)
    return beta


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


def steps_curve(streams: Sequence[Stream]) -> list[tuple[float, float]]:
    """Return points of the log-likelihood ratio over seconds with steps after an impact."""

    def share(fall: bool, walked: int) -> float:
        last = walked == WALKED[-1]
        found = [walked_s(stream) for stream in streams if stream.fall is fall]
        hits = sum(n >= walked if last else n == walked for n in found)
        return (hits + 0.5) / (len(found) + 1.0)

    llr = [min(0.0, math.log(share(True, n) / share(False, n))) for n in WALKED]
    return [
        (float(n), round(worth, 2))
        for n, worth in zip(WALKED, np.minimum.accumulate(llr).tolist(), strict=True)
    ]


def walked_s(stream: Stream) -> int:
    """Return the most seconds with steps within `WALK_S` after a stream's instant."""
    stepped = [
        when / SECOND
        for when, seen in stream.seen
        if isinstance(seen, MotionMeasured) and seen.steps and when > AFTER_IMPACT_S * SECOND
    ]
    return max((sum(0.0 <= t - at < WALK_S for at in stepped) for t in stepped), default=0)


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


def _sure(pools: Pools, text: str) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return how sure the camera alone became of each situation, by its own log-odds."""
    plain = Pools(pools.camera, [], _table(_scaling(text, [(PRIOR, PRIOR), (END, END)])))
    falls = np.array([stream.fall for stream in plain.camera])
    sure = [
        plain.top(Scenario(stream.fall, number, None, None, False))
        for number, stream in enumerate(plain.camera)
    ]
    return np.array(sure), falls


def _try(pools: Pools, table: Table, overlap: float, seed: int) -> Tried:
    tested = Pools(pools.camera, pools.wearable, table)
    falls = round(COUNT * FALLS)
    areas, hits = [], []
    for number, rho in enumerate(RHOS):
        drawn = scenarios(tested, falls, COUNT - falls, rho, seed + number, Assumptions())
        fall = np.array([one.fall for one in drawn])
        score = np.maximum(scored(tested, drawn, only=("all senses",))["all senses"], -1e9)
        ones = np.ones(len(fall))
        areas.append(area(score, fall, ones))
        hits += [sensitivity(score, fall, ones, few) for few in FEW]
    return Tried(
        overlap=overlap,
        area=round(float(np.mean(areas)), 4),
        sensitivity=round(float(np.mean(hits)), 4),
    )


def _table(text: str) -> Table:
    return msgspec.toml.decode(text, type=Table)


def _overlapping(text: str, overlap: float) -> str:
    """Return the table's text with another overlap of the cause *impact*."""
    return re.sub(r"(?m)^(impact = ).*$", rf"\g<1>{overlap}", text, count=1)


def _scaling(text: str, camera: Sequence[tuple[float, float]]) -> str:
    """Return the table's text with another curve of the camera's own log-odds."""
    return _with(text, "camera", camera, _CAMERA, of="odds")


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
