"""A real Chromium for tests, skipped where there is none."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from ambient.hub.service import RunningHub
from tests.hub.kit import PASSWORD, USER
from tests.patience import LOOK_S, PATIENCE_S, until

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 1000 * PATIENCE_S
expect.set_options(timeout=PATIENCE_MS)

PHONE = (360, 740)
DESKTOP = (1440, 900)
Scheme = Literal["dark", "light"]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium, or skip the test."""
    if shutil.which(CHROMIUM) is None:
        pytest.skip("needs Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=ARGUMENTS, timeout=PATIENCE_MS
        )
        try:
            yield browser
        finally:
            browser.close()


class Proxy:
    """Carries TCP between a browser and a hub, and can stop doing so without closing anything."""

    def __init__(self, port: int) -> None:
        self._to = ("127.0.0.1", port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.stalled = threading.Event()
        self._sockets: list[socket.socket] = [self._listening]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            far = socket.create_connection(self._to)
            self._sockets += [near, far]
            for one, other in ((near, far), (far, near)):
                carry = threading.Thread(target=self._carry, args=(one, other))
                self._threads.append(carry)
                carry.start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        try:
            while data := one.recv(65536):
                if not self.stalled.is_set():
                    other.sendall(data)
            if not self.stalled.is_set():
                other.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def close(self) -> None:
        """Close everything."""
        for one in self._sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join(PATIENCE_S)


def come(page: Page, what: Callable[[], object]) -> None:
    """Wait until `what`, which is on its way from the browser to this test, is true.

    Playwright hands on what came only while it is asked for something, and swallows the signal
    by which a test that takes too long is ended: each wait for it has an end of its own.
    """
    deadline = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < deadline, "the browser never said it"
        page.wait_for_timeout(1000 * LOOK_S)


@contextmanager
def page_of(
    browser: Browser,
    hub: RunningHub,
    *,
    size: tuple[int, int] = DESKTOP,
    scheme: Scheme = "dark",
    path: str = "/",
    log_in: bool = True,
    url: str | None = None,
    scale: float = 1,
    user: str = USER,
    language: str = "",
) -> Iterator[Page]:
    """Open a page whose every script error or refused resource fails the test at its end."""
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        base_url=url or hub.url,
        device_scale_factor=scale,
        ignore_https_errors=True,  # a hub's own certificate, which no test has installed
    )
    if language:
        context.set_extra_http_headers({"Accept-Language": language})
    context.set_default_timeout(PATIENCE_MS)
    if log_in:
        answer = context.request.post("/api/login", data={"user": user, "password": PASSWORD})
        assert answer.ok, answer.text()
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console",
        lambda said: errors.append(said.text) if "Content Security Policy" in said.text else None,
    )
    page.goto(path)
    try:
        yield page
        assert errors == []
    finally:
        # A page that goes first leaves no worker behind for the context to wait for.
        page.close()
        context.close()


ALONE = """
window.alone = 0;
setInterval(() => { window.alone += 0.1; }, 100);
window.EventSource = class extends EventSource {
    constructor(...args) {
        super(...args);
        for (const kind of ['beat', 'state'])
            this.addEventListener(kind, () => { window.alone = 0; });
    }
};
new MutationObserver(() => {
    const { link, lostSound } = document.documentElement?.dataset ?? {};
    if (link !== 'off') return;
    window.lostAfter ??= window.alone;
    if (lostSound) window.loudAfter ??= window.alone;
}).observe(document, { attributes: true, subtree: true, childList: true });
"""
"""Counts for how long (s) a page has not heard its hub, in turns that the page itself was given.

What a busy machine takes from the page, or keeps a hub from ending, does not count."""


def alone_for(page: Page, what: Literal["lostAfter", "loudAfter"]) -> float:
    """Wait until the page says that it has no hub, or is loud; return how long it had none (s)."""
    page.wait_for_selector(
        "html[data-link=off]" if what == "lostAfter" else "html[data-link=off][data-lost-sound]"
    )
    return float(page.evaluate(f"window.{what}"))


def connected(page: Page) -> None:
    """Wait until the page says that it is connected."""
    page.wait_for_selector("html[data-link=on]")


def grave(page: Page) -> list[str]:
    """Return what axe finds serious."""
    found = Axe().run(page, options={"resultTypes": ["violations"]})
    return [
        f"{one['id']}: {one['help']}: {[n['target'] for n in one['nodes']]}"
        for one in found.response["violations"]
        if one["impact"] in ("serious", "critical")
    ]


def wait_until_stopped(hub: RunningHub) -> None:
    """Wait until the stopped hub has closed its database, which comes last."""
    database = hub.context.database

    def is_closed() -> bool:
        try:
            with database._read_lock:  # SQLite crashes who asks while it is being closed
                database._reader.conn.execute("SELECT 1")
        except Exception as error:  # noqa: BLE001 - closed is what is waited for
            return "closed" in str(error)
        return False

    until(is_closed, "the hub did not stop")
