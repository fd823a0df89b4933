"""Batches go to the stage of their device, worn where the installer says."""

from __future__ import annotations

import numpy as np
import pytest

from ambient.observations import AnyObservation, MotionMeasured, Wear
from vitals.batches import Batches
from vitals.devices import Device, Signal
from vitals.readings import AccelerationRead, AnyReading, IntervalsRead, WaveRead

NS = 1_000_000_000


class Noting:
    def __init__(self, name: str, device: Device, wear: Wear) -> None:
        self.name, self.device, self.wear = name, device, wear
        self.took: list[Signal] = []

    def take(self, signal: Signal) -> list[AnyObservation]:
        self.took.append(signal)
        return []


class Made:
    def __init__(self) -> None:
        self.stages: list[Noting] = []
        self.batches = Batches(
            {"r1/w1": Wear.WRIST, "r1/w2": Wear.ELSEWHERE},
            motion=lambda device, wear: self.note("motion", device, wear),
            beats=lambda device, wear: self.note("beats", device, wear),
        )

    def note(self, name: str, device: Device, wear: Wear) -> Noting:
        self.stages.append(Noting(name, device, wear))
        return self.stages[-1]


def signal(source: str, reading: AnyReading, room: str = "r1") -> Signal:
    assert isinstance(reading, AccelerationRead | WaveRead | IntervalsRead)
    device = Device(source=source, room=room, subject=f"s-{source}")
    return Signal(device=device, reading=reading, t=5, received=6, offset_s=0.0, trusted=True)


MOVED = AccelerationRead(device="d", samples=np.zeros((2, 3), np.float32), rate=50, wear=Wear.WAIST)
WAVE = WaveRead(device="d", samples=np.zeros(2, np.float32), rate=100)
BEATS = IntervalsRead(device="d", seconds=(0.8,))


@pytest.mark.parametrize(
    ("source", "reading", "name", "wear"),
    [
        ("w1", MOVED, "motion", Wear.WRIST),
        ("w2", MOVED, "motion", Wear.WAIST),
        ("w3", MOVED, "motion", Wear.WAIST),
        ("w1", WAVE, "beats", Wear.WRIST),
        ("w3", BEATS, "beats", Wear.ELSEWHERE),
    ],
)
def test_which_stage(source: str, reading: AnyReading, name: str, wear: Wear) -> None:
    made = Made()
    made.batches.take(signal(source, reading))
    made.batches.take(signal(source, reading))
    (stage,) = made.stages
    assert (stage.name, stage.wear, len(stage.took)) == (name, wear, 2)


def test_what_is_forgotten_begins_anew() -> None:
    made = Made()
    for source, room in (("w1", "r1"), ("w2", "r1"), ("w1", "r2")):
        made.batches.take(signal(source, MOVED, room))
    made.batches.forget("s-w2")
    for source, room in (("w1", "r1"), ("w2", "r1"), ("w1", "r2")):
        made.batches.take(signal(source, MOVED, room))
    assert len(made.stages) == 4
    made.batches.leave("r1")
    for source, room in (("w1", "r1"), ("w2", "r1"), ("w1", "r2")):
        made.batches.take(signal(source, MOVED, room))
    assert len(made.stages) == 6


def test_the_real_stages_say_what_an_accelerometer_measures() -> None:
    batches = Batches({"r1/w1": Wear.WRIST})
    still = np.tile(np.asarray([0, 0, 1], np.float32), (50, 1))
    device = Device(source="w1", room="r1")
    found = []
    for second in range(1, 8):
        reading = AccelerationRead(device="d", samples=still, rate=50)
        t = second * NS
        found += batches.take(
            Signal(device=device, reading=reading, t=t, received=t, offset_s=0.0, trusted=True)
        )
    assert found
    assert all(isinstance(one, MotionMeasured) and one.wear is Wear.WRIST for one in found)
    assert batches.take(signal("w1", BEATS)) == []
