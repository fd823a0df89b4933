"""``ambient consent``: what a room may be watched for, decided at the node itself.

In: a room and a purpose. Out: the decision, kept on the node and followed at once by a running one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[Path, typer.Option("--config", "-c", help="The node's configuration.")]
RoomId = Annotated[str, typer.Argument(help="A room of this node.")]
PurposeName = Annotated[
    str,
    typer.Argument(
        help="falls, sounds, voice, recognise_voice, vitals or research.", metavar="PURPOSE"
    ),
]
_NODE = Path("node.yaml")
_GROUP = typer.Typer(no_args_is_help=True, help="What a room may be watched for.")


def register(app: typer.Typer) -> None:
    """Add the group ``consent`` to `app`."""
    app.add_typer(_GROUP, name="consent")


@_GROUP.command("grant")
def grant(room: RoomId, purpose: PurposeName, config: Config = _NODE) -> None:
    """Record that ROOM may be watched for PURPOSE."""
    _decide(config, room, purpose, on=True)


@_GROUP.command("withdraw")
def withdraw(room: RoomId, purpose: PurposeName, config: Config = _NODE) -> None:
    """Record that ROOM may not be watched for PURPOSE; its devices are closed."""
    _decide(config, room, purpose, on=False)


@_GROUP.command("list")
def show(
    config: Config = _NODE,
    json: Annotated[bool, typer.Option("--json", help="One line of JSON.")] = False,
) -> None:
    """List what every room is watched for."""
    import msgspec

    from ambient.config import load_node
    from ambient.events import Purpose
    from ambient.node.switches import SwitchBoard

    loaded = load_node(config)
    switches = SwitchBoard(loaded.state_dir).read()
    rows = {
        room.id: {purpose.value: switches.is_on(room, purpose) for purpose in Purpose}
        for room in loaded.rooms
    }
    if json:
        typer.echo(msgspec.json.encode(rows))
        return
    for room, purposes in rows.items():
        words = ", ".join(f"{name} {'on' if on else 'off'}" for name, on in purposes.items())
        typer.echo(f"{room}: {words}")


def _decide(config_file: Path, room: str, purpose: str, *, on: bool) -> None:
    import time

    from ambient import commands
    from ambient.config import load_node
    from ambient.errors import UsageError
    from ambient.events import Outcome, Purpose
    from ambient.node.desk import CommandDesk
    from ambient.node.place import NodePlace
    from ambient.node.running import is_running

    loaded = load_node(config_file)
    if purpose not in list(Purpose):
        raise UsageError(f"expected a purpose ({', '.join(Purpose)}), got {purpose!r}")
    if room not in {each.id for each in loaded.rooms}:
        known = ", ".join(each.id for each in loaded.rooms)
        raise UsageError(f"expected a room of this node ({known}), got {room!r}")
    place = NodePlace(loaded.state_dir)
    place.make()
    now = time.time_ns()
    command = commands.SetPurpose(
        id=commands.new_id(),
        node=loaded.node,
        issued=now,
        expires=now + 60_000_000_000,
        room=room,
        purpose=Purpose(purpose),
        on=on,
    )
    running = is_running(place.state_dir)
    desk = CommandDesk(config_file, loaded, place.run_dir, running=running)
    outcome = desk.handle(command, now)
    word = "on" if on else "off"
    if outcome is Outcome.ALREADY:
        typer.echo(f"{room}: {purpose} was {word} already")
    elif outcome is None:
        typer.echo(f"{room}: {purpose} is {word}; the node has not followed yet", err=True)
        raise typer.Exit(1)
    else:
        typer.echo(f"{room}: {purpose} is {word}")
