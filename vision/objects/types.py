"""What an object detector says of a picture: things with boxes and scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Final, Protocol, Self

from vision.pose.types import Box, Image


class Thing(StrEnum):
    """What matters in a room, out of what the detector knows."""

    PERSON = "person"
    BED = "bed"
    COUCH = "couch"
    CHAIR = "chair"
    DINING_TABLE = "dining_table"
    TV = "tv"
    CAT = "cat"
    DOG = "dog"
    TEDDY_BEAR = "teddy_bear"
    BACKPACK = "backpack"
    SUITCASE = "suitcase"


ALL_TURNS: Final = (0, 1, 3)
"""Quarter turns anticlockwise: upright, and on either side, for a picture in which somebody may
lie."""

ALIVE: Final = frozenset({Thing.DOG, Thing.CAT, Thing.TEDDY_BEAR})
"""What the detector, which learned from photographs, often takes people for who lie."""


@dataclass(frozen=True, slots=True)
class Detection:
    """One thing in one picture.

    Attributes
    ----------
    thing
        What it is.
    score
        0..1.
    box
        x0, y0, x1, y1, normalised to the picture, inside it.
    """

    thing: Thing
    score: float
    box: Box


class ObjectDetector(Protocol):
    """Finds things in pictures. Not for use from two threads at once."""

    def detect(
        self, image: Image, *, region: Box | None = None, turns: Sequence[int] = (0,)
    ) -> list[Detection]:
        """Return the things in a picture, surest first.

        Parameters
        ----------
        image
            (height, width, 3) uint8, BGR. Only read, and not kept.
        region
            x0, y0, x1, y1, 0..1: look only there, enlarged (people who are small or far);
            boxes are of the whole picture all the same.
        turns
            Quarter turns anticlockwise in which to look for people, 0 to 3; each costs a look.
        """
        ...

    def close(self) -> None:
        """Free what the detector holds."""
        ...

    def __enter__(self) -> Self:
        """Return the detector itself."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        ...
