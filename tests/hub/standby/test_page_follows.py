"""A screen of a hub that fell goes to the other one, in a real Chromium, and is never silent."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest
import uvicorn

pytest.importorskip("playwright", reason="needs the extra dev")

from playwright.sync_api import Browser, Page, expect

from ambient.config import HubConfig
from ambient.config_standby import Order, OtherHub, Standby
from ambient.evaluate.ports import free_port
from ambient.hub.service import RunningHub
from ambient.hub.standby.page import StandbyPage
from tests.hub.browser import ARGUMENTS, CHROMIUM, connected, page_of, wait_until_stopped
from tests.hub.kit import enrol, fall, hub_config, running
from tests.patience import PATIENCE_S, until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@dataclass
class Two:
    """The hub that falls, and the other one as browsers reach it: by another site's name."""

    first: RunningHub
    second: RunningHub
    other: str

    def device(self, page: Page, hub: RunningHub, url: str) -> None:
        """Enrol the browser of `page` as a shared screen of `hub`."""
        cookie = hub.context.accounts.devices.enrol("ward 1", "root", time.time_ns())
        page.context.add_cookies(
            [{"name": "ambient-device", "value": cookie, "url": url, "sameSite": "Strict"}]
        )

    @contextmanager
    def failed_over(self, *, well: bool = True) -> Iterator[None]:
        """Stop the first hub; at its address one stands by."""
        self.first.stop()
        wait_until_stopped(self.first)
        listening = listening_at(urlsplit(self.first.url).port or 0)
        app = StandbyPage("house", self.other, lambda: well)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws="none"))
        serving = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        serving.start()
        try:
            yield
        finally:
            server.should_exit = True
            serving.join(PATIENCE_S)
            listening.close()


def listening_at(port: int) -> socket.socket:
    """Return a socket that listens there, as soon as whoever was there before is gone."""
    made: list[socket.socket] = []

    def is_bound() -> bool:
        with suppress(OSError):
            made.append(socket.create_server(("127.0.0.1", port)))
        return bool(made)

    until(is_bound, f"port {port} is not free")
    return made[0]


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    at, other_at = free_port(), free_port()
    other = f"http://localhost:{other_at}"
    with (
        running(paired(tmp_path / "second", other_at, f"http://127.0.0.1:{at}")) as second,
        running(paired(tmp_path / "first", at, other)) as first,
    ):
        enrol(second.context.registry, "n-1", ["r1"])
        yield Two(first, second, other)


def paired(folder: Path, port: int, other: str) -> HubConfig:
    there = OtherHub(address="tcp://127.0.0.1:1", link="tcp://127.0.0.1:2", page=other)
    standby = Standby(order=Order.FIRST, bind="tcp://127.0.0.1:3", other=there)
    return msgspec.structs.replace(hub_config(folder, port=port), standby=standby)


@pytest.fixture(scope="module")
def kiosk(browser: Browser) -> Iterator[Browser]:
    """A screen on the wall: its browser plays sound without a tap."""
    arguments = [*ARGUMENTS, "--autoplay-policy=no-user-gesture-required"]
    with closing(browser.browser_type.launch(executable_path=CHROMIUM, args=arguments)) as launched:
        yield launched


def test_a_screen_goes_to_the_other_hub_and_rings_there(kiosk: Browser, two: Two) -> None:
    two.second.context.store.store("n-1", fall(time.time(), 2), time.time_ns())
    with page_of(kiosk, two.first, path="/healthz", log_in=False) as page:
        two.device(page, two.first, two.first.url)
        two.device(page, two.second, two.other)
        page.goto("/device")
        connected(page)
        with two.failed_over():
            page.wait_for_url(f"{two.other}/device")
            connected(page)
            page.wait_for_selector("#alarms .card.high")
            page.wait_for_selector("html[data-bursts]")


def test_a_screen_that_is_not_known_there_is_loud_until_somebody_signs_in(
    kiosk: Browser, two: Two
) -> None:
    with page_of(kiosk, two.first, language="de") as page:
        connected(page)
        with two.failed_over():
            page.wait_for_url(f"{two.other}/login#moved=/")
            expect(page.locator("#moved")).to_contain_text("hier anmelden")
            page.wait_for_selector("html[data-bursts]")
            expect(page.locator("#moved-sound")).to_be_hidden()


def test_sound_that_a_tap_allowed_is_not_left_behind(browser: Browser, two: Two) -> None:
    with page_of(browser, two.first) as page:
        connected(page)
        page.click("#sound-off")
        page.wait_for_selector("html[data-audio=on]")
        with two.failed_over():
            expect(page.locator("#lost-title")).to_have_text("The other hub serves")
            expect(page.locator("#lost-text")).to_contain_text("ring at the other one")
            page.wait_for_selector("html[data-lost-sound]:not([data-lost-sound='1'])")
            assert page.url == f"{two.first.url}/"
            page.click("#lost-other")
            page.wait_for_url(f"{two.other}/login#moved=/")
            expect(page.locator("#moved")).to_be_visible()


@pytest.mark.parametrize("well", [True, False], ids=["unreachable from here", "does not serve"])
def test_a_screen_stays_where_the_other_hub_is_no_better(
    kiosk: Browser, two: Two, well: bool
) -> None:
    with page_of(kiosk, two.first) as page:
        connected(page)
        page.route(f"{two.other}/**", lambda route: route.abort())
        with two.failed_over(well=well):
            title = "The other hub serves" if well else "Not connected"
            expect(page.locator("#lost-title")).to_have_text(title)
            page.wait_for_selector("html[data-lost-sound]")
            assert page.url == f"{two.first.url}/"


def test_a_hub_that_answers_nothing_leaves_the_other_ones_address(kiosk: Browser, two: Two) -> None:
    with page_of(kiosk, two.first) as page:
        connected(page)
        two.first.stop()
        expect(page.locator("#lost-title")).to_have_text("Not connected")
        expect(page.locator("#lost-other")).to_be_visible()
        expect(page.locator("#lost-other")).to_have_attribute("href", f"{two.other}/")
        expect(page.locator("#lost-other")).to_contain_text(two.other)
