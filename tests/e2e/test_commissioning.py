"""A room installed by the wizard: real node, real hub, real Chromium on a phone; then a spare node.

Recordings stand for the cameras: one of somebody who walks and falls, at three places in turn, one
of somebody who sits, one of somebody who lies on a bed. What the wizard says is what the node's
senses said of them.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

pytest.importorskip("playwright", reason="needs the extra dev")

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Response, expect

from ambient import events
from ambient.config import load_node
from ambient.evaluate.facility import NODE, USER, Facility, end
from ambient.evaluate.ports import free_port
from ambient.events import (
    CommandApplied,
    CommandKind,
    NodeCommissioned,
    NodeWizard,
    NodeZone,
    Outcome,
    Station,
    WizardAct,
)
from ambient.node.identity import read_identity
from ambient.node.place import NodePlace
from ambient.node.running import is_running
from ambient.node.wizard.record import newest
from ambient.sealing import made_pair
from tests.e2e.helpers import rows, wait_for
from tests.e2e.rooms import room
from tests.hub.browser import PATIENCE_MS, PHONE, chromium
from tests.patience import FAR_S

pytestmark = [pytest.mark.long, pytest.mark.browser, pytest.mark.timeout(1800)]

ROOM = "r12"
CLIPS = {"c1": "falls", "c2": "sit", "c3": "lie_bed"}
BED = [(0.25, 0.35), (0.98, 0.35), (0.98, 0.98), (0.25, 0.98)]
"""Over the bed of the recording, generously."""
SPEED = float(os.environ.get("AMBIENT_COMMISSION_S", "6"))
"""How long somebody does what a station asks for before it is judged; recordings go round."""
TRIES = 12
WALK = pytest.mark.skipif(
    "AMBIENT_WALK" not in os.environ, reason="takes minutes: set AMBIENT_WALK=1"
)
PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF", b"GIF8", b"BM")


@dataclass
class Answers:
    """What the wizard sent to the installer's device."""

    bodies: list[tuple[str, str, bytes]] = field(default_factory=list)

    def pictures(self) -> list[str]:
        """Return the answers that hold a picture."""
        return [
            url
            for url, kind, body in self.bodies
            if kind.startswith("image/") or any(body.startswith(one) for one in PICTURES)
        ]

    def take(self, answer: Response) -> None:
        """Keep an answer with its body; what the page made of one for itself is none."""
        if answer.status < 300 and not answer.url.startswith("blob:"):
            self.bodies.append((answer.url, answer.headers.get("content-type", ""), answer.body()))


class Wizard:
    """One opening of a node's wizard, as a process."""

    def __init__(self, facility: Facility, *more: str) -> None:
        self._facility = facility
        self.port = free_port()
        self.log = facility.folder / "commission.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable, "-m", "ambient", "commission", "--host", "127.0.0.1",
                    "--port", str(self.port), "-c", str(facility.folder / "node.yaml"), *more,
                ],
                stdout=log,
                stderr=log,
            )  # fmt: skip
        wait_for(self._open)
        self.url = f"https://127.0.0.1:{self.port}"

    def _open(self) -> bool:
        ended = self.process.poll() is not None
        said = self.log.read_text()
        assert "fingerprint" in said or not ended, said
        return "fingerprint" in said

    def at_hub(self) -> dict[str, str]:
        """Return what the hub shows of it: the code, and the certificate's digest."""
        answers: list[dict[str, str]] = []

        def told() -> bool:
            done = subprocess.run(
                [
                    sys.executable, "-m", "ambient", "commission-code", NODE, "--json",
                    "-c", str(self._facility.folder / "hub.yaml"),
                ],
                capture_output=True,
                check=False,
            )  # fmt: skip
            answers[:] = [json.loads(done.stdout)] if done.returncode == 0 else []
            return bool(answers)

        wait_for(told)
        return answers[0]

    def close(self) -> None:
        """End it."""
        end(self.process, FAR_S)


@pytest.fixture(scope="module")
def facility(models: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Facility]:
    folder = tmp_path_factory.mktemp("room")
    with Facility(None, {ROOM: []}, node_extra={"rooms": [room(folder, CLIPS)]}) as made:
        hub_yaml = made.folder / "hub.yaml"
        given = yaml.safe_load(hub_yaml.read_text())
        given["web"]["second_factor"] = "optional"
        hub_yaml.write_text(yaml.safe_dump(given))
        made.start_hub()
        made.set_up_user()
        made.enrol()
        made.start_node()
        place = NodePlace(made.node_state)
        wait_for(lambda: is_running(made.node_state) and read_identity(place) is not None)
        yield made


