"""The page in a real Chromium against a real hub: live, audible, usable, and honest."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="needs the extra dev")

from playwright.sync_api import Browser, Page, expect

from ambient import events
from ambient.hub.alarms.condition import Judgement
from ambient.hub.alarms.inputs import OnMyWay, Resolve
from ambient.hub.service import RunningHub
from ambient.observations import View
from tests.hub.browser import (
    ALONE,
    DESKTOP,
    PHONE,
    Proxy,
    Scheme,
    alone_for,
    connected,
    grave,
    page_of,
    wait_until_stopped,
)
from tests.hub.kit import (
    NS,
    PASSWORD,
    USER,
    end_alarms,
    enrol,
    event,
    fall,
    hub_config,
    running,
    view,
)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def shared(bare_hub: RunningHub) -> RunningHub:
    enrol(bare_hub.context.registry, "n-1", ["r1", "r2", "r3", "r4", "r5"])
    return bare_hub


@pytest.fixture
def hub(shared: RunningHub) -> RunningHub:
    """A hub without open alarms."""
    end_alarms(shared)
    return shared


def bring(hub: RunningHub, upto: int = 2, room: str = "r1") -> str:
    life = fall(time.time() - 10, upto, room=room)
    hub.context.store.store("n-1", life, time.time_ns())
    return life[0].chain


def card(page: Page, chain: str) -> str:
    return f"#alarm-{chain}"


def test_an_alarm_appears_changes_and_goes_by_itself(browser: Browser, hub: RunningHub) -> None:
    with page_of(browser, hub) as page:
        connected(page)
        expect(page.locator("#all-quiet")).to_be_visible()
        chain = bring(hub, 1)
        expect(page.locator(f"{card(page, chain)} h2")).to_have_text("Possible fall – Room 1")
        life = hub.context.store.case(chain)[0].condition
        rest = fall(life.since / NS, 2)[1:]
        hub.context.store.store("n-1", rest, time.time_ns())
        expect(page.locator(f"{card(page, chain)} h2")).to_have_text("Person on the floor – Room 1")
        expect(page.locator("#say-now")).to_have_text("Alarm: Person on the floor – Room 1")
        assert page.title() == "(1) Person on the floor – Room 1 · Ambient"
        hub.context.store.decide(
            Resolve(condition=chain, who="ben", judgement=Judgement.FALL), time.time_ns()
        )
        expect(page.locator("#all-quiet")).to_be_visible()


def test_the_alarm_is_on_the_page_within_two_seconds(browser: Browser, hub: RunningHub) -> None:
    """From the hub's commit to the browser's list, p95 of 20; the node's share comes before.

    The best of three: a machine that is busy makes it longer, and never shorter.
    """
    p95 = []
    while len(p95) < 3 and min(p95, default=2.0) >= 2.0:
        delays = to_the_page(browser, hub)
        print(f"commit to page: p50 {delays[9]:.3f} s, p95 {delays[18]:.3f} s")
        p95.append(delays[18])
    assert min(p95) < 2.0


def to_the_page(browser: Browser, hub: RunningHub) -> list[float]:
    """Return after how long (s) each of twenty alarms was in the browser's list, in order."""
    with page_of(browser, hub) as page:
        connected(page)
        page.evaluate(
            """() => {
                window.seen = {};
                new MutationObserver(() => {
                    for (const li of document.querySelectorAll('#alarms > li'))
                        if (!(li.dataset.key in window.seen))
                            window.seen[li.dataset.key] = Date.now();
                }).observe(document.getElementById('alarms'), { childList: true });
            }"""
        )
        sent = {}
        for _ in range(20):
            chain = bring(hub)
            sent[chain] = time.time()
            page.wait_for_selector(card(page, chain))
            hub.context.store.decide(
                Resolve(condition=chain, who="test", judgement=Judgement.TEST), time.time_ns()
            )
        seen = page.evaluate("window.seen")
    return sorted(seen[chain] / 1000 - at for chain, at in sent.items())


