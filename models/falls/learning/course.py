"""The whole course: sequences in; weights, calibration, reference and figures out.

Six members are trained, two without each subject of the recordings; the model is their mean.
So every recording of those subjects is judged, for calibration and thresholds, by networks that
never saw the person. Simulations of families that training never sees are divided in two: one
half calibrates, the other says how good the calibration is. `compare` puts the architectures side
by side in the same way.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec
import numpy as np
import torch
from msgspec import Struct

from models.falls.columns import FEATURES
from models.falls.learning.export import export, halved, write_reference
from models.falls.learning.fit import Recipe, fit, outputs_of
from models.falls.learning.instants import (
    Clips,
    Wide,
    calibrate,
    clips_of,
    instants_of,
    known_of,
    labels_right,
    precision,
    said,
)
from models.falls.learning.measure import Reliability, average_precision, reliability
from models.falls.learning.networks import Ensemble, Kind, Network, size
from models.falls.learning.pool import Pool
from models.falls.network import Network as Node
from models.falls.outputs import JSON, JUDGEMENTS

VERSION: Final = "1.2.0"
FOLDS: Final = ("gmdcsa24/S1", "gmdcsa24/S2", "gmdcsa24/S3")
MEMBERS: Final = 2
"""For each fold: one network differs by a clip or two from seed to seed, their mean by less."""
_REFERENCE_T: Final = 60
_COST_STEPS: Final = 1000

Tell = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Material:
    """What is learned from and measured on.

    Attributes
    ----------
    simulated, recorded
        To learn from, told in several ways.
    calibrating, held
        Simulations of other families: one to calibrate on, one to measure on. Without simulations
        to learn from and to calibrate on, recordings are left, and `held` measures all the same.
    clips
        The recordings as they are, at the rate of a node.
    """

    simulated: Pool | None
    recorded: Pool
    calibrating: Pool | None
    held: Pool
    clips: Pool


class Compared(Struct, frozen=True):
    """One architecture under the common budget.

    Attributes
    ----------
    weights
        Number of weights.
    us
        Microseconds a step of one person takes in the node's form on one thread (median).
    minutes
        Of training all folds.
    recordings, simulations
        Clips of subjects, and simulations of families, that were left out.
    down, fell, help
        Average precision of each judgement at instants of those recordings (`help` of those
        simulations).
    """

    kind: Kind
    weights: int
    us: int
    minutes: float
    recordings: Clips
    simulations: Clips
    down: float
    fell: float
    help: float


class Figures(Struct, frozen=True):
    """What the course found; written as ``figures.json``.

    Attributes
    ----------
    calibration
        Calibration error of each judgement on simulations held out, by `JUDGEMENTS`.
    labels_right
        Share of labels right on the same.
    """

    version: str
    seed: int
    kind: Kind
    members: int
    weights: int
    instants: dict[str, int]
    minutes: float
    calibration: dict[str, Reliability]
    precision: dict[str, float]
    labels_right: float
    recordings: Clips
    simulations: Clips


def course(
    kind: Kind,
    recipe: Recipe,
    material: Material,
    folder: Path,
    *,
    seed: int = 0,
    jobs: int = 1,
    tell: Tell = lambda line: None,
) -> Figures:
    """Train, export, calibrate and measure; everything is written to `folder`.

    Raises
    ------
    ModelError
        The network is larger than a node shall carry.
    """
    began = time.monotonic()
    plans = [(kind, recipe, frozenset({who}), seed + i) for i, who in enumerate(FOLDS * MEMBERS)]
    members = [halved(member) for member in _train(plans, material, jobs, tell)]
    whole = Ensemble(members).eval()
    digest = export(whole, folder)
    start = material.held.start
    write_reference(whole, material.held.inputs[start[0] : start[1]][:_REFERENCE_T].float(), folder)
    apart = _apart(members, material.clips)
    sources = [instants_of(material.clips, apart)]
    if material.calibrating is not None:
        sources.insert(0, instants_of(material.calibrating, _judge(whole, material.calibrating)))
    calibration = calibrate(sources, VERSION, digest)
    (folder / JSON).write_bytes(
        msgspec.json.format(msgspec.json.encode(calibration), indent=2) + b"\n"
    )
    outputs = _judge(whole, material.held)
    tested = instants_of(material.held, outputs)
    figures = Figures(
        version=VERSION,
        seed=seed,
        kind=kind,
        members=len(members),
        weights=size(whole),
        instants={
            name: 0 if pool is None else len(pool.label)
            for name in ("simulated", "recorded", "calibrating", "held", "clips")
            for pool in (getattr(material, name),)
        },
        minutes=round((time.monotonic() - began) / 60, 1),
        calibration={
            name: reliability(said(calibration, each.outputs)[:, i], judged)
            for i, name in enumerate(JUDGEMENTS)
            for each, judged in (known_of(tested, i),)
        },
        precision={
            name: round(average_precision(judged.logit, judged.truth), 4)
            for i, name in enumerate(JUDGEMENTS)
            for _, judged in (known_of(tested, i),)
        },
        labels_right=round(labels_right(tested), 4),
        recordings=clips_of(material.clips, apart, calibration),
        simulations=clips_of(material.held, outputs, calibration),
    )
    (folder / "figures.json").write_bytes(
        msgspec.json.format(msgspec.json.encode(figures), indent=2) + b"\n"
    )
    return figures


def compare(
    recipe: Recipe,
    material: Material,
    *,
    seed: int = 0,
    jobs: int = 1,
    tell: Tell = lambda line: None,
) -> list[Compared]:
    """Return what each architecture reaches on people and families that were left out."""
    out = []
    for kind in Kind:
        began = time.monotonic()
        plans = [(kind, recipe, frozenset({who}), seed + i) for i, who in enumerate(FOLDS)]
        members = _train(plans, material, jobs, tell)
        minutes = (time.monotonic() - began) / 60
        apart = _apart(members, material.clips)
        found = instants_of(material.clips, apart)
        tests = [_judge(member, material.held) for member in members]
        first = instants_of(material.held, tests[0])
        if material.calibrating is None:
            raise ValueError("compare: expected simulations to calibrate on, got none")
        calibrating = instants_of(material.calibrating, _judge(members[0], material.calibrating))
        plain = calibrate([calibrating, found], VERSION, "")
        down, fell = (precision(found, i) for i in (0, 1))
        out.append(
            Compared(
                kind=kind,
                weights=size(members[0]),
                us=_cost(members[0]),
                minutes=round(minutes, 1),
                recordings=clips_of(material.clips, apart, plain),
                simulations=clips_of(material.held, tests[0], plain),
                down=down,
                fell=fell,
                help=precision(first, 2),
            )
        )
    return out


def _cost(network: Network) -> int:
    """Return how many microseconds a step takes as a node runs it."""
    with TemporaryDirectory() as folder:
        export(network, Path(folder))
        node = Node.load(Path(folder))
        state, inputs = node.start(1), np.zeros((1, len(FEATURES)), np.float32)
        took = []
        for _ in range(_COST_STEPS):
            began = time.perf_counter()
            _, state = node.step(inputs, state)
            took.append(time.perf_counter() - began)
    return round(float(np.median(took)) * 1e6)


Plan = tuple[Kind, Recipe, frozenset[str], int]


def _train(plans: list[Plan], material: Material, jobs: int, tell: Tell) -> list[Network]:
    if jobs <= 1:
        return [_member(plan, material.simulated, material.recorded, tell) for plan in plans]
    context = get_context("spawn")
    with ProcessPoolExecutor(min(jobs, len(plans)), mp_context=context) as workers:
        waiting = [
            workers.submit(_member, plan, material.simulated, material.recorded) for plan in plans
        ]
        return [each.result() for each in waiting]


def _member(plan: Plan, simulated: Pool | None, recorded: Pool, tell: Tell = print) -> Network:
    kind, recipe, leave_out, seed = plan
    torch.set_num_threads(1)
    return fit(kind, recipe, simulated, recorded, leave_out=leave_out, seed=seed, tell=tell)


def _judge(network: Network | Ensemble, pool: Pool) -> list[Wide]:
    found = outputs_of(network, pool, np.arange(len(pool)))
    return [each.numpy().astype(np.float64) for each in found]


def _apart(members: list[Network], clips: Pool) -> list[Wide]:
    """Return outputs of each clip by the members that never saw its person, else by all."""
    every = [_judge(member, clips) for member in members]
    out = []
    for i, subject in enumerate(clips.subjects):
        if subject in FOLDS:
            blind = every[FOLDS.index(subject) :: len(FOLDS)]
            out.append(np.mean([each[i] for each in blind], axis=0))
        else:
            out.append(np.mean([each[i] for each in every], axis=0))
    return out