def told(facility: Facility, kind: type[events.Event]) -> list[events.AnyEvent]:
    """Return the events of a kind that the hub has, in the order of arrival."""
    query = "SELECT body FROM events WHERE kind = ? ORDER BY number"
    found = rows(facility.hub_state / "hub.db", query, events.kind_of(kind))
    return [events.decode(str(row[0]).encode()) for row in found]


def installation(facility: Facility) -> str:
    """Return how the hub says that the room's installation stands."""
    query = "SELECT body FROM commissioning WHERE room = ?"
    from ambient.hub.commissioning import Commissioning
    from ambient.hub.rows import decode

    found = rows(facility.hub_state / "hub.db", query, ROOM)
    return decode(str(found[0][0]), Commissioning).state.value if found else "never"


def checked(page: Page) -> None:
    """Let axe look at the page."""
    found = Axe().run(page).response["violations"]
    serious = [one["id"] for one in found if one["impact"] in ("serious", "critical")]
    assert serious == [], serious


@pytest.fixture(scope="module")
def phone() -> Iterator[Callable[[], Page]]:
    """Return how a page of a fresh phone is had; scripts may not fail on it."""
    with chromium() as browser:
        opened: list[Page] = []
        errors: list[str] = []

        def make() -> Page:
            width, height = PHONE
            context = browser.new_context(
                viewport={"width": width, "height": height}, ignore_https_errors=True
            )
            context.set_default_timeout(PATIENCE_MS)
            page = context.new_page()
            page.on("pageerror", lambda error: errors.append(str(error)))
            opened.append(page)
            return page

        yield make
        for page in opened:
            page.context.close()
        assert errors == []


def let_in(page: Page, wizard: Wizard) -> None:
    """Compare the fingerprint and give the code."""
    shown = wizard.at_hub()
    page.goto(wizard.url)
    on_page = page.locator(".fingerprint").inner_text()
    assert on_page.replace(":", "").lower() == shown["certificate"]
    page.fill("#code", shown["code"])
    page.keyboard.press("Enter")
    page.wait_for_selector("#stations")


def draw_bed(page: Page) -> None:
    """Draw the bed by touch and a mask by keyboard, and save."""
    page.select_option("#camera", "c3")
    expect(page.locator("#gathering")).to_be_hidden(timeout=3 * PATIENCE_MS)
    page.select_option("#kind", "bed")
    page.select_option("#bed", "r12-a")
    paper = page.locator("#paper")
    paper.scroll_into_view_if_needed()
    box = paper.bounding_box()
    assert box is not None
    for x, y in BED:
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    page.click("#finish-area")
    expect(page.locator("#areas li")).to_have_text(re.compile(r"Bed \(r12-a\)"))
    page.select_option("#kind", "mask")
    page.focus("#paper")
    for moves in ("ArrowUp " * 24 + "ArrowLeft " * 24, "ArrowRight " * 3, "ArrowDown " * 3):
        for key in moves.split():
            page.keyboard.press(key)
        page.keyboard.press("Enter")
    page.focus("#finish-area")
    page.keyboard.press("Enter")
    expect(page.locator("#areas li")).to_have_count(2)
    checked(page)
    page.click("#save")
    expect(page.locator("#saved")).to_contain_text("Saved as version")


def station(page: Page, name: str, light: str) -> bool:
    """Do what a station asks for until it is covered; return whether it is."""
    page.select_option("#light", light)
    item = page.locator(f"[data-station={name}]")
    result = item.locator(f".result[data-light={light}]")
    for _ in range(TRIES):
        item.locator(".go").click()
        expect(item.locator(".go")).to_have_text("Done")
        page.wait_for_timeout(1000 * SPEED)
        item.locator(".go").click()
        expect(item.locator(".go")).to_have_text("Begin")
        if result.get_attribute("data-covered") == "yes":
            return True
    return False


