"""``ambient evaluate matching``: whose wearable is whose, among people that a camera sees.

In: the folder of motions. Out: a table, or with ``--json`` one line on standard output; progress
goes to standard error.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ambient.cli import evaluate

if TYPE_CHECKING:
    from ambient.evaluate.matching.falls import Report as Falls
    from ambient.evaluate.matching.measure import Report
    from ambient.evaluate.matching.recordings import Pairs
    from ambient.evaluate.statistics import Share

Data = Annotated[
    Path,
    typer.Argument(help="The folder of labelled recordings.", exists=True, file_okay=False),
]


def register(app: typer.Typer) -> None:
    """Add the command to the group ``evaluate``."""
    evaluate.add("matching", matching)


def matching(
    folder: Data,
    pairs: Annotated[
        int, typer.Option(min=1, help="Pairs of people; each one's wearable is matched.")
    ] = 100,
    seed: Annotated[int, typer.Option(min=0, help="What the rooms are drawn from.")] = 1,
    recordings: Annotated[
        Path | None,
        typer.Option(
            help="Compare recorded videos and devices instead; what the camera says is kept here."
        ),
    ] = None,
    falls: Annotated[
        Path | None,
        typer.Option(
            help="Measure instead what falls gain by being told; what recordings say is kept here."
        ),
    ] = None,
    json: evaluate.Json = False,
) -> None:
    """Measure how well a wearable is matched to one of two people, simulated from skeletons."""
    if falls is not None:
        from ambient.evaluate.matching.falls import run as tell

        with evaluate._shown("pairs") as progress:
            gained = tell(folder, falls, rooms=pairs, seed=seed, progress=progress)
        evaluate._done(gained, {}, _falls, json=json)
        return
    if recordings is not None:
        from ambient.evaluate.matching.recordings import run as compare

        errors: dict[str, str] = {}
        with evaluate._shown("clips") as progress:
            found = compare(folder, recordings, progress, errors)
        evaluate._done(found, errors, _pairs, json=json)
        return
    from ambient.evaluate.matching.measure import run

    with evaluate._shown("pairs") as progress:
        report = run(folder, rooms=pairs, seed=seed, progress=progress)
    evaluate._done(report, {}, _table, json=json)


def _table(report: Report) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("wearable", "of", "right", "wrong", "not known"):
        table.add_column(column, justify="left" if column == "wearable" else "right")
    rows = {
        "after 10 minutes": report.matched,
        "but where both sit": report.moving,
        "both people wear one": report.both,
    }
    rows |= {f"nobody's: {name}": one for name, one in report.nobody.items()}
    for every in (
        report.by_minutes,
        report.by_movement,
        report.by_story,
        report.by_offset,
        report.by_alike,
        report.by_place,
    ):
        rows |= every
    for name, one in rows.items():
        table.add_row(name, str(one.right.n), *map(_share, (one.right, one.wrong, one.unknown)))
    console = Console(highlight=False)
    console.print(table)
    console.print(f"{report.us_per_observation} µs per observation")


def _falls(found: Falls) -> None:
    from rich.console import Console
    from rich.table import Table

    from ambient.cli._tables import marked_train

    table = Table(box=None, pad_edge=False)
    for column in ("case", "confirmed", "after", "named right", "named wrong", "untold: confirmed",
                   "named right", "named wrong"):  # fmt: skip
        table.add_column(column, justify="left" if column == "case" else "right")
    for case, told in found.told.items():
        other = found.untold[case]
        after = "" if told.median_s is None else f"{told.median_s:.1f} s"
        table.add_row(
            case, _of(told.confirmed), after, str(told.named_right.k), str(told.named_wrong.k),
            _of(other.confirmed), str(other.named_right.k), str(other.named_wrong.k),
        )  # fmt: skip
    console = Console(highlight=False, markup=False)
    console.print(table)
    if found.marked_train:
        console.print(marked_train(found.marked_train))


def _of(share: Share) -> str:
    return f"{share.k} of {share.n}"


def _pairs(found: dict[str, Pairs]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    columns = ("recordings", "clips", "seconds", "true pair", "wrong pairs", "true is better",
               "of two: right", "wrong", "not known")  # fmt: skip
    for column in columns:
        table.add_column(column, justify="left" if column == "recordings" else "right")
    for name, one in found.items():
        wrong = f"{min(one.wrong):.1f} to {max(one.wrong):.1f}" if one.wrong else "–"
        better = f"{one.better} of {len(one.wrong)}"
        unknown = len(one.wrong) - one.right - one.mistaken
        said = map(str, (one.right, one.mistaken, unknown))
        table.add_row(
            name, str(one.clips), str(one.seconds), f"{one.true:.1f}", wrong, better, *said
        )
    Console(highlight=False).print(table)


def _share(share: Share) -> str:
    if share.share is None:
        return "–"
    return f"{share.k}, {share.share:.3f} ({share.low:.3f} to {share.high:.3f})"
