"""``ambient evaluate nights``, ``wristbands``, ``wet-room``, ``situations``; ``train beds``.

In: how many nights or days, and a seed. Out: a table, or with ``--json`` one line on standard
output; progress goes to standard error. Only wristbands need recordings; drawn nights need the
networks.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ambient.cli import evaluate, train

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ambient.evaluate.statistics import Quantiles, Rate, Share

Json = Annotated[bool, typer.Option("--json", help="One line of JSON.")]
Seed = Annotated[int, typer.Option(min=0, help="Of rooms, people, and failures.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the group ``evaluate``, which `app` gets from its own module."""
    evaluate.add("nights", nights)
    evaluate.add("wristbands", wristbands)
    evaluate.add("wet-room", wet_room)
    evaluate.add("situations", situations)
    train.add("beds", train_beds)


def train_beds(
    out: train.Out = None,
    quick: train.Quick = False,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Processes to share the work.")] = 2,
) -> None:
    """Learn what a look of the camera at a bed's occupant is worth, from simulated nights.

    Needs no recording and no PyTorch. Progress goes to standard error, the figures as JSON to
    standard output.
    """
    from ambient.train import beds

    train._refuse(quick, out)
    nights, count = beds.QUICK if quick else (beds.NIGHTS, beds.STRETCHES)
    train._print(beds.train(out, nights=nights, count=count, jobs=jobs, tell=train._tell))


def nights(
    nights: Annotated[int, typer.Option(min=0, max=10_000, help="Simulated nights.")] = 40,
    hours: Annotated[
        float,
        typer.Option(min=1.5, max=9.5, help="Of each night: fewer have as many rises, less sleep."),
    ] = 9.5,
    rendered: Annotated[
        int, typer.Option(min=0, max=1000, help="Stretches that are drawn and looked at.")
    ] = 0,
    keep: Annotated[
        Path | None,
        typer.Option(
            help="Drawn stretches measured are kept here, and not drawn again.", file_okay=False
        ),
    ] = None,
    senses: Annotated[str, typer.Option(help="camera, sensors or all.")] = "camera",
    seed: Seed = 1,
    json: Json = False,
) -> None:
    """Measure bed edge and exit: how many get-ups are told, how early, and what is false."""
    import msgspec

    from ambient.errors import UsageError
    from ambient.evaluate.nights import drawn, report
    from ambient.evaluate.nights.watch import Senses

    if senses.upper() not in Senses.__members__:
        raise UsageError(f"--senses: expected camera, sensors or all, got {senses!r}")
    which = Senses[senses.upper()]
    with evaluate._shown("nights") as progress:
        found = report.run(nights, seed=seed, hours=hours, senses=which, progress=progress)
    shown = None
    if rendered:
        with evaluate._shown("stretches") as progress:
            shown = drawn.run(rendered, seed=seed, keep=keep, progress=progress)
    if json:
        typer.echo(msgspec.json.encode({"nights": found, "rendered": shown}))
        return
    rows = [
        ("get-ups told at the edge", _share(found.edge_found)),
        ("get-ups told as an exit", _share(found.exit_found)),
        ("told by either", _share(found.either_found)),
        ("edges that were followed by getting up", _share(found.precision)),
        ("edges with somebody on the edge", _share(found.precision_edge)),
        ("warning before standing", _seconds(found.warning)),
        ("after sitting on the edge", _seconds(found.after_edge)),
        ("false alarms a bed and night", _rate(found.false_per_bed_night)),
        ("rang while a carer helped up", _share(found.helped_rang)),
        ("not back after 15 min, told", _share(found.not_back)),
        ("shown as restless a bed and night", _rate(found.restless_shown)),
        ("falls of nobody a room and night", _rate(found.falls_of_nobody)),
    ]
    rows += [(f"  {name}", str(count)) for name, count in found.causes.items()]
    if shown is not None:
        for by, told in (("by camera", shown.camera), ("beside sensors", shown.beside)):
            rows += [
                (f"drawn, {by}: told at the edge", _share(told.found)),
                ("  told as an exit", _share(told.exits)),
                ("  after sitting on the edge", _seconds(told.after_edge)),
                ("  warning before standing", _seconds(told.warning)),
                ("  rang of nobody at the edge", _share(told.false)),
                ("  falls of nobody", _share(told.fell)),
            ]
        rows.append(("drawn: sat on the edge for", _seconds(shown.sat)))
    _table(f"{found.nights} nights, {found.senses}", rows)


