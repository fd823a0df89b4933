"""Sections of node.yaml and hub.yaml about relays: what is switched when nobody else can call.

Comes in: nothing. Goes out: `Relay`, the output of a GPIO chip or a coil of a Modbus module, and
`RoomContact`, the contact that a node closes itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from ambient.config_base import Address, Strict
from ambient.errors import ConfigError

CHIP: Final = Path("/dev/gpiochip0")


class Relay(Strict, frozen=True, kw_only=True):
    """One relay: a line of this machine's GPIO chip, or a coil of a Modbus TCP module.

    Attributes
    ----------
    gpio, chip
        Offset of the line on the chip; active is high.
    modbus, unit, coil
        Address of the module, its unit, and the coil's number, counted from 0.
    """

    gpio: Annotated[int, Meta(ge=0, le=511)] | None = None
    chip: Path = CHIP
    modbus: Address | None = None
    unit: Annotated[int, Meta(ge=0, le=247)] = 1
    coil: Annotated[int, Meta(ge=0, le=65535)] = 0


class RoomContact(Relay, frozen=True, kw_only=True):
    """The contact beside the room's pull cord, closed when no hub answers.

    Attributes
    ----------
    after_s
        An alarm that no hub acknowledged for so long closes the contact.
    """

    after_s: Annotated[float, Meta(ge=2, le=60)] = 10.0


def check_relay(where: str, relay: Relay | None) -> None:
    """Refuse a relay that is two things, or none.

    Raises
    ------
    ConfigError
        With what was expected and what came.
    """
    if relay is None or (relay.gpio is None) != (relay.modbus is None):
        return
    came = "neither" if relay.gpio is None else "both"
    raise ConfigError(
        f"{where}: expected gpio (a line of this machine) or modbus (tcp://host:port), got {came}"
    )


def told(relay: Relay) -> str:
    """Return which relay it is, in words for messages and logs.

    Examples
    --------
    >>> told(Relay(modbus="tcp://10.0.0.9:502", coil=3))
    'coil 3 of tcp://10.0.0.9:502'
    """
    if relay.modbus is not None:
        return f"coil {relay.coil} of {relay.modbus}"
    return f"line {relay.gpio} of {relay.chip}"


def encode(relay: Relay) -> bytes:
    """Return the relay as JSON, for the process that holds it."""
    return msgspec.json.encode(relay, enc_hook=str)


def decode(data: bytes | str) -> Relay:
    """Return the relay that `encode` wrote.

    Raises
    ------
    msgspec.ValidationError
        When it is none.
    """
    return msgspec.json.decode(data, type=Relay, dec_hook=lambda kind, value: kind(value))
