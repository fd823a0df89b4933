"""What people do about alarms over real HTTP: on my way, there, judgement, snooze, hand-over."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from ambient import events
from ambient.hub.alarms.inputs import NodeSilent
from ambient.hub.identities import Role
from ambient.hub.service import RunningHub
from ambient.observations import View
from tests.hub.kit import NS, PASSWORD, USER, add_user, client, enrol, fall, running, view
from tests.patience import until


@pytest.fixture(scope="module")
def hub(bare_hub: RunningHub) -> RunningHub:
    enrol(bare_hub.context.registry, "n-1", ["r1", "r2", "r3"])
    return bare_hub


def bring(hub: RunningHub, upto: int = 2, room: str = "r1") -> str:
    life = fall(time.time(), upto, room=room)
    hub.context.store.store("n-1", life, time.time_ns())
    return life[0].chain


def alarm(http: httpx.Client, chain: str) -> dict[str, Any]:
    return dict(http.get(f"/api/alarms/{chain}").json())


def test_on_my_way_there_and_what_it_was(hub: RunningHub, http: httpx.Client) -> None:
    chain = bring(hub)
    coming = http.post(f"/api/alarms/{chain}/acknowledge").json()
    assert (coming["state"], coming["there"], coming["sound"]) == ("acknowledged", False, "none")
    assert coming["acknowledged_until"] > coming["acknowledged_at"]
    there = http.post(f"/api/alarms/{chain}/there").json()
    assert (there["there"], there["acknowledged_by"]) == (True, USER)
    choices = [choice["value"] for choice in there["reasons"]]
    assert choices == ["fall", "help", "false_alarm", "test"]
    refused = http.post(f"/api/alarms/{chain}/resolve", json={"reason": "fixed"})
    assert refused.status_code == 409
    assert "expected one of fall, help" in refused.json()["detail"]
    done = http.post(f"/api/alarms/{chain}/resolve", json={"reason": "help"}).json()
    assert (done["state"], done["reason"]) == ("resolved", "Help was needed, no fall")


def test_who_was_told_is_shown_and_kept(hub: RunningHub, http: httpx.Client) -> None:
    chain = bring(hub)
    until(lambda: alarm(http, chain)["signals"][-1]["channel"] == "siren")
    signals = alarm(http, chain)["signals"]
    first, siren = signals[0], signals[-1]
    assert (first["recipient"], first["channel"], first["delivered"]) == ("everybody", "page", None)
    assert first["failed"] is not None, "no page is open"
    assert siren["channel"] == "siren"
    http.post(f"/api/alarms/{chain}/resolve", json={"reason": "test"})
    kept = alarm(http, chain)["signals"]
    assert all(one["withdrawn"] for one in kept)


def test_a_fall_record(hub: RunningHub, http: httpx.Client) -> None:
    chain = bring(hub, 4, room="r2")
    tasks = [one for one in http.get("/api/alarms").json()["alarms"] if one["task"]]
    (task,) = [one for one in tasks if one["room"] == "r2"]
    assert task["title"] == "Check after a fall – Room 2"
    assert (task["priority"], task["sound"]) == ("low", "none")
    wrong = http.post(f"/api/alarms/{task['id']}/resolve", json={"reason": "fall"})
    assert wrong.status_code == 409
    assert "record the fall" in wrong.json()["detail"]
    record = {"injury": "minor", "witnessed": False, "floor_s": 120.0}
    done = http.post(f"/api/alarms/{task['id']}/record", json=record).json()
    assert done["state"] == "resolved"
    assert done["known"] == ["Slightly hurt", "Nobody saw the fall", "On the floor for 2 min"]
    http.post(f"/api/alarms/{chain}/resolve", json={"reason": "fall"})


def test_snooze_and_its_end(hub: RunningHub, http: httpx.Client) -> None:
    order = {"room": "r3", "kind": "fall", "seconds": 600, "reason": "exercise"}
    (held,) = http.post("/api/snoozes", json=order).json()
    assert (held["room"], held["by"], held["reason"]) == ("r3", USER, "exercise")
    chain = bring(hub, room="r3")
    quiet = alarm(http, chain)
    assert (quiet["sound"], quiet["snoozed_by"], quiet["state"]) == ("none", USER, "active")
    assert http.post(f"/api/snoozes/{held['id']}/end").json() == []
    assert alarm(http, chain)["sound"] == "high"
    http.post(f"/api/alarms/{chain}/resolve", json={"reason": "test"})


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        (
            "/api/snoozes",
            {"room": "r1", "kind": "fall", "seconds": 7200, "reason": "care"},
            409,
            "",
        ),
        ("/api/snoozes", {"room": "r1", "seconds": 600, "reason": "tired"}, 400, "reason"),
        ("/api/snoozes", {"room": "r1", "seconds": 600}, 400, "reason"),
        ("/api/snoozes/00000000-0000-8000-8000-000000000000/end", None, 409, "expected one that"),
        ("/api/falls", {"room": "r99", "ago_s": 60}, 404, "expected a known one"),
        ("/api/falls", {"room": "r1", "ago_s": 10**6}, 400, "ago_s"),
        ("/api/handover", {"digest": "0" * 16}, 409, "read it again"),
        ("/api/alarms/00000000-0000-8000-8000-000000000000/there", None, 404, "expected the id"),
        ("/api/alarms/00000000-0000-8000-8000-000000000000/pause", {"seconds": 999}, 400, ""),
    ],
)
def test_what_cannot_be_is_told_why(
    http: httpx.Client, path: str, body: object, status: int, said: str
) -> None:
    answer = http.post(path, json=body)
    assert answer.status_code == status, answer.text
    assert said in answer.json()["detail"]


def test_a_fall_that_nobody_reported(hub: RunningHub, http: httpx.Client) -> None:
    before = len(hub.context.store.reports())
    assert http.post("/api/falls", json={"room": "r1", "ago_s": 600}).status_code == 201
    (*_, report) = hub.context.store.reports()
    assert len(hub.context.store.reports()) == before + 1
    assert (report.said.room, report.said.who) == ("r1", USER)
    assert 590 < (report.at - report.said.about) / NS < 610


def test_pausing_the_sound_of_one_alarm(hub: RunningHub, http: httpx.Client) -> None:
    chain = bring(hub)
    paused = http.post(f"/api/alarms/{chain}/pause", json={"seconds": 60}).json()
    assert (paused["sound"], paused["state"]) == ("none", "active")
    http.post(f"/api/alarms/{chain}/resolve", json={"reason": "test"})


def test_hand_over_is_accepted_as_it_stands(hub: RunningHub, http: httpx.Client) -> None:
    chain = bring(hub)
    http.post(f"/api/alarms/{chain}/acknowledge")
    page = http.get("/api/handover").json()
    assert [(one["id"], one["owner"]) for one in page["alarms"]] == [(chain, USER)]
    assert {room["room"] for room in page["not_watched"]} >= {"r1", "r10"}
    accepted = http.post("/api/handover", json={"digest": page["digest"]})
    assert accepted.status_code == 200, accepted.text
    assert accepted.json()["accepted_by"] == USER
    http.post(f"/api/alarms/{chain}/resolve", json={"reason": "test"})
    stale = http.post("/api/handover", json={"digest": page["digest"]})
    assert stale.status_code == 409


def test_whoever_logs_out_leaves_no_alarm_behind(hub: RunningHub, http: httpx.Client) -> None:
    add_user(hub, "carla", Role.CARER)
    chain = bring(hub)
    with client(hub, log_in=False) as other:
        answer = other.post("/api/login", json={"user": "carla", "password": PASSWORD})
        other.headers["X-CSRF-Token"] = answer.json()["csrf"]
        other.post(f"/api/alarms/{chain}/there")
        assert alarm(http, chain)["acknowledged_by"] == "carla"
        other.post("/api/logout")
    assert (alarm(http, chain)["state"], alarm(http, chain)["sound"]) == ("active", "high")
    http.post(f"/api/alarms/{chain}/resolve", json={"reason": "test"})


def test_rooms_of_one_cause_are_one_card(hub: RunningHub, http: httpx.Client) -> None:
    now = time.time()
    dark = [
        view(events.QualityDegraded, now, View.DARK, began=now + n, room=room)
        for n, room in enumerate(["r1", "r2"])
    ]
    hub.context.store.store("n-1", dark, time.time_ns())
    cards = [a for a in http.get("/api/alarms").json()["alarms"] if a["kind"] == "camera"]
    (card,) = cards
    assert card["title"] == "Camera cannot see – Room 1, Room 2"
    assert (card["rooms"], card["priority"]) == (["r1", "r2"], "technical")
    http.post(f"/api/alarms/{card['id']}/resolve", json={"reason": "fixed"})
    assert [a for a in http.get("/api/alarms").json()["alarms"] if a["kind"] == "camera"] == []


def test_a_camera_that_is_looked_at_too_seldom_is_told_until_it_is_not(
    hub: RunningHub, http: httpx.Client
) -> None:
    now = time.time()

    def cards() -> list[dict[str, Any]]:
        return [a for a in http.get("/api/alarms").json()["alarms"] if a["kind"] == "camera"]

    slow = view(events.QualityDegraded, now, View.SLOW, began=now, room="r1")
    hub.context.store.store("n-1", [slow], time.time_ns())
    (card,) = cards()
    assert card["title"] == "Camera is looked at too seldom – Room 1"
    assert card["priority"] == "technical"
    assert card["on_foot"] == []
    (room,) = (r for r in http.get("/api/rooms").json() if r["room"] == "r1")
    assert room["status"] == "watched"  # it sees, only seldom
    assert [c["text"] for c in room["cameras"]] == ["too few pictures a second"]
    fine = view(events.QualityRestored, now + 60, View.OK, began=now, room="r1")
    hub.context.store.store("n-1", [fine], time.time_ns())
    assert cards() == []


def test_metrics_count_what_calls(hub: RunningHub, http: httpx.Client) -> None:
    def figures() -> dict[str, float]:
        lines = http.get("/metrics").text.splitlines()
        return {
            name: float(value)
            for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        }

    # Enrolled: of a node that nobody knows the hub's timer takes the alarm away.
    enrol(hub.context.registry, "n-9", ["r9"])
    chain = bring(hub)
    hub.context.store.decide(NodeSilent(node="n-9", last=0), time.time_ns())
    calling = figures()
    assert calling["ambient_hub_alarms_calling"] == 2
    assert calling['ambient_hub_alarms{kind="fall",state="active"}'] == 1
    http.post(f"/api/alarms/{chain}/acknowledge")
    after = figures()
    assert after["ambient_hub_alarms_calling"] == 1
    assert after['ambient_hub_alarms{kind="fall",state="acknowledged"}'] == 1
    http.post(f"/api/alarms/{chain}/resolve", json={"reason": "test"})
    hub.context.registry.revoke("n-9", "test", time.time_ns())
    hub.context.store.forget_node("n-9", "test", time.time_ns())


def test_the_log_of_a_running_hub_verifies(hub: RunningHub, http: httpx.Client) -> None:
    chain = bring(hub)
    http.post(f"/api/alarms/{chain}/resolve", json={"reason": "test"})
    verdict = hub.context.store.verify()
    assert verdict.broken is None, verdict
    assert verdict.lines > 3


def test_rules_of_the_file_are_in_force(tmp_path: Path) -> None:
    from ambient.config import load_hub

    path = tmp_path / "hub.yaml"
    path.write_text(
        f"""
site: house
state_dir: {tmp_path}
link: {{bind: "tcp://127.0.0.1:0"}}
web: {{port: 0}}
rooms: {{r1: {{name: Room 1, floor: First}}}}
time_zone: Europe/Berlin
alarms:
  shifts: [{{id: all, hours: "00:00-24:00"}}]
  staff: [{{id: anna, shifts: [all], floors: [First]}}]
  plans: [{{steps: [{{to: room, after_s: 0}}]}}]
  coming_min: 5
"""
    )
    with running(load_hub(path)) as hub:
        rules = hub.context.board().house.rules
        assert (rules.coming_s, rules.floors, rules.rota.zone) == (
            300.0,
            {"r1": "First"},
            "Europe/Berlin",
        )
        bring(hub)
        (told,) = hub.context.board().signals.values()
        assert told[0].recipient == "anna"
