"""``ambient evaluate replay`` and ``ambient benchmark fusion``: one timeline, and how fast it is.

In: how much is to be simulated. Out: figures, or with ``--json`` one line on standard output.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ambient.cli import evaluate

if TYPE_CHECKING:
    from ambient.evaluate.benchmark_fusion import Spread

Json = Annotated[bool, typer.Option("--json", help="One line of JSON.")]
Seed = Annotated[int, typer.Option(min=0, help="Of the simulated day.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the groups ``evaluate`` and ``benchmark`` of `app`."""
    evaluate.add("replay", replay)
    evaluate.add_benchmark("fusion", fusion)


def replay(
    hours: Annotated[float, typer.Option(min=0.01, max=72, help="Of the simulated day.")] = 24.0,
    rooms: Annotated[int, typer.Option(min=1, max=16, help="Rooms of the node.")] = 3,
    seed: Seed = 1,
    json: Json = False,
) -> None:
    """Record a simulated day of three senses, replay it, and compare the events byte by byte.

    Exit code 1 when one differs.
    """
    import tempfile
    from pathlib import Path

    import msgspec

    from ambient.evaluate.replay_live import run

    with tempfile.TemporaryDirectory() as folder:
        report = run(Path(folder), rooms=rooms, hours=hours, seed=seed)
    if json:
        typer.echo(msgspec.json.encode(report))
    else:
        same = f"differ in {', '.join(report.differing)}" if report.differing else "are the same"
        typer.echo(
            f"{report.hours:g} h of {report.rooms} rooms, {report.observations} observations, "
            f"{report.bytes / 1e6:.0f} MB recorded\n"
            f"{sum(report.events.values())} events of the replay {same}, byte for byte\n"
            f"{report.faster:.0f} x real time on the clock, {report.faster_cpu:.0f} x by processor "
            f"time; the live run took {report.live_s:.0f} s of it, the replay {report.replay_s:.0f}"
        )
    if report.differing:
        raise typer.Exit(1)


def fusion(
    seconds: Annotated[
        float, typer.Option(min=2, max=3600, help="How long events are waited for.")
    ] = 60.0,
    days: Annotated[int, typer.Option(min=2, max=31, help="Simulated, for the memory.")] = 7,
    seed: Seed = 1,
    json: Json = False,
) -> None:
    """Measure observations a second, the time from watermark to event, and memory over a week."""
    import msgspec

    from ambient.evaluate.benchmark_fusion import run

    report = run(seconds=seconds, days=days, seed=seed)
    if json:
        typer.echo(msgspec.json.encode(report))
        return
    latency = report.latency
    typer.echo(
        f"{report.per_second:.0f} observations a second on one core "
        f"(rounds from {report.rounds[0]:.0f} to {report.rounds[-1]:.0f}; "
        f"{report.per_second_clock:.0f} on the clock, with {report.load:.1f} processes on "
        f"{report.cores} cores)\n"
        f"at {report.rate:.0f} observations a second, {latency.events} events, ms from the "
        f"watermark to the event: {_spread(latency.judged)}; without the {latency.disturbed} "
        f"during which others got the processor {_spread(latency.undisturbed)}; of processor time "
        f"{_spread(latency.processor)}; from there to the disk {_spread(latency.disk)}; from the "
        f"instant itself to the disk {_spread(latency.whole)}\n"
        f"memory {', '.join(f'{mb:.1f}' for mb in report.rss_mb)} MB after each of {report.days} "
        "days"
    )


def _spread(spread: Spread) -> str:
    return (
        f"p50 {spread.p50:.2f}, p90 {spread.p90:.2f}, p99 {spread.p99:.2f}, most {spread.most:.2f}"
    )
