"""For how long one person has been up: looks in, lasting facts out. Pure."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from ambient.observations import PostureSeen
from fusion.looks import sits, upright

UPRIGHT_GAP_S: Final = 0.7
"""A person may be seen not upright for this long while getting up counts on."""
OFF_FLOOR_S: Final = 3.0
"""Who was upright or sat in a good view for so long was up, whatever a later look says."""


class OffFloor(Struct):
    """Since when one person has been upright, and was last surely off the floor."""

    upright_since: int | None = None
    upright_last: int = 0
    since: int | None = None
    """Since when every look has shown the person upright or in a seat."""
    last: int | None = None
    """When that had last been so for `OFF_FLOOR_S`."""

    def see(self, seen: PostureSeen) -> None:
        """Take in how the person is now."""
        t, up = seen.t, upright(seen)
        if up:
            if self.upright_since is None:
                self.upright_since = t
            self.upright_last = t
        elif self.upright_since is not None and (t - self.upright_last) / 1e9 > UPRIGHT_GAP_S:
            self.upright_since = None
        if not (up or sits(seen)):
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
