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

    from ambient.config import load_hub
    from ambient.hub.standby import joining

    def tell(line: str) -> None:
        if json:
            typer.echo(msgspec.json.encode({"invitation": line}))
            return
        typer.echo("On the second machine, within ten minutes:\n")
        typer.echo(
            f"  ambient standby join {line} \\\n    --address tcp://ITS-ADDRESS:7441 "
            "--link tcp://ITS-ADDRESS:7440 --page https://ITS-ADDRESS:8443\n"
        )

    came = joining.invite(load_hub(config), config, address=address, page=page, tell=tell)
    if not json:
        typer.echo(f"The second hub is at {came.link}; {config} has a section standby now.")
        typer.echo("Start this hub again now: systemctl restart ambient-hub")


@_STANDBY.command("join")
def join(
    invitation: Annotated[str, typer.Argument(help="The line that the first hub printed.")],
    address: Annotated[
        str, typer.Option(help="Where the first hub reaches this machine, like tcp://10.0.0.6:7441")
    ],
    link: Annotated[
        str, typer.Option(help="Where nodes reach this machine, like tcp://10.0.0.6:7440")
    ],
    page: Annotated[str, typer.Option(help="Where browsers reach it, like https://10.0.0.6:8443")],
    state_dir: Annotated[Path, typer.Option(help="The state folder.")] = Path(
        "/var/lib/ambient/hub"
    ),
    config: File = Path("hub.yaml"),
) -> None:
    """On the second machine: become the hub that stands by, and write its configuration."""
    import os

    from ambient.hub.standby import joining, places

    os.umask(0o077)
    own = places.sections(state_dir, link, page)
    loaded = joining.join(invitation, config, address=address, link=link, page=page, config=own)
    typer.echo(f"This machine is the second hub of {loaded.site}; {config} is written.")
    typer.echo(f"Start it: ambient hub -c {config}, or systemctl enable --now ambient-hub")


@_STANDBY.command("status")
def status(config: File = Path("hub.yaml"), json: AsJson = False) -> None:
    """Say which hub serves, and how far behind the other one is; exit code 1 when one is gone."""
    import time

    import msgspec

    from ambient.config import load_hub
    from ambient.errors import UsageError
    from ambient.hub.standby import kept

    loaded = load_hub(config)
    if loaded.standby is None:
        raise UsageError(f"{config}: expected a section standby, found none; see docs/standby.md")
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

    loaded = load_hub(config)
    kept.order(loaded.state_dir, time.time_ns())
    typer.echo("Ordered. See: ambient standby status")