def wristbands(
    folder: Annotated[
        Path,
        typer.Argument(
            help="The folder vitals of the labelled recordings.", exists=True, file_okay=False
        ),
    ],
    nights: Annotated[int, typer.Option(min=1, max=10_000, help="Simulated nights.")] = 40,
    every: Annotated[
        bool, typer.Option("--every", help="Out of bed people also jog, hop and clap.")
    ] = False,
    keep: Annotated[
        Path | None,
        typer.Option(
            help="What cameras say of nights is kept here, and not looked at again.",
            file_okay=False,
        ),
    ] = None,
    seed: Seed = 1,
    json: Json = False,
) -> None:
    """Measure how often wristbands ring of nobody at night, and which falls with one ring.

    Recorded everyday movement at the wrist follows without a pause whenever a resident of a
    simulated night is not asleep; recorded falls happen beside a bed in rooms with other senses.
    """
    import msgspec

    from ambient.evaluate.nights.bands_report import run

    with evaluate._shown("nights") as progress:
        found = run(nights, folder, seed=seed, every=every, keep=keep, progress=progress)
    if json:
        typer.echo(msgspec.json.encode(found))
        return
    rows = [
        ("recordings of everyday life, each told as several devices", str(found.recordings)),
        ("hours out of bed", f"{found.hours_up:g}"),
        ("called falls by the wristband, an hour out of bed", f"{found.called_an_hour:g}"),
        ("… a night in bed", f"{found.called_in_bed:g}"),
    ]
    for beside, rings in found.beside.items():
        rows.append((f"rang of nobody a wearer and night, beside {beside}", _rate(rings.rang)))
        rows.append(("  … a recording that was felt", _rate(rings.an_act)))
        rows.append(("  shown", f"{rings.shown:g}"))
        rows += [(f"  {file}", str(count)) for file, count in rings.of.items()]
    for room, share in found.falls.items():
        rows.append((f"falls that ring, beside {room}", _share(share)))
        rows.append(("  after the impact", _seconds(found.after[room])))
    _table(f"{found.nights} nights, {found.wearer_nights:g} of wearers", rows)


def wet_room(
    residents: Annotated[int, typer.Option(min=1, max=10_000, help="Residents.")] = 20,
    days: Annotated[int, typer.Option(min=11, max=3650, help="Days of each.")] = 60,
    sensors: Annotated[
        str, typer.Option(help="radar, pir or both, with a door contact.")
    ] = "radar",
    seed: Seed = 1,
    json: Json = False,
) -> None:
    """Measure who is told to be not out of the wet room, how soon, and how often for nothing."""
    import msgspec

    from ambient.errors import UsageError
    from ambient.evaluate.nights.wet_rooms import Sensors, run

    if sensors.upper() not in Sensors.__members__:
        raise UsageError(f"--sensors: expected radar, pir or both, got {sensors!r}")
    with evaluate._shown("residents") as progress:
        found = run(residents, days, seed=seed, sensors=Sensors[sensors.upper()], progress=progress)
    if json:
        typer.echo(msgspec.json.encode(found))
        return
    _table(
        f"{found.residents} residents, {found.days} days, {found.sensors}",
        [
            ("incidents told", _share(found.found)),
            ("minutes after going in", _seconds(found.after_minutes)),
            ("… where a thud was heard", _seconds(found.after_heard_minutes)),
            ("… of who moved until found", _seconds(found.after_stirring_minutes)),
            ("false alarms a resident and day", _rate(found.false_per_day)),
            ("… between 21:00 and 6:30, a night", _rate(found.false_per_night)),
        ],
    )


def situations(
    residents: Annotated[int, typer.Option(min=1, max=10_000, help="Residents.")] = 8,
    days: Annotated[int, typer.Option(min=11, max=3650, help="Days of each.")] = 40,
    seed: Seed = 1,
    json: Json = False,
) -> None:
    """Measure what is judged by own habits: restless, still, inactive, wandering, agitated."""
    import msgspec

    from ambient.evaluate.habits.report import run

    with evaluate._shown("residents") as progress:
        found = run(residents, days, seed=seed, progress=progress)
    if json:
        typer.echo(msgspec.json.encode(found))
        return
    rows = [
        row
        for what, told in found.told.items()
        for row in (
            (what, _share(told.found)),
            ("  minutes after it began", _seconds(told.after_minutes)),
            ("  told of nothing, a resident and day", _rate(told.false_per_day)),
        )
    ]
    _table(f"{found.residents} residents, {found.days} days", rows)


def _table(title: str, rows: Iterable[tuple[str, str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, box=None, pad_edge=False, show_header=False)
    table.add_column(justify="left")
    table.add_column(justify="right")
    for name, value in rows:
        table.add_row(name, value)
    Console(highlight=False).print(table)


def _share(share: Share) -> str:
    if share.share is None or share.low is None or share.high is None:
        return "–"
    return f"{share.k} of {share.n} = {share.share:.3f} ({share.low:.3f} to {share.high:.3f})"


def _seconds(delays: Quantiles) -> str:
    if delays.p50_s is None or delays.p95_s is None:
        return "–"
    return f"median {delays.p50_s:.1f}, 95th percentile {delays.p95_s:.1f} ({delays.n})"


def _rate(rate: Rate) -> str:
    if rate.rate is None or rate.low is None or rate.high is None:
        return "–"
    return f"{rate.count} = {rate.rate:.3f} ({rate.low:.3f} to {rate.high:.3f})"
