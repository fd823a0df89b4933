"""Devices that were taken out of a node, or renamed: off the hub's page with all that was open."""

from __future__ import annotations

import pytest

from ambient import events
from ambient.config import Microphone, NodeConfig, Room, RoomName
from ambient.config_cameras import Camera
from ambient.events import AnyEvent
from ambient.hub.alarms.condition import Judgement
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.board import Board, read_board, read_resolved
from ambient.hub.commissioning import RoomInstallation
from ambient.hub.database import HubDatabase
from ambient.hub.rooms import RoomStatus
from ambient.hub.store import Store
from ambient.observations import AnyObservation, Hearing, HearingState, Tick, View, ViewState
from fusion.judge import Judge
from tests.hub.kit import KEY, NS, event

START = 1_800_000_000
CAMERAS, MICROPHONES = ("c1", "c2"), ("m1",)


class Node:
    """Fusion of a node whose configuration changes, and what a hub shows of its room."""

    def __init__(self, store: Store, database: HubDatabase) -> None:
        self._store, self._database = store, database
        self.now = START
        self.linked = True
        self.unsent: list[AnyEvent] = []
        self.judge = self._judge(CAMERAS, MICROPHONES)

    @staticmethod
    def _judge(cameras: tuple[str, ...], microphones: tuple[str, ...]) -> Judge:
        room = Room(
            id="r1",
            cameras=[Camera(id=each, source=each) for each in cameras],
            microphones=[Microphone(id=each, source=each) for each in microphones],
        )
        return Judge(NodeConfig(site="s", node="n-1", rooms=[room]), KEY)

    def starts_anew(self, cameras: tuple[str, ...], microphones: tuple[str, ...]) -> None:
        new = self._judge(cameras, microphones)
        new.restore(self.judge.state())
        self.judge = new

    def passes(self, seconds: int, *speak: str, **seen: View | Hearing) -> None:
        """Let time pass in which some speak; how the others see and hear is said at once."""
        states: list[AnyObservation] = []
        for source, what in seen.items():
            at = {"t": self.now * NS, "room": "r1", "source": source}
            if isinstance(what, View):
                states.append(ViewState(view=what, **at))  # type: ignore[arg-type]
            else:
                states.append(HearingState(hearing=what, **at))  # type: ignore[arg-type]
        said: list[AnyEvent] = [e for state in states for e in self.judge.observe(state)]
        for _ in range(seconds):
            for source in ("node", *speak):
                said += self.judge.observe(Tick(t=self.now * NS, room="r1", source=source))
            self.now += 1
        said += self.judge.finish()
        self.unsent += said
        if self.linked:
            self._store.store("n-1", self.unsent, self.now * NS)
            self.unsent = []

    def board(self) -> Board:
        return read_board(
            self._database, {"r1": RoomName(name="Room 1")}, {"n-1": ["r1"]}, self.now * NS
        )

    def open(self) -> set[str]:
        """Return the open alarms, with those that another stands for."""
        board = self.board()
        return {
            each.id for each in (*board.alarms, *(led for of in board.led.values() for led in of))
        }

    def status(self) -> RoomStatus:
        return self.board().rooms[0].status


@pytest.fixture
def node(store: Store, database: HubDatabase) -> Node:
    return Node(store, database)


FINE: dict[str, View | Hearing] = {"c1": View.OK, "c2": View.OK, "m1": Hearing.OK}
ALL = (*CAMERAS, *MICROPHONES)
GONE = [
    # how they stand, who speaks, status before; cameras and microphones then; status after
    (FINE, ("c1", "c2"), RoomStatus.WATCHED, ("c1", "c2"), (), RoomStatus.WATCHED),
    (FINE | {"m1": Hearing.HUM}, ALL, RoomStatus.WATCHED, CAMERAS, (), RoomStatus.WATCHED),
    (FINE, ("c1", "m1"), RoomStatus.DEGRADED, ("c1",), ("m1",), RoomStatus.WATCHED),
    (FINE | {"c2": View.DARK}, ALL, RoomStatus.DEGRADED, ("c1",), ("m1",), RoomStatus.WATCHED),
    (FINE | {"c2": View.DARK}, ("c1",), RoomStatus.DEGRADED, ("c1",), (), RoomStatus.WATCHED),
    (FINE | {"c2": View.DARK}, ALL, RoomStatus.DEGRADED, ("c1", "c3"), ("m1",), RoomStatus.WATCHED),
    (FINE | {"c2": View.OFF}, ALL, RoomStatus.NOT_WATCHED, ("c1",), ("m1",), RoomStatus.WATCHED),
    (FINE, ALL, RoomStatus.WATCHED, (), ("m1",), RoomStatus.NOT_WATCHED),
    (FINE, ALL, RoomStatus.WATCHED, (), (), RoomStatus.UNKNOWN),
    (FINE | {"c1": View.OFF}, ALL, RoomStatus.NOT_WATCHED, ("c1",), ("m1",), RoomStatus.OFF),
]


