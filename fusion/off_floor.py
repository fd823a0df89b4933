"""For how long one person has been up: looks in, lasting facts out. Pure."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from ambient.observations import PostureSeen
from fusion.looks import not_down, upright

UPRIGHT_GAP_S: Final = 0.7
"""A person may be seen not upright for this long while getting up counts on."""
RISEN_S: Final = 0.25
"""A shorter look at somebody upright is a slip of the pose network."""
OFF_FLOOR_S: Final = 3.0
"""Who was upright or surely not down for so long was up, whatever a later look says."""


class OffFloor(Struct):
    """Since when one person has been upright, and was last surely off the floor."""

    upright_since: int | None = None
    upright_last: int = 0
    risen_last: int = -(2**62)
    """When that had last been so for `RISEN_S`."""
    since: int | None = None
    """Since when every look has shown the person upright, in a seat or clearly not down."""
    last: int | None = None
    """When that had last been so for `OFF_FLOOR_S`."""

    def see(self, seen: PostureSeen) -> None:
        """Take in how the person is now."""
        t, up = seen.t, upright(seen)
        if up:
            if self.upright_since is None:
                self.upright_since = t
            self.upright_last = t
            if (t - self.upright_since) / 1e9 >= RISEN_S:
                self.risen_last = t
        elif self.upright_since is not None and (t - self.upright_last) / 1e9 > UPRIGHT_GAP_S:
            self.upright_since = None
        if not (up or not_down(seen)):
            self.since = None
        elif self.since is None:
            self.since = t
        long = self.since is not None and (t - self.since) / 1e9 >= OFF_FLOOR_S
        if long or (self.upright_since is not None and self.upright_s(t) >= OFF_FLOOR_S):
            self.last = t

    def upright_s(self, t: int) -> float:
        """Return for how long the person has been upright, up to now; 0 when not any more."""
        fresh = (t - self.upright_last) / 1e9 <= UPRIGHT_GAP_S
        return (t - self.upright_since) / 1e9 if self.upright_since is not None and fresh else 0.0

    def forget(self) -> None:
        """Forget whom the track follows no more, but that somebody was up."""
        self.upright_since = self.since = self.last = None
