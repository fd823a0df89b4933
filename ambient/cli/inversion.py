"""``ambient evaluate inversion``: can phrases be told from what is emitted of a voice.

In: how much material and a seed. Out: a table, or with ``--json`` one line on standard output;
progress goes to standard error. Needs no recording.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ambient.cli import evaluate

if TYPE_CHECKING:
    from ambient.evaluate.inversion import Report


def register(app: typer.Typer) -> None:
    """Add ``inversion`` to the group ``evaluate``, which `app` gets from its own module."""
    evaluate.add("inversion", inversion)


def inversion(
    windows: Annotated[
        int, typer.Option(min=4, max=2000, help="Of each speaker, for each length.")
    ] = 240,
    seed: Annotated[int, typer.Option(min=0, help="Of voices and windows.")] = 1,
    json: Annotated[bool, typer.Option("--json", help="One line of JSON.")] = False,
) -> None:
    """Attack what is emitted of a voice: can a trained attacker tell which phrases were spoken.

    Exit code 1 when it can, or when the attacker fails on the descriptors and so shows nothing.
    """
    import msgspec

    from ambient.evaluate.inversion import run

    report = run(windows=windows, seed=seed, tell=lambda text: typer.echo(text, err=True))
    if json:
        typer.echo(msgspec.json.encode(report))
    else:
        _table(report)
    if not report.ok:
        raise typer.Exit(1)


def _table(report: Report) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(
        title=f"{report.phrases} phrases, {report.speakers} speakers, each left out of the training"
    )
    for name in ("attacked", "success", "over speakers", "chance", "windows"):
        table.add_column(name)
    for one in (*report.emitted, report.descriptors):
        what = "10 ms descriptors of a phrase"
        if one.seconds is not None:
            never = "" if one.seconds >= 60 else " (never emitted)"
            what = f"values over {one.seconds:g} s{never}"
        table.add_row(
            what,
            f"{one.success:.3f}",
            f"{one.low:.3f} to {one.high:.3f}",
            f"{report.chance:g}",
            str(one.windows),
        )
    Console().print(table)
