"""``ambient docs``: the pages that are generated from the code itself.

In: the closed list of events, and the commands. Out: a page or the JSON schema, on standard output
or to a file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

_DOCS: Final = typer.Typer(no_args_is_help=True, help="Pages generated from the code itself.")

Write = Annotated[
    Path | None, typer.Option("--write", help="The file to write; else standard output.")
]


def register(app: typer.Typer) -> None:
    """Add the group ``docs`` to `app`."""
    app.add_typer(_DOCS, name="docs")


@_DOCS.command("what-leaves")
def what_leaves(write: Write = None) -> None:
    """Print the page that lists everything that may leave a node."""
    from ambient.what_leaves import page

    _out(page(), write)


@_DOCS.command("cli")
def cli(write: Write = None) -> None:
    """Print the page that lists every command."""
    from ambient.cli._page import page

    _out(page(), write)


@_DOCS.command("schema")
def schema(write: Write = None) -> None:
    """Print the JSON schema of everything that may leave a node."""
    import msgspec

    from ambient.events import json_schema

    encoded = msgspec.json.encode(json_schema(), order="deterministic")
    _out(msgspec.json.format(encoded).decode() + "\n", write)


def _out(text: str, write: Path | None) -> None:
    if write is None:
        typer.echo(text, nl=False)
    else:
        write.write_text(text, "utf-8")
