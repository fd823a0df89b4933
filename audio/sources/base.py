"""What every source of sound gives, whatever stands behind it.

Comes in: nothing. Goes out: the shape of a source, `SoundSource`, and what all of them share. Two
seams stand here too: `Chunk`, sound as a file or device gave it, and `Reader`, what gives chunks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from ambient import sources
from audio.blocks import Block

Values = npt.NDArray[np.float32]
"""Sound as it was recorded, full scale −1..1; shape (frames, channels)."""

EventTime = Callable[[int], int]
"""Event time of an instant of the monotonic clock, both in nanoseconds; a node has one for all."""


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Sound as a file, device or stream gave it.

    Attributes
    ----------
    values
        Shape (frames, channels), float32; not necessarily finite.
    rate
        Samples a second.
    lost_ns
        Time that is missing before it, as far as a recording's own stamps tell.
    overflowed
        The driver says that it threw away sound before this.
    """

    values: Values
    rate: int
    lost_ns: int = 0
    overflowed: bool = False


class Reader(Protocol):
    """Gives the chunks of one recording."""

    @property
    def cut_off(self) -> bool:
        """Whether the recording ended before it should have, or could not be read further."""
        ...

    def read(self) -> Chunk | None:
        """Return the next chunk, or None at the end."""
        ...

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        ...


@runtime_checkable
class SoundSource(sources.Source[Block], Protocol):
    """Gives blocks in order."""

    @property
    def cut_off(self) -> bool:
        """Whether a recording turned out to end before its time; asked after its end."""
        ...


class Readable(sources.Readable[Block]):
    """What the sources share."""
