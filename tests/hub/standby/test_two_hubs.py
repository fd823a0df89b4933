"""Two hubs and a node as real processes: one is killed, an alarm rings at the other, and back."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from ambient.bus.enrolment import load_hub as load_hub_link
from ambient.errors import LinkError
from ambient.evaluate.facility import SITE
from ambient.evaluate.two_hubs import OneHub, RoomNode, TwoHubs, fall, until
from ambient.events import Worker
from ambient.hub.standby.duty import PROMISE_S
from ambient.hub.standby.kept import status_of
from ambient.hub.standby.unerased import level_there
from ambient.node import hubs as known_hubs
from ambient.node.outbox import Outbox
from tests.patience import PATIENCE_S
from tests.relays.modbus import Module

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]
WAIT_S = 2 * PATIENCE_S
"""Of two processes that may both be busy; that a hub takes over within 30 s is a rule of `Duty`,
held in ``test_duty``, and measured by ``ambient evaluate failovers``."""


@pytest.fixture(scope="module")
def two() -> Iterator[TwoHubs]:
    with TwoHubs(None) as made:
        made.set_up()
        yield made


def headlines(two: TwoHubs, hub: OneHub) -> list[tuple[str, str]]:
    two.log_in(hub)
    alarms = hub.page.board().alarms
    return [(alarm.kind, alarm.state) for alarm in alarms if alarm.kind == "fall"]


def give(node: RoomNode, number: int) -> None:
    node.give(fall(node, number, time.time_ns()))


def test_an_alarm_before_while_and_after_its_hub_is_killed(two: TwoHubs) -> None:
    [node] = two.nodes
    first, second = two.first, two.second
    give(node, 1)
    until(lambda: headlines(two, first) == [("fall", "active")], WAIT_S, "the first one rings")
    until(lambda: "stands by" in second.command("standby", "status"), WAIT_S, "the other says so")
    with pytest.raises(LinkError, match="this hub stands by"):
        second.page.board()
    acknowledged = first.page.board().alarms[0].id
    first.page.acknowledge(acknowledged)
    two.wait_level()
    done = time.time_ns()

    def copied() -> bool:
        return level_there(status_of(first.state, time.time_ns())) > done

    until(copied, WAIT_S, "the answer is at the other hub")

    first.kill()
    give(node, 2)
    until(second.serves, WAIT_S, "the second one serves")
    give(node, 3)
    expected = [("fall", "acknowledged"), ("fall", "active"), ("fall", "active")]
    until(
        lambda: sorted(headlines(two, second)) == expected,
        WAIT_S,
        "all three are there, and the answer",
    )
    # Who comes back stands by, and says where the other one is.
    first.start()
    two.wait_level()
    assert not first.serves()
    with pytest.raises(LinkError, match=f"this hub stands by.*{second.web_port}"):
        first.page.board()


def test_and_back(two: TwoHubs) -> None:
    two.first.command("standby", "promote")
    until(two.first.serves, WAIT_S, "the first one serves again")
    two.wait_level()
    assert not two.second.serves()
    assert len(headlines(two, two.first)) == 3
    said = [hub.command("hub", "verify") for hub in (two.first,)]
    assert all("lines are right" in one for one in said)


def put_back(two: TwoHubs) -> None:
    """Let the first hub serve; where the machine stood for a while, it took over by itself."""
    again = 0.0

    def serves() -> bool:
        nonlocal again
        if not two.first.serves() and time.monotonic() >= again:
            # Refused while its process is replaced; and an order holds for no longer than this.
            two.first.command("standby", "promote", check=False)
            again = time.monotonic() + PROMISE_S
        return two.first.serves()

    until(serves, WAIT_S, "the first one serves again")
    two.wait_level()


def test_a_hub_that_hung_rings_no_more_when_it_goes_on(two: TwoHubs) -> None:
    [node] = two.nodes
    two.first.hang(hangs=True)
    give(node, 4)
    until(two.second.serves, WAIT_S, "the second one serves")
    until(lambda: len(headlines(two, two.second)) == 4, WAIT_S, "the fall is there")
    two.first.hang(hangs=False)
    until(lambda: not two.first.serves(), WAIT_S, "the first one stands by")
    two.wait_level()
    put_back(two)


def test_a_hub_whose_disk_takes_nothing_is_relieved(two: TwoHubs) -> None:
    [node] = two.nodes
    before = len(headlines(two, two.first))
    two.wait_level()
    with closing(
        sqlite3.connect(two.first.state / "hub.db", isolation_level=None, timeout=WAIT_S)
    ) as other:
        other.execute("BEGIN IMMEDIATE")
        give(node, 6)
        until(two.second.serves, WAIT_S, "the second one serves")
        until(lambda: len(headlines(two, two.second)) == before + 1, WAIT_S, "the fall is there")
        other.execute("ROLLBACK")
    until(lambda: not two.first.serves(), WAIT_S, "the first one stands by")
    two.wait_level()
    put_back(two)


def test_with_both_hubs_dead_the_room_calls_by_itself(two: TwoHubs, tmp_path: Path) -> None:
    [node] = two.nodes
    link = load_hub_link(node.state)
    assert link is not None
    assert known_hubs.load(link, node.state).several, "the node was told of both"
    node.stop()
    with Module() as module:
        config = tmp_path / "node.yaml"
        content = {
            "site": SITE,
            "node": node.node,
            "state_dir": str(node.state),
            "rooms": [{"id": room} for room in node.rooms],
            "contact": {"modbus": module.address},
        }
        config.write_text(yaml.safe_dump(content))
        agent = subprocess.Popen(
            [sys.executable, "-m", "ambient.node.worker", Worker.AGENT, "--config", str(config)]
        )
        try:
            assert module.wait_for(False)
            two.first.kill()
            two.second.kill()
            with Outbox(node.place.outbox) as outbox:
                outbox.commit(fall(node, 5, time.time_ns()))
                assert module.wait_for(False, True)
        finally:
            agent.terminate()
            agent.wait(PATIENCE_S)
