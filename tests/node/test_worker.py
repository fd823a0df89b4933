"""A worker process: what it asks of the system before it begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from ambient.events import Worker
from ambient.node import worker as module


@pytest.mark.parametrize(
    ("worker", "behind"),
    [
        (Worker.VISION, 10),
        (Worker.AUDIO, 10),
        (Worker.GATEWAYS, 0),
        (Worker.FUSION, 0),
        (Worker.AGENT, 0),
    ],
)
def test_no_alarm_waits_for_who_looks_and_listens(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, worker: Worker, behind: int
) -> None:
    asked: list[int] = []
    for name in ("set_up_log", "die_with_parent", "leave_no_trace", "StopSignal"):
        monkeypatch.setattr(module, name, lambda *_: None)
    monkeypatch.setattr(module.os, "umask", lambda _: 0)
    monkeypatch.setattr(module.os, "nice", asked.append)
    assert module.main([worker, "--config", str(tmp_path / "missing.yaml")]) != 0
    assert asked == [behind]
