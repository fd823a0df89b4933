"""To which cameras' pictures somebody agreed, and until when: written by the wizard, kept on disk.

Comes in: an agreement with its end. Goes out: whether one is in force. The process that holds the
frames reads the file itself before it gives a picture, so no other process can have one without it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from ambient.errors import StoreError
from ambient.files import read_bytes, write_atomically

FILE: Final = "still-agreed.json"
MOST_S: Final = 5 * 60
NS: Final = 1_000_000_000


class Agreement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Until when (the node's time, ns) which camera's picture may be seen."""

    room: str
    camera: str
    began: int
    until: int


def agree(state_dir: Path, room: str, camera: str, seconds: float, t: int) -> Agreement:
    """Keep that the picture of a camera may be seen from `t` (ns) on, for `MOST_S` at most.

    Raises
    ------
    StoreError
        When the disk does not take it; then there is no agreement.
    """
    until = t + int(min(seconds, MOST_S) * NS)
    made = Agreement(room=room, camera=camera, began=t, until=until)
    write_atomically(state_dir / FILE, msgspec.json.encode(made))
    return made


def withdraw(state_dir: Path) -> None:
    """Forget what was agreed to."""
    (state_dir / FILE).unlink(missing_ok=True)


def in_force(state_dir: Path, room: str, camera: str, t: int) -> bool:
    """Return whether the picture of a camera may be seen at `t` (ns)."""
    try:
        data = read_bytes(state_dir / FILE)
        kept = None if data is None else msgspec.json.decode(data, type=Agreement)
    except (StoreError, msgspec.MsgspecError):
        return False  # what cannot be read is no agreement
    if kept is None or (kept.room, kept.camera) != (room, camera):
        return False
    return kept.began <= t < min(kept.until, kept.began + MOST_S * NS)
