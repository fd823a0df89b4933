"""``ambient commission`` on the node and ``ambient commission-code`` at the hub: install a room.

In: ``node.yaml`` of a node that runs; ``hub.yaml`` of the hub it is enrolled at. Out: the wizard's
pages for half an hour at most, and at the hub the code that opens them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add ``commission`` and ``commission-code`` to `app`."""
    app.command("commission")(commission)
    app.command("commission-code")(commission_code)


def commission(
    config: Annotated[
        Path, typer.Option("--config", "-c", help="The node's configuration.")
    ] = Path("node.yaml"),
    host: Annotated[str, typer.Option(help="Address of this node to listen on.")] = "0.0.0.0",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 7443,
    minutes: Annotated[
        float, typer.Option(min=0.05, max=30, help="For how long; half an hour at most.")
    ] = 30,
    asked: Annotated[
        bool,
        typer.Option("--asked", help="Only when the hub asked for it, as long as it said."),
    ] = False,
) -> None:
    """On a node that runs: serve the wizard that installs its rooms, to one device with the code.

    No picture is shown and none leaves the node: you draw on the edges of the room. The hub shows
    the code (ambient commission-code), and the fingerprint to compare.
    """
    import os

    from ambient.bus.opening import fingerprint
    from ambient.config import load_node
    from ambient.node import process
    from ambient.node.wizard.asked import take
    from ambient.node.wizard.serve import Opening, serve

    process.leave_no_trace()
    if asked:
        if process.PARENT in os.environ:
            process.die_with_parent()
        wish = take(load_node(config).state_dir)
        if wish is None:
            typer.echo("nobody asked for it", err=True)
            return
        minutes = wish.seconds / 60

    def say(opening: Opening) -> None:
        for address in opening.addresses:
            typer.echo(f"open on your device: {address}")
        typer.echo(f"fingerprint: {fingerprint(opening.certificate)}")
        typer.echo("at the hub: ambient commission-code (shows the code)", err=True)

    serve(config, host, port, minutes, say, or_any_port=asked)


def commission_code(
    node: Annotated[str, typer.Argument(help="The node's name.")],
    config: Annotated[Path, typer.Option("--config", "-c", help="The hub's configuration.")] = Path(
        "hub.yaml"
    ),
    certificate: Annotated[
        str | None,
        typer.Option(help="The fingerprint that the node shows, when it cannot tell the hub."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One line of JSON.")] = False,
) -> None:
    """At the hub: show the code that opens a node's wizard, and its page's fingerprint."""
    import msgspec

    from ambient.bus.opening import fingerprint
    from ambient.hub.opening import opening_of
    from ambient.hub.standby.state import effective

    found = opening_of(effective(config), node, certificate)
    if json:
        typer.echo(msgspec.json.encode(found))
        return
    typer.echo(f"code: {found.code}")
    typer.echo(f"fingerprint: {fingerprint(found.certificate)}")
    typer.echo("Compare it with the page before the code is given there.", err=True)
