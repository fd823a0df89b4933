"""Area under the receiver operating characteristic: scores and truth in, area and interval out.

Numpy alone, so that it can be measured wherever scores are.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray

DRAWS: Final = 500


class Area(Struct, frozen=True):
    """An area with its interval (95 %, bootstrap over groups); None without both answers."""

    auc: float | None
    low: float | None
    high: float | None
    n: int


def area(score: ArrayLike, truth: ArrayLike, group: Sequence[Hashable], seed: int = 0) -> Area:
    """Return the area; groups are drawn with replacement.

    Parameters
    ----------
    score, truth
        (n,); truth is true where the score should be high.
    group
        Of each: what is not independent of each other shares one.
    """
    scores, yes = np.asarray(score, np.float64), np.asarray(truth, bool)
    if not yes.any() or yes.all():
        return Area(None, None, None, len(scores))
    numbers = {name: number for number, name in enumerate(dict.fromkeys(group))}
    of = np.array([numbers[name] for name in group])
    rows = [np.flatnonzero(of == number) for number in range(len(numbers))]
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(DRAWS):
        picked = np.concatenate([rows[i] for i in rng.integers(0, len(rows), len(rows))])
        if yes[picked].any() and not yes[picked].all():
            drawn.append(auc(scores[picked], yes[picked]))
    low, high = np.percentile(drawn, [2.5, 97.5]).tolist() if drawn else (None, None)
    return Area(
        auc=round(auc(scores, yes), 4),
        low=None if low is None else round(low, 4),
        high=None if high is None else round(high, 4),
        n=len(scores),
    )


def auc(score: NDArray[np.float64], yes: NDArray[np.bool_]) -> float:
    """Return how often one of `yes` has a higher score than one that is not; ties count half."""
    ordered = np.sort(score)
    first = np.searchsorted(ordered, score, "left")
    last = np.searchsorted(ordered, score, "right")
    ranks = (first + last + 1) / 2
    count = int(yes.sum())
    return float((ranks[yes].sum() - count * (count + 1) / 2) / (count * (len(yes) - count)))
