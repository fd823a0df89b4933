"""Rooms and devices that a node has no more, or is bound to no more: what was open of them ends."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from ambient import events
from ambient.config import Microphone, NodeConfig, Room, RoomName
from ambient.config_cameras import Camera
from ambient.config_gateways import Sensor, SensorKind
from ambient.events import AnyEvent, Device
from ambient.hub.accounts import Accounts
from ambient.hub.alarms.condition import Condition, Deed, Judgement
from ambient.hub.alarms.inputs import AnyInput, Heard, RoomsBack, RoomsLeft
from ambient.hub.alarms.kinds import CHAINED, OF_DEVICES, AlarmKind
from ambient.hub.board import Board, read_board, read_resolved
from ambient.hub.commissioning import RoomInstallation
from ambient.hub.database import HubDatabase
from ambient.hub.registry import Registry
from ambient.hub.rooms import RoomStatus
from ambient.hub.store import Store
from ambient.hub.watch import Watch
from ambient.node.inventory import what_it_has
from ambient.observations import Hearing, View
from tests.hub.kit import HASHER, KEY, NS, Kind, enrol, event, fall, new_database, view

SILENT, DEGRADED = events.NodeSourceSilent, events.QualityDegraded
QualityRestored = events.QualityRestored
NAMES = {room: RoomName(name=room) for room in ("r1", "r2")}


def open_of(room: str, at: float = 100, node: str = "n-1") -> list[AnyEvent]:
    """Return what a node says of a room where every device is broken and somebody lies."""
    where = {"room": room, "node": node}
    return [
        view(DEGRADED, at, View.DARK, **where),
        event(DEGRADED, at, family="m1", source="m1", hearing=Hearing.HUM, **where),
        *(
            event(
                SILENT, at + 1, family=source, source=source, device=device, silent_s=9.0, **where
            )
            for source, device in (
                ("c1", Device.CAMERA),
                ("m1", Device.MICROPHONE),
                ("w1", Device.WEARABLE),
                ("d1", Device.SENSOR),
            )
        ),
        *fall(at, 2, room=room, node=node),
        event(
            events.DistressCord,
            at,
            family="cord",
            step=events.SituationStep.CONFIRMED,
            lasted_s=1.0,
            **where,
        ),
    ]


def of_the_node(at: float = 100) -> list[AnyEvent]:
    """Return what is open of a node itself, whatever rooms it has."""
    return [
        event(events.NodeWorkerFailed, at, room=None, worker=events.Worker.VISION, restarts=5),
        event(events.NodeDiskFull, at, room=None, free_mb=1),
        event(
            SILENT,
            at,
            family="nurse-call",
            room=None,
            source="nurse-call",
            device=Device.NURSE_CALL,
            silent_s=15.0,
        ),
    ]


def room(name: str, *devices: str) -> Room:
    return Room(
        id=name,
        cameras=[Camera(id="c1", source="c1")] if "c1" in devices else [],
        microphones=[Microphone(id="m1", source="m1")] if "m1" in devices else [],
        sensors=[Sensor(id="d1", device="d1", kind=SensorKind.DOOR, every_s=60)]
        if "d1" in devices
        else [],
    )


def says(t: float, *rooms: Room, node: str = "n-1") -> list[events.NodeHas]:
    """Return what a node with these rooms says of itself at its start."""
    config = NodeConfig(site="s", node=node, rooms=list(rooms))
    return what_it_has(config, KEY, round(t * NS))


class House:
    """A hub of two nodes, whose timer the test moves."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "hub.db"
        self.now = 1_000 * NS
        new_database(self._file).close()
        self.start()

    def start(self) -> None:
        self.database = HubDatabase(self._file)
        self.store = Store(self.database)
        self.registry = Registry(self.database)
        self.watch = Watch(
            self.database,
            self.store,
            Accounts(self.database, HASHER),
            served=self.registry.served,
            silent_s=1e6,
            keep_days=36_500,
            monotonic=lambda: self.now,
            now=lambda: self.now,
        )

    def enrol(self, node: str, rooms: list[str]) -> None:
        self.now += NS
        enrol(self.registry, node, rooms, now=self.now)

    def restart(self) -> None:
        """Stop the hub, and start another on what it kept, as a standby hub does."""
        self.database.close()
        self.start()

    def tick(self) -> None:
        self.now += NS
        self.watch.tick()

    def take(self, said: Sequence[AnyEvent], node: str = "n-1") -> None:
        self.now += NS
        self.store.store(node, said, self.now)

    def open(self) -> list[Condition]:
        board = self.board()
        return [*board.alarms, *(led for of in board.led.values() for led in of)]

    def board(self) -> Board:
        return read_board(self.database, NAMES, self.registry.served(), self.now)

    def devices(self, room: str = "r2") -> set[tuple[str, str | None]]:
        return {
            (one.kind.value, one.source)
            for one in self.open()
            if one.kind in OF_DEVICES and one.room == room
        }

    def holds(self) -> None:
        """Whatever happened, the log proves what stands, and of people and nodes all is open."""
        assert self.store.verify().broken is None
        kinds = [one.kind for one in self.open()]
        assert {AlarmKind.FALL, AlarmKind.CORD} <= set(kinds) & CHAINED
        assert sum(kind in CHAINED for kind in kinds) == 4, "of people nothing ends"
        assert {AlarmKind.WORKER, AlarmKind.DISK} <= set(kinds)
        assert any(one.device is Device.NURSE_CALL for one in self.open())
        assert self.devices("r1") == ALL, "what lasts stays"


