"""Draw the pictures of the hub's page and the wizard, from real ones in a real Chromium.

Comes in: nothing. Goes out: the pictures of `PICTURES`, `RIGHTS` and `wizard` beside this file, and
with ``--all FOLDER`` every page in both widths, both colour schemes and both languages. Run it from
the repository's root: ``python -m docs.images.make``.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import time
from contextlib import closing
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from ambient import events
from ambient.commands import new_id
from ambient.config import HubConfig, RoomName
from ambient.config_alarms import Alarms, ShiftHours
from ambient.config_web import LinkListen, SecondFactor, Web
from ambient.hub.alarms.condition import SnoozeReason
from ambient.hub.alarms.inputs import OnMyWay, SnoozeFor, There
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.service import RunningHub
from ambient.observations import View
from tests.hub import scene
from tests.hub.browser import DESKTOP, PHONE, Proxy, Scheme, chromium, connected, page_of
from tests.hub.kit import NS, enrol, event, fall, running, view
from tests.node.wizard.bench import drawn_room

LARGEST = 150_000
"""Bytes that a picture in the README may have."""


def config(folder: Path) -> HubConfig:
    """Return a house with ten rooms on two floors."""
    names = {
        f"r{n}": RoomName(name=f"Room {n}", floor="First floor" if n < 15 else "Second floor")
        for n in range(9, 19)
    }
    return HubConfig(
        site="lindenhof",
        state_dir=folder,
        link=LinkListen(bind="tcp://127.0.0.1:0"),
        web=Web(port=0, second_factor=SecondFactor.OPTIONAL),
        rooms=names,
        silent_s=600,
        alarms=Alarms(
            shifts=[
                ShiftHours(id="day", hours="06:30-20:30"),
                ShiftHours(id="night", hours="20:30-06:30"),
            ]
        ),
    )


def furnish(hub: RunningHub) -> None:
    """Bring the evening that the pictures show."""
    store, registry, now = hub.context.store, hub.context.registry, time.time()
    at = time.time_ns()
    for node, rooms in (("n-1", range(9, 13)), ("n-2", range(13, 15)), ("n-3", range(15, 19))):
        enrol(registry, node, [f"r{n}" for n in rooms], site="lindenhof")
        seen = [
            view(events.QualityRestored, now - 3600, View.OK, node=node, room=f"r{n}")
            for n in rooms
        ]
        store.store(node, [event(events.NodeStarted, now - 4000, node=node, room=None), *seen], at)
    enrol(registry, "n-4", ["r19"], site="lindenhof", accept=False)
    store.store("n-1", fall(now - 75, 2, room="r12"), at)
    store.store("n-1", fall(now - 24, 1, room="r9", seen=False), at)
    up = fall(now - 760, 4, node="n-2", room="r14", seen=False)
    store.store("n-2", [up[0], up[1], up[3]], at)
    store.decide(OnMyWay(condition=up[0].chain, who="marta"), at - 120 * NS)
    lies = fall(now - 95, 2, node="n-3", room="r16")
    store.store("n-3", lies, at)
    store.decide(There(condition=lies[0].chain, who="ben"), at - 20 * NS)
    visit = SnoozeFor(
        id=new_id(),
        room="r10",
        kind=AlarmKind.BED_EXIT,
        until=at + 1500 * NS,
        who="marta",
        reason=SnoozeReason.VISIT,
    )
    store.decide(visit, at - 300 * NS)
    dark = view(events.QualityDegraded, now - 2400, View.COVERED, node="n-3", room="r17")
    pause = view(
        events.QualityNotWatched,
        now - 240,
        View.PAUSED,
        node="n-3",
        room="r15",
        until=at + 960 * NS,
    )
    night = view(events.QualityNotWatched, now - 3000, View.NOT_WATCHED, node="n-3", room="r18")
    store.store("n-3", [dark, pause, night], at)


def take(page: Page, *, whole: bool = False) -> Image.Image:
    """Return what the page looks like."""
    return Image.open(io.BytesIO(page.screenshot(full_page=whole, animations="disabled")))


def save(picture: Image.Image, path: Path) -> None:
    """Write a picture with a palette, which is enough for flat surfaces and text."""
    flat = picture.convert("RGB").quantize(200, dither=Image.Dither.NONE)
    flat.save(path, optimize=True)
    size = path.stat().st_size
    if size > LARGEST:
        raise SystemExit(f"{path}: expected at most {LARGEST} bytes, got {size}")
    print(f"{path}  {size // 1000} kB")


def main() -> None:
    """Draw them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", type=Path, help="draw every page into this folder too")
    wanted = parser.parse_args()
    here = Path(__file__).parent
    with (
        tempfile.TemporaryDirectory() as folder,
        chromium() as browser,
        running(config(Path(folder))) as hub,
        closing(Proxy(int(hub.url.rsplit(":", 1)[1]))) as line,
    ):
        furnish(hub)
        for name, size, path, language in PICTURES:
            scale = 2 if size is PHONE else 1
            with page_of(
                browser, hub, size=size, scale=scale, path="/healthz", url=line.url
            ) as page:
                show(page, path, language, line)
                save(take(page), here / f"{name}.png")
            line.stalled.clear()
        rights(browser, Path(folder) / "rights", here)
        wizard(browser, Path(folder), here)
        if wanted.all is None:
            return
        wanted.all.mkdir(parents=True, exist_ok=True)
        schemes: tuple[Scheme, ...] = ("dark", "light")
        for scheme in schemes:
            for width, size in (("phone", PHONE), ("desktop", DESKTOP)):
                for language in ("en", "de"):
                    for name in PAGES:
                        with page_of(
                            browser, hub, size=size, scheme=scheme, path="/healthz", url=line.url
                        ) as page:
                            show(page, name, language, line)
                            path = wanted.all / f"{name.strip('/') or 'main'}"
                            page_picture = take(page, whole=name not in DIALOGS)
                            page_picture.save(f"{path}-{language}-{scheme}-{width}.png")
                        line.stalled.clear()


