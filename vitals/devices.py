"""A device as the installer names it, and its samples with their time on the node's clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from vitals.readings import AccelerationRead, IntervalsRead, WaveRead


class Measures(TypedDict):
    """Fields that all observations of a device share (`ambient.observations.Measured`)."""

    room: str
    source: str
    received: int
    offset_s: float
    subject: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What the installer says of a device.

    Attributes
    ----------
    source
        Its pseudonym.
    room
        Where it belongs.
    subject
        Who wears it, as a pseudonym.
    bed
        Which bed a bed sensor belongs to.
    peer
        The only peer that may speak for it; None: whichever speaks first.
    """

    source: str
    room: str
    subject: str | None = None
    bed: str | None = None
    peer: str | None = None

    def measures(self, received: int, offset_s: float) -> Measures:
        """Return the fields that an observation of this device shares with every other."""
        return Measures(
            room=self.room,
            source=self.source,
            received=received,
            offset_s=offset_s,
            subject=self.subject,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Signal:
    """Samples or intervals with their time on the node's clock: `t` is that of the last.

    Attributes
    ----------
    device
        Whose they are.
    reading
        As the device sent them.
    t, received
        Nanoseconds since 1970, the node's clock.
    offset_s
        What was added to the device's clock.
    trusted
        Whether the device's clock was believed; else `t` is when they were received.
    """

    device: Device
    reading: IntervalsRead | AccelerationRead | WaveRead
    t: int
    received: int
    offset_s: float
    trusted: bool