ALL = {
    *(("camera", "c1"), ("microphone", "m1"), ("source_silent", "c1"), ("source_silent", "m1")),
    *(("source_silent", "w1"), ("source_silent", "d1")),
}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    house.enrol("n-1", ["r1", "r2"])
    house.enrol("n-2", ["r3"])
    house.take([*open_of("r1"), *open_of("r2"), *of_the_node()])
    house.tick()
    assert house.devices() == ALL
    house.holds()
    yield house
    house.database.close()


# -- the binding ------------------------------------------------------------------------------


@pytest.mark.parametrize("moves", [False, True])
@pytest.mark.parametrize("restarts", [False, True])
def test_what_is_open_of_devices_ends_with_the_binding(
    house: House, moves: bool, restarts: bool
) -> None:
    """Also when the hub was down, or another took over, between the binding and its end."""
    house.registry.set_rooms("n-1", ["r1"], "ada")
    if moves:
        house.registry.set_rooms("n-2", ["r2", "r3"], "ada")
    if restarts:
        house.restart()
    house.tick()
    assert house.devices() == set()
    house.holds()
    ended = read_resolved(house.database, 9)
    assert {(one.kind.value, one.source) for one, _ in ended} == ALL
    assert {one.reason for one, _ in ended} == {Judgement.UNBOUND}
    assert {lines[-1].what for _, lines in ended} == {Deed.ENDED}


def test_a_node_that_comes_anew_without_a_room_leaves_its_alarms(house: House) -> None:
    """Nobody need have seen it without any room: it was revoked and accepted within a tick."""
    house.registry.revoke("n-1", "ada", house.now)
    house.enrol("n-1", ["r1"])
    house.tick()
    assert house.devices() == set()
    house.holds()


def test_the_other_node_of_a_room_keeps_its_own(house: House) -> None:
    house.registry.set_rooms("n-1", ["r1"], "ada")
    house.registry.set_rooms("n-2", ["r2", "r3"], "ada")
    house.take([view(DEGRADED, 200, View.DARK, room="r2", node="n-2")], "n-2")
    house.tick()
    (alarm,) = [one for one in house.open() if one.room == "r2" and one.kind in OF_DEVICES]
    assert (alarm.node, alarm.kind) == ("n-2", AlarmKind.CAMERA)
    house.holds()


def test_a_node_that_speaks_for_a_room_of_others_is_told_all_the_same(house: House) -> None:
    house.registry.set_rooms("n-1", ["r1"], "ada")
    house.store.unenrolled(view(DEGRADED, 200, View.DARK, room="r2"), house.now)
    house.tick()
    assert AlarmKind.UNENROLLED in {one.kind for one in house.open()}
    assert house.devices() == set()


def test_what_was_on_its_way_ends_with_it(house: House) -> None:
    """Judged by the link while the binding held, and stored after it ended."""
    house.registry.set_rooms("n-1", ["r1"], "ada")
    house.tick()
    house.take([view(DEGRADED, 200, View.COVERED, room="r2", began=200)])
    assert house.devices() == {("camera", "c1")}
    house.tick()
    assert house.devices() == set()
    house.holds()


