"""One microphone of a node, in a thread of its own: open, listen, close, say what can be heard.

Comes in: sound of the microphone, and what is allowed (purposes on, whose voice may be recognised,
privacy pause). Goes out: observations; see `ambient.node.device_thread`. Another permission is
another pipeline: what was collected under the one before is forgotten with it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import msgspec

from ambient.node.device_thread import DeviceThread
from ambient.node.switches import Allowed
from ambient.observations import AnyObservation, Hearing, HearingState
from audio.blocks import Block
from audio.networks import Wanted
from audio.sources import LiveSound

NOTHING: Final = Wanted(sounds=False, voice=False)
Enrolled = tuple[str, int]
"""A resident, and when the enrolment was written (ns): a new one is another voice."""


@dataclass(frozen=True)
class AllowedToHear(Allowed):
    """What a microphone may be open for.

    Attributes
    ----------
    wanted
        Which purposes are on.
    recognise
        Whose voices may be recognised.
    """

    wanted: Wanted = NOTHING
    recognise: tuple[Enrolled, ...] = ()


class Pipeline(Protocol):
    """What turns sound of one microphone into observations (see `audio.pipeline`)."""

    def process(self, block: Block) -> list[AnyObservation]:
        """Take in a block."""
        ...

    def silence(self, t_ns: int) -> list[AnyObservation]:
        """Take in that no block has come until `t_ns`."""
        ...

    def wipe(self) -> None:
        """Forget all sound."""
        ...


class MicrophoneThread(DeviceThread[LiveSound, Pipeline, Block]):
    """Listen with one microphone; parameters as for `DeviceThread`."""

    noun = "microphone"
    show: Callable[[Block, float], None] | None = None
    """Given each block with the steady time in seconds."""

    @property
    def allowed(self) -> Allowed:
        """What is allowed now."""
        return self._allowed

    def _take(self, pipeline: Pipeline, item: Block) -> list[AnyObservation]:
        if self.show is not None:
            self.show(item, time.monotonic())
        return self._forward(pipeline.process(item))

    def _silence(self, pipeline: Pipeline) -> list[AnyObservation]:
        return self._forward(pipeline.silence(self._clock.now()))

    def _state(self, now: Allowed | None, t: int) -> AnyObservation:
        hearing, until = Hearing.GONE, None
        if now is not None:
            hearing = Hearing.PAUSED if now.on else Hearing.SWITCHED_OFF
            until = now.paused_until if now.on else None
        return HearingState(t=t, room=self.room, source=self._source, hearing=hearing, until=until)

    def _over(self, pipeline: Pipeline) -> None:
        pipeline.wipe()

    def _forward(self, found: list[AnyObservation]) -> list[AnyObservation]:
        """Return `found`, nothing of it before what was said by the pipeline before."""
        told = []
        for each in found:
            late = each.t < self._last
            self._last = max(self._last, each.t)
            told.append(msgspec.structs.replace(each, t=self._last) if late else each)
        return told
