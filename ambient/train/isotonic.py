"""What log-odds set by hand are worth: how sure of each situation in, a rising curve out."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from fusion.evidence import PRIOR

END: Final = 7.4
"""The most that the camera's own log-odds reach."""
RISES: Final = 0.02
"""How much a curve rises at least from point to point: order is kept."""


class Block(Struct, frozen=True):
    """Situations that isotonic regression takes as one: their log-odds, and how many were falls."""

    at: list[float]
    falls: int
    others: int

    def with_(self, other: Block) -> Block:
        """Return both as one."""
        return Block([*self.at, *other.at], self.falls + other.falls, self.others + other.others)


def pooled(odds: NDArray[np.float64], fall: NDArray[np.bool_]) -> list[Block]:
    """Return isotonic regression by pooling of adjacent violators, the least sure block first.

    Ayer et al. 1955, Annals of Mathematical Statistics 26:641. How the classes are weighted changes
    no block.

    Parameters
    ----------
    odds
        How sure of each situation (N,).
    fall
        Whether somebody fell (N,).
    """
    blocks: list[Block] = []
    for x in np.unique(odds).tolist():
        here = fall[odds == x]
        blocks.append(Block([x] * len(here), int(here.sum()), int((~here).sum())))
        while len(blocks) > 1 and (
            blocks[-2].falls * blocks[-1].others >= blocks[-1].falls * blocks[-2].others
        ):
            last = blocks.pop()
            blocks[-1] = blocks[-1].with_(last)
    return blocks


def camera_curve(odds: NDArray[np.float64], fall: NDArray[np.bool_]) -> list[tuple[float, float]]:
    """Return what the camera's log-odds are worth: points (set by hand, log-odds), both rising.

    Isotonic regression, classes weighted alike, half a situation added to each block; straight
    between the blocks' means. Where nothing is taken for a fall the camera says nothing.

    Parameters
    ----------
    odds
        The highest that held in each situation (N,).
    fall
        Whether somebody fell (N,).
    """
    falls, others = int(fall.sum()), int((~fall).sum())
    said = odds > PRIOR + RISES
    most = math.log(others)
    points = [(PRIOR, PRIOR)]
    for block in pooled(odds[said], fall[said]):
        worth = math.log((block.falls + 0.5) / (falls + 1.0))
        worth -= math.log((block.others + 0.5) / (others + 1.0))
        x = max(float(np.mean(block.at)), points[-1][0] + RISES)
        # Order is kept: what is surer by hand is never worth as little.
        odds_of = max(PRIOR + min(most, worth), points[-1][1] + RISES)
        points.append((round(x, 2), round(odds_of, 2)))
    return [*points, (END, round(points[-1][1] + RISES, 2))]
