"""Section ``oidc`` of ``hub.yaml``: an OpenID Connect provider beside the hub's own accounts.

Comes in: nothing. Goes out: a section of `ambient.config.HubConfig`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from msgspec import Meta, field

from ambient.config_base import Strict
from ambient.config_web import Web
from ambient.errors import ConfigError

ISSUER_PATTERN: Final = r"^https?://[^\s?#]{1,240}$(?!\n)"
SCOPE_PATTERN: Final = r"^[\x21\x23-\x5b\x5d-\x7e]{1,80}$(?!\n)"
PATTERNS: Final = {
    ISSUER_PATTERN: "the provider's issuer, like https://login.lindenhof.lan/realms/house",
    SCOPE_PATTERN: "a scope without spaces",
}
BACK: Final = "/sign-in/provider/back"
"""Where the provider sends people back to; the redirect URI is this behind `Web.origin`."""
HouseRole = Literal["carer", "lead", "installer", "researcher", "dpo", "admin"]
"""A role that a person can have at the hub (`ambient.hub.identities.PERSONS`)."""
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


class Oidc(Strict, frozen=True, kw_only=True):
    """A provider, and what its word is worth here.

    Attributes
    ----------
    issuer
        As the provider itself writes it, to the letter.
    client_secret_file
        Holds the secret alone, read at each sign-in; none for a public client.
    name
        On the button of the sign-in.
    role_claim
        Of the ID token, else of the user's claims; dots lead into objects.
    roles
        Value of that claim ► role. The first line that fits counts; who has none has no access.
    user_claim
        Of which the user name is made at the first sign-in.
    second_factor
        Values of the claim ``amr`` that stand for a second factor; without one the hub asks for
        its own.
    certificate_authority
        PEM file of the authority that signed the provider's certificate, when it is the house's.
    """

    issuer: Annotated[str, Meta(pattern=ISSUER_PATTERN)]
    client_id: Annotated[str, Meta(min_length=1, max_length=200)]
    client_secret_file: Path | None = None
    name: Annotated[str, Meta(min_length=1, max_length=40)] = "OpenID Connect"
    scopes: Annotated[list[Annotated[str, Meta(pattern=SCOPE_PATTERN)]], Meta(max_length=16)] = (
        field(default_factory=lambda: ["profile"])
    )
    role_claim: Annotated[str, Meta(min_length=1, max_length=100)] = "groups"
    roles: Annotated[dict[str, HouseRole], Meta(min_length=1, max_length=64)]
    user_claim: Annotated[str, Meta(min_length=1, max_length=100)] = "preferred_username"
    second_factor: Annotated[list[str], Meta(max_length=16)] = field(default_factory=list)
    certificate_authority: Path | None = None


def check_oidc(oidc: Oidc | None, web: Web) -> None:
    """Check what spans several keys.

    Raises
    ------
    ConfigError
        With the path of the bad key.
    """
    if oidc is None:
        return
    issuer = urlsplit(oidc.issuer)
    if issuer.scheme == "http" and issuer.hostname not in _LOOPBACK:
        raise ConfigError(
            f"oidc.issuer: expected https://, got {oidc.issuer!r}; the provider's word must not be "
            "changed on the way"
        )
    if web.origin is None:
        raise ConfigError(
            "oidc: expected the hub's own address, to which the provider sends back; write it into "
            "web.address, like https://ambient.lindenhof.lan:8443"
        )
