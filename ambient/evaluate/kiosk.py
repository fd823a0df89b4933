"""From a confirmed fall in a node's outbox to a locked screen, with the internet cut; then no hub.

Comes in: how many alarms. Goes out: for each, the time from the commit of `fall.confirmed` into the
outbox until the card was painted on an enrolled device on which nobody is signed in; then, the hub
killed, how soon that screen is loud, and how soon the node's contact closes for a fall that no hub
acknowledges. Hub, agent, outbox, link, page and browser are the real ones; all run in a network
namespace that has loopback and nothing else. The relay itself is one that is only remembered.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np
import yaml

from ambient import events
from ambient.config import NodeConfig, load_node
from ambient.config_relay import RoomContact as ContactConfig
from ambient.errors import LinkError, StoreError, UsageError
from ambient.evaluate.facility import NODE, USER, Facility
from ambient.evaluate.latency import FLAGS, chromium
from ambient.evaluate.node_end import NodeEnd
from ambient.evaluate.page import PageClient
from ambient.evaluate.statistics import quantile
from ambient.events import AnyEvent, FallConfirmed, FallSuspected
from ambient.node.agent import STEP_S, Agent
from ambient.node.contact import RoomContact
from ambient.node.outbox import Outbox
from ambient.node.place import NodePlace

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOMS: Final = 10
LIMIT_S: Final = 5.0
"""For a call by DIN VDE 0834; what the 99th percentile is held against."""
ALONE_LIMIT_S: Final = 15.0
"""Within which the screen is loud, and the contact closed, without a hub."""
PATIENCE_S: Final = 60.0
DEVICE: Final = "ward"
_KEY: Final = "k" * 40
_NS: Final = 1_000_000_000

WATCH: Final = """
window.painted = {};
const look = () => {
  for (const card of document.querySelectorAll('#alarms [data-sound="high"]')) {
    const key = card.dataset.key;
    if (window.painted[key]) continue;
    window.painted[key] = -1;
    requestAnimationFrame(() => { window.painted[key] = Date.now(); });
  }
};
new MutationObserver(look).observe(document.body, {
  childList: true, subtree: true, attributes: true,
});
look();
"""
LOUD: Final = """() => {
  const root = document.documentElement;
  const before = root.dataset.bursts || "0";
  window.loudAt = new Promise((found) => new MutationObserver(() => {
    const { link, bursts } = root.dataset;
    if (link === "off" && bursts !== before) found(Date.now());
  }).observe(root, { attributes: true }));
}"""


class KioskReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a run showed, in seconds.

    Attributes
    ----------
    ok
        Every alarm was painted, and the three limits hold.
    interfaces
        What networks there were: loopback alone when the internet is cut.
    p99_low, p99_high
        95 % interval of the 99th percentile, alarms drawn again.
    loud_s
        From the hub's death until the screen sounded.
    contact_s
        From a fall without a hub until the contact was to be closed.
    """

    ok: bool
    alarms: int
    painted: int
    interfaces: list[str]
    p50_s: float | None
    p99_s: float | None
    p99_low: float | None
    p99_high: float | None
    longest_s: float | None
    loud_s: float | None
    contact_s: float | None
    busy: float


class _Wire:
    """A relay that remembers when it was closed first."""

    def __init__(self) -> None:
        self.at: float | None = None
        self.closed = threading.Event()

    def set(self, closed: bool) -> None:
        if closed and self.at is None:
            self.at = time.monotonic()
            self.closed.set()

    def check(self) -> None:
        """Find nothing wrong."""

    def close(self) -> None:
        """Nothing is held."""

    def leave(self) -> None:
        """Nothing is held."""


class _NodeEnd(NodeEnd):
    """The agent and the contact of a node, in one thread as in the worker *agent*."""

    def __init__(self, config: NodeConfig, wire: _Wire) -> None:
        super().__init__(config, _KEY)
        self._contact = RoomContact(ContactConfig(gpio=1), lambda _: wire)
        self.connected = threading.Event()

    def run(self) -> None:
        """Serve until stopped."""
        try:
            super().run()
        finally:
            self._contact.close()

    def turn(self, agent: Agent, filled: Outbox) -> None:
        """Send, and close the contact where no hub answers."""
        agent.step(STEP_S)
        if agent.connected:
            self.connected.set()
        waiting: set[int] | None = None
        with suppress(StoreError):
            waiting = agent.unanswered_alarms()
        self._contact.update(waiting, time.monotonic())


def interfaces() -> list[str]:
    """Return the networks that this process has."""
    lines = Path("/proc/net/dev").read_text().splitlines()[2:]
    return sorted(line.partition(":")[0].strip() for line in lines)


def cut(command: Sequence[str]) -> int:
    """Run `command` in a network of its own, with loopback and nothing else; return its code.

    Raises
    ------
    UsageError
        When this user may make no such network.
    """
    if subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False).returncode:
        raise UsageError("expected a user who may cut the network (root), got one who may not")
    inside = ["sh", "-c", 'ip link set lo up && exec "$@"', "sh", *command]
    return subprocess.run(["unshare", "--net", "--", *inside], check=False).returncode


