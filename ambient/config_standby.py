"""The section of ``hub.yaml`` about the other hub of the site: the one that takes over.

Comes in: nothing. Goes out: a section of `ambient.config.HubConfig`, the same on both machines but
for which of the two it is.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta

from ambient.config_base import Address, Strict
from ambient.errors import ConfigError

PAGE_PATTERN: Final = r"^https?://[A-Za-z0-9.\-:\[\]]+(/[A-Za-z0-9.\-_~/]*)?$(?!\n)"
PATTERNS: Final = {PAGE_PATTERN: "an address of a page like https://10.0.0.6:8443"}

PageUrl = Annotated[str, Meta(pattern=PAGE_PATTERN, max_length=200)]

UNSAID: Final = ("0.0.0.0", "[::]")
"""Nobody can dial these: each machine means itself by them."""


class Order(StrEnum):
    """Which of the two hubs this machine is: the first has even terms, the second odd ones."""

    FIRST = "first"
    SECOND = "second"


class OtherHub(Strict, frozen=True, kw_only=True):
    """Where the other hub is.

    Attributes
    ----------
    address
        Where it listens for this hub.
    link
        Where nodes reach it.
    page
        Where browsers reach it.
    """

    address: Address
    link: Address
    page: PageUrl


class Standby(Strict, frozen=True, kw_only=True):
    """That a second hub stands by, and how the two reach each other.

    Attributes
    ----------
    order
        ``first`` on one machine, ``second`` on the other.
    bind
        Where this hub listens for the other one.
    other
        Where the other one is.
    """

    order: Order
    bind: Address = "tcp://0.0.0.0:7441"
    other: OtherHub


def own_link(bind: str, advertise: str | None) -> str:
    """Return the address by which nodes are told of this hub.

    Raises
    ------
    ConfigError
        When there is none that another machine could dial.
    """
    told = advertise or bind
    if any(told.startswith(f"tcp://{host}:") for host in UNSAID):
        raise ConfigError(
            "link.advertise: expected the address by which nodes reach this hub, for they are told "
            f"both hubs' addresses, got none and link.bind {bind}; write link.advertise, for "
            "example tcp://10.0.0.5:7440"
        )
    return told
