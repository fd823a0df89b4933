"""``ambient evaluate vitals-baseline``: rises over the own usual, on simulated residents.

In: how many residents and days. Out: a table, or with ``--json`` one line on standard output.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ambient.cli import evaluate

if TYPE_CHECKING:
    from ambient.evaluate.vitals_baseline import Report


def register(app: typer.Typer) -> None:
    """Add the command to the group ``evaluate``."""
    evaluate.add("vitals-baseline", vitals_baseline)


def vitals_baseline(
    residents: Annotated[int, typer.Option(min=1, max=10_000, help="Simulated.")] = 200,
    days: Annotated[int, typer.Option(min=31, max=3650, help="Of each resident.")] = 180,
    seed: Annotated[int, typer.Option(min=0, help="Of everything that is drawn.")] = 1,
    json: evaluate.Json = False,
) -> None:
    """Measure false chains of vital signs against the own usual, and what of worsenings is found.

    Residents are simulated: there is no recording over months. Takes a minute.
    """
    from ambient.evaluate.vitals_baseline import run

    with evaluate._shown("residents") as progress:
        report = run(residents=residents, days=days, seed=seed, progress=progress)
    evaluate._done(report, {}, _table, json=json)


def _table(report: Report) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    for name, rate in (
        ("false chains", report.false_per_100_days),
        ("of them confirmed", report.confirmed_per_100_days),
    ):
        console.print(
            f"{name} by resident and 100 days: {rate.rate} ({rate.low} to {rate.high}), "
            f"{rate.count} in {report.residents} residents of {report.days} days"
        )
    table = Table(box=None, pad_edge=False)
    for column in ("worse by", "found", "confirmed", "after h"):
        table.add_column(column, justify="right")
    for one in report.worse:
        cells = [
            f"{share.k} of {share.n}, {share.share} ({share.low} to {share.high})"
            for share in (one.found, one.confirmed)
        ]
        after = "–" if one.after_h is None else f"{one.after_h:g}"
        table.add_row(f"{one.spreads:g} spreads", *cells, after)
    console.print(table)
