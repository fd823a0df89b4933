"""Passkeys in Chromium, with its virtual authenticator; sign-in and account by keyboard and axe."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import msgspec
import pytest
from playwright.sync_api import Browser, Page, Request

from ambient.config_web import SecondFactor
from ambient.hub.identities import Role
from ambient.hub.service import RunningHub
from tests.hub.browser import DESKTOP, PHONE, grave, page_of
from tests.hub.kit import PASSWORD, USER, add_user, hub_config, running
from tests.hub.virtual_key import add, named, opened, sign_in, with_name
from tests.patience import PATIENCE_S


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """A hub with a name, in which who configures needs a second factor."""
    config = with_name(hub_config(tmp_path_factory.mktemp("hub")))
    web = msgspec.structs.replace(config.web, second_factor=SecondFactor.REQUIRED)
    with running(msgspec.structs.replace(config, web=web)) as hub:
        add_user(hub, "lena", Role.LEAD)
        yield hub


def sign_out(page: Page) -> None:
    page.click("form.who button")
    page.wait_for_url("**/login")


def forget(hub: RunningHub, user: str = USER) -> None:
    hub.context.accounts.second_factors.remove(user)
    with hub.context.database.write() as db:
        db.execute("DELETE FROM attempts")


def test_from_the_first_key_to_signing_in_with_it(hub: RunningHub, browser: Browser) -> None:
    forget(hub)
    with opened(browser, hub) as (page, key):
        sign_in(page)
        assert page.query_selector("nav a[href='/admin']") is None, "it configures nothing yet"
        add(page, "blue key")
        assert page.locator("#recovery .code").count() == 10
        assert page.query_selector("nav a[href='/admin']") is not None
        assert key.credentials()[0]["rpId"] == "localhost"
        # As a second factor.
        sign_out(page)
        sign_in(page)
        page.click("#give-passkey button")
        page.wait_for_selector("nav a[href='/admin']")
        # In the place of both.
        sign_out(page)
        page.click("[data-passkey=get] button")
        page.wait_for_selector("nav a[href='/admin']")
        assert page.inner_text("form.who .user") == USER
        # Another name, and away: it is the last administrator's last.
        page.goto("/account")
        page.click(".passkey details summary")
        page.fill(".passkey details input[name=name]", "red key")
        page.press(".passkey details input[name=name]", "Enter")
        page.wait_for_selector(".passkey strong:text-is('red key')")
        page.click(".passkey .danger")
        page.wait_for_selector("[role=alert]:visible")
        assert "last one's last" in page.inner_text("[role=alert]:visible")
        assert len(hub.context.accounts.passkeys.of(USER)) == 1


def test_a_key_that_does_not_verify_its_user_opens_nothing(
    hub: RunningHub, browser: Browser
) -> None:
    forget(hub)
    with opened(browser, hub) as (page, key):
        sign_in(page)
        add(page, "key")
        sign_out(page)
        key.verify(False)
        page.click("[data-passkey=get] button")
        page.wait_for_selector("[data-passkey=get] [role=status]:has-text('gave no passkey')")
        key.verify(True)
        page.click("[data-passkey=get] button")
        page.wait_for_selector("nav a[href='/admin']")


def test_a_replayed_answer_opens_nothing(hub: RunningHub, browser: Browser) -> None:
    forget(hub)
    with opened(browser, hub) as (page, _):
        sign_in(page)
        add(page, "key")
        sign_out(page)
        sent: list[tuple[str, dict[str, str]]] = []

        def keep(request: Request) -> None:
            if request.url.endswith("/login/passkey"):
                sent.append((request.post_data or "", request.all_headers()))

        page.on("request", keep)
        page.click("[data-passkey=get] button")
        page.wait_for_selector("nav a[href='/admin']")
        body, headers = sent[0]
        assert "authenticatorData" in body
        kept = {name: headers[name] for name in ("cookie", "content-type", "origin")}
        with httpx.Client(base_url=named(hub), timeout=PATIENCE_S, trust_env=False) as thief:
            for stolen in (kept, kept | {"cookie": "ambient-passkey=x"}):
                answer = thief.post("/login/passkey", content=body, headers=stolen)
                assert answer.status_code == 401
                assert "not accepted" in answer.text


def test_a_copied_key_is_blocked(hub: RunningHub, browser: Browser) -> None:
    forget(hub)
    with opened(browser, hub) as (page, key):
        sign_in(page)
        add(page, "key")
        before = key.credentials()[0]
        for _ in range(2):
            sign_out(page)
            page.click("[data-passkey=get] button")
            page.wait_for_selector("nav a[href='/admin']")
        sign_out(page)
        key.copied(before)
        page.click("[data-passkey=get] button")
        page.wait_for_selector("[role=alert]:has-text('copied')")
        sign_in(page)
        assert "copied" in page.inner_text(".passkey .note.bad")


def test_another_account_s_key_is_none_of_mine(hub: RunningHub, browser: Browser) -> None:
    forget(hub)
    forget(hub, "lena")
    with opened(browser, hub) as (page, key):
        sign_in(page, "lena")
        add(page, "key of lena")
        lenas = key.credentials()[0]
        sign_out(page)
        sign_in(page)
        key.cdp.send("WebAuthn.clearCredentials", {"authenticatorId": key.id})
        add(page, "my key")
        sign_out(page)
        sign_in(page)
        key.copied(lenas)
        page.click("#give-passkey button")
        page.wait_for_selector("#give-passkey [role=status]:has-text('gave no passkey')")
        assert page.query_selector("nav a[href='/admin']") is None


def test_opened_by_a_number_the_page_says_what_to_do(hub: RunningHub, browser: Browser) -> None:
    """WebAuthn knows names alone: the browser would refuse without a word."""
    forget(hub)
    with page_of(browser, hub, path="/login", log_in=False) as page:
        assert page.query_selector("[data-passkey]") is None
        sign_in(page)
        assert page.query_selector("[data-passkey]") is None
        assert page.get_attribute("#main a[href^=http]", "href") == f"{named(hub)}/account"


def test_a_hub_without_a_name_tells_the_installer(browser: Browser, bare_hub: RunningHub) -> None:
    with page_of(browser, bare_hub, path="/account") as page:
        said = page.inner_text("main")
        assert "not to a number like 10.0.0.5" in said
        assert "web.names" in said
        assert page.query_selector("[data-passkey]") is None


def test_by_keyboard_alone(hub: RunningHub, browser: Browser) -> None:
    forget(hub)
    with opened(browser, hub) as (page, _):
        assert page.evaluate("document.activeElement.id") == "user"
        page.keyboard.type(USER)
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/account")
        _tab_to(page, "#passkey-name")
        page.keyboard.type("key")
        page.keyboard.press("Enter")
        page.wait_for_selector("#recovery")
        _tab_to(page, "form.who button")
        page.keyboard.press("Enter")
        page.wait_for_url("**/login")
        _tab_to(page, "[data-passkey=get] button")
        page.keyboard.press("Enter")
        page.wait_for_selector("nav a[href='/admin']")


def _tab_to(page: Page, selector: str) -> None:
    for _ in range(40):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert ring != "none", f"{selector} shows no focus"
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{selector} is not reached by Tab")


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("language", ["en", "de"])
def test_no_serious_finding_and_nothing_to_the_side(
    hub: RunningHub, browser: Browser, size: tuple[int, int], language: str
) -> None:
    forget(hub)
    with opened(browser, hub, path="/healthz", size=size) as (page, _):
        cookie = {"name": "language", "value": language, "url": named(hub)}
        page.context.add_cookies([cookie])
        page.goto("/login")
        seen = {"login": grave(page)}
        assert page.get_attribute("html", "lang") == language
        sign_in(page)
        seen["first"] = grave(page)
        add(page, "blue key")
        seen["codes"] = grave(page)
        page.goto("/account")
        seen["list"] = grave(page)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        sign_out(page)
        sign_in(page)
        seen["asked"] = grave(page)
    assert seen == {name: [] for name in seen}
    assert wide <= 0
