"""All movements that scenarios are made of, sorted by what they show.

Motions from any source go in and are told apart by what their labels and heights say, so a new
source needs no list of its own. Those kept for measuring are never mixed with those for training.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from models.skeletons.joints import Joint
from models.skeletons.motion import Motion, Segment, Source, is_heldout

HIGH_M: Final = 0.33
"""A pelvis that rests higher than this is on furniture."""
_WALKS: Final = frozenset(("walk", "standing"))


class Sort(StrEnum):
    """What a motion shows."""

    FALL = "fall"
    BED = "bed"
    FLOOR = "floor"
    SEAT = "seat"
    WALK = "walk"
    MOCAP = "mocap"
    LOW = "low"


def spans(motion: Motion, *labels: str) -> list[Segment]:
    """Return the segments of these labels."""
    return [segment for segment in motion.segments if segment.label in labels]


def pelvis_height(motion: Motion, segment: Segment) -> float:
    """Median height of the pelvis during a segment, metres."""
    first = int(segment.start_s * motion.rate)
    last = max(first + 1, int(segment.end_s * motion.rate))
    return float(np.median(motion.joints[first:last, Joint.PELVIS, 2]))


def sort_of(motion: Motion) -> Sort:
    """Tell what a motion shows, by its labels and by how high the pelvis rests."""
    if spans(motion, "fall"):
        return Sort.FALL
    lying, sitting = spans(motion, "lying"), spans(motion, "sitting")
    if motion.source is Source.CMU:
        only_walks = {segment.label for segment in motion.segments} <= _WALKS
        return Sort.WALK if only_walks else Sort.MOCAP
    if any(pelvis_height(motion, segment) > HIGH_M for segment in lying):
        return Sort.BED
    if lying:
        return Sort.FLOOR
    if any(pelvis_height(motion, segment) > HIGH_M for segment in sitting):
        return Sort.SEAT
    if {segment.label for segment in motion.segments} <= _WALKS:
        return Sort.WALK
    return Sort.LOW


@dataclass(frozen=True, slots=True)
class Pool:
    """Motions by sort."""

    motions: dict[Sort, tuple[Motion, ...]]

    @classmethod
    def of(cls, motions: Iterable[Motion], *, heldout: bool) -> Pool:
        """Sort the motions that are held out, or all others.

        Raises
        ------
        ValueError
            When a sort has no motion.
        """
        lists: dict[Sort, list[Motion]] = {sort: [] for sort in Sort}
        for motion in motions:
            if is_heldout(motion) == heldout:
                lists[sort_of(motion)].append(motion)
        missing = [sort.value for sort, found in lists.items() if not found]
        if missing:
            raise ValueError(
                f"motions: expected every sort, got none of {', '.join(missing)}; "
                "give the whole folder of motions"
            )
        return cls({sort: tuple(found) for sort, found in lists.items()})

    def draw(self, rng: np.random.Generator, sort: Sort) -> Motion:
        """Return one motion of a sort."""
        motions = self.motions[sort]
        return motions[int(rng.integers(len(motions)))]
