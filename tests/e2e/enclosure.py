"""A node and its hub, each alone in a network of its own, the node also alone with its disk.

Comes in: a folder, and what the node must be able to read. Goes out: a place from which nothing
can leave unseen. The node's processes have

- a network namespace whose only way out is one cable (a veth pair) to the hub's namespace, with a
  default route and a name server at its other end, so that whoever asks for anything emits packets;
- a process namespace, so that all processes of the node are those that are in it;
- a mount namespace in which everything is read-only but a small disk of its own (a tmpfs), which
  stands in place of ``/tmp``, ``/var/tmp``, ``/dev/shm``, ``/run`` and the home folder.

Needs root. Every address is of these namespaces; the machine's own network is not touched, and
nothing is left when the anchor processes end.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from ambient.closing import Closing
from tests.patience import FAR_S

TOOLS: Final = ("ip", "unshare", "nsenter", "mount")
CLONE_NEWNET: Final = 0x40000000
PORT: Final = 7440
HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[1]

_MOUNTS: Final = """\
set -eu
home=$1; shift
mount --bind "$DISK" /mnt
number=0
for path in "$@"; do
    number=$((number + 1))
    mkdir -p /mnt/keep/$number
    mount --bind "$path" /mnt/keep/$number
done
for pair in tmp:/tmp var-tmp:/var/tmp shm:/dev/shm run:/run home:"$home"; do
    mkdir -p /mnt/"${pair%%:*}"
    mkdir -p "${pair#*:}"
    mount --bind /mnt/"${pair%%:*}" "${pair#*:}"
done
chmod 1777 /mnt/tmp /mnt/var-tmp /mnt/shm
number=0
for path in "$@"; do
    number=$((number + 1))
    [ -e "$path/." ] && continue
    mkdir -p "$path"
    mount --bind /mnt/keep/$number "$path"
