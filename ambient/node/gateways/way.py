"""What all ways in share: how the process runs them, and whom they hand readings to.

Comes in: nothing. Goes out: the `Gateway` that each way in is, and the `Desk` that takes what it
reads. A way in knows sockets and radios; it knows no room, no purpose and nobody's name.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from ambient.config_gateways import Sensor, Way, Wearable
from vitals.readings import AnyReading, Refused

Parsed = Iterable[AnyReading | Refused]


class Desk(Protocol):
    """Takes readings in; one for all ways."""

    def now(self) -> int:
        """Return the node's time, nanoseconds since the Unix epoch."""
        ...

    def wearables(self, way: Way) -> list[Wearable]:
        """Return the wearables that may be read on `way` now."""
        ...

    def sensors(self, way: Way) -> list[Sensor]:
        """Return the small sensors that may be read on `way` now."""
        ...

    async def take(
        self, way: Way, peer: str, parsed: Parsed, received: int | None = None
    ) -> tuple[Refused, ...]:
        """Take in what a parser gave; on return it is sent to fusion, and may be acknowledged.

        Parameters
        ----------
        way
            How it came: a device is only believed on the way that the configuration names.
        peer
            Who sent it, as the transport proved it.
        parsed
            Readings and refusals.
        received
            When it came, the node's time; now, unless said otherwise.

        Returns
        -------
        tuple of Refused
            What was not taken in, for those senders that can be told.
        """
        ...

    def link(self, way: Way, reason: str | None) -> None:
        """Note whether the way is open: nothing when it is, else why not."""
        ...

    def presence(self, device: str, there: bool) -> None:
        """Note whether a small sensor says that it is there."""
        ...


class Gateway(Protocol):
    """One way in."""

    @property
    def way(self) -> Way:
        """Which one."""
        ...

    @property
    def settled(self) -> bool:
        """Whether no device is read that may not be read."""
        ...

    async def run(self) -> None:
        """Read for ever; raise `AmbientError` when that cannot work now."""
        ...

    def changed(self) -> None:
        """Take note that other devices may be read now."""
        ...
