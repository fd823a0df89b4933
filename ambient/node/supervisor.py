"""Keep the workers of a node alive: start, watch, restart, drain.

Comes in: which workers there are and how each is started. Goes out: processes, each in a group of
its own, started again within a restart budget when they die or hang; notices for fusion of what
happened; readiness for systemd. The supervisor holds no signal, no observation and no key, and
opens no socket: a sign of life is a byte on a pipe, a death is what the kernel says.
"""

from __future__ import annotations

import os
import select
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog

from ambient import notify
from ambient.config import NodeConfig
from ambient.events import Worker
from ambient.node import clock as node_clock
from ambient.node import control, process
from ambient.node.budget import RestartBudget, RestartPolicy, Watchdog
from ambient.node.notices import Notice, NoticeBoard, NoticeKind
from ambient.node.place import NodePlace

_log = structlog.get_logger(__name__)

ORDER: Final = (Worker.AGENT, Worker.FUSION, Worker.VISION, Worker.AUDIO, Worker.GATEWAYS)
"""Started in this order, stopped in the reverse: whoever receives is there before who sends."""

DRAIN_S: Final[Mapping[Worker, float]] = {
    Worker.VISION: 5.0,
    Worker.AUDIO: 5.0,
    Worker.GATEWAYS: 5.0,
    Worker.FUSION: 5.0,
    Worker.AGENT: 8.0,
}
"""How long each worker may take to finish after SIGTERM before it is killed."""


@dataclass
class _Child:
    """One worker and the process that runs it at the moment."""

    worker: Worker
    command: Sequence[str]
    budget: RestartBudget
    watchdog: Watchdog = field(default_factory=Watchdog)
    running: subprocess.Popen[bytes] | None = None
    exit: int | None = None
    """Descriptor that becomes readable when the process ends."""
    beats: int | None = None
    """Reading end of the pipe for signs of life."""
    start_at: float | None = None
    ready: bool = False


