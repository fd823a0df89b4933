"""How long tests wait for what comes by itself: for a disk that stands, on a machine that is busy.

Comes in: what is waited for. No test waits this long unless it fails; none says that something came
in time by how long it waited.
"""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_S = 60.0
FAR_S = 2 * PATIENCE_S
"""What comes through several processes, or needs them to start, may take so long."""
LOOK_S = 0.02


def until(what: Callable[[], object], said: str = "it never happened") -> None:
    """Wait until `what` is true."""
    deadline = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < deadline, said
        time.sleep(LOOK_S)
