"""Observations that come twice to fusion, because the process *gateways* died in between.

Comes in: what fusion receives. Goes out: the same without repeats. A process that is killed after
it handed an observation on, and before it could note that it did (`taken`), hands it on again: its
sender was not told. By the device's own clock both are of the same instant. Pure.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable
from typing import Final

import msgspec

from ambient.observations import AnyObservation, Measured, encode

REMEMBERED: Final = 16_384
"""Observations; a message that was not acknowledged has at most some thousand."""


class Repeats:
    """What came of wearables and sensors lately."""

    def __init__(self) -> None:
        self._known: set[bytes] = set()
        self._order: deque[bytes] = deque()
        self.dropped = 0

    def without(self, observations: Iterable[AnyObservation]) -> list[AnyObservation]:
        """Return those that did not come before, in their order."""
        return [one for one in observations if not isinstance(one, Measured) or self._is_new(one)]

    def _is_new(self, one: AnyObservation) -> bool:
        assert isinstance(one, Measured)
        # The node's clock may judge the device's another time after a restart: its own counts,
        # to the microsecond, which is what an offset in seconds can tell of it.
        own = (one.t - round(one.offset_s * 1e9) + 500) // 1_000
        said = encode(msgspec.structs.replace(one, t=own, received=own, offset_s=0.0))
        mark = hashlib.blake2b(said, digest_size=8).digest()
        if mark in self._known:
            self.dropped += 1
            return False
        self._known.add(mark)
        self._order.append(mark)
        if len(self._order) > REMEMBERED:
            self._known.discard(self._order.popleft())
        return True
