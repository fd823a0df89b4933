"""A whole facility in a folder: a real hub and a real node, as processes of their own.

Comes in: recordings that stand for cameras. Goes out: a hub and a node that found each other over
the real enrolment, and the page's address; all of it is stopped and, if wanted, removed again.
Nothing here is simulated but the camera.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
import yaml

from ambient.closing import Closing
from ambient.config import load_node
from ambient.errors import LinkError
from ambient.evaluate.page import PageClient
from ambient.evaluate.ports import free_port
from ambient.node import running
from ambient.node.supervisor import wanted_workers

SITE: Final = "demo"
NODE: Final = "n-1"
ROOM: Final = "r12"
USER: Final = "demo"
START_S: Final = 120.0
STOP_S: Final = 60.0
SETUP_LINK: Final = re.compile(r"https?://\S+/setup/\S+")


class Facility(Closing):
    """A hub and a node in one folder.

    Parameters
    ----------
    folder
        Where state, configuration and logs go; nothing: a new one, removed at the end.
    cameras
        Room ► sources of its cameras.
    microphones
        Room ► sources of its microphones; where there are any, *sounds* is on.
    link_port, web_port
        0 chooses free ones.
    node_extra
        Further keys of ``node.yaml``.
    environment
        Added to the environment of both.
    """

    def __init__(
        self,
        folder: Path | None,
        cameras: Mapping[str, Sequence[str]],
        *,
        microphones: Mapping[str, Sequence[str]] | None = None,
        link_port: int = 0,
        web_port: int = 0,
        node_extra: Mapping[str, object] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._temporary = folder is None
        # A short path: sockets between the workers lie below it.
        self.folder = folder or Path(tempfile.mkdtemp(prefix="ambient-"))
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.link_port = link_port or free_port()
        self.web_port = web_port or free_port()
        self.password = secrets.token_urlsafe(9)
        self.page = PageClient(f"http://127.0.0.1:{self.web_port}")
        self._environment = {**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})}
        self.hub: subprocess.Popen[bytes] | None = None
        self.node: subprocess.Popen[bytes] | None = None
        self._write(cameras, microphones or {}, node_extra or {})

    @property
    def node_state(self) -> Path:
        """The node's state folder."""
        return self.folder / "node"

    @property
    def hub_state(self) -> Path:
        """The hub's state folder."""
        return self.folder / "hub"

    def start_hub(self, *, wait: bool = True) -> None:
        """Start the hub and, if wanted, wait until its page answers.

        Raises
        ------
        LinkError
            When it does not come up.
        """
        self.hub = self._start("hub")
        if wait:
            self._wait(self.page.healthy, START_S, self.hub, "the hub's page answers")

    def setup_link(self) -> str | None:
        """Return the one-time link that the hub printed, if any."""
        found = SETUP_LINK.findall((self.folder / "hub.log").read_text(errors="replace"))
        return found[-1] if found else None

    def set_up_user(self) -> None:
        """Create the first user over the one-time link, and log in.

        Raises
        ------
        LinkError
            When there is no link or the hub refuses.
        """
        link = self.setup_link()
        if link is None:
            raise LinkError("expected the hub to print a one-time link, got none; see hub.log")
        self.page.set_up(link, USER, self.password)
        self.page.log_in(USER, self.password)

    def enrol(self) -> str:
        """Invite the node, let it ask, compare the fingerprints, accept it; return that.

        Raises
        ------
        LinkError
            When a step fails or the two fingerprints differ.
        """
        invitation = str(self._json("invite")["invitation"])
        log = (self.folder / "enroll.log").open("wb")
        with log:
            asking = subprocess.Popen(
                [*_AMBIENT, "enroll", invitation, "-c", str(self.folder / "node.yaml")],
                stdout=log,
                stderr=log,
                env=self._environment,
            )
        try:
            waiting: list[str] = []

            def waits() -> bool:
                waiting[:] = [
                    str(one["fingerprint"]) for one in self._json("nodes", "list")["pending"]
                ]
                return bool(waiting)

            self._wait(waits, START_S, asking, "the node asks to be enrolled")
            shown = (self.folder / "enroll.log").read_text()
            if waiting[0] not in shown:
                raise LinkError(f"expected the same fingerprint on both sides, got {waiting[0]}")
            self._json_free("nodes", "accept", NODE)
            if asking.wait(START_S) != 0:
                raise LinkError("expected the node to be enrolled; see enroll.log")
            return waiting[0]
        finally:
            if asking.poll() is None:
                asking.kill()
                asking.wait()

    def start_node(self) -> None:
        """Start the node and wait until all its workers live.

        Raises
        ------
        LinkError
            When it does not come up.
        """
        self.node = self._start("node")
        expected = set(wanted_workers(load_node(self.folder / "node.yaml")))
        self._wait(
            lambda: set(running.worker_pids(self.node_state)) == expected,
            START_S,
            self.node,
            "the node's workers run",
        )

    def last_lines(self, count: int = 12) -> str:
        """Return the last lines of each process's log."""
        parts = []
        for log in sorted(self.folder.glob("*.log")):
            lines = log.read_text(errors="replace").splitlines()[-count:]
            parts += [f"{log.name}:", *(f"  {line}" for line in lines)]
        return "\n".join(parts)

    def stop_node(self) -> None:
        """Stop the node; it drains."""
        end(self.node, STOP_S)
        self.node = None

    def stop_hub(self) -> None:
        """Stop the hub; it drains."""
        end(self.hub, STOP_S)
        self.hub = None

    def close(self) -> None:
        """Stop node and hub, the node first; remove a temporary folder."""
        try:
            self.stop_node()
            self.stop_hub()
        finally:
            if self._temporary:
                shutil.rmtree(self.folder, ignore_errors=True)

    def _write(
        self,
        cameras: Mapping[str, Sequence[str]],
        microphones: Mapping[str, Sequence[str]],
        node_extra: Mapping[str, object],
    ) -> None:
        hub = {
            "site": SITE,
            "state_dir": str(self.hub_state),
            "link": {"bind": f"tcp://127.0.0.1:{self.link_port}"},
            "web": {"host": "127.0.0.1", "port": self.web_port},
            "rooms": {room: {"name": f"Room {room.removeprefix('r')}"} for room in cameras},
        }
        node = {
            "site": SITE,
            "node": NODE,
            "state_dir": str(self.node_state),
            "rooms": [
                {
                    "id": room,
                    "cameras": [
                        {"id": f"c{number}", "source": source}
                        for number, source in enumerate(sources, 1)
                    ],
                    "microphones": [
                        {"id": f"m{number}", "source": source}
                        for number, source in enumerate(microphones.get(room, ()), 1)
                    ],
                    "purposes": {"falls": True, "sounds": room in microphones},
                }
                for room, sources in cameras.items()
            ],
            **node_extra,
        }
        for name, content in (("hub", hub), ("node", node)):
            (self.folder / f"{name}.yaml").write_text(yaml.safe_dump(content, sort_keys=False))

    def _start(self, name: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [*_AMBIENT, name, "-c", str(self.folder / f"{name}.yaml")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                process_group=0,
            )

    def _json(self, *command: str) -> dict[str, list[dict[str, object]]]:
        answer = self._json_free(*command, "--json")
        decoded: dict[str, list[dict[str, object]]] = msgspec.json.decode(answer)
        return decoded

    def _json_free(self, *command: str) -> bytes:
        done = subprocess.run(
            [*_AMBIENT, *command, "-c", str(self.folder / "hub.yaml")],
            capture_output=True,
            env=self._environment,
            check=False,
        )
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").strip()
            raise LinkError(f"ambient {' '.join(command)}: expected success, got: {said}")
        return done.stdout

    def _wait(
        self,
        what: Callable[[], bool],
        limit_s: float,
        process: subprocess.Popen[bytes],
        name: str,
    ) -> None:
        deadline = time.monotonic() + limit_s
        while not what():
            if process.poll() is not None:
                raise LinkError(
                    f"expected that {name}; the process ended with {process.returncode}"
                )
            if time.monotonic() > deadline:
                raise LinkError(
                    f"expected that {name} within {limit_s:.0f} s; see {self.folder}/*.log"
                )
            time.sleep(0.05)


_AMBIENT: Final = (sys.executable, "-m", "ambient")


def end(process: subprocess.Popen[bytes] | None, limit_s: float) -> None:
    """Stop a process with SIGTERM, and with SIGKILL when that takes too long."""
    if process is None or process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(limit_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
