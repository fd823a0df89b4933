"""Two hubs of one site in a folder, as processes of their own, and nodes with their real agents.

Comes in: how many nodes. Goes out: a first hub that serves, a second one that joined by the real
invitation and stands by, and nodes that were enrolled at the first one and told of both. All of it
is on loopback; a machine that loses its power is a process that is killed, one that hangs a process
that is stopped.
"""

from __future__ import annotations

import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import yaml

from ambient import events
from ambient.bus.enrolment import enroll
from ambient.closing import Closing
from ambient.config import NodeConfig, Room
from ambient.errors import LinkError
from ambient.evaluate.facility import SETUP_LINK, SITE, USER, end
from ambient.evaluate.node_end import NodeEnd
from ambient.evaluate.page import PageClient
from ambient.evaluate.ports import free_port
from ambient.events import AnyEvent, FallConfirmed, FallSuspected
from ambient.node.agent import Agent
from ambient.node.outbox import Outbox

_AMBIENT: Final = (sys.executable, "-m", "ambient")
FIRST: Final = "first"
SECOND: Final = "second"
START_S: Final = 120.0
"""On a machine that does much else besides."""
STOP_S: Final = 25.0
NS: Final = 1_000_000_000
TENTHS_S: Final = 0.1
"""A status tells its seconds to so much."""


class Status(msgspec.Struct, frozen=True):
    """What is used of ``ambient standby status --json``."""

    at: int
    serves: bool
    term: int
    other_serves: bool
    heard_s: float | None = None
    behind_s: float | None = None

    def behind_at(self, now: int) -> float | None:
        """Return how far (s) the copy was behind at `now` (ns) at the most.

        A status is up to a second old, and what came meanwhile it does not know. Nothing when the
        hub that wrote it does not serve, or knows of no copy.

        Examples
        --------
        >>> told = Status(at=9 * NS, serves=True, term=2, other_serves=False, behind_s=0.5)
        >>> told.behind_at(10 * NS)
        1.55
        """
        if not self.serves or self.behind_s is None:
            return None
        return self.behind_s + TENTHS_S / 2 + max(0, now - self.at) / NS


