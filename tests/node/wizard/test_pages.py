"""Every page of the wizard in a real Chromium, phone and desktop, English and German.

``AMBIENT_SHOTS=FOLDER`` keeps a picture of each, to be looked at.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="needs the extra dev")

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from ambient.config_cameras import Mount
from ambient.node.wizard.app import create_app
from tests.hub.browser import DESKTOP, PATIENCE_MS, PHONE, chromium
from tests.node.wizard.bench import DrawnRoom, drawn_room

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SHOTS = os.environ.get("AMBIENT_SHOTS")
SHOWN = {"/", "/room/{room:str}", "/certificate/{room:str}", "/close"}
"""What the wizard shows as pages; the rest is data for them."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def room(tmp_path: Path) -> Iterator[DrawnRoom]:
    with drawn_room(tmp_path) as made:
        yield made


@pytest.fixture(params=["en", "de"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[PHONE, DESKTOP], ids=["phone", "desktop"])
def page(
    browser: Browser, room: DrawnRoom, request: pytest.FixtureRequest, language: str
) -> Iterator[Page]:
    """A page of this size, whose reader speaks this language; closed before the room's server."""
    width, height = request.param
    context = browser.new_context(
        viewport={"width": width, "height": height},
        ignore_https_errors=True,
        extra_http_headers={"Accept-Language": language},
    )
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


def checked(page: Page, name: str) -> None:
    """Keep a picture, and let axe look at the page."""
    width = page.viewport_size["width"] if page.viewport_size else 0
    language = page.locator("html").get_attribute("lang")
    page.evaluate("scrollTo(0, 0)")
    if SHOTS:
        path = Path(SHOTS) / f"wizard-{name}-{language}-{width}.png"
        page.screenshot(path=path, full_page=True, animations="disabled")
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    grave = [one["id"] for one in found if one["impact"] in ("serious", "critical")]
    assert grave == [], name
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{name}: nothing hangs over the edge"
    assert page.locator("h1").count() == 1, name


def goes_on(page: Page) -> None:
    """Wait while the page asks on, and is answered, who is seen."""
    for _ in range(3):
        with page.expect_response("**/api/people/**"):
            pass


def test_from_the_code_to_the_certificate(page: Page, room: DrawnRoom, language: str) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(room.url)
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator(".fingerprint").inner_text().replace(":", "").lower() == room.fingerprint
    checked(page, "gate")
    page.fill("#code", "AAAA-AAAA")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    checked(page, "gate-wrong")
    page.fill("#code", room.code)
    page.keyboard.press("Enter")
    page.wait_for_selector("a[href='/room/r12']")
    checked(page, "rooms")
    page.click("a[href='/room/r12']")
    page.locator(".people line").first.wait_for(state="attached")
    expect(page.locator("#gathering")).to_be_hidden()
    camera = room.installation.config.rooms[0].cameras[0].id
    page.select_option(f"#mount-{camera}", "ceiling")
    expect(page.locator(".hung").first).not_to_be_empty()
    assert room.installation.config.rooms[0].cameras[0].mount is Mount.CEILING
    page.locator("#proposals button").first.click()
    page.select_option("#kind", "permitted")
    assert page.locator("#bed").is_enabled(), "a permitted place has a bed as well"
    walk = page.locator("[data-station=walk]")
    walk.locator(".go").click()
    expect(walk).to_have_attribute("aria-current", "step")
    goes_on(page)
    walk.locator(".go").click()
    expect(walk.locator(".result").first).not_to_be_empty()
    page.locator("summary").first.click()
    checked(page, "room")
    page.fill("#by", "A. Installer")
    page.locator("#finish button").click()
    page.wait_for_selector("#complete")
    expect(page.locator("#complete")).to_have_class(re.compile("bad"))
    checked(page, "certificate")
    page.goto(f"{room.url}/room/r12")
    page.locator("header form button").click()
    page.wait_for_selector("h1")
    checked(page, "closed")
    assert errors == []


def test_what_is_missing_stands_there_before_anything_is_saved(
    page: Page, room: DrawnRoom, language: str
) -> None:
    """Furniture that was found has no owner: of two beds nobody can know whose it is."""
    page.goto(room.url)
    page.fill("#code", room.code)
    page.keyboard.press("Enter")
    page.click("a[href='/room/r12']")
    missing, trouble = page.locator("#missing"), page.locator("#trouble")
    expect(missing).to_contain_text("r12-a")
    expect(missing).to_contain_text("r12-b")
    page.locator("#proposals button").first.click()
    owner = {"en": "Area 1: choose whose bed it is", "de": "Fläche 1: Wählen Sie"}[language]
    expect(missing).to_contain_text(owner)
    checked(page, "missing")
    page.click("#save")
    goes_on(page)
    expect(trouble).to_contain_text(owner)
    assert room.installation.config.rooms[0].cameras[0].zones == []
    page.locator("#areas select").select_option("r12-b")
    expect(missing).not_to_contain_text("r12-b")
    expect(missing).to_contain_text("r12-a")
    checked(page, "missing-one")
    page.click("#save")
    expect(page.locator("#saved")).not_to_be_empty()
    assert [zone.bed for zone in room.installation.config.rooms[0].cameras[0].zones] == ["r12-b"]


@pytest.mark.parametrize("page", [PHONE], ids=["phone"], indirect=True)
def test_a_node_that_has_no_answer_is_told_in_the_language_until_it_has_one(
    page: Page, room: DrawnRoom, language: str
) -> None:
    """What a server says for itself is in English, and no JSON."""
    page.goto(room.url)
    page.fill("#code", room.code)
    page.keyboard.press("Enter")
    page.click("a[href='/room/r12']")
    busy, trouble = "**/api/people/**", page.locator("#trouble")
    page.route(busy, lambda route: route.fulfill(status=503, body="Service Unavailable"))
    lost = {"en": "The node does not answer", "de": "Der Knoten antwortet nicht"}[language]
    expect(trouble).to_contain_text(lost)
    page.unroute(busy)
    expect(trouble).to_be_hidden()


def test_no_page_of_the_wizard_escapes(room: DrawnRoom) -> None:
    """A handler that shows a page is one of those above."""
    from litestar.routes import HTTPRoute

    app = create_app(room.installation, None)  # type: ignore[arg-type]
    pages = set()
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for handler in route.route_handlers:
            if handler.handler_name.startswith("page_") or route.path == "/close":
                pages.add(route.path)
    assert pages == SHOWN
