"""``ambient benchmark hub`` and ``house``, ``evaluate hub-kills`` and ``kiosk``: what a hub takes.

In: how much, a seed. Out: a table, or with ``--json`` one line on standard output; exit code 1 when
anything was lost, is there twice, or a log does not verify. Needs no recording.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ambient.cli import evaluate


def register(app: typer.Typer) -> None:
    """Add them to their groups, which `app` gets from their own module."""
    evaluate.add_benchmark("hub", hub)
    evaluate.add_benchmark("house", house)
    evaluate.add("hub-kills", hub_kills)
    evaluate.add("kiosk", kiosk)


def hub(
    events: Annotated[int, typer.Option(min=64, help="Events of a turn.")] = 12_800,
    storm: Annotated[int, typer.Option(min=640, help="Events while memory is read.")] = 50_000,
    turns: Annotated[int, typer.Option(min=1, max=100, help="Turns of each.")] = 3,
    seed: Annotated[int, typer.Option(min=0, help="Of the stream.")] = 1,
    json: evaluate.Json = False,
) -> None:
    """Measure durable events per second of processor time, beside a bare batch insert."""
    from ambient.hub.load.intake import measure

    _show(measure(events, storm, turns, seed), json=json, well="right")


def house(
    nodes: Annotated[int, typer.Option(min=1, max=1000, help="Nodes, a room each.")] = 1000,
    streams: Annotated[int, typer.Option(min=1, max=1000, help="Open pages.")] = 200,
    rate: Annotated[float, typer.Option(min=0.1, help="Events a second.")] = 20.0,
    seconds: Annotated[int, typer.Option(min=1, help="For how long at that rate.")] = 600,
    hour_rate: Annotated[
        float, typer.Option(min=0, help="Rate of the rest of an hour's events; 0: none.")
    ] = 120.0,
    storm: Annotated[int, typer.Option(min=0, help="Events at once at the end.")] = 50_000,
    seed: Annotated[int, typer.Option(min=0, help="Of the stream.")] = 1,
    directory: Annotated[
        Path | None, typer.Option("--dir", help="Keep state and logs here.", file_okay=False)
    ] = None,
    json: evaluate.Json = False,
) -> None:
    """Measure from the node to every open page and a Chromium, under the load of a large house."""
    from ambient.evaluate.hub_load import run

    report = run(
        nodes=nodes,
        pages=streams,
        rate=rate,
        seconds=seconds,
        hour_rate=hour_rate,
        storm=storm,
        seed=seed,
        folder=directory,
        tell=lambda text: typer.echo(text, err=True),
    )
    _show(report, json=json, well="ok")


def hub_kills(
    kills: Annotated[int, typer.Option(min=1, max=10_000, help="SIGKILLs of the hub.")] = 500,
    seed: Annotated[int, typer.Option(min=0, help="Of moments and events.")] = 1,
    directory: Annotated[
        Path | None, typer.Option("--dir", help="Keep state and logs here.", file_okay=False)
    ] = None,
    json: evaluate.Json = False,
) -> None:
    """Kill the hub at random moments while a node sends all it can; count what became of it."""
    from ambient.evaluate.hub_kills import run

    report = run(kills, seed=seed, folder=directory, tell=lambda text: typer.echo(text, err=True))
    _show(report, json=json, well="ok")


def kiosk(
    alarms: Annotated[int, typer.Option(min=1, max=10_000, help="Falls, one by one.")] = 100,
    connected: Annotated[
        bool, typer.Option("--connected", help="Leave the network as it is (without root).")
    ] = False,
    json: evaluate.Json = False,
) -> None:
    """Measure from the outbox to a locked screen without internet, then without a hub."""
    from ambient.evaluate.kiosk import again, cut, interfaces, run

    if not connected and interfaces() != ["lo"]:
        raise typer.Exit(cut(again()))
    report = run(alarms, tell=lambda text: typer.echo(text, err=True))
    _show(report, json=json, well="ok")


def _show(report: Any, *, json: bool, well: str) -> None:
    import msgspec

    if json:
        typer.echo(msgspec.json.encode(report))
    else:
        for name, value in msgspec.to_builtins(report).items():
            typer.echo(f"{name}: {value}")
    if not getattr(report, well):
        raise typer.Exit(1)
