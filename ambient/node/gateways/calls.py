"""Calls by cord and button on their way to fusion, which may hang and be killed with them.

Comes in: observations to hand on, and how the link to fusion goes. Goes out: the same, and to each
fusion that comes after another, once more, the calls of the last half hour: what lay in the queue
of the one that was killed nobody else has, and a cord that was pulled then is not pulled again. A
call that fusion had judged changes nothing when it comes again: it is no newer than what is known.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Final

from ambient.bus.sockets import LinkChange
from ambient.observations import AnyObservation, SensorKind, SensorSeen

HELD_S: Final = 1800.0
"""A call that comes later than this rings no more (`fusion.cord`)."""
MOST: Final = 500
"""Calls and resets that are held."""


class Calls:
    """Hand observations on, and calls again.

    Parameters
    ----------
    send
        Hands an observation to fusion; says whether there was room.
    changes
        Returns how the link went since it was asked last.
    steady
        Seconds of a steady clock.
    """

    def __init__(
        self,
        send: Callable[[AnyObservation], bool],
        changes: Callable[[], list[LinkChange]],
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._send = send
        self._changes = changes
        self._steady = steady
        self._away = False
        self._held: deque[tuple[float, SensorSeen]] = deque(maxlen=MOST)
        self._again: deque[SensorSeen] = deque()

    def send(self, observation: AnyObservation) -> bool:
        """Hand an observation on; return whether there was room."""
        if not (isinstance(observation, SensorSeen) and observation.kind is SensorKind.CORD):
            return self._send(observation)
        self.step()
        if self._again:
            return False  # in their order
        # A reset waits for the next fusion: before the call that it ends, it would hide it.
        waits = self._away and not observation.on
        if not waits and not self._send(observation):
            return False
        self._held.append((self._steady(), observation))
        return True

    def step(self) -> None:
        """Hand calls on again when another fusion is there."""
        for change in self._changes():
            self._away = change is not LinkChange.UP
            if not self._away:
                oldest = self._steady() - HELD_S
                self._again = deque(call for at, call in self._held if at >= oldest)
        while self._again and self._send(self._again[0]):
            self._again.popleft()

    def forget(self, subject: str) -> None:
        """Forget the calls of a resident that fusion has."""
        self._held = deque((one for one in self._held if one[1].subject != subject), maxlen=MOST)
        self._again = deque(one for one in self._again if one.subject != subject)
