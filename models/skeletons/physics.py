"""Motions by physics: people who fall, and people who go low of their own will.

A seed goes in, a `Motion` with exact labels comes out. Needs MuJoCo (`pip install ambient[train]`).
`Family.TRAIN` and `Family.HELDOUT` share no value of height, girth, age, reaction time, tone,
tempo, friction or push (`physics_body.RANGES`), and no seed: the family is part of it.
"""

from __future__ import annotations

import csv
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np

from models.skeletons import physics_daily as daily
from models.skeletons import physics_falls as falls
from models.skeletons.motion import RATE_HZ, Motion, Source, save_own
from models.skeletons.physics_body import Family
from models.skeletons.physics_cast import Cast, NotDownError, draw_cast
from models.skeletons.physics_stage import Stage

ATTEMPTS: Final = 12


class Kind(StrEnum):
    """What happens. Those that begin with `fall` end on the floor against the person's will."""

    FALL_STANDING = "fall_standing"
    FALL_REACHING = "fall_reaching"
    FALL_TRIPPING = "fall_tripping"
    FALL_SLIPPING = "fall_slipping"
    FALL_FAINTING = "fall_fainting"
    FALL_DOWN_WALL = "fall_down_wall"
    FALL_WITH_FRAME = "fall_with_frame"
    FALL_FROM_SEAT = "fall_from_seat"
    FALL_SLUMPING = "fall_slumping"
    FALL_RISING = "fall_rising"
    FALL_FROM_BED = "fall_from_bed"
    FALL_AGAIN = "fall_again"
    FALL_AND_RISE = "fall_and_rise"
    LIE_ON_FLOOR = "lie_on_floor"
    SIT_HARD = "sit_hard"
    SIT_NOD = "sit_nod"
    KNEEL = "kneel"
    FLOP_BACK = "flop_back"
    TIE_SHOES = "tie_shoes"
    CRAWL = "crawl"
    PUSH_UPS = "push_ups"
    SIT_UPS = "sit_ups"
    SIT_BY_WALL = "sit_by_wall"
    LIE_ON_BED = "lie_on_bed"
    LIE_ON_SOFA = "lie_on_sofa"
    LEAN_ON_TABLE = "lean_on_table"
    STROLL = "stroll"

    @property
    def falls(self) -> bool:
        """Whether a fall happens in it."""
        return self.value.startswith("fall_")


KINDS: Final = tuple(Kind)

_SCENES: Final[dict[Kind, Callable[[Cast], Stage]]] = {
    kind: getattr(falls if kind.falls else daily, kind.value) for kind in Kind
}


def simulate(seed: int, kind: Kind, family: Family = Family.TRAIN) -> Motion:
    """Simulate one motion.

    Parameters
    ----------
    seed
        With kind and family it decides everything; other machines may differ in the last digits.
    kind
        What happens.
    family
        Which bodies and controllers.

    Returns
    -------
    Motion
        30 Hz, the floor at 0; the scenario is the kind's name, the subject is one person a seed.

    Raises
    ------
    RuntimeError
        When no attempt ended as the kind demands.
    """
    said = ""
    for attempt in range(ATTEMPTS):
        key = [seed, KINDS.index(kind), tuple(Family).index(family), attempt]
        cast = draw_cast(np.random.default_rng(key), family)
        try:
            stage = _SCENES[kind](cast)
        except NotDownError as error:
            said = str(error)
            continue
        return Motion(
            name=f"physics-{family}-{kind}-{seed}",
            subject=f"physics-{family}-{kind}-{seed}",
            joints=stage.record(),
            rate=RATE_HZ,
            segments=stage.segments(),
            source=Source.OWN,
            height=cast.body.height,
            scenario=kind.value,
        )
    raise RuntimeError(
        f"simulate({seed}, {kind}, {family}): expected one of {ATTEMPTS} attempts to end as the "
        f"kind demands, got none (last: {said}); take another seed"
    )


@dataclass(frozen=True, slots=True)
class Built:
    """What `build` wrote.

    Attributes
    ----------
    motions, seconds
        How many, and how long all of them last.
    cpu_s
        Processor time it took.
    by_kind
        Motions of each kind.
    """

    motions: int
    seconds: float
    cpu_s: float
    by_kind: dict[str, int]


def build(seed: int, count: int, out: Path, family: Family = Family.TRAIN) -> Built:
    """Write `count` motions, every kind as often as the others, falls twice as often.

    Parameters
    ----------
    seed, count, family
        The same ones give the same motions.
    out
        The file to write, `.npz`, for `motion.load_own`; a table of segments (key, start_s,
        end_s, label, scenario) goes beside it as `.csv`.
    """
    began = time.process_time()
    turn = [k for k in KINDS if k.falls] * 2 + [k for k in KINDS if not k.falls]
    order = np.random.default_rng([seed, 77]).permutation(np.arange(count) % len(turn))
    motions = [simulate(seed * 100_000 + i, turn[k], family) for i, k in enumerate(order.tolist())]
    out.parent.mkdir(parents=True, exist_ok=True)
    save_own(out, motions)
    with out.with_suffix(".csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("key", "start_s", "end_s", "label", "scenario"))
        for m in motions:
            for s in m.segments:
                row = (m.name, f"{s.start_s:.3f}", f"{s.end_s:.3f}", s.label, m.scenario)
                table.writerow(row)
    return Built(
        motions=count,
        seconds=sum(m.seconds for m in motions),
        cpu_s=time.process_time() - began,
        by_kind=dict(Counter(m.scenario for m in motions)),
    )
