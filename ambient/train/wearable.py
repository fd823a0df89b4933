"""``ambient train wearable``: worn accelerometers in, the weights of the fall detector out.

Comes in: the folder of labelled recordings and motions, and a seed. Goes out: weights, the folds
that judge each training subject by networks that never saw it, and figures, in a folder, by default
where a node reads them. Only rows marked "train" are opened. Takes minutes on one core.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from ambient.errors import UsageError
from ambient.evaluate.accelerations import SECOND, START_S, Recording, Trace, recordings
from ambient.evaluate.impacts import AROUND_S, NEAR_S, found_in, windows
from ambient.observations import Wear
from models.skeletons.motion import Motion, load
from models.wearable import FallNet, Weights
from models.wearable.inputs import BEFORE, Worn, inputs
from models.wearable.learning import fit
from models.wearable.learning.bodies import felt
from models.wearable.learning.tell import holed, softened, softness, stirred
from models.wearable.learning.tell import tell as told_as
from vitals.motion.impacts import TRIGGER_G, WORN, Window

FOLDER: Final = Path(__file__).parents[2] / "models" / "wearable"
DATASET: Final = "umafall"
BODY: Final = "body"
BODY_WEIGHT: Final = 0.05
"""How much an impact of a simulated or captured body counts beside a recorded one."""
UNKNOWN_SHARE: Final = 0.12
"""Of the rows are told without where the device is worn."""
STIRRED: Final = 0.3
"""Of the tellings of a fall go on with somebody who does not lie still."""
FALL_S: Final = 0.6
"""After a simulated fall has ended its impact may still be felt."""
SHORTEST: Final = 30

Tell = Callable[[str], None]


class Fold(Struct, frozen=True, forbid_unknown_fields=True):
    """Networks that never saw one subject, with calibration and threshold that did not either."""

    subject: str
    weights: Weights


class Figures(Struct, frozen=True):
    """What ``ambient train wearable`` answers; the measurements are ``evaluate wearable``'s.

    Attributes
    ----------
    rows, falls
        Impacts learned from, told in all ways, and how many of them are of falls.
    recordings, bodies
        Recordings and bodies that they come from.
    calibration_error
        Expected, over the impacts of training subjects, each judged by networks that never saw
        the person and a calibration that did not.
    seconds
        How long it took.
    """

    rows: int
    falls: int
    recordings: int
    bodies: int
    calibration_error: float
    threshold: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is made of what: tellings of each recording, bodies, members of each network."""

    tellings: int
    bodies: int | None
    members: int
    inner: int


FULL: Final = Plan(tellings=5, bodies=None, members=8, inner=3)
QUICK: Final = Plan(tellings=1, bodies=40, members=1, inner=1)


@dataclass(slots=True, eq=False)
class Table:
    """Impacts row by row.

    Attributes
    ----------
    x, fall
        Inputs, and 1 for a fall, 0 for none, -1 for an impact right beside a fall.
    group
        Subject, or `BODY`.
    trace
        Number of the recording and place that it comes from.
    wear
        Where the device was.
    told
        0 for the recording as it is.
    """

    x: list[NDArray[np.float64]]
    fall: list[int]
    group: list[str]
    trace: list[str]
    wear: list[Wear]
    told: list[int]

    def add(
        self,
        found: list[Window],
        when: tuple[int, int] | None,
        *,
        group: str,
        trace: str,
        wear: Wear,
        told: int,
    ) -> None:
        """Add the impacts of one trace; `when` is when a fall's may have been."""
        labels = labelled(found, when)
        for window, label in zip(found, labels, strict=True):
            self.x.append(inputs(window.mean, window.high, window.low, WORN.get(wear), window.rest))
            self.fall.append(label)
            self.group.append(group)
            self.trace.append(trace)
            self.wear.append(wear)
            self.told.append(told)


def labelled(found: list[Window], when: tuple[int, int] | None) -> list[int]:
    """Return for each impact 1 if it is the fall's, -1 if it is beside it, else 0."""
    if when is None:
        return [0] * len(found)
    inside = [i for i, w in enumerate(found) if when[0] <= w.impact_ns <= when[1]]
    around = (when[0] - int(AROUND_S * SECOND), when[1] + int(AROUND_S * SECOND))
    labels = [-1 if around[0] <= w.impact_ns <= around[1] else 0 for w in found]
    if inside:
        labels[max(inside, key=lambda i: float(found[i].high[BEFORE]))] = 1
    return labels


