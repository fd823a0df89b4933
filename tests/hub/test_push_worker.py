"""What the worker of web push shows, in a real Chromium."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

pytest.importorskip("playwright", reason="needs the extra dev")

from playwright.sync_api import Browser

from ambient.hub.service import RunningHub
from tests.hub.browser import PATIENCE_MS, come

READY = """async () => {
  const made = await navigator.serviceWorker.register("/static/push-worker.js");
  const worker = made.installing || made.waiting || made.active;
  await new Promise((done) => {
    const look = () => worker.state === "activated" && done();
    worker.addEventListener("statechange", look);
    look();
  });
}"""
SHOWN = """async () => {
  const made = await navigator.serviceWorker.getRegistration("/static/push-worker.js");
  const shown = await made.getNotifications();
  return shown.map((one) => [one.tag, one.title, one.silent, one.data.id]);
}"""


LISTEN = """() => {
  self.heard = [];
  self.addEventListener("push", (event) => self.heard.push(event.data.json().data.id));
}"""
"""Of the worker: beside what it does with messages, note which came."""


def told(id: str, at: int, **fields: Any) -> str:
    data = {
        "id": id,
        "alarm": id.partition(":")[0],
        "text": "Fall – Room 5",
        "language": "en",
        "at": f"2026-05-31T02:30:{at:02}Z",
        "over": False,
    }
    return json.dumps({"type": "alarm", "data": data | fields})


AGAIN_MS = 500
FALL = "Fall – Room 5"
STEPS = [
    ([told("a:0.1", 10)], [["a", FALL, False, "a:0.1"]]),
    ([told("a:0.2", 20)], [["a", FALL, False, "a:0.2"]]),
    # What is given late changes nothing; the one after it shows that it was handled.
    (
        [told("a:0.1", 10), told("b:0.1", 25)],
        [["a", FALL, False, "a:0.2"], ["b", FALL, False, "b:0.1"]],
    ),
    (
        [told("a:0.over", 30, over=True, text="seen to"), told("c:0.1", 35)],
        [
            ["a", "seen to", True, "a:0.over"],
            ["b", FALL, False, "b:0.1"],
            ["c", FALL, False, "c:0.1"],
        ],
    ),
    # At once, as to a device that was away: the older of two does not take the newer one's place.
    (
        [told("d:0.over", 50, over=True, text="seen to"), told("d:0.1", 40), told("e:0.1", 55)],
        [
            ["a", "seen to", True, "a:0.over"],
            ["b", FALL, False, "b:0.1"],
            ["c", FALL, False, "c:0.1"],
            ["d", "seen to", True, "d:0.over"],
            ["e", FALL, False, "e:0.1"],
        ],
    ),
]
"""Messages in order of arrival ► tag, title, silent and id of what the device then shows."""


def id_of(message: str) -> str:
    return str(json.loads(message)["data"]["id"])


@pytest.mark.browser
def test_a_device_shows_one_notification_an_alarm_and_the_newest(
    hub: RunningHub, browser: Browser
) -> None:
    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    context.grant_permissions(["notifications"], origin=hub.url)
    page = context.new_page()
    page.goto(f"{hub.url}/login")
    session = context.new_cdp_session(page)
    registrations: list[str] = []

    def note(event: dict[str, Any]) -> None:
        registrations.extend(one["registrationId"] for one in event["registrations"])

    session.on("ServiceWorker.workerRegistrationUpdated", note)
    session.send("ServiceWorker.enable")
    page.evaluate(READY)
    come(page, lambda: registrations and context.service_workers)
    worker = context.service_workers[0]
    worker.evaluate(LISTEN)

    def push(data: str) -> None:
        sent = {"origin": hub.url, "registrationId": registrations[0], "data": data}
        session.send("ServiceWorker.deliverPushMessage", sent)

    def heard(messages: list[str]) -> bool:
        return {id_of(one) for one in messages} <= set(worker.evaluate("() => heard"))

    def first() -> bool:
        push(STEPS[0][0][0])
        page.wait_for_timeout(AGAIN_MS)
        return heard(STEPS[0][0])

    # Chromium drops what is pushed before it has written the registration down, and nothing says
    # when it has.
    come(page, first)
    for messages, shown in STEPS:
        for data in messages:
            push(data)
        come(page, partial(heard, messages))
        # Asked for once all is done: Chromium forgets what it is about to show when it is asked
        # what it shows.
        worker.evaluate("() => before")
        assert sorted(page.evaluate(SHOWN)) == shown
