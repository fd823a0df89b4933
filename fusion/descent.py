"""How one person was last seen to go down: postures in, how clear the descent was out. Pure."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from ambient.observations import Posture, PostureSeen
from fusion.looks import OFF_THE_FLOOR
from fusion.off_floor import RISEN_S

DESCENT_KEPT_S: Final = 4.0
"""A descent that nobody went down by within this time is forgotten."""
POSED: Final = 0.65
"""Only a pose is seen as well as this: the box of an outline wavers, and seems to fall with it."""
POSED_NS: Final = 1_500_000_000
"""A pose that was seen so well this lately is still trusted in a fall as clear as `FELL_ONTO`: it
blurs the pose."""
CERTAIN_DESCENT: Final = 0.75
FELL_ONTO: Final = 0.87
"""Whoever fell as clearly as this did not lie down on a marked mat but fell on it. (Onto a bed or a
sofa people drop.)"""
NOT_UP_S: Final = 3.0
NOT_UP: Final = 0.35
"""Who was clearly seen to fall and was less upright than this ever since, for so long, …"""
FALLEN: Final = 0.75
"""… is down with this probability at least, in whatever heap the body lies, …"""
HEAP: Final = 0.25
"""… unless it is less surely down than this by itself: children at play drop to kneel or sit (0.18
in simulated days), and who walks up to a camera and stoops sinks as well. (Of 81 recorded falls
that are confirmed 4 are so in a heap, none below 0.31.)"""
BORDER: Final = 0.93
"""Row of the hips, in picture heights, below which a descent is no fall by itself: whoever walks
up to a low camera and past it sinks through the lower border."""
NEAR_BORDER: Final = 0.8
LIES: Final = 0.8
"""… but whoever looks down as surely as this there does not walk out."""
OUT_S: Final = 0.8
"""Whose hips are that low in the picture and sink so fast that they are below `BORDER` within so
long may be walking out."""
DOUBTFUL_DESCENT: Final = 0.6
UNTRUSTED: Final = 0.5
"""Most that counts of a descent there, and of a body that is seen worse than this and does not
look down: getting up in the dark, say. (None of 81 recorded falls that are confirmed is so.)"""
LOOKS_DOWN: Final = 0.55
SINKS_S: Final = 0.3
"""Smooths how fast the hips sink."""


class Descent(Struct):
    """The last descent of one track."""

    clear: float = 0.0
    """How clearly the person was seen to fall, 0..1."""
    t: int = 0
    sinks: float = 0.0
    """How fast the hips sink in the picture, picture heights a second."""
    posed_t: int = -POSED_NS
    """When the person was last seen as well as only a pose is."""
    fell_t: int | None = None
    """When the person was clearly seen to fall and has not been upright since."""
    risen_since: int | None = None
    """Since when the person has looked up again after that."""

    def see(
        self, seen: PostureSeen, row: float, dt: float, *, another: bool, standing: bool
    ) -> None:
        """Take in how the person is now.

        Parameters
        ----------
        seen
            The look.
        row
            Where the hips were before, picture heights.
        dt
            Since then, seconds.
        another
            Whether the track has just come from another body, which looks like a fall.
        standing
            Whether the person is not down yet: only then is a descent that lasts dated anew.
        """
        t = seen.t
        if seen.quality >= POSED:
            self.posed_t = t
        if dt > 0.0:
            share = dt / SINKS_S if dt < SINKS_S else 1.0
            self.sinks += share * ((seen.at[1] - row) / dt - self.sinks)
        self._follow_fall(seen, another=another)
        clear = 0.0 if another else seen.descent
        if clear > DOUBTFUL_DESCENT and _doubtful(seen):
            clear = DOUBTFUL_DESCENT
        stale = (t - self.t) / 1e9 > DESCENT_KEPT_S
        if clear > self.clear or (standing and (stale or clear == self.clear)):
            # What was doubted at first and is trusted later began when it was doubted.
            began = not stale and self.clear == DOUBTFUL_DESCENT
            self.clear, self.t = clear, self.t if began else t

    def lies(self, seen: PostureSeen) -> float:
        """Return how probable it is that the body is down, as it looks now and as it fell."""
        if self.fell_t is None:
            return seen.down
        fallen = (seen.t - self.fell_t) / 1e9 >= NOT_UP_S and seen.down >= HEAP
        return max(seen.down, FALLEN) if fallen else seen.down

    def leaves(self, row: float) -> bool:
        """Return whether the hips, at this row of the picture, are sinking through its border."""
        return row > NEAR_BORDER and row + OUT_S * self.sinks > BORDER

    def forget(self, t: int) -> None:
        """Forget the fall of a body that the track follows no more."""
        self.clear, self.t, self.sinks, self.fell_t = 0.0, t, 0.0, None

    def _follow_fall(self, seen: PostureSeen, *, another: bool) -> None:
        """Follow whether the person was clearly seen to fall and has not been up since."""
        t = seen.t
        up = seen.upright >= NOT_UP or seen.posture in OFF_THE_FLOOR
        if not up:
            self.risen_since = None
        elif self.risen_since is None:
            self.risen_since = t
        risen = self.risen_since is not None and (t - self.risen_since) / 1e9 >= RISEN_S
        blurred = t - self.posed_t <= POSED_NS and seen.descent >= FELL_ONTO
        if another or risen:
            self.fell_t = None
        elif (
            not up
            and self.fell_t is None
            and seen.descent >= CERTAIN_DESCENT
            and seen.posture is Posture.FALL
            and (seen.quality >= POSED or blurred)
            and (seen.at[1] <= BORDER or seen.down >= LIES)
        ):
            self.fell_t = t


def _doubtful(seen: PostureSeen) -> bool:
    """Return whether a descent in this look may be something else."""
    out = seen.at[1] > BORDER and seen.down < HEAP
    return out or (seen.quality < UNTRUSTED and seen.down < LOOKS_DOWN)
