"""A resident's vital signs by hand, for tests of what is judged of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ambient import events as ev
from ambient.config import Bed, NodeConfig, Room
from ambient.config_vitals import ResearchUse
from ambient.events import Purpose
from ambient.observations import (
    AnyObservation,
    MotionMeasured,
    RhythmMeasured,
    Tick,
    VitalMeasured,
    Wear,
    WearState,
)
from fusion.judge import Judge

NS = 1_000_000_000
HOUR = 3600
DAY = 24 * HOUR
MORNING = 1_700_028_000
"""2023-11-15 06:00 UTC, where a day of care begins."""
ANNA, BERTA = "s-aaaa", "s-bbbb"
KEY = "k" * 40
EVERYTHING = ResearchUse(news2=True, glucose=True, rhythm=True, baseline=True)
ON = {Purpose.FALLS: True, Purpose.VITALS: True}

CODE = {
    "pulse": ("8889-8", "/min"),
    "heart": ("8867-4", "/min"),
    "breath": ("9279-1", "/min"),
    "saturation": ("59408-5", "%"),
    "systolic": ("8480-6", "mm[Hg]"),
    "diastolic": ("8462-4", "mm[Hg]"),
    "temperature": ("8310-5", "Cel"),
    "level": ("67775-7", "{ACVPU}"),
    "flow": ("3151-8", "L/min"),
    "share": ("3150-0", "%"),
    "glucose": ("99504-3", "mg/dL"),
    "weight": ("29463-7", "kg"),
}


def at(s: float) -> int:
    """Return the instant `s` seconds after the morning."""
    return round((MORNING + s) * NS)


def vital(s: float, what: str, value: float, **keys: Any) -> VitalMeasured:
    """Return a value; `late` seconds later it is received."""
    code, unit = CODE[what]
    late = keys.pop("late", 0.0)
    fields = {"subject": ANNA, "source": "w1", **keys}
    return VitalMeasured(
        t=at(s), received=at(s + late), room="r1", code=code, value=value, unit=unit, **fields
    )


def beats(s: float, irregular: float | None, quality: float = 0.9, **keys: Any) -> RhythmMeasured:
    """Return five minutes of beats."""
    fields = {"subject": ANNA, "source": "w1", "seconds": 300.0, "rmssd_ms": None, **keys}
    return RhythmMeasured(
        t=at(s), received=at(s), room="r1", beats=300, quality=quality, irregular=irregular,
        **fields,
    )  # fmt: skip


def moves(s: float, *, steps: int = 0, counts: float = 0.02, **keys: Any) -> MotionMeasured:
    """Return one second of a wearable."""
    return MotionMeasured(
        t=at(s), received=at(s), room="r1", source="w1", subject=ANNA, wear=Wear.WRIST,
        counts=counts, peak=1.1, lowest=0.9, gravity=(0.0, 0.0, 1.0), steps=steps, **keys,
    )  # fmt: skip


def worn(s: float, on: bool | None, source: str = "w1") -> WearState:
    """Return what a device says of being worn."""
    return WearState(t=at(s), received=at(s), room="r1", source=source, subject=ANNA, worn=on)


def ticks(start: float, end: float, step: float = 10.0) -> list[Tick]:
    """Return ticks of the node."""
    count = round((end - start) / step) + 1
    return [Tick(t=at(start + n * step), room="r1", source="node") for n in range(count)]


def every(start: float, end: float, step: float, what: str, value: float, **keys: Any) -> list[Any]:
    """Return one value again and again."""
    return [
        vital(start + n * step, what, value, **keys) for n in range(round((end - start) / step))
    ]


def config(
    use: ResearchUse = EVERYTHING, *, on: bool = True, scale: int = 1, subject: str = ANNA
) -> NodeConfig:
    """Return a node with one room and one bed."""
    room = Room(
        id="r1",
        beds=[Bed(id="a", subject=subject, saturation_scale=scale)],
        purposes=ON if on else {Purpose.FALLS: True},
    )
    return NodeConfig(site="home", node="n-1", rooms=[room], research_use=use)


def judge(use: ResearchUse = EVERYTHING, **keys: Any) -> Judge:
    """Return the judge of such a node."""
    return Judge(config(use, **keys), KEY)


def feed(of: Judge, seen: Iterable[AnyObservation]) -> list[ev.AnyEvent]:
    """Return the events of observations, in the order in which they are received."""
    ordered = sorted(seen, key=lambda one: getattr(one, "received", one.t))
    return [event for one in ordered for event in of.observe(one)]


def told(events: Iterable[ev.AnyEvent], kind: str) -> list[str]:
    """Return the steps of one kind."""
    return [
        one.step.value
        for one in events
        if isinstance(one, ev.Situation) and ev.kind_of(one) == kind
    ]
