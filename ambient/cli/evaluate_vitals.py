"""``ambient evaluate wearable`` and ``heartbeats``, and ``ambient train wearable``.

In: the folder of labelled recordings of wearables. Out: a table, or with ``--json`` one line on
standard output; progress goes to standard error.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ambient.cli import evaluate, train

if TYPE_CHECKING:
    from ambient.evaluate.heartbeats import Report as HeartbeatsReport
    from ambient.evaluate.statistics import Share
    from ambient.evaluate.wearable import Report as WearableReport

Json = Annotated[bool, typer.Option("--json", help="One line of JSON.")]
Vitals = Annotated[
    Path,
    typer.Argument(
        help="The folder vitals of the labelled recordings.", exists=True, file_okay=False
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the groups ``evaluate`` and ``train``."""
    evaluate.add("wearable", wearable)
    evaluate.add("heartbeats", heartbeats)
    train.add("wearable", train_wearable)


def wearable(folder: Vitals, json: Json = False) -> None:
    """Measure the fall detector of worn accelerometers, place by place.

    People that its weights were learned from are judged by networks that never saw them, at a
    threshold chosen without them; everybody else by the shipped weights. A recording that cannot be
    read is listed under errors (exit code 1).
    """
    from ambient.evaluate.wearable import run

    with evaluate._shown("recordings") as progress:
        report = run(folder, progress=progress)
    evaluate._done(report, report.errors, _wearable_table, json=json)


def heartbeats(
    folder: Vitals,
    seed: Annotated[int, typer.Option(min=0, help="Of noise and of pulse waves made.")] = 1,
    json: Json = False,
) -> None:
    """Measure heart-rate variability beside NeuroKit2 and beside what is known by synthesis.

    Needs neurokit2 (extra peers) for the first; without it only the second is measured. A recording
    that cannot be read is listed under errors (exit code 1).
    """
    from ambient.evaluate.heartbeats import run

    with evaluate._shown("segments") as progress:
        report = run(folder, seed=seed, progress=progress)
    evaluate._done(report, report.errors, _heartbeats_table, json=json)


def train_wearable(
    data: train.Data,
    out: train.Out = None,
    quick: train.Quick = False,
    seed: train.Seed = 0,
) -> None:
    """Learn the wearable fall detector from recordings marked "train" and from bodies that fall.

    Needs no PyTorch. Progress goes to standard error, the figures as JSON to standard output.
    """
    from ambient.train.wearable import FOLDER
    from ambient.train.wearable import train as learn

    train._refuse(quick, out)
    train._print(learn(data, out or FOLDER, quick=quick, seed=seed, tell=train._tell))


def _wearable_table(report: WearableReport) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, markup=False)
    for name, one in report.sets.items():
        cuts = f"{min(one.thresholds):.2f} to {max(one.thresholds):.2f}"
        error = "" if one.calibration_error is None else f", calibration {one.calibration_error}"
        console.print(f"{name}: judged by {one.judged_by}, thresholds {cuts}{error}")
        table = Table(box=None, pad_edge=False)
        for column in ("place", "falls found", "quiet", "false per hour", "of minutes", "beside"):
            table.add_column(column, justify="left" if column == "place" else "right")
        for wear, place in one.places.items():
            rate = place.false_per_hour
            hourly = "–" if rate.rate is None else f"{rate.rate:.1f} ({rate.low} to {rate.high})"
            table.add_row(
                wear,
                _share(place.sensitivity),
                _share(place.specificity),
                hourly,
                f"{place.everyday_minutes}",
                str(place.beside),
            )
        console.print(table)
    console.print(f"{report.us_per_s} µs per second of a device at 50 Hz")


def _share(share: Share) -> str:
    if share.share is None:
        return "–"
    return f"{share.k} of {share.n}, {share.share:.3f} ({share.low} to {share.high})"


def _heartbeats_table(report: HeartbeatsReport) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, markup=False)
    table = Table(box=None, pad_edge=False)
    columns = ("set", "segments", "withheld", "RMSSD", "SDNN", "pNN50", "LF/HF", "rate")
    for column in columns:
        table.add_column(column, justify="left" if column == "set" else "right")
    for name, row in report.sets.items():
        cells = [
            "–" if e is None else f"{e.median_pct:.1f} % ({e.within} of {e.n} within 5 %)"
            for e in (row.rmssd, row.sdnn, row.pnn50, row.lf_hf, row.rate)
        ]
        table.add_row(name, str(row.segments), str(row.withheld), *cells)
    console.print(table)
    for name, share in report.irregular.items():
        console.print(f"irregular, {name}: {share}")
    console.print(f"{report.us_per_s} µs per second of a pulse wave at 100 Hz")
