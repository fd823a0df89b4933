"""``ambient evaluate night``: how often a station rings in a night, and how often for nothing.

In: how many nights, and a seed. Out: a table, or with ``--json`` one line on standard output;
progress goes to standard error. Needs no recording. The hub's own rules decide what rings.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ambient.cli import evaluate

if TYPE_CHECKING:
    from ambient.evaluate.night.report import Mean, Nights, Report


def register(app: typer.Typer) -> None:
    """Add ``night`` to the group ``evaluate``, which `app` gets from its own module."""
    evaluate.add("night", night)


def night(
    nights: Annotated[int, typer.Option(min=2, max=100_000, help="Nights of the station.")] = 400,
    seed: Annotated[int, typer.Option(min=0, help="Of residents, nights and carers.")] = 1,
    residents: Annotated[int, typer.Option(min=1, max=500, help="Each with a room.")] = 30,
    carers: Annotated[int, typer.Option(min=1, max=50, help="Who look after them.")] = 2,
    rates: Annotated[
        Path | None,
        typer.Option(help="Another table of rates and habits.", exists=True, dir_okay=False),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One line of JSON.")] = False,
) -> None:
    """Count rings a carer and night, needed and needless, at the rates measured for each detector.

    Rates that nobody has measured are left out and named.
    """
    import msgspec

    from ambient.cli._night_board import HubBoard
    from ambient.evaluate.night.rates import carried, load
    from ambient.evaluate.night.report import run

    table = carried() if rates is None else load(rates)
    with evaluate._shown("nights") as progress:
        report = run(
            nights,
            HubBoard,
            seed=seed,
            count=residents,
            carers=carers,
            table=table,
            progress=progress,
        )
    if json:
        typer.echo(msgspec.json.encode(report))
    else:
        _table(report)


def _table(report: Report) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    console.print(
        f"{report.nights} nights, {report.residents} residents, {report.carers} carers; "
        f"at most {report.bar:g} needless rings a carer and night are aimed at"
    )
    levels = list(report.levels.values())
    whole = Table(box=None, pad_edge=False)
    whole.add_column("rings a night, rates at")
    for each in levels:
        whole.add_column(each.level, justify="right")
    rows = {
        "needed": [each.needed for each in levels],
        "needless: every open page rings": [each.needless for each in levels],
        "… without edges that were true": [each.of_nothing for each in levels],
        "needless a carer, if each goes to one": [each.a_carer for each in levels],
    }
    for name, means in rows.items():
        whole.add_row(name, *(_mean(mean) for mean in means))
    whole.add_row("shown without ringing", *(f"{each.shown:.1f}" for each in levels))
    whole.add_row("minutes until a carer is there", *(f"{each.wait_min:.1f}" for each in levels))
    causes = dict.fromkeys(cause for each in levels for cause in each.by_cause)
    for cause in causes:
        whole.add_row(f"  {cause}", *(f"{each.by_cause.get(cause, 0.0):.2f}" for each in levels))
    console.print(whole)
    for switch, rings in report.costs.items():
        console.print(f"needless rings a night of {switch}: {rings:.2f}")
    for each in levels:
        console.print(f"rates at {each.level}: {_bar(each, report)}")
    for name, why in report.unmeasured.items():
        goal = report.at_goal.get(name)
        adds = "" if goal is None else f"; at its goal it would add {goal:.2f} a night"
        console.print(f"left out, {name}: {why}{adds}")


def _mean(mean: Mean) -> str:
    return f"{mean.mean:.1f} ({mean.low:.1f} to {mean.high:.1f})"


def _bar(nights: Nights, report: Report) -> str:
    if nights.meets:
        return "the bar is met"
    off = report.off[nights.level]
    if off:
        return "the bar is missed; it would be met without " + "; ".join(off)
    return "the bar is missed, also without all that can be left out but falls"
