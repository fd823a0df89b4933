"""The node's time: a steady clock plus an offset, so that `t` never goes back.

Comes in: readings of the wall clock and of the steady clock (CLOCK_MONOTONIC, shared by all
processes of a machine), in nanoseconds. Goes out: `t`, nanoseconds since the Unix epoch, and the
steps of the wall clock. The supervisor takes the offset once and hands it to its workers, so that
a worker that is started again goes on in the same time; a small file keeps the offset over a
restart of the whole node, so that a wall clock that was set back meanwhile cannot send `t` back.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import structlog

from ambient.errors import StoreError
from ambient.files import read_bytes, write_atomically

NS: Final = 1_000_000_000

STEP_S: Final = 2.0
"""A difference between wall and steady clock that counts as a step; slewing stays far below."""

SAVE_EVERY_S: Final = 60.0
"""How often a running node notes its time; a node that lost power is at most this far behind."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class NodeClock:
    """Steady clock plus offset.

    Attributes
    ----------
    offset_ns
        What to add to CLOCK_MONOTONIC to get nanoseconds since the epoch.
    """

    offset_ns: int

    def now(self) -> int:
        """Return `t` of this instant, nanoseconds since the epoch."""
        return time.monotonic_ns() + self.offset_ns

    def at(self, monotonic_ns: int) -> int:
        """Return `t` of an instant of the steady clock."""
        return monotonic_ns + self.offset_ns


class Kept(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a node remembers of its time over a restart.

    Attributes
    ----------
    boot
        Identity of the machine's boot; the steady clock starts anew with each.
    offset_ns
        Offset in force.
    t
        The node's time when this was written.
    """

    boot: str
    offset_ns: int
    t: int


def choose_offset(wall_ns: int, monotonic_ns: int, boot: str, kept: Kept | None) -> int:
    """Return the offset a starting node uses: the wall clock's, unless `t` would go back.

    Parameters
    ----------
    wall_ns, monotonic_ns
        Both clocks, read together.
    boot
        Identity of this boot.
    kept
        What the last run left, if anything.
    """
    offset = wall_ns - monotonic_ns
    if kept is None:
        return offset
    if kept.boot == boot:
        return max(offset, kept.offset_ns)
    floor = kept.t + int(SAVE_EVERY_S * NS)
    return max(offset, floor - monotonic_ns) if kept.t > wall_ns else offset


class StepDetector:
    """Notice that the wall clock jumped against the steady one."""

    def __init__(self, tolerance_s: float = STEP_S) -> None:
        self._tolerance_ns = int(tolerance_s * NS)
        self._difference: int | None = None

    def check(self, wall_ns: int, monotonic_ns: int) -> float | None:
        """Return the step in seconds (positive: forward), or nothing when there was none."""
        difference = wall_ns - monotonic_ns
        before, self._difference = self._difference, difference
        if before is None:
            return None
        step = difference - before
        # Successive readings are compared, so that slow slewing never adds up to a step.
        return step / NS if abs(step) >= self._tolerance_ns else None


def boot_id() -> str:
    """Return the identity of this boot of the machine, or an empty text where none is known."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def running_clock(path: Path) -> NodeClock:
    """Return the clock that goes on from what is noted in `path`, as the node that runs has it."""
    kept: Kept | None = None
    data = read_bytes(path)
    if data:
        try:
            kept = msgspec.json.decode(data, type=Kept)
        except msgspec.MsgspecError:
            _log.warning("the node's clock cannot be read; the wall clock is taken")
    return NodeClock(choose_offset(time.time_ns(), time.monotonic_ns(), boot_id(), kept))


def start_clock(path: Path) -> NodeClock:
    """Return the clock of a node that starts now, and note it in `path`."""
    clock = running_clock(path)
    save_clock(path, clock)
    return clock


def save_clock(path: Path, clock: NodeClock) -> bool:
    """Note the clock in `path`; return whether the disk took it."""
    kept = Kept(boot=boot_id(), offset_ns=clock.offset_ns, t=clock.now())
    try:
        write_atomically(path, msgspec.json.encode(kept))
    except StoreError:
        return False
    return True


ENVIRONMENT: Final = "AMBIENT_CLOCK_OFFSET_NS"
"""How the supervisor hands the offset to its workers."""


def inherited_clock() -> NodeClock:
    """Return the supervisor's clock, or one of this process when there is no supervisor."""
    text = os.environ.get(ENVIRONMENT, "")
    if text.lstrip("-").isdigit():
        return NodeClock(int(text))
    return NodeClock(time.time_ns() - time.monotonic_ns())
