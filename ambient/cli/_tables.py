"""Tables of what was measured, for a person at a terminal.

In: the reports of `ambient.evaluate`. Out: text on standard output.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from ambient.evaluate.falls import Report
    from ambient.evaluate.floor import FloorReport
    from ambient.evaluate.groups import Group
    from ambient.evaluate.peers import PeerReport
    from ambient.evaluate.robustness import RobustnessReport
    from ambient.evaluate.statistics import Difference, Rate, Share


def falls(report: Report) -> None:
    """Print the figures of `evaluate falls`."""
    table = _table("", "falls found", "everyday quiet", "confirmed after p50", "p95")

    def add(name: str, group: Group) -> None:
        after = group.confirmed_after
        row = (share(group.sensitivity), share(group.specificity))
        table.add_row(name, *row, seconds(after.p50_s), seconds(after.p95_s))

    if report.bar.sensitivity.n or report.bar.specificity.n:
        add("bar rows", report.bar)
    add("all rows", report.every)
    for groups in (report.by_use, report.by_dataset):
        for name, group in groups.items():
            add(name, group)
    _print(table)
    rates = report.false_alarm_rates
    typer.echo(f"false alarms per hour of everyday footage: {_rate(rates.per_hour)}")
    if rates.per_room_day is not None:
        typer.echo(f"false alarms per room-day: {_rate(rates.per_room_day)}")


def floor(report: FloorReport) -> None:
    """Print the figures of `evaluate falls --from-floor`."""
    within = f"within {report.within_s:g} s"
    table = _table("falls cut after the descent", f"suspected {within}", f"confirmed {within}")
    rows = {
        "all": report.everybody,
        "of those seen lying": report.seen_lying,
        "of those that go on for a second": report.lasting,
    }
    for name, group in {**rows, **report.by_dataset}.items():
        table.add_row(name, share(group.suspected), share(group.confirmed))
    _print(table)
    if report.left_out:
        typer.echo(f"left out, end at the cut: {', '.join(report.left_out)}")
    if report.soft_alarms_per_clip is None:
        typer.echo("no label says that an everyday recording shows somebody lying on bed or sofa")
        return
    alarms = sum(len(clip.alarms) for clip in report.soft)
    typer.echo(
        f"lying on bed or sofa: {alarms} alarms in {len(report.soft)} recordings = "
        f"{report.soft_alarms_per_clip:.2f} a recording"
    )
    for clip in report.soft:
        when = ", ".join(seconds(one) for one in clip.alarms) or "no alarm"
        typer.echo(f"  {clip.file} ({clip.why}): {when}")


def robustness(report: RobustnessReport) -> None:
    """Print the figures of `evaluate robustness`."""
    table = _table("condition", "falls found", "change", "everyday quiet", "change")
    for one in report.conditions:
        table.add_row(
            one.condition.value,
            share(one.figures.sensitivity),
            _change(one.sensitivity_change),
            share(one.figures.specificity),
            _change(one.specificity_change),
        )
    _print(table)
    if report.beyond:
        typer.echo(f"lose more than 0.03: {', '.join(report.beyond)}")


def peers(report: PeerReport) -> None:
    """Print the figures of `benchmark falls`."""
    sides = (report.ours, report.ours_without_hold, report.ours_suspected, report.peer)
    table = _table("", *(side.name for side in sides))

    def add(name: str, groups: Mapping[str, Group | None]) -> None:
        for word, field in (("falls found", "sensitivity"), ("everyday quiet", "specificity")):
            shares = [getattr(groups[side.name], field) for side in sides]
            if any(one.n for one in shares):
                table.add_row(f"{name}: {word}", *(share(one) for one in shares))

    add("bar rows", {side.name: side.bar for side in sides})
    add("all rows", {side.name: side.every for side in sides})
    for dataset in report.ours.by_dataset:
        add(dataset, {side.name: side.by_dataset[dataset] for side in sides})
    _print(table)
    typer.echo(
        f"ours less the peer's, all rows: falls found {_change(report.sensitivity_change)}, "
        f"everyday quiet {_change(report.specificity_change)}"
    )


def share(one: Share) -> str:
    """Return a share with its Wilson interval."""
    if one.share is None or one.low is None or one.high is None:
        return "–"
    return f"{one.k}/{one.n} = {one.share:.2f} ({one.low:.2f}–{one.high:.2f})"


def marked_train(videos: int) -> str:
    """Return what figures of videos for training are worth."""
    return (
        f'all {videos} videos are marked "train", for want of others: where something was learned '
        "from them, these figures flatter"
    )


def seconds(value: float | None) -> str:
    """Return seconds with one decimal."""
    return "–" if value is None else f"{value:.1f} s"


def _change(one: Difference) -> str:
    if one.change is None or one.low is None or one.high is None:
        return "–"
    return f"{one.change:+.2f} ({one.low:+.2f} to {one.high:+.2f})"


def _rate(one: Rate) -> str:
    if one.rate is None or one.low is None or one.high is None:
        return "–"
    return f"{one.count} in {one.exposure:.3g} = {one.rate:.3g} ({one.low:.2g}–{one.high:.3g})"


def _table(*columns: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    return table


def _print(table: Table) -> None:
    from rich.console import Console

    Console(highlight=False, markup=False).print(table)
