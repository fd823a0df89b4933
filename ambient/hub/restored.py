"""That a hub was put back from a backup: what it acknowledged since then is with the nodes alone.

Comes in: when the backup was made. Goes out: since when the hub lacks what it acknowledged, for as
long as nodes may still keep it. Nodes send it again, each by its own clock: the hub's time goes
with it (`ambient.bus.protocol.since`). Events are known by their ids, so what is here after all is
passed over.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from ambient.errors import StoreError

FILE: Final = "restored.json"
NS: Final = 1_000_000_000
MARGIN_NS: Final = 600 * NS
"""A clock may have been set by so much since then. How far two differ now does not matter."""
ASKED_NS: Final = 48 * 3600 * NS
"""For so long nodes are asked; they keep what was acknowledged for a day."""


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """When the backup was made, and when it was put back (ns)."""

    made: int
    at: int


def note(made: str, at: int) -> bytes:
    """Return what is kept of a backup `made` then (RFC 3339) and put back at `at` (ns)."""
    instant = datetime.fromisoformat(made).timestamp()
    return msgspec.json.encode(Restored(made=round(instant * NS), at=at))


def lacks(state_dir: Path, now: int) -> int:
    """Return since when (ns) the hub lacks what it acknowledged; 0 when it lacks nothing.

    Raises
    ------
    StoreError
        When what is kept of it cannot be read.
    """
    path = state_dir / FILE
    if not path.exists():
        return 0
    try:
        said = msgspec.json.decode(path.read_bytes(), type=Restored)
    except (OSError, msgspec.MsgspecError) as error:
        raise StoreError(
            f"{path}: expected when the hub was put back, got: {error}; delete it two days after "
            "the restore, before that restore again"
        ) from None
    return max(0, said.made - MARGIN_NS) if now < said.at + ASKED_NS else 0
