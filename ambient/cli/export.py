"""``ambient export``: what was recorded of residents who agreed, sealed for one researcher.

In: a node's configuration, a form, a public key, a time. Out: one file of age, and a line in the
node's book of exports.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[Path, typer.Option("--config", "-c", help="The node's configuration.")]
Form = Annotated[
    str, typer.Argument(metavar="FORM", help="parquet, csv, fhir (R4B) or omh (Open mHealth).")
]
To = Annotated[
    str, typer.Option("--to", help="The researcher's public key: age1... or a line of SSH.")
]
Out = Annotated[Path, typer.Option("--out", help="The file to write; it must not be there yet.")]
Since = Annotated[str, typer.Option("--since", help="First day, 2027-01-31, in the site's time.")]
Until = Annotated[str, typer.Option("--until", help="Last day, included.")]
Subjects = Annotated[
    list[str] | None,
    typer.Option("--subject", help="A resident (s-...); all who agreed when none is given."),
]
Json = Annotated[bool, typer.Option("--json", help="One line of JSON.")]
_NODE = Path("node.yaml")


def register(app: typer.Typer) -> None:
    """Add ``export`` and ``exports`` to `app`."""
    app.command("export")(export)
    app.command("exports")(exports)


def export(
    form: Form,
    to: To,
    out: Out,
    since: Since,
    until: Until,
    subject: Subjects = None,
    config: Config = _NODE,
    json: Json = False,
) -> None:
    """Export observations and events of residents who agreed, sealed for one researcher.

    Runs on the node, reads its recordings, needs consent to research on record
    (`ambient consent grant ROOM research`) and leaves a line in the book of exports.
    """
    import os
    import time
    from datetime import date, datetime, timedelta

    import msgspec

    from ambient.config import load_node
    from ambient.errors import StoreError, UsageError
    from ambient.events import ExportFormat
    from ambient.node.export.make import Wanted, make

    if form not in list(ExportFormat):
        raise UsageError(f"expected a form ({', '.join(ExportFormat)}), got {form!r}")
    loaded = load_node(config)
    try:
        days = date.fromisoformat(since), date.fromisoformat(until) + timedelta(days=1)
    except ValueError as error:
        raise UsageError(f"expected days as 2027-01-31, got {since!r} and {until!r}") from error
    began, ended = (
        int(datetime.combine(day, datetime.min.time(), loaded.zone).timestamp()) * 1_000_000_000
        for day in days
    )
    if out.exists():
        raise UsageError(f"{out}: expected a file that is not there yet, found one; name another")
    wanted = Wanted(
        form=ExportFormat(form),
        recipient=to,
        began=began,
        ended=ended,
        subjects=tuple(subject or ()),
    )
    made = make(loaded, wanted, now=time.time_ns(), user=os.getuid())
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with os.fdopen(os.open(out, flags, 0o600), "wb") as file:
            file.write(made.data)
    except OSError as error:
        raise StoreError(f"{out}: cannot be written ({error.strerror}); name another") from None
    if json:
        typer.echo(msgspec.json.encode({"file": str(out), "manifest": made.manifest}))
        return
    for name, count in made.manifest.rows.items():
        typer.echo(f"{name}: {count} rows")
    if made.manifest.withheld:
        typer.echo(
            f"withheld, because fewer than {made.manifest.k} residents are alike: "
            f"{', '.join(made.manifest.withheld)}"
        )
    if made.manifest.other_config:
        typer.echo("some of it was recorded with another configuration; events are judged anew")
    typer.echo(f"{out}: sealed; only the owner of that key can read it")


def exports(config: Config = _NODE, json: Json = False) -> None:
    """List the exports that were made on this node."""
    from datetime import UTC, datetime

    import msgspec

    from ambient.config import load_node
    from ambient.node.export import audit

    found = audit.read(load_node(config).state_dir)
    if json:
        typer.echo(msgspec.json.encode(found))
        return
    for one in found:
        when = datetime.fromtimestamp(one.at / 1e9, UTC).isoformat(timespec="seconds")
        span = [datetime.fromtimestamp(t / 1e9, UTC).date() for t in (one.began, one.ended)]
        typer.echo(
            f"{when} user {one.user}: {one.form}, {', '.join(one.subjects)}, {span[0]} to "
            f"{span[1]}, {one.rows} rows, for key {one.recipient}"
        )