@pytest.mark.parametrize("restarts", [False, True])
def test_a_binding_that_was_taken_away_by_mistake_brings_them_back(
    house: House, restarts: bool
) -> None:
    """The node knows of no mistake and says nothing again: its devices are broken all the same."""
    before = {one.id for one in house.open()}
    house.registry.set_rooms("n-1", ["r1"], "ada")
    house.tick()
    house.registry.set_rooms("n-1", ["r1", "r2"], "ada")
    if restarts:
        house.restart()
    house.tick()
    assert house.devices() == ALL
    assert {one.id for one in house.open()} == before
    house.holds()
    house.take([event(QualityRestored, 300, 1, began=101, family="c1", room="r2", source="c1")])
    assert house.devices() == ALL - {("source_silent", "c1")}, "and they end as ever"
    house.holds()


def test_what_the_node_has_no_more_does_not_come_back(house: House) -> None:
    house.registry.set_rooms("n-1", ["r1"], "ada")
    house.tick()
    house.take(says(400, room("r1", "c1", "m1")))
    house.take(says(500, room("r1", "c1", "m1"), room("r2", "c1")))
    house.registry.set_rooms("n-1", ["r1", "r2"], "ada")
    house.tick()
    assert house.devices() == set(), "the room was another one meanwhile"


def test_what_another_machine_of_that_name_said_does_not_come_back(house: House) -> None:
    house.registry.set_rooms("n-1", ["r1"], "ada")
    house.tick()
    house.registry.revoke("n-1", "ada", house.now)
    house.enrol("n-1", ["r1", "r2"])
    house.tick()
    assert house.devices() == set()


def test_what_was_over_when_the_binding_came_back_stays_over(house: House) -> None:
    house.registry.set_rooms("n-1", ["r1"], "ada")
    house.tick()
    house.registry.set_rooms("n-1", ["r1", "r2"], "ada")
    house.take([event(QualityRestored, 300, 1, began=101, family="c1", room="r2", source="c1")])
    house.tick()
    assert house.devices() == ALL - {("source_silent", "c1")}
    house.restart()
    house.tick()
    assert house.devices() == ALL - {("source_silent", "c1")}
    house.holds()


def test_what_a_clock_said_that_was_ahead_silences_no_device_later(house: House) -> None:
    house.take(says(5e6, room("r1", "c1", "m1", "d1"), room("r2")))
    house.take([view(DEGRADED, 2_000, View.COVERED, room="r2", began=2_000)])
    assert ("camera", "c1") in house.devices()


def test_what_opened_anew_meanwhile_is_not_there_twice(house: House) -> None:
    house.registry.set_rooms("n-1", ["r1"], "ada")
    house.tick()
    house.registry.set_rooms("n-1", ["r1", "r2"], "ada")
    house.take([view(DEGRADED, 200, View.COVERED, room="r2", began=200)])
    house.tick()
    assert house.devices() == ALL
    (camera,) = [o for o in house.open() if o.room == "r2" and o.kind is AlarmKind.CAMERA]
    assert camera.view is View.COVERED
    house.holds()


def test_nothing_is_written_while_nothing_changes(house: House) -> None:
    lines, sequence = house.store.verify().lines, house.store.sequence()
    for _ in range(5):
        house.tick()
    assert (house.store.verify().lines, house.store.sequence()) == (lines, sequence)


# -- what the node says that it has -----------------------------------------------------------

HERE = room("r1", "c1", "m1", "d1")
"""Without the wearable, which promises nothing any more."""
LEFT = [
    # the rooms of the node then, what is open of r2
    ([HERE], set()),
    ([HERE, room("r2")], set()),
    ([HERE, room("r2", "c1")], {("camera", "c1"), ("source_silent", "c1")}),
    ([HERE, room("r2", "m1")], {("microphone", "m1"), ("source_silent", "m1")}),
    ([HERE, room("r2", "c1", "m1", "d1")], ALL - {("source_silent", "w1")}),
]


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize(("rooms", "left"), LEFT)
def test_what_a_node_does_not_name_at_its_start_ends(
    tmp_path: Path, rooms: list[Room], left: set[tuple[str, str]], late: bool
) -> None:
    """Whole rooms, and devices that nothing on the node remembers; whatever comes first."""
    house = House(tmp_path)
    house.enrol("n-1", ["r1", "r2"])
    arrivals = [[*open_of("r2")], says(300, *rooms)]
    for said in reversed(arrivals) if late else arrivals:
        house.take(said)
    assert house.devices() == left
    assert {one.kind for one in house.open() if one.kind in CHAINED} == {
        *(AlarmKind.FALL, AlarmKind.CORD)
    }
    if not late:
        reasons = {one.reason for one, _ in read_resolved(house.database, 9)}
        assert reasons <= {Judgement.CONDITION_ENDED}
    assert house.store.verify().broken is None
    house.restart()
    house.tick()
    assert house.devices() == left
    house.database.close()


