"""``ambient evaluate burden``: the alarm budget on a simulated year.

In: how many rooms and days, a seed. Out: a table, or with ``--json`` one line on standard output;
exit code 1 when a kind that may have no threshold was given one. Needs no recording.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ambient.cli import evaluate

if TYPE_CHECKING:
    from ambient.hub.burden.year import Year


def register(app: typer.Typer) -> None:
    """Add ``burden`` to the group ``evaluate``, which `app` gets from its own module."""
    evaluate.add("burden", burden)


def burden(
    rooms: Annotated[int, typer.Option(min=1, max=10_000, help="Rooms.")] = 100,
    days: Annotated[int, typer.Option(min=31, max=3650, help="Days.")] = 365,
    seed: Annotated[int, typer.Option(min=0, help="Of the year.")] = 1,
    variants: Annotated[
        bool, typer.Option("--variants", help="Harder assumptions beside those of the docs.")
    ] = False,
    json: evaluate.Json = False,
) -> None:
    """Propose thresholds from a simulated first month, and count what they do in the later ones."""
    import msgspec

    from ambient.hub.burden.year import BASE, VARIANTS, simulate

    years = [
        simulate(one, rooms, days, seed, renew=renew)
        for one in (VARIANTS if variants else (BASE,))
        for renew in (False, True)
    ]
    if json:
        typer.echo(msgspec.json.encode(years))
    else:
        for year in years:
            _table(year)
    if any(year.touched for year in years):
        raise typer.Exit(1)


def _table(year: Year) -> None:
    from rich.console import Console
    from rich.table import Table

    from ambient.cli._tables import share

    table = Table(
        title=f"{year.assumed.name}: {year.rooms} rooms, {year.days} days, seed {year.seed}"
    )
    for head in ("", "thresholds", "rooms in budget before", "rooms in budget with", "true lost"):
        table.add_column(head, justify="left" if not head else "right")
    for month in year.months:
        name = "all kinds at once" if month.kind is None else month.kind.value
        shares = (share(one) for one in (month.without, month.kept, month.lost))
        table.add_row(name, str(month.proposals), *shares)
    console = Console(highlight=False)
    console.print(table)
    console.print(
        f"budgets (one for each room and kind) kept: {share(year.budgets_before)} before, "
        f"{share(year.budgets_kept)} with thresholds"
    )
    console.print(
        f"{year.alarms:,} alarms; of {year.untouchable} kinds that may have no threshold, found on "
        f"the floor among them, {year.touched} were given one"
    )
