"""Falls by all senses measured: on recordings of two senses, and on a simulated set.

Behind ``ambient evaluate fusion``. The simulated set is drawn from recordings that no weight was
fitted on, of whatever data sets a manifest names: videos not marked for training, and wearables of
subjects that `ambient train fusion` leaves out. Where every video is marked so, they are used all
the same, and the report says it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from ambient.errors import UsageError
from ambient.evaluate import labelled
from ambient.evaluate.accelerations import worn_sets
from ambient.evaluate.fusion_falls import recorded, skeletons
from ambient.evaluate.fusion_falls.bound import Bound, bound
from ambient.evaluate.fusion_falls.figures import Ranking, calibration, rankings
from ambient.evaluate.fusion_falls.late import LateOr, Scores, fitted_or
from ambient.evaluate.fusion_falls.recorded import Way
from ambient.evaluate.fusion_falls.simulate import (
    Assumptions,
    Pools,
    Scenario,
    scenarios,
)
from ambient.evaluate.fusion_falls.streams import (
    WORN_AT,
    Stream,
    camera_streams,
    wearable_streams,
)
from ambient.evaluate.manifest import Label, Row, read
from ambient.train.wearable import DATASET
from fusion.evidence import probability
from fusion.ratios import Table, carried

RHOS: Final = (0.0, 0.25, 0.5)
FALLS: Final = 0.3
"""Share of falls among the scenarios."""
BUDGET: Final = 0.02
"""False alarms a room-day."""
ELSEWHERE: Final = 1000
ELSEWHERE_SEED: Final = 7000
"""Scenarios of each correlation that a late "or" is fitted on, and what they are drawn from."""
FIT_SUBJECTS: Final = frozenset({"01", "02", "03", "04"})
"""Subjects of UMAFall that weights are fitted on; the others are measured on."""
SKELETONS: Final = 240
SKELETONS_SEED: Final = 900
"""Simulated situations that weights are fitted on, half of them falls."""
TRAIN: Final = "train"
ASIDE: Final = frozenset(
    {"upfall", "wild", "surveillance", "extra-le2i", "extra-ltc", "extra-web", "extra-home"}
)
"""Shared data sets of video that no scenario is drawn from, so that figures stay comparable."""


class Simulated(Struct, frozen=True):
    """Figures of one correlation.

    Attributes
    ----------
    rho
        Of the copula; 0 is only an upper bound.
    falls, others
        Scenarios.
    ways
        By name: all senses, each lost in turn, each alone, a late "or" fitted elsewhere (where
        there are recordings to fit it on), the best late "or" and "and".
    calibration_error
        Expected, of the log-odds of all senses where falls are as frequent as the prior says.
    bound
        What any way of putting the senses together could find at the budget.
    """

    rho: float
    falls: int
    others: int
    ways: dict[str, Ranking]
    calibration_error: float
    bound: Bound


class Report(Struct, frozen=True):
    """The whole measurement.

    Attributes
    ----------
    recorded
        By data set and way of judging.
    assumed
        Rates of the simulated set.
    pools
        Recordings it is drawn from: falls and others of each sense.
    marked_train
        How many of the camera's are marked `train`: none, or all where no video to draw from is
        marked otherwise. Something may have been learned from them, so that figures flatter.
    simulated
        By correlation; empty when none was asked for.
    errors
        Recordings that could not be read or told apart, and why; none of them counts.
    """

    table: str
    recorded: dict[str, dict[str, Way]]
    assumed: Assumptions
    pools: dict[str, tuple[int, int]]
    marked_train: int
    simulated: list[Simulated]
    errors: dict[str, str]


def run(
    data: Path,
    cache: Path,
    *,
    simulated: int = 0,
    seed: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Measure.

    Parameters
    ----------
    data
        The folder of labelled recordings, with ``video`` and ``vitals``.
    cache
        Where observations are kept.
    simulated
        Scenarios of each correlation; 0 for none.
    seed
        Of what is drawn.
    progress
        Called with (done, all) while videos are looked at.

    Raises
    ------
    UsageError
        A manifest cannot be read, or no recording is of both senses and none is simulated.
    """
    errors: dict[str, str] = {}
    found = recorded.pairs(data, cache, progress, errors)
    if not found and not simulated:
        why = next(iter(errors.values()), "give both rows of one data set and files alike in name")
        raise UsageError(
            f"{data}: expected recordings that a camera and a worn sensor share, got none: {why}"
        )
    pools = measured_on(data, cache, progress, errors) if simulated else Pools([], [])
    assumed = Assumptions()
    late = _late(data, cache, assumed, progress) if simulated else None
    return Report(
        table=carried().version,
        recorded=recorded.measure(found),
        assumed=assumed,
        pools={
            "camera": _count(pools.camera),
            "wearable": _count(pools.wearable),
        },
        marked_train=pools.marked_train,
        simulated=[
            measure(pools, rho, simulated, seed + number, assumed, late=late)
            for number, rho in enumerate(RHOS if simulated else ())
        ],
        errors=errors,
    )


