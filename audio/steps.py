"""Blocks of any length become steps of one length: what is judged does not depend on how it came.

Comes in: every block of one microphone. Goes out: blocks of `STEP` samples, counted from the
beginning or from the last gap; what is left over waits for the next block. A gap gives out what
waits as a shorter step, and the step after it says that something is missing.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from audio.blocks import RATE, SAMPLE_NS, SECOND_NS, Block, Samples

STEP: Final = RATE // 5
"""A fifth of a second: so long is waited at most before sound is looked at. Each network finds the
processor's caches full of the other's, so half the steps cost a sixth less (measured)."""
GAP_NS: Final = SECOND_NS // 10
"""Time that may be missing between two blocks (a clock that is set right) before they do not join
on."""


class Steps:
    """Cuts the sound of one microphone."""

    def __init__(self) -> None:
        self._held = np.zeros(0, np.float32)
        self._held_ns = 0
        self._lost = 0
        self._said_ns = -1

    def push(self, block: Block) -> list[Block]:
        """Take in a block; return the steps that are whole now, each with the time of its end."""
        out: list[Block] = []
        if self._said_ns >= 0 or self._held.size:
            missing = block.began_ns - self._held_ns
            if block.lost or abs(missing) > GAP_NS:
                out += self.finish()
                self._lost = max(self._lost, block.lost, missing // SAMPLE_NS, 1)
        held = np.concatenate((self._held, block.samples)) if self._held.size else block.samples
        whole = held.size // STEP * STEP
        for begin in range(0, whole, STEP):
            after = held.size - begin - STEP
            out.append(self._step(held[begin : begin + STEP], block.t_ns - after * SAMPLE_NS))
        self._held, self._held_ns = held[whole:].copy(), block.t_ns
        return out

    def finish(self) -> list[Block]:
        """Return what waits, if anything does; what comes next begins anew."""
        held, self._held = self._held, np.zeros(0, np.float32)
        return [self._step(held, self._held_ns)] if held.size else []

    def _step(self, samples: Samples, t_ns: int) -> Block:
        # A clock that follows the device creeps; time never goes back for that.
        self._said_ns = max(t_ns, self._said_ns + 1)
        lost, self._lost = self._lost, 0
        return Block(samples, self._said_ns, lost=lost)
