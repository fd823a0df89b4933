"""One wearable and who wears it: what a node knows of it from second to second.

Comes in: what `fusion.signs` reads from observations. Goes out: how it hangs, whether its wearer
walks, and whether it was on a body that went down and felt no fall. Pure: time is an argument.
"""

from __future__ import annotations

import math
from typing import Final

from msgspec import Struct

from ambient.observations import Wear

SECOND: Final = 1_000_000_000
STEPS_S: Final = 15.0
WALK_S: Final = 6.0
"""Seconds with steps, of the last so many, are one piece of evidence."""
SURELY_WALKED_S: Final = 3
"""Of those, as many as nobody was ever told of who had fallen and stirred."""
TRUNK: Final = frozenset({Wear.WAIST, Wear.CHEST, Wear.THIGH})
"""Where a device hangs otherwise when its wearer lies; an arm or a shin hangs anyhow."""
UPRIGHT_DEG: Final = 35.0
"""A trunk is upright when the device hangs within so much of how it did in walking."""
WALKED_S: Final = 5
"""Seconds of steps, of the last `STEPS_S`, from which on somebody walks."""
QUIET_S: Final = 2.0
"""A wearable must have told of so long before a descent for its silence to mean anything."""
TOLD_S: Final = 5.0
"""An impact is told so long after somebody was seen to go down at most, if there was one."""
MOVED_S: Final = 60.0
"""Whoever wears it moved this lately."""
DESCENT_S: Final = 3.0
"""A device on a body that goes down moves within so much of it."""
STILL_S: Final = 5.0
"""A device that has been still for so long since an impact is on no arm of somebody who moves."""
ALIVE_S: Final = 5.0
"""Whatever has not told of a second for so long is not waited for."""
KEPT_S: Final = 90.0
"""So long is it known in which seconds its wearer moved."""

Vector = tuple[float, float, float]


class Wearer(Struct):
    """What is known of one wearable and who wears it."""

    source: str
    subject: str | None
    wear: Wear
    t: int
    """Of its newest second."""
    worn: bool | None = None
    impact: int | None = None
    """The last that may have been a fall."""
    still_s: float = 0.0
    """Of stillness since it, less twice what was movement."""
    steps: list[tuple[int, int]] = []
    """Seconds with steps, of the last `STEPS_S`."""
    walking: Vector | None = None
    """How the device hangs in walking."""
    now: Vector | None = None
    pulse: list[tuple[int, float]] = []
    since: int | None = None
    """Since when it tells of every second."""
    moves: list[int] = []
    """Seconds in which its wearer moved: the last, and those of `KEPT_S` before it."""
    walked: int | None = None
    """When the steps began by which its wearer surely walked last."""

    @property
    def turned(self) -> float | None:
        """Degrees between how it hangs and how it did in walking; None when it cannot tell."""
        if self.wear not in TRUNK or self.walking is None or self.now is None:
            return None
        return angle(self.walking, self.now)

    def felt_nothing(self, began: int) -> bool:
        """Return whether it was on a body that moved, and told of no impact at `began`, in time.

        What lies on a table, was put on just now or has a gap there says nothing.
        """
        if self.worn is False or self.since is None or not self.moves:
            return False
        there = self.since <= began - QUIET_S * SECOND and self.t >= began + TOLD_S * SECOND
        return there and self.moves[-1] >= began - MOVED_S * SECOND

    def went_down(self, began: int, t: int) -> bool:
        """Return whether at `t` it is on a body that went down at `began` and did not walk since.

        It has told of every second since before, is alive, moved as somebody was seen to go down,
        and its wearer does not walk about while somebody lies there.
        """
        if self.worn is False or self.since is None:
            return False
        alive = abs(t - self.t) <= ALIVE_S * SECOND
        there = self.since <= began - QUIET_S * SECOND
        moved = any(abs(at - began) <= DESCENT_S * SECOND for at in self.moves)
        walked = self.walked_since(began + round(QUIET_S * SECOND))
        return alive and there and moved and not walked

    def walked_since(self, began: int) -> bool:
        """Return whether its wearer has surely walked since `began` (ns)."""
        stepped_s = sum(at > began for at, _ in self.steps)
        return stepped_s >= SURELY_WALKED_S or (self.walked or 0) > began

    def lies_still(self, t: int) -> bool:
        """Return whether it tells of its seconds and has hardly moved since the last impact."""
        alive = self.since is not None and abs(t - self.t) <= ALIVE_S * SECOND
        return alive and self.still_s >= STILL_S

    def walks(self, t: int) -> bool:
        """Return whether the wearer walks upright at `t`."""
        lately = [at for at, _ in self.steps if t - at <= STEPS_S * SECOND]
        turned = self.turned
        return len(lately) >= WALKED_S and (turned is None or turned <= UPRIGHT_DEG)


def angle(a: Vector, b: Vector) -> float:
    """Return the angle between two vectors, degrees; 0 where one has no length."""
    lengths = math.hypot(*a) * math.hypot(*b)
    if lengths < 1e-6:
        return 0.0
    cosine = sum(x * y for x, y in zip(a, b, strict=True)) / lengths
    return math.degrees(math.acos(max(-1.0, min(1.0, cosine))))


def blend(old: Vector | None, new: Vector, weight: float) -> Vector:
    """Return the mean of two vectors of which `new` has this weight; of one where there is one."""
    if old is None:
        return new
    (x, y, z), (a, b, c) = old, new
    return (x + weight * (a - x), y + weight * (b - y), z + weight * (c - z))
