"""What the wizard asks of the sensing processes, and how they answer: an outline, a level.

Comes in: nothing; only the forms. An outline is edges and proposals for areas; a picture is in it
only where that was agreed to. A level is how loud it was, never a sound.
"""

from __future__ import annotations

from msgspec import Struct

from ambient.observations import Place, Point


class LookWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which camera's outline is wanted; `still` asks for a picture beside it."""

    room: str
    camera: str
    still: bool = False


class Proposal(Struct, frozen=True, kw_only=True):
    """An area to start from, of furniture that was found."""

    kind: Place
    polygon: list[Point]
    confidence: float


class Outlined(Struct, frozen=True, kw_only=True):
    """What a camera's room looks like in lines.

    Attributes
    ----------
    pictures
        How many went into it so far; the more, the fewer people are left in it.
    aspect
        Width over height of the picture.
    strokes
        Lines along the edges, points x, y as shares of the picture.
    still
        A picture (JPEG), masked; empty without an agreement in force.
    """

    pictures: int
    aspect: float = 1.0
    strokes: list[list[Point]] = []
    proposals: list[Proposal] = []
    still: bytes = b""


class LevelWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which room's loudness is wanted, from `since` (ns) on."""

    room: str
    since: int


class Level(Struct, frozen=True, kw_only=True):
    """How loud a tenth of a second was at one microphone: its peak, dB below full scale."""

    source: str
    t: int
    peak: float


class Levels(Struct, frozen=True, kw_only=True):
    """The levels of a room's microphones, oldest first for each."""

    levels: list[Level]
