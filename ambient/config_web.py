"""Sections of ``hub.yaml`` about where browsers and nodes reach the hub, and who gets in.

Comes in: nothing. Goes out: sections of `ambient.config.HubConfig`.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from msgspec import Meta, field

from ambient.config_base import Address, Host, Strict
from ambient.errors import ConfigError

ORIGIN_PATTERN: Final = r"^https?://[A-Za-z0-9.\-\[\]:]+(?::[0-9]{1,5})?$(?!\n)"
PATTERNS: Final = {
    ORIGIN_PATTERN: "an address without a path, like https://ambient.lindenhof.lan:8443",
}


class SecondFactor(StrEnum):
    """From whom a code of an authenticator app is asked before they configure."""

    REQUIRED = "required"
    """From everybody whose role configures; who has none sets one up after signing in."""
    OPTIONAL = "optional"
    """From those who set one up."""


class Web(Strict, frozen=True, kw_only=True):
    """The hub's page and API."""

    host: Annotated[str, Meta(min_length=1, max_length=253)] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8080
    secure_cookies: bool = False
    """Set when a reverse proxy serves the page over HTTPS."""
    certificate: Path | None = None
    """PEM file of the certificate chain, when the hub itself serves HTTPS."""
    private_key: Path | None = None
    """PEM file of its private key."""
    second_factor: SecondFactor = SecondFactor.REQUIRED
    names: Annotated[list[Host], Meta(max_length=16)] = field(default_factory=list)
    """Under which browsers reach the hub; with them it serves HTTPS by a certificate of its own."""
    address: Annotated[str, Meta(pattern=ORIGIN_PATTERN, max_length=260)] | None = None
    """What people type to open the page, where `names` does not say it: behind a proxy. Passkeys
    belong to it, and an OpenID Connect provider sends back to it."""

    @property
    def https(self) -> bool:
        """Whether the hub itself serves HTTPS."""
        return bool(self.names) or self.certificate is not None

    @property
    def origin(self) -> str | None:
        """`address`, else the first of `names` that is a name, else none; as browsers write it."""
        if self.address is not None:
            return _origin(self.address)
        for name in self.names:
            if ":" not in name and not name.replace(".", "").isdigit():
                return _origin(f"https://{name}:{self.port}")
        return None


class LinkListen(Strict, frozen=True, kw_only=True):
    """Where nodes reach the hub."""

    bind: Address = "tcp://127.0.0.1:7440"
    advertise: Address | None = None
    """The address written into invitations, when it differs from `bind`."""


def check_web(web: Web) -> None:
    """Check what spans several keys.

    Raises
    ------
    ConfigError
        With the path of the bad key.
    """
    if web.names and web.certificate is not None:
        raise ConfigError(
            "web: expected either names (a certificate of the hub's own) or certificate, got both; "
            "remove one"
        )
    if (web.certificate is None) != (web.private_key is None):
        raise ConfigError(
            "web: expected certificate and private_key together, got one of them; add the other"
        )
    if web.address is not None and urlsplit(web.address).scheme == "http":
        host = urlsplit(web.address).hostname
        if host not in ("localhost", "127.0.0.1", "::1"):
            raise ConfigError(
                f"web.address: expected https://, got {web.address!r}; browsers give passkeys and "
                "secure cookies to HTTPS alone"
            )


def _origin(address: str) -> str:
    parts = urlsplit(address.lower())
    usual = {"http": 80, "https": 443}[parts.scheme]
    host = parts.netloc.removesuffix(f":{usual}")
    return f"{parts.scheme}://{host}"
