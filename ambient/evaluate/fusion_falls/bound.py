"""How many falls any way of putting senses together could find: single senses in, a bound out.

No combination of what single senses tell is better than the most powerful test (Neyman and Pearson
1933, Philosophical Transactions A 231:289): kinds of situations are taken for falls in the order of
their likelihood ratio, until what may alarm is spent. Here the ratios are known: they are counted
on the scenarios themselves, which no site can do. A kind of situation is what each sense tells of
it, alive or lost: a block of the isotonic regression of its own log-odds on the very recordings,
in which falls and everyday life can be told apart no further. A thud was told or was not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from ambient.evaluate.fusion_falls.simulate import Assumptions, Pools, scenarios
from ambient.train.isotonic import pooled

DRAWN: Final = 50_000
"""Scenarios of each class: of so many the budget is a hundred false alarms, not two."""
BOUND_SEED: Final = 8000

Kinds = NDArray[np.int64]


class Bound(Struct, frozen=True):
    """What can be reached at the budget, with everything known.

    Attributes
    ----------
    any_way
        Sensitivity of the most powerful test.
    either
        That of the "or" whose thresholds lie just above the surest everyday recording of each
        sense. One recording lower costs its share of all situations: of few recordings more than
        the budget, so that no "or" finds more.
    """

    any_way: float
    either: float


def bound(pools: Pools, rho: float, assumed: Assumptions, allowed: float) -> Bound:
    """Return what can be reached on scenarios of a correlation.

    Parameters
    ----------
    pools
        Recordings of both classes.
    allowed
        Share of everyday situations that may alarm.
    """
    drawn = scenarios(pools, DRAWN, DRAWN, rho, BOUND_SEED, assumed)
    fall = np.array([one.fall for one in drawn])
    of = {"camera": [one.camera for one in drawn], "wearable": [one.wearable for one in drawn]}
    camera, wearable = (_kinds(pools, sense, numbers) for sense, numbers in of.items())
    sound = np.array([1 + (one.thud is not None) if one.heard else 0 for one in drawn])
    shape = (int(camera.max()) + 1, int(wearable.max()) + 1, 3)
    kind = np.ravel_multi_index((camera, wearable, sound), shape)
    above = {sense: _above(pools, sense) for sense in of}
    surely = [np.array([n in above[sense] for n in numbers]) for sense, numbers in of.items()]
    return Bound(
        any_way=round(most_powerful(np.asarray(kind, np.int64), fall, allowed), 4),
        either=round(float((surely[0] | surely[1])[fall].mean()), 4),
    )


def most_powerful(kind: Kinds, fall: NDArray[np.bool_], allowed: float) -> float:
    """Return the share of falls that the most powerful test finds, drawing lots in the last kind.

    Parameters
    ----------
    kind
        Of each situation, from 0 on.
    fall
        Whether somebody fell.
    allowed
        Share of everyday situations that may alarm.
    """
    count = int(kind.max()) + 1
    falls = np.bincount(kind[fall], minlength=count) / fall.sum()
    others = np.bincount(kind[~fall], minlength=count) / (~fall).sum()
    some = falls + others > 0.0
    falls, others = falls[some], others[some]
    order = np.argsort(-falls / (falls + others), kind="stable")
    spent = np.concatenate([[0.0], np.cumsum(others[order])])
    found = np.concatenate([[0.0], np.cumsum(falls[order])])
    # Between two kinds lots are drawn: the curve is straight there.
    last = int(np.searchsorted(spent, allowed, "right"))
    if last == len(spent):
        return 1.0
    left = (allowed - spent[last - 1]) / (spent[last] - spent[last - 1])
    return float(found[last - 1] + left * (found[last] - found[last - 1]))


def _kinds(pools: Pools, sense: str, drawn: Sequence[int | None]) -> Kinds:
    """Return of each scenario the block of one sense, from 1 on; 0 where it is lost."""
    numbers = [n for fall in (False, True) for n in pools.ranked(sense, fall)]
    odds = {n: pools.alone(sense, n) for n in numbers}
    falls = set(pools.ranked(sense, True))
    blocks = pooled(np.array([odds[n] for n in numbers]), np.array([n in falls for n in numbers]))
    begins = [min(block.at) for block in blocks]
    of = {n: int(np.searchsorted(begins, one, "right")) for n, one in odds.items()}
    return np.array([0 if n is None else of[n] for n in drawn], np.int64)


def _above(pools: Pools, sense: str) -> set[int]:
    """Return the falls of which a sense alone is surer than of any everyday recording."""
    surest = max(pools.alone(sense, n) for n in pools.ranked(sense, False))
    return {n for n in pools.ranked(sense, True) if pools.alone(sense, n) > surest}
