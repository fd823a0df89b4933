"""One microphone: closed really before it is said, opened again with what is allowed now."""

from __future__ import annotations

import queue
import threading
import time

import numpy as np
import pytest

from ambient.links import Link, LinkState
from ambient.node.clock import NodeClock
from ambient.node.microphone_thread import AllowedToHear, MicrophoneThread
from ambient.observations import AnyObservation, Hearing, HearingState, Tick
from audio.blocks import Block
from audio.networks import Wanted
from tests.patience import PATIENCE_S, until

BOTH = Wanted(sounds=True, voice=True)
OPEN = AllowedToHear(True, None, BOTH)
SOUND = np.zeros(1600, np.float32)


class Feed:
    """Stands for `LiveSound`."""

    def __init__(self, blocks: queue.Queue[Block]) -> None:
        self.blocks = blocks
        self.device_open = False
        self.may_close = threading.Event()
        self.may_close.set()

    @property
    def state(self) -> LinkState:
        return LinkState(Link.CONNECTED if self.device_open else Link.CLOSED)

    def start(self) -> None:
        self.device_open = True

    def close(self) -> None:
        assert self.may_close.wait(PATIENCE_S)
        self.device_open = False

    def read(self, timeout_s: float) -> Block | None:
        try:
            return self.blocks.get(timeout=min(timeout_s, 0.02))
        except queue.Empty:
            return None


class Pipeline:
    """Says the time of what it was given, and whether it was wiped."""

    def __init__(self) -> None:
        self.wiped = False

    def process(self, block: Block) -> list[AnyObservation]:
        if block.broken:
            raise ValueError("a sound that nobody foresaw")
        return [HearingState(t=block.t_ns, room="r1", source="m1", hearing=Hearing.OK)]

    def silence(self, t_ns: int) -> list[AnyObservation]:
        return []

    def wipe(self) -> None:
        self.wiped = True


class Microphone1:
    def __init__(self, start: AllowedToHear) -> None:
        self.blocks: queue.Queue[Block] = queue.Queue()
        self.feeds: list[Feed] = []
        self.pipelines: list[Pipeline] = []
        self.seen: list[AnyObservation] = []
        self.open_when_said: list[bool] = []
        self.closed_sender = threading.Event()
        self.thread = MicrophoneThread(
            "r1",
            "m1",
            NodeClock(0),
            start,
            open_feed=self._feed,  # type: ignore[arg-type]
            open_pipeline=self._pipeline,
            open_sender=lambda: (self._emit, self.closed_sender.set),
        )
        self.thread.start()

    def _feed(self) -> Feed:
        self.feeds.append(Feed(self.blocks))
        return self.feeds[-1]

    def _pipeline(self) -> Pipeline:
        self.pipelines.append(Pipeline())
        return self.pipelines[-1]

    def _emit(self, observation: AnyObservation) -> bool:
        closed = (Hearing.PAUSED, Hearing.SWITCHED_OFF)
        if isinstance(observation, HearingState) and observation.hearing in closed:
            self.open_when_said.append(any(feed.device_open for feed in self.feeds))
        self.seen.append(observation)
        return True

    def states(self) -> list[Hearing]:
        return [one.hearing for one in self.seen if isinstance(one, HearingState)]


@pytest.fixture
def microphone():
    made: list[Microphone1] = []

    def make(start: AllowedToHear = OPEN) -> Microphone1:
        made.append(Microphone1(start))
        return made[-1]

    yield make
    for one in made:
        one.thread.stop()
        one.thread.join(PATIENCE_S)
        assert one.closed_sender.is_set()


@pytest.mark.parametrize(
    ("closed", "said"),
    [
        (AllowedToHear(True, 10**18, BOTH), Hearing.PAUSED),
        (AllowedToHear(False, None), Hearing.SWITCHED_OFF),
    ],
)
def test_it_listens_then_closes_then_listens_again(microphone, closed, said) -> None:
    one = microphone()
    one.blocks.put(Block(SOUND, 10))
    until(lambda: one.states() == [Hearing.OK])
    one.feeds[0].may_close.clear()
    one.thread.allow(closed)
    assert not one.thread.settled
    one.feeds[0].may_close.set()
    until(lambda: one.thread.settled and said in one.states())
    assert not one.feeds[0].device_open
    assert one.pipelines[0].wiped
    one.thread.allow(OPEN)
    until(lambda: one.thread.settled)
    one.blocks.put(Block(SOUND, time.monotonic_ns()))
    until(lambda: one.states()[-1] is Hearing.OK)
    assert one.open_when_said == [False]
    times = [each.t for each in one.seen]
    assert times == sorted(times)


@pytest.mark.parametrize(
    "now",
    [
        AllowedToHear(True, None, Wanted(sounds=True, voice=False)),
        AllowedToHear(True, None, BOTH, (("s-4f2a", 1),)),
    ],
)
def test_another_permission_is_another_pipeline(microphone, now) -> None:
    one = microphone()
    until(lambda: one.thread.settled and one.pipelines)
    one.thread.allow(now)
    until(lambda: one.thread.settled and len(one.pipelines) == 2)
    assert one.pipelines[0].wiped
    assert one.thread.allowed == now
    one.thread.allow(now)
    assert one.thread.settled


def test_what_fails_is_told_and_tried_again(microphone) -> None:
    one = microphone()
    one.blocks.put(Block(SOUND, 10, broken=1))
    until(lambda: one.states() == [Hearing.GONE])
    until(lambda: len(one.pipelines) == 2)
    one.blocks.put(Block(SOUND, 20))
    until(lambda: one.states()[-1] is Hearing.OK)


def test_a_closed_microphone_ticks(microphone) -> None:
    one = microphone(AllowedToHear(False, None))
    until(lambda: any(isinstance(each, Tick) for each in one.seen))
    assert one.feeds == []
    assert one.pipelines == []
