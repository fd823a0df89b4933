"""What microphones cost: asked in a process of its own, and what goes wrong there is said."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ambient.errors import AmbientError, UsageError
from ambient.evaluate import benchmark_microphones
from ambient.evaluate.benchmark_microphones import run
from models import store

espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")


@pytest.mark.parametrize(("microphones", "seconds"), [(0, 1.0), (1, 0.0), (1, float("nan"))])
def test_nothing_to_measure(microphones: int, seconds: float) -> None:
    with pytest.raises(UsageError, match="expected a microphone and some seconds"):
        run(microphones, seconds)


def test_nobody_there_who_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark_microphones.shutil, "which", lambda _: None)
    with pytest.raises(UsageError, match="expected espeak-ng"):
        run(1, 1.0)


@espeak
def test_a_missing_model_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(store.ENVIRONMENT, str(tmp_path))
    with pytest.raises(AmbientError, match="expected the cost of 1 microphones, got an error: "):
        run(1, 1.0)


@espeak
@pytest.mark.slow
def test_two_microphones_are_weighed_together() -> None:
    found = run(2, 10.0)
    assert found.stretches > 0  # speech was told, so the networks ran
    assert found.speech.cores == pytest.approx(2 * found.speech.core_s, abs=2e-4)
    # What is asked only of speech is not asked of a quiet room.
    assert 0.0 < found.quiet.core_s < found.speech.core_s
    assert found.rss_mb > 30.0
