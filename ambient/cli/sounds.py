"""``ambient evaluate sounds`` and ``sound-days``: how well sounds of distress are found.

In: a manifest of recordings, or how many simulated days and a seed. Out: a table, or with
``--json`` one line on standard output; progress goes to standard error.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ambient.cli import evaluate

if TYPE_CHECKING:
    from ambient.evaluate.sound_days.report import Report as DaysReport
    from ambient.evaluate.sounds import Report
    from ambient.evaluate.statistics import Rate, Share

Json = Annotated[bool, typer.Option("--json", help="One line of JSON.")]


def register(app: typer.Typer) -> None:
    """Add both to the group ``evaluate``, which `app` gets from its own module."""
    evaluate.add("sounds", sounds)
    evaluate.add("sound-days", sound_days)


def sounds(
    manifest: Annotated[Path, typer.Argument(help="A manifest.csv of labelled recordings.")],
    alarms_out: Annotated[
        Path | None,
        typer.Option(help="Write a JSON line for every file: second, class, probability."),
    ] = None,
    made: Annotated[
        int, typer.Option(min=0, help="Clips of each kind by synthesis (needs espeak-ng).")
    ] = 48,
    json: Json = False,
) -> None:
    """Find sounds of distress in recordings; measure what is found and what rings for nothing.

    A recording that cannot be read is listed under errors (exit code 1).
    """
    from ambient.evaluate.sounds import run

    with evaluate._shown("recordings") as progress:
        report = run(manifest, alarms_out=alarms_out, made=made, progress=progress)
    evaluate._done(report, report.errors, _table, json=json)


def sound_days(
    days: Annotated[int, typer.Option(min=1, max=10_000, help="Days of one room each.")] = 60,
    seed: Annotated[int, typer.Option(min=0, help="Of rooms, days and voices.")] = 1,
    data: Annotated[
        Path | None,
        typer.Option(
            help="The folder of recordings, to be heard in the rooms too; else synthesis alone.",
            envvar="AMBIENT_DATA",
            file_okay=False,
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Count false alarms per room-day of sound, and the calls for help that are found in it."""
    import msgspec

    from ambient.evaluate.sound_days.report import run

    with evaluate._shown("days") as progress:
        report = run(days, seed=seed, data=data, progress=progress)
    if json:
        typer.echo(msgspec.json.encode(report))
    else:
        _days_table(report)


def _table(report: Report) -> None:
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    cost = "" if report.core_s_per_s is None else f", {report.core_s_per_s:.4f} core-s per second"
    console.print(f"{report.files} files, {report.hours:.2f} h with what was made{cost}")
    shares = {
        "recorded": report.found,
        "made": report.made,
        "calls, by language": report.languages,
        "calls, by dB": report.ratios,
        "calls, by synthesiser": report.engines,
        "calls, beside a": report.beside,
    }
    for title, rows in shares.items():
        if rows:
            _shares(console, title, rows)
    rates = {"rings for nothing": report.rings, **report.told}
    _rates(console, "elsewhere, per hour", rates)
    told = report.television
    areas = {"person or television": told.all}
    areas |= {f"… at {each} dB": area for each, area in told.by_db.items()}
    areas["… of several recordings, 8 s"] = told.long
    _print(
        console,
        ("", "n", "AUC", "95 %"),
        [
            (name, str(each.n), _number(each.auc), _interval(each.low, each.high))
            for name, each in areas.items()
        ],
    )
    _shares(console, "recorded in rooms", {"taken for a person": told.in_room})
    for file in report.ringing:
        console.print(f"rang: {file}")
    for name, reason in report.missing.items():
        console.print(f"not measured: {name}: {reason}")


def _days_table(report: DaysReport) -> None:
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    console.print(
        f"{report.days} room-days, {report.played_h:.1f} h played, "
        f"{report.core_s_per_s:.4f} core-s per second, network run on {report.looked:.2f} of it"
    )
    rates = {
        "rings for nothing": report.false,
        "… nobody calls often": report.quiet_rooms,
        "… somebody does": report.callers,
        **{f"… {name}": rate for name, rate in report.by_class.items()},
    }
    _rates(console, "per room-day", rates)
    _rates(console, "a night, 24 rooms", {"rings for nothing": report.night})
    _rates(console, "told, per room-day", {"shown, not rung": report.shown, **report.told})
    if report.unknown:
        _rates(console, "rings of who calls often", report.unknown)
    _shares(console, "found", report.found)
    for cause, count in report.causes.items():
        console.print(f"{count} × {cause}")


def _shares(console: object, title: str, rows: dict[str, Share]) -> None:
    _print(
        console,
        (title, "found", "share", "95 %"),
        [
            (name, f"{each.k} of {each.n}", _number(each.share), _interval(each.low, each.high))
            for name, each in rows.items()
        ],
    )


def _rates(console: object, title: str, rows: dict[str, Rate]) -> None:
    _print(
        console,
        (title, "count", "rate", "95 %"),
        [
            (name, str(each.count), _number(each.rate), _interval(each.low, each.high))
            for name, each in rows.items()
        ],
    )


def _print(console: object, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    for row in rows:
        table.add_row(*row)
    if isinstance(console, Console):
        console.print(table)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _interval(low: float | None, high: float | None) -> str:
    return "–" if low is None or high is None else f"{low:.3f} to {high:.3f}"
