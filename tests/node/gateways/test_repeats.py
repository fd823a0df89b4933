"""What comes to fusion twice is dropped; what only looks alike is not."""

from __future__ import annotations

import msgspec
import pytest

from ambient.node.gateways import repeats
from ambient.node.gateways.repeats import Repeats
from ambient.observations import AnyObservation, SensorKind, SensorSeen, Tick, VitalMeasured
from tests.node.gateways.kit import NS, START

PULSE = VitalMeasured(
    t=START,
    room="r1",
    source="w1",
    received=START + NS,
    offset_s=12.25,
    code="8867-4",
    value=72.0,
    unit="/min",
)


@pytest.mark.parametrize(
    ("change", "again"),
    [
        ({}, True),
        ({"received": START + 9 * NS}, True),
        # The same by the device's clock, whose offset the next process estimates anew.
        ({"t": START + 3 * NS, "offset_s": 15.25, "received": START + 9 * NS}, True),
        ({"value": 73.0}, False),
        ({"t": START + 1_000_000}, False),
        ({"source": "w2"}, False),
        ({"room": "r2"}, False),
        ({"code": "8889-8"}, False),
    ],
)
def test_a_repeat(change: dict[str, object], again: bool) -> None:
    other = msgspec.structs.replace(PULSE, **change)
    one = Repeats()
    assert one.without([PULSE, other]) == ([PULSE] if again else [PULSE, other])
    assert one.dropped == int(again)


def test_a_door_that_opens_twice_and_time_itself_are_no_repeats() -> None:
    door = SensorSeen(t=START, room="r1", source="d", received=START, kind=SensorKind.DOOR, on=True)
    later = msgspec.structs.replace(door, t=START + NS, received=START + NS)
    tick = Tick(t=START, room="r1", source="mqtt")
    given: list[AnyObservation] = [door, tick, tick, later]
    assert Repeats().without(given) == given


def test_it_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "REMEMBERED", 10)
    one = Repeats()
    many = [msgspec.structs.replace(PULSE, value=float(n)) for n in range(100)]
    assert one.without(many) == many
    assert one.without(many[-10:]) == []
    assert one.without(many[:1]) == many[:1]
