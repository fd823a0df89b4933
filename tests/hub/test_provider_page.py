"""A certified OpenID Connect provider (npm's ``oidc-provider``) and Chromium, from there and back.

Skipped without Node.js 20 or npm; the provider comes from npm's registry, by a lock of hashes.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, Page

from ambient.config_oidc import Oidc
from ambient.evaluate.ports import free_port
from ambient.hub.identities import Role
from ambient.hub.service import RunningHub
from tests.hub.browser import page_of
from tests.hub.kit import hub_config, running

pytestmark = [pytest.mark.network, pytest.mark.browser]
HERE = Path(__file__).parent / "oidc_provider"


@dataclass
class House:
    """A hub, and the provider that vouches for its people."""

    hub: RunningHub
    provider: str
    people: Path

    def groups(self, **groups: list[str]) -> None:
        """Say in which groups people are."""
        self.people.write_text(json.dumps(groups))


def installed(folder: Path) -> Path:
    """Install the provider, or skip the test."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("needs Node.js and npm")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
    if int(version.stdout.strip().removeprefix("v").split(".")[0]) < 20:
        pytest.skip(f"needs Node.js 20, got {version.stdout.strip()}")
    shutil.copytree(HERE, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules"))
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run([npm, "ci", *quiet], cwd=folder, check=True, timeout=120)
    return folder / "provider.mjs"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("provider")
    script = installed(folder)
    hub_port, port = free_port(), free_port()
    # Two names of loopback: to a browser the provider is another site, as it is in a house.
    origin, issuer = f"http://localhost:{hub_port}", f"http://127.0.0.1:{port}"
    client = {
        "client_id": "ambient",
        "client_secret": "a secret of the client",
        "redirect_uris": [f"{origin}/sign-in/provider/back"],
        "post_logout_redirect_uris": [f"{origin}/login"],
    }
    (folder / "client.json").write_text(json.dumps(client))
    (folder / "secret").write_text(client["client_secret"])
    people = folder / "people.json"
    people.write_text("{}")
    process = subprocess.Popen(
        ["node", script, str(port), folder / "client.json", people],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    config = hub_config(tmp_path_factory.mktemp("hub"), port=hub_port)
    oidc = Oidc(
        issuer=issuer,
        client_id="ambient",
        client_secret_file=folder / "secret",
        name="Lindenhof",
        roles={"leads": "lead", "carers": "carer"},
    )
    web = msgspec.structs.replace(config.web, address=origin)
    try:
        assert process.stdout is not None
        assert "ready\n" in process.stdout, "the provider did not start"
        with running(msgspec.structs.replace(config, web=web, oidc=oidc)) as hub:
            yield House(hub, issuer, people)
    finally:
        process.terminate()
        process.communicate(timeout=20)


def sign_in(page: Page, name: str) -> None:
    """Go to the provider from the hub's page, and come back."""
    page.click("text=Sign in with Lindenhof")
    page.fill("[name=login]", name)
    page.fill("[name=password]", "whatever")
    page.click("button[type=submit]")
    page.click("button[type=submit]")  # that the hub may know the name and the groups
    page.wait_for_url("http://localhost:*/**")


def test_there_and_back_and_out_again(house: House, browser: Browser) -> None:
    origin = house.hub.context.config.web.origin
    house.groups(nora=["staff", "carers"])
    with page_of(browser, house.hub, path="/login", log_in=False, url=origin) as page:
        sign_in(page, "nora")
        page.wait_for_selector("form.who .user")
        assert page.inner_text("form.who .user") == "nora"
        assert page.url == f"{origin}/"
        # Out here and there: the next one is asked who they are.
        page.click("form.who button")
        page.wait_for_url(f"{house.provider}/**")
        page.click("button[value=yes]")
        page.wait_for_url(f"{origin}/login*")
        page.click("text=Sign in with Lindenhof")
        page.wait_for_selector("[name=login]")


def test_the_role_is_read_at_each_sign_in(house: House, browser: Browser) -> None:
    origin, accounts = house.hub.context.config.web.origin, house.hub.context.accounts
    seen = []
    for groups in (["carers"], ["leads", "carers"], ["visitors"]):
        house.groups(mia=groups)
        with page_of(browser, house.hub, path="/login", log_in=False, url=origin) as page:
            sign_in(page, "mia")
            page.wait_for_selector("form.who .user, .gate-box [role=alert]:visible")
            said = page.query_selector(".gate-box [role=alert]:visible")
            roles = [user.role for user in accounts.users() if user.name == "mia"]
            seen.append((roles, "" if said is None else said.inner_text()))
    assert seen == [
        ([Role.CARER], ""),
        ([Role.LEAD], ""),
        ([Role.LEAD], "You have no access to this hub. Ask the administrator."),
    ]


def test_who_refuses_at_the_provider_comes_back_to_the_form(house: House, browser: Browser) -> None:
    origin = house.hub.context.config.web.origin
    with page_of(browser, house.hub, path="/login", log_in=False, url=origin) as page:
        page.click("text=Sign in with Lindenhof")
        page.click("text=Cancel")
        page.wait_for_selector("[role=alert]:visible")
        assert "did not work" in page.inner_text("[role=alert]:visible")
        assert page.query_selector("#password") is not None
