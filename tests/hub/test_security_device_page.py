"""The shared screen in Chromium: it rings without anybody signed in, also under lock-out."""

from __future__ import annotations

import time

from playwright.sync_api import Browser

from ambient.hub.identities import Role
from ambient.hub.service import RunningHub
from tests.hub.browser import grave, page_of
from tests.hub.kit import add_user, fall

PIN = "718294"


def test_a_shared_screen_rings_before_during_and_after_a_shift(
    hub: RunningHub, browser: Browser
) -> None:
    accounts = hub.context.accounts
    add_user(hub, "berta", Role.CARER)
    accounts.devices.set_pin("berta", PIN, "")
    cookie = accounts.devices.enrol("ward 1", "root", time.time_ns())
    with page_of(browser, hub, path="/healthz", log_in=False) as page:
        page.context.add_cookies(
            [{"name": "ambient-device", "value": cookie, "url": hub.url, "sameSite": "Strict"}]
        )
        page.goto("/")
        assert page.url == f"{hub.url}/device", "led to what it may show"
        page.wait_for_selector("html[data-link=on]")
        page.click("#sound-off")
        page.wait_for_selector("html[data-audio=on]")
        hub.context.store.store("n-1", fall(time.time(), 2), time.time_ns())
        page.wait_for_selector("#alarms .card.high")
        page.wait_for_selector("html[data-bursts]")
        assert "Room 1" in page.inner_text("#alarms")
        assert page.query_selector("#alarms button") is None
        assert grave(page) == []
        for n in range(6):
            page.fill("#user", "berta")
            page.fill("#secret", f"99887{n}")
            page.click("form[action='/device/sign-in'] button")
            page.wait_for_selector("[role=alert].note:visible")
        assert "Too many tries" in page.inner_text("[role=alert].note:visible")
        page.wait_for_selector("html[data-link=on]")
        assert "Room 1" in page.inner_text("#alarms"), "shown under lock-out"
        with hub.context.database.write() as db:
            db.execute("DELETE FROM attempts")
        page.fill("#user", "berta")
        page.fill("#secret", PIN)
        page.click("form[action='/device/sign-in'] button")
        page.wait_for_url("**/kiosk")
        page.click("#alarms [data-act=acknowledge]")
        page.wait_for_selector("#alarms .taken")
        with hub.context.database.write() as db:
            db.execute("DELETE FROM sessions")
        page.wait_for_url("**/device")
        page.wait_for_selector("html[data-link=on]")
        assert "Room 1" in page.inner_text("#alarms"), "shown after the shift"