def test_whatever_order_they_arrive_in_the_same_is_open(tmp_path: Path) -> None:
    """A camera taken out and put back: what is said of it since then lasts."""
    said = [
        view(DEGRADED, 100, View.DARK, room="r2"),
        *says(200, room("r2"))[1:],
        *says(300, room("r2", "c1"))[1:],
        view(DEGRADED, 310, View.COVERED, room="r2", began=310),
    ]
    for number, order in enumerate(itertools.permutations(said)):
        folder = tmp_path / str(number)
        folder.mkdir()
        house = House(folder)
        for one in order:
            house.take([one])
        (alarm,) = house.open()
        assert (alarm.kind, alarm.view) == (AlarmKind.CAMERA, View.COVERED), order
        assert house.store.verify().broken is None
        house.database.close()


def test_an_earlier_start_ends_nothing_that_was_said_since(house: House) -> None:
    house.take(says(90, HERE))
    assert house.devices() == ALL
    house.holds()


def test_what_another_node_has_ends_nothing(house: House) -> None:
    """Also where it names the room: it may say of itself what it likes, and of no other node."""
    before = house.board().rooms
    for rooms in ([room("r3")], [room("r2"), room("r3")]):
        house.take(says(300, *rooms, node="n-2"), "n-2")
    assert house.devices() == ALL
    assert house.board().rooms == before
    house.holds()


def test_a_room_with_more_devices_than_can_be_named_says_nothing() -> None:
    many = Room(id="r2", cameras=[Camera(id=f"c{n}", source="x") for n in range(16)])
    more = Room(id="r3", cameras=many.cameras, microphones=[Microphone(id="m1", source="m1")])
    said = says(300, many, more)
    named = {one.of_room: [part.slug for part in one.has] for one in said}
    assert named == {None: ["r2", "r3"], "r2": [f"c{n}" for n in range(16)]}


def test_a_camera_that_was_taken_out_unremembered_blinds_no_room(house: House) -> None:
    def c2(kind: type[Kind], t: float, seen: View) -> Kind:
        return event(kind, t, family="c2", room="r2", source="c2", view=seen)

    house.take([event(events.NodeStarted, 120, room=None), c2(QualityRestored, 150, View.OK)])
    assert status(house) is RoomStatus.DEGRADED
    house.take(says(300, HERE, Room(id="r2", cameras=[Camera(id="c2", source="c2")])))
    assert status(house) is RoomStatus.WATCHED
    house.take(says(400, HERE, room("r2")))
    assert status(house) is RoomStatus.UNKNOWN
    house.take([c2(DEGRADED, 390, View.DARK)])
    assert status(house) is RoomStatus.UNKNOWN, "a late word of it counts for nothing"


def test_a_dark_camera_that_was_taken_out_unremembered_is_no_fault_of_a_walk(house: House) -> None:
    walk = event(
        events.NodeCommissioned,
        110,
        room="r2",
        complete=True,
        short=False,
        walked=[],
        certificate="a" * 64,
    )
    house.take([walk])
    assert installed(house) is RoomInstallation.BLIND
    house.take(says(200, room("r2"), node="n-2"), "n-2")
    house.take(says(300, HERE, room("r2", "c1")))
    assert installed(house) is RoomInstallation.BLIND
    house.take(says(400, HERE, room("r2")))
    assert installed(house) is RoomInstallation.COMMISSIONED


def installed(house: House) -> RoomInstallation:
    return next(one.installation for one in house.board().rooms if one.room == "r2")


def status(house: House) -> RoomStatus:
    return next(one.status for one in house.board().rooms if one.room == "r2")


# -- what no input may do ---------------------------------------------------------------------


def test_no_such_input_ends_what_is_about_people_or_a_node(house: House) -> None:
    people = [one.id for one in house.open() if one.kind not in OF_DEVICES or one.room is None]
    assert len(people) == 7
    given: list[AnyInput] = [
        RoomsLeft(node="n-1", rooms=["r1", "r2"]),
        RoomsBack(conditions=people),
        *(Heard(event=one) for one in says(900, room("r9"))),
    ]
    house.store.decide_all(given, house.now)
    kept = [one.id for one in house.open()]
    assert set(people) <= set(kept)
    assert [one for one in house.open() if one.kind in OF_DEVICES and one.room is not None] == []
    assert house.store.verify().broken is None