def train(
    data: Path,
    folder: Path,
    *,
    quick: bool = False,
    seed: int = 0,
    tell: Tell = lambda line: None,
) -> Figures:
    """Learn the wearable fall detector from nothing.

    Parameters
    ----------
    data
        The folder of labelled recordings and motions, with ``vitals`` and ``motion``.
    folder
        Where ``weights.json``, ``folds.json`` and ``figures.json`` are written.
    quick
        A small model of poor quality, to see that it works.
    seed
        The same seed gives the same weights on the same machine.
    tell
        Is told how it goes.

    Raises
    ------
    UsageError
        The data is missing.
    """
    plan = QUICK if quick else FULL
    began = time.monotonic()

    def said(line: str) -> None:
        tell(f"{time.monotonic() - began:5.0f} s  {line}")

    table, count = gather(data, plan, seed, said)
    felt_by = zip(table.trace, table.group, strict=True)
    bodies = len({trace.split()[0] for trace, group in felt_by if group == BODY})
    weights, folds, error = learn(table, plan, seed, said)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "weights.json").write_bytes(msgspec.json.encode(weights) + b"\n")
    (folder / "folds.json").write_bytes(msgspec.json.encode(folds) + b"\n")
    labels = np.asarray(table.fall)
    figures = Figures(
        rows=int((labels >= 0).sum()),
        falls=int((labels == 1).sum()),
        recordings=count,
        bodies=bodies,
        calibration_error=round(error, 4),
        threshold=weights.threshold,
        seconds=round(time.monotonic() - began, 1),
    )
    (folder / "figures.json").write_bytes(
        msgspec.json.format(msgspec.json.encode(figures), indent=2) + b"\n"
    )
    return figures


def gather(data: Path, plan: Plan, seed: int, said: Tell) -> tuple[Table, int]:
    """Return every impact to learn from, and of how many recordings."""
    table = Table([], [], [], [], [], [])
    count = 0
    for count, recording in enumerate(
        recordings(data / "vitals", (DATASET,), use="train"), start=1
    ):
        _recorded(table, recording, plan.tellings, np.random.default_rng([seed, count]))
    if not count:
        raise UsageError(
            f'{data}: expected recordings of {DATASET} marked "train", got none; point to the '
            "folder of labelled recordings"
        )
    said(f"{count} recordings, {len(table.x)} impacts")
    try:
        motions = load(data)[: plan.bodies]
    except FileNotFoundError as error:
        raise UsageError(str(error)) from error
    for number, motion in enumerate(motions):
        _moved(table, motion, np.random.default_rng([seed, 1, number]))
    said(f"{len(motions)} bodies, {len(table.x)} impacts in all")
    return table, count


def _recorded(table: Table, recording: Recording, tellings: int, rng: np.random.Generator) -> None:
    found, fall = found_in(recording)
    near = int(NEAR_S * SECOND)
    when = None if fall is None else (fall - near, fall + near)
    for wear, trace in recording.traces.items():
        name = f"{recording.file} {wear}"
        every = [found[wear]]
        for _ in range(tellings):
            own = trace.times, trace.samples
            if fall is not None and rng.random() < STIRRED:
                own = stirred(*own, fall, rng)
            found_so = windows(Trace(wear, *holed(*told_as(*own, rng), rng)))
            every.append(_softer(found_so, softness(rng)))
        for told, ones in enumerate(every):
            table.add(ones, when, group=recording.subject, trace=name, wear=wear, told=told)


def _softer(found: list[Window], share: float) -> list[Window]:
    """Return the impacts that are still felt as such when only a share of all is."""
    softer = [
        replace(
            window,
            mean=softened(window.mean, share),
            high=softened(window.high, share),
            low=softened(window.low, share),
        )
        for window in found
    ]
    return [window for window in softer if window.high[BEFORE] >= TRIGGER_G]


def _moved(table: Table, motion: Motion, rng: np.random.Generator) -> None:
    if len(motion.joints) < SHORTEST:
        return
    spans = [s for s in motion.segments if s.label == "fall"]
    times = ((motion.times() + START_S) * SECOND).astype(np.int64)
    when = None
    if spans:
        ends = (spans[0].start_s, spans[-1].end_s + FALL_S)
        when = (int((START_S + ends[0]) * SECOND), int((START_S + ends[1]) * SECOND))
    for wear, worn in WORN.items():
        if wear is Wear.FINGER:
            continue
        trace = Trace(wear, *told_as(times, felt(motion.joints, motion.rate, worn), rng))
        table.add(
            windows(trace), when, group=BODY, trace=f"{motion.name} {wear}", wear=wear, told=1
        )


