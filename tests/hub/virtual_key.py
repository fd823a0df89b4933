"""Chromium with a virtual authenticator on the page of a hub that has a name.

Comes in: a browser and a running hub. Goes out: pages under that name, and a key that a test rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from playwright.sync_api import Browser, CDPSession, Page

from ambient.config import HubConfig
from ambient.evaluate.ports import free_port
from ambient.hub.service import RunningHub
from tests.hub.browser import page_of
from tests.hub.kit import PASSWORD, USER


def with_name(config: HubConfig) -> HubConfig:
    """Return a hub that is known by a name: ``localhost`` on a free port."""
    port = free_port()
    address = f"http://localhost:{port}"
    web = msgspec.structs.replace(config.web, port=port, address=address)
    return msgspec.structs.replace(config, web=web)


def named(hub: RunningHub) -> str:
    """Return the address to which passkeys belong."""
    assert hub.context.party is not None
    return hub.context.party.origin


class Key:
    """Chromium's virtual authenticator (WebDriver, section 11 of WebAuthn)."""

    def __init__(self, page: Page) -> None:
        self.cdp: CDPSession = page.context.new_cdp_session(page)
        self.cdp.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        made = self.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self.id = str(made["authenticatorId"])

    def credentials(self) -> list[dict[str, Any]]:
        """Return what the key holds."""
        found = self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.id})
        credentials: list[dict[str, Any]] = found["credentials"]
        return credentials

    def verify(self, verified: bool) -> None:
        """Let the key verify its user from now on, or not."""
        said = {"authenticatorId": self.id, "isUserVerified": verified}
        self.cdp.send("WebAuthn.setUserVerified", said)

    def copied(self, credential: dict[str, Any]) -> None:
        """Put a copy from before in the place of the key."""
        self.cdp.send("WebAuthn.clearCredentials", {"authenticatorId": self.id})
        said = {"authenticatorId": self.id, "credential": credential}
        self.cdp.send("WebAuthn.addCredential", said)


@contextmanager
def opened(
    browser: Browser, hub: RunningHub, path: str = "/login", **fields: Any
) -> Iterator[tuple[Page, Key]]:
    """Open a page under the hub's name, with a key."""
    with page_of(browser, hub, path="/healthz", log_in=False, url=named(hub), **fields) as page:
        key = Key(page)
        page.goto(path)
        yield page, key


def sign_in(page: Page, user: str = USER, *, onward: str = "/account") -> None:
    """Sign in with the password."""
    page.fill("#user", user)
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_url(f"**{onward}")


def add(page: Page, name: str) -> None:
    """Add the key to the account that is open."""
    page.fill("#passkey-name", name)
    page.click("#add-passkey button")
    page.wait_for_selector(f".passkey strong:text-is('{name}')")
