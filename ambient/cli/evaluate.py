"""``ambient evaluate`` and ``ambient benchmark``: every figure that is quoted, measured.

In: recordings. Out: a table, or with ``--json`` one line on standard output; progress goes to
standard error.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.progress import Progress

    from ambient.evaluate.falls import Group, Report, Share

Json = Annotated[bool, typer.Option("--json", help="One line of JSON.")]
Recording = Annotated[
    Path | None, typer.Option(help="A recorded fall; else the sample clip.", show_default=False)
]
_EVALUATE = typer.Typer(no_args_is_help=True, help="Measure on recordings, or under attack.")
_BENCHMARK = typer.Typer(no_args_is_help=True, help="Measure speed beside peers.")


def register(app: typer.Typer) -> None:
    """Add the groups ``evaluate`` and ``benchmark`` to `app`."""
    app.add_typer(_EVALUATE, name="evaluate")
    app.add_typer(_BENCHMARK, name="benchmark")


@_EVALUATE.command("falls")
def falls(
    manifest: Annotated[Path, typer.Argument(help="A manifest.csv of labelled recordings.")],
    json: Json = False,
    alarms_out: Annotated[
        Path | None, typer.Option(help="Write a JSON line for every row: its alarms in seconds.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Processes to share the work.")] = 1,
) -> None:
    """Measure how many falls are found, and how quiet everyday recordings stay.

    A recording that cannot be read is listed under errors (exit code 1): a fall then counts as not
    found, an everyday recording does not count at all.
    """
    from ambient.evaluate.falls import run

    with _progress() as shown:
        task = shown.add_task("recordings", total=None)
        report = run(
            manifest,
            jobs=jobs,
            alarms_out=alarms_out,
            progress=lambda done, everything: shown.update(task, completed=done, total=everything),
        )
    for file, error in report.errors.items():
        typer.echo(f"{file}: {error}", err=True)
    if json:
        _line(report)
    else:
        _falls_table(report)
    if report.errors:
        raise typer.Exit(1)


def _falls_table(report: Report) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("", "falls found", "everyday quiet", "confirmed after p50", "p95"):
        table.add_column(column, justify="left" if not column else "right")

    def add(name: str, group: Group) -> None:
        after = group.confirmed_after
        row = (_share(group.sensitivity), _share(group.specificity))
        table.add_row(name, *row, _seconds(after.p50_s), _seconds(after.p95_s))

    add("bar rows", report.bar)
    for name, group in {**report.by_use, **report.by_dataset}.items():
        add(name, group)
    Console(highlight=False).print(table)


@_EVALUATE.command("chaos")
def chaos(
    kills: Annotated[
        int, typer.Option(min=1, max=10_000, help="SIGKILLs at random moments.")
    ] = 100,
    json: Json = False,
    seed: Annotated[int | None, typer.Option(help="Of moments and targets.")] = None,
    recording: Recording = None,
    directory: Annotated[
        Path | None, typer.Option("--dir", help="Keep state and logs here.", file_okay=False)
    ] = None,
) -> None:
    """Kill workers and hub while events flow; exit code 1 when anything is lost."""
    from ambient.evaluate.chaos import run

    report = run(kills, recording=recording or _sample(), seed=seed, folder=directory, tell=_say)
    _result(report, json=json)


@_EVALUATE.command("latency")
def latency(
    runs: Annotated[int, typer.Option(min=1, max=1000, help="Falls to measure.")] = 20,
    json: Json = False,
    recording: Recording = None,
) -> None:
    """Measure from the frame that confirms a fall to the alarm on the page in a real Chromium."""
    from ambient.evaluate.latency import run

    report = run(runs, recording=recording or _sample(), tell=_say)
    _result(report, json=json)


@_BENCHMARK.command("vision")
def vision(
    clip: Annotated[Path, typer.Argument(help="A recording with a person.")],
    cameras: Annotated[
        int | None, typer.Option(min=1, max=64, help="Play the clip on so many cameras at once.")
    ] = None,
    gated: Annotated[
        bool, typer.Option("--gated", help="With --cameras: skip still frames, as a node does.")
    ] = False,
    json: Json = False,
) -> None:
    """Measure our engine beside MediaPipe's, or with --cameras many cameras at once."""
    if cameras is None:
        from ambient.evaluate.benchmark import benchmark_vision

        report: Any = benchmark_vision(clip)
    else:
        from ambient.evaluate.benchmark import benchmark_cameras

        report = benchmark_cameras(clip, cameras, gated=gated)
    if json:
        _line(report)
    else:
        _fields(report)


def _result(report: Any, *, json: bool) -> None:
    if json:
        _line(report)
    else:
        _fields(report)
    if not report.ok:
        raise typer.Exit(1)


def _line(report: Any) -> None:
    import msgspec

    typer.echo(msgspec.json.encode(report))


def _fields(report: Any, indent: str = "") -> None:
    import msgspec

    fields: dict[str, Any] = report if isinstance(report, dict) else msgspec.to_builtins(report)
    for name, value in fields.items():
        if isinstance(value, dict):
            typer.echo(f"{indent}{name}:")
            _fields(value, indent + "  ")
        else:
            shown = f"{value:.4g}" if isinstance(value, float) else value
            typer.echo(f"{indent}{name}: {shown}")


def _share(share: Share) -> str:
    if share.share is None or share.low is None or share.high is None:
        return "–"
    return f"{share.k}/{share.n} = {share.share:.2f} ({share.low:.2f}–{share.high:.2f})"


def _seconds(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds:.1f} s"


def _sample() -> Path:
    from models import samples

    return samples.path("fall")


def _say(line: str) -> None:
    typer.echo(line, err=True)


def _progress() -> Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
