"""A hub's parts, each in a thread of its own: when one fails, the hub ends, and says which.

Comes in: what a part runs. Goes out: its thread, not started yet.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

_log = structlog.get_logger(__name__)


def part(
    name: str,
    run: Callable[[threading.Event], None],
    stop: threading.Event,
    failures: list[BaseException],
    ends: threading.Event | None = None,
) -> threading.Thread:
    """Return a thread whose failure ends the whole hub: half a hub must not look like one.

    Parameters
    ----------
    run
        Called with `stop`; returns when that is set.
    failures
        Takes what `run` raised, for whoever waits to raise it again.
    ends
        Set by a failure; `stop` where nothing is given.
    """

    def body() -> None:
        try:
            run(stop)
        except BaseException as error:  # noqa: BLE001 - raised again by whoever waits
            failures.append(error)
            _log.critical("hub_part_failed", part=name, error=repr(error))
            (ends or stop).set()

    return threading.Thread(target=body, name=name, daemon=True)
