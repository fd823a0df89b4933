"""What a carer does in a shift, in a real Chromium: see to it, snooze, record, hand over."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

pytest.importorskip("playwright", reason="needs the extra dev")

from playwright.sync_api import Browser, Page, Route, expect

from ambient.commands import KeepWindow
from ambient.config import HubConfig
from ambient.config_alarms import Alarms, ShiftHours, Staff
from ambient.events import Kept
from ambient.hub.alarms.condition import Injury, SnoozeReason
from ambient.hub.alarms.inputs import OnMyWay, SnoozeFor, There
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.service import RunningHub
from tests.hub.browser import (
    ALONE,
    DESKTOP,
    PHONE,
    Scheme,
    alone_for,
    come,
    connected,
    grave,
    page_of,
    wait_until_stopped,
)
from tests.hub.kit import NS, USER, end_alarms, enrol, fall, hub_config, kept, running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    with running(with_shifts(tmp_path_factory.mktemp("hub"))) as hub:
        enrol(hub.context.registry, "n-1", [f"r{n}" for n in range(1, 10)])
        yield hub


def with_shifts(folder: Path, port: int = 0) -> HubConfig:
    shifts = [
        ShiftHours(id="day", hours="06:00-18:00"),
        ShiftHours(id="night", hours="18:00-06:00"),
    ]
    staff = [Staff(id=USER, shifts=["day", "night"])]
    return msgspec.structs.replace(
        hub_config(folder, port=port), alarms=Alarms(shifts=shifts, staff=staff)
    )


def bring(hub: RunningHub, room: str, upto: int = 2) -> str:
    life = fall(time.time() - 10 - upto * 30, upto, room=room)
    hub.context.store.store("n-1", life, time.time_ns())
    return life[0].chain


def open_task(hub: RunningHub, chain: str) -> str:
    """Return the id of the task after a fall."""
    return next(
        one.id
        for one in hub.context.board().alarms
        if one.kind is AlarmKind.CHECK_AFTER_FALL and one.chain == chain
    )


def test_a_tap_shows_at_once_and_a_failure_is_said_on_the_card(
    browser: Browser, hub: RunningHub
) -> None:
    chain = bring(hub, "r1")
    held: list[Route] = []
    with page_of(browser, hub, size=PHONE) as page:
        connected(page)
        page.route("**/acknowledge", lambda route: held.append(route))
        page.click(f"#ack-{chain}")
        card = page.locator(f"#alarm-{chain}")
        expect(card.locator(".saving")).to_have_text("You are on the way")
        assert page.locator("html").get_attribute("data-link") == "on"
        assert hub.context.store.case(chain)[0].condition.acknowledged is None, "not yet"
        come(page, lambda: held)
        held[0].abort()
        expect(card.locator(".failed")).to_contain_text("NOT SENT")
        expect(card.locator(".saving")).to_have_count(0)
        expect(card.locator(".rings")).to_be_visible()
        page.unroute("**/acknowledge")
        page.click(f"#ack-{chain}")
        expect(card.locator(".taken")).to_contain_text(f"{USER} is on the way since")
        expect(card.locator(".again")).to_contain_text("Rings again at")
        expect(card.locator(".failed")).to_have_count(0)


@pytest.mark.parametrize("judgement", ["fall", "help", "false_alarm", "test"])
def test_there_and_what_it_was_are_one_tap_each(
    browser: Browser, hub: RunningHub, judgement: str
) -> None:
    chain = bring(hub, "r2")
    with page_of(browser, hub, size=PHONE) as page:
        connected(page)
        page.click(f"#there-{chain}")
        expect(page.locator(f"#alarm-{chain} .judge button")).to_have_count(4)
        for button in page.locator(f"#alarm-{chain} .judge button").all():
            box = button.bounding_box()
            assert box is not None
            assert box["height"] >= 56
        page.click(f"#judge-{judgement}-{chain}")
        expect(page.locator(f"#alarm-{chain}")).to_have_count(0)
    reason = hub.context.store.case(chain)[0].condition.reason
    assert reason is not None
    assert reason.value == judgement


def test_got_up_again_is_recorded_by_keyboard(browser: Browser, hub: RunningHub) -> None:
    chain = bring(hub, "r3", 4)
    task = open_task(hub, chain)
    with page_of(browser, hub) as page:
        connected(page)
        expect(page.locator(f"#alarm-{chain} .what")).to_have_text(
            "Got up again: look after the person"
        )
        page.focus(f"#resolve-{task}")
        page.keyboard.press("Enter")
        expect(page.locator("#record")).to_be_visible()
        expect(page.locator("#record-floor")).to_have_value("1")
        page.focus("input[name=injury][value=none]")
        page.keyboard.press("ArrowDown")
        page.focus("input[name=witnessed][value=yes]")
        page.keyboard.press("Space")
        page.fill("#record-floor", "12")
        page.keyboard.press("Enter")
        expect(page.locator(f"#alarm-{task}")).to_have_count(0)
        page.click(f"#resolve-{chain}")
        page.click("#resolve-choices >> text=A fall")
        expect(page.locator(f"#alarm-{chain}")).to_have_count(0)
    record = hub.context.store.case(task)[0].condition.record
    assert record is not None
    assert (record.injury, record.witnessed, record.floor_s) == (Injury.MINOR, True, 720.0)


def test_a_snooze_has_room_kind_end_and_reason_and_can_be_ended(
    browser: Browser, hub: RunningHub
) -> None:
    chain = bring(hub, "r4")
    with page_of(browser, hub, size=PHONE) as page:
        connected(page)
        page.click(f"#alarm-{chain} summary")
        page.click(f"#snooze-{chain}")
        shown = page.locator("input[name=snooze-seconds]:not([disabled])")
        expect(shown).to_have_count(3)
        page.check("input[name=snooze-seconds][value='1200']", force=True)
        page.click("[data-why=visit]")
        expect(page.locator("#snoozes")).to_contain_text("Room 4: Fall")
        expect(page.locator("#snoozes")).to_contain_text(f"by {USER}: Visitors are there")
        expect(page.locator(f"#alarm-{chain} .taken")).to_contain_text(f"Snoozed by {USER} until")
        (held,) = hub.context.board().house.snoozes
        assert (held.room, held.kind, held.reason) == ("r4", AlarmKind.FALL, SnoozeReason.VISIT)
        assert (held.until - held.since) / 1e9 == pytest.approx(1200)
        page.click(f"#unsnooze-{held.id}")
        expect(page.locator("#snoozed")).not_to_be_visible()
        expect(page.locator(f"#alarm-{chain} .rings")).to_be_visible()
        page.click("#snooze-r5")
        expect(page.locator("#snooze-scope")).not_to_be_visible()
        page.click("[data-why=exercise]")
        expect(page.locator("#snoozes")).to_contain_text("Room 5: Every alarm")
    (held,) = hub.context.board().house.snoozes
    assert (held.room, held.kind) == ("r5", None)


def test_a_fall_that_was_not_reported(browser: Browser, hub: RunningHub) -> None:
    with page_of(browser, hub, size=PHONE) as page:
        connected(page)
        page.click("#missed-open")
        page.click("#missed-save")
        expect(page.locator("#missed")).to_be_visible()
        page.select_option("#missed-room", "r7")
        page.check("input[name=ago][value='1800']", force=True)
        page.click("#missed-save")
        expect(page.locator("#thanks")).to_contain_text("Room 7")
        ((said,), store) = (hub.context.store.reports(), hub.context.store)
        assert said.said.room == "r7"
        (order,) = (o for o in store.pending(time.time_ns())["n-1"] if isinstance(o, KeepWindow))
        assert order.id == said.said.id
        assert (order.ended - order.began) / 1e9 == pytest.approx(2 * (600 + 1800 / 4), abs=1)
        page.goto("/earlier")
        missed = page.locator("[aria-labelledby=missed-title]")
        expect(missed).to_contain_text("was asked to keep what it recorded")
        for what, rows, text in (
            (Kept.NOT_RECORDED, 0, "nobody agreed to research"),
            (Kept.KEPT, 4711, "4711 observations; no picture, no sound"),
        ):
            answer = kept(order, time.time_ns(), what, rows)
            store.store("n-1", [answer], time.time_ns())
            page.reload()
            expect(missed).to_contain_text(text)
        assert USER not in missed.inner_text(), "nobody is blamed"


def test_a_hand_over_is_read_accepted_and_left(browser: Browser, hub: RunningHub) -> None:
    mine = bring(hub, "r6")
    hub.context.store.decide(There(condition=mine, who=USER), time.time_ns())
    with page_of(browser, hub, size=PHONE) as page:
        connected(page)
        page.click("#handover-due")
        expect(page.locator("main")).to_contain_text("Person on the floor – Room 6")
        bring(hub, "r8")
        page.click("#accept")
        expect(page.locator("[role=alert]")).to_contain_text("Nothing was accepted")
        expect(page.locator("main")).to_contain_text("Person on the floor – Room 8")
        page.click("#accept")
        expect(page.locator("#accepted")).to_contain_text(f"Last accepted by {USER}")
        assert hub.context.board().house.accepted_by == USER
        page.goto("/")
        connected(page)
        expect(page.locator("#handover-due")).not_to_be_visible()
        page.click(".who button")
        expect(page.locator("main")).to_contain_text("is active again and rings")
        expect(page.locator("main")).to_contain_text("Person on the floor – Room 6")
        assert hub.context.store.case(mine)[0].condition.acknowledged is not None, "not yet"
        page.click("#leave")
        expect(page.locator("#user")).to_be_visible()
    assert hub.context.store.case(mine)[0].condition.acknowledged is None


def tab_to(page: Page, selector: str) -> None:
    """Press the Tab key until something has the focus, and it is seen."""
    for _ in range(90):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    pytest.fail(f"{selector} is not reached by the Tab key")


def test_a_snooze_and_a_hand_over_by_keyboard_alone(browser: Browser, hub: RunningHub) -> None:
    chain = bring(hub, "r9")
    with page_of(browser, hub) as page:
        connected(page)
        tab_to(page, f"#alarm-{chain} summary")
        page.keyboard.press("Enter")
        tab_to(page, f"#snooze-{chain}")
        page.keyboard.press("Enter")
        expect(page.locator("#snooze")).to_be_visible()
        tab_to(page, "input[name=snooze-seconds]")
        page.keyboard.press("ArrowRight")
        tab_to(page, "[data-why=care]")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
        assert outline == "3px", "focus is visible"
        page.keyboard.press("Enter")
        expect(page.locator("#snoozes")).to_contain_text("Room 9: Fall")
        held = next(one for one in hub.context.board().house.snoozes if one.room == "r9")
        assert (held.until - held.since) / 1e9 == pytest.approx(1200)
        tab_to(page, f"#unsnooze-{held.id}")
        page.keyboard.press("Enter")
        expect(page.locator("#snoozes")).not_to_contain_text("Room 9")
        page.goto("/handover")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip", "past the navigation"
        tab_to(page, "#accept")
        page.keyboard.press("Enter")
        expect(page.locator("#accepted")).to_contain_text(f"Last accepted by {USER}")
        tab_to(page, "#leave")
        page.keyboard.press("Space")
        expect(page.locator("#user")).to_be_visible()


def test_the_wall_asks_whether_it_is_heard_and_stays_awake(
    browser: Browser, hub: RunningHub
) -> None:
    with page_of(browser, hub, path="/kiosk") as page:
        connected(page)
        page.wait_for_selector("html[data-wake]")
        page.wait_for_selector("html[data-check=due]")
        page.click("#check-play")
        page.wait_for_selector("html[data-audio=on][data-bursts]")
        expect(page.locator("#check-text")).to_have_text("Did you hear it?")
        page.click("#check-no")
        expect(page.locator("#check-text")).to_contain_text("do not rely on this screen")
        expect(page.locator("#check")).to_be_visible()
        page.click("#check-play")
        page.click("#check-yes")
        expect(page.locator("#check")).not_to_be_visible()
        page.reload()
        connected(page)
        page.wait_for_selector("html[data-check=done]")
        page.evaluate("localStorage.setItem('ambient-sound-check', 'the shift before')")
        page.reload()
        page.wait_for_selector("html[data-check=due]")


def test_a_screen_that_the_browser_lets_go_dark_says_so(browser: Browser, hub: RunningHub) -> None:
    with page_of(browser, hub, path="/login", log_in=True) as page:
        page.add_init_script(
            "navigator.wakeLock.request = () => Promise.reject(new DOMException('no'))"
        )
        page.goto("/kiosk")
        page.wait_for_selector("html[data-wake=off]")
        expect(page.locator("#wake")).to_contain_text("may go dark")


def test_the_wall_is_loud_within_fifteen_seconds_and_returns_by_itself(
    browser: Browser, tmp_path: Path
) -> None:
    with running(with_shifts(tmp_path)) as first:
        enrol(first.context.registry, "n-1", ["r1", "r2"])
        port = int(first.url.rsplit(":", 1)[1])
        with page_of(browser, first, path="/kiosk") as page:
            page.add_init_script(ALONE)
            page.reload()
            connected(page)
            page.click("#check-play")
            page.click("#check-yes")
            first.stop()
            assert alone_for(page, "loudAfter") < 15
            lost = page.locator("#lost").bounding_box()
            assert lost is not None
            assert lost["width"] == DESKTOP[0]
            expect(page.locator("#lost-text")).to_contain_text("Look after the rooms in person")
            wait_until_stopped(first)
            with running(with_shifts(tmp_path, port)) as second:
                missed = bring(second, "r2")
                expect(page.locator("#lost")).not_to_be_visible()
                page.wait_for_selector(f"#alarm-{missed}")


@pytest.mark.parametrize("path", ["/", "/kiosk", "/handover", "/earlier", "/login"])
def test_german_by_the_browsers_wish_and_back_by_choice(
    browser: Browser, hub: RunningHub, path: str
) -> None:
    with page_of(browser, hub, path="/healthz", log_in=path != "/login") as page:
        page.set_extra_http_headers({"Accept-Language": "de-DE,de;q=0.9,en;q=0.5"})
        page.goto(path)
        assert page.locator("html").get_attribute("lang") == "de"
        german = page.locator("body").inner_text()
        assert not {"Alarms", "Sign", "Room computer"} & set(german.split())
        page.click("button[name=language][value=en]")
        assert page.locator("html").get_attribute("lang") == "en"
        page.click("button[name=language][value=de]")
        page.set_extra_http_headers({})
        page.reload()
        assert page.locator("html").get_attribute("lang") == "de", "the choice stays"
        if path == "/":
            connected(page)
            expect(page.locator("#link-text")).to_have_text("Verbunden")
            live = bring(hub, "r9")
            expect(page.locator(f"#alarm-{live} .what")).to_have_text("Person am Boden")


@pytest.fixture(scope="module")
def seen_to(hub: RunningHub) -> RunningHub:
    """One alarm of each look, and a snooze, of which no test of how pages look changes any."""
    end_alarms(hub)
    store, now = hub.context.store, time.time_ns()
    store.decide(OnMyWay(condition=bring(hub, "r1"), who=USER), now)
    store.decide(There(condition=bring(hub, "r2"), who="ben"), now)
    bring(hub, "r3", 4)
    bring(hub, "r9")
    visit = SnoozeFor(
        id="visit",
        room="r4",
        kind=AlarmKind.FALL,
        until=now + 1200 * NS,
        who=USER,
        reason=SnoozeReason.VISIT,
    )
    store.decide(visit, now)
    return hub


DIALOGS = {"resolve": "[data-act=resolve]", "record": "[data-act=record]", "missed": "#missed-open"}


@pytest.mark.parametrize(
    ("size", "scheme"), [(PHONE, "dark"), (DESKTOP, "light")], ids=["phone", "desktop"]
)
@pytest.mark.parametrize("where", ["/kiosk", "/handover", "resolve", "record", "missed", "snooze"])
@pytest.mark.parametrize("language", ["en", "de"])
def test_axe_finds_nothing_serious(
    browser: Browser,
    seen_to: RunningHub,
    size: tuple[int, int],
    scheme: Scheme,
    where: str,
    language: str,
) -> None:
    path = where if where.startswith("/") else "/"
    with page_of(browser, seen_to, size=size, scheme=scheme, path=path, language=language) as page:
        if where == "snooze":
            page.click("#snooze-r5")
        elif where in DIALOGS:
            page.click(f"{DIALOGS[where]} >> nth=0")
        page.emulate_media(reduced_motion="reduce")
        assert grave(page) == []
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, "nothing hangs over the edge"
