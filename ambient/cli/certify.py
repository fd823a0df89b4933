"""``ambient certify``: the acceptance test of a hub and its rooms.

In: ``hub.yaml`` of a hub that ran. Out: each requirement with its number and what was found; a
report as HTML or JSON; the exit code is 1 when a step failed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command ``certify`` to `app`."""
    app.command("certify")(certify)


def certify(
    config: Annotated[Path, typer.Option("--config", "-c", help="The hub's configuration.")] = Path(
        "hub.yaml"
    ),
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The report to write: .html or .json.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One line of JSON.")] = False,
) -> None:
    """Test a hub and its rooms, requirement by requirement, and write the report to sign."""
    import time

    import msgspec

    from ambient.doctor.findings import report
    from ambient.errors import StoreError, UsageError
    from ambient.hub.acceptance import accept
    from ambient.hub.acceptance_report import gathered, page
    from ambient.hub.standby.state import effective

    if out is not None and out.suffix not in (".html", ".json"):
        raise UsageError(f"--out: expected a file .html or .json, got {out.name}")
    loaded, now = effective(config), time.time_ns()
    result = report(accept(gathered(loaded, now)))
    if out is not None:
        written = msgspec.json.encode(result)
        if out.suffix == ".html":
            written = page(loaded, result, now).encode()
        try:
            out.write_bytes(written)
        except OSError as error:
            raise StoreError(f"{out}: cannot write the report ({error.strerror})") from None
    if json:
        typer.echo(msgspec.json.encode(result))
    else:
        for one in result.findings:
            mend = f" ► {one.mend}" if one.mend else ""
            typer.echo(f"{one.level.value:8}{one.check} {one.found}{mend}")
    if not result.ok:
        raise typer.Exit(1)
