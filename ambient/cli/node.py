"""``ambient node``: run a room node.

In: ``node.yaml``. Out: a node that runs until SIGTERM or Ctrl-C; its log on standard error.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[
    Path, typer.Option("--config", "-c", help="The node's configuration.", show_default=True)
]


def register(app: typer.Typer) -> None:
    """Add the command ``node`` to `app`."""
    app.command("node")(node)


def node(config: Config = Path("node.yaml")) -> None:
    """Run a room node: cameras and microphones in, events to the hub, until told to stop."""
    import os

    from ambient.config import load_node
    from ambient.errors import ConfigError
    from ambient.events import Worker
    from ambient.log import set_up_log
    from ambient.node.place import NodePlace
    from ambient.node.process import leave_no_trace
    from ambient.node.running import hold_lock
    from ambient.node.supervisor import ORDER, Supervisor, wanted_workers, worker_commands
    from ambient.node.wizard.asked import to_start

    set_up_log("supervisor")
    leave_no_trace()
    os.umask(0o077)
    place = NodePlace(load_node(config).state_dir)
    place.make()

    def wanted() -> Sequence[Worker]:
        try:
            return wanted_workers(load_node(config))
        except ConfigError:
            return ORDER  # each worker says what is wrong with the file

    lock = hold_lock(place.state_dir)
    try:
        Supervisor(
            place.state_dir,
            worker_commands(config),
            wanted=wanted,
            guest=lambda: to_start(config, place.state_dir),
        ).run()
    finally:
        os.close(lock)
