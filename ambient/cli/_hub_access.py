"""``ambient hub certificate`` and ``ambient hub forget-second-factor``: who reaches the hub.

In: ``hub.yaml``. Out: the site's certificate and what to compare; or a user who may set up a second
factor anew, when phone and recovery codes are lost and nobody else administers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ambient.cli._files import opened_hub

File = Annotated[Path, typer.Option("--config", "-c", help="The hub's configuration.")]


def register(hub: typer.Typer) -> None:
    """Add the commands to ``ambient hub``."""
    hub.command("certificate")(certificate)
    hub.command("forget-second-factor")(forget_second_factor)


def certificate(config: File = Path("hub.yaml")) -> None:
    """Make or renew the certificate that phones can trust, and say how they come to."""
    import time

    from ambient.hub import certificates
    from ambient.hub.standby.state import effective

    read = effective(config)
    files = certificates.files_of(read.state_dir)
    new = certificates.ensure(files, read.site, read.web.names, time.time_ns())
    authority, server = certificates.load(files.authority), certificates.load(files.server)
    typer.echo(f"{'new' if new else 'still good'}: {', '.join(sorted(set(read.web.names)))}")
    typer.echo(f"hub's certificate until {server.not_valid_after_utc:%Y-%m-%d}, renewed by itself")
    typer.echo(f"authority {files.authority} until {authority.not_valid_after_utc:%Y-%m-%d}")
    typer.echo(f"fingerprint {certificates.print_of(authority)}")
    typer.echo(f"on each phone: https://{read.web.names[0]}:{read.web.port}/certificate")


def forget_second_factor(
    user: Annotated[str, typer.Argument(help="The user's name.")],
    config: File = Path("hub.yaml"),
) -> None:
    """Take a user's second factor away; the user's sessions end, and another can be set up."""
    from ambient.hub.accounts import Accounts

    with opened_hub(config, new=True) as (_, database):
        Accounts(database).second_factors.remove(user)
    typer.echo(f"{user}: signs in with the password and sets up another second factor")