def rights(browser: Browser, folder: Path, here: Path) -> None:
    """Draw the pages about installation, care and figures, of a house in which all of it stands."""
    with running(scene.config(folder)) as hub:
        scene.furnish(hub)
        for name, size, path, user in RIGHTS:
            scale = 2 if size is PHONE else 1
            with page_of(browser, hub, size=size, scale=scale, path=path, user=user) as page:
                save(take(page), here / f"{name}.png")


def wizard(browser: Browser, folder: Path, here: Path) -> None:
    """Draw the wizard's page of a drawn room."""
    with drawn_room(folder) as room:
        width, height = PHONE
        context = browser.new_context(
            viewport={"width": width, "height": height},
            device_scale_factor=2,
            ignore_https_errors=True,
        )
        page = context.new_page()
        page.goto(room.url)
        page.fill("#code", room.code)
        page.keyboard.press("Enter")
        page.click("a[href='/room/r12']")
        page.locator(".people line").first.wait_for(state="attached")
        page.wait_for_timeout(2000)
        save(take(page), here / "wizard-room.png")
        context.close()


RIGHTS = [
    ("hub-install", PHONE, "/install", "installer"),
    ("hub-care", PHONE, "/care", "lead"),
    ("hub-consents", PHONE, "/consents", "lead"),
    ("hub-burden", DESKTOP, "/burden", "lead"),
]
"""Name, size, page, who looks at it."""
PICTURES = [
    ("hub-desktop", DESKTOP, "/", "en"),
    ("hub-phone", PHONE, "/", "en"),
    ("hub-phone-german", PHONE, "/", "de"),
    ("hub-kiosk", DESKTOP, "/kiosk", "en"),
    ("hub-handover", PHONE, "/handover", "en"),
    ("hub-record", PHONE, "record", "en"),
    ("hub-lost", DESKTOP, "lost", "en"),
]
"""Name, size, page or dialog, language."""
DIALOGS = {"resolve", "record", "snooze", "missed", "lost"}
PAGES = ["/", "/kiosk", "/handover", "/earlier", "/admin", *sorted(DIALOGS)]


def show(page: Page, what: str, language: str, line: Proxy) -> None:
    """Go to a page, or open a dialog of the list, in a language; cut `line` for what is lost."""
    page.set_extra_http_headers({"Accept-Language": language})
    path = what if what.startswith("/") else "/kiosk" if what == "lost" else "/"
    page.goto(path)
    if path == "/":
        connected(page)
        page.click("#sound-off")
        page.wait_for_selector("html[data-audio=on]")
    if path == "/kiosk":
        connected(page)
        page.click("#check-play")
        page.click("#check-yes")
    if what == "missed":
        page.click("#missed-open")
    elif what == "snooze":
        page.click("#snooze-r12")
    elif what == "lost":
        line.stalled.set()
        page.wait_for_selector("html[data-link=off]")
    elif what in DIALOGS:
        page.click(f"[data-act={what}] >> nth=0")
    page.mouse.move(0, 0)


if __name__ == "__main__":
    main()
