"""How far a room's installation is: the order, what the node told, and the page of it."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest

from ambient import events
from ambient.bus import keys
from ambient.bus.opening import code_of, shared_secret
from ambient.events import (
    Area,
    CommandKind,
    Corner,
    Coverage,
    Light,
    NodeWizard,
    Outcome,
    Station,
    StationResult,
    WizardAct,
)
from ambient.hub.installing import Stage, opening
from ambient.hub.orders import Order, OrderState
from tests.hub.kit import NS, client, enrol, event, hub_config, running

ROOM, NODE, DIGEST = "r1", "n-1", "ab" * 32
OTHER_CLOCK = 86_400
"""A node whose clock is a day ahead of the hub's, in seconds."""


def act(what: WizardAct, at: float, *, began: float = 100, **fields: object) -> NodeWizard:
    return event(
        NodeWizard,
        at + OTHER_CLOCK,
        began=began + OTHER_CLOCK,
        family="wizard",
        room=None,
        act=what,
        **fields,
    )


def opened(at: float, minutes: float = 30, **fields: object) -> NodeWizard:
    until = round((at + OTHER_CLOCK + minutes * 60) * NS)
    return act(WizardAct.OPENED, at, began=at, certificate=DIGEST, until=until, **fields)


def ordered(issued: float, state: OrderState = OrderState.ORDERED) -> Order:
    return Order(
        id="x",
        node=NODE,
        kind=CommandKind.WIZARD,
        issued=round(issued * NS),
        expires=round((issued + 120) * NS),
        room=ROOM,
        state=state,
    )


OPENED, ENTERED, LOCKED = (
    opened(100),
    act(WizardAct.ENTERED, 110),
    act(WizardAct.LOCKED, 110),
)
CLOSED = act(WizardAct.CLOSED, 200)


@pytest.mark.parametrize(
    ("told", "order", "now", "stage", "left_s"),
    [
        pytest.param([], None, 300, Stage.NONE, 0, id="nothing"),
        pytest.param([], ordered(290), 300, Stage.ASKED, 0, id="asked"),
        pytest.param([], ordered(100), 300, Stage.EXPIRED, 0, id="no answer"),
        pytest.param(
            [], ordered(100, OrderState.EXPIRED), 300, Stage.EXPIRED, 0, id="no answer, closed"
        ),
        pytest.param([], ordered(290, OrderState.REFUSED), 300, Stage.REFUSED, 0, id="refused"),
        pytest.param(
            [], ordered(290, OrderState.APPLIED), 300, Stage.NONE, 0, id="its event is on the way"
        ),
        pytest.param([OPENED], ordered(90), 160, Stage.OPEN, 1740, id="open"),
        pytest.param([OPENED], None, 160, Stage.OPEN, 1740, id="open, by hand"),
        pytest.param([ENTERED, OPENED], None, 160, Stage.ENTERED, 1740, id="entered"),
        pytest.param([LOCKED, OPENED], None, 160, Stage.LOCKED, 1740, id="locked"),
        pytest.param([OPENED], None, 1901, Stage.NONE, 0, id="its end was never told"),
        pytest.param([CLOSED, ENTERED, OPENED], ordered(90), 300, Stage.NONE, 0, id="closed"),
        pytest.param([CLOSED, OPENED], ordered(290), 300, Stage.ASKED, 0, id="asked again"),
    ],
)
def test_where_the_wizard_of_a_node_stands(
    told: list[NodeWizard], order: Order | None, now: float, stage: Stage, left_s: float
) -> None:
    received = [(one, one.t - OTHER_CLOCK * NS) for one in told]
    found = opening(NODE, received, order, round(now * NS))
    assert (found.stage, found.left_s) == (stage, left_s)


def test_the_page_from_the_order_to_the_certificate(tmp_path: Path) -> None:
    with running(hub_config(tmp_path)) as hub:
        pair = enrol(hub.context.registry, NODE, [ROOM])
        with client(hub) as http:

            def page(language: str = "en") -> str:
                return http.get("/install", headers={"Accept-Language": language}).text

            def told(*said: events.AnyEvent) -> None:
                hub.context.store.store(NODE, said, time.time_ns())

            assert "Not installed" in page()
            assert http.post("/install", data={"room": "r9"}).status_code == 409
            assert http.post("/install", data={"room": ROOM}).status_code == 303
            assert "it has not answered yet" in page()
            (command,) = hub.context.store.pending(time.time_ns())[NODE]
            at = time.time() - OTHER_CLOCK
            told(
                event(
                    events.CommandApplied,
                    at,
                    family="command",
                    command=command.id,
                    command_kind=CommandKind.WIZARD,
                    outcome=Outcome.APPLIED,
                ),
                opened(at, ipv4=(10 << 24) + 7, port=7443),
            )
            own = keys.load_or_make(tmp_path / keys.HUB_KEY)
            code = code_of(shared_secret(own.secret, pair.public), NODE, DIGEST)
            shown = page()
            for text in (
                code,
                "https://10.0.0.7:7443/",
                "AB:AB:",
                "Closes by itself in 30 minutes",
            ):
                assert text in shown
            assert "Install this room" not in shown
            result = StationResult(Station.WALK, Light.DAY, Coverage.YES)
            missed = StationResult(Station.SIT, Light.DAY, Coverage.NO)
            corners = [Corner(0, 0), Corner(1, 0), Corner(1, 1)]
            walked = act(WizardAct.WALKED, at + 20, began=at, walked=[result, missed], stations=8)
            told(
                act(WizardAct.ENTERED, at + 5, began=at),
                event(
                    events.NodeZone,
                    at + OTHER_CLOCK + 10,
                    family="zones.c1",
                    source="c1",
                    area=Area.BED,
                    corners=corners,
                ),
                msgspec.structs.replace(walked, room=ROOM),
            )
            shown = page()
            assert "Areas drawn: 1" in shown
            assert "Walk: 1 of 8 covered, 0 at night" in shown
            assert code not in shown, "it served somebody"
            done = event(
                events.NodeCommissioned,
                at + OTHER_CLOCK + 30,
                family="commissioned",
                complete=True,
                walked=[result],
                certificate="cd" * 32,
            )
            told(done, act(WizardAct.CLOSED, at + 40, began=at))
            shown = page()
            assert '<p class="installation commissioned">Installed' in shown
            assert "cd" * 32 in shown
            assert "Install this room" in shown
            assert "Dieses Zimmer einrichten" in page("de")
