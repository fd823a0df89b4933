"""What one look at a person tells by itself: a `PostureSeen` in, a number or a yes out. Pure."""

from __future__ import annotations

from typing import Final

from ambient.observations import Place, Posture, PostureSeen

GOOD_VIEW: Final = 0.35
CLEAR_VIEW: Final = 0.65
CUT: Final = (-0.1, 0.05)
"""How far inside the picture's lower border the hips are, in lengths of the body, of whom nothing
is believed, and of whom all is: with the hips at the border or beyond, the rest is made up. People
who lie before a low camera often have theirs just inside."""
SITS: Final = 0.7
"""Probability of sitting from which somebody sits who is hardly down: who leans back in an armchair
is less surely upright."""
SITS_DOWN: Final = 0.1
OFF_THE_FLOOR: Final = frozenset(
    {
        Posture.WALK,
        Posture.STANDING,
        Posture.STAND_UP,
        Posture.SITTING,
        Posture.SIT_DOWN,
        Posture.SQUATTING,
        Posture.KNEELING,
    }
)
"""Postures that somebody takes who went down on purpose."""
SAFE: Final = frozenset({Place.BED, Place.SOFA, Place.PERMITTED})
"""Where lying is by itself no fall."""


def safe(seen: PostureSeen) -> float:
    """Return how probable it is that this is where lying is no fall, 0..1."""
    return seen.place_sure if seen.place in SAFE else 0.0


def whole(seen: PostureSeen) -> float:
    """Return how far the body is inside the picture rather than cut by its lower border, 0..1."""
    inside = (1.0 - seen.at[1]) / (seen.size if seen.size > 1e-6 else 1e-6)
    share = (inside - CUT[0]) / (CUT[1] - CUT[0])
    return 0.0 if share < 0.0 else 1.0 if share > 1.0 else share


def upright(seen: PostureSeen) -> bool:
    """Return whether this is somebody upright, in a good view."""
    return seen.upright >= 0.5 and seen.quality >= GOOD_VIEW and seen.down < 0.5


def not_down(seen: PostureSeen) -> bool:
    """Return whether this is somebody in a seat, or in too good a view to be down, however held."""
    return sits(seen) or (seen.down < SITS_DOWN and seen.quality >= CLEAR_VIEW)


def sits(seen: PostureSeen) -> bool:
    """Return whether this is somebody in a seat, in a good view."""
    seat = seen.down < SITS_DOWN and seen.probability >= SITS and seen.quality >= GOOD_VIEW
    return seat and seen.posture is Posture.SITTING
