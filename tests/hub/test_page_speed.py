"""The first load: light, in two round trips, with the list there before any script."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright", reason="needs the extra dev")

from playwright.sync_api import Browser, expect

from ambient.hub.service import RunningHub
from tests.hub.browser import PHONE, page_of
from tests.hub.kit import client
from tests.hub.slow_phone import furnish, load

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
MOST_BYTES = 100_000


@pytest.fixture(scope="module")
def hub(bare_hub: RunningHub) -> RunningHub:
    furnish(bare_hub)
    return bare_hub


def test_the_first_load_is_light(browser: Browser, hub: RunningHub) -> None:
    cost = load(browser, hub, slow=False)
    assert 5_000 < cost.transferred <= MOST_BYTES


@pytest.mark.parametrize("path", ["/", "/kiosk"])
def test_everything_is_asked_for_in_the_second_round_trip(
    browser: Browser, hub: RunningHub, path: str
) -> None:
    """What only a script asks for costs a slow phone one more round trip."""
    with client(hub) as http:
        html = http.get(path).text
    named = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', html))
    asked: set[str] = set()
    with page_of(browser, hub, size=PHONE, path="/healthz") as page:
        page.on("request", lambda one: asked.add(one.url.removeprefix(hub.url)))
        page.goto(path)
        page.wait_for_selector("html[data-link=on]")
    # The ticker comes last and nothing waits for it.
    late = {one for one in asked if one.startswith("/static/")} - named - {"/static/ticker.js"}
    assert late == set()


def test_the_list_is_there_before_any_script(browser: Browser, hub: RunningHub) -> None:
    with page_of(browser, hub, size=PHONE, path="/healthz") as page:
        page.route("**/*.js", lambda route: None)
        page.goto("/", wait_until="commit")
        expect(page.locator("#alarms > li")).to_have_count(4)
        expect(page.locator("#alarms .where").first).to_be_visible()


def test_on_a_slow_phone_the_list_is_painted_before_the_scripts_are_done(
    browser: Browser, hub: RunningHub
) -> None:
    """Painting that waited for them would come later each time; a busy machine delays it now and
    then."""
    loads = (load(browser, hub) for _ in range(5))
    assert any(cost.shown_s < cost.usable_s for cost in loads)