def test_acknowledge_and_resolve_by_tapping(browser: Browser, hub: RunningHub) -> None:
    chain = bring(hub)
    with page_of(browser, hub, size=PHONE) as page:
        connected(page)
        page.click(f"#ack-{chain}")
        expect(page.locator(f"{card(page, chain)} .taken")).to_contain_text(f"{USER} is on the way")
        page.click(f"#there-{chain}")
        expect(page.locator(f"{card(page, chain)} .taken")).to_contain_text(f"{USER} is there")
        page.click(f"#judge-fall-{chain}")
        expect(page.locator("#all-quiet")).to_be_visible()
    case, history = hub.context.store.case(chain)
    alarm = case.condition
    assert alarm.acknowledged is not None
    assert (alarm.acknowledged.who, alarm.acknowledged.there) == (USER, True)
    assert (alarm.resolved_by, alarm.reason) == (USER, Judgement.FALL)
    assert [entry.who for entry in history[-2:]] == [USER, USER]


def test_everything_works_by_keyboard(browser: Browser, hub: RunningHub) -> None:
    chain = bring(hub)
    with page_of(browser, hub) as page:
        connected(page)

        def tab_to(selector: str) -> None:
            for _ in range(60):
                page.keyboard.press("Tab")
                if page.evaluate("s => document.activeElement.matches(s)", selector):
                    return
            pytest.fail(f"{selector} is not reached by the Tab key")

        tab_to(f"#ack-{chain}")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
        assert outline == "3px", "focus is visible"
        page.keyboard.press("Enter")
        expect(page.locator(f"{card(page, chain)} .taken")).to_be_visible()
        assert page.evaluate("document.activeElement.id") == f"there-{chain}", "focus goes on"
        page.keyboard.press("Enter")
        expect(page.locator(f"{card(page, chain)} .taken")).to_contain_text("there")
        assert page.evaluate("document.activeElement.id") == f"judge-fall-{chain}", "focus goes on"
        page.keyboard.press("Space")
        expect(page.locator("#all-quiet")).to_be_visible()


def test_focus_and_opened_details_survive_other_alarms(browser: Browser, hub: RunningHub) -> None:
    chain = bring(hub)
    with page_of(browser, hub) as page:
        connected(page)
        page.click(f"{card(page, chain)} summary")
        page.focus(f"#resolve-{chain}")
        other = bring(hub, room="r2")
        page.wait_for_selector(card(page, other))
        assert page.evaluate("document.activeElement.id") == f"resolve-{chain}"
        hub.context.store.decide(OnMyWay(condition=chain, who="ben"), time.time_ns())
        expect(page.locator(f"{card(page, chain)} .taken")).to_contain_text("ben")
        assert page.locator(f"{card(page, chain)} details").get_attribute("open") is not None
        assert page.evaluate("document.activeElement.id") == f"resolve-{chain}"


def test_sound_plays_after_one_tap_and_rings_until_acknowledged(
    browser: Browser, hub: RunningHub
) -> None:
    with page_of(browser, hub) as page:
        page.add_init_script(
            """
            window.tones = 0;
            const start = OscillatorNode.prototype.start;
            OscillatorNode.prototype.start = function (...args) {
                window.tones += 1;
                return start.apply(this, args);
            };
            const Real = window.AudioContext;
            window.AudioContext = class extends Real {
                constructor(...args) { super(...args); window.audio = this; }
            };
            window.tonesAt = {};
            new MutationObserver(() => {
                const { bursts } = document.documentElement?.dataset ?? {};
                if (bursts) window.tonesAt[bursts] ??= window.tones;
            }).observe(document, { attributes: true, subtree: true, childList: true });
            """
        )
        page.reload()
        connected(page)
        expect(page.locator("#sound-off")).to_be_visible()
        assert page.evaluate("window.audio.state") == "suspended"
        chain = bring(hub)
        page.wait_for_selector(card(page, chain))
        assert page.evaluate("window.tones") == 0
        page.click("#sound-off")
        expect(page.locator("#sound-off")).not_to_be_visible()
        expect(page.locator("#sound-test")).to_be_visible()
        assert page.evaluate("window.audio.state") == "running"
        page.wait_for_selector("html[data-bursts]:not([data-bursts='1'])")
        tones = page.evaluate("[window.tonesAt[1], window.tonesAt[2]]")
        assert tones == [10, 20], "ten pulses of a high priority alarm, and again"
        hub.context.store.decide(OnMyWay(condition=chain, who="ben"), time.time_ns())
        expect(page.locator(f"{card(page, chain)} .taken")).to_be_visible()
        tones = page.evaluate("window.tones")
        page.wait_for_timeout(8000)
        assert page.evaluate("window.tones") == tones, "it no longer rings"


