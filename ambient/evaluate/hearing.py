"""Listen to one source with the node's own parts: sound in, observations and events out.

Comes in: a recording, a microphone or the sound of a camera. Goes out: for every block the
observations of the pipeline and the events of the judgement, exactly as a node makes them; no voice
is recognised. A recording starts at `t` = 0 and is heard as fast as the machine can, a microphone
in its own time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ambient.config import Microphone, NodeConfig, Room
from ambient.events import AnyEvent, Purpose
from ambient.links import Link
from ambient.observations import AnyObservation
from audio.networks import Ears, Wanted
from audio.pipeline import MicrophonePipeline
from audio.sources import LiveSound, kind_of, open_sound
from fusion.judge import Judge

NODE_KEY: Final = "w" * 40
"""Stands for a node's key: what is heard here belongs to no enrolled node."""
ROOM: Final = "room"
MICROPHONE: Final = "microphone"
BLOCK_WAIT_S: Final = 0.5


@dataclass(frozen=True)
class Moment:
    """One block, or half a second without any, and what was said of it.

    Attributes
    ----------
    observations, events
        In the order in which they arose.
    """

    observations: list[AnyObservation]
    events: list[AnyEvent]


def config_of(source: str) -> NodeConfig:
    """Return the configuration of a node with one room and this microphone in it."""
    room = Room(
        id=ROOM,
        purposes={Purpose.FALLS: False, Purpose.SOUNDS: True, Purpose.VOICE: True},
        microphones=[Microphone(id=MICROPHONE, source=source)],
    )
    return NodeConfig(site="listen", node="listen", rooms=[room])


def listen(source: str, *, realtime: bool = False, ears: Ears | None = None) -> Iterator[Moment]:
    """Listen to `source` to its end; a microphone for ever.

    Parameters
    ----------
    realtime
        Play a recording at its own speed.
    ears
        The networks; those of this machine without.

    Raises
    ------
    SourceError, ModelError
        When the source or a model cannot be opened.
    """
    config = config_of(source)
    judge = Judge(config, NODE_KEY)
    ears = ears or Ears()
    microphone = config.rooms[0].microphones[0]
    pipeline = ears.pipeline(ROOM, microphone, Wanted(sounds=True, voice=True))
    if kind_of(source).is_live:
        yield from _live(source, pipeline, judge)
        return
    with open_sound(source, realtime=realtime) as sound:
        for block in sound:
            yield _moment(pipeline.process(block), judge)
    yield _moment(pipeline.finish(), judge)
    yield Moment([], judge.finish())


def _live(source: str, pipeline: MicrophonePipeline, judge: Judge) -> Iterator[Moment]:
    offset_ns = time.time_ns() - time.monotonic_ns()
    feed = LiveSound(lambda: open_sound(source, clock=lambda at_ns: at_ns + offset_ns))
    feed.start()
    try:
        while feed.state.link is not Link.ENDED:
            block = feed.read(BLOCK_WAIT_S)
            if block is None:
                seen = pipeline.silence(time.monotonic_ns() + offset_ns)
            else:
                seen = pipeline.process(block)
            yield _moment(seen, judge)
    finally:
        feed.close()


def _moment(seen: list[AnyObservation], judge: Judge) -> Moment:
    return Moment(seen, [event for each in seen for event in judge.observe(each)])
