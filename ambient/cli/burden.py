"""``ambient burden``: what alarms ask of a shift; thresholds and shadow mode, by a lead's name.

In: ``hub.yaml`` and the hub's store, also while the hub runs. Out: tables, JSON or a PDF; what is
decided becomes a line of the hub's log. Whoever decides gives their password, as on the page.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ambient.cli._files import opened_hub

if TYPE_CHECKING:
    from ambient.config import HubConfig
    from ambient.hub.burden.report import Report
    from ambient.hub.database import HubDatabase

File = Annotated[Path, typer.Option("--config", "-c", help="The hub's configuration.")]
By = Annotated[str, typer.Option("--by", help="User name of a lead; asks for the password.")]

_BURDEN = typer.Typer(no_args_is_help=True, help="Alarm burden: report, budget, shadow mode.")


def register(app: typer.Typer) -> None:
    """Add the group ``burden`` to `app`."""
    app.add_typer(_BURDEN, name="burden")


@_BURDEN.command("report")
def report(
    config: File = Path("hub.yaml"),
    first: Annotated[str | None, typer.Option("--from", help="First date, 2026-03-01.")] = None,
    to: Annotated[str | None, typer.Option("--to", help="Last date, itself included.")] = None,
    pdf: Annotated[Path | None, typer.Option(help="Write the report as a PDF.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One line of JSON.")] = False,
) -> None:
    """Print alarms, precision, false alarms, bursts and response times; without dates 28 days."""
    import msgspec

    with opened_hub(config, new=True, writes=False) as (loaded, database):
        found = _report(loaded, database, first, to)
    if pdf is not None:
        from ambient.hub.burden.pdf import pdf_of

        pdf.write_bytes(pdf_of(found))
        typer.echo(f"written: {pdf}", err=True)
    if json:
        typer.echo(msgspec.json.encode(found))
    elif pdf is None:
        _print(found)


@_BURDEN.command("accept")
def accept(
    digest: Annotated[str, typer.Argument(help="Of a proposal in the report.")],
    by: By,
    config: File = Path("hub.yaml"),
) -> None:
    """Accept a proposed threshold: what is less probable is shown and does not ring."""
    import time

    from ambient.hub.burden import deeds
    from ambient.hub.store import Store

    with opened_hub(config, new=True) as (loaded, database):
        _lead(loaded, database, by)
        proposals = _report(loaded, database, None, None).proposals
        found = deeds.accept(Store(database), proposals, digest, by, time.time_ns())
    typer.echo(f"{found.kind.value} in {found.room} rings from {found.below:.4f} on")


@_BURDEN.command("take-back")
def take_back(
    threshold: Annotated[str, typer.Argument(help="Id of a threshold in force.")],
    by: By,
    config: File = Path("hub.yaml"),
) -> None:
    """Take a threshold back: its kind rings again, at once."""
    import time

    from ambient.hub.burden import deeds
    from ambient.hub.store import Store

    with opened_hub(config, new=True) as (loaded, database):
        _lead(loaded, database, by)
        deeds.take_back(Store(database), threshold, by, time.time_ns())
    typer.echo(f"taken back: {threshold}")


@_BURDEN.command("shadow")
def shadow(
    room: Annotated[str, typer.Argument(help="Room id.")],
    until: Annotated[str, typer.Option(help="RFC 3339, at most 28 days ahead.")],
    by: By,
    config: File = Path("hub.yaml"),
    kind: Annotated[list[str] | None, typer.Option(help="Only these kinds.")] = None,
    version: Annotated[str | None, typer.Option(help="Only this configuration version.")] = None,
) -> None:
    """Let a room, or a new version in it, only be recorded: nobody is called, nobody protected."""
    import time
    from datetime import datetime

    from ambient.errors import UsageError
    from ambient.hub.alarms.kinds import AlarmKind
    from ambient.hub.burden import deeds
    from ambient.hub.store import Store

    try:
        end = datetime.fromisoformat(until)
        kinds = [AlarmKind(one) for one in kind or []]
    except ValueError as error:
        raise UsageError(f"expected an instant in RFC 3339 and kinds of alarms: {error}") from None
    if end.tzinfo is None:
        raise UsageError(f"--until: expected an instant with its offset, got {until!r}; add +01:00")
    with opened_hub(config, new=True) as (loaded, database):
        _lead(loaded, database, by)
        name = deeds.start_shadow(
            Store(database),
            room,
            round(end.timestamp()) * 1_000_000_000,
            by,
            time.time_ns(),
            kinds=kinds,
            version=version,
        )
    typer.echo(f"{name}: {room} is NOT WATCHED until {until}, unless falls are not among its kinds")


@_BURDEN.command("end-shadow")
def end_shadow(
    shadow_id: Annotated[str, typer.Argument(metavar="SHADOW", help="Id of a shadow mode.")],
    by: By,
    config: File = Path("hub.yaml"),
) -> None:
    """End a shadow mode before its time; who is on the floor is called for at once."""
    import time

    from ambient.hub.burden import deeds
    from ambient.hub.store import Store

    with opened_hub(config, new=True) as (loaded, database):
        _lead(loaded, database, by)
        deeds.end_shadow(Store(database), shadow_id, by, time.time_ns())
    typer.echo(f"ended: {shadow_id}")


def _lead(config: HubConfig, database: HubDatabase, name: str) -> None:
    """Ask for the password of `name`, who must have the right to accept thresholds."""
    import time

    from ambient.errors import UsageError
    from ambient.hub.accounts import Accounts
    from ambient.hub.identities import Right

    accounts = Accounts(database)
    password = typer.prompt(f"password of {name}", hide_input=True, err=True)
    if Right.CARE not in accounts.who(name, password, "console", time.time_ns()).rights:
        raise UsageError(
            f"--by: expected a lead who signs in with a password alone, got {name!r}; use the page "
            "of the burden, which asks for the second factor"
        )


def _report(config: HubConfig, database: HubDatabase, first: str | None, to: str | None) -> Report:
    import time
    from datetime import date, timedelta

    from ambient.errors import UsageError
    from ambient.hub.burden.report import midnight, read_report, whole_days

    begins, ends = whole_days(config, time.time_ns(), config.burden.days)
    try:
        if first is not None:
            begins = midnight(config, date.fromisoformat(first))
        if to is not None:
            ends = midnight(config, date.fromisoformat(to) + timedelta(days=1))
    except ValueError as error:
        raise UsageError(f"expected dates like 2026-03-01: {error}") from None
    return read_report(database, config, begins, ends)


def _print(found: Report) -> None:
    from rich.console import Console
    from rich.table import Table

    from ambient.hub.burden.tables import tables

    console = Console(highlight=False)
    console.print(f"{found.site}, {found.first} to {found.last}: {found.rooms_counted} rooms")
    for one in tables(found):
        drawn = Table(title=one.title, caption=one.note, style="red" if one.loud else "")
        for head in one.head:
            drawn.add_column(head)
        for cells in one.rows:
            drawn.add_row(*cells)
        console.print(drawn, markup=False)