class OneHub:
    """One of the two hubs: its folder, its process, its page."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "hub.yaml"
        self.state = folder / "hub"
        self.link_port, self.web_port, self.pair_port = free_port(), free_port(), free_port()
        self.page = PageClient(f"http://127.0.0.1:{self.web_port}", patience_s=START_S)
        self.process: subprocess.Popen[bytes] | None = None
        self.hangs = False

    @property
    def link(self) -> str:
        """Where nodes reach it."""
        return f"tcp://127.0.0.1:{self.link_port}"

    @property
    def address(self) -> str:
        """Where the other hub reaches it."""
        return f"tcp://127.0.0.1:{self.pair_port}"

    def start(self) -> None:
        """Start its process; it need not serve."""
        with (self.folder / "hub.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*_AMBIENT, "hub", "-c", str(self.config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )

    def kill(self) -> None:
        """Kill it, as a machine that loses its power."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self.process = None

    def hang(self, *, hangs: bool) -> None:
        """Let it hang, or go on."""
        assert self.process is not None, "only what runs can hang"
        self.hangs = hangs
        self.process.send_signal(signal.SIGSTOP if hangs else signal.SIGCONT)

    def stop(self) -> None:
        """Stop it; it drains."""
        end(self.process, STOP_S)
        self.process = None

    def serves(self) -> bool:
        """Return whether its page is that of alarms."""
        return self.page.healthy()

    def status(self) -> Status | None:
        """Return how the two stand as this one sees it, nothing when it does not run."""
        path = self.state / "standby.status.json"
        try:
            found = msgspec.json.decode(path.read_bytes(), type=Status)
        except (OSError, msgspec.MsgspecError):
            return None
        fresh = time.time() - path.stat().st_mtime < 3.0
        return found if fresh and self.process is not None else None

    def log(self) -> str:
        """Return all that it logged."""
        return (self.folder / "hub.log").read_text(errors="replace")

    def command(self, *arguments: str, check: bool = True) -> str:
        """Run an ``ambient`` command with this hub's configuration; return what it said."""
        done = subprocess.run(
            [*_AMBIENT, *arguments, "-c", str(self.config)],
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode != 0:
            raise LinkError(f"ambient {' '.join(arguments)}: expected success, got: {done.stderr}")
        return done.stdout


class RoomNode(NodeEnd):
    """A node of one of the rooms, to which events are given.

    Attributes
    ----------
    connected
        Whether a hub takes its events.
    waiting
        How many of its events no hub has acknowledged.
    """

    def __init__(self, folder: Path, name: str, rooms: Sequence[str]) -> None:
        config = NodeConfig(
            site=SITE, node=name, state_dir=folder, rooms=[Room(id=room) for room in rooms]
        )
        super().__init__(config, secrets.token_hex(20))
        self.node = name
        self.state = folder
        self.rooms = list(rooms)
        self.connected = False
        self.waiting = 0
        self._given: list[AnyEvent] = []
        self._lock = threading.Lock()

    def give(self, given: Sequence[AnyEvent]) -> None:
        """Commit events to the outbox."""
        with self._lock:
            self._given += given

    def turn(self, agent: Agent, filled: Outbox) -> None:
        """Commit what was given, and send."""
        with self._lock:
            given, self._given = self._given, []
        if given:
            filled.commit(given)
        super().turn(agent, filled)
        self.connected = agent.connected
        self.waiting = filled.depth().waiting


class TwoHubs(Closing):
    """Both hubs and the nodes.

    Parameters
    ----------
    folder
        Where all of it goes; nothing: a new folder, removed at the end.
    nodes
        How many; each serves one room.
    extra
        Further keys of the first hub's ``hub.yaml``.
    """

    def __init__(
        self, folder: Path | None, *, nodes: int = 1, extra: dict[str, object] | None = None
    ) -> None:
        self._temporary = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="ambient-"))
        self.password = secrets.token_urlsafe(9)
        for name in (FIRST, SECOND):
            (self.folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        self.first, self.second = OneHub(self.folder / FIRST), OneHub(self.folder / SECOND)
        self.nodes = [
            RoomNode(self.folder / f"n-{number}", f"n-{number}", [f"r{number}"])
            for number in range(1, nodes + 1)
        ]
        content = {
            "site": SITE,
            "state_dir": str(self.first.state),
            "link": {"bind": self.first.link},
            "web": {"host": "127.0.0.1", "port": self.first.web_port},
            "rooms": {f"r{n}": {"name": f"Room {n}"} for n in range(1, nodes + 1)},
            **(extra or {}),
        }
        self.first.config.write_text(yaml.safe_dump(content, sort_keys=False))
        own = {
            "site": SITE,
            "state_dir": str(self.second.state),
            "link": {"bind": self.second.link},
            "web": {"host": "127.0.0.1", "port": self.second.web_port},
        }
        self.second.config.write_text(yaml.safe_dump(own, sort_keys=False))

    def set_up(self) -> None:
        """Start the first hub, enrol the nodes there, let the second one join, start it.

        Raises
        ------
        LinkError
            When a step fails.
        """
        self.first.start()
        until(self.first.serves, START_S, "the first hub serves")
        self.first.page.set_up(SETUP_LINK.findall(self.first.log())[-1], USER, self.password)
        for node in self.nodes:
            self._enrol(node)
            node.start()
        self._join()
        self.first.stop()
        self.first.start()
        self.second.start()
        self.wait_level()

    def wait_level(self) -> None:
        """Wait until one hub serves, the other one has a fresh copy, and all nodes are there."""
        until(self._is_level, START_S, "one hub serves and the other one has its state")

    def serving(self) -> OneHub | None:
        """Return the hub that serves; nothing when none does, or both do."""
        found = [hub for hub in (self.first, self.second) if hub.serves()]
        return found[0] if len(found) == 1 else None

    def log_in(self, hub: OneHub) -> None:
        """Begin a session at the hub's page."""
        hub.page.log_in(USER, self.password)

    def close(self) -> None:
        """Stop everything; remove a temporary folder."""
        try:
            for node in self.nodes:
                node.stop()
            for hub in (self.first, self.second):
                if hub.process is not None:
                    hub.process.send_signal(signal.SIGCONT)
                hub.stop()
        finally:
            if self._temporary:
                shutil.rmtree(self.folder, ignore_errors=True)

    def _is_level(self) -> bool:
        found = [hub.status() for hub in (self.first, self.second)]
        one = [status for status in found if status is not None and status.serves]
        other = [status for status in found if status is not None and not status.serves]
        return (
            len(one) == len(other) == 1
            and one[0].behind_s is not None
            and one[0].behind_s < 5.0
            and other[0].other_serves
            and all(node.connected for node in self.nodes)
        )

    def _enrol(self, node: RoomNode) -> None:
        answer = self.first.command("invite", "--json")
        invitation = str(msgspec.json.decode(answer)["invitation"])
        asking = threading.Thread(
            target=enroll,
            args=(invitation,),
            kwargs={
                "node": node.node,
                "site": SITE,
                "rooms": node.rooms,
                "state_dir": node.state,
                "timeout_s": START_S,
            },
            daemon=True,
        )
        asking.start()
        until(
            lambda: node.node in self.first.command("nodes", "list", "--json"),
            START_S,
            f"{node.node} asks to be enrolled",
        )
        self.first.command("nodes", "accept", node.node)
        asking.join(START_S)

    def _join(self) -> None:
        inviting = subprocess.Popen(
            [
                *(*_AMBIENT, "standby", "invite", "--json"),
                *("--address", self.first.address, "-c", str(self.first.config)),
            ],
            stdout=subprocess.PIPE,
        )
        assert inviting.stdout is not None, "it was started with a pipe"
        try:
            line = str(msgspec.json.decode(inviting.stdout.readline())["invitation"])
            second = self.second
            done = subprocess.run(
                [
                    *(*_AMBIENT, "standby", "join", line, "-c", str(second.config)),
                    *("--address", second.address),
                ],
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode != 0 or inviting.wait(START_S) != 0:
                raise LinkError(f"expected the second hub to join, got: {done.stderr}")
        finally:
            inviting.kill()
            inviting.wait()
            inviting.stdout.close()


def fall(node: RoomNode, number: int, t: int) -> list[AnyEvent]:
    """Return the two events of a fall that rings: suspected and confirmed, at `t` (ns)."""
    chain = events.chain_id(node.key, node.rooms[0], "fall", number)
    suspected, confirmed = (
        events.event_id(node.key, chain, position, kind, t)
        for position, kind in enumerate(("fall.suspected", "fall.confirmed"))
    )
    common: dict[str, Any] = {
        "t": t,
        "node": node.node,
        "room": node.rooms[0],
        "chain": chain,
        "config_version": "0" * 12,
    }
    return [
        FallSuspected(id=suspected, position=0, **common),
        FallConfirmed(id=confirmed, position=1, down_s=8.0, **common),
    ]


def until(what: Callable[[], bool], limit_s: float, name: str) -> float:
    """Wait until `what`; return how long that took (s).

    Raises
    ------
    LinkError
        When it does not come about within `limit_s`.
    """
    began = time.monotonic()
    while not what():
        if time.monotonic() - began > limit_s:
            raise LinkError(f"expected that {name} within {limit_s:.0f} s, waited in vain")
        time.sleep(0.05)
    return time.monotonic() - began
