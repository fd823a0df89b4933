"""One camera: closed really before it is said, opened again, `t` never back."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable

import numpy as np
import pytest

from ambient.config_cameras import Camera
from ambient.links import Link, LinkState
from ambient.node.camera_thread import CameraThread
from ambient.node.clock import NodeClock
from ambient.node.switches import Allowed
from ambient.observations import AnyObservation, Dropped, Tick, View, ViewState
from tests.patience import PATIENCE_S, until
from vision.learned import Learned
from vision.sources.base import Frame
from vision.usual import UsualView

IMAGE = np.zeros((36, 64, 3), np.uint8)
OPEN = Allowed(True, None)


class Feed:
    """Stands for `LatestFrame`: frames from a queue, and a device that is open or not."""

    def __init__(self, frames: queue.Queue[Frame]) -> None:
        self.frames = frames
        self.device_open = False
        self.may_close = threading.Event()
        self.may_close.set()
        self.dropped = 0

    @property
    def state(self) -> LinkState:
        return LinkState(Link.CONNECTED if self.device_open else Link.CLOSED)

    def start(self) -> None:
        self.device_open = True

    def close(self) -> None:
        assert self.may_close.wait(PATIENCE_S)
        self.device_open = False

    def read(self, timeout_s: float) -> Frame | None:
        try:
            return self.frames.get(timeout=min(timeout_s, 0.02))
        except queue.Empty:
            return None

    def take_dropped(self) -> int:
        dropped, self.dropped = self.dropped, 0
        return dropped


class Pipeline:
    """Says the time of what it was given."""

    picture: np.ndarray | None = None

    def __init__(self, known: Learned | None) -> None:
        self.known = known
        self.learned = Learned(UsualView(), None, None)

    def hand_on(self) -> Learned:
        return self.learned

    def process(self, image: np.ndarray, t_ns: int) -> list[AnyObservation]:
        if image.shape[0] == 1:
            raise ValueError("a picture that nobody foresaw")
        self.picture = image
        return [ViewState(t=t_ns, room="r1", source="c1", view=View.OK)]

    def silence(self, t_ns: int) -> list[AnyObservation]:
        return []

    def forget_picture(self) -> None:
        self.picture = None


class Camera1:
    """A camera thread with everything around it replaced."""

    def __init__(
        self, start: Allowed, before: Callable[[CameraThread], None] = lambda _: None
    ) -> None:
        self.frames: queue.Queue[Frame] = queue.Queue()
        self.feeds: list[Feed] = []
        self.seen: list[AnyObservation] = []
        self.open_when_said: list[bool] = []
        self.pipelines: list[Pipeline] = []
        self.shown: np.ndarray | None = None
        self.kept_when_said: list[bool] = []
        self.closed_sender = threading.Event()
        self.thread = CameraThread(
            "r1",
            Camera(id="c1", source="x"),
            NodeClock(0),
            start,
            open_feed=self._feed,  # type: ignore[arg-type]
            open_pipeline=self._pipeline,
            open_sender=lambda: (self._emit, self.closed_sender.set),
            show=lambda image, now: self._show(image),
            hide=lambda: self._show(None),
        )
        before(self.thread)
        self.thread.start()

    def _feed(self) -> Feed:
        self.feeds.append(Feed(self.frames))
        return self.feeds[-1]

    def _pipeline(self, known: Learned | None) -> Pipeline:
        self.pipelines.append(Pipeline(known))
        return self.pipelines[-1]

    def _show(self, image: np.ndarray | None) -> None:
        self.shown = image

    def _emit(self, observation: AnyObservation) -> bool:
        if isinstance(observation, ViewState) and observation.view in (View.PAUSED, View.OFF):
            self.open_when_said.append(any(feed.device_open for feed in self.feeds))
            kept = [self.shown, *(each.picture for each in self.pipelines)]
            self.kept_when_said.append(any(picture is not None for picture in kept))
        self.seen.append(observation)
        return True

    def views(self) -> list[View]:
        return [one.view for one in self.seen if isinstance(one, ViewState)]


@pytest.fixture
def camera():
    made: list[Camera1] = []

    def make(start: Allowed = OPEN, **more: Callable[[CameraThread], None]) -> Camera1:
        made.append(Camera1(start, **more))
        return made[-1]

    yield make
    for one in made:
        one.thread.stop()
        one.thread.join(PATIENCE_S)
        assert one.closed_sender.is_set()


def test_it_watches_then_closes_for_a_pause_then_watches_again(camera) -> None:
    one = camera()
    one.frames.put(Frame(IMAGE, 10, 0))
    until(lambda: one.views() == [View.OK])
    one.feeds[0].may_close.clear()
    one.thread.allow(Allowed(True, 10**18))
    assert not one.thread.settled
    one.feeds[0].may_close.set()
    until(lambda: one.thread.settled)
    assert not one.feeds[0].device_open
    until(lambda: View.PAUSED in one.views())
    one.thread.allow(OPEN)
    until(lambda: one.thread.settled)
    one.frames.put(Frame(IMAGE, time.monotonic_ns(), 1))
    until(lambda: one.views()[-1] is View.OK)
    assert one.open_when_said == [False]
    assert (len(one.feeds), len(one.pipelines)) == (2, 2)


@pytest.mark.parametrize(
    "closed", [[Allowed(True, 10**18)], [Allowed(False, None)], [Allowed(True, 10**18)] * 2]
)
def test_what_was_learned_of_the_room_outlives_a_pause_and_not_the_consent(
    camera, closed: list[Allowed]
) -> None:
    one = camera()
    for times, rest in enumerate(closed):
        until(lambda times=times: len(one.pipelines) == times + 1)
        one.thread.allow(rest)
        until(lambda: one.thread.settled)
        one.thread.allow(OPEN)
    until(lambda: len(one.pipelines) == len(closed) + 1)
    ended = zip(closed, one.pipelines[:-1], strict=True)
    goes_on = [last.learned if each.on else None for each, last in ended]
    assert [each.known for each in one.pipelines] == [None, *goes_on]


def test_off_and_on_again_before_the_camera_closed_is_off_all_the_same(camera) -> None:
    one = camera()
    until(lambda: one.feeds and one.feeds[0].device_open)
    one.feeds[0].may_close.clear()
    one.thread.allow(Allowed(False, None))
    one.thread.allow(OPEN)
    one.feeds[0].may_close.set()
    until(lambda: len(one.pipelines) == 2)
    assert one.pipelines[1].known is None


def test_a_pipeline_that_failed_hands_nothing_on(camera) -> None:
    one = camera()
    one.frames.put(Frame(np.zeros((1, 1, 3), np.uint8), 10, 0))
    until(lambda: len(one.pipelines) == 2)
    assert one.pipelines[1].known is None


@pytest.mark.parametrize("closed", [Allowed(True, 10**18), Allowed(False, None)])
def test_no_picture_is_left_when_the_camera_is_said_to_be_closed(camera, closed: Allowed) -> None:
    one = camera()
    one.frames.put(Frame(IMAGE, 10, 0))
    until(lambda: one.shown is not None)
    assert one.pipelines[0].picture is not None
    one.thread.allow(closed)
    until(lambda: one.kept_when_said)
    assert one.kept_when_said == [False]


def test_a_pause_says_until_when_and_off_does_not(camera) -> None:
    paused, off = camera(Allowed(True, 10**18)), camera(Allowed(False, 10**18))
    until(lambda: paused.views() and off.views())
    said = [next(s for s in one.seen if isinstance(s, ViewState)) for one in (paused, off)]
    assert [(s.view, s.until) for s in said] == [(View.PAUSED, 10**18), (View.OFF, None)]
    assert not paused.feeds
    assert not off.feeds


def test_ticks_come_whether_it_is_open_or_closed(camera) -> None:
    for one in (camera(), camera(Allowed(False, None))):
        until(lambda one=one: any(isinstance(s, Tick) for s in one.seen))


def test_dropped_frames_are_told(camera) -> None:
    one = camera()
    until(lambda: one.feeds)
    one.feeds[0].dropped = 7
    one.thread._tick_at = 0.0
    until(lambda: any(isinstance(s, Dropped) and s.frames == 7 for s in one.seen))


def test_time_never_goes_back(camera) -> None:
    one = camera()
    for t in (50, 40, 50, 10**17, 10**17 - 1):
        one.frames.put(Frame(IMAGE, t, 0))
    until(lambda: len(one.views()) == 5)
    times = [s.t for s in one.seen]
    assert times == sorted(set(times))


def test_a_failure_is_told_and_tried_again(camera) -> None:
    one = camera()
    one.frames.put(Frame(IMAGE[:1], 10, 0))
    until(lambda: View.GONE in one.views())
    one.frames.put(Frame(IMAGE, 20, 1))
    until(lambda: one.views()[-1] is View.OK)
    assert one.thread.is_alive()
    assert not one.feeds[0].device_open


def test_told_to_stop_as_it_takes_up_what_is_allowed_it_ends(camera) -> None:
    def stops_as_it_looks(thread: CameraThread) -> None:
        clear = thread._news.clear

        def late() -> None:
            thread.stop()
            clear()

        thread._news.clear = late

    one = camera(before=stops_as_it_looks)
    one.thread.join(PATIENCE_S)
    assert not one.thread.is_alive()
    assert one.feeds == []
