"""A relay as a thing that is open or closed, whatever wire it hangs on.

Comes in: a `Relay` of the configuration. Goes out: `Switch`, which sets it and says when it cannot,
and `KeptRelay`, which goes on trying.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlsplit

import structlog

from ambient.config_relay import Relay, told
from ambient.errors import SourceError
from ambient.relays.lines import RelayLine

if TYPE_CHECKING:
    from pymodbus.pdu import ModbusPDU

TIMEOUT_S: Final = 1.0
"""A module on the same network answers within milliseconds; an alarm must not wait for longer."""


PORT: Final = 502

_log = structlog.get_logger(__name__)


class Switch(Protocol):
    """A relay that can be set; the seam for tests and for other hardware."""

    def set(self, closed: bool) -> None:
        """Close or open it.

        Raises
        ------
        SourceError
            When it does not take that; call again.
        """
        ...

    def check(self) -> None:
        """Look whether it would take that now; it stays as it is.

        Raises
        ------
        SourceError
            When it would not: with why, and what to do about it.
        """
        ...

    def close(self) -> None:
        """Open the relay if that is possible, and let go of it."""
        ...

    def leave(self) -> None:
        """Let go of it as it is: another process may hold it."""
        ...


class ModbusCoil:
    """A coil of a Modbus TCP module; connects when it is set, and again after it was lost.

    Parameters
    ----------
    relay
        With `modbus`, `unit` and `coil`.
    """

    def __init__(self, relay: Relay) -> None:
        from pymodbus.client import ModbusTcpClient

        self._relay = relay
        at = urlsplit(relay.modbus)
        self._client = ModbusTcpClient(
            str(at.hostname), port=at.port or PORT, timeout=TIMEOUT_S, retries=0, reconnect_delay=0
        )

    def set(self, closed: bool) -> None:
        """Close or open it.

        Raises
        ------
        SourceError
            When the module does not answer, or refuses.
        """
        relay = self._relay
        answer = self._asked(
            lambda: self._client.write_coil(relay.coil, closed, device_id=relay.unit)
        )
        if answer.isError():
            raise self._refused(answer)

    def check(self) -> None:
        """Look whether the module tells how the coil stands, or does not tell that of any.

        Raises
        ------
        SourceError
            When the module does not answer, has no such coil, or refuses the unit.
        """
        from pymodbus.constants import ExcCodes

        relay = self._relay
        answer = self._asked(lambda: self._client.read_coils(relay.coil, device_id=relay.unit))
        if answer.isError() and _code(answer) != ExcCodes.ILLEGAL_FUNCTION:
            raise self._refused(answer)

    def _refused(self, answer: ModbusPDU) -> SourceError:
        """Return what an answer that refuses says, and what to do about it."""
        from pymodbus.constants import ExcCodes

        relay = self._relay
        if _code(answer) == ExcCodes.ILLEGAL_ADDRESS:
            return SourceError(
                f"{told(relay)}: the module is there and its unit {relay.unit} answers, but has no "
                f"coil {relay.coil}; correct coil in the configuration, counted from 0 "
                "(the module's manual lists them, often counted from 1)"
            )
        return SourceError(
            f"{told(relay)}: expected unit {relay.unit} of the Modbus module to answer for the "
            f"coil, got: {answer}; check the numbers of unit and coil"
        )

    def _asked(self, ask: Callable[[], ModbusPDU]) -> ModbusPDU:
        """Return the module's answer.

        Raises
        ------
        SourceError
            When there is none.
        """
        from pymodbus.exceptions import ModbusException

        relay = self._relay
        try:
            if not self._client.connect():  # type: ignore[no-untyped-call]
                raise SourceError(
                    f"{told(relay)}: expected a Modbus module there, got no connection; "
                    "check its power, cable and address"
                )
            return ask()
        except (ModbusException, OSError) as error:
            self._client.close()  # type: ignore[no-untyped-call]
            raise SourceError(
                f"{told(relay)}: expected an answer of the Modbus module, got: {error}; "
                "check its power, cable and unit"
            ) from None

    def close(self) -> None:
        """Open the relay if that is possible, and disconnect."""
        # Disconnected all the same; a module with a watchdog opens it by itself.
        with suppress(SourceError):
            self.set(False)
        self.leave()

    def leave(self) -> None:
        """Disconnect; the relay stays as it is: another process may hold it."""
        self._client.close()  # type: ignore[no-untyped-call]


def _code(answer: ModbusPDU) -> int | None:
    """Return why an answer refuses, nothing when it does not."""
    code: int | None = getattr(answer, "exception_code", None)
    return code


def opened(relay: Relay) -> Switch:
    """Return the relay that the configuration names, open.

    Raises
    ------
    SourceError
        When the GPIO line cannot be had. A Modbus module is looked for when it is set.
    """
    if relay.gpio is not None:
        return RelayLine(relay.gpio, relay.chip)
    return ModbusCoil(relay)


class KeptRelay:
    """A relay that is tried again for as long as it takes; when it fails, the log says so once.

    Parameters
    ----------
    relay
        Which relay.
    make
        Returns it.
    """

    def __init__(self, relay: Relay, make: Callable[[Relay], Switch] = opened) -> None:
        self._relay = relay
        self._make = make
        self._switch: Switch | None = None
        self._failing = False

    def set(self, closed: bool) -> bool:
        """Close or open it, or leave it to the next call; return whether it took that."""
        try:
            if self._switch is None:
                self._switch = self._make(self._relay)
            self._switch.set(closed)
        except Exception as error:  # noqa: BLE001 - whoever sets a relay must outlive what its wire does
            if not self._failing:
                _log.error(
                    "a relay cannot be set and is tried again",
                    relay=told(self._relay),
                    error=str(error),
                    exc_info=not isinstance(error, SourceError),
                )
            self._failing = True
        else:
            self._failing = False
        return not self._failing

    def close(self) -> None:
        """Open the relay if that is possible, and let go of it."""
        if self._switch is not None:
            self._switch.close()