def test_a_suspected_fall_does_not_ring(browser: Browser, hub: RunningHub) -> None:
    with page_of(browser, hub) as page:
        connected(page)
        page.click("#sound-off")
        page.wait_for_selector("html[data-audio=on][data-bursts]")  # the soft one of the tap
        before = page.evaluate("document.documentElement.dataset.bursts")
        chain = bring(hub, 1)
        page.wait_for_selector(card(page, chain))
        page.wait_for_timeout(1500)
        assert page.evaluate("document.documentElement.dataset.bursts") == before


def test_the_page_says_when_it_is_not_connected_and_misses_nothing(
    browser: Browser, tmp_path: Path
) -> None:
    with running(hub_config(tmp_path)) as first:
        enrol(first.context.registry, "n-1", ["r1", "r2"])
        port = int(first.url.rsplit(":", 1)[1])
        old = bring(first)
        with page_of(browser, first) as page:
            page.add_init_script(ALONE)
            page.reload()
            connected(page)
            page.wait_for_selector(card(page, old))
            first.stop()
            assert alone_for(page, "lostAfter") < 8
            expect(page.locator("#lost")).to_be_visible()
            assert "NOT CONNECTED" in page.title()
            expect(page.locator("#link-text")).to_have_text("Not connected")
            expect(page.locator("#lost-text")).to_contain_text("Look after the rooms in person")
            config = hub_config(tmp_path, port=port)
            wait_until_stopped(first)
            with running(config) as second:
                second.context.store.decide(
                    Resolve(condition=old, who="ben", judgement=Judgement.FALL), time.time_ns()
                )
                missed = bring(second, room="r2")
                expect(page.locator("#lost")).not_to_be_visible()
                page.wait_for_selector(card(page, missed))
                expect(page.locator(card(page, old))).to_have_count(0)
                expect(page.locator("#say-now")).to_contain_text("Room 2")
                assert "Room 2" in page.title()
                page.click(f"#ack-{missed}")
                expect(page.locator(f"{card(page, missed)} .taken")).to_be_visible()


def test_a_line_that_hangs_without_closing_is_noticed(browser: Browser, hub: RunningHub) -> None:
    proxy = Proxy(int(hub.url.rsplit(":", 1)[1]))
    try:
        with page_of(browser, hub, url=proxy.url) as page:
            page.add_init_script(ALONE)
            page.reload()
            connected(page)
            proxy.stalled.set()
            assert alone_for(page, "lostAfter") < 10
            expect(page.locator("#lost")).to_be_visible()
            missed = bring(hub)
            proxy.stalled.clear()
            page.wait_for_selector(card(page, missed))
            expect(page.locator("#lost")).not_to_be_visible()
    finally:
        proxy.close()


def test_signed_out_is_said_loudly(browser: Browser, hub: RunningHub) -> None:
    with page_of(browser, hub) as page:
        connected(page)
        hub.context.accounts.set_password(USER, PASSWORD)
        expect(page.locator("#lost-title")).to_have_text("Signed out")
        page.click("#lost-login")
        expect(page.locator("[role=alert]:visible")).to_contain_text(
            "Alarms are not shown on this screen"
        )


