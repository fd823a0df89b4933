"""k-anonymity of small tables: what could tell residents apart is withheld when too few are alike.

Source: L. Sweeney, "k-anonymity: a model for protecting privacy", International Journal on
Uncertainty, Fuzziness and Knowledge-based Systems 10 (2002) 557-570. Columns are withheld whole,
from the last to the first, until every combination of what is left is shared by `k` residents.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, TypeVar

import msgspec

K: Final = 5

R = TypeVar("R", bound=msgspec.Struct)


def smallest_group(rows: Sequence[msgspec.Struct], columns: Sequence[str]) -> int:
    """Return how many rows the rarest combination of `columns` has; 0 without rows."""
    groups = Counter(tuple(getattr(row, column) for column in columns) for row in rows)
    return min(groups.values(), default=0)


def withheld(rows: Sequence[R], columns: Sequence[str], k: int = K) -> tuple[list[R], list[str]]:
    """Return `rows` with as few of `columns` emptied as `k` asks for, and which those are.

    Parameters
    ----------
    rows
        One a resident.
    columns
        Quasi-identifiers, the most useful one first; each may be None.
    k
        How many residents must be alike.
    """
    left = list(columns)
    gone: list[str] = []
    while left and smallest_group(rows, left) < k:
        gone.append(left.pop())
    emptied: dict[str, Any] = dict.fromkeys(gone)
    return [msgspec.structs.replace(row, **emptied) for row in rows], gone
