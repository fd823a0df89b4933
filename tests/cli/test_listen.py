"""``ambient listen``: what other programs read, and what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from audio.speech import embedding, vad
from models.store import State, Store, locate
from tests.audio.alarms import smoke_alarm
from tests.audio.sources.kit import write


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
    if any(store.look(name).state is not State.OK for name in (vad.MODEL, embedding.MODEL)):
        pytest.skip("models are missing; run: ambient models pull")


@pytest.fixture(scope="module")
def alarm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("sound") / "alarm.wav", smoke_alarm(24.0))


def test_lines_of_json(alarm: Path) -> None:
    done = ambient("listen", str(alarm), "--json")
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(isinstance(line["t"], int) and line["type"] for line in lines)
    types = [line["type"] for line in lines]
    assert {"tick", "hearing", "sound", "distress.smoke_alarm"} <= set(types)
    sound = lines[types.index("sound")]
    assert (sound["sound"], sound["probability"] >= 0.5) == ("smoke_alarm", True)
    event = lines[types.index("distress.smoke_alarm")]
    assert event["kind"] == "distress.smoke_alarm"
    assert 4e9 < event["t"] < 20e9
    # The same sound says the same again.
    assert ambient("listen", str(alarm), "--json").stdout == done.stdout


def test_lines_of_text(alarm: Path) -> None:
    done = ambient("listen", str(alarm))
    assert done.returncode == 0, done.stderr
    assert "hearing: ok" in done.stdout
    assert "smoke_alarm" in done.stdout


@pytest.mark.parametrize(
    ("source", "code", "said"),
    [
        ("nothing.wav", 4, "expected a sound file, found none"),
        ("udp://u:secret@cam/stream", 4, "use the camera's RTSP address"),
        (__file__, 4, "expected"),
    ],
)
def test_misuse(tmp_path: Path, source: str, code: int, said: str) -> None:
    done = ambient("listen", source)
    assert (done.returncode, said in done.stderr, done.stdout) == (code, True, "")
    assert "secret" not in done.stderr