@WALK
def test_a_room_is_installed_within_fifteen_minutes(
    facility: Facility, phone: Callable[[], Page]
) -> None:
    """Code, outlines, bed and mask drawn, the walk by day and night, certificate, hub."""
    began = time.monotonic()
    assert installation(facility) == "never"
    before = load_node(facility.folder / "node.yaml")
    wizard = Wizard(facility)
    try:
        page = phone()
        answers = Answers()
        page.on("response", answers.take)
        page.goto(wizard.url)
        checked(page)
        page.fill("#code", "AAAA-AAAA")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("This is not the code. Tries left: 4")
        let_in(page, wizard)
        checked(page)
        people = page.locator(".people line")
        people.first.wait_for(state="attached", timeout=3 * PATIENCE_MS)
        draw_bed(page)
        config = load_node(facility.folder / "node.yaml")
        assert config.version != before.version
        wait_for(lambda: len(told(facility, NodeZone)) == 2)
        page.wait_for_timeout(2000)  # the workers stop now
        people.first.wait_for(state="attached", timeout=3 * PATIENCE_MS)
        missed = [one.value for one in Station if not station(page, one.value, "day")]
        missed += [one for one in ("walk", "lie_floor_1") if not station(page, one, "night")]
        page.fill("#by", "Installer A")
        page.locator("#finish button").click()
        page.wait_for_selector("#complete")
        checked(page)
        seconds = time.monotonic() - began
        print(f"room commissioned in {seconds:.0f} s, load {os.getloadavg()[0]:.1f}")
        assert missed == []
        expect(page.locator("#complete")).to_have_class("good")
        expect(page.locator("#not-covered")).to_contain_text("The wet room")
        assert answers.pictures() == []
        assert len(answers.bodies) > 20
        assert seconds < 15 * 60
    finally:
        wizard.close()
    wait_for(lambda: told(facility, NodeCommissioned))
    (walked,) = told(facility, NodeCommissioned)
    assert isinstance(walked, NodeCommissioned)
    kept = newest(facility.node_state, ROOM)
    assert kept is not None
    assert (walked.certificate, walked.complete) == (kept.digest, True)
    assert installation(facility) == "commissioned"
    zones = told(facility, NodeZone)
    assert {zone.area.value for zone in zones if isinstance(zone, NodeZone)} == {"bed", "mask"}
    assert b"Installer A" not in (facility.hub_state / "hub.db").read_bytes(), "stays on the node"


def test_a_picture_is_seen_only_when_agreed_and_each_is_told(
    facility: Facility, phone: Callable[[], Page]
) -> None:
    wizard = Wizard(facility)
    try:
        page = phone()
        answers = Answers()
        page.on("response", answers.take)
        let_in(page, wizard)
        before = page.request.get(f"{wizard.url}/still/{ROOM}/c3")
        assert before.status == 404
        page.select_option("#camera", "c3")
        # Hidden: the camera is open.
        expect(page.locator("#gathering")).to_be_hidden(timeout=3 * PATIENCE_MS)
        page.locator("summary").click()
        expect(page.locator("#show-still")).to_be_disabled()
        assert answers.pictures() == []
        page.check("#agree")
        page.click("#show-still")
        page.wait_for_selector("#still[href^='blob:']", state="attached", timeout=3 * PATIENCE_MS)
        assert {url.rpartition("/still/")[2] for url in answers.pictures()} == {f"{ROOM}/c3"}
        assert page.request.get(f"{wizard.url}/still/{ROOM}/c1").status == 404, "another camera"
        page.get_by_text("Close the wizard").click()
        expect(page.locator("main")).to_contain_text("The wizard is closed")
        wait_for(lambda: wizard.process.poll() is not None)
    finally:
        wizard.close()
    assert wizard.process.returncode == 0

    def acts() -> list[WizardAct]:
        all_of = [one for one in told(facility, NodeWizard) if isinstance(one, NodeWizard)]
        chain = all_of[-1].chain
        return [one.act for one in all_of if one.chain == chain]

    wait_for(lambda: WizardAct.CLOSED in acts())
    shown = acts()
    assert shown[:3] == [WizardAct.OPENED, WizardAct.ENTERED, WizardAct.STILL_AGREED]
    assert shown.count(WizardAct.STILL_SHOWN) == len(answers.pictures()) >= 1
    assert shown[-1] is WizardAct.CLOSED


