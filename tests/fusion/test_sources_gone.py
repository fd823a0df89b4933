"""Sources that left the configuration, or have another id there: what was stated of them is over.

A table over what the source is, how it stood, and what became of it in the new configuration.
"""

from __future__ import annotations

from itertools import product

import msgspec
import pytest

from ambient import events as ev
from ambient.config import Microphone, NodeConfig, Room
from ambient.config_cameras import Camera
from ambient.config_gateways import Sensor, Way, Wearable
from ambient.events import (
    AnyEvent,
    Device,
    NodeSourceSilent,
    Quality,
    QualityDegraded,
    QualityNotWatched,
    QualityRestored,
)
from ambient.observations import (
    AnyObservation,
    Hearing,
    HearingState,
    SensorKind,
    Tick,
    View,
    ViewState,
)
from fusion.judge import Judge

NS = 1_000_000_000
START = 1_800_000_000 * NS
KEY = "k" * 40
AGAIN = 100
"""The second at which the node is up with its new configuration."""
OTHER = "c9"
"""A camera that is there all the time."""

SENSING = (Device.CAMERA, Device.MICROPHONE)
DEVICES = (*SENSING, Device.WEARABLE, Device.SENSOR)
CONDITIONS = ("silent", "degraded", "planned", "fine")
CASES = [
    pytest.param(device, condition, became, id=f"{device}, {condition}, {became}")
    for device, condition, became in product(DEVICES, CONDITIONS, ("gone", "kept", "renamed"))
    if device in SENSING or condition in ("silent", "fine")
]


def at(second: float) -> int:
    return START + round(second * NS)


def judge(device: Device | None = None, source: str = "x") -> Judge:
    """Return the judge of a room with a camera, and with a source that is such a device."""
    room = Room(id="r1", cameras=[Camera(id=OTHER, source="a")])
    match device:
        case Device.CAMERA:
            cameras = [*room.cameras, Camera(id=source, source="b")]
            room = msgspec.structs.replace(room, cameras=cameras)
        case Device.MICROPHONE:
            room = msgspec.structs.replace(room, microphones=[Microphone(id=source, source="b")])
        case Device.WEARABLE:
            band = Wearable(id=source, device="b", via=Way.MQTT, every_s=60)
            room = msgspec.structs.replace(room, wearables=[band])
        case Device.SENSOR:
            cord = Sensor(id=source, device="b", kind=SensorKind.CORD, every_s=60)
            room = msgspec.structs.replace(room, sensors=[cord])
        case _:
            pass
    return Judge(NodeConfig(site="home", node="n-1", rooms=[room]), KEY)


def state(device: Device, condition: str, second: float) -> AnyObservation:
    if device is Device.CAMERA:
        view = {"degraded": View.DARK, "planned": View.OFF}.get(condition, View.OK)
        return ViewState(t=at(second), room="r1", source="x", view=view)
    if device is Device.MICROPHONE:
        hearing = {"degraded": Hearing.HUM, "planned": Hearing.PAUSED}.get(condition, Hearing.OK)
        return HearingState(t=at(second), room="r1", source="x", hearing=hearing)
    return Tick(t=at(second), room="r1", source="x")


def ticks(start: int, end: int, *sources: str) -> list[AnyObservation]:
    seconds = range(start, end)
    return [Tick(t=at(s), room="r1", source=each) for s in seconds for each in sources]


def feed(judged: Judge, seen: list[AnyObservation]) -> list[AnyEvent]:
    out = [event for one in sorted(seen, key=lambda o: o.t) for event in judged.observe(one)]
    return out + judged.finish()


def before(device: Device, condition: str) -> tuple[list[AnyEvent], dict[str, bytes]]:
    """Return what was said of a source until it stood so, and the state that the node kept."""
    judged = judge(device)
    speaks = ("x",) if condition != "silent" else ()
    seen = [*ticks(0, 90, OTHER), *ticks(2, 90, *speaks), state(device, "fine", 1)]
    return feed(judged, [*seen, state(device, condition, 2)]), judged.state()


def newest(said: list[AnyEvent]) -> dict[str, AnyEvent]:
    """Return by chain what was said last, of the newest chain of each condition alone."""
    of_kind = {isinstance(event, NodeSourceSilent): event for event in said}
    return {event.chain: event for event in of_kind.values()}


def test_each_stands_as_the_table_says() -> None:
    expected = {"silent": NodeSourceSilent, "degraded": QualityDegraded}
    expected |= {"planned": QualityNotWatched, "fine": QualityRestored}
    for device, condition in product(SENSING, CONDITIONS):
        said, _ = before(device, condition)
        assert type(said[-1]) is expected[condition], (device, condition)
    for device in (Device.WEARABLE, Device.SENSOR):
        assert [type(event) for event in before(device, "silent")[0]] == [NodeSourceSilent]
        assert before(device, "fine")[0] == []


@pytest.mark.parametrize(("device", "condition", "became"), CASES)
def test_what_was_stated_is_ended_once_of_what_is_gone_alone(
    device: Device, condition: str, became: str
) -> None:
    said, kept = before(device, condition)

    def restarted(state: dict[str, bytes]) -> Judge:
        new = judge(None if became == "gone" else device, "x" if became == "kept" else "y")
        new.restore(state)
        return new

    speaks = ("x",) if became == "kept" and condition != "silent" else ()
    seen = ticks(AGAIN, AGAIN + 5, "node", OTHER, *speaks)
    first = restarted(kept)
    events = feed(first, seen)
    open_before = newest(said) if became != "kept" else {}
    assert {event.chain for event in events} == open_before.keys()
    assert len(events) == len(open_before)
    for event in events:
        assert isinstance(event, QualityRestored)
        assert (event.source, event.view, event.hearing) == ("x", None, None)
        assert (event.t, event.position) == (at(AGAIN), open_before[event.chain].position + 1)

    unsaid = restarted(restarted(kept).state())
    assert [ev.encode(e) for e in feed(unsaid, seen)] == [ev.encode(e) for e in events]
    assert feed(restarted(first.state()), ticks(AGAIN + 9, AGAIN + 14, "node", OTHER)) == []


def test_it_is_over_also_for_a_clock_that_was_set_back() -> None:
    said, kept = before(Device.CAMERA, "degraded")
    new = judge()
    new.restore(kept, now=at(-3600))
    (over,) = feed(new, ticks(-3600, -3595, OTHER))
    assert over.t == said[-1].t + 1


def test_a_source_that_is_back_before_it_was_told_goes_on() -> None:
    said, kept = before(Device.CAMERA, "degraded")
    without = judge()
    without.restore(kept)
    back = judge(Device.CAMERA)
    back.restore(without.state())
    seen = [*ticks(AGAIN, AGAIN + 5, OTHER, "x"), state(Device.CAMERA, "fine", AGAIN + 1)]
    (restored,) = feed(back, seen)
    assert isinstance(restored, Quality)
    assert (restored.chain, restored.view) == (said[-1].chain, View.OK)


def test_another_device_of_that_id_is_another_source() -> None:
    said, kept = before(Device.CAMERA, "degraded")
    new = judge(Device.SENSOR)
    new.restore(kept)
    (over,) = feed(new, ticks(AGAIN, AGAIN + 5, OTHER, "x"))
    assert isinstance(over, QualityRestored)
    assert (over.chain, over.view) == (said[-1].chain, None)