def learn(table: Table, plan: Plan, seed: int, said: Tell) -> tuple[Weights, list[Fold], float]:
    """Return the weights, the fold of each subject, and the calibration error over the folds."""
    x = np.vstack(table.x)
    labels = np.asarray(table.fall)
    group, plain = np.asarray(table.group), np.asarray(table.told) == 0
    trace = np.asarray(table.trace)
    _forget(x, np.random.default_rng([seed, 2]), group != BODY, plain)
    weight = np.where(group == BODY, BODY_WEIGHT, 1.0 / (1 + plan.tellings))
    rows = fit.Rows(x, labels == 1, weight)
    usable = labels >= 0
    subjects = sorted(set(group.tolist()) - {BODY})

    def turned_out(rest: list[str], left_out: list[str], decay: float) -> NDArray[np.float64]:
        """Return the log-odds of subjects, each from networks without it and `left_out`."""
        odds = np.full(len(labels), np.nan)
        for subject in rest:
            mask = usable & ~np.isin(group, [*left_out, subject])
            inner = fit.fit(rows.of(mask), seed=seed, members=plan.inner, decay=decay)
            own = plain & (group == subject)
            odds[own] = FallNet(inner).log_odds(x[own])
        return odds

    def judged(left_out: list[str]) -> Weights:
        """Return networks without some subjects, calibrated and cut on the rest in turn.

        So is the decay chosen: nothing is known of whom they are to judge.
        """
        rest = [s for s in subjects if s not in left_out]
        of = plain & np.isin(group, rest)
        counted = of & usable
        tried = {decay: turned_out(rest, left_out, decay) for decay in fit.DECAYS}
        decay = min(tried, key=lambda one: fit.loss(tried[one][counted], rows.fall[counted]))
        odds = tried[decay]
        mask = usable & ~np.isin(group, left_out)
        whole = fit.fit(rows.of(mask), seed=seed, members=plan.members, decay=decay)
        slope, shift = fit.calibrate(odds[counted], rows.fall[counted])
        probability = 1.0 / (1.0 + np.exp(-(odds * slope + shift)))
        cut = fit.threshold(*by_trace(probability, labels, trace, of))
        return msgspec.structs.replace(whole, slope=slope, shift=shift, threshold=round(cut, 4))

    folds = []
    said_p = np.full(len(labels), np.nan)
    for subject in subjects:
        weights = judged([subject])
        folds.append(Fold(subject, weights))
        own = plain & (group == subject)
        said_p[own] = FallNet(weights).probability(x[own])
        said(f"without subject {subject}: threshold {weights.threshold:.2f}")
    weights = judged([])
    counted = plain & usable & (group != BODY)
    error = fit.calibration_error(said_p[counted], rows.fall[counted])
    said(f"all subjects: threshold {weights.threshold:.2f}")
    return weights, folds, error


def by_trace(
    probability: NDArray[np.float64],
    labels: NDArray[np.int64],
    trace: NDArray[np.str_],
    of: NDArray[np.bool_],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the largest probability in each trace with a fall, and in each other."""
    falls, others = [], []
    for name in sorted(set(trace[of].tolist())):
        own = of & (trace == name)
        if (labels[own] == 1).any():
            falls.append(float(probability[own & (labels == 1)].max()))
        elif not (labels[own] < 0).any():
            others.append(float(probability[own].max()))
    return np.asarray(falls), np.asarray(others)


def _forget(
    x: NDArray[np.float64],
    rng: np.random.Generator,
    recorded: NDArray[np.bool_],
    plain: NDArray[np.bool_],
) -> None:
    """Tell some of the told rows without where the device is worn."""
    forgotten = ~plain & (rng.random(len(x)) < UNKNOWN_SHARE)
    x[np.ix_(forgotten, np.arange(x.shape[1] - len(Worn), x.shape[1]))] = 0.0


def read_folds(folder: Path = FOLDER) -> dict[str, Weights]:
    """Return the weights that never saw each training subject, by subject.

    Raises
    ------
    UsageError
        They are missing or damaged.
    """
    path = folder / "folds.json"
    try:
        folds = msgspec.json.decode(path.read_bytes(), type=list[Fold])
    except (OSError, msgspec.DecodeError) as error:
        raise UsageError(
            f"{path}: expected the folds of the wearable fall detector, got {error}; make them "
            "with: ambient train wearable"
        ) from error
    return {fold.subject: fold.weights for fold in folds}
