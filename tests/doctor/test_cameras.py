"""What the doctor says of a camera that sees nothing, by what was planned for the night."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from ambient.config import Camera, Night, NodeConfig, Room
from ambient.doctor import cameras
from ambient.doctor.findings import Level


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
