"""``python -m ambient.node.worker NAME --config FILE``: one worker process of a node.

Comes in: which worker, the node's configuration, and what the supervisor put into the
environment. Goes out: the worker's exit code: 0 after it was told to stop, else that of the error.
Each worker imports only what it needs: no process but vision ever loads a camera's library,
none but audio a microphone's, none but gateways a radio's, and none but the agent the key of the
hub.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ambient.log import set_up_log

# isort: split
# By what comes before, structlog is loaded as log lines of a worker need it, and no more.
import structlog

from ambient.config import NodeConfig
from ambient.errors import AmbientError, SourceError, StoreError
from ambient.events import Worker
from ambient.node.care import load_in_force
from ambient.node.clock import NodeClock, inherited_clock
from ambient.node.control import ControlServer, socket_path
from ambient.node.place import NodePlace
from ambient.node.process import Heartbeat, StopSignal, die_with_parent, leave_no_trace
from ambient.relays.lines import ButtonLine, Line

if TYPE_CHECKING:
    from ambient.node.agent import Agent
    from ambient.node.contact import RoomContact
    from ambient.observations import AnyObservation

BEAT_S: Final = 1.0
DRAIN_S: Final = 3.0
AGENT_DRAIN_S: Final = 5.0
NICE: Final = {Worker.VISION: 10, Worker.AUDIO: 10}
"""Where processors are short, who looks and listens goes behind who decides and tells: fusion needs
little, and waited for a core for up to 7 ms beside equals (p99; 1.2 ms ten steps before them)."""

_log = structlog.get_logger(__name__)


def main(arguments: list[str] | None = None) -> int:
    """Run the worker that the command line names; return the exit code."""
    parser = argparse.ArgumentParser(prog="ambient.node.worker")
    parser.add_argument("worker", type=Worker, choices=list(Worker))
    parser.add_argument("--config", type=Path, required=True)
    given = parser.parse_args(arguments)
    worker: Worker = given.worker
    set_up_log(worker)
    die_with_parent()
    leave_no_trace()
    os.umask(0o077)
    os.nice(NICE.get(worker, 0))
    stop = StopSignal()
    try:
        config = load_in_force(given.config)
        NodePlace(config.state_dir).make()
        _RUN[worker](config, given.config, inherited_clock(), stop)
    except AmbientError as error:
        _log.error("worker ends", error=str(error))
        return error.exit_code
    return 0


def _vision(config: NodeConfig, file: Path, clock: NodeClock, stop: StopSignal) -> None:
    from models import store

    if config.models.dir is not None:
        os.environ[store.ENVIRONMENT] = str(config.models.dir)
    from ambient.node.vision_worker import VisionWorker

    place = NodePlace(config.state_dir)
    control = ControlServer(socket_path(place.run_dir, Worker.VISION))
    beat = _Beat()
    button = _button(config)
    worker = VisionWorker(config, control, clock, button)
    worker.start()
    try:
        while not stop.asked:
            if worker.step(0.05):
                beat()
    finally:
        worker.stop(DRAIN_S)
        control.close()
        if button is not None:
            button.close()


def _audio(config: NodeConfig, file: Path, clock: NodeClock, stop: StopSignal) -> None:
    from ambient import allocator
    from ambient.node.audio_worker import AudioWorker

    allocator.one_arena()
    place = NodePlace(config.state_dir)
    control = ControlServer(socket_path(place.run_dir, Worker.AUDIO))
    beat = _Beat()
    worker = AudioWorker(config, control, clock)
    worker.start()
    try:
        while not stop.asked:
            if worker.step(0.05):
                beat()
    finally:
        worker.stop(DRAIN_S)
        control.close()


def _gateways(config: NodeConfig, file: Path, clock: NodeClock, stop: StopSignal) -> None:
    import asyncio

    from ambient.bus.ipc import ObservationSender
    from ambient.node.gateways.worker import GatewayWorker

    place = NodePlace(config.state_dir)
    control = ControlServer(socket_path(place.run_dir, Worker.GATEWAYS))
    beat = _Beat()
    try:
        with ObservationSender(place.observations) as sender:

            async def run() -> None:
                worker = GatewayWorker(
                    config, control, clock, sender.send, changes=sender.watch().changes
                )
                await worker.run(lambda: stop.asked, beat)

            asyncio.run(run())
    finally:
        control.close()


def _button(config: NodeConfig) -> Line | None:
    """Return the privacy button; without it the rooms are watched all the same."""
    if config.privacy.gpio is None:
        return None
    try:
        return ButtonLine(config.privacy.gpio)
    except SourceError as error:
        _log.error("the privacy button cannot be used", error=str(error))
        return None


def _fusion(config: NodeConfig, file: Path, clock: NodeClock, stop: StopSignal) -> None:
    from ambient.bus.ipc import ObservationReceiver
    from ambient.node.fusion_worker import FusionWorker, settle
    from ambient.node.gateways.repeats import Repeats
    from ambient.node.outbox import Outbox
    from ambient.node.wizard.sockets import Tap

    repeats = Repeats()
    place = NodePlace(config.state_dir)
    beat = _Beat()
    node_key = _wait_for_identity(place, beat, stop)
    if node_key is None:
        return
    control = ControlServer(socket_path(place.run_dir, Worker.FUSION))
    with (
        ObservationReceiver(place.observations) as receiver,
        Outbox(place.outbox, max_rows=config.outbox.max_rows) as outbox,
        Tap(place.run_dir) as tap,
    ):

        def receive(wait_s: float) -> list[AnyObservation]:
            found = repeats.without(receiver.receive_all(wait_s))
            tap.give(found)
            return found

        worker = FusionWorker(
            config,
            node_key,
            receive=receive,
            control=control,
            store=outbox,
            state=outbox.state(),
            clock=clock,
        )
        settle()
        try:
            while not stop.asked:
                worker.step(0.05)
                beat()
            worker.drain()
        finally:
            control.close()


def _agent(config: NodeConfig, file: Path, clock: NodeClock, stop: StopSignal) -> None:
    from ambient.bus import keys
    from ambient.node.agent import STEP_S, Agent
    from ambient.node.contact import RoomContact
    from ambient.node.contact_report import ContactReport
    from ambient.node.desk import CommandDesk
    from ambient.node.identity import keep_identity
    from ambient.node.outbox import Outbox

    place = NodePlace(config.state_dir)
    identity = keep_identity(place, keys.load_or_make(config.state_dir / keys.NODE_KEY).public)
    desk = CommandDesk(file, config, place.run_dir, running=True)
    beat = _Beat()
    contact = None if config.contact is None else RoomContact(config.contact)
    report = ContactReport(config, identity, clock.now)
    with Outbox(place.outbox, max_rows=config.outbox.max_rows) as outbox:
        agent = Agent(
            config,
            outbox,
            identity=identity,
            handler=lambda command: desk.handle(command, clock.now()),
            clock=clock.now,
        )
        try:
            while not stop.asked:
                agent.step(STEP_S)
                if contact is not None:
                    _call(contact, agent)
                    report.update(contact.taken, time.monotonic())
                beat()
            agent.drain(AGENT_DRAIN_S)
        finally:
            agent.close()
            if contact is not None:
                contact.close()


def _call(contact: RoomContact, agent: Agent) -> None:
    """Tell the contact what no hub acknowledged; a disk that cannot be read answers no alarm."""
    waiting: set[int] | None = None
    with suppress(StoreError):  # the contact says so
        waiting = agent.unanswered_alarms()
    contact.update(waiting, time.monotonic())


def _wait_for_identity(place: NodePlace, beat: Callable[[], None], stop: StopSignal) -> str | None:
    """Wait until the agent wrote which key the node has; nothing when told to stop meanwhile."""
    from ambient.node.identity import read_identity

    while not stop.asked:
        found = read_identity(place)
        if found is not None:
            return found
        beat()
        time.sleep(0.05)
    return None


class _Beat:
    """Signs of life, at most one a `BEAT_S`."""

    def __init__(self) -> None:
        self._heartbeat = Heartbeat()
        self._at = 0.0

    def __call__(self) -> None:
        now = time.monotonic()
        if now >= self._at:
            self._at = now + BEAT_S
            self._heartbeat.beat()


_RUN: Final[Mapping[Worker, Callable[[NodeConfig, Path, NodeClock, StopSignal], None]]] = {
    Worker.VISION: _vision,
    Worker.AUDIO: _audio,
    Worker.GATEWAYS: _gateways,
    Worker.FUSION: _fusion,
    Worker.AGENT: _agent,
}


if __name__ == "__main__":
    sys.exit(main())
