"""Order of event time: what is pushed in which order, and when it comes out."""

from __future__ import annotations

import pytest

from ambient.observations import ImpactMeasured, Tick
from fusion.watermark import Timeline
from tests.fusion.senses_kit import impact


def tick(ms: int, source: str = "c1") -> Tick:
    return Tick(t=ms * 1_000_000, room="r1", source=source)


CASES = [
    ("one source is never held back", [(0, "a"), (10, "a"), (20, "a")], [0, 10, 20], 0),
    (
        "two sources come out in order",
        [(0, "a"), (0, "b"), (30, "a"), (20, "b"), (50, "b"), (60, "a")],
        [0, 0, 20, 30, 50, 60],
        0,
    ),
    (
        "a slow source is waited for at most 300 ms",
        [(0, "a"), (0, "b"), (100, "a"), (500, "a"), (450, "b"), (800, "a")],
        [0, 0, 100, 450, 500, 800],
        0,
    ),
    (
        "what comes after its instant is late, and used as of now",
        [(0, "a"), (0, "b"), (100, "a"), (500, "a"), (50, "b"), (800, "a"), (800, "b")],
        [0, 0, 100, 100, 500, 800, 800],
        1,
    ),
    (
        "a source that died is not waited for",
        [(0, "a"), (0, "b"), (3000, "a"), (3100, "a"), (3200, "a")],
        [0, 0, 3000, 3100, 3200],
        0,
    ),
]


@pytest.mark.parametrize(
    ("pushed", "out", "late"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_order(pushed: list[tuple[int, str]], out: list[int], late: int) -> None:
    timeline = Timeline(("a", "b"))
    got = [o.t // 1_000_000 for ms, source in pushed for o in timeline.push(tick(ms, source))]
    got += [o.t // 1_000_000 for o in timeline.flush()]
    assert got == out
    assert sum(timeline.late.values()) == late


def test_waits_no_longer_than_the_bound() -> None:
    timeline = Timeline(("a", "b"))
    timeline.push(tick(0, "a"))
    timeline.push(tick(1, "b"))
    assert timeline.push(tick(100, "a")) == [tick(1, "b")]
    assert timeline.push(tick(300, "a")) == []
    assert timeline.push(tick(401, "a")) == [tick(100, "a")]


def test_what_waits_is_dropped_by_kind() -> None:
    timeline = Timeline(("a", "b"))
    for one in (tick(0, "a"), tick(1, "b"), tick(200, "a"), impact(-3.9)):
        timeline.push(one)
    timeline.drop({ImpactMeasured})
    assert timeline.flush() == [tick(200, "a")]
