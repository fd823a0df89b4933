"""What the doctor says of a camera that sees nothing, by what was planned for the night."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from ambient.config import NodeConfig, Room
from ambient.config_cameras import Camera, Night
from ambient.doctor import cameras
from ambient.doctor.findings import Level
from ambient.evaluate.watching import Moment
from ambient.observations import KEYPOINTS, AnyObservation, BoxSeen, PoseSeen
from vision.sources import Frame

BODY = (0.4, 0.2, 0.6, 0.9)


def pose(track: int) -> PoseSeen:
    points = [(0.5, 0.5, 0.9)] * KEYPOINTS
    return PoseSeen(
        t=0, room="r1", source="c1", track=track, keypoints=points, box=BODY, score=0.9, aspect=1.0
    )


def box(track: int) -> BoxSeen:
    return BoxSeen(t=0, room="r1", source="c1", track=track, box=BODY, score=0.5, aspect=1.0)


@pytest.fixture(scope="module")
def dark(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dark")
    for number in range(3):
        noise = np.random.default_rng(number).integers(0, 12, (90, 160, 3), dtype=np.uint8)
        cv2.imwrite(str(folder / f"{number:03}.png"), noise)
    return folder


@pytest.mark.parametrize(
    ("night", "level", "said"),
    [
        (Night.NOT_WATCHED, Level.NOTE, "by plan"),
        (Night.LIGHT, Level.WARNING, "switch on a light"),
        (Night.INFRARED, Level.WARNING, "infrared"),
    ],
)
def test_a_dark_camera(dark: Path, night: Night, level: Level, said: str) -> None:
    camera = Camera(id="c1", source=str(dark), fps=10, night=night)
    config = NodeConfig(site="s", node="n-1", rooms=[Room(id="r1", cameras=[camera])])
    (finding,) = cameras.cameras(config, running=False)
    assert finding.level is level
    assert said in finding.mend


def test_a_camera_that_is_asked_for_too_few_pictures(tmp_path: Path) -> None:
    for number in range(3):
        noise = np.random.default_rng(number).integers(0, 255, (90, 160, 3), dtype=np.uint8)
        cv2.imwrite(str(tmp_path / f"{number:03}.png"), noise)
    camera = Camera(id="c1", source=str(tmp_path), fps=4)
    config = NodeConfig(site="s", node="n-1", rooms=[Room(id="r1", cameras=[camera])])
    (finding,) = cameras.cameras(config, running=False)
    assert finding.level is Level.WARNING
    assert "fps to 5" in finding.mend


@pytest.mark.parametrize(
    ("sights", "level", "said"),
    [
        ([], Level.WARNING, "0 at most; somebody in 0 of 3"),
        ([pose(1)], Level.OK, "1 at most; somebody in 3 of 3"),
        ([box(1)], Level.OK, "1 at most; somebody in 3 of 3"),
        ([pose(1), box(2)], Level.OK, "2 at most; somebody in 3 of 3"),
    ],
    ids=["nobody", "by pose", "by outline", "both"],
)
def test_people_count_however_they_are_seen(
    monkeypatch: pytest.MonkeyPatch, sights: list[AnyObservation], level: Level, said: str
) -> None:
    def watch(source: str, **options: object) -> Iterator[Moment]:
        frame = Frame(np.zeros((4, 4, 3), np.uint8), 0, 0)
        return iter([Moment(frame, sights, [])] * 3)

    monkeypatch.setattr(cameras.watching, "watch", watch)
    room = Room(id="r1", cameras=[Camera(id="c1", source="x")])
    (finding,) = cameras.walk_test(NodeConfig(site="s", node="n-1", rooms=[room]), "r1")
    assert finding.level is level
    assert finding.found.startswith(said)
