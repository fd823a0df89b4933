"""Kill the hub at random moments while a node sends all it can, and count what became of it.

Comes in: how many kills, a seed. Goes out: whether every row of the node's outbox is at the hub
exactly once, each chain in its order, and whether the hub's log of alarms verifies. The hub is the
real process; the node's end is its real outbox and agent, filled with a made-up stream (see
`ambient.streams`) as fast as the hub takes it. Three kills of four come once the started hub has
acknowledged something, so that they fall into transactions; each fourth comes at any moment after
its start, so that some fall into opening the store.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec
import structlog

from ambient import streams
from ambient.config import NodeConfig, load_node
from ambient.errors import LinkError
from ambient.evaluate.chaos import Compared, compared
from ambient.evaluate.facility import NODE, START_S, Facility
from ambient.evaluate.node_end import MOST_ROWS, NodeEnd
from ambient.node.agent import Agent
from ambient.node.outbox import Outbox

ROOMS: Final = 4
AHEAD: Final = 640
"""Rows that wait in the outbox at any time: ten batches."""
SERVING_S: Final = (0.0, 0.7)
STARTING_S: Final = (0.0, 4.0)
EACH_FOURTH: Final = 4
SETTLE_S: Final = 300.0
_KEY: Final = "k" * 40


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a run showed.

    Attributes
    ----------
    ok
        Nothing missing, nothing twice, every chain in order, and the log verifies.
    kills, while_starting
        All, and those before the hub had acknowledged anything since its start.
    verified
        What ``ambient hub verify`` said at the end.
    """

    ok: bool
    kills: int
    while_starting: int
    found: Compared
    verified: str
    seed: int
    seconds: float


class Sender(NodeEnd):
    """The node's end of the link: keeps its outbox filled, and brings it to the hub."""

    def __init__(self, config: NodeConfig, seed: int) -> None:
        super().__init__(config, _KEY)
        self._stream = streams.made_up(MOST_ROWS, node=NODE, rooms=ROOMS, seed=seed)
        self.filling = True
        self.acknowledged = 0
        self.waiting = 0

    def turn(self, agent: Agent, filled: Outbox) -> None:
        """Fill the outbox, and send."""
        self.waiting = filled.depth().waiting
        if self.filling and self.waiting < AHEAD:
            filled.commit(list(islice(self._stream, AHEAD)))
        super().turn(agent, filled)
        self.acknowledged = agent.counts.rows_acknowledged


def run(
    kills: int,
    *,
    seed: int = 1,
    folder: Path | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Report:
    """Kill the hub `kills` times and count.

    Raises
    ------
    LinkError
        When the hub does not come up, or does not take what is sent within a minute.
    """
    # What the agent says of each lost connection is the point here, and no news.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    began = time.monotonic()
    chance = random.Random(seed)
    cameras: dict[str, Sequence[str]] = {f"r{number + 1}": [] for number in range(ROOMS)}
    starting = 0
    with Facility(folder, cameras) as facility:
        facility.start_hub()
        facility.enrol()
        sender = Sender(load_node(facility.folder / "node.yaml"), seed)
        sender.start()
        try:
            for number in range(kills):
                starting += _kill(facility, sender, chance, number)
                if (number + 1) % 10 == 0:
                    tell(f"{number + 1} of {kills} kills, {sender.acknowledged} rows")
            sender.filling = False
            _wait(lambda: sender.waiting == 0, SETTLE_S, "the hub to take what waits")
        finally:
            sender.stop()
            facility.stop_hub()
        found = compared(facility)
        verdict = subprocess.run(
            [
                sys.executable,
                "-m",
                "ambient",
                "hub",
                "verify",
                "-c",
                str(facility.folder / "hub.yaml"),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    return Report(
        ok=found.same and verdict.returncode == 0,
        kills=kills,
        while_starting=starting,
        found=found,
        verified=(verdict.stdout or verdict.stderr).strip(),
        seed=seed,
        seconds=round(time.monotonic() - began, 1),
    )


def _kill(facility: Facility, sender: Sender, chance: random.Random, number: int) -> bool:
    """Kill the hub and start it again; return whether it had acknowledged nothing yet."""
    before = sender.acknowledged
    if number % EACH_FOURTH:
        _wait(lambda: sender.acknowledged > before, START_S, "the hub to acknowledge something")
        time.sleep(chance.uniform(*SERVING_S))
    else:
        time.sleep(chance.uniform(*STARTING_S))
    hub = facility.hub
    if hub is None or hub.poll() is not None:
        raise LinkError(f"expected a hub that runs, it ended by itself; see {facility.folder}")
    hub.kill()
    hub.wait()
    facility.start_hub(wait=False)
    return sender.acknowledged == before


def _wait(what: Callable[[], bool], limit_s: float, name: str) -> None:
    deadline = time.monotonic() + limit_s
    while not what():
        if time.monotonic() > deadline:
            raise LinkError(f"expected {name} within {limit_s:.0f} s, waited in vain")
        time.sleep(0.01)
