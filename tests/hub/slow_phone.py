"""How fast the list is on a slow phone, and how much it weighs: for a test, and for a figure.

Comes in: a hub with open alarms. Goes out: what one cold load cost. The profile is Lighthouse's for
mobile: 150 ms round trip, 1.6 Mbit/s down, 0.75 Mbit/s up, a core four times slower than this one.
Run as ``python -m tests.hub.slow_phone`` it prints the figures of twenty loads; the clock is the
browser's, so that a busy machine makes them larger.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser

from ambient.hub.service import RunningHub
from tests.hub.browser import PHONE, chromium, come, page_of
from tests.hub.kit import enrol, fall, hub_config, running

LOADS: Final = 20
SHOWN_ALARMS: Final = 4
PROFILE: Final = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1.6 * 1024 * 1024 / 8,
    "uploadThroughput": 750 * 1024 / 8,
}
SLOWER: Final = 4
SHOWN: Final = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"


@dataclass(frozen=True)
class Load:
    """One cold load.

    Attributes
    ----------
    shown_s
        From the request to the first painting, which has the list in it.
    usable_s
        From the request until its buttons answer.
    live_s
        From the request until the live link stands.
    transferred
        Bytes that came over the line, headers and the live link's first state included.
    requested
        Paths in the order in which they were asked for.
    """

    shown_s: float
    usable_s: float
    live_s: float
    transferred: int
    requested: list[str]


def load(browser: Browser, hub: RunningHub, *, slow: bool = True) -> Load:
    """Load the list of `hub` once, with nothing kept from before."""
    requested: list[str] = []
    received: dict[str, int] = {}
    with page_of(browser, hub, size=PHONE, path="/healthz") as page:
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        if slow:
            session.send("Network.emulateNetworkConditions", PROFILE)
            session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})

        def some(said: dict[str, Any]) -> None:
            request = said["requestId"]
            received[request] = received.get(request, 0) + int(said["encodedDataLength"])

        def finished(said: dict[str, Any]) -> None:
            received[said["requestId"]] = int(said["encodedDataLength"])

        session.on("Network.dataReceived", some)  # of the live link, which does not finish
        session.on("Network.loadingFinished", finished)
        page.on("request", lambda one: requested.append(one.url.removeprefix(hub.url)))
        page.add_init_script(
            """
            new MutationObserver((_, watch) => {
                const { ready, link } = document.documentElement?.dataset ?? {};
                if (ready) window.usableAt ??= performance.now();
                if (link !== 'on') return;
                window.liveAt = performance.now();
                watch.disconnect();
            }).observe(document, { attributes: true, subtree: true, childList: true });
            """
        )
        page.goto("/", wait_until="commit")
        page.wait_for_selector("html[data-link=on]")
        come(page, lambda: page.evaluate(SHOWN) is not None)  # not written down at once
        shown = page.evaluate(SHOWN)
        usable, live = page.evaluate("[window.usableAt, window.liveAt]")
        assert page.locator("#alarms > li").count() == SHOWN_ALARMS
    return Load(shown / 1000, usable / 1000, live / 1000, sum(received.values()), requested)


def furnish(hub: RunningHub) -> None:
    """Open a few alarms."""
    enrol(hub.context.registry, "n-1", [f"r{n}" for n in range(1, 10)])
    for number in range(SHOWN_ALARMS):
        life = fall(time.time() - 60, 2, room=f"r{number + 1}")
        hub.context.store.store("n-1", life, time.time_ns())


def main() -> None:
    """Print the figures."""
    with (
        tempfile.TemporaryDirectory() as folder,
        chromium() as browser,
        running(hub_config(Path(folder))) as hub,
    ):
        furnish(hub)
        loads = [load(browser, hub) for _ in range(LOADS)]
    for name in ("shown_s", "usable_s", "live_s"):
        values = sorted(getattr(one, name) for one in loads)
        print(
            f"{name}: median {statistics.median(values):.2f}, "
            f"{values[0]:.2f} to {values[-1]:.2f} s of {LOADS} loads"
        )
    print(f"transferred: {max(one.transferred for one in loads) / 1000:.1f} kB")
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
