"""How a network of the store is opened: from what was compiled before, also the first time."""

from __future__ import annotations

from pathlib import Path

import pytest

from audio.speech import network, vad
from models import store

SHAPES = ((1, 576), (2, 1, 128), (1, 1), (2, 1, 128))


@pytest.mark.parametrize("writable", [True, False])
def test_the_first_opening_holds_no_more_than_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writable: bool
) -> None:
    there = store.Store(store.locate())
    if there.look(vad.MODEL).state is not store.State.OK:
        pytest.skip(f"model {vad.MODEL} isn't here, run: ambient models pull")
    folder = tmp_path / "compiled"
    if not writable:
        folder.write_text("")
    monkeypatch.setattr(store, "compiled", lambda: folder)
    opened = network.opened.__wrapped__
    for _ in range(2):
        compiled = opened(there.path(vad.MODEL), SHAPES, full_precision=True)
        assert compiled.get_property("LOADED_FROM_CACHE") is writable
