"""Folders for what must not stay: in the clear for a moment, for their owner alone, then deleted.

Comes in: where such a folder shall be. Goes out: the folder, deleted at the end of a ``with``. A
process that is killed in between leaves it behind; whoever makes the next one there deletes what
is older than `LEFT_S`.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ambient.errors import StoreError

PREFIX: Final = ".scratch-"
LEFT_S: Final = 3600.0
"""No backup takes so long: a folder of that age belongs to a process that was killed."""


@contextmanager
def scratch(parent: Path) -> Iterator[Path]:
    """Make a folder in `parent` for its owner alone, and delete it with all that is in it.

    Raises
    ------
    StoreError
        When it cannot be made.
    """
    try:
        sweep(parent, time.time())
        made = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    except OSError as error:
        raise StoreError(
            f"{parent}: expected a folder to write to, got: {error.strerror}; "
            "check its owner and the free space"
        ) from None
    try:
        yield made
    finally:
        shutil.rmtree(made)


def sweep(parent: Path, now: float) -> list[Path]:
    """Delete what killed processes left in `parent` (seconds since the epoch); return it."""
    left = [path for path in parent.glob(f"{PREFIX}*") if path.stat().st_mtime < now - LEFT_S]
    for path in left:
        shutil.rmtree(path)
    return left
