"""``ambient features``, ``evaluate voice`` and ``benchmark audio``: what is measured on voices.

In: sound files. Out: a table of functionals (CSV) and descriptors (Parquet); or figures, as a table
or with ``--json`` as one line on standard output; progress goes to standard error.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ambient.cli import evaluate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ambient.evaluate.activation import Report as ActivationReport
    from ambient.evaluate.benchmark_audio import Report as BenchmarkReport
    from ambient.evaluate.voice import Report
    from ambient.evaluate.voice_peers import Report as PeersReport

Json = Annotated[bool, typer.Option("--json", help="One line of JSON.")]


def register(app: typer.Typer) -> None:
    """Add ``features`` to `app`, ``evaluate voice`` and ``benchmark audio`` to their groups."""
    app.command("features")(features)
    evaluate.add("voice", voice)
    evaluate.add_benchmark("audio", audio)


def features(
    files: Annotated[list[str], typer.Argument(help="Sound files, of any rate and format.")],
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
    that cannot be read has no row (exit code 1); of one that is cut off what is there is measured.
    """
    from ambient.evaluate import feature_table

    notes: list[str] = []
    with evaluate._shown("files") as progress:
        errors = feature_table.write(
            files, csv, lld_parquet, own=own, progress=progress, note=notes.append
        )
    for note in notes:
        typer.echo(note, err=True)
    for file, error in errors.items():
        typer.echo(f"{file}: {error}", err=True)
    typer.echo(f"{csv}: {len(files) - len(errors)} of {len(files)} files", err=True)
    if errors:
        raise typer.Exit(1)


def voice(
    manifest: Annotated[
        Path | None,
        typer.Argument(
            help="A manifest.csv with speakers, for --activation or --peers.", show_default=False
        ),
    ] = None,
    synthesis: Annotated[
        bool, typer.Option("--synthesis", help="Measure on voices made for it.")
    ] = False,
    activation: Annotated[
        bool,
        typer.Option(
            "--activation", help="How well vocal activation tells strong from calm acted speech."
        ),
    ] = False,
    peers: Annotated[
        bool, typer.Option("--peers", help="How F0, HNR and cepstral prominence agree with Praat.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of the voices and the noise.")] = 1,
    json: Json = False,
) -> None:
    """Measure voice features in one of three ways; exit code 1 when a bar is missed.

    --synthesis: F0, jitter, shimmer, HNR, formants, rate and pauses of voices that are made, clean
    and in white noise at 20 and 10 dB, against what is known of them.

    --activation: the marker on acted speech labelled mood/intensity, every speaker's other neutral
    recordings as the own baseline.

    --peers: over all recordings with a speaker. Praat runs in an environment of its own: make
    setup-peers. An environment elsewhere is named by $AMBIENT_PEERS.
    """
    from ambient.errors import UsageError

    ways = [name for name, on in _ways(synthesis, activation, peers) if on]
    if len(ways) != 1:
        raise UsageError(
            "evaluate voice: expected one of --synthesis, --activation, --peers, got "
            f"{' and '.join(ways) or 'no way to measure'}; give one"
        )
    if (manifest is None) is not synthesis:
        raise UsageError(
            f"evaluate voice {ways[0]}: expected {'no' if synthesis else 'a'} manifest, got "
            f"{manifest or 'none'}; {'leave it out' if synthesis else 'name its manifest.csv'}"
        )
    with evaluate._shown("voices" if synthesis else "recordings") as progress:
        if manifest is None:
            from ambient.evaluate import voice as made

            report: Any = made.run(seed=seed, progress=progress)
            show: Callable[[Any], None] = _voice_table
        elif activation:
            from ambient.evaluate import activation as acted

            report, show = acted.run(manifest, progress=progress), _activation_table
        else:
            from ambient.evaluate import voice_peers

            report, show = voice_peers.run(manifest, progress=progress), _peers_table
    evaluate._done(report, report.errors, show, json=json)
    if not report.ok:
        raise typer.Exit(1)


def _ways(synthesis: bool, activation: bool, peers: bool) -> Iterator[tuple[str, bool]]:
    yield from (("--synthesis", synthesis), ("--activation", activation), ("--peers", peers))


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
    console = Console(highlight=False, markup=False)
    console.print("mean absolute error (largest), without noise and at two levels of white noise")
    console.print(table)


def _activation_table(report: ActivationReport) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, markup=False)
    console.print(
        f"vocal activation, {report.recordings} recordings of {report.speakers} speakers: AUC of "
        "aroused against calm speech (95 % over speakers)"
    )
    table = Table(box=None, pad_edge=False)
    for at, column in enumerate(("", "strong", "bar", "both intensities", "bar")):
        table.add_column(column, justify="left" if at == 0 else "right")
    for line in report.lines:
        cells = [line.features]
        for one in (line.strong, line.both):
            cells.append(f"{one.auc:.3f} ({one.low:.3f} to {one.high:.3f})")
            cells.append("–" if one.bar is None else f"{one.bar:g}{'' if one.met else ' missed'}")
        table.add_row(*cells)
    console.print(table)
    for line in report.lines:
        medians = ", ".join(f"{label} {value:+.1f}" for label, value in line.by_label.items())
        console.print(f"medians, {line.features}: {medians}")


def _peers_table(report: PeersReport) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for at, column in enumerate(("", "recordings", "r", "bar", "ours", "theirs")):
        table.add_column(column, justify="left" if at == 0 else "right")
    for line in report.lines:
        for name, one in ((line.feature, line.all), *line.by_set.items()):
            table.add_row(
                f"{name}, {one.unit}" if one is line.all else f"  {name}",
                str(one.recordings),
                "–" if one.r is None else f"{one.r:.3f}",
                f"{line.bar:g}{'' if line.met else ' missed'}" if one is line.all else "",
                f"{one.ours:.2f}",
                f"{one.theirs:.2f}",
            )
    console = Console(highlight=False, markup=False)
    console.print(f"{report.recordings} recordings, means over frames that both call voiced")
    console.print(table)


def _benchmark_table(report: BenchmarkReport) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, markup=False)
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