def _late(
    data: Path,
    cache: Path,
    assumed: Assumptions,
    progress: Callable[[int, int], None] | None,
) -> LateOr | None:
    """Return an "or" fitted on what weights are fitted on; None where `data` has none of that."""
    labels = {
        row["label"]
        for _, row in labelled.rows(data / "vitals" / "manifest.csv", ("dataset", "label"))
        if row["dataset"] == DATASET and row.get("subject") in FIT_SUBJECTS
    }
    if not {Label.FALL, Label.ADL} <= labels or not (data / "motion").is_dir():
        return None
    return fitted_or(elsewhere(fitted_on(data, cache, progress), assumed))


def measured_on(
    data: Path,
    cache: Path,
    progress: Callable[[int, int], None] | None = None,
    errors: dict[str, str] | None = None,
) -> Pools:
    """Return the pools that are measured on.

    Videos are those that are not marked for training; all where every one is, and then they count
    in `Pools.marked_train`. Wearables are of data
    sets that no video is of, so that a sense of one recording is not laid beside the other as if
    they were strangers; of all data sets where each has both.
    """
    videos = read(data / "video" / "manifest.csv")
    rows = [row for row in _scored(videos) if row.dataset not in ASIDE]
    held = [row for row in rows if row.use != TRAIN]
    seen = camera_streams(held or rows, cache, progress, errors=errors)
    shown = {row.dataset for row in videos}
    every = worn_sets(data / "vitals")
    alone = [name for name in every if name not in shown] or every
    streams = [one for one in worn(data, cache, alone, errors) if not _fitted_on(one)]
    marked_train = 0 if held else len(seen)
    return Pools(seen, _both_classes(data, streams), marked_train=marked_train)


def fitted_on(
    data: Path,
    cache: Path,
    progress: Callable[[int, int], None] | None = None,
    table: Table | None = None,
) -> Pools:
    """Return the pools that weights are fitted on: skeletons, and wearables of other subjects."""
    seen = skeletons.camera_streams(data, cache, SKELETONS, SKELETONS_SEED, progress)
    return Pools(seen, fitted_worn(data, cache), table)


def elsewhere(pools: Pools, assumed: Assumptions, count: int = ELSEWHERE) -> list[Scores]:
    """Return scenarios of each correlation to fit a late "or" on, drawn with seeds of their own."""
    falls = round(count * FALLS)
    sets = []
    for number, rho in enumerate(RHOS):
        drawn = scenarios(pools, falls, count - falls, rho, ELSEWHERE_SEED + number, assumed)
        scores, alive = _single(pools, drawn)
        sets.append(Scores(scores, alive, np.array([one.fall for one in drawn])))
    return sets


def fitted_worn(data: Path, cache: Path) -> list[Stream]:
    """Return wearables of the subjects that weights are fitted on.

    Raises
    ------
    UsageError
        There is none, or one cannot be read.
    """
    return _both_classes(
        data,
        [one for one in worn(data, cache, (DATASET,)) if _fitted_on(one)],
        f" of {DATASET}'s subjects {', '.join(sorted(FIT_SUBJECTS))}",
    )


def worn(
    data: Path, cache: Path, sets: Sequence[str], errors: dict[str, str] | None = None
) -> list[Stream]:
    """Return what wearables of some data sets say, those at the waist first.

    Raises
    ------
    UsageError
        One cannot be read (without `errors`).
    """
    found = [wearable_streams(data / "vitals", name, cache, errors=errors) for name in sets]
    return [stream for place in WORN_AT for one in found for stream in one[place]]


