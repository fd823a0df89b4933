"""``ambient evaluate alarms``: random nights of failing channels against the rules of alarms.

In: how many nights, and a seed. Out: a table, or with ``--json`` one line on standard output; exit
code 1 when in any night an alarm was lost, rang after its end, reached nobody, or was ended without
evidence. Needs no recording.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Struct

from ambient.cli import evaluate

if TYPE_CHECKING:
    from collections.abc import Callable

    from ambient.evaluate.statistics import Share


class AlarmNights(Struct, kw_only=True):
    """What random nights came to.

    Attributes
    ----------
    unfaithful
        Share of nights in which something happened that must never happen.
    failures
        Of these the first ten: seed and what happened.
    failed
        Signals that a channel failed to deliver.
    """

    unfaithful: Share
    failures: list[tuple[int, str]]
    inputs: int
    conditions: int
    signals: int
    failed: int
    at_siren: int
    seed: int


def register(app: typer.Typer) -> None:
    """Add ``alarms`` to the group ``evaluate``, which `app` gets from its own module."""
    evaluate.add("alarms", alarms)


def alarms(
    schedules: Annotated[int, typer.Option(min=1, max=10_000_000, help="Random nights.")] = 10_000,
    seed: Annotated[int, typer.Option(min=0, help="Of the first night.")] = 1,
    json: evaluate.Json = False,
) -> None:
    """Play random nights in which channels fail, people come late and clocks are set."""
    import msgspec

    with evaluate._shown("nights") as progress:
        found = play(schedules, seed, progress)
    if json:
        typer.echo(msgspec.json.encode(found))
    else:
        _table(found)
    if found.failures:
        raise typer.Exit(1)


def play(
    schedules: int, seed: int, progress: Callable[[int, int], None] | None = None
) -> AlarmNights:
    """Play `schedules` random nights from `seed` on."""
    from ambient.evaluate.statistics import wilson
    from ambient.hub.alarms.drill import UnfaithfulError
    from ambient.hub.alarms.schedules import Night, night

    nights: list[Night] = []
    failures: list[tuple[int, str]] = []
    for number in range(schedules):
        try:
            nights.append(night(seed + number))
        except UnfaithfulError as error:
            failures.append((seed + number, str(error)))
        if progress is not None:
            progress(number + 1, schedules)
    return AlarmNights(
        unfaithful=wilson(len(failures), schedules),
        failures=failures[:10],
        inputs=sum(one.inputs for one in nights),
        conditions=sum(one.conditions for one in nights),
        signals=sum(one.signals for one in nights),
        failed=sum(one.failed for one in nights),
        at_siren=sum(one.at_siren for one in nights),
        seed=seed,
    )


def _table(found: AlarmNights) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    share = found.unfaithful
    low, high = share.low or 0.0, share.high or 0.0
    console.print(
        f"{share.k} of {share.n} nights broke a rule "
        f"(95 % interval {100 * low:.2f} to {100 * high:.2f} %)"
    )
    console.print(
        f"{found.inputs:,} inputs, {found.conditions:,} alarms, {found.signals:,} signals, "
        f"of which {found.failed:,} did not arrive and {found.at_siren:,} were the siren"
    )
    for seed, what in found.failures:
        console.print(f"night {seed}: {what}", markup=False)
