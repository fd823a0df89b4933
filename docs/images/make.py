"""Draw the pictures of the hub's page for the README, from a real hub in a real Chromium.

Comes in: nothing. Goes out: ``hub-desktop.png`` and ``hub-phone.png`` beside this file, and with
``--all FOLDER`` every page in both widths and both colour schemes. Run it from the repository's
root: ``python -m docs.images.make``.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from ambient import events
from ambient.config import HubConfig, LinkListen, RoomName, Web
from ambient.hub.alarms.inputs import OnMyWay
from ambient.hub.service import RunningHub
from ambient.observations import View
from tests.hub.browser import DESKTOP, PHONE, Scheme, chromium, connected, page_of
from tests.hub.kit import NS, enrol, event, fall, running, view

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
        web=Web(port=0),
        rooms=names,
        silent_s=600,
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
    store.decide(OnMyWay(condition=up[0].chain, who="marta"), at - 700 * NS)
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
    ):
        furnish(hub)
        for name, size, scale in (("hub-desktop", DESKTOP, 1), ("hub-phone", PHONE, 2)):
            with page_of(browser, hub, size=size, scale=scale) as page:
                connected(page)
                page.click("#sound-off")
                page.wait_for_selector("html[data-audio=on]")
                page.mouse.move(0, 0)
                save(take(page), here / f"{name}.png")
        if wanted.all is None:
            return
        wanted.all.mkdir(parents=True, exist_ok=True)
        schemes: tuple[Scheme, ...] = ("dark", "light")
        for scheme in schemes:
            for width, size in (("phone", PHONE), ("desktop", DESKTOP)):
                with page_of(browser, hub, size=size, scheme=scheme) as page:
                    connected(page)
                    for name in ("main", "details", "resolve", "lost", "earlier", "admin"):
                        if name == "details":
                            page.click("details summary >> nth=0")
                        if name == "resolve":
                            page.click("[data-act=resolve] >> nth=0")
                        if name == "lost":
                            page.keyboard.press("Escape")
                            page.evaluate("document.body.classList.add('is-lost')")
                            page.evaluate("document.getElementById('lost').hidden = false")
                        if name in ("earlier", "admin"):
                            page.goto(f"/{name}")
                        take(page).save(wanted.all / f"{name}-{scheme}-{width}.png")
                with page_of(
                    browser, hub, size=size, scheme=scheme, path="/login", log_in=False
                ) as page:
                    take(page).save(wanted.all / f"login-{scheme}-{width}.png")


if __name__ == "__main__":
    main()
