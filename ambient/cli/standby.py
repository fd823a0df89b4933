"""``ambient standby``: a second hub that takes over when the first one is gone.

In: ``hub.yaml``. Out: an invitation; the second machine's configuration; how the two stand; an
order to the hub here to take over.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

File = Annotated[Path, typer.Option("--config", "-c", help="The hub's configuration.")]
AsJson = Annotated[bool, typer.Option("--json", help="One line of JSON.")]

_STANDBY = typer.Typer(
    no_args_is_help=True, help="A second hub that takes over when the first one is gone."
)


def register(app: typer.Typer) -> None:
    """Add the group ``standby`` to `app`."""
    app.add_typer(_STANDBY, name="standby")


@_STANDBY.command("invite")
def invite(
    address: Annotated[
        str,
        typer.Option(help="Where the second hub reaches this machine, like tcp://10.0.0.5:7441."),
    ],
    page: Annotated[
        str | None, typer.Option(help="Where browsers reach this hub, if not as `web` says.")
    ] = None,
    config: File = Path("hub.yaml"),
    json: AsJson = False,
) -> None:
    """On the first hub: print an invitation, and wait ten minutes for the second machine."""
    import msgspec

    from ambient.hub.standby import joining, state

    def tell(line: str) -> None:
        if json:
            typer.echo(msgspec.json.encode({"invitation": line}))
            return
        typer.echo("On the second machine, within ten minutes:\n")
        typer.echo(f"  ambient standby join --address tcp://ITS-ADDRESS:7441 {line}\n")

    came = joining.invite(state.effective(config), config, address=address, page=page, tell=tell)
    if not json:
        typer.echo(f"The second hub is at {came.link}.")
        typer.echo("Start this hub again now: systemctl restart ambient-hub")


@_STANDBY.command("join")
def join(
    invitation: Annotated[str, typer.Argument(help="The line that the first hub printed.")],
    address: Annotated[
        str, typer.Option(help="Where the first hub reaches this machine, like tcp://10.0.0.6:7441")
    ],
    page: Annotated[
        str | None, typer.Option(help="Where browsers reach it, if not as `web` says.")
    ] = None,
    config: File = Path("hub.yaml"),
) -> None:
    """On the second machine: stand by. Its hub.yaml has its own `site`, `link` and `web`."""
    import os

    from ambient.hub.channels import host
    from ambient.hub.standby import joining, state

    os.umask(0o077)
    loaded = state.effective(config)
    joining.join(invitation, loaded, config, address=address, page=page)
    typer.echo(f"This machine is the second hub of {loaded.site}.")
    for fault in host.faults(state.effective(config)):
        typer.echo(f"When it takes over, no alarm goes that way until this is mended: {fault}")
    typer.echo(f"Start it: ambient hub -c {config}, or systemctl enable --now ambient-hub")


@_STANDBY.command("leave")
def leave(config: File = Path("hub.yaml")) -> None:
    """Be one hub alone again, when the other machine is gone for good; then start the hub again."""
    import time

    from ambient.cli._files import opened_hub
    from ambient.hub.standby import joining, state
    from ambient.hub.standby.unerased import unerased

    with opened_hub(config, new=True, writes=False) as (loaded, database):
        waiting = len(unerased(loaded, database, time.time_ns()))
    joining.leave(loaded)
    typer.echo("The other machine keeps all residents' data and the site's keys: destroy its disk.")
    if waiting:
        what = "1 erasure" if waiting == 1 else f"{waiting} erasures"
        typer.echo(f"{what} of this hub may not have reached it: those residents are still there.")
    typer.echo("This hub is alone now. Start it again: systemctl restart ambient-hub")
    followed = loaded.state_dir / state.FOLLOWED
    if followed.exists():
        typer.echo(
            f"What the first hub's configuration was lies in {followed}; copy what is missing"
        )
        typer.echo(f"from it to {config} before.")


@_STANDBY.command("status")
def status(config: File = Path("hub.yaml"), json: AsJson = False) -> None:
    """Say which hub serves, and how far behind the other one is; exit code 1 when one is gone."""
    import time

    import msgspec

    from ambient.errors import UsageError
    from ambient.hub.standby import kept, state

    loaded = state.effective(config)
    if loaded.standby is None:
        raise UsageError(f"{config}: expected one of two hubs, got one alone; see docs/standby.md")
    found = kept.status_of(loaded.state_dir, time.time_ns())
    if json:
        typer.echo(msgspec.json.encode(found))
    elif found is None:
        typer.echo("The hub on this machine does not run.")
    else:
        for line in kept.told(found):
            typer.echo(line)
    if found is None or not found.well:
        raise typer.Exit(1)


@_STANDBY.command("promote")
def promote(config: File = Path("hub.yaml")) -> None:
    """Let the hub on this machine serve: the other one hands over, if it is there.

    Use it to go back to the first hub. When the other hub is not heard, be sure that it is off.
    """
    import time

    from ambient.config import load_hub
    from ambient.hub.standby import kept

    kept.order(load_hub(config).state_dir, time.time_ns())
    typer.echo("Ordered. See: ambient standby status")
