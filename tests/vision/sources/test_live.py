"""The newest frame of a camera that may go and come back, with captures made up at the seam."""

import queue
import threading
from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from ambient.errors import SourceError
from ambient.links import Backoff, Link
from tests.patience import PATIENCE_S, until
from vision.sources.base import Frame, Readable
from vision.sources.device import DeviceSource
from vision.sources.live import LatestFrame
from vision.sources.rtsp import RtspSource
from vision.sources.timing import EventClock

S = 1_000_000_000


class FakeCapture:
    """A camera whose grabs follow a script: a number of good ones, then none."""

    def __init__(self, *, opened: bool = True, good: int = 10**9, size: tuple[int, int] = (64, 48)):
        self.opened, self.good, self.size = opened, good, size
        self.grabs = self.retrieves = 0
        self.released = False

    def isOpened(self) -> bool:  # noqa: N802
        return self.opened

    def grab(self) -> bool:
        assert not self.released
        self.grabs += 1
        return self.grabs <= self.good

    def retrieve(self) -> tuple[bool, np.ndarray]:
        self.retrieves += 1
        return True, np.zeros((self.size[1], self.size[0]), np.uint8)

    def get(self, prop: int, /) -> float:
        return {
            cv2.CAP_PROP_FPS: 30.0,
            cv2.CAP_PROP_FRAME_WIDTH: self.size[0],
            cv2.CAP_PROP_FRAME_HEIGHT: self.size[1],
        }[prop]

    def release(self) -> None:
        self.released = True


