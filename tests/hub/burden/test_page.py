"""The page of the burden over HTTP: who sees it, who decides, and who opens a log."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import httpx
import pytest

from ambient.hub import ledger
from ambient.hub.alarms import log
from ambient.hub.alarms.condition import Deed, OpeningReason
from ambient.hub.alarms.inputs import AskForLog, GrantLog, OnMyWay, ReadLog
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.identities import Role
from ambient.hub.service import RunningHub
from tests.hub.kit import PASSWORD, add_user, enrol, fall, hub_config, running
from tests.patience import PATIENCE_S

USERS = {
    "cora": Role.CARER,
    "lena": Role.LEAD,
    "rita": Role.RESEARCHER,
    "paul": Role.DPO,
    "adam": Role.ADMIN,
}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    with running(hub_config(tmp_path_factory.mktemp("hub")), user=False) as hub:
        enrol(hub.context.registry, "n-1", ["r1", "r2"])
        for name, role in USERS.items():
            add_user(hub, name, role)
        yield hub


@contextmanager
def signed_in(hub: RunningHub, name: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=hub.url, timeout=PATIENCE_S, trust_env=False) as http:
        answer = http.post("/api/login", json={"user": name, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        http.headers["X-CSRF-Token"] = answer.json()["csrf"]
        yield http


def kept(hub: RunningHub) -> list[str]:
    """Return what the log holds of opened logs; the hub's own timer writes lines beside them."""
    with hub.context.database.read() as db:
        given = [entry.given for line in ledger.lines(db) if (entry := log.read(line)) is not None]
    return [type(one).__name__ for one in given if isinstance(one, AskForLog | GrantLog | ReadLog)]


@pytest.mark.parametrize(
    ("name", "sees", "decides", "opens"),
    [
        ("cora", 403, 403, 403),
        ("lena", 200, 409, 409),
        ("rita", 200, 403, 403),
        ("paul", 200, 403, 409),
        ("adam", 200, 403, 403),
    ],
)
def test_who_may(hub: RunningHub, name: str, sees: int, decides: int, opens: int) -> None:
    with signed_in(hub, name) as http:
        for path in ("/burden", "/burden.pdf", "/burden.json"):
            assert http.get(path).status_code == sees
        for path in ("accept", "take-back", "end-shadow"):
            answer = http.post(f"/burden/{path}", data={"id": "none"})
            assert answer.status_code == decides, answer.text
        for path in ("grant", "read"):
            assert http.post(f"/burden/{path}", data={"id": "none"}).status_code == opens


def test_a_lead_puts_a_room_in_shadow_mode_and_back(hub: RunningHub) -> None:
    until = (datetime.now() + timedelta(days=2)).isoformat(timespec="minutes")
    with signed_in(hub, "lena") as http:
        done = http.post("/burden/shadow", data={"room": "r2", "until": until})
        assert done.status_code == 303, done.text
        now = time.time()
        for line in fall(now, 2, room="r2"):
            hub.context.store.store("n-1", [line], time.time_ns())
        page = http.get("/burden").text
        assert "NOT WATCHED" in page
        assert 'role="alert"' in page
        board = hub.context.board()
        assert [one.room for one in board.shadowed] == ["r2"]
        assert board.sound.value == "none"
        (shadow,) = board.house.shadows
        http.post("/burden/end-shadow", data={"id": shadow.id})
        assert hub.context.board().sound.value == "high"
    assert hub.context.store.verify().broken is None


@pytest.mark.parametrize("until", ["soon", "2000-01-01T00:00", ""])
def test_a_shadow_mode_needs_an_end(hub: RunningHub, until: str) -> None:
    with signed_in(hub, "lena") as http:
        answer = http.post("/burden/shadow", data={"room": "r1", "until": until})
        assert answer.status_code == 409
        assert "expected" in answer.text


@pytest.mark.parametrize(
    ("person", "reason", "said"),
    [
        ("", "incident", "person: expected a user name"),
        ("  ", "incident", "person: expected a user name"),
        ("cora", "", "reason: expected one of incident"),
        ("cora", "curiosity", "reason: expected one of incident"),
        ("", "", "expected"),
    ],
)
def test_who_asks_for_a_log_says_whose_and_why(
    hub: RunningHub, person: str, reason: str, said: str
) -> None:
    with signed_in(hub, "lena") as lead:
        before = kept(hub)
        answer = lead.post("/burden/ask", data={"person": person, "reason": reason})
        assert answer.status_code == 409
        assert said in answer.text
        assert kept(hub) == before
        assert hub.context.board().house.openings == []


def test_two_roles_open_a_log_and_a_third_reads_nothing(hub: RunningHub) -> None:
    with signed_in(hub, "lena") as lead, signed_in(hub, "paul") as officer:
        lead.post("/burden/ask", data={"person": "cora", "reason": "incident"})
        (opening,) = hub.context.board().house.openings
        assert lead.post("/burden/read", data={"id": opening.id}).status_code == 409
        assert lead.post("/burden/grant", data={"id": opening.id}).status_code == 409
        assert officer.post("/burden/grant", data={"id": opening.id}).status_code == 303
        assert kept(hub) == ["AskForLog", "GrantLog"]
        shown = lead.post("/burden/read", data={"id": opening.id})
        assert shown.status_code in (200, 201)
        assert "Log of cora" in shown.text
        assert kept(hub) == ["AskForLog", "GrantLog", "ReadLog"]
    with signed_in(hub, "adam") as admin:
        assert admin.post("/burden/read", data={"id": opening.id}).status_code == 403


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            [
                "fewer than 5 people answered",
                "an incident",
                "a complaint",
                "Out of bed",
                "Resolved",
            ],
        ),
        (
            "de",
            [
                *("weniger als 5 Personen haben geantwortet", "ein Vorfall", "eine Beschwerde"),
                *("Aus dem Bett", "Sturz", "Unterwegs"),
            ],
        ),
    ],
)
def test_reasons_kinds_and_deeds_are_words_of_the_readers_language(
    hub: RunningHub, language: str, said: list[str]
) -> None:
    life = fall(time.time() - 40 * 3600, 2, room="r1")
    for line in life:
        hub.context.store.store("n-1", [line], time.time_ns())
    hub.context.store.decide(OnMyWay(condition=life[0].chain, who="cora"), time.time_ns())
    with signed_in(hub, "lena") as lead, signed_in(hub, "paul") as officer:
        lead.headers["Accept-Language"] = language
        lead.post("/burden/ask", data={"person": "cora", "reason": "incident"})
        opening = hub.context.board().house.openings[-1]
        text = visible(lead.get("/burden").text)
        officer.post("/burden/grant", data={"id": opening.id})
        text += visible(lead.post("/burden/read", data={"id": opening.id}).text)
    codes = {one.value for one in (*AlarmKind, *OpeningReason, *Deed) if "_" in one.value}
    assert [one for one in codes if re.search(rf"\b{one}\b", text)] == []
    assert [one for one in said if one not in text] == []
    english = {"incident", "complaint", "authority"} & set(re.findall(r"\w+", text))
    assert language == "en" or not english


def visible(page: str) -> str:
    """Return what a page says: its text without tags."""
    return html.unescape(re.sub(r"<[^>]*>", " ", page))
