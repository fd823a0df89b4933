"""``ambient train glucose``: continuous glucose in, the weights of the 30-minute forecast out.

Comes in: the folder of labelled recordings. Goes out: weights, by default where a node reads them,
and figures. Only rows marked "train" are opened. A linear regression of the change, weighted by the
spread that it is expected with, and that spread by maximum likelihood; the threshold of the warning
comes from people that the regression behind it did not see. Seconds on one core; nothing is drawn
at random.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import ndtr

from ambient.errors import SourceError, UsageError
from models import glucose
from models.glucose import (
    AHEAD_S,
    INPUTS,
    LOW,
    MG_PER_MMOL,
    SPREAD_INPUTS,
    Weights,
    history,
    inputs,
)

FOLDER: Final = Path(__file__).parents[2] / "models" / "glucose"
DATASET: Final = "hall2018"
VERSION: Final = "1.0.0"
NEAR_S: Final = 150.0
"""How far from 30 minutes ahead a reading may lie to count as what came."""
WITHIN_S: Final = 3600.0
"""A warning is false when nothing low comes within an hour."""
QUIET_S: Final = 1800.0
"""Warnings that follow the one before by less are the same one."""
FALSE_PER_DAY: Final = 2.0
"""Chosen: the threshold is the lowest that gives no more false warnings a day."""
THRESHOLDS: Final = tuple(round(0.02 * k, 2) for k in range(1, 41))
FOLDS: Final = 4
_RIDGE: Final = 1e-2
_ROUNDS: Final = 4

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """One person's sensor.

    Attributes
    ----------
    t, value
        When (N,), nanoseconds, and mmol/L (N,).
    days
        Covered by readings: each stands for the time to the next one, 5 minutes at most.
    at, then
        Readings from which it can be forecast (M,), and the reading 30 minutes later (M,).
    x, s
        Inputs of the mean (M, I) and of the spread (M, J).
    """

    name: str
    t: Ints
    value: Floats
    days: float
    at: Ints
    then: Floats
    x: Floats
    s: Floats

    @property
    def now(self) -> Floats:
        """The value from which is forecast (M,), mmol/L."""
        return self.value[self.at]


class Figures(Struct, frozen=True):
    """What ``ambient train glucose`` answers; the measurements are ``evaluate glucose``'s."""

    people: int
    rows: int
    low: int
    threshold: float
    prior: float


def people(data: Path) -> list[Person]:
    """Return everybody whose recording is marked "train".

    Raises
    ------
    UsageError
        The manifest has no such row.
    SourceError
        A recording cannot be read.
    """
    manifest = data / "vitals" / "manifest.csv"
    try:
        with manifest.open(newline="") as handle:
            rows = [
                row["file"]
                for row in csv.DictReader(handle)
                if row["dataset"] == DATASET and row["use"] == "train"
            ]
    except (OSError, KeyError, ValueError) as error:
        raise UsageError(f"{manifest}: expected the manifest of vital signs, got {error}") from None
    if not rows:
        raise UsageError(f"{manifest}: expected rows of {DATASET} marked train, got none")
    return [one for row in rows for one in read(data / "vitals" / row)]


def read(path: Path) -> list[Person]:
    """Return everybody in a table of readings.

    Raises
    ------
    SourceError
        It cannot be read.
    """
    known: dict[str, dict[int, float]] = {}
    try:
        with path.open(newline="") as handle:
            for row in csv.DictReader(handle):
                at = datetime.fromisoformat(row["time"]).replace(tzinfo=UTC).timestamp()
                value = float(row["gl"]) / MG_PER_MMOL
                known.setdefault(row["id"], {})[round(at) * 1_000_000_000] = value
    except (OSError, KeyError, ValueError) as error:
        raise SourceError(
            f"{path}: expected columns id, time and gl (mg/dL), got {error}"
        ) from None
    return [person(name, sorted(one.items())) for name, one in sorted(known.items())]


def person(name: str, readings: Sequence[glucose.Reading]) -> Person:
    """Return what is learned from, and judged on, of one person's `readings`, in order of time."""
    t = np.array([one[0] for one in readings], np.int64)
    value = np.array([one[1] for one in readings])
    at, then, x, s = [], [], [], []
    for i in range(len(readings)):
        values = history(readings[max(0, i - 60) : i + 1])
        later = int(np.searchsorted(t, t[i] + round((AHEAD_S - NEAR_S) * 1e9)))
        span = t[later : later + 8]
        if values is None or not len(span):
            continue
        best = later + int(np.argmin(np.abs(span - t[i] - round(AHEAD_S * 1e9))))
        if abs(int(t[best] - t[i]) / 1e9 - AHEAD_S) > NEAR_S:
            continue
        at.append(i)
        then.append(value[best])
        x.append(inputs(values))
        s.append(glucose.spread_inputs(values))
    gaps = np.minimum(np.diff(t) / 1e9, 300.0)
    return Person(
        name=name,
        t=t,
        value=value,
        days=float(gaps.sum()) / 86400.0,
        at=np.array(at, np.int64),
        then=np.array(then),
        x=np.array(x).reshape(len(at), len(INPUTS)),
        s=np.array(s).reshape(len(at), len(SPREAD_INPUTS)),
    )


