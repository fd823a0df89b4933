"""Every page of the hub in a real Chromium: found by the router, so that no new one escapes.

``AMBIENT_SHOTS=FOLDER`` keeps a picture of each, to be looked at.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="needs the extra dev")
pytest.importorskip("pywebpush", reason="needs the extra hub")

from litestar.routes import HTTPRoute
from playwright.sync_api import Browser, Page

from ambient.hub.identities import RIGHTS, Right, Role
from ambient.hub.service import RunningHub
from ambient.hub.web.app import create_app
from tests.hub import scene
from tests.hub.browser import DESKTOP, PHONE, Scheme, connected, grave, page_of
from tests.hub.endpoints import rows
from tests.hub.kit import USER, running
from tests.hub.weeks import ANNA

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

FILLED = {"subject": ANNA, "token": "none"}
NOT_PAGES = {
    "/burden.json", "/burden.pdf", "/certificate/ca.crt", "/consents/{subject:str}/told",
    "/device/live", "/healthz", "/live", "/metrics", "/static/{file_path:path}",
}  # fmt: skip
"""What a browser does not show as a page: data, files, streams."""
PAGES = sorted(
    path
    for method, path, _, _ in rows()
    if method == "GET" and path not in NOT_PAGES and not path.startswith("/api")
)
SHOTS = os.environ.get("AMBIENT_SHOTS")
LINE_PX = 48
"""From one line of the bar to the next."""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    folder = tmp_path_factory.mktemp("house")
    with running(scene.config(folder, names=["127.0.0.1"])) as hub:
        scene.furnish(hub)
        yield hub


def test_no_page_escapes(hub: RunningHub) -> None:
    """The table above is that of the router."""
    routes = [one for one in create_app(hub.context).routes if isinstance(one, HTTPRoute)]
    found = {one.path for one in routes if "GET" in one.methods and not one.path.startswith("/api")}
    assert found - NOT_PAGES == set(PAGES)


def who_may(path: str) -> str | None:
    """Return a user who may see a page; nothing when everybody may."""
    right = next(need for method, one, need, _ in rows() if (method, one) == ("GET", path))
    if right == "public":
        return None
    users = [(USER, Role.ADMIN), *((role.value, role) for role in scene.ROLES)]
    able = [name for name, role in users if Right(right) in RIGHTS[role]]
    return "lead" if "lead" in able else able[0]


def address(path: str) -> str:
    for name, value in FILLED.items():
        path = path.replace(f"{{{name}:str}}", value)
    return path


@pytest.mark.parametrize(
    ("size", "scheme", "language"),
    [(PHONE, "dark", "de"), (DESKTOP, "light", "en")],
    ids=["phone", "desktop"],
)
@pytest.mark.parametrize("path", PAGES)
def test_everybody_can_use_it(
    browser: Browser,
    hub: RunningHub,
    path: str,
    size: tuple[int, int],
    scheme: Scheme,
    language: str,
) -> None:
    user = who_may(path)
    with page_of(
        browser,
        hub,
        size=size,
        scheme=scheme,
        path=address(path),
        log_in=user is not None,
        user=user or USER,
        language=language,
    ) as page:
        page.emulate_media(reduced_motion="reduce")
        for summary in page.locator("summary").all():
            if summary.is_visible():
                summary.click()
        page.evaluate("scrollTo(0, 0)")
        if SHOTS:
            name = path.strip("/").replace("/", "-").replace(":str", "").strip("{}") or "main"
            picture = Path(SHOTS) / f"{name}-{language}-{size[0]}.png"
            page.screenshot(path=picture, full_page=True, animations="disabled")
        assert page.locator("html").get_attribute("lang") == language
        assert page.locator("h1").count() == 1, "one heading says where one is"
        assert grave(page) == []
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, "nothing hangs over the edge"
        assert small_targets(page) == [], "targets of at least 44 px"


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("user", [USER, "lead", "carer"])
def test_the_bar_of_the_list_is_one_line_on_a_desktop_and_two_tidy_ones_on_a_tablet(
    browser: Browser, hub: RunningHub, user: str, language: str
) -> None:
    """With the sound on it is at its widest: who is signed in stays beside it."""
    with page_of(browser, hub, user=user, language=language) as page:
        connected(page)
        page.locator("#sound-off").click()
        page.wait_for_selector("#sound-test:visible")
        assert lines_of_the_bar(page) == {"brand": 0, "nav": 0, "status": 0, "who": 0}
        page.set_viewport_size({"width": 1024, "height": 768})
        assert lines_of_the_bar(page) == {"brand": 0, "nav": 1, "status": 0, "who": 0}
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def lines_of_the_bar(page: Page) -> dict[str, int]:
    """Return on which line each part of the bar stands."""
    middles: dict[str, float] = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll('header.top > *')]
            .map(e => [e.className || e.tagName.toLowerCase(), e.getBoundingClientRect()])
            .map(([name, box]) => [name, box.top + box.height / 2]))"""
    )
    first = min(middles.values())
    return {name: round((middle - first) / LINE_PX) for name, middle in middles.items()}


def small_targets(page: Page) -> list[str]:
    """Return what a thumb would miss; a box or circle counts with its label."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('button, summary, a.button, nav a, input, select')]
            .filter(e => e.type !== 'hidden')
            .map(e => [e.id || e.name || e.textContent.trim(),
                (['checkbox', 'radio'].includes(e.type) ? e.closest('label') : e)
                    .getBoundingClientRect()])
            .filter(([, r]) => r.height > 0 && (r.height < 44 || r.width < 44))
            .map(([name]) => name)"""
    )
    return found
