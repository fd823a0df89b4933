"""A resident's weeks in a real Chromium: readable on a phone in the dark, on a desk by day."""

from __future__ import annotations

import time

import pytest

pytest.importorskip("playwright", reason="needs the extra dev")

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from ambient.hub.service import RunningHub
from tests.hub.browser import DESKTOP, PHONE, Scheme, page_of
from tests.hub.kit import enrol
from tests.hub.weeks import ANNA, vital_weeks, weeks

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def hub(bare_hub: RunningHub) -> RunningHub:
    enrol(bare_hub.context.registry, "n-1", ["r1"])
    now = time.time()
    bare_hub.context.store.store("n-1", [*weeks(now), *vital_weeks(now)], time.time_ns())
    return bare_hub


@pytest.mark.parametrize(
    ("size", "scheme"), [(PHONE, "dark"), (DESKTOP, "light")], ids=["phone", "desktop"]
)
def test_the_page_fits_and_everybody_can_use_it(
    browser: Browser, hub: RunningHub, size: tuple[int, int], scheme: Scheme
) -> None:
    with page_of(browser, hub, size=size, scheme=scheme, path=f"/residents/{ANNA}") as page:
        for summary in page.locator("summary").all():
            summary.click()
        expect(page.locator("svg.chart")).to_have_count(5 + 12)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        for box in page.locator("svg.chart").all():
            drawn = box.bounding_box()
            assert drawn is not None
            assert drawn["width"] > 240
        found = Axe().run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


def test_from_the_alarms_to_a_residents_weeks(browser: Browser, hub: RunningHub) -> None:
    with page_of(browser, hub, size=PHONE) as page:
        page.get_by_role("link", name="Residents").click()
        page.get_by_role("link", name="Room 1").click()
        expect(page.locator("h1")).to_have_text("Room 1")
