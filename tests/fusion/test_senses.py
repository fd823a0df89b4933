"""Which senses of a room are alive: what its sources say, and what an event then carries."""

from __future__ import annotations

from datetime import UTC

import pytest
from msgspec import structs

from ambient.config import Bed, Falls, Microphone, NodeConfig, Room
from ambient.config_cameras import Camera
from ambient.config_gateways import Sensor, Way, Wearable
from ambient.events import Judged, Purpose, SenseGroup, SenseStatus
from ambient.observations import Hearing, HearingState, SensorKind, Tick, View, ViewState, Wear
from fusion.judge import Judge
from fusion.room import RoomJudge
from fusion.room_events import RoomEvents
from fusion.senses import Senses
from tests.fusion.senses_kit import ANNE, lies, moves, ns, pulse, sensor, worn
from tests.fusion.test_judge import lying

ROOM = Room(
    id="r1",
    beds=[Bed(id="b1", subject=ANNE)],
    cameras=[Camera(id="c1", source="a")],
    microphones=[Microphone(id="m1", source="b")],
    wearables=[Wearable(id="w1", device="x", via=Way.BLE, subject=ANNE, wear=Wear.WAIST)],
    sensors=[Sensor(id="x-bed", device="y", kind=SensorKind.BED, bed="b1")],
    purposes={Purpose.FALLS: True, Purpose.SOUNDS: True, Purpose.VITALS: True},
)
EVENTS = RoomEvents(ROOM, "n-1", "k" * 40, "v")
CAMERA, SOUND, WEARABLE = SenseGroup.CAMERA, SenseGroup.SOUND, SenseGroup.WEARABLE
VITALS, SENSOR = SenseGroup.VITALS, SenseGroup.SENSOR


def tick(s: float, source: str) -> Tick:
    return Tick(t=ns(s), room="r1", source=source)


def view(s: float, what: View) -> ViewState:
    return ViewState(t=ns(s), room="r1", source="c1", view=what)


def hearing(s: float, what: Hearing) -> HearingState:
    return HearingState(t=ns(s), room="r1", source="m1", hearing=what)


def states(*seen, room: Room = ROOM, at: float = 10.0) -> dict[SenseGroup, SenseStatus]:
    senses = Senses(room)
    for one in seen:
        senses.observe(one)
    return {state.group: state.status for state in senses.at(ns(at))}


@pytest.mark.parametrize(
    ("seen", "group", "status"),
    [
        ([], CAMERA, SenseStatus.SILENT),
        ([tick(9, "c1")], CAMERA, SenseStatus.ALIVE),
        ([view(9, View.DARK)], CAMERA, SenseStatus.NO_VIEW),
        ([view(9, View.SLOW)], CAMERA, SenseStatus.ALIVE),
        ([view(9, View.NOT_WATCHED)], CAMERA, SenseStatus.NO_VIEW),
        ([view(9, View.PAUSED)], CAMERA, SenseStatus.PAUSED),
        ([view(5, View.DARK), view(9, View.OK)], CAMERA, SenseStatus.ALIVE),
        ([hearing(9, Hearing.OK)], SOUND, SenseStatus.ALIVE),
        ([hearing(9, Hearing.CLIPPED)], SOUND, SenseStatus.NO_VIEW),
        ([hearing(9, Hearing.SWITCHED_OFF)], SOUND, SenseStatus.OFF),
        ([], WEARABLE, SenseStatus.SILENT),
        (moves(0, 10), WEARABLE, SenseStatus.ALIVE),
        ([*moves(0, 9), worn(9, False)], WEARABLE, SenseStatus.NOT_WORN),
        ([*moves(0, 8), worn(8, False), worn(9, True)], WEARABLE, SenseStatus.ALIVE),
        ([], VITALS, SenseStatus.ABSENT),
        ([pulse(9, 70)], VITALS, SenseStatus.ALIVE),
        ([], SENSOR, SenseStatus.SILENT),
        ([sensor(1, SensorKind.BED)], SENSOR, SenseStatus.ALIVE),
    ],
)
def test_a_sense_is_as_its_devices_say(seen, group, status):
    assert states(*seen)[group] is status


