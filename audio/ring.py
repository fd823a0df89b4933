"""The only memory for sound: a ring of a stated length, overwritten as time goes on.

Comes in: every block of one microphone. Goes out: copies of what was heard lately, by length or by
event time. It is never written to a disk, and `wipe` overwrites it at a privacy pause.
"""

from __future__ import annotations

import numpy as np

from audio.blocks import RATE, SAMPLE_NS, Block, Samples


class Ring:
    """The last seconds of one microphone.

    Parameters
    ----------
    seconds
        How much is kept, > 0; the memory for it is taken once.

    Raises
    ------
    ValueError
        When `seconds` holds no sample.
    """

    def __init__(self, seconds: float) -> None:
        size = round(seconds * RATE)
        if size < 1:
            raise ValueError(f"expected a ring of at least {1 / RATE:g} s, got {seconds:g} s")
        self._kept = np.zeros(size, np.float32)
        self._next = 0
        self._held = 0
        self._t_ns: int | None = None

    def __len__(self) -> int:
        """Return how many samples are held."""
        return self._held

    @property
    def seconds(self) -> float:
        """How much it can hold."""
        return self._kept.size / RATE

    @property
    def t_ns(self) -> int | None:
        """Event time of the end of what is held; None while nothing is."""
        return self._t_ns

    def push(self, block: Block) -> None:
        """Take in a block; what is missing before it is held as zeros, so that times stay true."""
        if block.lost and self._held:
            self._write(np.zeros(min(block.lost, self._kept.size), np.float32))
        self._write(block.samples)
        self._t_ns = block.t_ns

    def last(self, seconds: float) -> Samples:
        """Return a copy of the last `seconds`, or of what there is; shape (n,)."""
        return self._read(self._held - max(0, round(seconds * RATE)), self._held)

    def between(self, began_ns: int, ended_ns: int) -> Samples:
        """Return a copy of what was heard from `began_ns` to `ended_ns`, as far as it is held.

        Times are counted back from the end of the newest block in samples; a device's clock that
        runs 200 ppm wrong shifts the far end of a ring of 30 s by 6 ms.
        """
        if self._t_ns is None:
            return np.empty(0, np.float32)
        back = [-((t_ns - self._t_ns) // SAMPLE_NS) for t_ns in (began_ns, ended_ns)]
        return self._read(self._held - back[0], self._held - back[1])

    def wipe(self) -> None:
        """Forget everything, and overwrite it."""
        self._kept.fill(0.0)
        self._next = self._held = 0
        self._t_ns = None

    def _write(self, samples: Samples) -> None:
        size = self._kept.size
        samples = samples[-size:]
        first = min(samples.size, size - self._next)
        self._kept[self._next : self._next + first] = samples[:first]
        self._kept[: samples.size - first] = samples[first:]
        self._next = (self._next + samples.size) % size
        self._held = min(size, self._held + samples.size)

    def _read(self, began: int, ended: int) -> Samples:
        """Return a copy of the samples `began` to `ended`, counted from the oldest held."""
        began, ended = max(0, began), min(self._held, ended)
        if ended <= began:
            return np.empty(0, np.float32)
        size = self._kept.size
        start = (self._next - self._held + began) % size
        count = ended - began
        first = min(count, size - start)
        return np.concatenate([self._kept[start : start + first], self._kept[: count - first]])
