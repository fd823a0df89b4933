"""``ambient features``, ``evaluate voice`` and ``benchmark audio``: what is measured on voices.

In: sound files. Out: a table of functionals (CSV) and descriptors (Parquet); or figures, as a table
or with ``--json`` as one line on standard output; progress goes to standard error.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ambient.cli import evaluate

if TYPE_CHECKING:
    from ambient.evaluate.benchmark_audio import Report as BenchmarkReport
    from ambient.evaluate.voice import Report

Json = Annotated[bool, typer.Option("--json", help="One line of JSON.")]


def register(app: typer.Typer) -> None:
    """Add ``features`` to `app`, ``evaluate voice`` and ``benchmark audio`` to their groups."""
    app.command("features")(features)
    evaluate.add("voice", voice)
    if all(known.name != "audio" for known in evaluate._BENCHMARK.registered_commands):
        evaluate._BENCHMARK.command("audio")(audio)


def features(
    files: Annotated[list[Path], typer.Argument(help="Sound files, of any rate and format.")],
    csv: Annotated[Path, typer.Option("--csv", help="The table to write, a row a file.")],
    lld_parquet: Annotated[
        Path | None,
        typer.Option(
            help="A folder for the descriptors, a Parquet file each; needs pyarrow.",
            file_okay=False,
        ),
    ] = None,
    own: Annotated[
        bool,
        typer.Option("--own", help="Add columns of our own: rate, pauses, cepstral prominence."),
    ] = False,
) -> None:
    """Write the 88 functionals of eGeMAPS v02 for each file, over all of it.

    The columns are named as in the published set; docs/voice-features.md says what each is. A file
    that cannot be read has no row (exit code 1).
    """
    from ambient.evaluate import feature_table

    with evaluate._shown("files") as progress:
        errors = feature_table.write(files, csv, lld_parquet, own=own, progress=progress)
    for file, error in errors.items():
        typer.echo(f"{file}: {error}", err=True)
    typer.echo(f"{csv}: {len(files) - len(errors)} of {len(files)} files", err=True)
    if errors:
        raise typer.Exit(1)


def voice(
    synthesis: Annotated[
        bool, typer.Option("--synthesis", help="Measure on voices made for it.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of the voices and the noise.")] = 1,
    json: Json = False,
) -> None:
    """Measure F0, jitter, shimmer, HNR, formants, rate and pauses against what is known of them.

    Voices are made by synthesis, clean and in white noise at 20 and 10 dB; exit code 1 when a mean
    error without noise is above its bar.
    """
    from ambient.errors import UsageError
    from ambient.evaluate.voice import run

    if not synthesis:
        raise UsageError("evaluate voice: expected --synthesis, got no way to measure; add it")
    with evaluate._shown("voices") as progress:
        report = run(seed=seed, progress=progress)
    evaluate._done(report, report.errors, _voice_table, json=json)
    if not report.ok:
        raise typer.Exit(1)


def audio(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Speech to measure on; else speech is synthesised.", show_default=False
        ),
    ] = None,
    repeat: Annotated[int, typer.Option(min=1, max=100, help="Rounds; the fastest counts.")] = 3,
    microphones: Annotated[
        int | None,
        typer.Option(min=1, max=64, help="Instead: what so many cost with everything on."),
    ] = None,
    seconds: Annotated[
        float, typer.Option(min=5, max=3600, help="Of sound, with --microphones.")
    ] = 30.0,
    json: Json = False,
) -> None:
    """Measure our features beside Praat's and librosa's: speed, and how far they agree.

    The peers run in an environment of their own: make setup-peers. An environment elsewhere is
    named by $AMBIENT_PEERS.
    """
    if microphones is not None:
        _microphones(microphones, seconds, json=json)
        return
    from ambient.evaluate.benchmark_audio import run

    with evaluate._shown("recordings") as progress:
        report = run(files or [], repeat=repeat, progress=progress)
    evaluate._done(report, report.errors, _benchmark_table, json=json)


def _microphones(count: int, seconds: float, *, json: bool) -> None:
    import msgspec

    from ambient.evaluate.benchmark_microphones import run

    report = run(count, seconds)
    if json:
        typer.echo(msgspec.json.encode(report))
        return
    for load in (report.speech, report.quiet):
        typer.echo(
            f"{load.sound}: {load.core_s:.4f} core-seconds a second of sound of one microphone, "
            f"{load.cores:.3f} cores for {report.microphones}"
        )
    typer.echo(f"memory: {report.rss_mb:.0f} MB")


def _voice_table(report: Report) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    names = list(report.lines[0].by_snr)
    for at, column in enumerate(("", "bar", *names, "", "within the bar")):
        table.add_column(column, justify="left" if at == 0 else "right")
    for line in report.lines:
        errors = [line.by_snr[name] for name in names]
        table.add_row(
            f"{line.measure}, {line.unit}",
            f"{line.bar:g}",
            *(f"{one.mean:.2f} ({one.worst:.2f})" for one in errors),
            "met" if line.met else "not met",
            " ".join(f"{one.within:.0%}" for one in errors),
        )
    console = Console(highlight=False)
    console.print("mean absolute error (largest), without noise and at two levels of white noise")
    console.print(table)


def _benchmark_table(report: BenchmarkReport) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    console.print(f"{report.recordings} recordings, {report.seconds:.0f} s of sound")
    table = Table(box=None, pad_edge=False)
    for at, column in enumerate(("", "core-s per second", "to ours", "what")):
        table.add_column(column, justify="right" if at in (1, 2) else "left")
    for side in report.sides:
        table.add_row(side.name, f"{side.core_s_per_s:.4f}", f"{side.to_ours:.2f}", side.what)
    console.print(table)
    for one in report.agreement:
        r = "–" if one.r is None else f"{one.r:.3f}"
        console.print(
            f"{one.feature}: r {r} over {one.recordings} recordings, "
            f"ours {one.ours:.3g}, {one.peer} {one.theirs:.3g}"
        )
