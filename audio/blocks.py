"""A stretch of sound: what every source gives and everything else in `audio` takes.

Comes in: samples, and the instant at which the last of them ended. Goes out: `Block`, always mono
float32 at `RATE`, of any length from one sample up: who needs steps of a fixed length collects
them. What went wrong before the block, and can't be seen in its samples any more, stands on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

RATE: Final = 16_000
"""Samples a second of every block."""
SECOND_NS: Final = 1_000_000_000
SAMPLE_NS: Final = SECOND_NS // RATE
"""62 500: a sample at `RATE` lasts a whole number of nanoseconds, so times add up exactly."""

Samples = npt.NDArray[np.float32]
"""Mono, at `RATE`, full scale −1..1 (a resampler may overshoot by a little); shape (n,)."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Some sound and when it ended.

    Attributes
    ----------
    samples
        Shape (n,), n ≥ 1, float32, finite. Nobody writes on it.
    t_ns
        Event time of its END in nanoseconds; strictly increasing within a source.
    lost
        Samples (at `RATE`) that are missing between the block before and this one; at least 1
        where only the fact is known. What was heard before does not join on to this block.
    late
        It came later after the block before than its own length explains.
    clipped
        Share of values at full scale, as the device gave them: before channels were mixed and
        the rate changed, which hide it. 0..1.
    broken
        Samples in it that were not finite and are 0 now.
    """

    samples: Samples
    t_ns: int
    lost: int = 0
    late: bool = False
    clipped: float = 0.0
    broken: int = 0

    def __post_init__(self) -> None:
        """Refuse what is no block.

        Raises
        ------
        ValueError
            For samples of another shape or type, or none at all.
        """
        samples = self.samples
        if samples.ndim != 1 or samples.dtype != np.float32 or samples.size == 0:
            raise ValueError(
                f"expected float32 samples of shape (n,), n >= 1, "
                f"got {samples.dtype} {samples.shape}; convert them where they come in"
            )

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.samples.size / RATE

    @property
    def began_ns(self) -> int:
        """Event time of its beginning."""
        return self.t_ns - self.samples.size * SAMPLE_NS
