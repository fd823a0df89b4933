"""Under which address this hub is known to passkeys and to an OpenID Connect provider.

Comes in: ``hub.yaml``. Goes out: `Party`, or nothing when no name is configured.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from msgspec import Struct

from ambient.config import HubConfig


class Party(Struct, frozen=True, kw_only=True):
    """The relying party of WebAuthn (section 1.3).

    Attributes
    ----------
    id
        A name, never a number: a passkey belongs to it.
    origin
        Scheme, name and port, as browsers write them.
    title
        Shown by the browser when a passkey is made.
    """

    id: str
    origin: str
    title: str

    @property
    def host(self) -> str:
        """Name and port, as they stand in the header ``Host``."""
        return urlsplit(self.origin).netloc


def party_of(config: HubConfig) -> Party | None:
    """Return how the hub is known to passkeys, None when it is known by number or not at all."""
    origin = config.web.origin
    if origin is None:
        return None
    name = urlsplit(origin).hostname or ""
    if is_number(name):
        return None
    return Party(id=name, origin=origin, title=f"Ambient {config.site}")


def is_number(host: str) -> bool:
    """Return whether `host` is an IP address."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
