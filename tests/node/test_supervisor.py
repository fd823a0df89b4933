"""The supervisor with workers that do nothing but live, die or hang as they are told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from ambient.errors import UsageError
from ambient.node.notices import Notice, NoticeKind
from ambient.node.running import hold_lock

WORKER = """
import os, signal, sys, time
name, mode, folder = sys.argv[1:]
open(f"{folder}/{name}.pids", "a").write(f"{os.getpid()}\\n")
from ambient.node.process import Heartbeat, StopSignal, die_with_parent
die_with_parent()
stop, heart = StopSignal(), Heartbeat()
heart.beat()
if mode == "dies":
    sys.exit(3)
while not stop.asked:
    if mode != "hangs":
        heart.beat()
    time.sleep(0.02)
open(f"{folder}/drained", "a").write(f"{name}\\n")
"""

GUEST = """
import os, pathlib, sys, time
from ambient.node.process import die_with_parent
die_with_parent()
folder = pathlib.Path(sys.argv[1])
(folder / "wish").unlink()
open(folder / "guest.pids", "a").write(f"{os.getpid()}\\n")
while not (folder / "enough").exists():
    time.sleep(0.02)
"""

SUPERVISOR = """
import sys
from pathlib import Path
from ambient.events import Worker
from ambient.node import budget, supervisor
folder, modes = Path(sys.argv[1]), dict(pair.split("=") for pair in sys.argv[2:])
budget.HANG_S = 0.3
for default in (supervisor.Watchdog.__init__,):
    default.__defaults__ = (0.3, 20.0)
commands = {
    worker: [sys.executable, str(folder / "worker.py"), str(worker), modes[worker], str(folder)]
    for worker in Worker
    if str(worker) in modes
}
policy = budget.RestartPolicy(restarts=2, window_s=20, first_s=0.01, slow_s=0.05)
wish = folder / "wish"
guest = [sys.executable, str(folder / "guest.py"), str(folder)]
supervisor.Supervisor(
    folder, commands, policy=policy, guest=lambda: guest if wish.exists() else None
).run()
"""


def wait_for(what: Callable[[], bool], limit_s: float = 20.0) -> None:
    end = time.monotonic() + limit_s
    while not what():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.02)


class Running:
    def __init__(self, folder: Path, **modes: str) -> None:
        self.folder = folder
        (folder / "worker.py").write_text(textwrap.dedent(WORKER))
        (folder / "guest.py").write_text(textwrap.dedent(GUEST))
        all_modes = {"vision": "lives", "fusion": "lives", "agent": "lives", **modes}
        self.process = subprocess.Popen(
            [sys.executable, "-c", SUPERVISOR, str(folder)]
            + [f"{worker}={mode}" for worker, mode in all_modes.items()],
            stderr=subprocess.DEVNULL,
        )

    def pids(self, worker: str) -> list[int]:
        file = self.folder / f"{worker}.pids"
        return [int(line) for line in file.read_text().split()] if file.exists() else []

    def all_up(self) -> bool:
        return all(self.pids(worker) for worker in ("vision", "fusion", "agent"))

    def notices(self) -> list[Notice]:
        return [
            msgspec.json.decode(path.read_bytes(), type=Notice)
            for path in sorted((self.folder / "notices").glob("*.json"))
        ]

    def kinds(self) -> list[str]:
        return [notice.kind for notice in self.notices()]

    def alive(self, pid: int) -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        return state != "Z"

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


@pytest.fixture
def start(tmp_path: Path):
    running: list[Running] = []

    def begin(**modes: str) -> Running:
        one = Running(tmp_path, **modes)
        running.append(one)
        return one

    yield begin
    for one in running:
        one.end()


@pytest.mark.parametrize("worker", ["vision", "fusion", "agent"])
def test_a_killed_worker_is_back(start, worker: str) -> None:
    node = start()
    wait_for(node.all_up)
    os.kill(node.pids(worker)[0], signal.SIGKILL)
    wait_for(lambda: len(node.pids(worker)) == 2)
    wait_for(lambda: NoticeKind.RESTARTED in node.kinds())
    restarted = next(n for n in node.notices() if n.kind is NoticeKind.RESTARTED)
    assert (restarted.worker, restarted.restarts) == (worker, 1)
    others = {"vision", "fusion", "agent"} - {worker}
    assert all(len(node.pids(other)) == 1 for other in others)


def test_a_worker_that_always_dies_is_reported_once_and_tried_for_ever(start) -> None:
    node = start(vision="dies")
    wait_for(lambda: len(node.pids("vision")) >= 6)
    kinds = node.kinds()
    assert kinds.count(NoticeKind.FAILED) == 1
    assert kinds.count(NoticeKind.RESTARTED) == 2
    assert len(node.pids("fusion")) == 1


def test_a_worker_that_hangs_is_killed_and_started_again(start) -> None:
    node = start(fusion="hangs")
    wait_for(lambda: len(node.pids("fusion")) >= 2)
    assert len(node.pids("vision")) == 1


def test_sigterm_drains_senders_first(start) -> None:
    node = start()
    wait_for(node.all_up)
    wait_for(lambda: NoticeKind.STARTED in node.kinds())
    time.sleep(0.3)
    node.process.send_signal(signal.SIGTERM)
    assert node.process.wait(20) == 0
    assert (node.folder / "drained").read_text().split() == ["vision", "fusion", "agent"]
    assert node.kinds()[-1] is NoticeKind.STOPPED
    assert (node.folder / "clock.json").exists()


def test_the_workers_of_a_killed_supervisor_die_with_it(start) -> None:
    node = start()
    wait_for(node.all_up)
    time.sleep(0.3)
    pids = [node.pids(worker)[0] for worker in ("vision", "fusion", "agent")]
    node.process.kill()
    node.process.wait()
    wait_for(lambda: not any(node.alive(pid) for pid in pids))


def test_sighup_starts_all_workers_anew_without_using_the_budget(start) -> None:
    node = start()
    wait_for(node.all_up)
    time.sleep(0.3)
    node.process.send_signal(signal.SIGHUP)
    wait_for(lambda: all(len(node.pids(w)) == 2 for w in ("vision", "fusion", "agent")))
    assert node.kinds() == [NoticeKind.STARTED]


def test_one_node_for_one_state_folder(tmp_path: Path) -> None:
    held = hold_lock(tmp_path)
    with pytest.raises(UsageError, match="expected no running node"):
        hold_lock(tmp_path)
    os.close(held)
    os.close(hold_lock(tmp_path))


def test_what_somebody_asked_for_runs_once_beside_the_workers_and_never_beyond_the_node(
    start, tmp_path: Path
) -> None:
    node = start()
    wait_for(node.all_up)
    (tmp_path / "wish").touch()
    wait_for(lambda: len(node.pids("guest")) == 1)
    os.kill(node.process.pid, signal.SIGHUP)
    wait_for(lambda: len(node.pids("agent")) == 2)
    assert node.alive(node.pids("guest")[0]), "it outlives the workers that start anew"
    (tmp_path / "enough").touch()
    wait_for(lambda: not node.alive(node.pids("guest")[0]))
    (tmp_path / "enough").unlink()
    (tmp_path / "wish").touch()
    wait_for(lambda: len(node.pids("guest")) == 2)
    assert NoticeKind.FAILED not in node.kinds(), "its end is nobody's alarm"
    node.process.terminate()
    assert node.process.wait(20) == 0
    assert not node.alive(node.pids("guest")[1])
