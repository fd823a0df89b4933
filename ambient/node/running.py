"""Whether a node runs on a state folder, whether its wizard is open, which processes it has.

Comes in: the state folder. Goes out: yes or no, process numbers. Looks, holds locks, and can have
the workers start anew.
"""

from __future__ import annotations

import fcntl
import os
import signal
from pathlib import Path
from typing import Final

from ambient.errors import UsageError
from ambient.events import Worker

LOCK: Final = "node.lock"
WIZARD_LOCK: Final = "wizard.lock"


def hold_lock(state_dir: Path) -> int:
    """Make sure that one node runs on a state folder; return the descriptor that holds it.

    Raises
    ------
    UsageError
        When another node already runs there.
    """
    return _held(
        state_dir / LOCK,
        "expected no running node on this state folder, found one; "
        "stop it first or give this node a state_dir of its own",
    )


def hold_wizard(state_dir: Path) -> int:
    """Make sure that a node's wizard is open once; return the descriptor that holds it.

    Raises
    ------
    UsageError
        When it is open already.
    """
    return _held(
        state_dir / WIZARD_LOCK,
        "expected no wizard open on this node, found one; "
        "close it on the device that it serves, or wait for its end",
    )


def is_running(state_dir: Path) -> bool:
    """Return whether a node runs on this state folder."""
    return _is_held(state_dir / LOCK)


def wizard_is_open(state_dir: Path) -> bool:
    """Return whether the wizard of the node on this state folder is open."""
    return _is_held(state_dir / WIZARD_LOCK)


def _held(path: Path, refusal: str) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise UsageError(f"{path.parent}: {refusal}") from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor


def _is_held(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def supervisor_pid(state_dir: Path) -> int | None:
    """Return the supervisor of the node that runs on `state_dir`; nothing when none does."""
    if not is_running(state_dir):
        return None
    try:
        return int((state_dir / LOCK).read_text().strip())
    except (OSError, ValueError):
        return None


def start_anew(state_dir: Path) -> None:
    """Have all workers start anew: the next ones find in force what is on the disk."""
    supervisor = supervisor_pid(state_dir)
    if supervisor is not None:
        os.kill(supervisor, signal.SIGHUP)


def worker_pids(state_dir: Path) -> dict[Worker, int]:
    """Return the workers of the node that runs on `state_dir`."""
    supervisor = supervisor_pid(state_dir)
    if supervisor is None:
        return {}
    found: dict[Worker, int] = {}
    try:
        children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    except OSError:
        return {}
    for child in children:
        try:
            words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        for worker in Worker:
            if b"ambient.node.worker" in words and str(worker).encode() in words:
                found[worker] = int(child)
    return found
