"""What comes first after a restart, however old it is: time goes on, and nothing old is of now."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ambient.events import AnyEvent, kind_of
from ambient.observations import (
    AnyObservation,
    ImpactMeasured,
    MotionMeasured,
    SensorKind,
    SensorSeen,
    Tick,
    Wear,
)
from fusion.judge import Judge
from fusion.watermark import NODE_SOURCE, Timeline
from tests.fusion.situations.homes import SINGLE
from tests.fusion.situations.kit import KEY, installed

NS = 1_000_000_000
START = 1_800_000_000 * NS
OFF, ON = 60, 240
"""Seconds of the power cut."""


def at(second: float) -> int:
    return START + round(second * NS)


def ticks(begin: int, end: int) -> list[AnyObservation]:
    names = (NODE_SOURCE, "c1", "m1")
    return [Tick(t=at(s), room="r12", source=n) for s in range(begin, end) for n in names]


def motion(second: float) -> AnyObservation:
    return MotionMeasured(
        t=at(second), received=at(ON), room="r12", source="w1", subject="s-aaaa", wear=Wear.WRIST,
        counts=0.01, peak=1.0, lowest=1.0, gravity=(0.0, 0.0, 1.0),
    )  # fmt: skip


def impact(second: float) -> AnyObservation:
    return ImpactMeasured(
        t=at(second), received=at(ON), room="r12", source="w1", subject="s-aaaa", wear=Wear.WRIST,
        impact=at(second - 10), fall=0.99, still=0.9, turned=80.0,
    )  # fmt: skip


def cord(second: float) -> AnyObservation:
    return SensorSeen(
        t=at(second), received=at(ON), room="r12", source="cord", kind=SensorKind.CORD, on=True
    )


def told(first: list[AnyObservation], folder: Path, *, kept: bool = True) -> list[AnyEvent]:
    """Return what is told after a power cut when `first` comes before the node's own tick."""
    config = installed(SINGLE, folder)
    before, after = Judge(config, KEY, zone=config.zone), Judge(config, KEY, zone=config.zone)
    for each in ticks(0, OFF) if kept else ():
        before.observe(each)
    after.restore(before.state(), now=at(ON))
    come = [*first, *ticks(ON, ON + 50)]
    return [event for each in come for event in after.observe(each)]


LONG_AGO = -6_800.0
"""Older than what opens a situation, or rings."""
OLD: dict[str, Callable[[float], AnyObservation]] = {
    "motion": motion,
    "impact": impact,
    "cord": cord,
}


@pytest.mark.parametrize("kept", [True, False], ids=["restart", "first start"])
@pytest.mark.parametrize("what", OLD)
def test_what_is_long_over_neither_rings_nor_makes_anybody_silent(
    what: str, kept: bool, tmp_path: Path
) -> None:
    assert told([OLD[what](LONG_AGO)], tmp_path, kept=kept) == []


def test_what_was_measured_during_the_cut_makes_nobody_silent(tmp_path: Path) -> None:
    assert told([motion(OFF + 20), motion(OFF + 40)], tmp_path) == []


@pytest.mark.parametrize("second", [OFF - 30, OFF + 30, ON - 2])
def test_a_cord_of_the_cut_rings(second: int, tmp_path: Path) -> None:
    events = told([cord(second)], tmp_path)
    assert {kind_of(event) for event in events} == {"distress.cord"}
    assert min(event.t for event in events) >= at(OFF - 1)


def test_no_event_is_older_than_those_before_it(tmp_path: Path) -> None:
    first = [impact(OFF - 40), *(motion(OFF - 40 + k) for k in range(80))]
    events = told(first, tmp_path)
    assert "fall.confirmed" in {kind_of(event) for event in events}
    assert min(event.t for event in events) >= at(OFF - 1)


def test_what_a_sense_saw_while_fusion_hung_comes_in_its_time() -> None:
    timeline = Timeline(("c1",))
    timeline.go_on(at(0), at(30))
    got = timeline.push(motion(20))
    for second in (1, 2, 19, 25, 30):
        got += timeline.push(Tick(t=at(second), room="r12", source="c1"))
    assert [(one.t - START) // NS for one in got] == [1, 2, 19, 25, 20, 30]
