"""``ambient hub``: run a facility hub; prove its log of alarms; try its ways out.

In: ``hub.yaml``. Out: a hub that runs until SIGTERM or Ctrl-C, its log on standard error, and at
the first start a one-time link for the first user; or what was found, exit code 1 when the log is
broken.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ambient.cli import _hub_access, _people

File = Annotated[Path, typer.Option("--config", "-c", help="The hub's configuration.")]

_HUB = typer.Typer(invoke_without_command=True)


def register(app: typer.Typer) -> None:
    """Add the command ``hub`` to `app`."""
    _hub_access.register(_HUB)
    _people.register(_HUB)
    app.add_typer(_HUB, name="hub")


@_HUB.callback()
def hub(context: typer.Context, config: File = Path("hub.yaml")) -> None:
    """Run a facility hub: events in, alarms on a page, until told to stop."""
    if context.invoked_subcommand is not None:
        return
    import os
    import signal
    import threading

    from ambient import allocator
    from ambient.hub.standby.service import serve
    from ambient.log import set_up_log

    allocator.one_arena()
    set_up_log("hub")
    os.umask(0o077)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    serve(config, stop=stop)


@_HUB.command("verify")
def verify(config: File = Path("hub.yaml")) -> None:
    """Prove that the log of alarms is whole and the alarms follow from it; name what is wrong."""
    from ambient.hub.database import DATABASE, HubDatabase
    from ambient.hub.standby.state import effective
    from ambient.hub.store import Store

    with HubDatabase(effective(config).state_dir / DATABASE) as database:
        verdict = Store(database).verify()
    typer.echo(f"{verdict.lines} lines are right, head {verdict.head}")
    if verdict.erased:
        typer.echo(
            f"{verdict.erased} lines are erased: hashes and seals are checked, the alarms cannot "
            "be derived again"
        )
    if verdict.broken is not None:
        where = f"line {verdict.broken.number} is wrong: " if verdict.broken.number else ""
        typer.echo(f"{where}{verdict.broken.why}")
        raise typer.Exit(1)


@_HUB.command("channels")
def channels(
    config: File = Path("hub.yaml"),
    test: Annotated[
        str | None, typer.Option("--test", help="Send a test notice by this channel.")
    ] = None,
) -> None:
    """List the ways out of the hub and how each does; or try one and say what came of it.

    The exit code is 1 when one is off or fails.
    """
    from ambient.cli._channels import stand, tried
    from ambient.hub.standby.state import effective

    loaded = effective(config)
    lines, well = stand(loaded) if test is None else tried(loaded, test)
    for line in lines:
        typer.echo(line)
    if not well:
        raise typer.Exit(1)