def run(alarms: int = 100, *, tell: Callable[[str], None] = lambda _: None) -> KioskReport:
    """Measure `alarms` alarms one after the other, then the loss of the hub.

    Raises
    ------
    UsageError, LinkError
        When there is no browser, or hub or node do not come up.
    """
    from playwright.sync_api import sync_playwright

    busy = Path("/proc/loadavg").read_text().split()[0]
    rooms: dict[str, Sequence[str]] = {f"r{number}": [] for number in range(1, ROOMS + 1)}
    with Facility(None, rooms) as facility, sync_playwright() as playwright:
        _let_configure(facility)
        facility.start_hub()
        facility.set_up_user()
        facility.enrol()
        cookie = facility.page.enrol_device(DEVICE)
        carer = PageClient(facility.page.url)
        carer.log_in(USER, facility.password)
        wire = _Wire()
        node = _NodeEnd(load_node(facility.folder / "node.yaml"), wire)
        node.start()
        browser = playwright.chromium.launch(
            executable_path=chromium(), headless=True, args=list(FLAGS)
        )
        try:
            context = browser.new_context()
            context.add_cookies(
                [{"name": name, "value": value, "url": carer.url} for name, value in cookie]
            )
            page = context.new_page()
            page.goto(f"{carer.url}/device")
            page.wait_for_selector("html[data-link=on]", timeout=PATIENCE_S * 1000)
            page.click("#sound-off")
            page.wait_for_selector("html[data-audio=on]")
            page.evaluate(WATCH)
            if not node.connected.wait(PATIENCE_S):
                raise LinkError("expected the node to find its hub; see hub.log")
            with Outbox(NodePlace(facility.node_state).outbox) as outbox:
                found = [_alarm(number, outbox, page, carer, tell) for number in range(alarms)]
                loud_s = _lose(facility, page)
                contact_s = _alone(alarms, outbox, wire)
        finally:
            browser.close()
            node.stop()
    delays = [one for one in found if one is not None]
    low, high = _p99_interval(delays)
    p99 = quantile(delays, 0.99)
    return KioskReport(
        ok=len(delays) == alarms
        and p99 is not None
        and p99 <= LIMIT_S
        and loud_s is not None
        and loud_s <= ALONE_LIMIT_S
        and contact_s is not None
        and contact_s <= ALONE_LIMIT_S,
        alarms=alarms,
        painted=len(delays),
        interfaces=interfaces(),
        p50_s=quantile(delays, 0.5),
        p99_s=p99,
        p99_low=low,
        p99_high=high,
        longest_s=quantile(delays, 1.0),
        loud_s=loud_s,
        contact_s=contact_s,
        busy=float(busy),
    )


def _let_configure(facility: Facility) -> None:
    """Let the administrator enrol a device without a second factor, which no program has."""
    path = facility.folder / "hub.yaml"
    content = yaml.safe_load(path.read_text())
    content["web"]["second_factor"] = "optional"
    path.write_text(yaml.safe_dump(content, sort_keys=False))


def _alarm(
    number: int, outbox: Outbox, page: Page, carer: PageClient, tell: Callable[[str], None]
) -> float | None:
    """Commit one fall; return after how long it was painted, nothing when it never was."""
    before: dict[str, int] = page.evaluate("window.painted")
    life = _fall(number)
    committed = time.time_ns()
    outbox.commit(life)
    end = time.monotonic() + PATIENCE_S
    seen: float | None = None
    while seen is None and time.monotonic() < end:
        page.wait_for_timeout(50)
        now: dict[str, int] = page.evaluate("window.painted")
        new = [at for key, at in now.items() if key not in before and at > 0]
        seen = min(new) / 1e3 - committed / 1e9 if new else None
    carer.resolve(life[0].chain, "test")
    page.wait_for_selector("#all-quiet:not([hidden])")
    if (number + 1) % 10 == 0:
        tell(f"{number + 1} alarms")
    return None if seen is None else round(seen, 3)


def _lose(facility: Facility, page: Page) -> float | None:
    """Kill the hub; return after how long the screen is loud."""
    page.evaluate(LOUD)
    assert facility.hub is not None, "it was started"
    killed = time.time()
    facility.hub.kill()
    facility.hub.wait()
    page.set_default_timeout(PATIENCE_S * 1000)
    loud: int | None = page.evaluate(
        "Promise.race([window.loudAt, new Promise((late) => setTimeout(late, 60000, null))])"
    )
    return None if loud is None else round(loud / 1e3 - killed, 3)


def _alone(number: int, outbox: Outbox, wire: _Wire) -> float | None:
    """Commit a fall without a hub; return after how long the contact is to be closed."""
    committed = time.monotonic()
    outbox.commit(_fall(number))
    if not wire.closed.wait(PATIENCE_S) or wire.at is None:
        return None
    return round(wire.at - committed, 3)


def _fall(number: int) -> list[AnyEvent]:
    """Return what is committed when a fall is confirmed, its first event included."""
    t, room = time.time_ns(), f"r{number % ROOMS + 1}"
    chain = events.chain_id(_KEY, room, "fall", t)
    common: dict[str, Any] = {
        "t": t,
        "node": NODE,
        "room": room,
        "chain": chain,
        "config_version": "0" * 12,
    }
    suspected, confirmed = (
        events.event_id(_KEY, chain, position, kind, t)
        for position, kind in enumerate(("fall.suspected", "fall.confirmed"))
    )
    return [
        FallSuspected(id=suspected, position=0, **common),
        FallConfirmed(id=confirmed, position=1, down_s=8.0, **common),
    ]


def _p99_interval(values: Sequence[float]) -> tuple[float | None, float | None]:
    if len(values) < 2:
        return None, None
    drawn = np.random.default_rng(1).choice(np.asarray(values), (2000, len(values)))
    low, high = np.quantile(np.quantile(drawn, 0.99, axis=1), (0.025, 0.975))
    return round(float(low), 3), round(float(high), 3)


def again() -> list[str]:
    """Return the command line of this process, to be run once more."""
    return [sys.executable, "-m", "ambient", *sys.argv[1:]]
