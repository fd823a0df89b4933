"""What the examination says of each microphone, as a table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ambient.config import Microphone, NodeConfig, Room
from ambient.doctor import microphones as module
from ambient.doctor.findings import Level
from ambient.events import Purpose
from tests.audio.rooms import quiet
from tests.audio.sources.kit import write

SOUNDS = {
    "room": quiet(3.0),
    "square": np.where(np.arange(48_000) // 40 % 2, 1.0, -1.0).astype(np.float32),
    "short": quiet(0.5),
}


def config(folder: Path, source: str, *, on: bool = True) -> NodeConfig:
    room = Room(
        id="r1", microphones=[Microphone(id="m1", source=source)], purposes={Purpose.SOUNDS: on}
    )
    return NodeConfig(site="s", node="n-1", state_dir=folder, rooms=[room])


def look(made: NodeConfig, *, running: bool = False):
    (found,) = module.microphones(made, running=running)
    assert found.check == "microphone r1/m1"
    return found


@pytest.mark.parametrize(
    ("sound", "level", "said"),
    [
        ("room", Level.OK, "room at -6"),
        ("square", Level.WARNING, "hearing clipped"),
        ("short", Level.WARNING, "too little"),
    ],
)
def test_what_it_hears(tmp_path: Path, monkeypatch, sound: str, level: Level, said: str) -> None:
    monkeypatch.setattr(
        "audio.sources.open_sound",
        lambda source, realtime, start_ns: opened(source),
    )
    from audio.sources.file import open_file

    def opened(source: str):
        return open_file(Path(source))

    found = look(config(tmp_path, str(write(tmp_path / "a.wav", SOUNDS[sound]))))
    assert (found.level, said in found.found) == (level, True), found
    assert (found.mend == "") is (level is Level.OK)


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    found = look(config(tmp_path, str(tmp_path / "none.wav")))
    assert (found.level, found.mend) == (Level.FAILED, "check the path")


def test_where_nobody_agreed_it_stays_closed(tmp_path: Path) -> None:
    found = look(config(tmp_path, str(tmp_path / "none.wav"), on=False))
    assert found.level is Level.NOTE
    assert "not opened" in found.found


def test_a_running_node_holds_its_microphone(tmp_path: Path) -> None:
    assert look(config(tmp_path, "mic:3"), running=True).level is Level.NOTE
