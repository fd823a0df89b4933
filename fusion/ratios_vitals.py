"""The table of weights for vital signs: what each is worth in a judgement.

Log-likelihood ratios (natural logarithm), shown as contributions. All but the glucose forecast's
are assumptions for review: no recording of a resident who got worse was at hand.
"""

from __future__ import annotations

from typing import Final

PER_POINT: Final = 0.4
"""A point of NEWS2: so that 5 points make seven times the odds of something grave."""

IRREGULAR: Final = 1.1
"""A stretch that is irregular, by itself: odds threefold, since stretches of one hour share causes
(movement, a poor contact)."""
REGULAR: Final = -1.1

PER_SPREAD: Final = 0.5
"""A spread from the own usual, beyond the second."""
