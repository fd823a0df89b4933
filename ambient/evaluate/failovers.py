"""Let one hub of two fail again and again, and count what became of events, alarms and answers.

Comes in: how many fail-overs, a seed. Goes out: whether every row of every node's outbox is at the
hub that serves at the end, exactly once and each chain in order; whether both hubs' logs verify;
how long a fall that is raised at the very moment waited until it rang at the other hub; how long
both hubs served, and how long none did; how many answers of carers were lost. Hubs are real
processes, nodes real outboxes and agents (`two_hubs`). A hub fails in three ways: it is killed; it
hangs, as a machine that loses its power does for everybody else, and goes on once the other one
serves; or an operator lets the other one take over.
"""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeVar

import msgspec
import numpy as np
import structlog

from ambient.evaluate.two_hubs import START_S, OneHub, RoomNode, TwoHubs, fall, until
from ambient.events import AnyEvent
from ambient.sqlite import open_to_read

NODES: Final = 3
BOUND_S: Final = 2.0
"""What a carer answered longer before a failure than this must not be lost."""
LIMIT_S: Final = 30.0
POLL_S: Final = 0.1
SETTLE_S: Final = 300.0

Found = TypeVar("Found")


class Failure(StrEnum):
    """How a hub fails."""

    KILLED = "killed"
    HUNG = "hung"
    PLANNED = "planned"


SHARES: Final = {Failure.KILLED: 0.7, Failure.HUNG: 0.2, Failure.PLANNED: 0.1}


class Waits(msgspec.Struct, frozen=True, kw_only=True):
    """How long a fall at the moment of a failure waited until it rang at the other hub (s)."""

    count: int
    p50: float
    p99: float
    most: float


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a run showed.

    Attributes
    ----------
    ok
        Nothing missing, twice or out of order, both logs verify, no fall waited longer than 30 s,
        and no answer older than `BOUND_S` was lost.
    failures
        How many of each kind.
    waits
        Of all, and by kind.
    rows, missing, twice, foreign, out_of_order
        Of the nodes' outboxes, against the hub that serves at the end; chains out of order.
    answers, answers_lost, answers_lost_within
        Acknowledgements by carers, and those that were gone afterwards: given more, or less, than
        `BOUND_S` before the failure.
    both_s, none_s
        The longest time in which both hubs' pages said that they serve, and none did.
    behind_p50_s, behind_p99_s, behind_most_s
        By how much the copy was behind at the moments of failure, at the most: the status that says
        so is up to a second old, and its age counts.
    verified
        What ``ambient hub verify`` said of each.
    """

    ok: bool
    failures: dict[str, int]
    waits: dict[str, Waits]
    rows: int
    missing: int
    twice: int
    foreign: int
    out_of_order: int
    answers: int
    answers_lost: int
    answers_lost_within: int
    both_s: float
    none_s: float
    behind_p50_s: float
    behind_p99_s: float
    behind_most_s: float
    verified: list[str]
    seed: int
    seconds: float


class Watcher(threading.Thread):
    """Asks both pages all the time whether they serve."""

    def __init__(self, hubs: TwoHubs) -> None:
        super().__init__(name="watcher", daemon=True)
        self._hubs = hubs
        self._ended = threading.Event()
        self.both = self.none = 0.0
        """Longest times (s)."""

    def stop(self) -> None:
        """End it."""
        self._ended.set()
        self.join()

    def run(self) -> None:
        """Ask until stopped."""
        since: dict[int, float] = {}
        while not self._ended.wait(POLL_S):
            # A hub that hangs answers nobody: it is not asked, for that would take long.
            serving = sum(
                hub.serves() for hub in (self._hubs.first, self._hubs.second) if not hub.hangs
            )
            now = time.monotonic()
            since = {serving: since.get(serving, now)}
            lasted = now - since[serving]
            if serving == 2:
                self.both = max(self.both, lasted)
            elif serving == 0:
                self.none = max(self.none, lasted)


def run(
    fail_overs: int,
    *,
    seed: int = 1,
    folder: Path | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Report:
    """Let hubs fail `fail_overs` times and count.

    Raises
    ------
    LinkError
        When the hubs do not come up, or what waits is not taken.

    Notes
    -----
    Stopped by Ctrl-C it reports what was seen so far.
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    began = time.monotonic()
    chance = random.Random(seed)
    with TwoHubs(folder, nodes=NODES) as hubs:
        hubs.set_up()
        watcher = Watcher(hubs)
        watcher.start()
        course = _Course(hubs, chance)
        try:
            try:
                for number in range(fail_overs):
                    kind = course.fail()
                    tell(f"{number + 1} of {fail_overs}: {kind}, rang after {course.last_s:.1f} s")
            except KeyboardInterrupt:
                tell("stopped; this is what was seen so far")
            until(lambda: all(node.waiting == 0 for node in hubs.nodes), SETTLE_S, "nothing waits")
            hubs.wait_level()
            serving = _serving(hubs)
        finally:
            watcher.stop()
        for node in hubs.nodes:
            node.stop()
        other = hubs.second if serving is hubs.first else hubs.first
        other.stop()
        serving.stop()
        verified = [hub.command("hub", "verify", check=False).strip() for hub in (serving, other)]
        return _report(course, watcher, serving, verified, seed, began)


