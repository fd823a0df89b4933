"""``ambient evaluate days``: false alarms in simulated days of daily life.

In: how many days, and a seed. Out: a table, or with ``--json`` one line on standard output;
progress goes to standard error. Needs no recording.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ambient.cli import evaluate

if TYPE_CHECKING:
    from ambient.evaluate.days.report import Report
    from ambient.evaluate.statistics import Rate


class Rooms(StrEnum):
    """Which rooms days are lived in."""

    BOTH = "both"
    DRAWN = "drawn"
    UNDRAWN = "undrawn"


def register(app: typer.Typer) -> None:
    """Add ``days`` to the group ``evaluate``, which `app` gets from its own module."""
    evaluate.add("days", days)


def days(
    days: Annotated[int, typer.Option(min=1, max=100_000, help="Days of one room each.")] = 150,
    seed: Annotated[int, typer.Option(min=0, help="Of rooms, people, and failures.")] = 1,
    falls: Annotated[float, typer.Option(min=0, max=10, help="Real falls in a day.")] = 0.2,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Processes to share the work.")] = 1,
    fold: Annotated[
        float,
        typer.Option(min=12, help="Seconds after which a stretch without any change is cut short."),
    ] = 14.0,
    rooms: Annotated[
        Rooms,
        typer.Option(help="Where bed and seat are drawn as zones, where nothing is, or both."),
    ] = Rooms.BOTH,
    keep: Annotated[
        Path | None,
        typer.Option(help="Folder that keeps each day measured; a run that was stopped goes on."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One line of JSON.")] = False,
) -> None:
    """Count false alarms per room-day in simulated daily life, and the real falls found in it."""
    import msgspec

    from ambient.evaluate.days.report import KNOWN, run
    from ambient.evaluate.days.rooms import Knowledge

    kinds = {
        Rooms.BOTH: KNOWN,
        Rooms.DRAWN: (Knowledge.ZONES,),
        Rooms.UNDRAWN: (Knowledge.FURNITURE,),
    }
    with evaluate._shown("days") as progress:
        report = run(
            days,
            seed=seed,
            jobs=jobs,
            falls_per_day=falls,
            fold_s=fold,
            rooms=kinds[rooms],
            keep=keep,
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
    rates = Table(box=None, pad_edge=False)
    for column in (
        "rooms",
        "days",
        "false confirmed",
        "… at night",
        "false suspected",
        "by design",
        "falls",
    ):
        rates.add_column(column, justify="left" if column == "rooms" else "right")
    for name, group in {"all": report.all, **report.by_knowledge}.items():
        found = group.found
        rates.add_row(
            name,
            str(group.days),
            _rate(group.false_confirmed),
            _rate(group.false_at_night),
            _rate(group.false_suspected),
            _rate(group.by_design),
            f"{found.k} of {found.n}",
        )
    console.print(rates)
    causes = Table(box=None, pad_edge=False)
    for column in ("false alarms during", "of whom", "seen on", "confirmed", "suspected"):
        causes.add_column(column, justify="right" if column.endswith("ed") else "left")
    for cause in report.causes:
        causes.add_row(
            cause.episode, cause.who, cause.place, str(cause.confirmed), str(cause.suspected)
        )
    console.print(causes)
    for missed in report.missed:
        console.print(f"not found: {missed}")


def _rate(rate: Rate) -> str:
    if rate.rate is None or rate.low is None or rate.high is None:
        return "–"
    return f"{rate.count} = {rate.rate:.3f} ({rate.low:.3f} to {rate.high:.3f})"
