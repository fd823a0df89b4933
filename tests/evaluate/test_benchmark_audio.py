"""Praat and librosa beside us: asked, understood, compared."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from ambient.errors import AmbientError, UsageError
from ambient.evaluate.benchmark_audio import _made, run
from ambient.evaluate.voice_signals import Talk, talk

ANSWERS = """echo '{"praat": "Praat 9", "librosa": "librosa 9"}'
while read -r line; do
case "$line" in
*'"values"'*) echo '{"t": [0.23, 0.26, 0.29, 0.32, 0.35, 0.38, 0.41, 0.44],'\
' "f0": [130, 130, 130, 130, 130, 130, 130, 0],'\
' "hnr": [12, 12, 12, 12, 12, 12, -200, 12],'\
' "cpp": [9, 9, 9, 9, 9, 9, null, 9]}' ;;
*'"praat"'*) echo '{"cpu_s": 50.0}' ;;
*) echo '{"cpu_s": 0.0}' ;;
esac
done"""


def _interpreter(folder: Path, script: str) -> Path:
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def _recordings(folder: Path, count: int) -> list[Path]:
    files = []
    for number in range(count):
        sound, _ = talk(Talk(4.0, phrases=(4,), pauses_s=(), f0=100.0 + 30 * number), number)
        files.append(folder / f"{number}.wav")
        soundfile.write(files[-1], sound, 16_000)
    return files


def test_sides_are_compared(tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    report = run(
        _recordings(tmp_path, 3),
        repeat=1,
        python=_interpreter(tmp_path, ANSWERS),
        progress=lambda done, all_: steps.append((done, all_)),
    )
    assert steps == [(n, 6) for n in range(1, 7)]
    assert (report.recordings, report.seconds, report.errors) == (3, 3.0, {})
    ours, praat, librosa = report.sides
    assert (ours.name, praat.name, librosa.name) == ("ambient", "Praat 9", "librosa 9")
    assert ours.to_ours == 1.0
    assert praat.core_s_per_s == pytest.approx(50.0)
    assert praat.to_ours == pytest.approx(50.0 / ours.core_s_per_s)
    f0, hnr, cpp = report.agreement
    assert f0.theirs == pytest.approx(12 * np.log2(130 / 27.5))
    assert (hnr.theirs, cpp.theirs) == (12.0, 9.0)
    # Praat said the same of every recording.
    assert f0.r is None


def test_recordings_that_say_nothing_are_left_out(tmp_path: Path) -> None:
    (good,) = _recordings(tmp_path, 1)
    soundfile.write(tmp_path / "short.wav", np.zeros(100), 16_000)
    missing = tmp_path / "missing.wav"
    python = _interpreter(tmp_path, ANSWERS)
    report = run([missing, tmp_path / "short.wav", good], repeat=1, python=python)
    assert report.recordings == 1
    assert set(report.errors) == {str(missing), str(tmp_path / "short.wav")}
    assert run([missing], repeat=1, python=python).sides == []


@pytest.mark.parametrize(
    ("script", "error", "message"),
    [
        ("echo out of luck >&2; exit 3", AmbientError, "code 3: out of luck"),
        (
            "echo \"ModuleNotFoundError: No module named 'parselmouth'\" >&2; exit 1",
            UsageError,
            "make setup-peers",
        ),
    ],
)
def test_peers_that_fail_are_an_error(
    tmp_path: Path, script: str, error: type[AmbientError], message: str
) -> None:
    with pytest.raises(error, match=message):
        run(_recordings(tmp_path, 1), repeat=1, python=_interpreter(tmp_path, script))


def test_without_recordings_speech_is_made() -> None:
    sounds = _made()
    assert len(sounds) == 8
    assert all(len(sound) > 4 * 16_000 for sound in sounds)