def _fitted_on(stream: Stream) -> bool:
    """Return whether weights were fitted on whom a stream shows."""
    return stream.person in {f"{DATASET} {subject}" for subject in FIT_SUBJECTS}


def _both_classes(data: Path, streams: list[Stream], whose: str = "") -> list[Stream]:
    for fall in (True, False):
        if not any(stream.fall is fall for stream in streams):
            raise UsageError(
                f"{data / 'vitals'}: expected worn sensors' recordings of "
                f"{'falls' if fall else 'everyday life'}{whose}, at the waist or the wrist, got "
                f"none; give rows with the label {'fall' if fall else 'adl'}"
            )
    return streams


def measure(
    pools: Pools,
    rho: float,
    count: int,
    seed: int,
    assumed: Assumptions,
    resamples: int = 200,
    *,
    late: LateOr | None = None,
) -> Simulated:
    """Return the figures of one correlation, those of an "or" fitted elsewhere as well.

    Raises
    ------
    UsageError
        A class of a pool is empty.
    """
    for sense in ("camera", "wearable"):
        for one in (True, False):
            if not pools.ranked(sense, one):
                raise UsageError(f"expected recordings of {sense} with fall {one}, got none")
    falls = max(1, round(count * FALLS))
    drawn = scenarios(pools, falls, max(1, count - falls), rho, seed, assumed)
    fall = np.array([one.fall for one in drawn])
    scores = scored(pools, drawn)
    single, alive = _single(pools, drawn)
    if late is not None:
        scores["or fitted elsewhere"] = late.rank(single, alive)
    clusters = [_people(pools.camera, [s.camera for s in drawn])]
    clusters.append(_people(pools.wearable, [s.wearable for s in drawn]))
    allowed = BUDGET / assumed.a_day
    ways = rankings(scores, alive, fall, clusters, allowed, resamples=resamples)
    prior = probability((pools.table or carried()).down.prior)
    return Simulated(
        rho=rho,
        falls=int(fall.sum()),
        others=int((~fall).sum()),
        ways=ways,
        calibration_error=round(calibration(scores["all senses"], fall, prior), 4),
        bound=bound(pools, rho, assumed, allowed),
    )


def scored(
    pools: Pools, drawn: Sequence[Scenario], only: Sequence[str] | None = None
) -> dict[str, NDArray[np.float64]]:
    """Return how sure the judge became of each scenario, by way of judging.

    A single sound opens no situation by itself: alone it is ranked by its own probability.
    """
    thuds = [one.thud or 0.0 for one in drawn]
    found = {
        name: np.array([pools.top(one, without=without) for one in drawn])
        for name, without in _WAYS.items()
        if only is None or name in only
    }
    if only is None:
        found["sound alone"] = np.array(thuds)
    return found


def _single(
    pools: Pools, drawn: Sequence[Scenario]
) -> tuple[dict[str, NDArray[np.float64]], dict[str, NDArray[np.bool_]]]:
    """Return by single sense its log-odds of each scenario, and in which it was alive."""
    table = (pools.table or carried()).down
    scores = scored(pools, drawn, only=("camera alone", "wearable alone"))
    thud = table.ratios["sound_thud"]
    scores["sound alone"] = np.array([table.prior + thud.at(one.thud or 0.0) for one in drawn])
    alive = {
        "camera alone": np.array([one.camera is not None for one in drawn]),
        "wearable alone": np.array([one.wearable is not None for one in drawn]),
        "sound alone": np.array([one.heard for one in drawn]),
    }
    return scores, alive


_WAYS: Final[dict[str, tuple[str, ...]]] = {
    "all senses": (),
    "camera lost": ("camera",),
    "wearable lost": ("wearable",),
    "sound lost": ("sound",),
    "camera alone": ("wearable", "sound"),
    "wearable alone": ("camera", "sound"),
}


def _people(pool: Sequence[Stream], drawn: Sequence[int | None]) -> NDArray[np.int64]:
    """Return the recording of each scenario as a cluster, -1 where the sense is lost."""
    files = {name: i for i, name in enumerate(dict.fromkeys(stream.file for stream in pool))}
    return np.array([-1 if i is None else files[pool[i].file] for i in drawn], np.int64)


def _scored(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.label is not Label.AMBIGUOUS]


def _count(pool: Sequence[Stream]) -> tuple[int, int]:
    falls = sum(stream.fall for stream in pool)
    return falls, len(pool) - falls
