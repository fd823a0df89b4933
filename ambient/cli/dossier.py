"""``ambient dossier``: the facility's data protection file, from the live configuration.

In: ``hub.yaml`` and, where the hub has run, its database. Out: printable HTML, English and German.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ambient.config import HubConfig
    from ambient.hub.people.dossier.facts import Model


def register(app: typer.Typer) -> None:
    """Add ``dossier`` to `app`."""
    app.command("dossier")(dossier)


def dossier(
    out: Annotated[Path, typer.Option("--out", help="Folder for the pages.")],
    config: Annotated[Path, typer.Option("--config", "-c", help="The hub's configuration.")] = Path(
        "hub.yaml"
    ),
) -> None:
    """Fill the data protection file of this house, to print and sign.

    Impact assessment, record of processing, data flows, consent forms, door signs, works agreement,
    AI Act table, risk file. Facts come from the configuration, the rooms' own word on what is on,
    and the model cards; what only the house knows is a blank with the question.
    """
    from datetime import UTC, datetime

    from ambient.hub.accounts import Accounts
    from ambient.hub.database import DATABASE, HubDatabase
    from ambient.hub.installing import stills
    from ambient.hub.people.dossier.facts import facts_of
    from ambient.hub.people.dossier.make import write
    from ambient.hub.people.register import purposes_on
    from ambient.hub.standby.state import effective

    loaded = effective(config)
    path = loaded.state_dir / DATABASE
    on, users, agreed = {}, [], []
    if path.exists():
        with HubDatabase(path) as database:
            on = purposes_on(database)
            users = [f"{one.name} ({one.role.value})" for one in Accounts(database).users()]
            agreed = stills(database)
    made = datetime.now(UTC).date().isoformat()
    facts = facts_of(loaded, on, _models(), users, made, told=_told(loaded), stills=agreed)
    pages = write(facts, out)
    typer.echo(f"{out}: {len(pages)} pages; begin with index.html")


def _told(config: HubConfig) -> dict[str, str]:
    """Return where each channel goes, in its own words; without one that is not usable as it is."""
    import time

    from ambient.errors import ConfigError
    from ambient.hub.channels.host import made

    found = {}
    for name, channel in config.channels.items():
        try:
            plugin = made(config, name, channel, time.time_ns)
        except ConfigError as error:
            typer.echo(f"where {name} goes is not known: {error}", err=True)
            continue
        found[name] = plugin.told()
        plugin.close()
    return found


def _models() -> list[Model]:
    """Return every model by its card; empty where models are not installed."""
    from importlib import resources

    from ambient.hub.people.dossier.facts import Model

    cards = resources.files("models") / "cards"
    if not cards.is_dir():
        return []
    found = []
    for card in sorted(cards.iterdir(), key=lambda one: one.name):
        lines = card.read_text("utf-8").splitlines()
        rows = [line.strip("| ").split(" | ", 1) for line in lines if line.startswith("| ")]
        said = {row[0]: row[1] for row in rows if len(row) == 2}
        title = lines[0].lstrip("# ").replace("`", "")
        found.append(
            Model(
                name=card.name.removesuffix(".md"),
                task=title,
                licence=said.get("licence", ""),
                card=card.name,
            )
        )
    return found
