"""Any rate and any number of channels to mono at 16 kHz, as a stream.

Comes in: values as they were recorded, in pieces of any length. Goes out: finite float32 samples
at `RATE`, the same bit for bit however the sound was cut up, and what mixing and resampling would
hide: the share of values at full scale, the samples that were no numbers.

The resampler is soxr's, quality HQ: from 44.1 to 96 kHz flat to 0.01 dB up to 7.2 kHz, and a tone
of 8.2 kHz or more comes out at −130 dB or less. Its filter holds some output back, which costs no
accuracy in time: output sample k is input time k / `RATE`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import soxr

from ambient.errors import SourceError
from audio.blocks import RATE, SECOND_NS, Samples
from audio.sources.base import Values

LOWEST_RATE: Final = 4_000
HIGHEST_RATE: Final = 384_000
"""Outside of these a header is wrong, and would be costly to believe."""
FULL_SCALE: Final = 0.98
"""From here on a value counts as clipped. The largest of 16 bits is 1.0, of A-law 0.984, of µ-law
(ITU-T G.711) 0.9803; lossy codecs decode a clipped wave to values around 1."""
LOUDEST: Final = 4.0
"""Files of floats may hold any number; beyond 12 dB over full scale it is none of a microphone."""


@dataclass(frozen=True, slots=True, eq=False)
class Converted:
    """What became of some sound.

    Attributes
    ----------
    samples
        Shape (n,), n ≥ 0, float32, finite.
    clipped, broken
        As in `Block`, of all that came in since samples last went out.
    """

    samples: Samples
    clipped: float = 0.0
    broken: int = 0


class Converter:
    """Converts one source's sound; after `flush` it begins anew.

    Parameters
    ----------
    name
        What to call the source in messages.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._rate = RATE
        self._stream: soxr.ResampleStream | None = None
        self._frames_in = 0
        self._samples_out = 0
        self._values = 0
        self._clipped = 0
        self._broken = 0

    @property
    def pending_ns(self) -> int:
        """How much of the sound that came in since the beginning is still held back."""
        return self._frames_in * SECOND_NS // self._rate - self._samples_out * SECOND_NS // RATE

    def convert(self, values: Values, rate: int) -> Converted:
        """Take in `values`; return what is ready.

        Parameters
        ----------
        values
            Shape (frames, channels). Channels are averaged.
        rate
            Samples a second; another one than before only after `flush`.

        Raises
        ------
        SourceError
            For a rate that no microphone has.
        """
        if self._frames_in == 0:
            self._begin(rate)
        elif rate != self._rate:
            raise ValueError(f"expected {self._rate} Hz as before, got {rate} Hz; call flush first")
        mono = self._mix(values)
        self._frames_in += mono.size
        return self._give(mono if self._stream is None else self._stream.resample_chunk(mono))

    def flush(self) -> Converted:
        """Return what was held back; what comes next does not join on to it."""
        rest = np.empty(0, np.float32)
        if self._stream is not None and self._frames_in:
            if self._samples_out == 0 and self._frames_in * RATE < self._rate:
                # Less than one sample of 16 kHz: silence beside it makes it one.
                rest = np.zeros(-(-self._rate // RATE), np.float32)
            rest = self._stream.resample_chunk(rest, last=True)
        given = self._give(rest)
        self._frames_in = self._samples_out = 0
        return given

    def _begin(self, rate: int) -> None:
        if not LOWEST_RATE <= rate <= HIGHEST_RATE:
            raise SourceError(
                f"{self._name}: expected {LOWEST_RATE} to {HIGHEST_RATE} samples a second, "
                f"got {rate}; record it again or convert it"
            )
        self._rate = rate
        self._stream = None if rate == RATE else soxr.ResampleStream(rate, RATE, 1, "float32", "HQ")

    def _mix(self, values: Values) -> Samples:
        """Return mono, and count what would not be seen any more."""
        self._values += values.size
        peak = max(-float(values.min()), float(values.max())) if values.size else 0.0
        if not peak <= LOUDEST:
            # A NaN fails every comparison and lands here too.
            finite = np.isfinite(values)
            bad = int(np.count_nonzero(~finite.all(axis=1)))
            self._broken += bad
            values = np.clip(np.where(finite, values, np.float32(0)), -LOUDEST, LOUDEST)
        if not peak < FULL_SCALE:
            self._clipped += int(np.count_nonzero(np.abs(values) >= FULL_SCALE))
        # Channel by channel: faster than a mean over short rows, and the same for any length.
        mono = values[:, 0].copy()
        for channel in range(1, values.shape[1]):
            mono += values[:, channel]
        return np.asarray(mono / np.float32(values.shape[1]), np.float32)

    def _give(self, samples: Samples) -> Converted:
        if samples.size == 0:
            return Converted(samples)
        self._samples_out += samples.size
        clipped = self._clipped / self._values if self._values else 0.0
        given = Converted(samples, clipped, -(-self._broken * RATE // self._rate))
        self._values = self._clipped = self._broken = 0
        return given
