"""The whole examination of a node, check by check.

Comes in: the node's configuration. Goes out: findings, each as soon as it is known.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ambient.config import NodeConfig
from ambient.doctor import machine, network, zones
from ambient.doctor.findings import Finding, Level
from ambient.events import Worker
from ambient.node.running import is_running, worker_pids


def examine(config: NodeConfig) -> Iterator[Finding]:
    """Examine a node.

    Raises
    ------
    ModelError
        When the catalogue of models is broken.
    """
    from ambient.doctor import cameras, microphones, speed, ways

    running = is_running(config.state_dir)
    vision = worker_pids(config.state_dir).get(Worker.VISION)
    yield Finding("node", Level.NOTE, "runs" if running else "does not run now")
    yield from machine.clock()
    yield from machine.disk(config)
    yield from machine.swap()
    yield from machine.core_dumps(vision)
    yield from machine.models(config)
    yield from speed.speed(config)
    yield from machine.keys(config)
    yield from separation(config.state_dir, vision)
    yield from zones.zones(config)
    yield from network.hub(config)
    yield from network.contact(config)
    yield from network.cameras(config)
    yield from cameras.cameras(config, running=running)
    yield from microphones.microphones(config, running=running)
    yield from ways.ways(config, running=running)


def separation(state_dir: Path, vision: int | None) -> Iterator[Finding]:
    """Look at whether the process that sees pictures holds the key of the hub."""
    check = "vision apart from the key"
    if vision is None:
        yield Finding(check, Level.NOTE, "the node does not run now")
        return
    try:
        held = [os.readlink(link) for link in Path(f"/proc/{vision}/fd").iterdir()]
    except OSError:
        yield Finding(check, Level.OK, "vision is closed to other processes of this user")
        return
    if any(Path(name).name.startswith("node.key") for name in held):
        yield Finding(check, Level.FAILED, "vision holds the key file open", "report this")
    else:
        yield Finding(check, Level.OK, "vision holds no key file")
