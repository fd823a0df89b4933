"""Impacts, and whether each was a fall: cells in, a judgement 3.5 s after the impact out.

An impact is a length of `TRIGGER_G` or more that nothing within a second of it exceeds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ambient.observations import Wear
from models.wearable import FallNet
from models.wearable.inputs import (
    AFTER,
    BEFORE,
    LENGTH,
    LONG,
    UNTIL,
    Worn,
    inputs,
    rest,
    still_after,
    turned,
)
from vitals.motion.cells import CELL_NS, RATE, Cells, Floats
from vitals.motion.scale import Scaled, mended

TRIGGER_G: Final = 1.5
"""Every fall of UMAFall's training subjects reaches it, at each of five places."""
LEAST_BEFORE: Final = RATE
"""A second before the impact must be there; what is missing before that is held."""
KNOWN_SHARE: Final = 0.6
"""Of the window; less, and nothing is said. A radio that is silent for two seconds leaves how the
device hung before and after, and a fall that nobody judges is a fall that is missed."""

WORN: Final = {
    Wear.WAIST: Worn.WAIST,
    Wear.CHEST: Worn.CHEST,
    Wear.WRIST: Worn.WRIST,
    Wear.FINGER: Worn.WRIST,
    Wear.ANKLE: Worn.ANKLE,
    Wear.THIGH: Worn.THIGH,
}


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """What lies around one impact.

    Attributes
    ----------
    impact_ns, judged_ns
        End of the impact's cell, and of the last cell that was looked at.
    mean, high, low
        (151, 3), (151,) and (151,), g.
    rest
        How the device hung when it last was calm within 10 s before (3,), g.
    """

    impact_ns: int
    judged_ns: int
    mean: Floats
    high: Floats
    low: Floats
    rest: Floats


@dataclass(frozen=True, slots=True)
class Impact:
    """One impact judged, its peak in g; else as `ambient.observations.ImpactMeasured`."""

    impact_ns: int
    judged_ns: int
    peak: float
    fall: float
    still: float
    turned: float


class Windows:
    """Finds impacts in the cells of one device.

    Attributes
    ----------
    unknown
        Impacts of which too much around was missing to say anything.
    """

    def __init__(self) -> None:
        self.unknown = 0
        self._kept: Cells | None = None
        self._looked = 0

    def push(self, scaled: Scaled) -> list[Window]:
        """Take in cells; return the windows that are now complete."""
        if scaled.cells.fresh:
            self._looked = 0
        elif self._kept is not None and scaled.mend is not None:
            self._kept = mended(self._kept, scaled.mend)
        cells = scaled.cells.after(self._kept)
        begin, end = self._looked, len(cells) - AFTER
        found: list[Window] = []
        if end > begin:
            high = cells.high
            loud = np.flatnonzero(high[begin:end] >= TRIGGER_G) + begin
            for at in loud.tolist():
                around = high[max(0, at - RATE) : at + RATE + 1]
                if int(around.argmax()) == min(at, RATE):
                    window = self._window(cells, at)
                    if window is not None:
                        found.append(window)
            self._looked = end
        drop = max(0, self._looked - LONG)
        self._looked -= drop
        self._kept = cells.cut(drop, len(cells))
        return found

    def _window(self, cells: Cells, at: int) -> Window | None:
        begin = max(0, at - BEFORE)
        of = slice(begin, at + AFTER + 1)
        if at < LEAST_BEFORE or int(cells.known[of].sum()) < KNOWN_SHARE * LENGTH:
            self.unknown += 1
            return None
        held = BEFORE - (at - begin)
        return Window(
            impact_ns=(cells.first + at + 1) * CELL_NS,
            judged_ns=(cells.first + at + AFTER + 1) * CELL_NS,
            mean=np.pad(cells.mean[of], ((held, 0), (0, 0)), "edge"),
            high=np.pad(cells.high[of], (held, 0), "edge"),
            low=np.pad(cells.low[of], (held, 0), "edge"),
            rest=rest(cells.mean[max(0, at - LONG) : at - UNTIL]),
        )


def judge(window: Window, wear: Wear, net: FallNet) -> Impact:
    """Return what the network thinks of an impact."""
    row = inputs(window.mean, window.high, window.low, WORN.get(wear), window.rest)
    return Impact(
        window.impact_ns,
        window.judged_ns,
        float(window.high[BEFORE]),
        float(net.probability(row[None])[0]),
        still_after(window.mean),
        turned(window.mean),
    )
