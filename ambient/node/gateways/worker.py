"""The process *gateways*: readings of wearables, monitors and small sensors in, observations out.

Comes in: what the ways of the configuration bring. Goes out: observations over a socket file. It
holds no key of the hub and no signal of a camera or microphone. All ways run in one event loop; one
that fails is told and tried again, and the others go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec
import structlog

from ambient import commands
from ambient.bus.sockets import LinkChange
from ambient.config import NodeConfig
from ambient.config_gateways import Sensor, Way, Wearable
from ambient.errors import AmbientError, StoreError
from ambient.events import Outcome
from ambient.files import write_atomically
from ambient.node.budget import RestartBudget
from ambient.node.clock import NodeClock
from ambient.node.control import ControlServer
from ambient.node.gateways.calls import Calls
from ambient.node.gateways.closed import ClosedTimes
from ambient.node.gateways.reception import Reception, worn_where
from ambient.node.gateways.taken import TakenMarks
from ambient.node.gateways.tasks import together
from ambient.node.gateways.way import Desk, Gateway
from ambient.node.place import NodePlace
from ambient.node.switches import SwitchBoard
from ambient.observations import AnyObservation
from vitals.batches import Batches

STEP_S: Final = 0.05
SWITCHES_S: Final = 0.2
TICK_S: Final = 1.0
HEALTH_S: Final = 10.0
HEALTH: Final = "gateways.json"
"""File with counts of this process, beside the sockets of the workers."""
DRAIN_S: Final = 3.0

_log = structlog.get_logger(__name__)


class GatewayWorker:
    """Run all ways in of one node.

    Parameters
    ----------
    config
        Of the node.
    control
        Where the agent's commands arrive.
    clock
        The node's time.
    send
        Hands an observation to fusion; says whether there was room.
    changes
        Returns how the link to fusion went since it was asked last.
    open_gateways
        Makes the ways in; a seam for tests.
    """

    def __init__(
        self,
        config: NodeConfig,
        control: ControlServer,
        clock: NodeClock,
        send: Callable[[AnyObservation], bool],
        open_gateways: Callable[[NodeConfig, Desk], list[Gateway]] | None = None,
        *,
        changes: Callable[[], list[LinkChange]] = list,
    ) -> None:
        self._place = NodePlace(config.state_dir)
        self._control = control
        self._switches = SwitchBoard(config.state_dir)
        self._asked = False
        self._calls = Calls(send, changes)
        self.reception = Reception(
            config,
            clock.now,
            self._calls.send,
            ClosedTimes(config.state_dir),
            Batches(worn_where(config.rooms)),
            TakenMarks(config.state_dir),
        )
        self.reception.allow(self._switches.read())
        self._gateways = (open_gateways or gateways)(config, self.reception)

    async def run(self, stopped: Callable[[], bool], beat: Callable[[], None]) -> None:
        """Run until `stopped`, and hand on what is held.

        Parameters
        ----------
        stopped
            Whether to end.
        beat
            Gives a sign of life.
        """
        await together(
            self._steps(stopped, beat),
            self._ticks(),
            self._healths(),
            *(self._keep(gateway) for gateway in self._gateways),
        )
        await self._drain()

    def step(self) -> None:
        """Take a command, follow the switches, answer when all ways have followed."""
        self._calls.step()
        command = None if self._asked else self._control.take()
        if command is not None:
            self._asked = True
            if isinstance(command, commands.Erase):
                self.reception.forget(command.subject)
                self._calls.forget(command.subject)
        self._follow()
        if self._asked and all(gateway.settled for gateway in self._gateways):
            self._asked = False
            self._control.answer(Outcome.APPLIED)

    async def _drain(self) -> None:
        """Hand on what still waits, if fusion takes it in time."""
        try:
            await asyncio.wait_for(self.reception.flush(), DRAIN_S)
        except TimeoutError:
            _log.warning("fusion takes no observations; what is not acknowledged comes again")

    def _follow(self) -> None:
        try:
            switches = self._switches.read()
        except StoreError as error:
            # Without knowing whether anybody may be measured, all stays as it is.
            _log.error("switches cannot be read", error=str(error))
            return
        if self.reception.allow(switches):
            for gateway in self._gateways:
                gateway.changed()

    async def _steps(self, stopped: Callable[[], bool], beat: Callable[[], None]) -> None:
        while not stopped():
            self.step()
            beat()
            await asyncio.sleep(STEP_S)

    async def _ticks(self) -> None:
        while True:
            self.reception.tick()
            await asyncio.sleep(TICK_S)

    async def _healths(self) -> None:
        while True:
            try:
                path = self._place.run_dir / HEALTH
                write_atomically(path, msgspec.json.encode(self.reception.health()))
            except StoreError as error:
                _log.warning("counts cannot be written", error=str(error))
            await asyncio.sleep(HEALTH_S)

    async def _keep(self, gateway: Gateway) -> None:
        """Run one way for ever, again after each failure."""
        budget = RestartBudget()
        loop = asyncio.get_running_loop()
        while True:
            try:
                await gateway.run()
                reason = "ended without being told to"
            except AmbientError as error:
                reason = str(error)
            except Exception as error:  # noqa: BLE001 - logged, told as closed, tried again
                _log.exception("way in failed", way=gateway.way)
                reason = f"failed ({type(error).__name__})"
            self.reception.link(gateway.way, reason)
            await asyncio.sleep(budget.died(loop.time()).wait_s)


def gateways(config: NodeConfig, desk: Desk) -> list[Gateway]:
    """Return the ways in that the configuration opens and some device comes by.

    Each is imported only where it is used: a node without Bluetooth loads no Bluetooth.
    """
    used: set[Way] = set()
    for room in config.rooms:
        devices: list[Wearable | Sensor] = [*room.wearables, *room.sensors]
        used |= {device.via for device in devices}
    found: list[Gateway] = []
    ways = config.gateways
    if ways.mqtt is not None and Way.MQTT in used:
        from ambient.node.gateways.mqtt import MqttGateway

        topics = [w.device for room in config.rooms for w in room.wearables if w.via is Way.MQTT]
        found.append(MqttGateway(ways.mqtt, config.node, desk, wearables=topics))
    if ways.ble is not None and Way.BLE in used:
        from ambient.node.gateways.ble import BleGateway

        found.append(BleGateway(ways.ble, desk))
    if ways.mllp is not None and Way.MLLP in used:
        from ambient.node.gateways.mllp import MllpGateway

        found.append(MllpGateway(ways.mllp, desk, config.zone))
    if ways.https is not None and Way.HTTPS in used:
        from ambient.node.gateways.https import HttpsGateway

        found.append(HttpsGateway(ways.https, desk))
    if ways.zeromq is not None and Way.ZEROMQ in used:
        from ambient.node.gateways.zeromq import ZeromqGateway

        found.append(ZeromqGateway(ways.zeromq, config.state_dir, desk))
    if ways.csv is not None and Way.CSV in used:
        from ambient.node.gateways.csv_folder import CsvGateway

        found.append(CsvGateway(ways.csv, config.state_dir, desk))
    return found
