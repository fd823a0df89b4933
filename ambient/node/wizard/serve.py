"""Serve the wizard: made ready, announced, served over HTTPS, and closed by itself.

Comes in: ``node.yaml`` of a node that runs and is enrolled, where to listen, for how long. Goes
out: pages to the installer's device; nothing listens any more when this returns.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from ambient.bus import keys
from ambient.bus.enrolment import hub_of
from ambient.bus.opening import code_of, shared_secret
from ambient.config import NodeConfig, load_node
from ambient.errors import LinkError, UsageError
from ambient.events import WizardAct
from ambient.node.clock import running_clock
from ambient.node.gateways.listening import bound
from ambient.node.identity import read_identity
from ambient.node.place import NodePlace
from ambient.node.running import hold_wizard, is_running
from ambient.node.wizard import agreed, certificate, gate
from ambient.node.wizard.announce import Announcer
from ambient.node.wizard.sockets import Listening
from ambient.node.wizard.watcher import Watcher

PORT: Final = 7443
LOOK_S: Final = 0.25
DRAIN_S: Final = 2


@dataclass(frozen=True)
class Opening:
    """What whoever started the wizard is told.

    Attributes
    ----------
    addresses
        Where it is reached.
    certificate
        SHA-256 of its certificate, 64 hexadecimal digits.
    """

    addresses: list[str]
    certificate: str


def code_for(config: NodeConfig, digest: str) -> str:
    """Return the code that opens the wizard with this certificate.

    Raises
    ------
    UsageError
        When the node is not enrolled.
    """
    hub = hub_of(config)
    pair = keys.load_pair(config.state_dir / keys.NODE_KEY)
    if hub is None or pair is None:
        raise UsageError(
            "expected a node that is enrolled at a hub, which shows the code; "
            "run: ambient enroll INVITATION"
        )
    return code_of(shared_secret(pair.secret, hub.key), config.node, digest)


def serve(
    config_file: Path,
    host: str,
    port: int,
    minutes: float,
    on_open: Callable[[Opening], None],
    stop: threading.Event | None = None,
    *,
    or_any_port: bool = False,
) -> None:
    """Serve the wizard until it is closed there, its time or the node ends, or `stop` is set.

    Parameters
    ----------
    or_any_port
        Whether another port will do where `port` is taken: whoever is told of the opening is told
        the port with it.

    Raises
    ------
    UsageError
        When the node does not run or is not enrolled, or the wizard is open already.
    LinkError
        When nothing can listen there.
    """
    config = load_node(config_file)
    if not is_running(config.state_dir) or read_identity(NodePlace(config.state_dir)) is None:
        raise UsageError(
            f"{config.state_dir}: expected a node that runs, whose cameras the wizard asks, found "
            "none; start it: ambient node"
        )
    lock = hold_wizard(config.state_dir)
    try:
        with closing(_bound(host, port, or_any_port)) as listening:
            _serve(config_file, config, listening, host, minutes, on_open, stop)
    finally:
        os.close(lock)


def _bound(host: str, port: int, or_any_port: bool) -> socket.socket:
    try:
        return bound("--host", host, port)
    except LinkError:
        if not or_any_port:
            raise
    return bound("--host", host, 0)


def _serve(
    config_file: Path,
    config: NodeConfig,
    listening: socket.socket,
    host: str,
    minutes: float,
    on_open: Callable[[Opening], None],
    stop: threading.Event | None,
) -> None:
    from ambient.node.wizard.app import create_app
    from ambient.node.wizard.door import Door
    from ambient.node.wizard.installation import Installation

    place = NodePlace(config.state_dir)
    hub = hub_of(config)
    names = _names(host, None if hub is None else hub.address)
    made = certificate.made(names, datetime.now(UTC))
    door_code = code_for(config, made.digest)
    identity = read_identity(place)
    pair = keys.load_pair(config.state_dir / keys.NODE_KEY)
    assert pair is not None, "code_for has read it"
    assert identity is not None, "looked for before"
    clock = running_clock(place.clock)
    announcer = Announcer(config, identity, clock.now)
    watcher = Watcher()
    installation = Installation(config_file, announcer, watcher, clock.now, pair.fingerprint)
    opened = gate.opened(door_code, time.monotonic(), minutes * 60)
    door = Door(opened, time.monotonic, announcer, made.digest)
    agreed.withdraw(config.state_dir)
    port = int(listening.getsockname()[1])
    announcer.act(
        WizardAct.OPENED,
        certificate=made.digest,
        ipv4=_number(names[0]),
        port=port,
        until=clock.now() + round(door.left_s * 1e9),
    )
    where = [f"https://{name}:{port}/" for name in names]
    stopping = stop or threading.Event()
    try:
        with Listening(place.run_dir) as tap:
            hearing = threading.Thread(target=_hear, args=(tap, watcher, stopping), daemon=True)
            hearing.start()
            try:
                on_open(Opening(where, made.digest))
                app = create_app(installation, door)
                asyncio.run(
                    _run(
                        app,
                        listening,
                        made.context(place.run_dir),
                        lambda: door.over or stopping.is_set() or not is_running(config.state_dir),
                    )
                )
            finally:
                stopping.set()
                hearing.join()
    finally:
        agreed.withdraw(config.state_dir)
        announcer.act(WizardAct.CLOSED)


def _hear(tap: Listening, watcher: Watcher, stopping: threading.Event) -> None:
    while not stopping.is_set():
        watcher.take(tap.receive(0.2))


async def _run(
    app: object, listening: socket.socket, tls: object, over: Callable[[], bool]
) -> None:
    """Serve until `over`; one connection more or less makes no difference to the end."""
    import uvicorn

    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        limit_concurrency=64,
        timeout_keep_alive=10,
        timeout_graceful_shutdown=DRAIN_S,
        lifespan="off",
        ws="none",
    )
    config.load()
    config.ssl = tls  # type: ignore[assignment]
    server = uvicorn.Server(config)

    async def watch() -> None:
        while not over():
            await asyncio.sleep(LOOK_S)
        server.should_exit = True

    watching = asyncio.create_task(watch())
    try:
        await server.serve(sockets=[listening])
    finally:
        watching.cancel()


def _names(host: str, hub: str | None) -> list[str]:
    """Return the addresses under which this machine is reached at `host`, the best first.

    Parameters
    ----------
    hub
        Where the hub is: the installer's device is most likely in the same network, and a site
        without a way out has no other.
    """
    if host not in ("0.0.0.0", "::", ""):
        return [host]
    found = ["127.0.0.1"]
    for far in ("192.0.2.1", None if hub is None else urlsplit(hub).hostname):
        try:
            # Nothing is sent: the kernel says which address it would send from.
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
                asking.connect((far or "127.0.0.1", 9))
                own = str(asking.getsockname()[0])
        except OSError:
            continue  # no network but loopback: then that is where it is reached
        if not own.startswith("127.") and own not in found:
            found.append(own)
    return found[::-1]


def _number(name: str) -> int | None:
    """Return an IPv4 address as a number, nothing for what is none."""
    try:
        return int(ipaddress.IPv4Address(name))
    except ValueError:
        return None
