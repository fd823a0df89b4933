"""The hub's wish that the wizard be opened, on its way to whoever starts it.

Comes in: the command *wizard*, by way of the agent. Goes out: a small file in the node's state
folder, which lasts until somebody took it. The supervisor starts ``ambient commission --asked``
for it; where `OUTSIDE` is set in its environment a unit beside the node does, which may listen on
the network and write ``node.yaml`` while the node itself may not.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from ambient.errors import StoreError
from ambient.files import read_bytes, write_atomically

FILE: Final = "wizard-asked.json"
OUTSIDE: Final = "AMBIENT_WIZARD_OUTSIDE"
PATIENCE_S: Final = 45.0
"""Nobody opened it by then: the wish is withdrawn, and the command refused."""


class Wish(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That the wizard be open for so many seconds."""

    seconds: int


def wish(state_dir: Path, seconds: int) -> None:
    """Keep the wish.

    Raises
    ------
    StoreError
        When the disk does not take it.
    """
    write_atomically(state_dir / FILE, msgspec.json.encode(Wish(seconds=seconds)))


def is_wished(state_dir: Path) -> bool:
    """Return whether somebody is still to take the wish."""
    return (state_dir / FILE).exists()


def take(state_dir: Path) -> Wish | None:
    """Return the wish once; nothing when there is none, or the file is no wish."""
    data = read_bytes(state_dir / FILE)
    withdraw(state_dir)
    try:
        return None if data is None else msgspec.json.decode(data, type=Wish)
    except msgspec.MsgspecError as error:
        raise StoreError(
            f"{state_dir / FILE}: expected the wish that a wizard be opened, got something else "
            f"({error}); it is deleted, ask again at the hub"
        ) from None


def withdraw(state_dir: Path) -> None:
    """Forget the wish."""
    (state_dir / FILE).unlink(missing_ok=True)


def to_start(
    config: Path, state_dir: Path, environment: Mapping[str, str] = os.environ
) -> list[str] | None:
    """Return the command line that the supervisor starts now; nothing when it has none to start."""
    if environment.get(OUTSIDE) or not is_wished(state_dir):
        return None
    return [
        *(sys.executable, "-m", "ambient", "commission", "--asked"),
        *("-c", str(config.resolve())),
    ]
