"""What ``hub.yaml`` says of the hub's address and of an OpenID Connect provider."""

from __future__ import annotations

from pathlib import Path

import pytest

from ambient.config import load_hub
from ambient.errors import ConfigError

OIDC = "oidc: {issuer: https://login.test/realms/house, client_id: ambient, roles: {carers: carer}}"
NAMED = "web: {names: [ambient.house.lan, 10.0.0.5], port: 8443}"


def loaded(tmp_path: Path, *lines: str) -> Path:
    """Write a ``hub.yaml``."""
    file = tmp_path / "hub.yaml"
    file.write_text("\n".join(["site: house", *lines, ""]))
    return file


ORIGINS = [
    ("web: {}", None),
    (NAMED, "https://ambient.house.lan:8443"),
    ("web: {names: [10.0.0.5, Ambient.House.lan], port: 443}", "https://ambient.house.lan"),
    ("web: {names: [10.0.0.5, 'fe80::1'], port: 8443}", None),
    ("web: {address: 'https://Hub.House.lan'}", "https://hub.house.lan"),
    ("web: {address: 'https://hub.house.lan:443'}", "https://hub.house.lan"),
    ("web: {address: 'http://localhost:8080'}", "http://localhost:8080"),
    ("web: {names: [a.lan], address: 'https://b.lan:9'}", "https://b.lan:9"),
]


@pytest.mark.parametrize(("line", "origin"), ORIGINS)
def test_under_which_address_the_hub_is_known(
    tmp_path: Path, line: str, origin: str | None
) -> None:
    assert load_hub(loaded(tmp_path, line)).web.origin == origin


REFUSED = [
    (["web: {address: hub.house.lan}"], r"web\.address: expected an address without a path"),
    (["web: {address: 'https://hub/path'}"], r"web\.address: expected an address without a path"),
    (["web: {address: 'http://hub.house.lan'}"], r"web\.address: expected https://"),
    ([OIDC], r"oidc: expected the hub's own address"),
    ([NAMED, OIDC.replace("https", "http")], r"oidc\.issuer: expected https://"),
    ([NAMED, OIDC.replace("carer}", "boss}")], r"oidc\.roles"),
    ([NAMED, OIDC.replace("{carers: carer}", "{}")], r"oidc\.roles"),
    ([NAMED, OIDC.replace("client_id", "client")], r"oidc\.client\b"),
    ([NAMED, OIDC.replace("roles", "scopes: ['a b'], roles")], r"oidc\.scopes\[0\]: expected a"),
]


@pytest.mark.parametrize(("lines", "said"), REFUSED)
def test_what_cannot_be_used_is_named(tmp_path: Path, lines: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load_hub(loaded(tmp_path, *lines))


def test_a_provider_needs_four_lines(tmp_path: Path) -> None:
    config = load_hub(loaded(tmp_path, NAMED, OIDC))
    assert config.oidc is not None
    assert (config.oidc.role_claim, config.oidc.user_claim) == ("groups", "preferred_username")
    assert config.oidc.roles == {"carers": "carer"}
