"""The privacy button: one press pauses the rooms of a node, another ends the pause.

Comes in: the level of a GPIO line (``privacy.gpio``), read over Linux' character device. Goes out:
presses, each told once, however long the button is held and however it bounces. The line is pulled
up: pressed is low, so that a torn wire never pauses anything.
"""

from __future__ import annotations

import fcntl
import os
import struct
from pathlib import Path
from typing import Final, Protocol

from ambient.errors import SourceError

CHIP: Final = Path("/dev/gpiochip0")
DEBOUNCE_S: Final = 0.05

# uapi/linux/gpio.h, version 2 of the interface.
_GET_LINE: Final = 0xC250B407
_GET_VALUES: Final = 0xC010B40E
_REQUEST_BYTES: Final = 592
_FLAGS_AT: Final = 288
_COUNT_AT: Final = 560
_FD_AT: Final = 588
_FLAG_INPUT: Final = 1 << 2
_FLAG_PULL_UP: Final = 1 << 8


class Line(Protocol):
    """A line that can be read; the seam for tests and for other hardware."""

    def pressed(self) -> bool:
        """Return whether the button is down now."""
        ...

    def close(self) -> None:
        """Release the line."""
        ...


class GpioLine:
    """One line of a GPIO chip, as input with a pull-up.

    Parameters
    ----------
    number
        ``privacy.gpio`` of the configuration: the line's offset on the chip.
    chip
        The chip's device.

    Raises
    ------
    SourceError
        When the chip or the line cannot be had.
    """

    def __init__(self, number: int, chip: Path = CHIP) -> None:
        request = bytearray(_REQUEST_BYTES)
        struct.pack_into("=I", request, 0, number)
        request[256 : 256 + 7] = b"ambient"
        struct.pack_into("=Q", request, _FLAGS_AT, _FLAG_INPUT | _FLAG_PULL_UP)
        struct.pack_into("=I", request, _COUNT_AT, 1)
        try:
            descriptor = os.open(chip, os.O_RDWR | os.O_CLOEXEC)
            try:
                fcntl.ioctl(descriptor, _GET_LINE, request)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise SourceError(
                f"privacy.gpio {number}: expected a free line of {chip}, got: {error.strerror}; "
                "check the number, and that this user is in group gpio"
            ) from None
        self._descriptor = int(struct.unpack_from("=i", request, _FD_AT)[0])

    def pressed(self) -> bool:
        """Return whether the button is down now."""
        values = bytearray(struct.pack("=QQ", 0, 1))
        fcntl.ioctl(self._descriptor, _GET_VALUES, values)
        return int(struct.unpack_from("=Q", values)[0]) & 1 == 0

    def close(self) -> None:
        """Release the line."""
        os.close(self._descriptor)


class Presses:
    """Turn levels into presses: a level counts once it held for `DEBOUNCE_S`."""

    def __init__(self) -> None:
        self._level = False
        self._candidate = False
        self._since = 0.0

    def update(self, down: bool, now: float) -> bool:
        """Take the level at `now` (s); return whether this completes a press."""
        if down != self._candidate:
            self._candidate, self._since = down, now
        if self._candidate == self._level or now - self._since < DEBOUNCE_S:
            return False
        self._level = self._candidate
        return self._level
