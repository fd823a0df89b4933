"""Draw the picture of an account with passkeys, from a real hub and Chromium's virtual key.

Comes in: nothing. Goes out: ``hub-account.png`` beside this file. Run it from the repository's
root: ``python -m docs.images.account``.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from docs.images.make import config, save, take
from tests.hub.browser import PHONE, chromium
from tests.hub.kit import running
from tests.hub.virtual_key import add, opened, sign_in, with_name


def main() -> None:
    """Draw it."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running(with_name(config(Path(folder)))) as hub,
        chromium() as browser,
        opened(browser, hub, size=PHONE, scale=2) as (page, key),
    ):
        sign_in(page, onward="/handover")
        page.goto("/account")
        add(page, "My phone")
        key.cdp.send("WebAuthn.clearCredentials", {"authenticatorId": key.id})
        add(page, "Blue key")
        page.goto("/account")
        save(take(page), Path(__file__).parent / "hub-account.png")


if __name__ == "__main__":
    main()