def test_a_pause_from_the_page(browser: Browser, hub: RunningHub) -> None:
    store = hub.context.store
    restored = view(events.QualityRestored, time.time(), View.OK, room="r3")
    store.store("n-1", [restored], time.time_ns())
    with page_of(browser, hub) as page:
        connected(page)
        page.click("#pause-r3")
        expect(page.locator("#pause-room")).to_have_text("Room 3")
        page.click("#pause >> text=20 minutes")
        room = page.locator("#room-r3")
        expect(room.locator(".ordered")).to_contain_text("Pause of 20 min ordered")
        order = store.pending(time.time_ns())["n-1"][-1]
        applied = event(
            events.CommandApplied,
            time.time(),
            room="r3",
            command=order.id,
            command_kind=events.CommandKind.PAUSE,
            outcome=events.Outcome.APPLIED,
        )
        store.store("n-1", [applied], time.time_ns())
        expect(room.locator(".room-status")).to_contain_text("Paused until")
        page.click("#resume-r3")
        expect(room.locator(".ordered")).to_contain_text("End of pause ordered")


def test_first_set_up_and_log_in_in_the_browser(browser: Browser, tmp_path: Path) -> None:
    with running(hub_config(tmp_path), user=False) as hub:
        assert hub.setup_url is not None
        with page_of(browser, hub, log_in=False, path=hub.setup_url) as page:
            page.fill("#user", USER)
            page.fill("#password", PASSWORD)
            page.fill("#again", PASSWORD)
            page.click("button[type=submit]")
            connected(page)
            page.click("text=Sign out")
            page.fill("#user", USER)
            page.fill("#password", "wrong")
            page.click("button[type=submit]")
            expect(page.locator("[role=alert]:visible")).to_have_text(
                "User name or password is wrong."
            )
            page.fill("#password", PASSWORD)
            page.click("button[type=submit]")
            connected(page)


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("where", ["main", "earlier", "login", "admin", "lost"])
def test_axe_finds_nothing_serious(
    browser: Browser, hub: RunningHub, size: tuple[int, int], scheme: Scheme, where: str
) -> None:
    crowded(hub)
    path = {"main": "/", "lost": "/", "earlier": "/earlier", "login": "/login", "admin": "/admin"}
    with page_of(
        browser, hub, size=size, scheme=scheme, path=path[where], log_in=where != "login"
    ) as page:
        if where in ("main", "lost"):
            connected(page)
            page.click("details summary >> nth=0")
        if where == "lost":
            page.evaluate(
                "document.getElementById('lost').hidden = false;"
                "document.getElementById('trouble').hidden = false"
            )
        page.emulate_media(reduced_motion="reduce")
        assert grave(page) == []
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, "nothing hangs over the edge"
        small = page.evaluate(
            """() => [...document.querySelectorAll('button, summary, a.button, nav a, input')]
                .filter(e => e.type !== 'hidden')
                .map(e => [e.id || e.textContent.trim(), e.getBoundingClientRect()])
                .filter(([, r]) => r.height > 0 && (r.height < 44 || r.width < 44))
                .map(([name]) => name)"""
        )
        assert small == [], "targets of at least 44 px"


def crowded(hub: RunningHub) -> None:
    """Bring every kind of alarm and every state of a room."""
    store, now = hub.context.store, time.time()
    bring(hub)
    taken = bring(hub, room="r2")
    store.decide(OnMyWay(condition=taken, who="ben"), time.time_ns())
    bring(hub, 1, room="r3")
    bring(hub, 4, room="r4")
    done = bring(hub, room="r5")
    store.decide(Resolve(condition=done, who="ben", judgement=Judgement.FALL), time.time_ns())
    store.store(
        "n-1",
        [
            view(events.QualityDegraded, now, View.COVERED, room="r5"),
            view(events.QualityNotWatched, now, View.NOT_WATCHED, room="r4"),
            event(events.NodeWorkerFailed, now, room=None, worker=events.Worker.AGENT, restarts=5),
        ],
        time.time_ns(),
    )
    store.pause("r2", 1200, "anna", time.time_ns())
