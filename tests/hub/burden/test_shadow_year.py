"""Shadow mode in simulated months: only recorded, counted alike, cords ring, and it ends."""

from __future__ import annotations

import pytest

from ambient.hub.alarms import restraint
from ambient.hub.alarms.kinds import AlarmKind
from tests.hub.burden.shadow_year import shadowed


def test_what_is_in_shadow_mode_is_recorded_alike_and_does_not_ring() -> None:
    found = shadowed(3, 80, 7)
    assert found.ok, found
    assert found.falls_recorded > 0


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        pytest.param("_shadow", lambda *_: None, id="never in shadow mode"),
        pytest.param("SHADOWABLE", frozenset(AlarmKind), id="cords too"),
    ],
)
def test_a_broken_rule_is_noticed(
    monkeypatch: pytest.MonkeyPatch, name: str, wrong: object
) -> None:
    monkeypatch.setattr(restraint, name, wrong)
    assert not shadowed(3, 80, 7).ok