class _Course:
    """The failures one after the other, and what was seen of them."""

    def __init__(self, hubs: TwoHubs, chance: random.Random) -> None:
        self.hubs = hubs
        self._chance = chance
        self._number = 0
        self.waits: dict[Failure, list[float]] = {kind: [] for kind in Failure}
        self.behind: list[float] = []
        self.answers = self.lost = self.lost_within = 0
        self.last_s = 0.0

    def fail(self) -> Failure:
        """Let the serving hub fail once, in a way drawn by chance; return which."""
        self.hubs.wait_level()
        serving = _serving(self.hubs)
        other = self.hubs.second if serving is self.hubs.first else self.hubs.first
        kind = self._chance.choices(list(SHARES), list(SHARES.values()))[0]
        answered = self._answer(serving)
        for node in self.hubs.nodes:
            node.give(self._fall(node))
        fallen = self._chance.choice(self.hubs.nodes)
        events = self._fall(fallen)
        moment = time.monotonic()
        at = time.time()
        fallen.give(events)
        status = serving.status()
        behind = None if status is None else status.behind_at(time.time_ns())
        if behind is not None:
            self.behind.append(behind)
        self._break(kind, serving, other)
        until(lambda: _rings(other, events[0].chain), START_S, "the fall rings at the other hub")
        self.last_s = time.monotonic() - moment
        self.waits[kind].append(self.last_s)
        self._count_answer(*answered, other, at)
        self._mend(kind, serving)
        return kind

    def _answer(self, serving: OneHub) -> tuple[str, float]:
        """Acknowledge a fall as a carer, some time before the failure; return which and when."""
        self.hubs.log_in(serving)
        events = self._fall(self.hubs.nodes[0])
        self.hubs.nodes[0].give(events)
        chain = events[0].chain
        until(lambda: _rings(serving, chain), START_S, "a fall rings")
        serving.page.acknowledge(_alarm(serving, chain))
        given = time.time()
        time.sleep(self._chance.uniform(0.0, BOUND_S + 1.0))
        return chain, given

    def _fall(self, node: RoomNode) -> list[AnyEvent]:
        self._number += 1
        return fall(node, self._number, time.time_ns())

    def _break(self, kind: Failure, serving: OneHub, other: OneHub) -> None:
        match kind:
            case Failure.KILLED:
                serving.kill()
            case Failure.HUNG:
                serving.hang(hangs=True)
            case Failure.PLANNED:
                other.command("standby", "promote")

    def _mend(self, kind: Failure, failed: OneHub) -> None:
        match kind:
            case Failure.KILLED:
                failed.start()
            case Failure.HUNG:
                failed.hang(hangs=False)
            case Failure.PLANNED:
                pass  # it stands by already

    def _count_answer(self, chain: str, given: float, hub: OneHub, at: float) -> None:
        # Until the fall is there, which may be later than the one that rings, nothing says whether
        # its answer is lost.
        name = f"{hub.folder.name} knows the fall that was answered"
        state = _got(lambda: _state(hub, chain), name)
        self.answers += 1
        if state == "active":
            late = at - given < BOUND_S
            self.lost_within += late
            self.lost += not late


