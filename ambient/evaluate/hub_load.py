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
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np
import psutil
from scipy import stats

from ambient.errors import LinkError
from ambient.evaluate import load_nodes, load_pages
from ambient.evaluate.facility import USER, Facility
from ambient.evaluate.latency import FLAGS, WATCH, chromium
from ambient.evaluate.load_nodes import Course, Pairs, Phase, Sent
from ambient.evaluate.load_pages import Login, Seen, Stage, Tempo
from ambient.evaluate.page import PageClient

if TYPE_CHECKING:
    from playwright.sync_api import Page

HOUR_S: Final = 3600
LIMIT_S: Final = 1.0
"""What the 99th percentile is held against."""
SESSIONS: Final = 20
START_S: Final = 300.0
SETTLE_S: Final = 300.0
SAMPLE_S: Final = 1.0
MEAN_S: Final = 20
"""Memory is averaged over so long before a line is laid through it."""
RESAMPLES: Final = 500
STAGE: Final = {"fall.suspected": Stage.SHOWN, "fall.confirmed": Stage.RINGS}
REAL, HOUR, STORM = "real rate", "rest of the hour", "storm"


class Delay(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds from ready at the node until shown.

    Attributes
    ----------
    n
        Pairs of event and page.
    events
        Different events; `p99_low` and `p99_high` (95 %) come of drawing these again.
    missing
        Pairs that never came.
    """

    n: int
    events: int
    missing: int
    p50_s: float | None
    p99_s: float | None
    p99_low: float | None
    p99_high: float | None
    most_s: float | None


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """Resident memory of the hub (MiB), and how fast it grew (MiB an hour, 95 % interval)."""

    begin: float
    end: float
    most: float
    slope: float | None
    slope_low: float | None
    slope_high: float | None


class PhaseReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one phase showed.

    Attributes
    ----------
    durable
        Until the node had the acknowledgement, of all events.
    cores
        Processor time of the hub over the time that passed.
    """

    name: str
    events: int
    seconds: float
    rate: float
    streams: Delay
    browser: Delay
    durable: Delay
    memory: Memory
    cores: float


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a run showed.

    Attributes
    ----------
    ok
        Nothing lost, nothing twice, the log verifies, every stream was open throughout, and in the
        phases but the storm the 99th percentiles are within the limit.
    rows
        Events that were ready at nodes, answers to commands included.
    repeated
        Batches that were sent again for want of an answer.
    tap_p50_s, tap_p99_s
        How long the hub took to answer a carer's tap.
    busy
        The machine's load average at the start, the measurement aside.
    """

    ok: bool
    nodes: int
    pages: int
    pages_at_end: int
    phases: list[PhaseReport]
    rows: int
    lost: int
    doubled: int
    refused: int
    repeated: int
    verified: str
    stream_bytes: int
    stream_messages: int
    taps: int
    taps_refused: dict[int, int]
    tap_p50_s: float | None
    tap_p99_s: float | None
    cores_apart: bool
    busy: float
    seed: int


def run(
    *,
    nodes: int = 1000,
    pages: int = 200,
    rate: float = 20.0,
    seconds: int = 600,
    hour_rate: float = 120.0,
    storm: int = 50_000,
    seed: int = 1,
    folder: Path | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Report:
    """Measure; see the module.

    Parameters
    ----------
    seconds
        For how long events come at `rate`; the rest of an hour's comes at `hour_rate`, 0 for none.

    Raises
    ------
    UsageError, LinkError
        When there is no browser, or hub, nodes or pages do not come up.
    """
    busy = os.getloadavg()[0]
    phases = [Phase(name=REAL, count=round(rate * seconds), rate=rate, seed=seed)]
    rest = round(rate * HOUR_S) - phases[0].count
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
            Phase(name=STORM, count=storm, rate=0.0, speed=6.0, first=20_000_000, seed=seed + 2)
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
        _phase(phase, course.sent, seen, painted, marks[phase.name], samples, pages)
        for phase in phases
    ]
    lost = len(set(course.ids) - set(stored))
    doubled = len(stored) - len(set(stored))
    in_time = all(
        found.p99_s is not None and found.p99_s <= LIMIT_S and not found.missing
        for report in reports
        if report.name != STORM
        for found in (report.streams, report.browser)
    )
    return Report(
        ok=not lost
        and not doubled
        and verified.returncode == 0
        and seen.connected == pages
        and in_time,
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
        tap_p50_s=_quantile(seen.tapped, 0.5),
        tap_p99_s=_quantile(seen.tapped, 0.99),
        cores_apart=len(cores) > 1,
        busy=round(busy, 1),
        seed=seed,
    )


_Measured = tuple[Course, Seen, dict[str, int], dict[str, tuple[float, float]], list["_Sample"]]


class _Sample(msgspec.Struct, frozen=True):
    at: float
    rss: float
    cpu: float


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
        self._samples: list[_Sample] = []
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
        while not self._nodes.pipe.poll(0):
            page.wait_for_timeout(200)
            if time.monotonic() > limit or not self._nodes.process.is_alive():
                raise LinkError(f"expected {phase.name} to be taken in time; see hub.log")
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
                    _Sample(
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
        found = self.ask(None)
        assert isinstance(found, kind), found
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
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return [row[0] for row in database.execute("SELECT id FROM events")]


def _phase(
    phase: Phase,
    sent: Sequence[Sent],
    seen: Seen,
    painted: Mapping[str, int],
    mark: tuple[float, float],
    samples: Sequence[_Sample],
    pages: int,
) -> PhaseReport:
    mine = [one for one in sent if one.phase == phase.name]
    staged = [(one, STAGE[one.kind]) for one in mine if one.kind in STAGE]
    on_streams = [
        [(at - one.ready) / 1e9 for at in seen.at.get(one.chain, {}).get(stage, [])]
        for one, stage in staged
    ]
    on_screen = [
        [painted[one.chain] / 1e3 - one.ready / 1e9] if painted.get(one.chain, -1) > 0 else []
        for one, stage in staged
        if stage is Stage.RINGS
    ]
    within = [one for one in samples if mark[0] <= one.at <= mark[1]]
    seconds = mark[1] - mark[0]
    return PhaseReport(
        name=phase.name,
        events=len(mine),
        seconds=round(seconds, 1),
        rate=round(len(mine) / seconds, 1),
        streams=delay(on_streams, pages),
        browser=delay(on_screen, 1),
        durable=delay([[(one.acknowledged - one.ready) / 1e9] for one in mine], 1),
        memory=_memory(within),
        cores=round((within[-1].cpu - within[0].cpu) / (within[-1].at - within[0].at), 2)
        if len(within) > 1
        else 0.0,
    )


def delay(found: Sequence[Sequence[float]], wanted: int) -> Delay:
    """Return the quantiles of `found`: for each event, the delay at each of `wanted` pages."""
    flat = [value for one in found for value in one]
    low = high = None
    if len(found) > 1 and flat:
        chance = np.random.default_rng(1)
        groups = [np.asarray(one) for one in found if one]
        alone = np.asarray(flat) if len(groups) == len(flat) else None
        drawn = []
        for _ in range(RESAMPLES):
            which = chance.integers(len(groups), size=len(groups))
            again = np.concatenate([groups[i] for i in which]) if alone is None else alone[which]
            drawn.append(np.quantile(again, 0.99))
        low, high = (round(float(bound), 3) for bound in np.quantile(drawn, (0.025, 0.975)))
    return Delay(
        n=len(flat),
        events=len(found),
        missing=len(found) * wanted - len(flat),
        p50_s=_quantile(flat, 0.5),
        p99_s=_quantile(flat, 0.99),
        p99_low=low,
        p99_high=high,
        most_s=_quantile(flat, 1.0),
    )


def _memory(samples: Sequence[_Sample]) -> Memory:
    sizes = [one.rss for one in samples]
    slope = low = high = None
    began = samples[0].at if samples else 0.0
    blocks: dict[int, list[_Sample]] = {}
    for one in samples:
        blocks.setdefault(int((one.at - began) // MEAN_S), []).append(one)
    if len(blocks) > 3:
        hours = [np.mean([one.at for one in block]) / HOUR_S for block in blocks.values()]
        line = stats.linregress(hours, [np.mean([one.rss for one in b]) for b in blocks.values()])
        half = stats.t.ppf(0.975, len(blocks) - 2) * line.stderr
        slope, low, high = (
            round(float(value), 1) for value in (line.slope, line.slope - half, line.slope + half)
        )
    return Memory(
        begin=round(sizes[0], 1) if sizes else 0.0,
        end=round(sizes[-1], 1) if sizes else 0.0,
        most=round(max(sizes, default=0.0), 1),
        slope=slope,
        slope_low=low,
        slope_high=high,
    )


def _quantile(values: Sequence[float], share: float) -> float | None:
    return round(float(np.quantile(values, share)), 3) if len(values) else None
