"""The process *gateways* as a whole: which ways it opens, one that fails, switches, counts."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from ambient import commands
from ambient.bus.sockets import LinkChange
from ambient.config import NodeConfig
from ambient.config_gateways import Way
from ambient.errors import LinkError
from ambient.events import Outcome, Purpose, Worker
from ambient.node.clock import NodeClock
from ambient.node.control import ControlServer
from ambient.node.gateways import worker as worker_module
from ambient.node.gateways.way import Desk, Gateway
from ambient.node.gateways.worker import HEALTH, GatewayWorker, gateways
from ambient.node.place import NodePlace
from ambient.node.running import worker_pids
from ambient.node.supervisor import wanted_workers
from ambient.node.switches import SwitchBoard
from ambient.observations import SensorKind, Tick
from tests.node.gateways.kit import START, Fusion, config, eventually, in_loop, pulse
from tests.patience import PATIENCE_S
from vitals.readings import SensorRead

ORDER: dict[str, Any] = {"id": "c-1", "node": "n-1", "issued": START, "expires": START + 1}


class Control:
    """The agent's end, in the same process."""

    def __init__(self) -> None:
        self.waiting: list[commands.AnyCommand] = []
        self.answers: list[Outcome] = []

    def take(self) -> commands.AnyCommand | None:
        return self.waiting.pop(0) if self.waiting else None

    def answer(self, outcome: Outcome) -> None:
        self.answers.append(outcome)


class Played:
    """A way in that does as it is told."""

    def __init__(self, way: Way, desk: Desk, failures: list[Exception] | None = None) -> None:
        self.way = way
        self.desk = desk
        self.failures = failures or []
        self.starts = 0
        self.changes = 0
        self.settled = True
        self.readable: list[str] = []

    def changed(self) -> None:
        self.changes += 1
        self.readable = [one.id for one in self.desk.wearables(self.way)]

    async def run(self) -> None:
        self.starts += 1
        if self.failures:
            raise self.failures.pop(0)
        self.desk.link(self.way, None)
        self.changed()
        await asyncio.get_running_loop().create_future()


class Node:
    """A worker with ways that are played."""

    def __init__(self, folder: Path, failures: list[Exception] | None = None) -> None:
        self.config = config(folder)
        self.place = NodePlace(self.config.state_dir)
        self.place.make()
        self.fusion = Fusion()
        self.control = Control()
        self.ways: list[Played] = []
        self.switches = SwitchBoard(folder)
        self.beats = 0
        self.stopped = False

        def opened(given: NodeConfig, desk: Desk) -> list[Gateway]:
            self.ways = [Played(Way.MQTT, desk, failures), Played(Way.ZEROMQ, desk)]
            return list(self.ways)

        clock = NodeClock(START - time.monotonic_ns())
        control: ControlServer = self.control  # type: ignore[assignment]
        self.link: list[LinkChange] = []
        """How it went with fusion."""

        def changes() -> list[LinkChange]:
            went, self.link = self.link, []
            return went

        self.worker = GatewayWorker(
            self.config, control, clock, self.fusion.send, opened, changes=changes
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Node]:
        def beat() -> None:
            self.beats += 1

        task = asyncio.create_task(self.worker.run(lambda: self.stopped, beat))
        try:
            await eventually(lambda: all(one.starts for one in self.ways))
            yield self
        finally:
            self.stopped = True
            await asyncio.wait_for(task, PATIENCE_S)

    def links(self) -> dict[str, str | None]:
        found = self.worker.reception.health()["links"]
        assert isinstance(found, dict)
        return found


def test_a_node_has_this_process_where_there_is_something_to_read(tmp_path: Path) -> None:
    names = [str(one) for one in wanted_workers(config(tmp_path))]
    assert "gateways" in names
    bare = config(tmp_path, rooms="\n  - id: r1\n", gateways=" {}\n")
    assert "gateways" not in [str(one) for one in wanted_workers(bare)]


@in_loop
async def test_only_ways_that_a_device_comes_by_are_opened(tmp_path: Path) -> None:
    node = Node(tmp_path)
    found = gateways(node.config, node.worker.reception)
    assert {one.way for one in found} == {Way.MQTT, Way.ZEROMQ, Way.CSV}
    rooms = "\n  - id: r1\n    sensors: [{id: door, device: door-1, kind: door}]\n"
    one = config(tmp_path, rooms=rooms)
    assert [each.way for each in gateways(one, node.worker.reception)] == [Way.MQTT]


