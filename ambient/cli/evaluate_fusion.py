"""``ambient evaluate fusion`` and ``ambient train fusion``: falls by all senses together.

In: the folder of labelled recordings. Out: tables, or with ``--json`` one line on standard output;
progress goes to standard error.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ambient.cli import evaluate, train

if TYPE_CHECKING:
    from rich.table import Table

    from ambient.evaluate.fusion_falls.figures import Interval
    from ambient.evaluate.fusion_falls.report import Report

Data = Annotated[
    Path,
    typer.Argument(
        help="The folder of labelled recordings, with video and vitals.",
        envvar="AMBIENT_DATA",
        exists=True,
        file_okay=False,
    ),
]
Cache = Annotated[
    Path,
    typer.Option(
        help="Where observations of recordings are kept: looking takes an hour, judging seconds.",
        file_okay=False,
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the groups ``evaluate`` and ``train``."""
    evaluate.add("fusion", fusion)
    train.add("fusion", train_fusion)


def fusion(
    data: Data,
    cache: Cache = Path("fusion-cache"),
    simulated: Annotated[
        int, typer.Option(min=0, help="Scenarios of each correlation; 0 for none.")
    ] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Of the scenarios.")] = 1,
    json: evaluate.Json = False,
) -> None:
    """Measure falls by all senses beside each sense alone and their best late fusions.

    On recordings that a camera and a sensor at the waist share, and on scenarios simulated from
    what each sense was measured to say, none of it used to fit a weight. Where every video is
    marked "train", they are used all the same and marked_train says how many. A recording that
    cannot be read or told apart from another is listed under errors (exit code 1).
    """
    from ambient.evaluate.fusion_falls.report import run

    with evaluate._shown("recordings") as progress:
        report = run(data, cache, simulated=simulated, seed=seed, progress=progress)
    evaluate._done(report, report.errors, _tables, json=json)


def train_fusion(
    data: train.Data,
    cache: Cache = Path("fusion-cache"),
    out: train.Out = None,
    seed: train.Seed = 0,
) -> None:
    """Fit what evidence of falls is worth, from recordings marked "train"; writes the table.

    Progress goes to standard error, the figures as JSON to standard output.
    """
    from ambient.train.fusion import train as fit

    train._print(fit(data, cache, out, seed=seed, tell=train._tell))


def _tables(report: Report) -> None:
    from rich.console import Console

    from ambient.cli._tables import marked_train, seconds, share

    console = Console(highlight=False, markup=False)
    table = _table("recordings", "judged by", "falls found", "quiet", "confirmed after", "p95")
    for name, ways in report.recorded.items():
        for way, one in ways.items():
            after = one.confirmed_after
            table.add_row(
                name,
                way,
                share(one.found),
                share(one.quiet),
                seconds(after.p50_s),
                seconds(after.p95_s),
            )
    console.print(table)
    for sense, (falls, others) in report.pools.items() if report.simulated else ():
        console.print(f"scenarios are drawn from {sense}: {falls} falls, {others} others")
    if report.marked_train:
        console.print(marked_train(report.marked_train))
    for drawn in report.simulated:
        console.print(
            f"rho {drawn.rho}: {drawn.falls} falls, {drawn.others} others, "
            f"calibration error {drawn.calibration_error}"
        )
        table = _table("judged by", "area", "all less it", "sensitivity", "all less it")
        for name, ranking in drawn.ways.items():
            cells = (
                ranking.area,
                ranking.area_less,
                ranking.sensitivity,
                ranking.sensitivity_less,
            )
            table.add_row(name, *(_interval(cell) for cell in cells))
        console.print(table)
        console.print(
            f"with everything known the best late 'or' finds {drawn.bound.either:.3f} of the falls "
            f"at the budget, any way at all {drawn.bound.any_way:.3f}"
        )


def _interval(one: Interval) -> str:
    return f"{one.value:.3f} ({one.low:.3f} to {one.high:.3f})"


def _table(*columns: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    return table
