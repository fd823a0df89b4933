"""What the worker of web push shows, in a real Chromium."""

from __future__ import annotations

import json
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


UNTIL = f"""async ([count, last, patience]) => {{
  const end = performance.now() + patience;
  for (;;) {{
    const shown = (await ({SHOWN})()).sort();
    const there = shown.length === count && shown.some((one) => one[3] === last);
    if (there || performance.now() > end) return shown;
    // Not by frames: a page that the browser does not draw gets none.
    await new Promise((done) => setTimeout(done, 20));
  }}
}}"""
"""What is shown once that many are, and the last message among them, or when patience is over."""


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
]
"""Messages in order of arrival ► tag, title, silent and id of what the device then shows."""


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
    come(page, lambda: registrations)
    for messages, shown in STEPS:
        for data in messages:
            sent = {"origin": hub.url, "registrationId": registrations[0], "data": data}
            session.send("ServiceWorker.deliverPushMessage", sent)
        assert page.evaluate(UNTIL, [len(shown), shown[-1][3], PATIENCE_MS]) == shown
