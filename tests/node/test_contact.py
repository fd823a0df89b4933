"""The room's own contact: closed when no hub answers an alarm, and only then."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ambient.config_relay import RoomContact as ContactConfig
from ambient.events import Worker
from ambient.node.contact import GAP_S, LEAST_S, RoomContact, Unanswered
from ambient.node.outbox import Outbox
from ambient.node.place import NodePlace
from tests.bus.kit import fall
from tests.patience import PATIENCE_S
from tests.relays.modbus import Module

# (second, alarms that wait, closed afterwards)
Course = list[tuple[float, set[int], bool]]


@pytest.mark.parametrize(
    "course",
    [
        pytest.param([(0, set(), False), (100, set(), False)], id="nothing waits"),
        pytest.param([(0, {1}, False), (9.9, {1}, False), (20, set(), False)], id="answered"),
        pytest.param([(0, {1}, False), (10, {1}, True), (600, {1}, True)], id="until answered"),
        pytest.param(
            [(0, {1}, False), (10, {1}, True), (11, set(), True), (10 + LEAST_S, set(), False)],
            id="never shorter than a call takes",
        ),
        pytest.param(
            [
                (0, {1}, False),
                (10, {1}, True),
                (20, {1, 2}, True),
                (30, {1, 2}, False),
                (30 + GAP_S, {1, 2}, True),
                (40, {1, 2}, True),
                (41, set(), False),
            ],
            id="a further alarm makes an edge",
        ),
        pytest.param(
            [
                (0, {1}, False),
                (10, {1}, True),
                (20, set(), False),
                (21, {2}, False),
                (31, {2}, True),
            ],
            id="again",
        ),
    ],
)
def test_when_it_closes(course: Course) -> None:
    decide = Unanswered(10.0)
    assert [decide.update(waiting, now) for now, waiting, _ in course] == [c for *_, c in course]


class _Wire:
    """A relay that is only remembered."""

    def set(self, closed: bool) -> None: ...

    def close(self) -> None: ...


def test_a_disk_that_cannot_be_read_answers_no_alarm() -> None:
    contact = RoomContact(ContactConfig(gpio=4, after_s=2), lambda _: _Wire())
    found = []
    for now, waiting in ((0.0, {1}), (1.0, None), (2.0, None), (9.0, set()), (10.0, None)):
        contact.update(waiting, now)
        found.append(contact._wanted)
    contact.close()
    assert found == [False, False, True, False, False]


def test_it_is_set_when_the_module_comes_back() -> None:
    with Module() as module:
        module.unplug()
        contact = RoomContact(ContactConfig(modbus=module.address, after_s=2))
        contact.update({1}, 0.0)
        contact.update({1}, 2.0)
        module.plug_in()
        assert module.wait_for(True)
        contact.close()
        assert module.wait_for(True, False)


class _Unforeseen:
    """A relay whose library fails in a way of its own at first."""

    def __init__(self) -> None:
        self.failures = 2
        self.closed = threading.Event()

    def set(self, closed: bool) -> None:
        if self.failures:
            self.failures -= 1
            raise ZeroDivisionError
        if closed:
            self.closed.set()

    def close(self) -> None:
        self.closed.clear()


def test_whatever_a_relay_fails_of_it_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ambient.node.contact.AGAIN_S", 0.01)
    relay = _Unforeseen()
    contact = RoomContact(ContactConfig(gpio=1, after_s=2), lambda _: relay)
    contact.update({1}, 0.0)
    contact.update(None, 2.0)
    assert relay.closed.wait(PATIENCE_S), "and an outbox that cannot be read answers no alarm"
    contact.close()


def test_an_alarm_that_no_hub_answers_closes_it(tmp_path: Path) -> None:
    with Module() as module:
        config = tmp_path / "node.yaml"
        config.write_text(
            "site: s\nnode: n-1\nstate_dir: " + str(tmp_path / "state") + "\nrooms: [{id: r12}]\n"
            'hub: {address: "tcp://127.0.0.1:9", key: "' + "k" * 40 + '"}\n'
            f"contact: {{modbus: '{module.address}', after_s: 2}}\n"
        )
        place = NodePlace(tmp_path / "state")
        place.make()
        agent = subprocess.Popen(
            [sys.executable, "-m", "ambient.node.worker", Worker.AGENT, "--config", str(config)]
        )
        try:
            assert module.wait_for(False)
            with Outbox(place.outbox) as outbox:
                began = time.monotonic()
                outbox.commit([fall(1), fall(1, 1)])
                assert module.wait_for(False, True)
                assert time.monotonic() - began >= 2
                rows = outbox.waiting(9, 10**6)
                outbox.settle({row.id: False for row in rows}, time.time_ns())
            assert module.wait_for(False, True, False)
        finally:
            agent.terminate()
            agent.wait(PATIENCE_S)
