"""``ambient evaluate parsers``: every parser of wearables and sensors, fed what no device sends.

In: how many inputs, and a seed. Out: a table, or with ``--json`` one line on standard output; exit
code 1 after a crash, a hang or a value out of range. Needs no recording.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ambient.cli import evaluate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vitals.fuzz import Result


def register(app: typer.Typer) -> None:
    """Add ``parsers`` to the group ``evaluate``, which `app` gets from its own module."""
    evaluate.add("parsers", parsers)


def parsers(
    inputs: Annotated[
        int, typer.Option(min=1, max=1_000_000_000, help="Of all parsers together.")
    ] = 100_000,
    seed: Annotated[int, typer.Option(min=0, help="Of the inputs.")] = 1,
    json: evaluate.Json = False,
) -> None:
    """Feed broken messages to all parsers; count crashes, hangs and values out of range."""
    import msgspec

    from vitals.fuzz import fuzz
    from vitals.fuzz_parsers import parsers

    with evaluate._shown("parsers") as progress:
        found = fuzz(parsers(), inputs, seed, progress)
    if json:
        typer.echo(msgspec.json.encode(found))
    else:
        _table(found)
    if not all(one.ok for one in found.values()):
        raise typer.Exit(1)


def _table(found: Mapping[str, Result]) -> None:
    from rich.console import Console
    from rich.table import Table

    from vitals.fuzz import Result

    total = Result()
    for one in found.values():
        total.add(one)
    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False)
    for column in ("parser", "inputs", "accepted", "crashes", "hangs", "out of range", "longest"):
        table.add_column(column, justify="left" if column == "parser" else "right")
    for name, one in {**found, "all": total}.items():
        table.add_row(
            name,
            f"{one.inputs:,}",
            f"{one.accepted:,}",
            *(str(number) for number in (one.crashes, one.hangs, one.out_of_range)),
            f"{1e3 * one.longest_s:.0f} ms",
        )
    console.print(table)
    for name, one in found.items():
        for finding in one.findings:
            console.print(f"{name}: {finding.what}: {finding.data}", markup=False)
