"""The demonstration: raised, stored, acknowledged, and nothing left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import FAR_S

pytestmark = [
    pytest.mark.usefixtures("models"),
    pytest.mark.slow,
    pytest.mark.timeout(900),
]


def demo(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ambient", "demo", "--once", "--json", *more],
        capture_output=True,
        text=True,
        check=False,
        timeout=2 * FAR_S,
        env={**os.environ, "TMPDIR": str(folder)},
    )


def test_once(tmp_path: Path) -> None:
    done = demo(tmp_path)
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["ok"], done.stderr
    assert done.returncode == 0
    assert [step["name"] for step in report["steps"]] == [
        "hub started",
        "first user created and logged in",
        "node enrolled",
        "node started",
        "alarm raised and stored",
        "alarm acknowledged over the page's API",
        "node and hub stopped",
    ]
    assert all(step["seconds"] >= 0 for step in report["steps"])
    assert not list(tmp_path.iterdir())


def test_a_recording_that_is_none_fails_with_its_step(tmp_path: Path) -> None:
    done = demo(tmp_path, "--recording", str(tmp_path / "nothing.mp4"))
    assert done.returncode == 4
    assert "expected a video file, found none" in done.stderr
