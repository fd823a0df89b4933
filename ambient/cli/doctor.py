"""``ambient doctor``: examine a node and say how to mend what is wrong.

In: ``node.yaml``. Out: a table, or with ``--json`` one line ``{"ok", "findings"}``; the exit code
is 1 when something failed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ambient.doctor.findings import Finding


def register(app: typer.Typer) -> None:
    """Add the command ``doctor`` to `app`."""
    app.command("doctor")(doctor)


def doctor(
    config: Annotated[
        Path, typer.Option("--config", "-c", help="The node's configuration.")
    ] = Path("node.yaml"),
    room: Annotated[
        str | None, typer.Option(help="Walk test: say for 10 s how many people are seen there.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One line of JSON.")] = False,
) -> None:
    """Examine a node: cameras, models, clock, disk, keys, hub link, network."""
    import msgspec

    from ambient.config import load_node
    from ambient.doctor.examine import examine
    from ambient.doctor.findings import report

    loaded = load_node(config)
    if room is None:
        found = examine(loaded)
    else:
        from ambient.doctor.cameras import walk_test

        found = walk_test(loaded, room)
    findings: list[Finding] = []
    for finding in found:
        findings.append(finding)
        if json:
            typer.echo(f"{finding.check} …", err=True)
    result = report(findings)
    if json:
        typer.echo(msgspec.json.encode(result))
    else:
        _table(findings)
    if not result.ok:
        raise typer.Exit(1)


def _table(findings: list[Finding]) -> None:
    from rich.console import Console
    from rich.table import Table

    from ambient.doctor.findings import Level

    styles = {
        Level.OK: "green",
        Level.NOTE: "dim",
        Level.WARNING: "yellow",
        Level.FAILED: "bold red",
    }
    table = Table(box=None, pad_edge=False, show_header=False)
    for finding in findings:
        text = finding.found + (f"\n► {finding.mend}" if finding.mend else "")
        table.add_row(f"[{styles[finding.level]}]{finding.level}[/]", finding.check, text)
    Console(highlight=False).print(table)
