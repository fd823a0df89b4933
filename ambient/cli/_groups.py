"""Groups of commands that several modules add to."""

from __future__ import annotations

from collections.abc import Callable

import typer


def add_once(group: typer.Typer, name: str, command: Callable[..., None]) -> None:
    """Add a command to a group that outlives the application, unless it has one of that name."""
    if all(known.name != name for known in group.registered_commands):
        group.command(name)(command)
