"""``ambient watch``: what other programs read, and that no picture is ever written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from ambient.errors import UsageError
from ambient.evaluate import drawing
from ambient.observations import Place, PoseSeen, Posture, PostureSeen
from models.samples import path
from models.store import State, Store, locate


def ambient(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ambient", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(scope="module", autouse=True)
def models() -> None:
    store = Store(locate(None))
    if any(store.look(name).state is not State.OK for name in store.catalogue.defaults()):
        pytest.skip("models are missing; run: ambient models pull")


def test_lines_of_json_and_a_skeleton_on_a_blank_canvas(tmp_path: Path) -> None:
    picture = tmp_path / "skeleton.png"
    done = ambient("watch", str(path("fall")), "--json", "--draw", str(picture))
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(isinstance(line["t"], int) and line["type"] for line in lines)
    types = [line["type"] for line in lines]
    assert {"tick", "pose", "posture", "view", "fall.suspected", "fall.confirmed"} <= set(types)
    first = lines[types.index("pose")]
    assert isinstance(first["track"], int)
    assert [len(point) for point in first["keypoints"]] == [3] * 33
    assert min(line["t"] for line in lines) == 0
    fall = lines[types.index("fall.confirmed")]
    assert fall["kind"] == "fall.confirmed"
    assert 4e9 < fall["t"] < 15e9
    drawn = cv2.imread(str(picture))
    assert drawn is not None
    background = np.array(drawing._PAPER)
    share = float((np.abs(drawn.astype(int) - background).max(axis=2) < 4).mean())
    assert share > 0.85


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("nothing.mp4",), 4, "expected a video file, found none"),
        (("http://camera/stream",), 4, "use the camera's RTSP address"),
        (("SAMPLE", "--draw", "out.mp4", "--show-image"), 2, "never written"),
        (("SAMPLE", "--show-image"), 2, "expected --draw WINDOW"),
        (("SAMPLE", "--draw", "out.gif"), 2, "expected a file .mp4 or .png"),
        (("SAMPLE", "--engine", "yolo"), 2, "yolo"),
    ],
)
def test_misuse(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    sample = str(path("fall"))
    done = ambient("watch", *[sample if word == "SAMPLE" else word for word in arguments])
    assert done.returncode == code, done.stderr
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "found none"),
        ({"DISPLAY": "other-machine:0"}, "this machine's own screen"),
        ({"DISPLAY": "localhost:10.0"}, "this machine's own screen"),
        ({"DISPLAY": ":0", "SSH_CONNECTION": "a b"}, "this machine's own screen"),
        ({"WAYLAND_DISPLAY": "w", "SSH_CONNECTION": "a b"}, "found none"),
    ],
)
def test_a_window_elsewhere_is_refused(environment: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        drawing.check_screen(environment)


@pytest.mark.parametrize("environment", [{"DISPLAY": ":0"}, {"WAYLAND_DISPLAY": "wayland-0"}])
def test_a_window_here_is_fine(environment: dict[str, str]) -> None:
    drawing.check_screen(environment)


def test_the_canvas_shows_nothing_of_the_picture_unless_asked() -> None:
    image = np.random.default_rng(1).integers(0, 255, (90, 160, 3), np.uint8)
    common = {"t": 1, "room": "r", "source": "c", "track": 1}
    points = [(0.3 + i / 100, 0.2 + i / 60, 1.0) for i in range(33)]
    seen = [
        PoseSeen(keypoints=points, box=(0.3, 0.2, 0.6, 0.7), score=1.0, aspect=1.8, **common),
        PostureSeen(
            posture=Posture.FALLEN,
            probability=0.9,
            down=0.9,
            upright=0.0,
            place=Place.FLOOR,
            **common,
        ),
    ]
    blank = drawing.Canvas()
    first = blank.draw(image, seen)
    assert blank.people == 1
    assert np.array_equal(first, blank.draw(255 - image, seen))
    over = drawing.Canvas(show_image=True).draw(image, seen)
    assert (over == image).mean() > 0.5
