"""SIGKILL of agent and hub while events flow: every row at the hub once, every chain in order."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.bus.killing import torment


def test_every_row_is_stored_once_and_in_order(tmp_path: Path) -> None:
    rows, stored = torment(tmp_path / "house", kills=6, seed=7)
    assert rows > 0
    assert len(stored) == rows
    assert max(Counter(stored).values()) == 1
    positions: dict[str, list[int]] = {}
    for chain, position in stored:
        positions.setdefault(chain, []).append(position)
    assert all(found == [0, 1, 2, 3] for found in positions.values())
