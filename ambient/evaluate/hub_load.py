"""A hub under the load of a large house: from an event ready at a node to every open page.

Comes in: how many nodes and pages, at which rate for how long, how large a storm. Goes out: the
time from a fall's events (ready at the node) until each open stream, and a real Chromium, had its
card (`fall.suspected`) and had it ringing (`fall.confirmed`); whether the hub has every event once
and its log verifies; its memory and processor time. The hub is the real process, on a core of its
own; nodes (`load_nodes`), pages and carers (`load_pages`) and the browser share another one.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import psutil

from ambient.errors import LinkError
from ambient.evaluate import load_nodes, load_pages
from ambient.evaluate.facility import USER, Facility
from ambient.evaluate.hub_load_report import (
    HOUR_S,
    Report,
    Sample,
    phase_report,
)
from ambient.evaluate.latency import FLAGS, WATCH, chromium
from ambient.evaluate.load_nodes import BEAT_S, Course, Pairs, Phase
from ambient.evaluate.load_pages import Login, Seen, Tempo
from ambient.evaluate.page import PageClient
from ambient.evaluate.statistics import quantile
from ambient.sqlite import open_to_read

if TYPE_CHECKING:
    from playwright.sync_api import Page

LIMIT_S: Final = 1.0
"""What the 99th percentile is held against."""
SESSIONS: Final = 20
START_S: Final = 300.0
SETTLE_S: Final = 300.0
SAMPLE_S: Final = 1.0
OPENING, REAL, HOUR, STORM = "opening", "real rate", "rest of the hour", "storm"
OPENING_RATE: Final = 100.0
STORM_SPEED: Final = 6.0
BEATS: Final = 520
"""Of three quarters of an hour."""


def run(
    *,
    nodes: int = 1000,
    pages: int = 200,
    rate: float = 20.0,
    seconds: int = 600,
    hour_rate: float = 120.0,
    storm: int = 50_000,
    beats: int = BEATS,
    speed: float = 1.0,
    seed: int = 1,
    folder: Path | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Report:
    """Measure; see the module.

    Parameters
    ----------
    seconds
        For how long events come at `rate`; the rest of an hour's comes at `hour_rate`, 0 for none.
    beats
        Heartbeats of each node before that.
    speed
        How much faster than in life the steps of one fall, and its carers, follow each other at
        `rate`, and at least so in the storm; a figure is measured at 1.

    Raises
    ------
    UsageError, LinkError
        When there is no browser, or hub, nodes or pages do not come up.
    """
    busy = os.getloadavg()[0]
    real = Phase(name=REAL, count=round(rate * seconds), rate=rate, speed=speed, seed=seed)
    phases = [
        # What a hub keeps of each room, resident and connection it keeps from here on.
        Phase(
            name=OPENING,
            count=2 * nodes,
            rate=OPENING_RATE,
            first=30_000_000,
            opening=True,
            beats=beats,
        ),
        real,
    ]
    rest = round(rate * HOUR_S) - real.count
    if hour_rate and rest > 0:
        phases.append(
            Phase(
                name=HOUR,
                count=rest,
                rate=hour_rate,
                speed=hour_rate / rate,
                first=10_000_000,
                seed=seed + 1,
            )
        )
    if storm:
        phases.append(
            Phase(
                name=STORM,
                count=storm,
                rate=0.0,
                speed=max(STORM_SPEED, speed),
                first=20_000_000,
                seed=seed + 2,
            )
        )
    cores = sorted(os.sched_getaffinity(0))
    mine = cores[1:] or cores
    rooms: dict[str, Sequence[str]] = {f"r{number}": [] for number in range(1, nodes + 1)}
    with Facility(folder, rooms) as facility, _apart(mine):
        house = _enrolled(facility, nodes)
        tell("the nodes are enrolled")
        with _House(facility, house, mine, tell) as running:
            with _apart(cores[:1]):
                facility.start_hub()
            facility.set_up_user()
            running.open(_log_in(facility, min(SESSIONS, pages)), pages)
            measured = running.measure(phases)
        facility.stop_hub()
        stored = _stored(facility)
        verified = subprocess.run(
            [sys.executable, "-m", "ambient", "hub", "verify", "-c", facility.folder / "hub.yaml"],
            capture_output=True,
            text=True,
            check=False,
        )
    course, seen, painted, marks, samples = measured
    reports = [
        phase_report(phase, course.sent, seen, painted, marks[phase.name], samples, pages)
        for phase in phases
    ]
    lost = len(set(course.ids) - set(stored))
    doubled = len(stored) - len(set(stored))
    in_time = all(
        found.p99_s is not None and found.p99_s <= LIMIT_S and not found.missing
        for report in reports
        if report.name in (REAL, HOUR)
        for found in (report.streams, report.browser)
    )
    return Report(
        ok=not lost
        and not doubled
        and verified.returncode == 0
        and seen.connected == pages
        and in_time
        and all(report.finished for report in reports),
        nodes=nodes,
        pages=pages,
        pages_at_end=seen.connected,
        phases=reports,
        rows=len(course.ids),
        lost=lost,
        doubled=doubled,
        refused=course.refused,
        repeated=course.repeated,
        verified=(verified.stdout or verified.stderr).strip(),
        stream_bytes=seen.volume,
        stream_messages=seen.messages,
        taps=seen.deeds,
        taps_refused=seen.refused,
        tap_p50_s=quantile(seen.tapped, 0.5),
        tap_p99_s=quantile(seen.tapped, 0.99),
        cores_apart=len(cores) > 1,
        busy=round(busy, 1),
        seed=seed,
    )


_Measured = tuple[Course, Seen, dict[str, int], dict[str, tuple[float, float]], list[Sample]]


class _House:
    """Nodes, pages and browser of a hub that runs."""

    def __init__(
        self,
        facility: Facility,
        house: _Keys,
        cores: Sequence[int],
        tell: Callable[[str], None],
    ) -> None:
        self._facility = facility
        self._cores = cores
        self._tell = tell
        link = f"tcp://127.0.0.1:{facility.link_port}"
        # Before the hub, as nodes that were there all the time: none of them is silent.
        self._nodes = _Part(load_nodes.serve, cores, link, house.hub, house.nodes)
        self._pages: _Part | None = None
        self._samples: list[Sample] = []
        self._ended = threading.Event()
        self._sampler = threading.Thread(target=self._sample, name="sampler", daemon=True)

    def __enter__(self) -> _House:
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._nodes.end()
        if self._pages is not None:
            self._pages.end()

    def open(self, logins: Sequence[Login], pages: int) -> None:
        """Open pages, once the nodes are connected."""
        self._nodes.expect("connected", START_S)
        self._tell("the nodes are connected")
        url = self._facility.page.url
        self._pages = _Part(load_pages.serve, self._cores, url, logins, pages)
        self._pages.expect("connected", START_S)
        self._tell("the pages are open")

    def measure(self, phases: Sequence[Phase]) -> _Measured:
        """Go through all phases."""
        from playwright.sync_api import sync_playwright

        pages = self._pages
        assert pages is not None, "they were opened"
        self._sampler.start()
        marks: dict[str, tuple[float, float]] = {}
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium(), headless=True, args=list(FLAGS)
            )
            try:
                context = browser.new_context()
                url = self._facility.page.url
                cookies = self._facility.page.cookies()
                context.add_cookies([{"name": n, "value": v, "url": url} for n, v in cookies])
                page = context.new_page()
                page.goto(url)
                page.wait_for_selector("html[data-link=on]", timeout=START_S * 1000)
                page.evaluate(WATCH)
                for phase in phases:
                    marks[phase.name] = self._phase(phase, page, pages)
                painted: dict[str, int] = page.evaluate("window.ambientPainted")
            finally:
                browser.close()
        self._ended.set()
        self._sampler.join()
        course = self._nodes.last(Course)
        seen = pages.last(Seen)
        return course, seen, painted, marks, self._samples

    def _phase(self, phase: Phase, page: Page, pages: _Part) -> tuple[float, float]:
        began = time.monotonic()
        pages.ask(Tempo(phase.speed))
        self._nodes.pipe.send(phase)
        limit = began + (phase.count / phase.rate if phase.rate else 0.0) + SETTLE_S
        limit += phase.beats * BEAT_S
        while not self._nodes.pipe.poll(0) and time.monotonic() < limit:
            page.wait_for_timeout(200)
            if not self._nodes.process.is_alive():
                raise LinkError(f"expected the nodes to send {phase.name}, they ended")
        if self._nodes.pipe.poll(0):
            self._nodes.pipe.recv()
        ended = time.monotonic()
        self._tell(f"{phase.name}: {phase.count} events in {ended - began:.0f} s")
        while pages.ask(Tempo(phase.speed)) != "quiet" and time.monotonic() < limit:
            page.wait_for_timeout(500)
        # What was answered last is on the pages, and shown as over.
        page.wait_for_timeout(3000)
        return began, ended

    def _sample(self) -> None:
        assert self._facility.hub is not None, "it was started"
        process = psutil.Process(self._facility.hub.pid)
        while not self._ended.wait(SAMPLE_S):
            with suppress(psutil.NoSuchProcess):
                spent = process.cpu_times()
                self._samples.append(
                    Sample(
                        time.monotonic(),
                        process.memory_info().rss / 2**20,
                        spent.user + spent.system,
                    )
                )


class _Part:
    """A process that plays one part, and the pipe to it."""

    def __init__(self, serve: Callable[..., None], *arguments: object) -> None:
        self.pipe: Connection
        self.pipe, far = multiprocessing.Pipe()
        spawn = multiprocessing.get_context("spawn")
        self.process: BaseProcess = spawn.Process(target=serve, args=(far, *arguments), daemon=True)
        self.process.start()
        far.close()

    def expect(self, word: str, limit_s: float) -> None:
        """Wait for `word`.

        Raises
        ------
        LinkError
            When it does not come, or another one.
        """
        said = self.pipe.recv() if self.pipe.poll(limit_s) else "nothing"
        if said != word:
            raise LinkError(f"expected the load to be {word} within {limit_s:.0f} s, got {said}")

    def ask(self, question: object) -> object:
        """Return the answer to `question`."""
        self.pipe.send(question)
        return self.pipe.recv()

    def last(self, kind: type[Any]) -> Any:
        """Ask for the end; return what the part has to report."""
        self.pipe.send(None)
        while not isinstance(found := self.pipe.recv(), kind):
            pass  # that the phase before is done, after all
        return found

    def end(self) -> None:
        """End the process, whatever it does."""
        self.process.kill()
        self.process.join()


class _Keys(msgspec.Struct, frozen=True):
    """What `ambient.hub.load.house` leaves for whoever plays the nodes."""

    hub: str
    nodes: Pairs


def _enrolled(facility: Facility, nodes: int) -> _Keys:
    target = facility.folder / "house.json"
    config = facility.folder / "hub.yaml"
    command = [sys.executable, "-m", "ambient.hub.load.house", *map(str, (config, nodes, target))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LinkError(f"expected {nodes} nodes to be enrolled, got: {done.stderr.strip()}")
    return msgspec.json.decode(target.read_bytes(), type=_Keys)


def _log_in(facility: Facility, sessions: int) -> list[Login]:
    found = []
    for number in range(sessions):
        client = facility.page if number == 0 else PageClient(facility.page.url)
        if number:
            client.log_in(USER, facility.password)
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies())
        found.append(Login(cookie, client.csrf))
    return found


@contextmanager
def _apart(cores: Sequence[int]) -> Iterator[None]:
    """Keep this thread, and what it starts, to `cores`."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _stored(facility: Facility) -> list[str]:
    path = facility.hub_state / "hub.db"
    with closing(open_to_read(path)) as database:
        return [row[0] for row in database.execute("SELECT id FROM events")]
