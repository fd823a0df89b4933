"""What the sensing processes answer the wizard: edges, levels, lines; a picture if agreed."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest

from ambient.node.wizard import agreed, sockets
from ambient.node.wizard.eyes import WANTED_S, Eyes
from ambient.node.wizard.looks import Levels, LevelWanted, LookWanted, Outlined
from ambient.node.wizard.loudness import Loudness
from ambient.node.wizard.sockets import Answerer, Listening, Tap
from ambient.node.wizard.watcher import FRESH_NS, Watcher
from ambient.observations import PoseSeen, Tick, View, ViewState
from audio.blocks import RATE, Block

NS = 1_000_000_000


@pytest.fixture
def run_dir() -> Iterator[Path]:
    """A short path: sockets have short names."""
    with tempfile.TemporaryDirectory(prefix="w-") as folder:
        yield Path(folder)


def picture() -> np.ndarray:
    """A room with something in it."""
    image = np.full((360, 640, 3), 90, np.uint8)
    cv2.rectangle(image, (200, 150), (560, 320), (200, 210, 220), -1)
    return image


def look(eyes: Eyes, *, camera: str = "c1", still: bool = False) -> Outlined:
    question = msgspec.msgpack.encode(LookWanted(room="r12", camera=camera, still=still))
    return msgspec.msgpack.decode(eyes.answer(question), type=Outlined)


class Clocks:
    """The node's time (ns) and the steady one (s), moved by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = 50.0
        monkeypatch.setattr("ambient.node.wizard.eyes.time.monotonic", lambda: self.at)

    def now(self) -> int:
        return round(self.at * NS)


def test_an_outline_is_gathered_only_while_somebody_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clocks = Clocks(monkeypatch)
    eyes = Eyes(tmp_path, clocks.now, [("r12", "c1")])
    camera = eyes.cameras["r12", "c1"]
    camera.offer(picture(), clocks.at)
    assert look(eyes).pictures == 0, "nobody had asked"
    for _ in range(10):
        camera.offer(picture(), clocks.at)
        clocks.at += 0.25
    found = look(eyes)
    assert (found.pictures, found.still) == (5, b"")
    assert found.aspect == pytest.approx(640 / 360)
    assert len(found.strokes) > 0
    assert all(0 <= x <= 1 and 0 <= y <= 1 for stroke in found.strokes for x, y in stroke)
    clocks.at += WANTED_S
    camera.offer(picture(), clocks.at)
    assert look(eyes).pictures == 0, "it was forgotten"
    assert look(eyes, camera="c9").pictures == 0


def test_the_process_that_holds_the_frames_gives_none_without_an_agreement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clocks = Clocks(monkeypatch)
    eyes = Eyes(tmp_path, clocks.now, [("r12", "c1")])

    def asked() -> bytes:
        look(eyes, still=True)
        clocks.at += 1
        eyes.cameras["r12", "c1"].offer(picture(), clocks.at)
        return look(eyes, still=True).still

    assert asked() == b""
    agreed.agree(tmp_path, "r12", "c2", 60, clocks.now())
    assert asked() == b"", "another camera"
    agreed.agree(tmp_path, "r12", "c1", 60, clocks.now())
    assert asked()[:3] == b"\xff\xd8\xff"
    assert look(eyes).still == b"", "not asked for"
    clocks.at += 60
    assert asked() == b"", "it is over"


def test_nothing_that_was_seen_before_a_pause_is_shown_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clocks = Clocks(monkeypatch)
    eyes = Eyes(tmp_path, clocks.now, [("r12", "c1")])
    camera = eyes.cameras["r12", "c1"]
    agreed.agree(tmp_path, "r12", "c1", 60, clocks.now())
    look(eyes, still=True)
    camera.offer(picture(), clocks.at)
    assert look(eyes, still=True).still
    camera.close()
    assert look(eyes, still=True) == Outlined(pictures=0)


@pytest.mark.parametrize("garbage", [b"", b"\xc1", msgspec.msgpack.encode({"room": "r12"})])
def test_what_is_no_question_is_answered_with_nothing(run_dir: Path, garbage: bytes) -> None:
    eyes = Eyes(run_dir, lambda: 0, [("r12", "c1")])
    with pytest.raises(msgspec.MsgspecError):
        eyes.answer(garbage)


def test_a_tap_gives_to_whoever_listens_and_to_nobody_else(run_dir: Path) -> None:
    tick = Tick(t=1, room="r12", source="c1")
    with Tap(run_dir) as tap:
        tap.give([tick])
        with Listening(run_dir) as listening:
            found: list[object] = []
            for _ in range(100):
                tap.give([tick])
                found += listening.receive(0.05)
                if found:
                    break
            assert found[0] == tick
        assert oct((run_dir / "tap.control").stat().st_mode)[-3:] == "600"


def test_nobody_answers_where_no_process_is(run_dir: Path) -> None:
    assert sockets.ask(run_dir, sockets.LOOK, b"x", 0.05) is None
    with Answerer(run_dir, sockets.LOOK, lambda question: question):
        pass


def test_levels_are_peaks_by_the_tenth_of_a_second() -> None:
    loudness = Loudness([("r12", "m1")])

    def levels() -> list[float]:
        question = msgspec.msgpack.encode(LevelWanted(room="r12", since=0))
        found = msgspec.msgpack.decode(loudness.answer(question), type=Levels)
        return [round(one.peak) for one in found.levels]

    microphone = loudness.microphones["r12", "m1"]
    block = RATE // 50

    def hear(peak: float, first: int, last: int) -> None:
        for i in range(first, last):
            samples = np.full(block, peak, np.float32)
            microphone.offer(Block(samples=samples, t_ns=(i + 1) * NS // 50), microphone_now)

    microphone_now = 0.0
    hear(0.5, 0, 20)
    assert levels() == [], "nobody had asked"
    microphone_now = time.monotonic()
    hear(0.001, 20, 30)
    hear(1.0, 30, 31)
    hear(0.0, 31, 60)
    found = levels()
    assert found[0] == -60
    assert found.count(0) == 1
    assert found[-1] == -100


def pose(t: int, track: int = 1, camera: str = "c1") -> PoseSeen:
    return PoseSeen(
        t=t,
        room="r12",
        source=camera,
        track=track,
        keypoints=[(0.5, 0.5, 0.9 if i < 25 else 0.1) for i in range(33)],
        box=(0, 0, 1, 1),
        score=0.9,
        aspect=1.5,
    )


def test_people_are_lines_between_joints_that_are_seen_and_go_when_they_are_old() -> None:
    watcher = Watcher()
    watcher.take([pose(0, track=1), pose(FRESH_NS + 1, track=2, camera="c2")])
    (person,) = watcher.people("r12")
    assert (person.camera, person.track) == ("c2", 2)
    assert len(person.lines) == 10, "the legs are hidden"
    assert watcher.people("r13") == []


def test_the_state_that_held_before_comes_first() -> None:
    watcher = Watcher()
    view = ViewState(t=1, room="r12", source="c1", view=View.DARK)
    watcher.take([view, *(pose(t * NS) for t in range(400))])
    found = watcher.between("r12", 390 * NS, 392 * NS)
    assert found == [view, pose(390 * NS), pose(391 * NS), pose(392 * NS)]
    assert watcher.between("r12", 0, 10 * NS) == [], "older than three minutes"
    assert watcher.views("r12") == {"c1": "dark"}
