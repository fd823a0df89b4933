"""Every block of a microphone, whatever happens to it.

Comes in: a way to open a source that is live. Goes out: its blocks in order, and whether the
device is there (see `ambient.live`). A consumer that falls behind by more than `WAITING_S` loses
the oldest, which is counted on the block that follows.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Final

from ambient.live import Live
from audio.blocks import RATE, SAMPLE_NS, Block

WAITING_S: Final = 10.0


class LiveSound(Live[Block]):
    """Keeps the blocks of a live source; parameters as for `Live`."""

    noun = "microphone"

    _blocks: deque[Block]
    _waiting: int
    """Samples in them."""
    _last_ns: int | None = None
    _refused = 0

    def _keep(self, item: Block, *, first: bool) -> bool:
        if self._last_ns is not None:
            if item.t_ns <= self._last_ns:
                # Nothing goes back in time; a clock that does is the node's to report.
                self._refused += item.samples.size
                return False
            missing = (item.began_ns - self._last_ns) // SAMPLE_NS if first else 0
            lost = max(item.lost, missing, 1 if first else 0) + self._refused
            item = replace(item, lost=lost)
        self._refused = 0
        self._last_ns = item.t_ns
        self._blocks.append(item)
        self._waiting += item.samples.size
        while self._waiting > WAITING_S * RATE and len(self._blocks) > 1:
            oldest = self._blocks.popleft()
            self._waiting -= oldest.samples.size
            then = self._blocks[0]
            lost = then.lost + oldest.lost + oldest.samples.size
            self._blocks[0] = replace(then, lost=lost)
        return True

    def _next(self) -> Block | None:
        if not self._blocks:
            return None
        block = self._blocks.popleft()
        self._waiting -= block.samples.size
        return block

    def _forget(self) -> None:
        self._blocks, self._waiting = deque(), 0
