"""``ambient evaluate failovers``: one of two hubs fails again and again.

In: how many fail-overs, and a seed. Out: what was seen, or with ``--json`` one line; exit code 1
when an event was lost or doubled, a log does not verify, or a fall waited too long.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ambient.cli import evaluate

if TYPE_CHECKING:
    from ambient.evaluate.failovers import Report


def register(app: typer.Typer) -> None:
    """Add ``failovers`` to the group ``evaluate``, which `app` gets from its own module."""
    evaluate.add("failovers", failovers)


def failovers(
    fail_overs: Annotated[
        int, typer.Option("--fail-overs", min=1, max=10_000, help="How many.")
    ] = 100,
    seed: Annotated[int, typer.Option(help="Of moments and kinds.")] = 1,
    directory: Annotated[
        Path | None, typer.Option("--dir", help="Keep state and logs here.", file_okay=False)
    ] = None,
    json: evaluate.Json = False,
) -> None:
    """Kill, hang or replace the serving hub of two; count events, answers and seconds."""
    import msgspec

    from ambient.evaluate.failovers import run

    report = run(
        fail_overs, seed=seed, folder=directory, tell=lambda text: typer.echo(text, err=True)
    )
    if json:
        typer.echo(msgspec.json.encode(report))
    else:
        for line in _lines(report):
            typer.echo(line)
    if not report.ok:
        raise typer.Exit(1)


def _lines(report: Report) -> list[str]:
    kinds = ", ".join(f"{count} {kind}" for kind, count in report.failures.items())
    return [
        f"fail-overs: {kinds}; seed {report.seed}, {report.seconds:.0f} s",
        *(
            f"a fall at that moment rings at the other hub ({kind}, n = {waits.count}): "
            f"p50 {waits.p50} s, p99 {waits.p99} s, longest {waits.most} s"
            for kind, waits in report.waits.items()
        ),
        f"rows {report.rows}: {report.missing} missing, {report.twice} twice, "
        f"{report.foreign} foreign, {report.out_of_order} chains out of order",
        f"answers of carers {report.answers}: {report.answers_lost} lost, and "
        f"{report.answers_lost_within} of those given in the last two seconds",
        f"copy behind: p50 {report.behind_p50_s} s, p99 {report.behind_p99_s} s, "
        f"most {report.behind_most_s} s",
        f"longest that both served: {report.both_s} s; that none did: {report.none_s} s",
        *(f"ambient hub verify: {said}" for said in report.verified),
    ]
