"""One person over time as a pose engine would report it, and what is true of that person.

The common form of everything the temporal model learns from: simulated bodies before simulated
cameras, and poses taken from recordings. Arrays only, no pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

LABELS: Final = (
    "walk", "fall", "fallen", "sit_down", "sitting", "lie_down", "lying", "stand_up", "standing",
    "other", "kneeling", "squatting", "crawl", "jump",
)  # fmt: skip
"""In the order of `ambient.observations.Posture`."""

PLACES: Final = ("floor", "bed", "sofa", "chair")
"""What a body may be on, as zones or the furniture map tell it."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """One track of T instants.

    Attributes
    ----------
    name
        Where it comes from: a recording, or the seed and scenario of a simulation.
    subject
        Whose motion it is; a split by subject never divides one.
    aspect
        Width / height of the picture.
    t
        (T,) float64 seconds, increasing; steps may be uneven.
    seen
        (T,) bool: whether the pose network reports this person at that instant.
    keypoints
        (T, 33, 3): x, y normalised to the picture (beyond 0..1 where the network extrapolates),
        visibility 0..1; NaN where not seen.
    world
        (T, 33, 3): metres from the middle of the hips, x right, y down, z away; NaN where not seen.
    score
        (T,): the network's confidence that this is a person, 0..1; 0 where not seen.
    box, box_score
        (T, 4), (T,): the second detector's box of this person (x0, y0, x1, y1, normalised) and
        its score; NaN and 0 at instants at which it did not look or found nobody.
    place
        (T, 4): probability that the body's support is on each of `PLACES`; all 0 when unknown.
    label
        (T,) int64: index into `LABELS`, -1 when unknown.
    down, fell, help
        (T,): truth 0 or 1, NaN when unknown. Down: lying or crumpled low, on whatever surface.
        Fell: a fall is under way or ended within the last 3 s. Help: on the floor (or an unmarked
        mat) lying or crumpled, not on bed or sofa.
    """

    name: str
    subject: str
    aspect: float
    t: NDArray[np.float64]
    seen: NDArray[np.bool_]
    keypoints: Floats
    world: Floats
    score: Floats
    box: Floats
    box_score: Floats
    place: Floats
    label: NDArray[np.int64]
    down: Floats
    fell: Floats
    help: Floats

    def __post_init__(self) -> None:
        """Refuse arrays whose shapes disagree."""
        n = len(self.t)
        for name, shape in (
            ("seen", (n,)), ("keypoints", (n, 33, 3)), ("world", (n, 33, 3)), ("score", (n,)),
            ("box", (n, 4)), ("box_score", (n,)), ("place", (n, len(PLACES))), ("label", (n,)),
            ("down", (n,)), ("fell", (n,)), ("help", (n,)),
        ):  # fmt: skip
            got = getattr(self, name).shape
            if got != shape:
                raise ValueError(f"Sequence {self.name}: {name}: expected shape {shape}, got {got}")

    def __len__(self) -> int:
        """How many instants."""
        return len(self.t)
