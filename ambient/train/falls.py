"""``ambient train falls``: recordings and simulations gathered, the temporal model learned.

Comes in: the folder of labelled recordings and motions. Goes out: weights, calibration, reference
and figures in a folder, by default where a node reads them. Only rows that may be learned from
are opened; simulations are made anew each time, from the seed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from ambient.errors import UsageError
from ambient.train.poses import PASSES, Pass, sequences
from models.skeletons.generate import Family
from models.skeletons.generate import sequences as simulate
from models.skeletons.sequence import Sequence

FOLDER: Final = Path(__file__).parents[2] / "models" / "falls"

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is made of what.

    Attributes
    ----------
    motions, motions_held
        Bodies that fall and move by physics, to learn from and to measure on.
    simulated, calibrating, held
        Sequences before simulated cameras: to learn from, to calibrate on, to measure on.
    tellings
        Variants of each recorded sequence.
    steps
        Of training, for each member.
    passes
        How the recordings are looked at.
    """

    motions: int
    motions_held: int
    simulated: int
    calibrating: int
    held: int
    tellings: int
    steps: int
    passes: tuple[Pass, ...]


FULL: Final = Plan(
    motions=800,
    motions_held=200,
    simulated=7000,
    calibrating=600,
    held=600,
    tellings=4,
    steps=3600,
    passes=PASSES,
)
QUICK: Final = Plan(
    motions=30,
    motions_held=30,
    simulated=150,
    calibrating=40,
    held=40,
    tellings=2,
    steps=120,
    passes=PASSES[:1],
)
COMPARE_STEPS: Final = 600


def train(
    data: Path,
    folder: Path,
    *,
    quick: bool = False,
    compare: bool = False,
    simulations: bool = True,
    seed: int = 0,
    jobs: int = 2,
    tell: Tell = lambda line: None,
) -> object:
    """Train the temporal model from nothing, or compare architectures.

    Parameters
    ----------
    data
        The folder of labelled recordings and motions.
    folder
        Where everything is written.
    quick
        A small model of poor quality, to see that it works.
    compare
        Train each architecture for a shorter while instead, and write nothing.
    simulations
        Whether simulated people are learned from and calibrated on; without them recordings are
        left, to see what the simulations bring. Those held out measure either way.
    seed
        The same seed gives the same simulations and, on the same machine, the same weights.
    jobs
        Processes to share the training of the members.
    tell
        Is told how it goes.

    Returns
    -------
    Figures, or a list of Compared

    Raises
    ------
    UsageError
        PyTorch is missing, or the data is; or architectures are to be compared without
        simulations, which calibrate that.
    """
    if compare and not simulations:
        raise UsageError("expected a comparison of architectures or no simulations, got both")
    try:
        from models.falls.learning import course
        from models.falls.learning.fit import Recipe
        from models.falls.learning.networks import Kind
        from models.falls.learning.pool import Pool, pool
    except ModuleNotFoundError as error:
        raise UsageError(
            f"training needs {error.name}, which is not in this environment; "
            "make it with: make setup-train, and run .venv-train/bin/ambient train falls"
        ) from error
    plan = QUICK if quick else FULL
    began = time.monotonic()

    def said(line: str) -> None:
        tell(f"{(time.monotonic() - began) / 60:5.1f} min  {line}")

    recorded = list(_recorded(data, plan.passes, said))
    with TemporaryDirectory(prefix="ambient-train-") as own:
        _motions(Path(own), seed, plan, said)

        def gathered(offset: int, count: int, family: Family) -> Pool:
            return pool(
                _simulated(data, Path(own), seed + offset, count, family, said),
                seed=seed,
                plain=family is Family.HELDOUT,
            )

        simulated = gathered(0, plan.simulated, Family.TRAIN) if simulations else None
        calibrating = gathered(1, plan.calibrating, Family.HELDOUT) if simulations else None
        held = gathered(2, plan.held, Family.HELDOUT)
    material = course.Material(
        simulated=simulated,
        calibrating=calibrating,
        held=held,
        recorded=pool(recorded, seed=seed, tellings=plan.tellings),
        clips=pool((s for s in recorded if PASSES[0].name in s.name), seed=seed, plain=True),
    )
    if compare:
        recipe = Recipe(steps=min(plan.steps, COMPARE_STEPS))
        return course.compare(recipe, material, seed=seed, jobs=jobs, tell=said)
    recipe = Recipe(steps=plan.steps)
    return course.course(Kind.GRU, recipe, material, folder, seed=seed, jobs=jobs, tell=said)


def _recorded(data: Path, passes: tuple[Pass, ...], tell: Tell) -> Iterator[Sequence]:
    from vision.objects.nanodet import NanoDet

    with NanoDet.create() as detector:
        yield from sequences(data, passes=passes, detector=detector, tell=tell)


def _motions(own: Path, seed: int, plan: Plan, tell: Tell) -> None:
    """Write the motions that physics makes to a folder."""
    from models.skeletons.physics import build
    from models.skeletons.physics_body import Family as Bodies

    for count, bodies in ((plan.motions, Bodies.TRAIN), (plan.motions_held, Bodies.HELDOUT)):
        built = build(seed, count, own / f"{bodies.value}.npz", bodies)
        tell(f"physics, {bodies.value}: {built.motions} motions, {built.seconds / 60:.0f} min")


def _simulated(
    data: Path, own: Path, seed: int, count: int, family: Family, tell: Tell
) -> Iterator[Sequence]:
    made = 0
    for sequence in simulate(data, seed, count, family=family.value, own=own):
        made += 1
        yield sequence
    tell(f"simulations, {family.value}, seed {seed}: {made} people")
