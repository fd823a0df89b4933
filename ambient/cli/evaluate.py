"""``ambient evaluate`` and ``ambient benchmark``: every figure that is quoted, measured.

In: recordings. Out: a table, or with ``--json`` one line on standard output; progress goes to
standard error.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ambient.cli._groups import add_once
from vision.parts import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Json = Annotated[bool, typer.Option("--json", help="One line of JSON.")]
Recording = Annotated[
    Path | None, typer.Option(help="A recorded fall; else the sample clip.", show_default=False)
]
Manifest = Annotated[Path, typer.Argument(help="A manifest.csv of labelled recordings.")]
Jobs = Annotated[
    int | None,
    typer.Option(min=1, max=64, help="Processes to share the work; else all cores."),
]
Without = Annotated[
    list[Part] | None,
    typer.Option(help="Leave out a part of the perception, to see what it brings; repeatable."),
]
_EVALUATE = typer.Typer(no_args_is_help=True, help="Measure on recordings, or under attack.")
_BENCHMARK = typer.Typer(no_args_is_help=True, help="Measure beside peers: falls, speed.")


def register(app: typer.Typer) -> None:
    """Add the groups ``evaluate`` and ``benchmark`` to `app`."""
    app.add_typer(_EVALUATE, name="evaluate")
    app.add_typer(_BENCHMARK, name="benchmark")


def add(name: str, command: Callable[..., None]) -> None:
    """Add a command of another module to the group ``evaluate``, once."""
    add_once(_EVALUATE, name, command)


def add_benchmark(name: str, command: Callable[..., None]) -> None:
    """Add a command of another module to the group ``benchmark``, once."""
    add_once(_BENCHMARK, name, command)


@_EVALUATE.command("falls")
def falls(
    manifest: Manifest,
    json: Json = False,
    alarms_out: Annotated[
        Path | None, typer.Option(help="Write a JSON line for every row: its alarms in seconds.")
    ] = None,
    jobs: Jobs = None,
    report: Annotated[
        Path | None,
        typer.Option(help="Write a page that anyone can read: one HTML file, no picture."),
    ] = None,
    traces: Annotated[
        bool,
        typer.Option(
            "--traces", help="With --report: the course of every recording, not of errors alone."
        ),
    ] = False,
    room_days: Annotated[
        Path | None,
        typer.Option(help="With --report: what evaluate days --json printed."),
    ] = None,
    from_floor: Annotated[
        bool,
        typer.Option(
            "--from-floor", help="Cut each fall after its descent: is who lies there found?"
        ),
    ] = False,
    without: Without = None,
    weights: Annotated[
        Path | None,
        typer.Option(
            help="What train falls wrote to a folder, instead of the network that is carried.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
) -> None:
    """Measure how many falls are found, and how quiet everyday recordings stay.

    A recording that cannot be read is listed under errors (exit code 1): a fall then counts as not
    found, an everyday recording does not count at all.
    """
    from ambient.cli import _tables
    from ambient.errors import UsageError
    from ambient.evaluate import falls as measuring
    from ambient.evaluate.lines import expect_place
    from ambient.evaluate.measure import Traces

    if from_floor:
        if report or alarms_out or traces or room_days or without:
            raise UsageError(
                "expected --from-floor alone or with --json, --jobs and --weights, got it with "
                "--report, --traces, --room-days, --without or --alarms-out; call it twice"
            )
        _from_floor(manifest, weights, json=json, jobs=jobs)
        return
    kept = Traces.NONE
    if report is not None:
        kept = Traces.ALL if traces else Traces.WRONG
    elif traces:
        raise UsageError("expected --report FILE together with --traces, got none")
    days = measuring.read_room_days(room_days) if room_days is not None else None
    expect_place(report, "--report")
    with _shown("recordings") as progress:
        measured = measuring.run(
            manifest,
            jobs=jobs,
            alarms_out=alarms_out,
            traces=kept,
            without=without or (),
            weights=weights,
            per_room_day=days,
            progress=progress,
        )
    if report is not None:
        from ambient.evaluate.report import write

        write(measured, manifest, report)
    _done(measured.report, measured.report.errors, _tables.falls, json=json)


def _from_floor(manifest: Path, weights: Path | None, *, json: bool, jobs: int | None) -> None:
    from ambient.cli import _tables
    from ambient.evaluate.floor import run_from_floor

    with _shown("recordings") as progress:
        report = run_from_floor(manifest, jobs=jobs, weights=weights, progress=progress)
    _done(report, report.errors, _tables.floor, json=json)


@_EVALUATE.command("robustness")
def robustness(
    manifest: Manifest,
    only: Annotated[
        list[str] | None,
        typer.Option(help="A condition to measure beside the base; may be given several times."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most so many falls and everyday recordings each.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Keep outcomes in this file of JSON lines, and go on from it."),
    ] = None,
    jobs: Jobs = None,
    json: Json = False,
) -> None:
    """Measure what other frame rates, sizes, noise, night or furniture in front do to falls.

    Conditions: base, 5-fps, 15-fps, 30-fps, 320x180, 640x360, 1920x1080, h264-low, noise, night,
    infrared, half-hidden, roll-left, roll-right, mirror, frame-loss. Rows that bars are set on are
    measured, all scored rows when there are none.
    """
    from ambient.cli import _tables
    from ambient.errors import UsageError
    from ambient.evaluate.conditions import Condition
    from ambient.evaluate.robustness import run_robustness

    known = {condition.value: condition for condition in Condition}
    for name in only or ():
        if name not in known:
            raise UsageError(f"--only: expected one of {', '.join(known)}, got {name!r}")
    with _shown("looks at recordings") as progress:
        report = run_robustness(
            manifest,
            only=[known[name] for name in only or ()],
            limit=limit,
            jobs=jobs,
            out=out,
            progress=progress,
        )
    _done(report, report.errors, _tables.robustness, json=json)


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
    without: Without = None,
    json: Json = False,
) -> None:
    """Measure our engine beside MediaPipe's, or with --cameras many cameras at once.

    With --without alone, the whole perception beside one that lacks these parts.
    """
    if cameras is not None:
        from ambient.evaluate.benchmark import benchmark_cameras

        report: Any = benchmark_cameras(clip, cameras, gated=gated, without=without or ())
    elif without:
        from ambient.evaluate.benchmark_parts import benchmark_parts

        report = benchmark_parts(clip, without)
    else:
        from ambient.evaluate.benchmark import benchmark_vision

        report = benchmark_vision(clip)
    if json:
        _line(report)
    else:
        _fields(report)


@_BENCHMARK.command("falls")
def peers(manifest: Manifest, jobs: Jobs = None, json: Json = False) -> None:
    """Measure the falls that we find beside those that a packaged peer finds.

    The peer runs in an environment of its own: make setup-peers. An environment elsewhere is named
    by $AMBIENT_PEERS.
    """
    from ambient.cli import _tables
    from ambient.evaluate.peers import run_peers

    with _shown("looks at recordings") as progress:
        report = run_peers(manifest, jobs=jobs, progress=progress)
    errors = {**report.peer.errors, **report.ours.errors}
    _done(report, errors, _tables.peers, json=json)


def _done(report: Any, errors: dict[str, str], show: Callable[[Any], None], *, json: bool) -> None:
    """Say what could not be read, then the report; exit code 1 after an error."""
    for file, error in errors.items():
        # Most name the file themselves, with its folder.
        typer.echo(error if file in error.partition(": ")[0] else f"{file}: {error}", err=True)
    if json:
        _line(report)
    else:
        show(report)
    if errors:
        raise typer.Exit(1)


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


def _sample() -> Path:
    from models import samples

    return samples.path("fall")


def _say(line: str) -> None:
    typer.echo(line, err=True)


@contextmanager
def _shown(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on standard error; yield what tells it (done, all)."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, everything: progress.update(task, completed=done, total=everything)
