"""The 30-minute forecast of glucose measured: recordings in, a report beside simple rules out.

Behind ``ambient evaluate glucose``. Each person that the shipped weights were learned from (marked
"train") is judged by a regression, and at a threshold, that were made without that person;
everybody else by the shipped weights; "node" adds the rule of the fast fall. Beside it stand
persistence (it stays as it is) and linear extrapolation (it goes on as in the last 15 minutes),
which expect a low value when their forecast is below 3.9 mmol/L. Intervals are of a bootstrap over
people.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.special import ndtri

from ambient.errors import SourceError, UsageError
from ambient.evaluate import labelled
from ambient.evaluate.statistics import CONFIDENCE, RESAMPLES, SEED
from ambient.train.glucose import DATASET, Person, fit, probabilities, read, warnings
from fusion.glucose import FAST, SAFE_S, SOON_S
from models.glucose import LOW, Weights, load

Floats = NDArray[np.float64]
TRAIN: Final = "train"
SENSOR: Final = "glucose"
LEAST: Final = 3
"""People that are needed to leave each out."""
LEFT_OUT: Final = "left out"
UNSEEN: Final = "shipped weights"
EARLIEST_S: Final = 2700.0
LATEST_S: Final = 900.0
"""An episode is warned of when a warning came between so long before it …"""
_BEFORE_S: Final = 1800.0
"""An episode begins after so long without a low value."""
_QUANTILES: Final = (0.1, 0.5, 0.9)


class Figure(Struct, frozen=True):
    """A figure with the interval of a bootstrap over people (95 %)."""

    value: float | None
    low: float | None
    high: float | None


class Method(Struct, frozen=True):
    """What one way of forecasting reaches.

    Attributes
    ----------
    rmse
        mmol/L, over all moments.
    moments
        Share of the low values that were expected 30 minutes ahead, while it was not low yet.
    episodes
        Share of the episodes that a warning came 45 to 15 minutes before.
    false_per_day
        Warnings that nothing low followed within an hour, by day of recording.
    """

    rmse: Figure
    moments: Figure
    episodes: Figure
    false_per_day: Figure


class Set(Struct, frozen=True):
    """Some people.

    Attributes
    ----------
    people, days, forecasts
        How many, how long they were recorded, and moments from which was forecast.
    low_moments, episodes
        Low values that could be expected, and episodes that could be warned of.
    methods
        By name.
    below
        Share of what came below the forecast's quantiles 0.1, 0.5 and 0.9.
    thresholds
        Lowest and highest of those at which it is warned.
    judged_by
        `LEFT_OUT` or `UNSEEN`.
    """

    people: int
    days: float
    forecasts: int
    low_moments: int
    episodes: int
    methods: dict[str, Method]
    below: dict[str, float]
    thresholds: tuple[float, float]
    judged_by: str = LEFT_OUT


class Report(Set, frozen=True):
    """The whole measurement: of people left out in turn; without them, of everybody else.

    Attributes
    ----------
    unseen
        Everybody else, where there are both.
    errors
        Recordings that could not be read, and why.
    """

    unseen: Set | None = None
    errors: dict[str, str] = {}


class _Counts(Struct):
    """Sums of one person, that ratios are made of."""

    squared: float
    moments: int
    low: int
    expected: int
    episodes: int
    warned: int
    false: int
    days: float


def run(data: Path, *, progress: Callable[[int, int], None] | None = None) -> Report:
    """Measure on everybody in `data`.

    Raises
    ------
    UsageError
        The manifest cannot be understood, or names no sensor's readings; or three people or more
        to leave each out are wanting, and there is nobody else.
    ModelError
        The shipped weights are missing.
    """
    errors: dict[str, str] = {}
    learned, others = _people(data, errors)
    every = (len(learned) if len(learned) >= LEAST else 0) + len(others)
    if not every:
        why = next(iter(errors.values()), "fill the column sensors")
        raise UsageError(
            f"{data}: expected three people or more to leave each out, or somebody not marked "
            f"{TRAIN}, got {len(learned)}: {why}"
        )

    def tell(done: int) -> None:
        if progress is not None:
            progress(done, every)

    sets = []
    if len(learned) >= LEAST:
        judged = ((one, fit([other for other in learned if other is not one])) for one in learned)
        sets.append(_measured(judged, LEFT_OUT, tell))
    if others:
        shipped, before = load(), every - len(others)
        judged = ((one, shipped) for one in others)
        sets.append(_measured(judged, UNSEEN, lambda done: tell(before + done)))
    first = msgspec.structs.asdict(sets[0])
    return Report(**first, unseen=sets[1] if len(sets) > 1 else None, errors=errors)


def _people(data: Path, errors: dict[str, str]) -> tuple[list[Person], list[Person]]:
    """Return whom the shipped weights were learned from, and everybody else.

    Only people from whose readings it can be forecast.
    """
    learned: list[Person] = []
    others: list[Person] = []
    vitals = data / "vitals"
    for _, row in labelled.rows(vitals / "manifest.csv", ("file", "dataset", "use")):
        known = row["dataset"] == DATASET
        if not known and (row.get("sensors") or "").strip().lower() != SENSOR:
            continue
        try:
            found = [one for one in read(vitals / row["file"]) if len(one.at)]
        except SourceError as error:
            errors[row["file"]] = str(error)
            continue
        (learned if known and row["use"] == TRAIN else others).extend(found)
    return learned, others


def _measured(
    judged: Iterable[tuple[Person, Weights]], by: str, tell: Callable[[int], None]
) -> Set:
    """Return the figures of people, each with the weights that say what is expected."""
    counts: dict[str, list[_Counts]] = {}
    thresholds: list[float] = []
    below = np.zeros(len(_QUANTILES))
    for number, (one, weights) in enumerate(judged, start=1):
        change, spread = np.array(weights.change), np.array(weights.log_spread)
        mean = one.now + one.x @ change
        says = probabilities(change, spread, one) >= weights.threshold
        thresholds.append(weights.threshold)
        sd = np.exp(one.s @ spread)
        below += [(one.then < mean + float(ndtri(q)) * sd).sum() for q in _QUANTILES]
        drop = one.x[:, 1:4].sum(axis=1)
        onward = one.now + 2.0 * drop
        for name, expected, low in (
            ("ours", mean, says),
            ("node", mean, says | _falls_fast(one)),
            ("persistence", one.now, one.now < LOW),
            ("linear", onward, onward < LOW),
        ):
            counts.setdefault(name, []).append(_count(one, expected, low))
        tell(number)
    ours = counts["ours"]
    total = sum(one.moments for one in ours)
    return Set(
        people=len(ours),
        days=round(sum(one.days for one in ours), 1),
        forecasts=total,
        low_moments=sum(one.low for one in ours),
        episodes=sum(one.episodes for one in ours),
        methods={name: _method(each) for name, each in counts.items()},
        below={
            f"{q:g}": round(float(n) / total, 4) for q, n in zip(_QUANTILES, below, strict=True)
        },
        thresholds=(min(thresholds), max(thresholds)),
        judged_by=by,
    )


def _falls_fast(one: Person) -> NDArray[np.bool_]:
    """Return where it falls so fast that a node warns whatever the forecast says (M,)."""
    per_s = one.x[:, 1:4].sum(axis=1) / SAFE_S
    falling = per_s * 60.0 <= -FAST
    soon = (LOW - one.now) / np.where(falling, per_s, -1.0) <= SOON_S
    return np.asarray(falling & soon)


def _count(one: Person, mean: Floats, says: NDArray[np.bool_]) -> _Counts:
    could = (one.then < LOW) & (one.now >= LOW)
    told = warnings(one, says)
    begun = _episodes(one)
    warned = sum(
        any(EARLIEST_S * 1e9 >= start - t >= LATEST_S * 1e9 for t, _ in told) for start in begun
    )
    return _Counts(
        squared=float(np.square(mean - one.then).sum()),
        moments=len(one.at),
        low=int(could.sum()),
        expected=int((could & says).sum()),
        episodes=len(begun),
        warned=warned,
        false=sum(not right for _, right in told),
        days=one.days,
    )


def _episodes(one: Person) -> list[int]:
    """Return when glucose got low (ns) of which could be warned: it was forecast from before."""
    found: list[int] = []
    last: int | None = None
    known = one.t[one.at]
    for t in one.t[one.value < LOW].tolist():
        fresh = last is None or t - last > _BEFORE_S * 1e9
        last = t
        before = (t - known >= LATEST_S * 1e9) & (t - known <= EARLIEST_S * 1e9)
        if fresh and bool(before.any()):
            found.append(t)
    return found


def _method(of: Sequence[_Counts]) -> Method:
    table = np.array([msgspec.structs.astuple(one) for one in of], np.float64)
    rng = np.random.default_rng(SEED)
    drawn = rng.multinomial(len(of), np.full(len(of), 1 / len(of)), RESAMPLES) @ table
    whole = table.sum(axis=0)
    squared, moments, low, expected, episodes, warned, false, days = range(8)

    def figure(above: int, below: int, root: bool = False) -> Figure:
        if whole[below] == 0:
            return Figure(None, None, None)
        resampled = drawn[:, above][drawn[:, below] > 0] / drawn[:, below][drawn[:, below] > 0]
        tail = (1 - CONFIDENCE) / 2 * 100
        values = [whole[above] / whole[below], *np.percentile(resampled, [tail, 100 - tail])]
        return Figure(*(round(float(np.sqrt(v) if root else v), 3) for v in values))

    return Method(
        rmse=figure(squared, moments, root=True),
        moments=figure(expected, low),
        episodes=figure(warned, episodes),
        false_per_day=figure(false, days),
    )
