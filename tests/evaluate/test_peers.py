"""The peer beside us: found or not, asked and understood, compared."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ambient.errors import AmbientError, UsageError
from ambient.evaluate.manifest import Label
from ambient.evaluate.peer_runner import watch
from ambient.evaluate.peers import compare, find_python, run_peers, watched
from models import samples
from tests.evaluate.kit import outcome, row


class _Peer:
    """Counts frames, and alarms at those asked for."""

    def __init__(self, *alarms: int) -> None:
        self.times: list[float] = []
        self._alarms = alarms

    def process(self, frame: np.ndarray, timestamp: float) -> Any:
        assert frame.ndim == 3
        self.times.append(timestamp)
        return SimpleNamespace(new_fall_events=["fall"] * (len(self.times) - 1 in self._alarms))


def test_a_recording_is_given_at_the_peer_s_rate() -> None:
    peer = _Peer(2)
    alarms, end_s = watch(peer, str(samples.path("walk")), 8.0)
    steps = np.diff(peer.times)
    assert 0.0 < steps.min() <= steps.max() < 0.2
    assert np.mean(steps) == pytest.approx(1 / 8, rel=0.03)
    assert alarms == [round(peer.times[2], 3)]
    assert end_s == pytest.approx(101 / 12, abs=0.01)


def test_a_slow_recording_keeps_its_rate() -> None:
    peer = _Peer()
    watch(peer, str(samples.path("walk")), 100.0)
    assert len(peer.times) == 102


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    file = tmp_path / "clip.mp4"
    file.write_bytes(b"no video")
    with pytest.raises(ValueError, match="at least one frame"):
        watch(_Peer(), str(file), 8.0)


def _interpreter(folder: Path, script: str) -> Path:
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_answers_become_outcomes(tmp_path: Path) -> None:
    python = _interpreter(
        tmp_path,
        """while read -r line; do
case "$line" in
*broken*) echo '{"file": "broken", "error": "cannot be read"}' ;;
*) echo '{"file": "fall", "alarms": [3.5], "end_s": 5.0}' ;;
esac
done""",
    )
    fall, broken = watched(python, [row("fall", Label.FALL), row("broken", Label.FALL)])
    assert (fall.alarms, fall.suspected, fall.end_s, fall.fall_start_s) == ([3.5], [3.5], 5.0, 2.0)
    assert broken.error == "cannot be read"


def test_a_peer_that_dies_is_an_error(tmp_path: Path) -> None:
    python = _interpreter(tmp_path, "echo out of luck >&2; exit 3")
    with pytest.raises(AmbientError, match=r"expected 1 answers, .* code 3: out of luck"):
        list(watched(python, [row("fall", Label.FALL)]))


def test_a_missing_environment_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AMBIENT_PEERS", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="run: make setup-peers"):
        find_python()
    monkeypatch.setenv("AMBIENT_PEERS", str(tmp_path / "elsewhere"))
    with pytest.raises(UsageError, match="elsewhere/bin/python"):
        find_python()


def test_the_environment_is_found_from_a_folder_below(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AMBIENT_PEERS", raising=False)
    (tmp_path / ".venv-peers" / "bin").mkdir(parents=True)
    python = _interpreter(tmp_path / ".venv-peers" / "bin", "exit 0")
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    assert find_python() == python


def test_an_environment_without_the_peer_is_refused(tmp_path: Path) -> None:
    python = _interpreter(tmp_path, "exit 1")
    with pytest.raises(UsageError, match="expected an environment with neura-fall-detection"):
        run_peers(samples.manifest(), python=python)


def test_sides_are_counted_alike() -> None:
    rows = [row("a", Label.FALL), row("b", Label.FALL), row("c"), row("d", use="train")]
    ours = [
        outcome(rows[0], (9.0,), suspected=[3.0]),  # suspected in the recording, confirmed later
        outcome(rows[1], (5.0,), suspected=[4.0]),
        outcome(rows[2], (), suspected=[1.0]),
        outcome(rows[3]),
    ]
    theirs = [outcome(rows[0]), outcome(rows[1], (5.0,)), outcome(rows[2], (5.0,)), ours[3]]
    report = compare(rows, ours, theirs, "peer 1")
    counts = {
        side.name: (side.every.sensitivity.k, side.every.specificity.k)
        for side in (report.ours, report.ours_without_hold, report.ours_suspected, report.peer)
    }
    assert counts == {
        "ambient": (2, 2),
        "no hold": (1, 2),
        "suspected, no hold": (2, 1),
        "peer 1": (1, 1),
    }
    assert report.ours.bar.specificity.n == 1
    assert report.sensitivity_change.change == 0.5
    assert report.specificity_change.change == 0.5