def fit(of: Sequence[Person]) -> Weights:
    """Learn from people; the threshold from folds of them that are left out in turn."""
    low: list[Floats] = []
    order: list[Person] = []
    folds = min(FOLDS, len(of))
    for fold in range(folds):
        left_out = of[fold::folds]
        change, log_spread = _regress([one for one in of if one not in left_out])
        order += left_out
        low += [probabilities(change, log_spread, one) for one in left_out]
    threshold = next(
        (
            cut
            for cut in THRESHOLDS
            if false_per_day(order, [one >= cut for one in low]) <= FALSE_PER_DAY
        ),
        THRESHOLDS[-1],
    )
    change, log_spread = _regress(of)
    then = np.concatenate([one.then for one in of])
    return Weights(
        version=VERSION,
        inputs=list(INPUTS),
        spread_inputs=list(SPREAD_INPUTS),
        change=[round(v, 6) for v in change.tolist()],
        log_spread=[round(v, 6) for v in log_spread.tolist()],
        threshold=threshold,
        prior=round(float((then < LOW).mean()), 6),
    )


def _regress(of: Sequence[Person]) -> tuple[Floats, Floats]:
    x, s = np.vstack([one.x for one in of]), np.vstack([one.s for one in of])
    change = np.concatenate([one.then - one.now for one in of])
    log_spread = np.zeros(s.shape[1])
    weight = np.ones(len(x))
    ridge = _RIDGE * np.eye(x.shape[1])
    w = np.zeros(x.shape[1])
    for _ in range(_ROUNDS):
        w = np.linalg.solve((x * weight[:, None]).T @ x + ridge, x.T @ (weight * change))
        squared = np.square(change - x @ w)

        def loss(v: Floats, squared: Floats = squared) -> tuple[float, Floats]:
            log = (s @ v).clip(-4.0, 3.0)
            relative = squared * np.exp(-2.0 * log)
            return float(np.mean(log + relative / 2)), np.asarray(s.T @ (1 - relative) / len(s))

        log_spread = minimize(loss, log_spread, jac=True, method="L-BFGS-B").x
        weight = np.exp(-2.0 * (s @ log_spread).clip(-4.0, 3.0))
    return w, np.asarray(log_spread)


def probabilities(change: Floats, log_spread: Floats, one: Person) -> Floats:
    """Return the probability (M,) of a low value 30 minutes ahead."""
    mean = one.now + one.x @ change
    return np.asarray(ndtr((LOW - mean) / np.exp((one.s @ log_spread).clip(-4.0, 3.0))))


def warnings(one: Person, says: NDArray[np.bool_]) -> list[tuple[int, bool]]:
    """Return when it is warned (ns), and whether something low came within `WITHIN_S`.

    What is low already is no warning; one warning is told once.

    Parameters
    ----------
    says
        Whether something low is expected, at each of ``one.at`` (M,).
    """
    found: list[tuple[int, bool]] = []
    last: int | None = None
    for i in one.at[says & (one.now >= LOW)].tolist():
        t = int(one.t[i])
        if last is None or t - last > QUIET_S * 1e9:
            until = int(np.searchsorted(one.t, t + round(WITHIN_S * 1e9), side="right"))
            found.append((t, bool((one.value[i + 1 : until] < LOW).any())))
        last = t
    return found


def false_per_day(of: Sequence[Person], says: Sequence[NDArray[np.bool_]]) -> float:
    """Return how many warnings a day nothing low followed."""
    wrong = sum(
        not right for one, say in zip(of, says, strict=True) for _, right in warnings(one, say)
    )
    return wrong / max(1e-9, sum(one.days for one in of))


def train(data: Path, out: Path) -> Figures:
    """Learn from everybody and write ``weights.json`` to `out`.

    Raises
    ------
    UsageError, SourceError
        See `people`.
    """
    of = people(data)
    weights = fit(of)
    out.mkdir(parents=True, exist_ok=True)
    encoded = msgspec.json.format(msgspec.json.encode(weights), indent=1)
    (out / "weights.json").write_bytes(encoded + b"\n")
    then = np.concatenate([one.then for one in of])
    return Figures(
        people=len(of),
        rows=len(then),
        low=int((then < LOW).sum()),
        threshold=weights.threshold,
        prior=weights.prior,
    )