@in_loop
@pytest.mark.filterwarnings("ignore")
async def test_a_way_that_fails_is_told_and_tried_again_and_the_others_go_on(
    tmp_path: Path,
) -> None:
    node = Node(tmp_path, [LinkError("broker on fire"), ValueError("nobody foresaw this")])
    async with node.running():
        failing, fine = node.ways
        await eventually(lambda: node.links().get("mqtt") == "broker on fire")
        assert node.links()["zeromq"] is None
        await eventually(lambda: node.links().get("mqtt") == "failed (ValueError)")
        await eventually(lambda: node.links().get("mqtt", "") is None)
        assert (failing.starts, fine.starts) == (3, 1)
        assert node.beats > 1, "a way that fails takes no sign of life from the process"


@in_loop
async def test_vitals_off_closes_the_ways_and_says_so_when_it_is_done(tmp_path: Path) -> None:
    node = Node(tmp_path)
    async with node.running():
        mqtt, zeromq = node.ways
        assert (mqtt.readable, zeromq.readable) == (["w1"], ["w2"])
        mqtt.settled = False
        node.switches.change(lambda now: now.with_purpose("r1", Purpose.VITALS, False))
        node.control.waiting.append(
            commands.SetPurpose(**ORDER, room="r1", purpose=Purpose.VITALS, on=False)
        )
        await eventually(lambda: (mqtt.readable, zeromq.readable) == ([], []))
        await asyncio.sleep(0.2)
        assert node.control.answers == [], "a broker still sends what may not be read"
        mqtt.settled = True
        await eventually(lambda: node.control.answers == [Outcome.APPLIED])
        desk = node.worker.reception
        await desk.take(Way.MQTT, "mqtt", [pulse("omh/w1", 0, 70)])
        assert desk.counts.closed == 1
        node.switches.change(lambda now: now.with_purpose("r1", Purpose.VITALS, True))
        await eventually(lambda: (mqtt.readable, zeromq.readable) == (["w1"], ["w2"]))
    assert node.fusion.values() == []


@in_loop
async def test_it_ticks_for_each_way_that_is_open_and_writes_its_counts(
    tmp_path: Path,
) -> None:
    node = Node(tmp_path)
    async with node.running():
        await eventually(
            lambda: (
                {one.source for one in node.fusion.seen if isinstance(one, Tick)}
                >= {"mqtt", "zeromq"}
            )
        )
        file = node.place.run_dir / HEALTH
        await eventually(file.exists)
        assert json.loads(file.read_bytes())["readings"] == 0


@in_loop
async def test_what_waits_for_fusion_is_handed_on_before_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "DRAIN_S", 20.0)
    node = Node(tmp_path)
    node.fusion.room = 0
    async with node.running():
        desk = node.worker.reception
        taking = asyncio.create_task(desk.take(Way.MQTT, "mqtt", [pulse("omh/w1", 0, 70)]))
        await eventually(lambda: desk.counts.waited > 0)
        taking.cancel()
        await asyncio.gather(taking, return_exceptions=True)
        node.fusion.room = 10**9
    assert node.fusion.values() == [(0, 70.0)]


@pytest.mark.parametrize("devices", [True, False])
def test_a_node_starts_this_process_only_where_there_are_devices(
    tmp_path: Path, devices: bool
) -> None:
    """The real command: its supervisor, its workers, their sockets."""
    rooms = "\n  - id: r1\n" + ("    sensors: [{id: door, device: d, kind: door}]\n" * devices)
    given = config(tmp_path, rooms=rooms)
    running = subprocess.Popen(
        [sys.executable, "-m", "ambient", "node", "-c", str(tmp_path / "node.yaml")],
        stderr=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + 2 * PATIENCE_S
        while Worker.FUSION not in (found := worker_pids(given.state_dir)):
            assert running.poll() is None
            assert time.monotonic() < end
            time.sleep(0.1)
        while devices and not (NodePlace(given.state_dir).run_dir / HEALTH).exists():
            assert time.monotonic() < end, "the process tells nothing"
            time.sleep(0.1)
        assert (Worker.GATEWAYS in worker_pids(given.state_dir)) is devices, found
    finally:
        running.terminate()
        assert running.wait(PATIENCE_S) == 0


@in_loop
async def test_a_fusion_that_comes_after_another_is_told_who_called(tmp_path: Path) -> None:
    pulled = SensorRead(device="cord-1", kind=SensorKind.CORD, on=True)
    async with Node(tmp_path).running() as node:
        await node.worker.reception.take(Way.MQTT, "broker", [pulled])
        assert node.fusion.states() == [("cord", True, False)]
        node.link += [LinkChange.DOWN, LinkChange.UP]
        await eventually(lambda: node.fusion.states() == [("cord", True, False)] * 2)
        node.control.waiting.append(commands.Erase(**ORDER, subject="s-aaaa"))
        await eventually(lambda: node.control.answers == [Outcome.APPLIED])
