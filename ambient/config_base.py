"""What the sections of a configuration file share: strictness, and kinds of text.

Comes in: nothing. Goes out: the base of every section, annotated types with their patterns, and
whether a host is this machine.
"""

from __future__ import annotations

import ipaddress
from typing import Annotated, Final

from msgspec import Meta, Struct

ADDRESS_PATTERN: Final = r"^tcp://[A-Za-z0-9.\-:\[\]]+:[0-9]{1,5}$(?!\n)"
KEY_PATTERN: Final = r"^[\x21-\x7e]{40}$(?!\n)"
HOST_PATTERN: Final = r"^[A-Za-z0-9.\-:]{1,253}$(?!\n)"

Address = Annotated[str, Meta(pattern=ADDRESS_PATTERN, max_length=200)]
"""A ZeroMQ endpoint, ``tcp://host:port``."""
PublicKey = Annotated[str, Meta(pattern=KEY_PATTERN)]
"""A CURVE public key in Z85, 40 characters."""
Host = Annotated[str, Meta(pattern=HOST_PATTERN)]
"""A host by name or number; an IPv6 number without brackets."""
Port = Annotated[int, Meta(ge=1, le=65535)]


class Strict(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every configuration section: an unknown key is an error."""


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
