"""Sections of ``hub.yaml`` about where browsers and nodes reach the hub, and who gets in.

Comes in: nothing. Goes out: sections of `ambient.config.HubConfig`.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from msgspec import Meta, field

from ambient.config_base import Address, Host, Strict


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

    @property
    def https(self) -> bool:
        """Whether the hub itself serves HTTPS."""
        return bool(self.names) or self.certificate is not None


class LinkListen(Strict, frozen=True, kw_only=True):
    """Where nodes reach the hub."""

    bind: Address = "tcp://127.0.0.1:7440"
    advertise: Address | None = None
    """The address written into invitations, when it differs from `bind`."""