def test_the_hub_opens_the_wizard_and_shows_how_far_the_room_is(
    facility: Facility, phone: Callable[[], Page]
) -> None:
    """One tap on the hub's page; no command is typed on the node."""
    hub = phone()
    hub.context.set_extra_http_headers({"Accept-Language": "en"})
    hub.goto(f"http://127.0.0.1:{facility.web_port}/login")
    hub.fill("#user", USER)
    hub.fill("#password", facility.password)
    hub.keyboard.press("Enter")
    hub.wait_for_selector("#alarms-title")
    hub.goto(f"http://127.0.0.1:{facility.web_port}/install")
    hub.click(f"#install-{ROOM}")
    expect(hub.locator(".opening-stage")).to_contain_text("asked to open the wizard")
    code = hub.locator(".one-time")
    expect(code).to_be_visible(timeout=3 * PATIENCE_MS)
    expect(hub.locator(f"#install-{ROOM}")).to_have_count(0)
    address = hub.locator(".opening dd").first.inner_text()
    page = phone()
    page.goto(address)
    assert page.locator(".fingerprint").inner_text() == hub.locator(".print").inner_text()
    page.fill("#code", code.inner_text())
    page.keyboard.press("Enter")
    page.wait_for_selector("#stations")
    expect(hub.locator(".opening-stage")).to_contain_text("the device that gave the code is in")
    expect(code).to_have_count(0)
    page.locator(".people line").first.wait_for(state="attached", timeout=3 * PATIENCE_MS)
    walk = page.locator("[data-station=walk] .go")
    walk.click()
    page.wait_for_timeout(1000 * SPEED)
    walk.click()
    # On a busy machine a camera may have seen too little of it; that is told as well.
    said = re.compile(r"Walk: [01] of 8 covered, 0 at night")
    expect(hub.locator(f"#room-{ROOM}")).to_contain_text(said, timeout=3 * PATIENCE_MS)
    checked(hub)
    draw_bed(page)
    expect(hub.locator(f"#room-{ROOM}")).to_contain_text("Areas drawn: 2", timeout=3 * PATIENCE_MS)
    page.get_by_text("Close the wizard").click()
    expect(hub.locator(f"#install-{ROOM}")).to_be_visible(timeout=3 * PATIENCE_MS)
    expect(hub.locator(".opening-stage")).to_have_count(0)
    wait_for(lambda: told(facility, CommandApplied))
    (answer,) = told(facility, CommandApplied)
    assert isinstance(answer, CommandApplied)
    assert (answer.command_kind, answer.outcome) == (CommandKind.WIZARD, Outcome.APPLIED)


def test_the_wizard_closes_by_itself(facility: Facility) -> None:
    wizard = Wizard(facility, "--minutes", "0.1")
    wait_for(lambda: wizard.process.poll() is not None)
    assert wizard.process.returncode == 0


@WALK
def test_a_spare_node_takes_over_within_five_minutes(
    facility: Facility, phone: Callable[[], Page], tmp_path: Path
) -> None:
    """The old machine is gone: backup, revoke, invite, replace, start, the short walk."""
    private, public = made_pair()
    key = tmp_path / "site.key"
    key.write_text(private)
    node_yaml = facility.folder / "node.yaml"
    run(["node-backup", "--key", public, "--out", str(tmp_path), "-c", str(node_yaml)])
    (backup,) = tmp_path.glob("node-*.age")
    zones = load_node(node_yaml).rooms
    assert facility.node is not None
    os.killpg(facility.node.pid, signal.SIGKILL)
    facility.node.wait()
    shutil.move(facility.node_state, tmp_path / "gone")
    node_yaml.unlink()

    began = time.monotonic()
    hub = ["-c", str(facility.folder / "hub.yaml")]
    run(["nodes", "revoke", NODE, *hub])
    invitation = json.loads(run(["invite", "--json", *hub]))["invitation"]
    replacing = subprocess.Popen(
        [
            sys.executable, "-m", "ambient", "replace", str(backup), invitation,
            "--key", str(key), "-c", str(node_yaml),
        ],
    )  # fmt: skip
    wait_for(lambda: json.loads(run(["nodes", "list", "--json", *hub]))["pending"])
    run(["nodes", "accept", NODE, *hub])
    assert replacing.wait(FAR_S) == 0
    facility.start_node()
    assert load_node(node_yaml).rooms == zones
    wait_for(lambda: replaced_rooms(facility) == [ROOM])
    assert installation(facility) in ("replaced", "never"), "walked before, or not"
    wizard = Wizard(facility)
    try:
        page = phone()
        let_in(page, wizard)
        page.locator(".people line").first.wait_for(state="attached", timeout=3 * PATIENCE_MS)
        missed = [one for one in ("walk", "lie_floor_1", "call") if not station(page, one, "day")]
        page.fill("#by", "Installer A")
        page.check("#short")
        page.locator("#finish button").click()
        page.wait_for_selector("#complete")
        seconds = time.monotonic() - began
        print(f"node replaced in {seconds:.0f} s, load {os.getloadavg()[0]:.1f}")
        assert missed == []
        assert seconds < 5 * 60
    finally:
        wizard.close()
    wait_for(lambda: installation(facility) == "commissioned")


def replaced_rooms(facility: Facility) -> list[str | None]:
    """Return the rooms of which the hub knows that another machine serves them."""
    said = [one for one in told(facility, NodeWizard) if isinstance(one, NodeWizard)]
    return [one.room for one in said if one.act is WizardAct.REPLACED]


def run(command: list[str]) -> str:
    """Run a command of Ambient; return what it answered."""
    done = subprocess.run(
        [sys.executable, "-m", "ambient", *command], capture_output=True, check=False, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
