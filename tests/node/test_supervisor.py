"""The supervisor with workers that do nothing but live, die or hang as they are told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ambient.errors import UsageError
from ambient.events import Worker
from ambient.node import process
from ambient.node.budget import START_S, WORK_S
from ambient.node.notices import Notice, NoticeKind
from ambient.node.running import hold_lock
from ambient.node.supervisor import Supervisor
from tests.patience import PATIENCE_S, until

WORKER = """
import os, signal, sys, time
name, mode, folder = sys.argv[1:]
from ambient.node.process import Heartbeat, StopSignal, die_with_parent
die_with_parent()
stop, heart = StopSignal(), Heartbeat()
heart.beat()
open(f"{folder}/{name}.pids", "a").write(f"{os.getpid()}\\n")
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
folder, hang_s, patience_s = Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
modes = dict(pair.split("=") for pair in sys.argv[4:])
supervisor.Watchdog.__init__.__defaults__ = (hang_s, patience_s)
supervisor.DRAIN_S = dict.fromkeys(Worker, patience_s)
commands = {
    worker: [sys.executable, str(folder / "worker.py"), str(worker), modes[worker], str(folder)]
    for worker in Worker
    if str(worker) in modes
}
policy = budget.RestartPolicy(restarts=2, window_s=3600, first_s=0.01, slow_s=0.05)
wish = folder / "wish"
guest = [sys.executable, str(folder / "guest.py"), str(folder)]
supervisor.Supervisor(
    folder, commands, policy=policy, guest=lambda: guest if wish.exists() else None
).run()
"""


HANG_S = 5.0
"""After which a worker counts as hanging, where one hangs: the others must be far from it."""


class Running:
    def __init__(self, folder: Path, *, hang_s: float = PATIENCE_S, **modes: str) -> None:
        self.folder = folder
        (folder / "worker.py").write_text(textwrap.dedent(WORKER))
        (folder / "guest.py").write_text(textwrap.dedent(GUEST))
        all_modes = {"vision": "lives", "fusion": "lives", "agent": "lives", **modes}
        self.process = subprocess.Popen(
            [sys.executable, "-c", SUPERVISOR, str(folder), str(hang_s), str(PATIENCE_S)]
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
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return False
        return state != "Z"

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


@pytest.fixture
def start(tmp_path: Path):
    running: list[Running] = []

    def begin(**how: Any) -> Running:
        one = Running(tmp_path, **how)
        running.append(one)
        return one

    yield begin
    for one in running:
        one.end()


@pytest.mark.parametrize("worker", ["vision", "fusion", "agent"])
def test_a_killed_worker_is_back(start, worker: str) -> None:
    node = start()
    until(node.all_up)
    os.kill(node.pids(worker)[0], signal.SIGKILL)
    until(lambda: len(node.pids(worker)) == 2)
    until(lambda: NoticeKind.RESTARTED in node.kinds())
    restarted = next(n for n in node.notices() if n.kind is NoticeKind.RESTARTED)
    assert (restarted.worker, restarted.restarts) == (worker, 1)
    others = {"vision", "fusion", "agent"} - {worker}
    assert all(len(node.pids(other)) == 1 for other in others)


def test_a_worker_that_always_dies_is_reported_once_and_tried_for_ever(start) -> None:
    node = start(vision="dies")
    until(lambda: len(node.pids("vision")) >= 6)
    kinds = node.kinds()
    assert kinds.count(NoticeKind.FAILED) == 1
    assert kinds.count(NoticeKind.RESTARTED) == 2
    assert len(node.pids("fusion")) == 1


def test_a_worker_that_hangs_is_killed_and_started_again(start) -> None:
    node = start(hang_s=HANG_S, fusion="hangs")
    until(lambda: len(node.pids("fusion")) >= 2)
    assert len(node.pids("vision")) == 1


@pytest.mark.parametrize(
    ("does", "killed"),
    [
        pytest.param("time.sleep(3600)", True, id="waits"),
        pytest.param("while True: pass", False, id="computes"),
    ],
)
def test_a_start_that_waits_is_killed_and_one_that_computes_is_not(
    tmp_path: Path, does: str, killed: bool
) -> None:
    made = tmp_path / "made"
    code = f"import time, pathlib; pathlib.Path({str(made)!r}).touch(); {does}"
    commands = {Worker.VISION: [sys.executable, "-c", code.replace("; while", "\nwhile")]}
    node = Supervisor(tmp_path, commands)
    child = node._children[Worker.VISION]
    node._start(child)
    try:
        assert child.running is not None
        pid, began = child.running.pid, time.monotonic()
        until(made.exists)
        node._look_after(child, began + 1)
        if not killed:
            enough_s = (process.cpu_s(pid) or 0.0) + WORK_S
            until(lambda: (process.cpu_s(pid) or 0.0) > enough_s)
        node._look_after(child, began + START_S - 1)
        assert child.running.poll() is None
        node._look_after(child, began + 1.5 * START_S)
        if killed:
            assert child.running.wait(PATIENCE_S) == -signal.SIGKILL
        else:
            assert child.running.poll() is None
    finally:
        node._kill(child)


def test_processor_time_is_that_of_the_process_and_none_of_one_that_is_gone() -> None:
    before = time.process_time()
    found = process.cpu_s(os.getpid())
    assert found is not None
    assert before <= found <= time.process_time()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert process.cpu_s(gone.pid) is None


def test_sigterm_drains_senders_first(start) -> None:
    node = start()
    until(node.all_up)
    until(lambda: NoticeKind.STARTED in node.kinds())
    node.process.send_signal(signal.SIGTERM)
    assert node.process.wait(PATIENCE_S) == 0
    assert (node.folder / "drained").read_text().split() == ["vision", "fusion", "agent"]
    assert node.kinds()[-1] is NoticeKind.STOPPED
    assert (node.folder / "clock.json").exists()


def test_the_workers_of_a_killed_supervisor_die_with_it(start) -> None:
    node = start()
    until(node.all_up)
    pids = [node.pids(worker)[0] for worker in ("vision", "fusion", "agent")]
    node.process.kill()
    node.process.wait()
    until(lambda: not any(node.alive(pid) for pid in pids))


def test_sighup_starts_all_workers_anew_without_using_the_budget(start) -> None:
    node = start()
    until(node.all_up)
    node.process.send_signal(signal.SIGHUP)
    until(lambda: all(len(node.pids(w)) == 2 for w in ("vision", "fusion", "agent")))
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
    until(node.all_up)
    (tmp_path / "wish").touch()
    until(lambda: len(node.pids("guest")) == 1)
    os.kill(node.process.pid, signal.SIGHUP)
    until(lambda: len(node.pids("agent")) == 2)
    assert node.alive(node.pids("guest")[0]), "it outlives the workers that start anew"
    (tmp_path / "enough").touch()
    until(lambda: not node.alive(node.pids("guest")[0]))
    (tmp_path / "enough").unlink()
    (tmp_path / "wish").touch()
    until(lambda: len(node.pids("guest")) == 2)
    assert NoticeKind.FAILED not in node.kinds(), "its end is nobody's alarm"
    node.process.terminate()
    assert node.process.wait(PATIENCE_S) == 0
    assert not node.alive(node.pids("guest")[1])
