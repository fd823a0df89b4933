"""Every block of a source that may go and come back, with sources made up at the seam."""

import threading
from collections.abc import Callable, Iterator

import pytest

from ambient.errors import SourceError
from ambient.links import Backoff, Link, LinkState
from audio.blocks import RATE, SAMPLE_NS, Block
from audio.sources.base import SoundSource
from audio.sources.live import WAITING_S, LiveSound
from tests.audio.sources.kit import Scripted, block
from tests.patience import PATIENCE_S

GONE = SourceError("mic: expected sound, got none")


def opening(*sources: SoundSource | SourceError) -> Callable[[], SoundSource]:
    """Return what opens these one after the other, then waits for good."""
    left = iter(sources)

    def open_source() -> SoundSource:
        one = next(left, None)
        if one is None:
            raise SourceError("there is none any more")
        if isinstance(one, SourceError):
            raise one
        return one

    return open_source


@pytest.fixture
def run() -> Iterator[Callable[..., LiveSound]]:
    running: list[LiveSound] = []

    def start(*sources: SoundSource | SourceError) -> LiveSound:
        live = LiveSound(
            opening(*sources), backoff=Backoff(first_s=0.001, most_s=0.001), luck=lambda: 0.0
        )
        running.append(live)
        live.start()
        live.start()
        return live

    yield start
    for live in running:
        live.close()
        assert live.state == LinkState(Link.CLOSED)


def ends(live: LiveSound, count: int) -> list[tuple[int, int]]:
    got = [live.read(PATIENCE_S) for _ in range(count)]
    return [(one.t_ns // SAMPLE_NS, one.lost) for one in got if one is not None]


def test_blocks_come_in_order_and_a_recording_ends(run):
    source = Scripted([block(1600), block(3200), block(4800)])
    live = run(source)
    assert ends(live, 3) == [(1600, 0), (3200, 0), (4800, 0)]
    assert live.read(0.0) is None
    live._thread.join(PATIENCE_S)
    assert (live.state.link, source.closed) == (Link.ENDED, True)


def test_a_device_that_goes_and_comes_back(run):
    gone = Scripted([block(1600), block(3200)], GONE)
    live = run(gone, GONE, Scripted([block(80_000), block(81_600)]))
    assert ends(live, 4) == [(1600, 0), (3200, 0), (80_000, 75_200), (81_600, 0)]
    assert gone.closed


def test_a_device_that_is_gone_says_why(run):
    live = run(Scripted([block(1600)], GONE))
    assert live.read(PATIENCE_S) is not None
    with live._changed:
        assert live._changed.wait_for(lambda: live._state.link is Link.GONE, PATIENCE_S)
    assert "expected sound" in live.state.reason or "none any more" in live.state.reason


def test_nothing_goes_back_in_time(run):
    live = run(Scripted([block(3200), block(1600), block(3200), block(4800)]))
    assert ends(live, 2) == [(3200, 0), (4800, 3200)]


class Held(Scripted):
    """Gives its blocks at once, and sets a mark when it has."""

    def __init__(self, blocks: list[Block]) -> None:
        super().__init__(blocks)
        self.done = threading.Event()

    def read(self) -> Block | None:
        got = super().read()
        if got is None:
            self.done.set()
        return got


def test_a_consumer_that_falls_behind_loses_the_oldest_and_is_told(run):
    keeps = round(WAITING_S * RATE / 1600)
    source = Held([block(1600 * n) for n in range(1, keeps + 8)])
    live = run(source)
    assert source.done.wait(PATIENCE_S)
    got = ends(live, keeps)
    assert got[0] == (1600 * 8, 7 * 1600)
    assert got[-1] == (1600 * (keeps + 7), 0)


def test_what_is_no_source_error_reaches_the_reader(run):
    live = run(Scripted([block(1600)], ZeroDivisionError("a fault of ours")))
    assert live.read(PATIENCE_S) is not None
    with pytest.raises(ZeroDivisionError):
        live.read(PATIENCE_S)


def test_closing_forgets_what_was_heard():
    live = LiveSound(opening(Held([block(1600)])))
    live.start()
    live._thread.join(PATIENCE_S)
    live.close()
    assert live.read(0.0) is None