@pytest.mark.parametrize(("seen", "speak", "before", "cameras", "microphones", "after"), GONE)
def test_alarms_end_and_the_room_is_as_those_see_that_are_left(
    node: Node,
    database: HubDatabase,
    seen: dict[str, View | Hearing],
    speak: tuple[str, ...],
    before: RoomStatus,
    cameras: tuple[str, ...],
    microphones: tuple[str, ...],
    after: RoomStatus,
) -> None:
    node.passes(5, *ALL, **FINE)
    node.passes(30, *speak, **seen)
    assert node.status() is before
    opened = node.open()
    node.starts_anew(cameras, microphones)
    node.passes(5, *cameras, *microphones)
    assert node.open() == set()
    assert node.status() is after
    ended = read_resolved(database, 9)
    assert {alarm.id for alarm, _ in ended} == opened
    assert {alarm.reason for alarm, _ in ended} <= {Judgement.CONDITION_ENDED}


def test_it_is_over_in_whatever_order_it_arrives(node: Node) -> None:
    node.linked = False
    node.passes(5, *ALL, **FINE)
    node.passes(30, "c1", c2=View.DARK, m1=Hearing.HUM)
    node.starts_anew(("c1",), ())
    node.passes(5, "c1")
    assert {type(one) for one in node.unsent} == {
        *(events.QualityRestored, events.QualityDegraded, events.NodeSourceSilent)
    }
    node.unsent.reverse()
    node.linked = True
    node.passes(0)
    assert node.open() == set()
    assert node.status() is RoomStatus.WATCHED


def test_a_camera_that_was_silent_and_is_gone_watches_no_more_for_a_clock_that_was_set_back(
    node: Node,
) -> None:
    node.passes(5, *ALL, **FINE)
    node.passes(30, "c1", "m1")
    node.passes(5, *ALL)
    assert node.status() is RoomStatus.WATCHED
    node.starts_anew((), MICROPHONES)
    node.now -= 3600
    node.passes(5, "m1")
    assert node.status() is RoomStatus.NOT_WATCHED


def test_a_camera_that_is_kept_keeps_its_alarm(node: Node) -> None:
    node.passes(30, *ALL, **FINE | {"c1": View.DARK, "c2": View.DARK})
    node.starts_anew(("c1",), ())
    node.passes(5, "c1")
    (alarm,) = node.board().alarms
    assert (alarm.kind, alarm.source) == (AlarmKind.CAMERA, "c1")
    assert node.status() is RoomStatus.DEGRADED


def test_a_camera_that_is_put_back_watches_again(node: Node) -> None:
    node.passes(30, *ALL, **FINE | {"c2": View.DARK})
    node.starts_anew((), ())
    node.passes(5)
    assert node.status() is RoomStatus.UNKNOWN
    node.starts_anew(CAMERAS, ())
    node.passes(5, *CAMERAS, c1=View.OK, c2=View.OK)
    assert node.status() is RoomStatus.WATCHED
    assert len(node.board().rooms[0].sources) == 2


def test_a_dark_camera_that_is_gone_keeps_no_room_from_being_commissioned(
    node: Node, store: Store
) -> None:
    node.passes(30, *ALL, **FINE | {"c2": View.DARK})
    walk = event(
        events.NodeCommissioned,
        node.now,
        complete=True,
        short=False,
        walked=[],
        certificate="a" * 64,
    )
    store.store("n-1", [walk], node.now * NS)
    assert node.board().rooms[0].installation is RoomInstallation.BLIND
    node.starts_anew(("c1",), MICROPHONES)
    node.passes(5, "c1", "m1")
    assert node.board().rooms[0].installation is RoomInstallation.COMMISSIONED
