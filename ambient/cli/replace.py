"""``ambient node-backup`` and ``ambient replace``: a spare machine takes a node's place.

In: ``node.yaml`` and the site's key; an invitation of the hub. Out: a sealed file; a node with the
zones, masks, consents and baselines of the one before, enrolled with a key of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ambient.cli._files import private_key
from ambient.cli.enroll import enrolled

Config = Annotated[Path, typer.Option("--config", "-c", help="The node's configuration.")]


def register(app: typer.Typer) -> None:
    """Add ``node-backup`` and ``replace`` to `app`."""
    app.command("node-backup")(node_backup)
    app.command("replace")(replace)


def node_backup(
    key: Annotated[str, typer.Option("--key", help="The site's public key, age1....")],
    config: Config = Path("node.yaml"),
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for backups.")] = Path(
        "/var/backups/ambient"
    ),
) -> None:
    """Take a backup of this node, which may be running: zones, masks, consents, baselines.

    Sealed with the site's key (`ambient recovery-key` makes one). Keep it on another machine.
    """
    from datetime import UTC, datetime

    from ambient.config import load_node
    from ambient.node.backups import back_up

    made = back_up(load_node(config), config, out, key, datetime.now(UTC))
    typer.echo(f"{made}: {made.stat().st_size / 1e3:.1f} kB, sealed")


def replace(
    file: Annotated[Path, typer.Argument(help="The backup, node-....age.")],
    invitation: Annotated[str, typer.Argument(help="The line that the hub issued.")],
    key: Annotated[Path, typer.Option("--key", help="File of the site's private key.")],
    config: Config = Path("node.yaml"),
    wait: Annotated[float, typer.Option(help="Seconds to wait for somebody to accept.")] = 900,
) -> None:
    """On a spare machine: take a node's place from its backup, and be enrolled.

    At the hub revoke the old node first (ambient nodes revoke), then invite. Where there is no
    configuration yet, that of the backup is written. The short walk must follow. When the hub
    refuses, nothing is written: make another invitation and run it again.
    """
    from ambient.node.backups import announce, replacing

    private = private_key(key, "the site's key")
    with replacing(file, private, config) as (contents, loaded):
        typer.echo(f"{loaded.state_dir}: {contents.node} as of {contents.made}", err=True)
        hub = enrolled(loaded, invitation, wait, lambda _: None)
    announce(loaded)
    typer.echo(
        f"Enrolled at {hub.address} in place of {contents.node}; start it with "
        f"`ambient node -c {config}` and walk through its rooms (ambient commission)"
    )
