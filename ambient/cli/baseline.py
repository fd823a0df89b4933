"""``ambient evaluate baseline``: are changed voices reported in time, and others left alone.

In: how many simulated residents, for how many days, and a seed. Out: a table, or with ``--json``
one line on standard output; progress goes to standard error. Needs no recording.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ambient.cli import evaluate

if TYPE_CHECKING:
    from ambient.evaluate.baseline.report import Choice, Found, Report
    from ambient.evaluate.statistics import Rate, Share

CHOICES = ((99.0, 3.2), (99.0, 3.4), (99.0, 3.6), (3.4, 99.0), (3.6, 99.0), (3.8, 99.0))
CHOICES_BOTH = ((3.4, 3.4), (3.6, 3.3), (3.6, 3.4), (3.6, 3.5), (3.8, 3.4), (3.8, 3.5))


def register(app: typer.Typer) -> None:
    """Add ``baseline`` to the group ``evaluate``, which `app` gets from its own module."""
    evaluate.add("baseline", baseline)


def baseline(
    residents: Annotated[int, typer.Option(min=1, max=10_000, help="Simulated people.")] = 200,
    days: Annotated[int, typer.Option(min=60, max=1000, help="Days of each.")] = 90,
    seed: Annotated[int, typer.Option(min=0, help="Of people, days and causes.")] = 2,
    choose: Annotated[
        bool,
        typer.Option(
            "--choose", help="Print what other thresholds give, on another family of seeds."
        ),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="One line of JSON.")] = False,
) -> None:
    """Count false reports per resident-year, and shifts of a voice that are reported in time."""
    import msgspec

    from ambient.evaluate.baseline import report as measuring
    from fusion.voice_baseline import Thresholds

    if choose:
        candidates = [Thresholds(one, both) for one, both in (*CHOICES, *CHOICES_BOTH)]
        choices = measuring.choose(residents, days, seed, candidates)
        if json:
            typer.echo(msgspec.json.encode(choices))
        else:
            _choices(choices)
        return
    with evaluate._shown("parts") as progress:
        report = measuring.run(residents, days, seed, progress=progress)
    if json:
        typer.echo(msgspec.json.encode(report))
    else:
        _table(report)


def _table(report: Report) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    rates = Table(box=None, pad_edge=False)
    for column in ("reports per resident-year", "count", "rate (95 %)"):
        rates.add_column(column, justify="left" if column.startswith("reports") else "right")
    for name, rate in (
        ("false: no cause", report.false),
        ("all, those with a cause included", report.all_reports),
        ("nothing happens to anybody", report.undisturbed),
    ):
        rates.add_row(name, str(rate.count), _rate(rate))
    console.print(rates)
    found = Table(box=None, pad_edge=False)
    for column in ("shift", "within 7 days (95 %)", "baseline ready", "median days"):
        found.add_column(column, justify="left" if column == "shift" else "right")
    _row(found, "whole set, 1 spread", report.whole_set)
    for size, one in report.sizes.items():
        _row(found, f"whole set, {size} spreads", one)
    for marker, one in report.markers.items():
        _row(found, f"{marker}, 1 spread", one)
    for other in report.assumptions:
        _row(found, f"whole set, 1 spread, day share {other.day_share:g}", other.found)
    found.add_row("none: the same week unshifted", _share(report.chance), "", "")
    console.print(found)
    causes = Table(box=None, pad_edge=False)
    for column in ("confounder", "reported (95 %)"):
        causes.add_column(column, justify="left" if column == "confounder" else "right")
    for cause, share in report.confounders.items():
        causes.add_row(cause, _share(share))
    console.print(causes)
    for other in report.assumptions:
        console.print(f"false with day share {other.day_share:g}: {_rate(other.false)}")
    console.print(f"{report.seconds} s")


def _choices(choices: list[Choice]) -> None:
    for one in choices:
        typer.echo(f"one {one.thresholds.one:g}  all {one.thresholds.all:g}  {_rate(one.rate)}")


def _row(table: object, name: str, found: Found) -> None:
    from rich.table import Table

    assert isinstance(table, Table)
    median = "–" if found.median_days is None else f"{found.median_days:g}"
    table.add_row(name, _share(found.in_time), _share(found.ready), median)


def _rate(rate: Rate) -> str:
    if rate.rate is None or rate.low is None or rate.high is None:
        return "–"
    return f"{rate.rate:.2f} ({rate.low:.2f} to {rate.high:.2f}) in {rate.exposure:.1f}"


def _share(share: Share) -> str:
    if share.share is None or share.low is None or share.high is None:
        return "–"
    return f"{share.k} of {share.n} = {share.share:.3f} ({share.low:.3f} to {share.high:.3f})"
