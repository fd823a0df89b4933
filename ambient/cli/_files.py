"""What commands open and write: a hub's database, the file of a private key, a new file.

In: paths as they were given. Out: what was asked for, or an error that says what to do.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ambient.config import HubConfig
    from ambient.hub.database import HubDatabase


@contextmanager
def opened_hub(
    config: Path, *, new: bool = False, writes: bool = True
) -> Iterator[tuple[HubConfig, HubDatabase]]:
    """Open the database of the hub of a configuration; the hub may be running.

    Raises
    ------
    UsageError
        When it never ran, and `new` is off; or when it stands by, and the command `writes`: the
        next copy of the hub that serves would overwrite what it wrote.
    """
    from ambient.errors import UsageError
    from ambient.hub.database import DATABASE, HubDatabase
    from ambient.hub.standby.state import effective

    loaded = effective(config)
    if writes:
        _must_serve(loaded)
    path = loaded.state_dir / DATABASE
    if not new and not path.exists():
        raise UsageError(f"{path}: expected the hub's database, found none; start the hub once")
    with HubDatabase(path) as database:
        yield loaded, database


def _must_serve(config: HubConfig) -> None:
    import shlex
    import sys
    import time

    from ambient.errors import UsageError
    from ambient.hub.standby import kept

    if config.standby is None:
        return
    status = kept.status_of(config.state_dir, time.time_ns())
    if status is None or status.serves:
        return
    raise UsageError(
        f"{config.state_dir}: expected the hub that serves, got one that stands by: the next copy "
        f"would overwrite this; run on the machine of the other one ({config.standby.other.page}): "
        f"ambient {shlex.join(sys.argv[1:])}"
    )


def private_key(file: Path, name: str) -> str:
    """Return what is in the file of a private key; `name` says which, for the error.

    Raises
    ------
    UsageError
        When it cannot be read.
    """
    from ambient.errors import UsageError

    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"{file}: expected the file of {name}; check the path") from None


def write_new(out: Path, data: bytes) -> None:
    """Write a file that was not there yet, for its owner alone.

    Raises
    ------
    StoreError
        When it is there, or cannot be written.
    """
    from ambient.errors import StoreError

    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
    except OSError as error:
        raise StoreError(
            f"{out}: expected a new file, got: {error.strerror}; name another"
        ) from None
