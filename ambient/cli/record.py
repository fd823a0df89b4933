"""``ambient record`` and ``ambient replay``: what a node keeps of its observations, judged again.

In: a node's configuration; recordings. Out: which rooms are recorded and what is there; the events
of a recording, a JSON line each, as fusion gave them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[Path, typer.Option("--config", "-c", help="The node's configuration.")]
Json = Annotated[bool, typer.Option("--json", help="One line of JSON.")]
_NODE = Path("node.yaml")


def register(app: typer.Typer) -> None:
    """Add ``record`` and ``replay`` to `app`."""
    app.command("record")(record)
    app.command("replay")(replay)


def record(config: Config = _NODE, json: Json = False) -> None:
    """List which rooms are recorded, and what was recorded.

    Recording is switched on by `recording.enabled` in node.yaml and, room by room, by
    `ambient consent grant ROOM research`.
    """
    import msgspec

    from ambient.config import load_node
    from ambient.events import Purpose
    from ambient.node import recorder
    from ambient.node.switches import SwitchBoard

    loaded = load_node(config)
    switches = SwitchBoard(loaded.state_dir).read()
    rooms = {
        room.id: (loaded.recording.enabled, switches.is_on(room, Purpose.RESEARCH))
        for room in loaded.rooms
    }
    found = [
        {"file": str(file), "bytes": file.stat().st_size}
        for file in recorder.files(loaded.state_dir)
    ]
    if json:
        report = {
            "rooms": {room: on and consent for room, (on, consent) in rooms.items()},
            "keep_days": loaded.recording.keep_days,
            "files": found,
        }
        typer.echo(msgspec.json.encode(report))
        return
    for room, (on, consent) in rooms.items():
        missing = [
            *([] if on else ["recording.enabled in node.yaml"]),
            *([] if consent else ["consent to research"]),
        ]
        typer.echo(f"{room}: {'not recorded, needs ' + ' and '.join(missing) if missing else 'on'}")
    for one in found:
        typer.echo(f"{one['file']}: {one['bytes']} bytes")


def replay(
    files: Annotated[
        list[Path], typer.Argument(help="Recordings of rooms, or folders of recorded days.")
    ],
    config: Config = _NODE,
    json: Annotated[
        bool, typer.Option("--json", help="Figures as one line of JSON, and no events.")
    ] = False,
) -> None:
    """Judge recordings again and print the events, the same that the node gave."""
    import time

    import msgspec

    from ambient import events as ev
    from ambient.node.care import load_in_force
    from ambient.node.recorder import recordings_of
    from ambient.node.recording import RecordingReader
    from ambient.node.replay import Replay

    loaded = load_in_force(config)
    paths = [path for given in files for path in (recordings_of(given) or [given])]
    again = Replay(loaded)
    began = time.perf_counter()
    count = 0
    for event in again.events(paths):
        count += 1
        if not json:
            typer.echo(ev.encode(event))
    took = time.perf_counter() - began
    span = again.span_s
    for path, torn in again.torn.items():
        typer.echo(f"{path}: {torn.bytes} torn bytes, {torn.records} records lost", err=True)
    if paths and not again.records:
        RecordingReader(paths[0]).begun()  # says what was expected
    if again.other_config is not None:
        typer.echo(
            f"recorded with configuration {again.other_config}, judged with {loaded.version}: "
            "the events are not those that the node gave",
            err=True,
        )
    if json:
        report = {
            "records": again.records,
            "events": count,
            "hours": round(span / 3600, 3),
            "seconds": round(took, 3),
            "faster": round(span / took, 1) if took > 0 else None,
            "torn_bytes": sum(torn.bytes for torn in again.torn.values()),
            "torn_records": sum(torn.records for torn in again.torn.values()),
            "same_config": again.other_config is None,
        }
        typer.echo(msgspec.json.encode(report))