def _report(
    course: _Course,
    watcher: Watcher,
    serving: OneHub,
    verified: list[str],
    seed: int,
    began: float,
) -> Report:
    committed: Counter[object] = Counter()
    for node in course.hubs.nodes:
        committed.update(row[0] for row in _rows(node.place.outbox, "SELECT id FROM outbox"))
    stored_rows = _rows(
        serving.state / "hub.db", "SELECT id, chain, position FROM events ORDER BY number"
    )
    stored = Counter(row[0] for row in stored_rows)
    chains: dict[object, list[int]] = {}
    for _, chain, position in stored_rows:
        chains.setdefault(chain, []).append(int(str(position)))
    out_of_order = sum(found != sorted(found) for found in chains.values())
    missing = sum((committed - stored).values())
    twice = sum(count - 1 for count in stored.values())
    foreign = len(stored.keys() - committed.keys())
    every = [wait for waits in course.waits.values() for wait in waits]
    waits = {"all": _waits(every)}
    waits |= {kind.value: _waits(found) for kind, found in course.waits.items() if found}
    right = all("lines are right" in said and "wrong" not in said for said in verified)
    whole = not (missing or twice or foreign or out_of_order or course.lost)
    p50, p99 = (float(np.percentile(course.behind, q)) for q in (50, 99))
    return Report(
        ok=whole and right and max(every) <= LIMIT_S,
        failures={kind.value: len(found) for kind, found in course.waits.items()},
        waits=waits,
        rows=sum(committed.values()),
        missing=missing,
        twice=twice,
        foreign=foreign,
        out_of_order=out_of_order,
        answers=course.answers,
        answers_lost=course.lost,
        answers_lost_within=course.lost_within,
        both_s=round(watcher.both, 1),
        none_s=round(watcher.none, 1),
        behind_p50_s=round(p50, 2),
        behind_p99_s=round(p99, 2),
        behind_most_s=round(max(course.behind), 2),
        verified=verified,
        seed=seed,
        seconds=round(time.monotonic() - began, 1),
    )


def _waits(found: list[float]) -> Waits:
    return Waits(
        count=len(found),
        p50=round(float(np.percentile(found, 50)), 2),
        p99=round(float(np.percentile(found, 99)), 2),
        most=round(max(found), 2),
    )


def _serving(hubs: TwoHubs) -> OneHub:
    """Return the one hub that serves."""
    return _got(hubs.serving, "one hub serves")


def _got(ask: Callable[[], Found | None], name: str) -> Found:
    """Return what `ask` says once it says something: who is busy says it later.

    Raises
    ------
    LinkError
        When it says nothing within `START_S`.
    """
    found: list[Found] = []

    def said() -> bool:
        answer = ask()
        if answer is not None:
            found.append(answer)
        return bool(found)

    until(said, START_S, name)
    return found[0]


def _rings(hub: OneHub, chain: str) -> bool:
    """Return whether a fall is an alarm at a hub that serves."""
    status = hub.status()
    return status is not None and status.serves and _state(hub, chain) is not None


def _state(hub: OneHub, chain: str) -> object | None:
    found = _of(hub, "state", chain)
    return found[0][0] if found else None


def _alarm(hub: OneHub, chain: str) -> str:
    return str(_got(lambda: _of(hub, "id", chain) or None, "an alarm can be read")[0][0])


def _of(hub: OneHub, what: str, chain: str) -> list[tuple[object, ...]]:
    query = f"SELECT {what} FROM alarms WHERE key = ?"
    try:
        return _rows(hub.state / "hub.db", query, f"fall:{chain}")
    except sqlite3.Error:
        return []  # the copy is being written, or there is none yet


def _rows(path: Path, query: str, *values: object) -> list[tuple[object, ...]]:
    with closing(open_to_read(path)) as database:
        return database.execute(query, values).fetchall()
