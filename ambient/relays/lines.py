"""Lines of a GPIO chip: a button that is read, a relay that is switched.

Comes in: a chip's device and the offset of a line. Goes out: its level, or its setting. Over Linux'
character device by libgpiod, so any chip that the kernel knows will do.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from ambient.config_relay import CHIP
from ambient.errors import SourceError

if TYPE_CHECKING:
    from gpiod.line_request import LineRequest
    from gpiod.line_settings import LineSettings

CONSUMER: Final = "ambient"


class Line(Protocol):
    """A line that can be read; the seam for tests and for other hardware."""

    def pressed(self) -> bool:
        """Return whether the button is down now."""
        ...

    def close(self) -> None:
        """Release the line."""
        ...


class ButtonLine:
    """One line as input with a pull-up: pressed is low, so that a torn wire presses nothing.

    Parameters
    ----------
    number
        The line's offset on the chip.
    chip
        The chip's device.

    Raises
    ------
    SourceError
        When the chip or the line cannot be had.
    """

    def __init__(self, number: int, chip: Path = CHIP) -> None:
        from gpiod.line import Bias, Direction, Value
        from gpiod.line_settings import LineSettings

        settings = LineSettings(direction=Direction.INPUT, bias=Bias.PULL_UP, active_low=True)
        self._request = _requested(chip, number, settings)
        self._number = number
        self._active = Value.ACTIVE

    def pressed(self) -> bool:
        """Return whether the button is down now."""
        return bool(self._request.get_value(self._number) is self._active)

    def close(self) -> None:
        """Release the line."""
        self._request.release()


class RelayLine:
    """One line as output, inactive until it is set.

    Raises
    ------
    SourceError
        When the chip or the line cannot be had.
    """

    def __init__(self, number: int, chip: Path = CHIP) -> None:
        from gpiod.line import Direction, Value
        from gpiod.line_settings import LineSettings

        settings = LineSettings(direction=Direction.OUTPUT, output_value=Value.INACTIVE)
        self._request = _requested(chip, number, settings)
        self._number = number
        self._levels = {False: Value.INACTIVE, True: Value.ACTIVE}

    def set(self, closed: bool) -> None:
        """Set the line active or inactive.

        Raises
        ------
        SourceError
            When the chip does not take it.
        """
        try:
            self._request.set_value(self._number, self._levels[closed])
        except OSError as error:
            raise SourceError(
                f"GPIO line {self._number}: expected the chip to take a level, got: "
                f"{error.strerror}; check the board"
            ) from None

    def check(self) -> None:
        """Find the line held: it is from the start, or there is no such object."""

    def leave(self) -> None:
        """Release the line; the kernel decides how it stands then."""
        self._request.release()

    def close(self) -> None:
        """Make the line inactive and release it."""
        # It is released all the same, and whoever set it before has said that it fails.
        with suppress(SourceError):
            self.set(False)
        self.leave()


def _requested(chip: Path, number: int, settings: LineSettings) -> LineRequest:
    import gpiod

    try:
        return gpiod.request_lines(str(chip), consumer=CONSUMER, config={number: settings})
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise SourceError(
            f"GPIO line {number}: expected a free line of {chip}, got: {why}; "
            "check the number, and that this user is in group gpio"
        ) from None
