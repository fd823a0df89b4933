"""What a body is on: probabilities of floor, bed, sofa and chair, and the place that they say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ambient.observations import Place


@dataclass(frozen=True, slots=True)
class Support:
    """Probabilities of what a body is on; what is left to 1 is unknown."""

    floor: float = 0.0
    bed: float = 0.0
    sofa: float = 0.0
    chair: float = 0.0

    @property
    def unknown(self) -> float:
        """What is left."""
        return max(0.0, 1.0 - self.floor - self.bed - self.sofa - self.chair)

    @property
    def place(self) -> Place:
        """The place that is more probable than not; unknown when none is."""
        names = (Place.FLOOR, Place.BED, Place.SOFA, Place.CHAIR)
        if self.bed + self.sofa > 0.5:
            return Place.BED if self.bed >= self.sofa else Place.SOFA
        values = self.array().tolist()
        best = max(values)
        return names[values.index(best)] if best > 0.5 else Place.UNKNOWN

    def array(self) -> NDArray[np.float32]:
        """Return floor, bed, sofa, chair: (4,), the order of `models.skeletons.PLACES`."""
        return np.asarray((self.floor, self.bed, self.sofa, self.chair), np.float32)
