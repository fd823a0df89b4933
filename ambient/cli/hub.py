"""``ambient hub``: run a facility hub.

In: ``hub.yaml``. Out: a hub that runs until SIGTERM or Ctrl-C; its log on standard error, and at
the first start a one-time link for the first user.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command ``hub`` to `app`."""
    app.command("hub")(hub)


def hub(
    config: Annotated[Path, typer.Option("--config", "-c", help="The hub's configuration.")] = Path(
        "hub.yaml"
    ),
) -> None:
    """Run a facility hub: events in, alarms on a page, until told to stop."""
    import os
    import signal
    import threading

    from ambient.config import load_hub
    from ambient.hub.service import run_hub
    from ambient.log import set_up_log

    set_up_log("hub")
    os.umask(0o077)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run_hub(load_hub(config), stop=stop)
