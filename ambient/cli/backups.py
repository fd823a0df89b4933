"""``ambient backup`` and ``ambient restore``: a hub's sealed copies, and the way back.

In: ``hub.yaml``, a folder, a key. Out: a sealed file in that folder, or a hub put back.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ambient.cli._files import private_key, write_new

Config = Annotated[Path, typer.Option("--config", "-c", help="The hub's configuration.")]


def register(app: typer.Typer) -> None:
    """Add ``recovery-key``, ``backup`` and ``restore`` to `app`."""
    app.command("recovery-key")(recovery_key)
    app.command("backup")(backup)
    app.command("restore")(restore)


def recovery_key(
    out: Annotated[Path, typer.Argument(help="File for the private key; must not be there yet.")],
) -> None:
    """Make the key that backups are sealed with: the private part to a file, the public one shown.

    Keep the file away from the hub (a stick in the safe, printed on paper): whoever has it can read
    every backup, and without it no backup can be read. Then delete it here.
    """
    from ambient.sealing import made_pair

    private, public = made_pair()
    write_new(out, f"# public key: {public}\n{private}\n".encode())
    typer.echo(f"private key: {out}; take it away from this machine")
    typer.echo(f"in hub.yaml: backup: {{key: {public}}}")


def backup(config: Config = Path("hub.yaml")) -> None:
    """Take a backup of the hub, which may be running, sealed with the recovery key of hub.yaml."""
    from datetime import UTC, datetime

    from ambient.config import load_hub
    from ambient.errors import ConfigError
    from ambient.hub.backups import back_up, forget_old
    from ambient.hub.standby.state import in_force

    file = in_force(config)
    loaded = load_hub(file)
    if loaded.backup is None:
        raise ConfigError(
            f"{config}: backup: expected a recovery key, got nothing; "
            "`ambient recovery-key FILE` makes one and says what to write"
        )
    made = back_up(loaded, file, loaded.backup.dir, loaded.backup.key, datetime.now(UTC))
    gone = forget_old(loaded.backup.dir, loaded.backup.keep)
    typer.echo(f"{made}: {made.stat().st_size / 1e6:.1f} MB, sealed; {len(gone)} old ones deleted")


def restore(
    file: Annotated[Path, typer.Argument(help="The backup, hub-....age.")],
    key: Annotated[Path, typer.Option("--key", help="File of the private recovery key.")],
    config: Config = Path("hub.yaml"),
    erasures: Annotated[
        Path | None,
        typer.Option("--erasures", help="The ledger of erasures, when it lies elsewhere."),
    ] = None,
) -> None:
    """Put a hub back from a backup, on a machine on which none is.

    Whoever was erased since is erased from it first: the ledger of erasures lies beside backups.

    Nodes find it by themselves when it has the old one's address. Where there is no configuration
    yet, that of the backup is written.
    """
    import time

    from ambient.hub.backups import restore as put_back

    private = private_key(key, "the recovery key")
    contents, state_dir = put_back(file, private, config, time.time_ns(), erasures)
    typer.echo(
        f"{state_dir}: hub of {contents.site} as of {contents.made}; "
        f"start it with `ambient hub -c {config}`"
    )
