"""The machine's checks: what is found and how to mend it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ambient.bus import keys
from ambient.config import ModelsDir, NodeConfig, Room
from ambient.config_cameras import Camera
from ambient.doctor import examine, machine
from ambient.doctor.findings import Finding, Level, report
from ambient.node.running import hold_lock, is_running, worker_pids
from models.store import Store


def config(folder: Path, cameras: int = 1) -> NodeConfig:
    room = Room(id="r1", cameras=[Camera(id=f"c{n}", source="x") for n in range(cameras)])
    return NodeConfig(site="s", node="n", state_dir=folder, rooms=[room])


@pytest.mark.parametrize(
    ("swaps", "level"),
    [
        ("Filename Type Size Used Priority\n", Level.OK),
        ("Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n", Level.WARNING),
    ],
)
def test_swap(tmp_path: Path, swaps: str, level: Level) -> None:
    file = tmp_path / "swaps"
    file.write_text(swaps)
    assert [one.level for one in machine.swap(file)] == [level]
    assert [one.level for one in machine.swap(tmp_path / "none")] == [Level.NOTE]


@pytest.mark.parametrize(
    ("synchronised", "level"), [(True, "ok"), (False, "warning"), (None, "note")]
)
def test_clock(monkeypatch: pytest.MonkeyPatch, synchronised: bool | None, level: str) -> None:
    monkeypatch.setattr(machine, "clock_synchronised", lambda: synchronised)
    assert [one.level for one in machine.clock()] == [level]


def test_the_kernel_can_be_asked_about_the_clock() -> None:
    assert machine.clock_synchronised() in (True, False, None)


def test_keys(tmp_path: Path) -> None:
    loaded = config(tmp_path)
    assert [one.level for one in machine.keys(loaded)] == [Level.WARNING]
    keys.load_or_make(tmp_path / keys.NODE_KEY)
    assert [one.level for one in machine.keys(loaded)] == [Level.OK]
    (tmp_path / keys.NODE_KEY).chmod(0o644)
    assert [one.level for one in machine.keys(loaded)] == [Level.FAILED]


def test_a_node_that_runs_is_seen(tmp_path: Path) -> None:
    import os

    assert not is_running(tmp_path)
    held = hold_lock(tmp_path)
    assert is_running(tmp_path)
    assert worker_pids(tmp_path) == {}
    os.close(held)
    assert not is_running(tmp_path)


def test_separation_without_a_running_node_is_a_note(tmp_path: Path) -> None:
    assert [one.level for one in examine.separation(tmp_path, None)] == [Level.NOTE]


@pytest.mark.parametrize(
    ("levels", "ok"),
    [([], True), (["ok", "note", "warning"], True), (["ok", "failed"], False)],
)
def test_report(levels: list[str], ok: bool) -> None:
    assert report([Finding("x", Level(level), "y") for level in levels]).ok is ok


def with_models(folder: Path) -> NodeConfig:
    rooms = [Room(id="r1", cameras=[Camera(id="c1", source="x")])]
    return NodeConfig(site="s", node="n", models=ModelsDir(dir=folder), rooms=rooms)


@pytest.mark.parametrize("name", ["object_detector", "pose_detector"])
def test_a_missing_model_is_named(tmp_path: Path, name: str) -> None:
    loaded = with_models(tmp_path)
    (found,) = (one for one in machine.models(loaded) if name in one.check)
    spared = name == machine.SPARED
    assert found.level is (Level.WARNING if spared else Level.FAILED)
    assert ("goes on" in found.found) is spared
    assert found.mend == f"run: ambient models pull --dir {tmp_path}"


def test_a_damaged_object_detector_is_no_small_thing(tmp_path: Path) -> None:
    Store(tmp_path).home(machine.SPARED).mkdir(parents=True)
    loaded = with_models(tmp_path)
    (found,) = (one for one in machine.models(loaded) if machine.SPARED in one.check)
    assert found.level is Level.FAILED
