"""``ambient evaluate glucose`` and ``ambient train glucose``: the forecast of half an hour.

In: the folder of labelled recordings. Out: a table, or with ``--json`` one line on standard output.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient.cli import evaluate, train

if TYPE_CHECKING:
    from ambient.evaluate.glucose import Figure, Report

_WORDS = {
    "ours": "Ambient",
    "node": "and fast falls",
    "persistence": "stays as it is",
    "linear": "goes on as in 15 min",
}


def register(app: object) -> None:
    """Add the commands to the groups ``evaluate`` and ``train``."""
    evaluate.add("glucose", glucose)
    train.add("glucose", train_glucose)


def glucose(data: train.Data, json: evaluate.Json = False) -> None:
    """Measure the 30-minute forecast of glucose beside persistence and linear extrapolation.

    Each person marked "train" is judged by a forecast, and at a threshold, made without that
    person; everybody else by the shipped weights. A recording that cannot be read is listed under
    errors (exit code 1).
    """
    from ambient.evaluate.glucose import run

    with evaluate._shown("people") as progress:
        report = run(data, progress=progress)
    evaluate._done(report, report.errors, _table, json=json)


def train_glucose(data: train.Data, out: train.Out = None) -> None:
    """Learn the 30-minute forecast of glucose from recordings marked "train"; takes seconds.

    The figures go to standard output as JSON.
    """
    from ambient.train.glucose import FOLDER
    from ambient.train.glucose import train as learn

    train._print(learn(data, out or FOLDER))


def _table(report: Report) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    for some in (report, report.unseen):
        if some is None:
            continue
        console.print(
            f"{some.people} people, {some.days} days, {some.forecasts} forecasts; "
            f"{some.low_moments} low values and {some.episodes} episodes to expect; judged by "
            f"{some.judged_by}"
        )
        table = Table(box=None, pad_edge=False)
        for column in ("forecast", "RMSE mmol/L", "low values", "episodes", "false a day"):
            table.add_column(column, justify="left" if column == "forecast" else "right")
        for name, one in some.methods.items():
            cells = (one.rmse, one.moments, one.episodes, one.false_per_day)
            table.add_row(_WORDS[name], *(_cell(cell) for cell in cells))
        console.print(table)
        shares = ", ".join(f"{q}: {share}" for q, share in some.below.items())
        console.print(f"came below the quantiles of the forecast: {shares}")


def _cell(figure: Figure) -> str:
    if figure.value is None:
        return "–"
    return f"{figure.value} ({figure.low} to {figure.high})"
