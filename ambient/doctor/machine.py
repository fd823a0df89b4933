"""The machine a node runs on: clock, disk, swap, core dumps, models, key file.

Comes in: the node's configuration. Goes out: findings. Only reads; changes nothing.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ambient.bus.keys import NODE_KEY
from ambient.config import NodeConfig
from ambient.doctor.findings import Finding, Level
from ambient.node.fusion_worker import ENOUGH_SPACE_MB, LOW_SPACE_MB

SPARED: Final = "object_detector"
"""Without this model a node finds fewer people and no furniture; it goes on (`vision.networks`)."""

_STA_UNSYNC: Final = 0x40
_TIMEX_BYTES: Final = 256
_TIMEX_STATUS: Final = 40
"""Offset of ``status`` in struct timex on 64-bit Linux, see adjtimex(2)."""


def clock_synchronised() -> bool | None:
    """Return whether the kernel's clock follows a reference; nothing where that is unknown."""
    library = ctypes.CDLL(None, use_errno=True)
    buffer = (ctypes.c_ubyte * _TIMEX_BYTES)()
    try:
        answer = library.adjtimex(ctypes.byref(buffer))
    except AttributeError:
        return None
    if answer < 0:
        return None
    status = int.from_bytes(bytes(buffer[_TIMEX_STATUS : _TIMEX_STATUS + 4]), "little")
    return status & _STA_UNSYNC == 0


def clock() -> Iterator[Finding]:
    """Look at whether the clock is kept right."""
    synchronised = clock_synchronised()
    if synchronised is None:
        yield Finding("clock", Level.NOTE, "cannot be asked", "run: timedatectl")
    elif synchronised:
        yield Finding("clock", Level.OK, "synchronised")
    else:
        yield Finding(
            "clock",
            Level.WARNING,
            "not synchronised",
            "run: timedatectl set-ntp true, with a time server inside the house "
            "(NTP= in /etc/systemd/timesyncd.conf)",
        )


def disk(config: NodeConfig) -> Iterator[Finding]:
    """Look at the space where the node keeps its state."""
    folder = _existing(config.state_dir)
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    found = f"{free_mb} MB free at {config.state_dir}"
    if free_mb < LOW_SPACE_MB:
        yield Finding("disk", Level.FAILED, found, "free some space on this disk")
    elif free_mb < 10 * ENOUGH_SPACE_MB:
        yield Finding("disk", Level.WARNING, found, "give the node at least 1 GB")
    else:
        yield Finding("disk", Level.OK, found)
    if not os.access(folder, os.W_OK):
        yield Finding(
            "state folder",
            Level.FAILED,
            f"{folder} cannot be written by this user",
            f"run: chown -R ambient-node {config.state_dir}, or run this as that user",
        )


def swap(swaps: Path = Path("/proc/swaps")) -> Iterator[Finding]:
    """Look at whether memory with pictures may be written to a disk."""
    try:
        active = [line.split()[0] for line in swaps.read_text().splitlines()[1:] if line.strip()]
    except OSError:
        yield Finding("swap", Level.NOTE, "cannot be read")
        return
    if active:
        yield Finding(
            "swap",
            Level.WARNING,
            f"on: {', '.join(active)}; pictures in memory may reach the disk",
            "run: swapoff -a, and remove the swap line from /etc/fstab (or encrypt it)",
        )
    else:
        yield Finding("swap", Level.OK, "off")


def core_dumps(worker: int | None) -> Iterator[Finding]:
    """Look at whether a crash may write memory to a disk; `worker` is a running vision's pid."""
    if worker is None:
        yield Finding(
            "core dumps", Level.NOTE, "vision forbids them for itself; the node does not run now"
        )
        return
    try:
        lines = Path(f"/proc/{worker}/limits").read_text().splitlines()
    except OSError:
        # A process that no debugger may touch also keeps its limits from other users.
        yield Finding("core dumps", Level.OK, "vision is closed to debuggers and dumps")
        return
    limit = next((line for line in lines if line.startswith("Max core file size")), "")
    if limit.split()[4:5] == ["0"]:
        yield Finding("core dumps", Level.OK, "off for vision")
    else:
        yield Finding(
            "core dumps", Level.FAILED, "vision may dump core", "report this; restart the node"
        )


def models(config: NodeConfig) -> Iterator[Finding]:
    """Hash the models that a node needs."""
    from models.store import State, Store, locate

    store = Store(locate(config.models.dir))
    for name in store.catalogue.defaults():
        status = store.check(name)
        if status.state is State.OK:
            yield Finding(f"model {name}", Level.OK, "whole")
            continue
        where = f" --dir {config.models.dir}" if config.models.dir else ""
        found = f"{status.state}: {status.problem}"
        spared = name == SPARED and status.state is State.MISSING
        yield Finding(
            f"model {name}",
            Level.WARNING if spared else Level.FAILED,
            f"{found}; the node goes on with poses alone" if spared else found,
            f"run: ambient models pull{where}",
        )


def keys(config: NodeConfig) -> Iterator[Finding]:
    """Look at who may read the node's key."""
    file = config.state_dir / NODE_KEY
    try:
        facts = file.lstat()
    except FileNotFoundError:
        yield Finding("key", Level.WARNING, "none yet", "run: ambient enroll INVITATION")
        return
    except OSError as error:
        yield Finding(
            "key", Level.FAILED, f"{file}: {error.strerror}", "run this as the node's user"
        )
        return
    mode = stat.S_IMODE(facts.st_mode)
    if not stat.S_ISREG(facts.st_mode) or mode & 0o077:
        yield Finding(
            "key",
            Level.FAILED,
            f"{file} has mode {mode:04o}: others can read it",
            f"run: chmod 600 {file}, then revoke this node at the hub and enrol it again",
        )
        return
    yield Finding("key", Level.OK, f"only its owner can read {file}")


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder
