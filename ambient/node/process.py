"""What every worker process does about itself: die with its parent, leave no core, beat.

Comes in: the environment that the supervisor set. Goes out: calls to the kernel (Linux), a byte a
second on the pipe that the supervisor watches, and what the kernel tells the supervisor of it.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import time
from typing import Final

HEARTBEAT_FD: Final = "AMBIENT_HEARTBEAT_FD"
"""Environment variable with the number of the inherited pipe to the supervisor."""
PARENT: Final = "AMBIENT_SUPERVISOR_PID"
ONE_THREAD: Final = {"OPENBLAS_NUM_THREADS": "1"}
"""For the environment of a worker: on a machine whose cores are busy, threads of the linear algebra
wait for each other, spinning; ten microphones that hear speech took twice the processor time
(measured)."""

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_CPUCLOCK_SCHED: Final = 2


def _prctl(option: int, value: int) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl({option}): {os.strerror(number)}")


def die_with_parent() -> None:
    """Have the kernel kill this process when the supervisor dies, however it dies."""
    parent = os.environ.get(PARENT, "")
    die_with(int(parent) if parent.isdigit() else None)


def die_with(parent: int | None) -> None:
    """Have the kernel kill this process when the one that started it dies, however it dies.

    Parameters
    ----------
    parent
        Its process id, where it is known: it may have died before the kernel was told, and nobody
        would ever stop this process.
    """
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent is not None and os.getppid() != parent:
        raise SystemExit(0)


def leave_no_trace() -> None:
    """Keep what this process holds out of core dumps and away from debuggers."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _prctl(_PR_SET_DUMPABLE, 0)


def cpu_s(pid: int) -> float | None:
    """Return the processor time (s) that all threads of a process took; None once it is gone.

    Notes
    -----
    By the process's own clock (``MAKE_PROCESS_CPUCLOCK`` of Linux' ``posix-timers.h``, as
    `clock_getcpuclockid` makes it): ``/proc`` hides from its parent a process that leaves no core
    where the service's unit says ``ProtectProc=invisible``.
    """
    try:
        return time.clock_gettime(~pid << 3 | _CPUCLOCK_SCHED)
    except OSError:
        return None


class Heartbeat:
    """The pipe to the supervisor; silent when the worker was started by hand."""

    def __init__(self) -> None:
        text = os.environ.get(HEARTBEAT_FD, "")
        self._descriptor = int(text) if text.isdigit() else None
        if self._descriptor is not None:
            os.set_blocking(self._descriptor, False)
            os.set_inheritable(self._descriptor, False)

    def beat(self) -> None:
        """Give a sign of life."""
        if self._descriptor is None:
            return
        try:
            os.write(self._descriptor, b".")
        except BlockingIOError:
            # The supervisor is behind with reading; the bytes that wait say the same.
            return
        except BrokenPipeError:
            # The supervisor is gone, and the kernel is about to end this process too.
            self._descriptor = None


class StopSignal:
    """SIGTERM and SIGINT as a flag that a worker's loop looks at."""

    def __init__(self) -> None:
        self.asked = False
        signal.signal(signal.SIGTERM, self._note)
        # Ctrl-C reaches the whole terminal group; the supervisor decides the order of stopping.
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def _note(self, number: int, frame: object) -> None:
        self.asked = True
