"""The page of care settings, by real requests to a real hub."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from ambient.commands import BedCare, SetCare
from ambient.events import CommandApplied, CommandKind, Outcome
from ambient.hub.identities import Role
from ambient.hub.people import care
from ambient.hub.people.care import CareSettings
from ambient.hub.service import RunningHub
from tests.hub.kit import NS, add_user, client, enrol, event

ONE = "s-00aa11bb"
DAY_NS = 24 * 3600 * NS


def day(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


@pytest.fixture(scope="module")
def hub(bare_hub: RunningHub) -> RunningHub:
    enrol(bare_hub.context.registry, "n-1", ["r1"])
    for role in (Role.LEAD, Role.CARER):
        add_user(bare_hub, role.value, role)
    with client(bare_hub, user="lead") as http:
        moved = {"subject": ONE, "room": "r1", "bed": "a"}
        assert http.post("/consents/move-in", data=moved).status_code == 303
    return bare_hub


SETTINGS = {
    "room": "r1",
    "bed": "a",
    "fall_mat": "yes",
    "hoist": "yes",
    "exit_delay": "5",
    "scale": "2",
    "reason": "rolls <out>",
}


def test_set_answered_changed_and_still_there_to_read(hub: RunningHub) -> None:
    store = hub.context.store

    def orders() -> list[SetCare]:
        return [o for o in store.pending(time.time_ns())["n-1"] if isinstance(o, SetCare)]

    def answer(outcome: Outcome) -> None:
        (order,) = orders()
        answered = event(
            CommandApplied,
            time.time(),
            family=order.id,
            command=order.id,
            command_kind=CommandKind.CARE,
            outcome=outcome,
        )
        store.store("n-1", [answered], time.time_ns())

    with client(hub, user="lead") as http:

        def shown(language: str = "en") -> str:
            return http.get("/care", headers={"Accept-Language": language}).text

        assert "Nothing is set" in shown()
        assert http.post("/care", data=SETTINGS | {"review": day(90)}).status_code == 303
        (order,) = orders()
        assert (order.room, order.bed) == ("r1", "a")
        assert order.care == BedCare(permitted=True, exit_min=5, saturation_scale=2)
        page = shown()
        assert "has not answered" in page
        assert "Out of bed: rings after 5 minutes" in page
        assert "rolls &lt;out&gt;" in page
        answer(Outcome.APPLIED)
        assert "in force in the room" in shown()
        again = {"room": "r1", "bed": "a", "reason": "better", "review": day(30)}
        assert http.post("/care", data=again).status_code == 303
        answer(Outcome.REFUSED)
        page = shown()
        assert "REFUSED by the room" in page
        assert "Nothing in particular" in page
        assert "Fall mat: lying on it is permitted; Hoist" in page, "the audit keeps what was"
        assert "Pflegeeinstellungen" in shown("de")
    with client(hub, user="carer") as http:
        page = http.get("/care", headers={"Accept-Language": "en"}).text
        assert "rolls &lt;out&gt;" in page
        assert '<form method="post" action="/care">' not in page
        assert http.post("/care", data=SETTINGS).status_code == 403


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        pytest.param({"reason": "  "}, "Say why", id="no reason"),
        pytest.param({"review": "soon"}, "expected a day", id="no day"),
        pytest.param({"review": day(400)}, "within a year", id="in more than a year"),
        pytest.param({"review": day(-2)}, "within a year", id="over"),
        pytest.param({"room": "r99"}, "expected a known one", id="no such room"),
        pytest.param({"bed": "Bed A!"}, "short name", id="no name of a bed"),
        pytest.param({"exit_delay": "-1"}, "expected a number", id="no minutes"),
        pytest.param({"exit_delay": "999"}, "240", id="too many minutes"),
    ],
)
def test_what_cannot_be_set_is_said(hub: RunningHub, changed: dict[str, str], why: str) -> None:
    before = care.in_force(hub.context.database)
    with client(hub, user="lead") as http:
        given = SETTINGS | {"review": day(90)} | changed
        answer = http.post("/care", data=given, headers={"Accept-Language": "en"})
    assert answer.status_code == 409
    assert why in answer.text
    assert care.in_force(hub.context.database) == before


def test_an_overdue_review_is_shown_first_and_handed_over(hub: RunningHub) -> None:
    long_ago = time.time_ns() - 40 * DAY_NS
    given = CareSettings(
        room="r2",
        bed="b",
        reason="pneumonia",
        at=long_ago,
        review=long_ago + 30 * DAY_NS,
        entered_by="nina",
        wheelchair=True,
    )
    care.enter(hub.context.database, given, None)
    with client(hub, user="carer") as http:
        english = {"Accept-Language": "en"}
        page = http.get("/care", headers=english).text
        assert "1 review is overdue." in page
        assert page.index("OVERDUE") < page.index("Review on"), "the overdue one comes first"
        handed = http.get("/handover", headers=english).text
        assert "Room 2, bed b: review was due on" in handed
