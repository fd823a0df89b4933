"""What is remembered of situations that may be a fall, and who tells whose wearable is whose."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct, field

from fusion.evidence import PRIOR
from fusion.hypothesis import Pieces
from fusion.signs import Signs


class Who(Protocol):
    """Tells whose wearable a tracked person wears; see `fusion.who.Matcher`."""

    def subject_of(self, source: str, track: int) -> tuple[str, float] | None:
        """Return whose wearable a track wears, and how sure that is."""
        ...

    def track_of(self, device: str) -> tuple[str, int, float] | None:
        """Return camera and track of who wears a device, and how sure that is."""
        ...


class Nobody:
    """Knows nobody: for rooms without matching."""

    def subject_of(self, source: str, track: int) -> None:
        """Return nothing."""

    def track_of(self, device: str) -> None:
        """Return nothing."""


class Situation(Struct):
    """Something that may have been a fall, judged on until it is one or long over."""

    source: str
    subject: str | None
    began: int
    chain: int | None = None
    odds: float = PRIOR
    """Log-odds when it was judged last."""
    company: bool = False
    """Two people or more were in the pictures as it began: none of them is known to be meant."""
    up_since: int | None = None
    """Since when its wearer walks again, by the wearable alone."""


class DownState(Struct):
    """All that is remembered beside the camera's own; survives a restart."""

    signs: Signs = field(default_factory=lambda: Signs(Pieces()))
    situations: list[Situation] = []
    checked: int = -1
    """When all of it was judged last."""
