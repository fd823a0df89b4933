"""What a card shows beside its title: of each device that does not work its own picture."""

from __future__ import annotations

import msgspec
import pytest

from ambient import events
from ambient.config import RoomName
from ambient.events import AnyEvent, Device
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.board import read_board
from ambient.hub.database import HubDatabase
from ambient.hub.store import Store
from ambient.hub.web.render import environment
from ambient.hub.web.views_alarms import AlarmView, alarm_view
from ambient.observations import Hearing, View
from tests.hub.kit import NS, event, fall, view


def shown(store: Store, database: HubDatabase, *said: AnyEvent) -> AlarmView:
    """Return the first card after what a node said."""
    store.store("n-1", said, 200 * NS)
    board = read_board(database, {"r1": RoomName(name="Room 1")}, {"n-1": ["r1"]}, 200 * NS)
    return alarm_view(board.alarms[0], [], board)


def drawn(name: str) -> str:
    return str(environment().get_template("icons.html").module.icon(name))  # type: ignore[attr-defined]


def silent(device: Device) -> AnyEvent:
    """Return that a device says nothing; the contact to the nurse call is the node's own."""
    room = None if device is Device.NURSE_CALL else "r1"
    return event(events.NodeSourceSilent, 100, room=room, source="x", device=device, silent_s=20.0)


BROKEN = [(silent(device), device) for device in Device]
BROKEN += [
    (view(events.QualityDegraded, 100, View.DARK), Device.CAMERA),
    (
        event(events.QualityDegraded, 100, source="m1", hearing=Hearing.HUM),
        Device.MICROPHONE,
    ),
]


@pytest.mark.parametrize(("said", "device"), BROKEN)
def test_a_device_that_does_not_work_is_drawn_as_what_it_is(
    store: Store, database: HubDatabase, said: AnyEvent, device: Device
) -> None:
    card = shown(store, database, said)
    assert card.device == device.value
    assert card.icon == device.value
    html = environment().get_template("alarms.html").render(board={"alarms": [card]})
    assert drawn(device.value) in html
    others = [each for each in Device if each is not device]
    assert not any(drawn(each.value) in html for each in others)


def test_no_two_devices_look_alike() -> None:
    assert len({drawn(each.value) for each in Device} | {drawn("no such")}) == len(Device) + 1


@pytest.mark.parametrize(
    ("said", "icon"),
    [
        (fall(100, 2), "fall"),
        (
            [event(events.NodeWorkerFailed, 1, room=None, worker=events.Worker.VISION, restarts=5)],
            "warn",
        ),
        (fall(100, 4), "up"),
    ],
)
def test_what_is_no_device_keeps_its_own(
    store: Store, database: HubDatabase, said: list[AnyEvent], icon: str
) -> None:
    card = shown(store, database, *said)
    assert (card.icon, card.device) == (icon, None)
    assert drawn(icon) != drawn("no such")


@pytest.mark.parametrize("kind", AlarmKind)
def test_there_is_a_picture_for_every_kind(
    store: Store, database: HubDatabase, kind: AlarmKind
) -> None:
    card = msgspec.structs.replace(shown(store, database, *fall(100, 2)), kind=kind.value)
    assert drawn(card.icon) != drawn("no such")
