"""Kill agent and hub with SIGKILL at random moments while events flow, and count the rows.

``python -m tests.bus.killing hub|agent FOLDER`` is one of the two processes; `torment` runs both.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from ambient.bus import keys
from ambient.bus.enrolment import HUB_FILE
from ambient.bus.protocol import PROTOCOL, Enrol
from ambient.config import HubLink, NodeConfig, Room
from ambient.events import Outcome
from ambient.hub.database import HubDatabase
from ambient.hub.intake import Intake
from ambient.hub.registry import Registry
from ambient.hub.store import Store
from ambient.node.agent import Agent
from ambient.node.outbox import Outbox
from tests.bus.kit import IDENTITY, fall
from tests.patience import PATIENCE_S


def hub(folder: Path) -> None:
    """Run the hub's end of the link for good; its port stays the same over restarts."""
    database = HubDatabase(folder / "hub.db")
    port = folder / "port"
    bind = port.read_text() if port.exists() else "tcp://127.0.0.1:0"
    pair = keys.load_or_make(folder / keys.HUB_KEY)
    store = Store(database)
    intake = Intake(bind, pair, "site", registry=Registry(database), sink=store, source=store)
    keys.write_private(port, intake.address.encode())
    intake.run(threading.Event())


def agent(folder: Path) -> None:
    """Run the agent for good."""
    config = NodeConfig(site="site", node="n-1", state_dir=folder, rooms=[Room(id="r1")])
    outbox = Outbox(folder / "outbox.db")
    Agent(config, outbox, identity=IDENTITY, handler=lambda _: Outcome.APPLIED).run(
        threading.Event()
    )


def torment(folder: Path, kills: int, seed: int) -> tuple[int, list[tuple[str, int]]]:
    """Commit falls without pause while killing; return what was committed, and what arrived.

    Returns
    -------
    tuple
        Number of rows committed to the outbox; chain and position of each stored event, in the
        order in which the hub stored them.
    """
    chance = random.Random(seed)
    folder.mkdir(exist_ok=True)
    node = folder / "node"
    _enrol(folder, node)
    processes = {role: _spawn(role, folder) for role in ("hub", "agent")}
    address = folder / "port"
    _until(address.exists)
    hub_key = keys.load_or_make(folder / keys.HUB_KEY).public
    link = HubLink(address=address.read_text(), key=hub_key)
    keys.write_private(node / HUB_FILE, msgspec.json.encode(link))
    rows = 0
    try:
        with Outbox(node / "outbox.db") as fusion:
            for _ in range(kills):
                end = time.monotonic() + chance.uniform(0.1, 0.9)
                while time.monotonic() < end:
                    fusion.commit([fall(rows, 0), fall(rows, 1)], {"n": b"1"})
                    fusion.commit([fall(rows, 2), fall(rows, 3)], {"n": b"2"})
                    rows += 4
                role = chance.choice(("hub", "agent"))
                processes[role].kill()
                processes[role].wait()
                processes[role] = _spawn(role, folder)
            _until(lambda: fusion.depth().waiting == 0)
    finally:
        for process in processes.values():
            process.send_signal(signal.SIGKILL)
            process.wait()
    database = HubDatabase(folder / "hub.db")
    with database.read() as db:
        stored = db.execute("SELECT chain, position FROM events ORDER BY number").fetchall()
    database.close()
    return rows, stored


def _enrol(folder: Path, node: Path) -> None:
    pair = keys.load_or_make(node / keys.NODE_KEY)
    hub_key = keys.load_or_make(folder / keys.HUB_KEY).public
    database = HubDatabase(folder / "hub.db")
    registry = Registry(database)
    now = time.time_ns()
    token = registry.invite("tcp://127.0.0.1:1", hub_key, "admin", now).token
    request = Enrol(protocol=PROTOCOL, token=token, node="n-1", site="site", rooms=["r1"])
    registry.ask(pair.public, request, "site", now)
    registry.accept("n-1", "admin", now)
    database.close()


def _spawn(role: str, folder: Path) -> subprocess.Popen[bytes]:
    place = folder if role == "hub" else folder / "node"
    return subprocess.Popen(
        [sys.executable, "-m", "tests.bus.killing", role, str(place)],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.DEVNULL,
    )


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 2 * PATIENCE_S
    waiter = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        waiter.wait(0.02)


if __name__ == "__main__":
    {"hub": hub, "agent": agent}[sys.argv[1]](Path(sys.argv[2]))
