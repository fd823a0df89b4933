"""A node's contact to the nurse call that cannot be set: on the hub's page, and off it again."""

from __future__ import annotations

from pathlib import Path

import pytest

from ambient import events
from ambient.config import NodeConfig, Room, RoomName
from ambient.events import Device
from ambient.hub.alarms.condition import AlarmState, Judgement, Priority, Sound
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.board import Board, read_board, read_resolved
from ambient.hub.database import HubDatabase
from ambient.hub.languages import speaking
from ambient.hub.rooms import RoomStatus
from ambient.hub.store import Store
from ambient.hub.web.views_alarms import alarm_view
from ambient.languages import Language
from ambient.node.contact_report import LOOK_S, ContactReport
from ambient.node.notices import NoticeBoard, event_of
from ambient.node.place import NodePlace
from ambient.observations import View
from tests.hub.kit import NS, event, view

KEY = "k" * 40
ROOMS = {"r1": RoomName(name="Room 1"), "r2": RoomName(name="Room 2")}
TITLE = "Contact to the nurse call does not answer – Room 1, Room 2"


class Node:
    """What a node says of its contact, and what a hub shows of it."""

    def __init__(self, folder: Path, store: Store, database: HubDatabase) -> None:
        self._folder, self._store, self._database = folder, store, database
        self.now = 100.0
        NodePlace(folder).make()
        config = NodeConfig(
            site="s", node="n-1", rooms=[Room(id=room) for room in ROOMS], state_dir=folder
        )
        self._report = ContactReport(config, KEY, lambda: round(self.now * NS))

    def passes(self, seconds: float, taken: int) -> None:
        """Let time pass in which the relay takes no further setting; send what is told of it."""
        end = self.now + seconds
        while self.now < end:
            self.now += LOOK_S
            self._report.update(taken, self.now)
        for path, notice in NoticeBoard(self._folder).waiting():
            said = event_of(notice, "n-1", KEY, "0" * 12)
            self._store.store("n-1", [said], round(self.now * NS))
            NoticeBoard.taken(path)

    def board(self) -> Board:
        return read_board(self._database, ROOMS, {"n-1": list(ROOMS)}, round(self.now * NS))


@pytest.fixture
def node(tmp_path: Path, store: Store, database: HubDatabase) -> Node:
    return Node(tmp_path / "node", store, database)


def test_it_is_shown_within_half_a_minute_and_ends_by_itself(
    node: Node, database: HubDatabase
) -> None:
    node.passes(10, taken=1)
    assert node.board().alarms == []
    node.passes(30, taken=1)
    (alarm,) = node.board().alarms
    assert (alarm.kind, alarm.priority) == (AlarmKind.SOURCE_SILENT, Priority.TECHNICAL)
    assert alarm.sound is Sound.NONE
    node.passes(1, taken=2)
    assert node.board().alarms == []
    ((over, _),) = read_resolved(database, 9)
    assert (over.state, over.reason) == (AlarmState.RESOLVED, Judgement.CONDITION_ENDED)
    node.passes(30, taken=2)
    assert len(node.board().alarms) == 1, "and comes again"


@pytest.mark.parametrize(
    ("language", "title", "lines"),
    [
        (
            Language.EN,
            TITLE,
            [
                "Alarms still reach this page; without a hub nobody would be called",
                "Have power and cable of its module looked at; on room computer n-1, "
                "ambient doctor says what is wrong",
            ],
        ),
        (
            Language.DE,
            "Kontakt zur Rufanlage antwortet nicht – Room 1, Room 2",
            [
                "Alarme kommen hier weiter an; ohne Zentrale würde niemand gerufen",
                "Strom und Kabel seines Moduls prüfen lassen; auf dem Zimmerrechner n-1 sagt "
                "ambient doctor, was fehlt",
            ],
        ),
    ],
)
def test_it_says_what_where_and_what_to_do(
    node: Node, language: Language, title: str, lines: list[str]
) -> None:
    node.passes(30, taken=0)
    board = node.board()
    with speaking(language):
        shown = alarm_view(board.alarms[0], [], board)
    assert shown.title == title
    assert shown.known == lines
    assert shown.on_foot == [], "the rooms are watched all the same"
    assert shown.reasons == [], "it ends by itself"


def test_the_rooms_stay_watched_and_a_sensor_of_that_name_is_another_thing(
    node: Node, store: Store
) -> None:
    store.store("n-1", [view(events.QualityRestored, 100, View.OK)], 100 * NS)
    sensor = event(
        events.NodeSourceSilent, 100, source="nurse-call", device=Device.SENSOR, silent_s=60.0
    )
    store.store("n-1", [sensor], 101 * NS)
    node.passes(30, taken=0)
    assert len(node.board().alarms) == 2
    node.passes(1, taken=1)
    (left,) = node.board().alarms
    assert (left.room, left.device) == ("r1", Device.SENSOR)
    assert node.board().rooms[0].status is RoomStatus.WATCHED
