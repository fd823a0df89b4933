"""``ambient evaluate subgroups``: who is found less often than others, on drawn people.

In: how many base scenes, and a seed. Out: a table, or with ``--json`` one line on standard output;
progress goes to standard error. Needs no recording.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ambient.cli import evaluate

if TYPE_CHECKING:
    from ambient.evaluate.statistics import Difference, Rate
    from ambient.evaluate.subgroups_report import Report


def register(app: typer.Typer) -> None:
    """Add ``subgroups`` to the group ``evaluate``, which `app` gets from its own module."""
    evaluate.add("subgroups", subgroups)


def subgroups(
    count: Annotated[
        int, typer.Option(min=1, max=10_000, help="Falls; each is drawn some 14 times.")
    ] = 24,
    beds: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=100_000,
            help="People on beds and sofas; else as many as falls.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of people, rooms, falls and grain.")] = 1,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Processes to share the work.")] = 1,
    json: Annotated[bool, typer.Option("--json", help="One line of JSON.")] = False,
) -> None:
    """Measure how many drawn falls are found by sex, build, age, skin, clothes, aid, view, light.

    People who lie on a bed or sofa are drawn beside them, and their alarms counted. Drawing needs
    numba.
    """
    import msgspec

    from ambient.errors import UsageError

    try:
        from ambient.evaluate.subgroups import run
    except ModuleNotFoundError as error:
        if error.name != "numba":
            raise
        raise UsageError(
            "evaluate subgroups: expected numba to draw with, found none; pip install numba"
        ) from None

    with evaluate._shown("scenes") as progress:
        report = run(count, seed=seed, jobs=jobs, beds=beds, progress=progress)
    if json:
        typer.echo(msgspec.json.encode(report))
    else:
        _table(report)


def _table(report: Report) -> None:
    from rich.console import Console
    from rich.table import Table

    from ambient.cli._tables import seconds, share

    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False)
    for number, column in enumerate(("", "falls found", "suspected", "to the best level")):
        table.add_column(column, justify="right" if number else "left")
    table.add_row("all clips", share(report.all), "", "")
    for one in report.attributes:
        for level in one.levels:
            gap = "best" if level.level == one.best else _gap(level.gap)
            found = (share(level.found), share(level.suspected))
            table.add_row(f"{one.attribute}: {level.level}", *found, gap)
    for kind, found_of in report.by_fall.items():
        table.add_row(kind, share(found_of), "", "")
    console.print(table)
    after = report.confirmed_after
    console.print(f"confirmed after: p50 {seconds(after.p50_s)}, p95 {seconds(after.p95_s)}")
    console.print(f"confirmed before the fall began: {report.early}")
    beyond = ", ".join(report.beyond) or "none"
    console.print(f"largest gap above 0.05: {beyond}")
    for cause, count in report.causes.items():
        console.print(f"missed, {cause}: {count}")
    for bed in report.beds:
        console.print(
            f"on a bed or sofa, {bed.zones}: {_rate(bed.per_clip)} alarms a clip, "
            f"{_rate(bed.suspected_per_clip)} suspected; seen in {share(bed.seen)}"
        )
    for alarm in report.bed_alarms:
        console.print(f"  alarm in {alarm}")
    for missed in report.missed:
        console.print(f"not found: {missed}")


def _gap(gap: Difference) -> str:
    if gap.change is None or gap.low is None or gap.high is None:
        return "–"
    return f"{gap.change:+.2f} ({gap.low:+.2f} to {gap.high:+.2f})"


def _rate(rate: Rate) -> str:
    if rate.rate is None or rate.low is None or rate.high is None:
        return "–"
    return f"{rate.count} = {rate.rate:.3f} ({rate.low:.3f} to {rate.high:.3f})"