class Supervisor:
    """Run the workers of one node until told to stop.

    Parameters
    ----------
    state_dir
        The node's state folder; notices and the clock's offset are kept there.
    commands
        Worker ► command line that runs it.
    policy
        Restart budget of each worker.
    environment
        Added to the environment of every worker.
    wanted
        Which of them are to run, asked again whenever the configuration is read again; all without.
    guest
        Returns the command line of what somebody asked for beside the workers (the wizard), asked
        again every second while none runs; nothing while nobody asks. It ends by itself, at the
        latest with the node; its death is nobody's alarm.
    """

    def __init__(
        self,
        state_dir: Path,
        commands: Mapping[Worker, Sequence[str]],
        *,
        policy: RestartPolicy | None = None,
        environment: Mapping[str, str] | None = None,
        wanted: Callable[[], Collection[Worker]] | None = None,
        guest: Callable[[], Sequence[str] | None] | None = None,
    ) -> None:
        self._state_dir = state_dir
        self._children = {
            worker: _Child(worker, commands[worker], RestartBudget(policy))
            for worker in ORDER
            if worker in commands
        }
        self._notices = NoticeBoard(state_dir)
        self._clock_file = state_dir / "clock.json"
        self._clock = node_clock.start_clock(self._clock_file)
        self._wanted = wanted
        self._asked_for = guest
        self._guest: subprocess.Popen[bytes] | None = None
        self._extra = dict(environment or {})
        self._selector = selectors.DefaultSelector()
        self._signals: set[int] = set()

    def run(self) -> None:
        """Start the workers and keep them alive until SIGTERM or SIGINT; then drain."""
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_read, False)
        os.set_blocking(wake_write, False)
        before = signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        handlers = {
            number: signal.signal(number, self._note_signal)
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        }
        self._selector.register(wake_read, selectors.EVENT_READ)
        try:
            self._post(NoticeKind.STARTED)
            self._start_all()
            self._watch(wake_read)
            notify.notify(notify.STOPPING)
            self._drain(stopping=True)
        finally:
            for child in self._children.values():
                self._kill(child)
            self._end_guest()
            self._selector.close()
            signal.set_wakeup_fd(before)
            for number, handler in handlers.items():
                signal.signal(number, handler)
            os.close(wake_read)
            os.close(wake_write)

    def _note_signal(self, number: int, frame: object) -> None:
        self._signals.add(number)

    def _post(self, kind: NoticeKind, worker: Worker | None = None, restarts: int = 0) -> None:
        t = self._clock.now()
        self._notices.post(Notice(kind=kind, t=t, worker=worker, restarts=restarts))

    def _watch(self, wake: int) -> None:
        told_ready = False
        save_at = time.monotonic() + node_clock.SAVE_EVERY_S
        beat_every = notify.watchdog_s()
        while not self._signals & {signal.SIGTERM, signal.SIGINT}:
            for key, _ in self._selector.select(self._wait_s()):
                if key.fd == wake:
                    _drain_pipe(wake)
                elif isinstance(key.data, _Child):
                    self._hear(key.data, key.fd)
            if signal.SIGHUP in self._signals:
                self._signals.discard(signal.SIGHUP)
                _log.info("configuration is read again, workers start anew")
                self._drain(stopping=False)
                self._start_all()
            now = time.monotonic()
            for child in self._children.values():
                self._look_after(child, now)
            self._look_after_guest()
            if not told_ready and self._can_report():
                told_ready = True
                notify.notify(notify.READY)
                _log.info("node is ready")
            if beat_every is not None:
                notify.notify(notify.ALIVE)
            if now >= save_at:
                save_at = now + node_clock.SAVE_EVERY_S
                node_clock.save_clock(self._clock_file, self._clock)
                self._notices.flush()

    def _can_report(self) -> bool:
        """Return whether alarms, those about a dead sense included, can reach the hub."""
        needed = (self._children.get(worker) for worker in (Worker.FUSION, Worker.AGENT))
        return all(child is None or child.ready for child in needed)

    def _wait_s(self) -> float:
        """Return how long nothing can become due: at most a second."""
        now = time.monotonic()
        due = [now + 1.0]
        for child in self._children.values():
            due += [at for at in (child.start_at, child.watchdog.deadline) if at is not None]
        return max(0.0, min(due) - now)

    def _hear(self, child: _Child, descriptor: int) -> None:
        if descriptor == child.beats:
            if _drain_pipe(descriptor):
                child.ready = True
                child.watchdog.beat(time.monotonic())
            else:
                self._selector.unregister(descriptor)
                os.close(descriptor)
                child.beats = None
        elif descriptor == child.exit:
            self._mourn(child)

    def _look_after(self, child: _Child, now: float) -> None:
        if child.running is not None and not child.ready:
            computed_s = process.cpu_s(child.running.pid)
            if computed_s is not None:
                child.watchdog.computed(computed_s, now)
        if child.start_at is not None and now >= child.start_at:
            self._start(child)
        elif child.running is not None and child.watchdog.hangs(now):
            _log.error("worker hangs and is killed", worker=child.worker)
            child.watchdog.given_up()
            _signal_group(child.running, signal.SIGKILL)
        elif child.ready and child.budget.recovered(now):
            _log.info("worker is stable again", worker=child.worker)
            self._post(NoticeKind.RESTARTED, child.worker, child.budget.restarts)

    def _look_after_guest(self) -> None:
        """Start what somebody asked for, and take leave of it when it has ended."""
        if self._guest is not None and self._guest.poll() is not None:
            _log.info("the wizard ended", code=self._guest.returncode)
            self._guest = None
        if self._guest is not None or self._asked_for is None:
            return
        command = self._asked_for()
        if command is None:
            return
        self._guest = subprocess.Popen(
            list(command), stdin=subprocess.DEVNULL, env=self._environment(), process_group=0
        )
        _log.info("the wizard is started", pid=self._guest.pid)

    def _end_guest(self) -> None:
        if self._guest is not None:
            _signal_group(self._guest, signal.SIGKILL)
            self._guest.wait()

    def _environment(self) -> dict[str, str]:
        environment = {**process.ONE_THREAD, **os.environ, **self._extra}
        environment[process.PARENT] = str(os.getpid())
        environment.pop("NOTIFY_SOCKET", None)
        return environment

    def _start_all(self) -> None:
        wanted = ORDER if self._wanted is None else self._wanted()
        for worker in ORDER:
            if worker not in self._children:
                continue
            if worker in wanted:
                self._start(self._children[worker])
            else:
                # Nobody waits for the answer of a worker that was, and is not any more.
                run_dir = NodePlace(self._state_dir).run_dir
                control.socket_path(run_dir, worker).unlink(missing_ok=True)

    def _start(self, child: _Child) -> None:
        read, write = os.pipe()
        os.set_blocking(read, False)
        environment = {
            **self._environment(),
            node_clock.ENVIRONMENT: str(self._clock.offset_ns),
            process.HEARTBEAT_FD: str(write),
        }
        try:
            child.running = subprocess.Popen(
                list(child.command),
                stdin=subprocess.DEVNULL,
                env=environment,
                pass_fds=(write,),
                process_group=0,
            )
        finally:
            os.close(write)
        child.start_at = None
        child.exit = os.pidfd_open(child.running.pid)
        child.beats = read
        child.watchdog.started(time.monotonic())
        self._selector.register(child.exit, selectors.EVENT_READ, child)
        self._selector.register(read, selectors.EVENT_READ, child)
        _log.info("worker started", worker=child.worker, pid=child.running.pid)

    def _mourn(self, child: _Child) -> None:
        """Take leave of a worker that died and decide when it is started again."""
        code = self._forget(child)
        now = time.monotonic()
        verdict = child.budget.died(now)
        child.start_at = now + verdict.wait_s
        _log.error(
            "worker died",
            worker=child.worker,
            code=code,
            restarts=verdict.restarts,
            again_in_s=round(verdict.wait_s, 2),
        )
        if verdict.exhausted:
            self._post(NoticeKind.FAILED, child.worker, verdict.restarts)
        elif not child.budget.failed:
            self._post(NoticeKind.RESTARTED, child.worker, verdict.restarts)

    def _forget(self, child: _Child) -> int | None:
        """Release what is held for a process that ended; return its exit code."""
        code: int | None = None
        if child.running is not None:
            # What the worker itself may have started goes with it. Before the wait: until then
            # the kernel keeps the number, so that no stranger can be hit.
            _signal_group(child.running, signal.SIGKILL)
            code = child.running.wait()
        for descriptor in (child.exit, child.beats):
            if descriptor is not None:
                self._selector.unregister(descriptor)
                os.close(descriptor)
        child.running = child.exit = child.beats = None
        child.ready = False
        child.watchdog.stopped()
        return code

    def _drain(self, *, stopping: bool) -> None:
        """Stop the workers so that nothing on its way is lost: senders first."""
        for worker in reversed(ORDER):
            child = self._children.get(worker)
            if child is None:
                continue
            child.start_at = None
            if worker is Worker.FUSION and stopping:
                self._post(NoticeKind.STOPPED)
            if child.running is None:
                if worker is Worker.FUSION and stopping:
                    # Its last commit is still owed; the next start of the node makes good for it.
                    _log.warning("fusion does not run; what is on its way waits on the disk")
                continue
            _signal_group(child.running, signal.SIGTERM)
            if (
                child.exit is not None
                and not select.select([child.exit], [], [], DRAIN_S[worker])[0]
            ):
                _log.error("worker did not stop in time and is killed", worker=worker)
            self._forget(child)
        node_clock.save_clock(self._clock_file, self._clock)

    def _kill(self, child: _Child) -> None:
        if child.running is not None:
            self._forget(child)


def wanted_workers(config: NodeConfig) -> list[Worker]:
    """Return the workers that a node needs: those for devices only where there are any."""
    unused: set[Worker] = set()
    if not any(room.microphones for room in config.rooms):
        unused.add(Worker.AUDIO)
    if not any(room.wearables or room.sensors for room in config.rooms):
        unused.add(Worker.GATEWAYS)
    return [worker for worker in ORDER if worker not in unused]


def worker_commands(config: Path, workers: Sequence[Worker] = ORDER) -> dict[Worker, list[str]]:
    """Return how each worker of the node with this configuration file is started."""
    return {
        worker: [
            sys.executable,
            "-m",
            "ambient.node.worker",
            str(worker),
            "--config",
            str(config.resolve()),
        ]
        for worker in workers
    }


def _drain_pipe(descriptor: int) -> bool:
    """Read what waits; return whether the other end is still open."""
    try:
        return bool(os.read(descriptor, 65536))
    except BlockingIOError:
        return True


def _signal_group(running: subprocess.Popen[bytes], number: int) -> None:
    try:
        os.killpg(running.pid, number)
    except ProcessLookupError:
        return
