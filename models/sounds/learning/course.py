"""The whole course: casts in, weights, calibration, reference and figures out.

Training, calibrating and measuring have scenes of their own; the latter two have voices,
recordings, rooms and loudspeakers that training never sees. A scene's score for a class is the
highest mean of two rows in a row, as in a node (`audio.sounds.rows`), and that is calibrated.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from models.falls.learning.measure import (
    Judged,
    Reliability,
    average_precision,
    best_threshold,
    platt,
    reliability,
)
from models.sounds.learning.export import export, write_reference
from models.sounds.learning.figures import Found, found, found_by, found_by_band, write_json
from models.sounds.learning.fit import Recipe, fit, logits_of
from models.sounds.learning.pool import UNKNOWN, Pool, pool
from models.sounds.outputs import JSON, OUTPUTS, Calibration, Scaling
from models.sounds.synthesis.scenes import MEASURED, Cast

VERSION: Final = "1.0.0"
FIGURES: Final = "figures.json"
RATIOS_DB: Final = ((-5, 5), (5, 15), (15, 30))
_QUIET: Final = 0.997
"""Share of scenes without a word that calls in which none may be told."""
_WORDS: Final = ("help", "call")


class Output(Struct, frozen=True):
    """Of one output, on scenes held out.

    Attributes
    ----------
    precision
        Area under precision over recall.
    reliability
        How far its probability can be taken at its word.
    threshold
        From where on it is told.
    found, wrong
        Scenes with the sound in which it is told; scenes without, in which it is told too.
    by_snr
        `found` by the signal-to-noise ratio in dB, from - to.
    by_language
        `found` by language, of words.
    wrong_by
        `wrong` by what is in the foreground.
    """

    precision: float
    reliability: Reliability
    threshold: float
    found: Found
    wrong: Found
    by_snr: dict[str, Found]
    by_language: dict[str, Found]
    wrong_by: dict[str, Found]


class Figures(Struct, frozen=True):
    """What ``ambient train sounds`` prints and keeps."""

    version: str
    seed: int
    weights: int
    scenes: dict[str, int]
    minutes: float
    outputs: dict[str, Output]


def course(
    casts: tuple[Cast, Cast, Cast],
    counts: tuple[int, int, int],
    recipe: Recipe,
    folder: Path,
    *,
    seed: int,
    tell: Callable[[str], None],
) -> Figures:
    """Train, calibrate and measure; write everything to `folder`.

    Parameters
    ----------
    casts, counts
        To learn from, to calibrate on, to measure on: what scenes are made of, and how many.
    """
    began = time.monotonic()
    learned = pool(casts[0], counts[0], seed * 3 + 1, tell=tell)
    network = fit(recipe, learned, seed=seed, tell=tell)
    digest = export(network, folder)
    write_reference(network, learned.frames[0].astype(np.float32), folder)
    calibrating = pool(casts[1], counts[1], seed * 3 + 2, shares=MEASURED, tell=tell)
    held = pool(casts[2], counts[2], seed * 3 + 3, shares=MEASURED, tell=tell)
    scaling, thresholds = _calibrate(scores(logits_of(network, calibrating)), calibrating)
    calibration = Calibration(VERSION, digest, scaling, thresholds)
    write_json(folder / JSON, calibration)
    measured = _measure(scores(logits_of(network, held)), held, calibration)
    figures = Figures(
        version=VERSION,
        seed=seed,
        weights=sum(each.numel() for each in network.parameters()),
        scenes=dict(zip(("learned", "calibrating", "held"), counts, strict=True)),
        minutes=round((time.monotonic() - began) / 60, 1),
        outputs=measured,
    )
    write_json(folder / FIGURES, figures)
    return figures


def scores(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the score (n, O) of scenes of logits (n, m, O)."""
    smooth = (logits[:, 1:] + logits[:, :-1]) / 2
    return np.asarray(smooth.max(axis=1), np.float64)


def _known(source: Pool, number: int) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Return which scenes have an answer for an output, and the answer (n,)."""
    wanted = source.targets[:, :, number]
    there = (wanted == 1).any(axis=1)
    sure = there | ~(wanted == UNKNOWN).any(axis=1)
    return sure, there.astype(np.float64)


def _calibrate(
    score: NDArray[np.float64], source: Pool
) -> tuple[dict[str, Scaling], dict[str, float]]:
    scaling, thresholds = {}, {}
    for number, name in enumerate(OUTPUTS):
        sure, there = _known(source, number)
        judged = Judged(score[sure, number], there[sure], np.flatnonzero(sure))
        found = platt(judged)
        scaling[name] = Scaling(found.slope, found.bias)
        said = 1 / (1 + np.exp(-(judged.logit * found.slope + found.bias)))
        if name in _WORDS:
            quiet = said[judged.truth < 0.5]
            level = float(np.quantile(quiet, _QUIET)) if len(quiet) else 0.5
            thresholds[name] = round(float(np.clip(level, 0.3, 0.98)), 3)
        else:
            thresholds[name] = best_threshold(said, judged.truth)
    return scaling, thresholds


def _measure(
    score: NDArray[np.float64], source: Pool, calibration: Calibration
) -> dict[str, Output]:
    said = calibration.probabilities(score).astype(np.float64)
    outputs = {}
    for number, name in enumerate(OUTPUTS):
        sure, there = _known(source, number)
        yes = said[:, number] >= calibration.thresholds[name]
        has, lacks = sure & (there > 0.5), sure & (there < 0.5)
        judged = Judged(score[sure, number], there[sure], np.flatnonzero(sure))
        by_language = found_by(source.languages[has], yes[has])
        outputs[name] = Output(
            precision=round(average_precision(said[sure, number], there[sure]), 4),
            reliability=reliability(said[sure, number], judged),
            threshold=calibration.thresholds[name],
            found=found(yes[has]),
            wrong=found(yes[lacks]),
            by_snr=found_by_band(source.snr_db[has], yes[has], RATIOS_DB),
            by_language=by_language if name in _WORDS else {},
            wrong_by=found_by(source.kinds[lacks], yes[lacks]),
        )
    return outputs
