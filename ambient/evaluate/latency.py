"""From the frame that confirms a fall to the alarm on the page, in a real browser.

Comes in: a recording of a fall. Goes out: for every fall that a camera saw, the time from the
instant of the frame that confirmed it (`t` of the event, which is the frame's own) until the
ringing alarm was painted in a Chromium that had the page open beforehand. Node, hub, link and page
are the real ones; the recording plays on several cameras again and again, at its own speed.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from ambient.errors import UsageError
from ambient.evaluate.facility import Facility
from ambient.evaluate.page import PageClient
from ambient.evaluate.statistics import quantile
from ambient.sqlite import open_to_read

if TYPE_CHECKING:
    from playwright.sync_api import Page

CAMERAS: Final = 4
LIMIT_S: Final = 2.0
"""What the 95th percentile is held against."""

PATIENCE_S: Final = 120.0
"""How long no alarm may come before the measurement is given up."""

BROWSER: Final = "AMBIENT_CHROMIUM"
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

WATCH: Final = """
window.ambientPainted = {};
const look = () => {
  for (const card of document.querySelectorAll('[data-kind="fall"][data-sound="high"]')) {
    const id = card.dataset.key;
    if (window.ambientPainted[id]) continue;
    window.ambientPainted[id] = -1;
    requestAnimationFrame(() => { window.ambientPainted[id] = Date.now(); });
  }
};
new MutationObserver(look).observe(document.body, {
  childList: true, subtree: true, attributes: true,
});
look();
"""
"""Notes when each ringing alarm was painted, in ms since the epoch."""


class LatencyReport(msgspec.Struct, frozen=True):
    """What a run showed, in seconds from the frame's instant.

    Attributes
    ----------
    ok
        Whether all runs were measured and the 95th percentile is within the limit.
    page_s
        To the painted alarm, each run.
    hub_p95_s
        To the hub's disk, 95th percentile.
    """

    ok: bool
    runs: int
    cameras: int
    limit_s: float
    page_s: list[float]
    p50_s: float | None
    p95_s: float | None
    longest_s: float | None
    hub_p95_s: float | None


def chromium() -> str:
    """Return the path of a Chromium.

    Raises
    ------
    UsageError
        When there is none.
    """
    named = os.environ.get(BROWSER, "")
    found = named or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        raise UsageError(
            f"expected a Chromium, found none; install it (apt-get install chromium) or name it "
            f"in {BROWSER}"
        )
    return found


def run(
    runs: int,
    *,
    recording: Path,
    cameras: int = CAMERAS,
    tell: Callable[[str], None] = lambda _: None,
) -> LatencyReport:
    """Measure `runs` falls.

    Parameters
    ----------
    runs
        How many alarms.
    recording
        Of a fall; the person must be up again when it begins anew.
    cameras
        In how many rooms it plays at once.
    tell
        Called with each step.

    Raises
    ------
    UsageError, LinkError
        When there is no browser, or node or hub do not come up.
    """
    from playwright.sync_api import sync_playwright

    path = chromium()
    rooms: dict[str, Sequence[str]] = {
        f"r{number}": [f"file:{recording.resolve()}"] for number in range(1, cameras + 1)
    }
    with Facility(None, rooms) as facility, sync_playwright() as playwright:
        facility.start_hub()
        facility.set_up_user()
        facility.enrol()
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=list(FLAGS))
        try:
            context = browser.new_context()
            context.add_cookies(
                [
                    {"name": name, "value": value, "url": facility.page.url}
                    for name, value in facility.page.cookies()
                ]
            )
            page = context.new_page()
            page.goto(facility.page.url)
            page.evaluate(WATCH)
            tell("the page is open")
            facility.start_node()
            painted = _collect(page, facility.page, runs, tell)
        finally:
            browser.close()
        facility.stop_node()
        return _report(facility, painted, runs, cameras)


def _collect(
    page: Page, client: PageClient, runs: int, tell: Callable[[str], None]
) -> dict[str, int]:
    """Return when each alarm was painted (ms since the epoch), by its id."""
    painted: dict[str, int] = {}
    seen_at = time.monotonic()
    while len(painted) < runs and time.monotonic() - seen_at < PATIENCE_S:
        page.wait_for_timeout(250)
        found: dict[str, int] = page.evaluate("window.ambientPainted")
        for alarm, at in found.items():
            if at > 0 and alarm not in painted:
                painted[alarm] = at
                seen_at = time.monotonic()
                tell(f"{len(painted)} of {runs} alarms")
                # Acknowledged, so that each alarm of the next round is a fresh one.
                client.acknowledge(alarm)
    return painted


def _report(facility: Facility, painted: dict[str, int], runs: int, cameras: int) -> LatencyReport:
    query = (
        "SELECT chain, min(t), min(received) FROM events WHERE kind = 'fall.confirmed' GROUP BY 1"
    )
    path = facility.hub_state / "hub.db"
    with closing(open_to_read(path)) as database:
        confirmed = {chain: (t, received) for chain, t, received in database.execute(query)}
    on_page = [
        round(at / 1e3 - confirmed[alarm][0] / 1e9, 3)
        for alarm, at in painted.items()
        if alarm in confirmed
    ][:runs]
    at_hub = [(received - t) / 1e9 for t, received in confirmed.values()]

    p95 = quantile(on_page, 0.95)
    return LatencyReport(
        ok=len(on_page) >= runs and p95 is not None and p95 <= LIMIT_S,
        runs=len(on_page),
        cameras=cameras,
        limit_s=LIMIT_S,
        page_s=on_page,
        p50_s=quantile(on_page, 0.5),
        p95_s=p95,
        longest_s=quantile(on_page, 1.0),
        hub_p95_s=quantile(at_hub, 0.95),
    )