done
echo "nameserver $HUB" >/mnt/resolv.conf
mount --bind /mnt/resolv.conf "$(readlink -f /etc/resolv.conf 2>/dev/null || echo /etc/resolv.conf)"
own=$(stat -c %d /mnt)
cut -d ' ' -f 5 /proc/self/mountinfo | while read -r point; do
    case "$point" in /proc | /proc/* | /dev/pts) continue ;; esac
    [ "$(stat -c %d "$point" 2>/dev/null || echo "$own")" = "$own" ] && continue
    mount -o remount,bind,ro "$point"
done
if touch /etc/probe 2>/dev/null || touch "$PROBE/probe" 2>/dev/null; then
    echo "the file system can still be written" >&2
    exit 1
fi
"""
"""Run once in the node's mount namespace. What is to be read is bound first, so that it can be
shown again when it lies below a folder that the disk stands in for."""


def missing() -> str | None:
    """Return why no enclosure can be made here, or nothing."""
    if os.geteuid() != 0:
        return "needs root, to make namespaces"
    lacking = [tool for tool in TOOLS if shutil.which(tool) is None]
    if lacking:
        return f"needs {', '.join(lacking)}"
    if subprocess.run(["unshare", "--net", "--mount", "true"], check=False).returncode:
        return "needs a kernel that lets this user make namespaces"
    return None


class Namespace(Closing):
    """A network namespace (and more, if wanted) that lives as long as its anchor process."""

    def __init__(self, *kinds: str) -> None:
        self._kinds = kinds
        self._unshare = subprocess.Popen(
            ["unshare", "--net", *kinds, "--fork", "--kill-child=KILL", "sleep", "infinity"],
            stdin=subprocess.DEVNULL,
        )
        children = Path(f"/proc/{self._unshare.pid}/task/{self._unshare.pid}/children")
        wait_for(lambda: bool(children.read_text()), "the namespace's first process")
        self.pid = int(children.read_text().split()[0])
        wait_for(lambda: self._is_ready(), "the namespace")
        self.run("ip", "link", "set", "lo", "up")

    def _is_ready(self) -> bool:
        """Return whether the anchor has become ``sleep``, so that its mounts are in place."""
        return Path(f"/proc/{self.pid}/comm").read_text().strip() == "sleep"

    def command(self, *command: str) -> list[str]:
        """Return the command line that runs `command` inside."""
        kinds = [kind for kind in self._kinds if kind in ("--mount", "--pid")]
        return ["nsenter", f"--target={self.pid}", "--net", *kinds, "--", *command]

    def run(self, *command: str, env: Mapping[str, str] | None = None, stdin: str = "") -> str:
        """Run `command` inside and return what it printed."""
        done = subprocess.run(
            self.command(*command),
            env=env,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stderr.strip()}"
        return done.stdout

    def start(
        self, command: Sequence[str], log: Path, env: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        """Start a process inside."""
        with log.open("ab") as out:
            return subprocess.Popen(
                self.command(*command), stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env
            )

    def packet_socket(self) -> socket.socket:
        """Return a socket that sees every packet of every interface inside."""
        here = os.open("/proc/self/ns/net", os.O_RDONLY)
        there = os.open(f"/proc/{self.pid}/ns/net", os.O_RDONLY)
        libc = ctypes.CDLL(None, use_errno=True)
        try:
            assert libc.setns(there, CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
            try:
                return socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            finally:
                assert libc.setns(here, CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
        finally:
            os.close(here)
            os.close(there)

    def close(self) -> None:
        """End everything that runs inside; interfaces and mounts go with it."""
        self._unshare.kill()
        self._unshare.wait()


class Enclosure(Closing):
    """Where one node lives.

    Parameters
    ----------
    folder
        Where the disk is mounted on the outside; must be empty.
    hub
        The namespace at the other end of the cable.
    number
        1 to 200, another for each node of a hub.
    readable
        Folders that the node must be able to read.
    disk_mb
        Size of its disk.
    """

    def __init__(
        self,
        folder: Path,
        hub: Namespace,
        number: int,
        readable: Sequence[Path],
        disk_mb: int = 512,
    ) -> None:
        self.disk = folder / "disk"
        self.disk.mkdir(parents=True)
        self.log = folder / "node.log"
        self.address = f"198.18.{number}.2"
        self.hub_address = f"198.18.{number}.1"
        self._home = Path.home()
        self._stack = ExitStack()
        try:
            self._mount_disk(disk_mb)
            self.space = self._stack.enter_context(
                Namespace("--mount", "--propagation=private", "--pid", "--mount-proc")
            )
            self._plug_in(hub, f"node{number}")
            self.space.run(
                "sh", "-s", str(self._home), *map(str, readable),
                stdin=_MOUNTS,
                env={**os.environ, "DISK": str(self.disk), "HUB": self.hub_address,
                     "PROBE": str(ROOT)},
            )  # fmt: skip
        except BaseException:
            self._stack.close()
            raise

    def _mount_disk(self, size_mb: int) -> None:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m,mode=755", "ambient", self.disk],
            check=True,
        )
        self._stack.callback(subprocess.run, ["umount", "-l", self.disk], check=True)

    def _plug_in(self, hub: Namespace, name: str) -> None:
        """Lay the cable, with routes that lead every packet into it."""
        ends = ["name", name, "netns", str(hub.pid), "type", "veth"]
        peer = ["peer", "name", "eth0", "netns", str(self.space.pid)]
        subprocess.run(["ip", "link", "add", *ends, *peer], check=True)
        number = self.address.split(".")[2]
        for space, device, v4, v6 in (
            (hub, name, self.hub_address, f"fd00:{number}::1"),
            (self.space, "eth0", self.address, f"fd00:{number}::2"),
        ):
            space.run("ip", "addr", "add", f"{v4}/24", "dev", device)
            space.run("ip", "link", "set", device, "up")
            space.run("ip", "addr", "add", f"{v6}/64", "dev", device, "nodad")
        self.space.run("ip", "route", "add", "default", "via", self.hub_address)
        self.space.run("ip", "-6", "route", "add", "default", "via", f"fd00:{number}::1")

    @property
    def state(self) -> Path:
        """The node's state folder as seen from the outside; inside it is ``/run/node``."""
        return self.disk / "run" / "node"

    def start_node(self, config: str, extra: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Start ``ambient node`` with this configuration."""
        (self.disk / "run" / "node.yaml").write_text(config)
        command = [sys.executable, "-m", "ambient", "node", "-c", "/run/node.yaml"]
        return self.space.start(command, self.log, {**environment(), **extra})

    def processes(self) -> list[int]:
        """Return the living processes inside, by their numbers outside, without the anchor."""
        ours = os.readlink(f"/proc/{self.space.pid}/ns/pid")
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == self.space.pid:
                continue
            try:
                inside = os.readlink(entry / "ns" / "pid") == ours
                # Behind the name in brackets, which may hold anything.
                state = (entry / "stat").read_text().rpartition(") ")[2][0]
            except OSError:
                continue
            if inside and state not in "ZX":
                found.append(int(entry.name))
        return sorted(found)

    def close(self) -> None:
        """End the node and take the disk away."""
        self._stack.close()


def environment() -> dict[str, str]:
    """Return the environment of node and hub."""
    from models import store

    return {
        "PATH": os.environ["PATH"],
        "HOME": str(Path.home()),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": str(ROOT),
        store.ENVIRONMENT: str(store.locate()),
    }


def wait_for(what: Callable[[], bool], name: str) -> None:
    """Wait until `what` is true."""
    deadline = time.monotonic() + FAR_S
    while not what():
        assert time.monotonic() < deadline, f"{name}: it did not come within {FAR_S:g} s"
        time.sleep(0.05)
