"""Is this a body? What a second detector says of the poses that the pose network reports.

The pose network now and then sees somebody in a coat, a desk or a screen, and most of these
phantoms "lie". Somebody whom the second detector has seen as a person as well is believed;
somebody whom it looked for again and again and never saw is not. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SURE_SCORE: Final = 0.4
"""A box of this score bears a pose out for good."""
_UNSEEN: Final = (1.0, 0.8, 0.55, 0.4, 0.3)
"""Trust after 0, 1, 2 … looks in which nothing bore the pose out."""


@dataclass(slots=True)
class Support:
    """Of one person: looks since first seen, and the highest score of a box on them."""

    looks: int = 0
    best: float = 0.0

    def looked(self, score: float) -> None:
        """Take in a look that found a box of this score on the person; 0 without one."""
        self.looks += 1
        self.best = max(self.best, score)

    @property
    def trust(self) -> float:
        """How far to believe that this is a person, 0..1."""
        unseen = _UNSEEN[min(self.looks, len(_UNSEEN) - 1)]
        return unseen + (1.0 - unseen) * min(1.0, self.best / SURE_SCORE) ** 2

    @property
    def settled(self) -> bool:
        """Whether more looks would change nothing."""
        return self.best >= SURE_SCORE or self.looks >= len(_UNSEEN)