class Ticking:
    """A clock that moves by a thirtieth of a second at every look."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        self.now += S // 30
        return self.now


def device(capture: FakeCapture, fps: float | None = None) -> DeviceSource:
    def factory(name: str, backend: int, properties: Sequence[int]) -> FakeCapture:
        assert (name, backend) == ("/dev/video0", cv2.CAP_V4L2)
        return capture

    return DeviceSource(
        "v4l2:0", fps=fps, clock=EventClock(100 * S), capture=factory, monotonic=Ticking()
    )


def test_device_frames_have_clock_time_and_are_bgr():
    source = device(FakeCapture())
    first, second = source.read(), source.read()
    assert first is not None
    assert second is not None
    assert first.t_ns == 100 * S + S // 30
    assert second.t_ns > first.t_ns
    assert first.image.shape == (48, 64, 3)
    assert source.live


def test_frames_not_wanted_are_not_converted():
    capture = FakeCapture()
    source = device(capture, fps=10)
    for _ in range(5):
        source.read()
    assert capture.retrieves == 5
    assert 12 <= capture.grabs <= 15


def test_a_clock_that_stands_still_is_pushed_on():
    source = DeviceSource(
        "v4l2:0",
        fps=None,
        clock=EventClock(0),
        capture=lambda *_: FakeCapture(),
        monotonic=lambda: 5,
    )
    times = [frame.t_ns for frame, _ in zip(source, range(3), strict=False)]
    assert times == [5, 6, 7]


def test_unplugged_device_says_so():
    source = device(FakeCapture(good=2))
    source.read()
    source.read()
    with pytest.raises(SourceError, match=r"/dev/video0: expected a frame.*plugged in"):
        source.read()


@pytest.mark.parametrize(
    ("capture", "says"),
    [
        (FakeCapture(opened=False), "found none"),
        (FakeCapture(size=(1, 1)), "got 1 × 1"),
        (FakeCapture(size=(0, 0)), "got 0 × 0"),
    ],
)
def test_device_that_cannot_be_used_is_let_go(capture, says):
    with pytest.raises(SourceError, match=says):
        device(capture)
    assert capture.released


def test_rtsp_refusal_names_no_password():
    with pytest.raises(SourceError) as caught:
        RtspSource(
            "rtsp://admin:secret@cam/x?pw=secret",
            fps=10,
            clock=EventClock(0),
            capture=lambda *_: FakeCapture(opened=False),
        )
    assert "secret" not in str(caught.value)
    assert "admin" not in str(caught.value)
    assert "rtsp://cam/" in str(caught.value)


class Scripted(Readable):
    """A live source fed by the test: frames, None for the end, or an error to raise."""

    live = True
    fps = 10.0

    def __init__(self) -> None:
        self.feed: queue.Queue[Frame | SourceError | None] = queue.Queue()
        self.closed = threading.Event()

    def read(self) -> Frame | None:
        item = self.feed.get()
        if isinstance(item, Exception):
            raise item
        return item

    def close(self) -> None:
        self.closed.set()


def frame(t: int) -> Frame:
    return Frame(np.zeros((16, 16, 3), np.uint8), t, t)


class Opener:
    """Opens one scripted source after another; tells the test of each."""

    def __init__(self) -> None:
        self.opened: queue.Queue[Scripted] = queue.Queue()
        self.all: list[Scripted] = []
        self.refuse: list[SourceError] = []

    def __call__(self) -> Scripted:
        if self.refuse:
            raise self.refuse.pop(0)
        source = Scripted()
        self.all.append(source)
        self.opened.put(source)
        return source

    def next(self) -> Scripted:
        return self.opened.get(timeout=PATIENCE_S)


@pytest.fixture
def opener():
    return Opener()


@pytest.fixture
def latest(opener):
    live = LatestFrame(opener, backoff=Backoff(first_s=0.0), luck=lambda: 0.0)
    yield live
    # Whatever the test left waiting must come back, or closing would wait for it.
    for source in opener.all:
        source.feed.put(None)
    live.close()


def test_slow_consumer_sees_the_newest_and_drops_are_counted(opener, latest):
    latest.start()
    latest.start()
    source = opener.next()
    for t in range(1, 6):
        source.feed.put(frame(t))
    source.feed.put(None)
    assert source.closed.wait(PATIENCE_S)
    seen = latest.read(PATIENCE_S)
    assert seen is not None
    assert seen.t_ns == 5
    assert latest.take_dropped() == 4
    assert latest.take_dropped() == 0
    assert latest.read(0.0) is None
    until(lambda: latest.state.link is Link.ENDED)


def test_lost_camera_is_opened_again(opener, latest):
    latest.start()
    source = opener.next()
    source.feed.put(frame(10))
    assert latest.read(PATIENCE_S) is not None
    assert latest.state.link is Link.CONNECTED
    opener.refuse = [SourceError("still away"), SourceError("still away")]
    source.feed.put(SourceError("unplugged"))
    again = opener.next()
    assert source.closed.is_set()
    assert opener.refuse == []
    assert latest.state.link is Link.GONE
    assert latest.state.reason == "still away"
    # Time never goes back, not even over a reconnect.
    again.feed.put(frame(9))
    again.feed.put(frame(11))
    seen = latest.read(PATIENCE_S)
    assert seen is not None
    assert seen.t_ns == 11
    assert latest.state.link is Link.CONNECTED
    again.feed.put(None)


def test_pause_closes_the_device_and_start_opens_it_again(opener, latest):
    assert latest.state.link is Link.CLOSED
    latest.start()
    source = opener.next()
    source.feed.put(frame(1))
    assert latest.read(PATIENCE_S) is not None
    # Two: one for the read that waits, one for the race with the stop.
    source.feed.put(frame(2))
    source.feed.put(frame(3))
    latest.close()
    assert source.closed.is_set()
    assert latest.state.link is Link.CLOSED
    assert latest.read(0.0) is None
    latest.close()
    latest.start()
    again = opener.next()
    again.feed.put(frame(4))
    seen = latest.read(PATIENCE_S)
    assert seen is not None
    assert seen.t_ns == 4
    again.feed.put(None)


def test_close_does_not_wait_for_the_next_try(opener):
    opener.refuse = [SourceError("away")] * 3
    live = LatestFrame(opener, backoff=Backoff(first_s=3600, most_s=3600), luck=lambda: 1.0)
    live.start()
    live.close()
    assert live.state.link is Link.CLOSED


def test_a_defect_reaches_the_reader():
    def broken() -> Scripted:
        raise ZeroDivisionError("a defect")

    live = LatestFrame(broken)
    live.start()
    with pytest.raises(ZeroDivisionError):
        live.read(PATIENCE_S)
    live.close()


def test_failures_in_a_row_wait_longer():
    waits: list[int] = []

    class Noting(Backoff):
        def delay(self, failures: int, luck: float) -> float:
            waits.append(failures)
            if len(waits) == 4:
                done.set()
                return 3600
            return 0.0

    done = threading.Event()
    opener = Opener()
    opener.refuse = [SourceError("away")] * 10
    live = LatestFrame(opener, backoff=Noting())
    live.start()
    assert done.wait(PATIENCE_S)
    live.close()
    assert waits == [1, 2, 3, 4]
