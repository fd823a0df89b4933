"""``ambient evaluate vad`` and ``speakers``, and ``ambient enroll-voice``: who speaks, and whether.

In: sound files, or a manifest of labelled ones; for an enrolment a minute of a resident's speech.
Out: a table, or with ``--json`` one line on standard output; progress goes to standard error.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ambient.cli import evaluate

if TYPE_CHECKING:
    from ambient.evaluate.vad import Report as VadReport
    from ambient.evaluate.vad import Score

Json = Annotated[bool, typer.Option("--json", help="One line of JSON.")]


def register(app: typer.Typer) -> None:
    """Add ``vad`` to the group ``evaluate``, which `app` gets from its own module."""
    evaluate.add("vad", vad)


def vad(
    inputs: Annotated[
        list[Path], typer.Argument(help="Sound files, or one manifest.csv of labelled ones.")
    ],
    segments_out: Annotated[
        Path | None,
        typer.Option(help="Write a JSON line for every file: its speech in seconds."),
    ] = None,
    json: Json = False,
) -> None:
    """Find speech in recordings; with a manifest, measure how well it is found.

    A recording that cannot be read is listed under errors (exit code 1).
    """
    from ambient.evaluate.vad import run

    with evaluate._shown("recordings") as progress:
        report = run(inputs, segments_out=segments_out, progress=progress)
    evaluate._done(report, report.errors, _vad_table, json=json)


def _vad_table(report: VadReport) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    cost = "" if report.core_s_per_s is None else f", {report.core_s_per_s:.4f} core-s per second"
    console.print(
        f"{report.files} files, {report.seconds:.0f} s, speech in {report.speech_s:.0f} s{cost}"
    )
    rows: list[tuple[str, Score]] = [*report.known.items()]
    rows += [(f"mixtures at {snr} dB", score) for snr, score in report.mixtures.items()]
    if rows:
        table = Table(box=None, pad_edge=False)
        for column in ("speech known in", "files", "F1", "95 %", "precision", "recall"):
            table.add_column(column, justify="left" if column == "speech known in" else "right")
        for name, score in rows:
            table.add_row(
                name,
                str(score.recordings),
                _share(score.f1),
                f"{_share(score.low)} to {_share(score.high)}",
                _share(score.precision),
                _share(score.recall),
            )
        console.print(table)
    for name, quiet in report.quiet.items():
        console.print(f"{name}: {quiet.speech_s:.1f} of {quiet.seconds:.0f} s taken for speech")


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
