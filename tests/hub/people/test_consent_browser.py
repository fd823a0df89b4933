"""Consent given and withdrawn: a browser, a hub, the real link, an agent, its desk and its disk."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

pytest.importorskip("playwright", reason="needs the extra dev")

from playwright.sync_api import Browser, Page

from ambient.bus import keys
from ambient.bus.enrolment import HUB_FILE
from ambient.config import HubLink, NodeConfig, Recording, Room
from ambient.events import Purpose
from ambient.hub.identities import Role
from ambient.hub.service import RunningHub
from ambient.node import recorder
from ambient.node.agent import Agent
from ambient.node.desk import CommandDesk
from ambient.node.outbox import Outbox
from ambient.node.recording import SUFFIX, Begun, RecordingWriter
from ambient.node.switches import SwitchBoard, rooms_by_id
from tests.hub.browser import PHONE, page_of
from tests.hub.kit import add_user, enrol, hub_config, running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

ONE, MINUTE_S = "s-00aa11bb", 60.0


@contextmanager
def node_of(hub: RunningHub, config: NodeConfig) -> Iterator[None]:
    """Enrol a node at the hub and run its agent."""
    pair = keys.load_or_make(config.state_dir / keys.NODE_KEY)
    enrol(hub.context.registry, config.node, ["r1"], pair=pair)
    link = HubLink(address=hub.context.link_address, key=hub.context.link_key)
    keys.write_private(config.state_dir / HUB_FILE, msgspec.json.encode(link))
    desk = CommandDesk(config.state_dir / "node.yaml", config, config.state_dir, running=False)
    stop = threading.Event()

    def run() -> None:
        with Outbox(config.state_dir / "outbox.db") as outbox:
            Agent(
                config,
                outbox,
                identity="i" * 40,
                handler=lambda command: desk.handle(command, time.time_ns()),
            ).run(stop)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(MINUTE_S)


def recorded(folder: Path) -> Path:
    """Put down a recording that tells of the resident."""
    day = folder / recorder.FOLDER / "2027-03-01"
    day.mkdir(parents=True)
    path = day / f"r1.1{SUFFIX}"
    writer = RecordingWriter(path)
    header = {"software": "1", "config_version": "0" * 12, "node": "n-1", "node_key": "k"}
    writer.add(Begun(**header, room="r1", subjects=[ONE]))
    writer.close()
    return path


def stands(page: Page, text: str) -> None:
    """Look at the page again until the purpose stands so."""
    line = page.locator("li", has_text="Research")
    deadline = time.monotonic() + MINUTE_S
    while line.inner_text().split("·")[0].split() != ["Research", text]:
        assert time.monotonic() < deadline, line.inner_text()
        page.wait_for_timeout(250)
        page.reload()


def test_a_withdrawal_in_the_browser_closes_and_erases_on_the_node_within_a_minute(
    browser: Browser, tmp_path: Path
) -> None:
    config = NodeConfig(
        site="house",
        node="n-1",
        state_dir=tmp_path / "node",
        rooms=[Room(id="r1")],
        recording=Recording(enabled=True),
    )
    config.state_dir.mkdir(mode=0o700)
    board = SwitchBoard(config.state_dir)

    def on_the_node() -> bool:
        return board.read().is_on(rooms_by_id(config)["r1"], Purpose.RESEARCH)

    with running(hub_config(tmp_path / "hub")) as hub, node_of(hub, config):
        add_user(hub, "lead", Role.LEAD)
        with page_of(
            browser, hub, size=PHONE, path="/consents", user="lead", language="en"
        ) as page:
            page.fill("input[name=subject] >> nth=0", ONE)
            page.select_option("select[name=room]", "r1")
            page.fill("input[name=bed]", "a")
            page.click("form[action$=move-in] button")
            page.click(f"summary:has-text('{ONE}')")

            def decide(what: str) -> None:
                page.select_option("select[name=purpose]", "research")
                page.select_option("select[name=what]", what)
                page.fill("input[name=by]", "E. Muster")
                page.click("form[action$=decide] button")

            decide("agree")
            stands(page, "on")
            assert on_the_node()
            held = recorded(config.state_dir)
            page.click(f"summary:has-text('{ONE}')")
            began = time.monotonic()
            decide("withdraw")
            stands(page, "off")
            deadline = began + MINUTE_S
            while held.exists():
                assert time.monotonic() < deadline
                page.wait_for_timeout(100)
            assert not on_the_node()
            assert time.monotonic() - began < MINUTE_S