def test_a_device_that_keeps_its_promise_no_longer_is_silent():
    seen = [tick(0, "c1"), *moves(0, 1), pulse(0, 70)]
    assert states(*seen, at=14)[CAMERA] is SenseStatus.ALIVE
    assert states(*seen, at=16)[CAMERA] is SenseStatus.SILENT
    assert states(*seen, at=70)[WEARABLE] is SenseStatus.SILENT
    assert states(*seen, at=70)[VITALS] is SenseStatus.ALIVE


def test_a_room_without_devices_has_no_senses():
    assert set(states(room=Room(id="r1")).values()) == {SenseStatus.ABSENT}


def test_what_is_not_agreed_to_is_off():
    senses = Senses(ROOM)
    for one in (*moves(0, 9), tick(9, "c1"), tick(9, "m1")):
        senses.observe(one)
    senses.consent(Purpose.VITALS, False)
    senses.consent(Purpose.SOUNDS, False)
    found = {state.group: state.status for state in senses.at(ns(10))}
    assert found[WEARABLE] is found[SOUND] is SenseStatus.OFF
    assert found[CAMERA] is SenseStatus.ALIVE


def test_a_fall_carries_how_every_sense_was():
    judge = Judge(NodeConfig(site="home", node="n-1", rooms=[ROOM]), "k" * 40)
    seen = [lying(20 + i / 10) for i in range(200)] + lies(0, 40)
    seen += [tick(s, source) for s in range(41) for source in ("c1", "m1")]
    events = [e for one in sorted(seen, key=lambda o: o.t) for e in judge.observe(one)]
    falls = [e for e in events + judge.finish() if isinstance(e, Judged)]
    assert falls
    for event in falls:
        found = {state.group: state.status for state in event.senses}
        assert found[CAMERA] is found[SOUND] is found[WEARABLE] is SenseStatus.ALIVE
        assert found[VITALS] is SenseStatus.ABSENT


def after_a_restart(old: Room, new: Room) -> dict[SenseGroup, SenseStatus]:
    """Return how senses are when a room goes on under another configuration."""
    before = RoomJudge(old, Falls(), EVENTS, zone=UTC, voice=False, sounds=True, vitals=True)
    after = RoomJudge(new, Falls(), EVENTS, zone=UTC, voice=False, sounds=True, vitals=True)
    seen = [tick(9, "c1"), tick(9, "m1"), *moves(0, 9), pulse(9, 70), sensor(9, SensorKind.BED)]
    devices = (*old.cameras, *old.microphones, *old.wearables, *old.sensors)
    sources = {device.id for device in devices}
    for one in sorted(seen, key=lambda o: o.t):
        if one.source in sources:
            before.observe(one)
    before.finish()
    after.restore(before.state(), now=ns(10))
    for source in ("c1", "m1"):
        after.observe(tick(11, source))
    after.finish()
    return {state.group: state.status for state in after.senses.at(ns(11))}


BARE = Room(id="r1", beds=ROOM.beds, cameras=ROOM.cameras, purposes=ROOM.purposes)


def test_what_was_added_is_there_after_the_restart() -> None:
    found = after_a_restart(BARE, ROOM)
    assert found[SOUND] is SenseStatus.ALIVE
    assert found[WEARABLE] is found[SENSOR] is SenseStatus.SILENT


def test_what_was_taken_away_is_absent_after_the_restart() -> None:
    found = after_a_restart(ROOM, BARE)
    assert found.pop(CAMERA) is SenseStatus.ALIVE
    assert set(found.values()) == {SenseStatus.ABSENT}


def test_what_another_thing_of_that_name_told_is_forgotten() -> None:
    chair = Sensor(id="w1", device="y", kind=SensorKind.CHAIR)
    found = after_a_restart(ROOM, structs.replace(ROOM, wearables=[], sensors=[chair]))
    assert found[WEARABLE] is found[VITALS] is SenseStatus.ABSENT


def test_what_is_as_it_was_is_known_after_the_restart() -> None:
    found = after_a_restart(ROOM, ROOM)
    assert set(found.values()) == {SenseStatus.ALIVE}
