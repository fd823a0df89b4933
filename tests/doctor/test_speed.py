"""Whether a machine is fast enough for its cameras: measured, and what to do where it is not."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from ambient.config import ModelsDir, NodeConfig, Room
from ambient.config_cameras import Camera
from ambient.doctor import speed
from ambient.doctor.findings import Level
from ambient.errors import ModelError
from models.store import locate
from vision.objects.nanodet import MODEL


def config(folder: Path, cameras: int, fps: float = 10.0) -> NodeConfig:
    seen = [Camera(id=f"c{n}", source="x", fps=fps) for n in range(cameras)]
    return NodeConfig(site="s", node="n", state_dir=folder, rooms=[Room(id="r1", cameras=seen)])


@pytest.mark.parametrize(
    ("cores", "cameras", "fps", "level", "mend"),
    [
        (2, 10, 10.0, Level.WARNING, "5 such cores, or let this node have 4 cameras and another"),
        (2, 5, 10.0, Level.WARNING, "3 such cores, or set fps: 8 for each camera, or let this"),
        (2, 4, 10.0, Level.OK, ""),
        (2, 8, 5.0, Level.OK, ""),
        (1, 1, 30.0, Level.WARNING, "2 such cores, or set fps: 21 for each camera"),
        (2, 0, 10.0, Level.OK, ""),
    ],
)
def test_cores_are_enough_or_it_is_said_what_would_be(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    cores: int,
    cameras: int,
    fps: float,
    level: Level,
    mend: str,
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)))
    (found,) = speed.speed(config(tmp_path, cameras, fps), cost=lambda _: 0.04)
    assert found.level is level
    assert mend in found.mend
    assert bool(found.mend) == (level is not Level.OK)


def test_what_a_picture_costs_is_measured(tmp_path: Path) -> None:
    cost = speed.picture_cost(config(tmp_path, 1))
    assert 0.001 < cost < 1.0


def test_a_node_that_goes_on_without_its_detector_is_measured_so(tmp_path: Path) -> None:
    store = locate()
    models = tmp_path / "models"
    models.mkdir()
    for each in store.iterdir():
        if each.name != MODEL:
            (models / each.name).symlink_to(each)
    of = msgspec.structs.replace(config(tmp_path, 1), models=ModelsDir(dir=models))
    assert 0.001 < speed.picture_cost(of) < 1.0


def test_without_models_it_is_said_that_nothing_was_measured(tmp_path: Path) -> None:
    def missing(of: NodeConfig) -> float:
        raise ModelError("pose_landmarker_full.task: missing")

    (found,) = speed.speed(config(tmp_path, 3), cost=missing)
    assert found.level is Level.NOTE
    assert "could not be measured" in found.found


def test_an_empty_store_is_no_crash(tmp_path: Path) -> None:
    empty = NodeConfig(
        site="s",
        node="n",
        state_dir=tmp_path,
        models=ModelsDir(dir=tmp_path / "none"),
        rooms=[Room(id="r1", cameras=[Camera(id="c1", source="x")])],
    )
    assert [one.level for one in speed.speed(empty)] == [Level.NOTE]
