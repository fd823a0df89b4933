"""How long one person has been low on the floor, though not lying: looks in, seconds out. Pure.

Who slid off a chair sits against it, leans or crouches, and looks hardly down in any one look. But
nobody stays so for most of a minute, without moving, who could get up. It holds only where the
installer drew what people sit and lie on: elsewhere an armchair may be the floor.
"""

from __future__ import annotations

import math
from typing import Final

from msgspec import Struct

from ambient.observations import Place, PostureSeen
from fusion.looks import GOOD_VIEW, whole

AVERAGE_S: Final = 10.0
"""Over so long the looks are averaged."""
LEAST_DOWN: Final = 0.12
LEAST_SHARE: Final = 2.0
"""Who is low is at least so probably down, and so many times as probably down as upright."""
STILL: Final = 0.8
"""… and moves in no more than the rest of this share of the time."""
FLOOR_SURE: Final = 0.9
GAP_S: Final = 3.0
"""Who is not seen, or not low, for longer than this begins anew."""


class Lingering(Struct):
    """Since when somebody has been low on the floor, and what the looks show on average."""

    since: int | None = None
    last: int = 0
    t: int | None = None
    down: float = 0.0
    upright: float = 0.0
    still: float = 0.0
    view: float = 0.0

    def see(self, seen: PostureSeen) -> None:
        """Take in how the person is now."""
        dt = math.inf if self.t is None else max(0.0, (seen.t - self.t) / 1e9)
        if seen.place is not Place.FLOOR or seen.place_sure < FLOOR_SURE:
            if self.since is not None and (seen.t - self.last) / 1e9 > GAP_S:
                self.since = None
            return
        weight = 1.0 if dt > GAP_S else dt / AVERAGE_S
        self.t = seen.t
        self.down += weight * (seen.down - self.down)
        self.upright += weight * (seen.upright - self.upright)
        self.still += weight * (seen.still - self.still)
        self.view += weight * (seen.quality * whole(seen) - self.view)
        if (
            self.down >= LEAST_DOWN
            and self.down >= LEAST_SHARE * self.upright
            and self.still >= STILL
            and self.view >= GOOD_VIEW
        ):
            if self.since is None or (seen.t - self.last) / 1e9 > GAP_S:
                self.since = seen.t
            self.last = seen.t

    def lasts_s(self, t: int) -> float:
        """Return for how long the person has been low, up to `t`; 0 when not any more."""
        if self.since is None or (t - self.last) / 1e9 > GAP_S:
            return 0.0
        return (t - self.since) / 1e9
