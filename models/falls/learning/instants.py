"""What networks say at chosen instants of sequences: calibrated, and measured.

Comes in: outputs of networks for every sequence of a pool, and what is true of it. Goes out: one
instant a second with both, the calibration that turns outputs into probabilities, and how many
sequences alarm with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from models.falls.learning.measure import (
    Judged,
    alarms,
    average_precision,
    best_threshold,
    platt,
    temperature,
)
from models.falls.learning.pool import Pool
from models.falls.outputs import JUDGEMENTS, Calibration
from models.skeletons.sequence import LABELS

WINDOW_S: Final = 1.0
"""One instant in so long is measured: neighbours say the same."""
RECORDED_WEIGHT: Final = 0.25
"""Weight of all recordings beside that of all simulations in calibrating."""

Wide = NDArray[np.float64]


class Clips(Struct, frozen=True):
    """Sequences with a fall that alarm, and others that do not."""

    falls: int
    found: int
    others: int
    quiet: int


@dataclass(frozen=True, eq=False)
class Instants:
    """Outputs (n, O), labels (n,), judgements (n, 3) and sequence (n,) of chosen instants."""

    outputs: Wide
    label: NDArray[np.int64]
    judged: Wide
    group: NDArray[np.int64]


def instants_of(pool: Pool, outputs: list[Wide]) -> Instants:
    """Pick the last instant of every `WINDOW_S`."""
    rows, groups = [], []
    for i in range(len(pool)):
        first, after = pool.start[i], pool.start[i + 1]
        second = np.floor(pool.t[first:after] / WINDOW_S)
        last = np.flatnonzero(np.append(np.diff(second) > 0, True))
        rows.append(first + last)
        groups.append(np.full(len(last), i))
    at = np.concatenate(rows)
    return Instants(
        outputs=np.concatenate(outputs)[at],
        label=pool.label.numpy()[at],
        judged=pool.judged.numpy().astype(np.float64)[at],
        group=np.concatenate(groups),
    )


def known_of(instants: Instants, judgement: int) -> tuple[Instants, Judged]:
    """Return the instants of which a judgement is known, and what is said of it there."""
    known = np.isfinite(instants.judged[:, judgement])
    some = Instants(
        instants.outputs[known],
        instants.label[known],
        instants.judged[known],
        instants.group[known],
    )
    logit = some.outputs[:, len(LABELS) + judgement]
    return some, Judged(logit, some.judged[:, judgement], some.group)


def said(calibration: Calibration, outputs: Wide) -> Wide:
    """Return the probabilities (n, 3) of the judgements."""
    return calibration.probabilities(outputs)[:, len(LABELS) :].astype(np.float64)


def precision(instants: Instants, judgement: int) -> float:
    """Return the average precision of a judgement, to four places."""
    judged = known_of(instants, judgement)[1]
    return round(average_precision(judged.logit, judged.truth), 4)


def labels_right(instants: Instants) -> float:
    """Return the share of labels right, where they are known."""
    known = instants.label >= 0
    named = instants.outputs[known, : len(LABELS)].argmax(axis=1)
    return float((named == instants.label[known]).mean())


def calibrate(sources: list[Instants], version: str, digest: str) -> Calibration:
    """Return slopes, biases and thresholds, by simulations and recordings or the latter alone.

    All further sources together weigh `RECORDED_WEIGHT` of the first, which names the labels.
    """
    first = sources[0]
    scalings, thresholds = [], []
    for i in range(len(JUDGEMENTS)):
        parts = [known_of(each, i)[1] for each in sources]
        shift = len(first.outputs)
        both = Judged(
            np.concatenate([part.logit for part in parts]),
            np.concatenate([part.truth for part in parts]),
            np.concatenate([part.group + shift * k for k, part in enumerate(parts)]),
        )
        count = len(parts[0].truth)
        share = [1.0] + [count / max(len(part.truth), 1) * RECORDED_WEIGHT for part in parts[1:]]
        weight = np.repeat(share, [len(part.truth) for part in parts])
        scaling = platt(both, weight)
        scalings.append(scaling)
        probability = 1 / (1 + np.exp(-(both.logit * scaling.slope + scaling.bias)))
        thresholds.append(best_threshold(probability, both.truth))
    known = first.label >= 0
    return Calibration(
        version=version,
        weights=digest,
        temperature=temperature(first.outputs[known, : len(LABELS)], first.label[known]),
        judgements=(scalings[0], scalings[1], scalings[2]),
        thresholds=(thresholds[0], thresholds[1], thresholds[2]),
    )


def clips_of(pool: Pool, outputs: list[Wide], calibration: Calibration) -> Clips:
    """Return how many sequences with a fall alarm, and how many others stay quiet."""
    falls = found = others = quiet = 0
    for i, each in enumerate(outputs):
        span = slice(pool.start[i], pool.start[i + 1])
        truth = pool.judged[span].numpy()
        told = said(calibration, each)
        t = pool.t[span].astype(np.float64)
        rings = alarms(t, told, calibration.thresholds)
        fell = (truth[:, 1] == 1).any() or (truth[:, 2] == 1).any()
        if fell:
            falls += 1
            found += bool(rings[truth[:, 1] != 0].any() or rings[truth[:, 2] != 0].any())
        elif not np.isnan(truth).all():
            others += 1
            quiet += not rings.any()
    return Clips(falls, found, others, quiet)
