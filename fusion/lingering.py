"""How long one person has been low on the floor, though not lying: looks in, seconds out. Pure.

Who slid off a chair sits against it, leans or crouches, and looks hardly down in any one look. But
nobody stays so for most of a minute, nearly still, who could get up. It holds only where the
installer drew what people sit and lie on: elsewhere an armchair may be the floor.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from ambient.observations import Place, PostureSeen
from fusion.looks import GOOD_VIEW, upright, whole
from fusion.off_floor import RISEN_S

AVERAGE_S: Final = 10.0
"""Over so long the looks are averaged."""
LEAST_DOWN: Final = 0.12
LEAST_SHARE: Final = 2.0
"""Who is low is at least so probably down, and so many times as probably down as upright."""
STILL: Final = 0.8
"""… and moves in no more than the rest of this share of the time."""
FLOOR_SURE: Final = 0.9
FLOOR_SHARE: Final = 0.9
"""Of the looks so many show the person on the floor: a chair that nobody drew is found in some."""
GAP_S: Final = 3.0
"""Who is not seen, or not low, for longer than this begins anew."""


class Lingering(Struct):
    """Since when somebody has been low on the floor, and what the looks show on average."""

    since: int | None = None
    last: int = 0
    t: int | None = None
    up_since: int | None = None
    down: float = 0.0
    upright: float = 0.0
    still: float = 0.0
    view: float = 0.0
    floor: float = 0.0

    def see(self, seen: PostureSeen) -> None:
        """Take in how the person is now."""
        t = seen.t
        before, self.t = self.t, t
        if self._rose(seen):
            self.since = self.t = None
            return
        if before is None or not 0 <= t - before <= GAP_S * 1e9:
            # On the feet until now, a long gap or another clock: what was before counts no more.
            self.since, weight = None, 1.0
        else:
            weight = (t - before) / 1e9 / AVERAGE_S
        on = seen.place is Place.FLOOR and seen.place_sure >= FLOOR_SURE
        self.down += weight * (seen.down - self.down)
        self.upright += weight * (seen.upright - self.upright)
        self.still += weight * (seen.still - self.still)
        self.view += weight * (seen.quality * whole(seen) - self.view)
        self.floor += weight * (on - self.floor)
        if self._low:
            if self.since is None or (t - self.last) / 1e9 > GAP_S:
                self.since = t
            self.last = t

    def lasts_s(self, t: int) -> float:
        """Return for how long the person has been low, up to `t`; 0 when not any more."""
        if self.since is None or (t - self.last) / 1e9 > GAP_S:
            return 0.0
        return max(0.0, (t - self.since) / 1e9)

    @property
    def _low(self) -> bool:
        return (
            self.up_since is None
            and self.down >= LEAST_DOWN
            and self.down >= LEAST_SHARE * self.upright
            and self.still >= STILL
            and self.view >= GOOD_VIEW
            and self.floor >= FLOOR_SHARE
        )

    def _rose(self, seen: PostureSeen) -> bool:
        """Return whether the person is on the feet now, for longer than a slip of the pose."""
        if not upright(seen):
            self.up_since = None
        elif self.up_since is None:
            self.up_since = seen.t
        return self.up_since is not None and (seen.t - self.up_since) / 1e9 >= RISEN_S
