"""What whoever comes to help needs stands on the alarm, for those who may know of it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import pytest

from ambient.config_web import SecondFactor
from ambient.hub.alarms.condition import Condition
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.identities import Role
from ambient.hub.languages import speaking
from ambient.hub.people import care
from ambient.hub.people.care import CareSettings
from ambient.hub.service import RunningHub
from ambient.hub.web.aids import lines
from ambient.languages import Language
from tests.hub.kit import NS, USER, add_user, client, enrol, fall, hub_config, running

DAY = 24 * 3600 * NS


def settings(bed: str = "a", room: str = "r1", **aids: bool) -> CareSettings:
    now = time.time_ns()
    return CareSettings(
        room=room,
        bed=bed,
        reason="as ordered",
        at=now,
        review=now + 30 * DAY,
        entered_by="lead",
        **aids,  # type: ignore[arg-type]
    )


def alarm(kind: AlarmKind = AlarmKind.FALL, room: str = "r1", bed: str | None = None) -> Condition:
    return Condition(
        id="c", kind=kind, key="k", chain="c", node="n-1", since=0, latest=0, room=room, bed=bed
    )


HOIST = settings(hoist=True)


@pytest.mark.parametrize(
    ("about", "known", "said"),
    [
        (alarm(), [HOIST], ["Needs: hoist (bed a)"]),
        (
            alarm(),
            [settings(hoist=True, wheelchair=True, walking_aid=True)],
            ["Needs: hoist, wheelchair, walking aid (bed a)"],
        ),
        (
            alarm(),
            [HOIST, settings("b", wheelchair=True)],
            ["Needs: hoist (bed a)", "Needs: wheelchair (bed b)"],
        ),
        (alarm(bed="b"), [HOIST, settings("b", wheelchair=True)], ["Needs: wheelchair (bed b)"]),
        (alarm(bed="b"), [HOIST], []),
        (alarm(), [settings(floor_bed=True, fall_mat=True)], []),
        (alarm(room="r2"), [HOIST], []),
        (alarm(AlarmKind.CHECK_AFTER_FALL), [HOIST], ["Needs: hoist (bed a)"]),
        (alarm(AlarmKind.CAMERA), [HOIST], []),
        (alarm(), [], []),
    ],
)
def test_what_is_said(about: Condition, known: Sequence[CareSettings], said: list[str]) -> None:
    assert lines(about, known) == said


def test_what_is_said_in_german() -> None:
    known = [settings(hoist=True, wheelchair=True, walking_aid=True)]
    with speaking(Language.DE):
        assert lines(alarm(), known) == ["Braucht: Lifter, Rollstuhl, Gehhilfe (Bett a)"]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    config = hub_config(tmp_path_factory.mktemp("hub"))
    web = msgspec.structs.replace(config.web, second_factor=SecondFactor.OPTIONAL)
    with running(msgspec.structs.replace(config, web=web)) as made:
        for role in (Role.CARER, Role.INSTALLER):
            add_user(made, role.value, role)
        enrol(made.context.registry, "n-1", ["r1"])
        made.context.store.store("n-1", fall(time.time(), 1, room="r1"), time.time_ns())
        care.enter(made.context.database, settings(hoist=True), None)
        yield made


@pytest.mark.parametrize(("user", "shown"), [(USER, True), ("carer", True), ("installer", False)])
@pytest.mark.parametrize("path", ["/", "/kiosk", "/live", "/api/board", "/api/alarms"])
def test_who_may_see_how_residents_are_sees_it_and_nobody_else(
    hub: RunningHub, path: str, user: str, shown: bool
) -> None:
    with client(hub, user=user) as http:
        if path != "/live":
            text = http.get(path, headers={"Accept-Language": "en"}).text
        else:
            with http.stream("GET", path, headers={"Accept-Language": "en"}) as stream:
                text = next(line for line in stream.iter_lines() if "alarm-" in line)
    assert "r1" in text
    assert ("hoist" in text) is shown


def test_no_screen_that_nobody_is_signed_in_at_tells_it(hub: RunningHub) -> None:
    from ambient.hub.web.pictures import ringing_state
    from ambient.hub.web.views import board_view

    board = hub.context.board()
    state: Any = ringing_state(board_view(board, care.in_force(hub.context.database)))
    assert "Room 1" in state.alarms
    assert "hoist" not in state.alarms
