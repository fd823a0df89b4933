"""What a room may be watched for, and whether it is paused: kept on the node, over restarts.

Comes in: consent given or withdrawn, a privacy pause with its end, what a nurse set for a bed, by
command line, button or command of the hub. Goes out: for every room whether its devices may be open
now. The file ``switches.json`` in the node's state folder is the only truth; every process of the
node reads it, and a pause ends by its time even when nobody is there to end it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from ambient.commands import BedCare
from ambient.config import NodeConfig, Room
from ambient.errors import StoreError
from ambient.events import Outcome, Purpose
from ambient.files import locked, read_bytes, write_atomically

FILE: Final = "switches.json"
MAX_DONE: Final = 1000
"""Commands whose outcome is remembered; the hub forgets a command long before."""


class Switches(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was decided on this node beyond its configuration.

    Attributes
    ----------
    purposes
        Room ► purpose ► on; what is not here is as the configuration says.
    paused_until
        Room ► end of its privacy pause, in the node's time (ns).
    care
        Room ► bed ► what a nurse set for it (`ambient.node.care`).
    done
        Command id ► its outcome, oldest first, so that the same command is applied once.
    """

    purposes: dict[str, dict[Purpose, bool]] = {}
    paused_until: dict[str, int] = {}
    care: dict[str, dict[str, BedCare]] = {}
    done: dict[str, Outcome] = {}

    def is_on(self, room: Room, purpose: Purpose) -> bool:
        """Return whether `purpose` is on in `room`."""
        return self.purposes.get(room.id, {}).get(purpose, room.is_on(purpose))

    def pause_end(self, room: str, t: int) -> int | None:
        """Return when the pause of `room` ends, or nothing when it is not paused at `t`."""
        until = self.paused_until.get(room, 0)
        return until if until > t else None

    def with_purpose(self, room: str, purpose: Purpose, on: bool) -> Switches:
        """Return these switches with one purpose set."""
        of_room = {**self.purposes.get(room, {}), purpose: on}
        return msgspec.structs.replace(self, purposes={**self.purposes, room: of_room})

    def with_pause(self, room: str, until: int) -> Switches:
        """Return these switches with `room` paused until `until` (0 ends the pause)."""
        others = {r: end for r, end in self.paused_until.items() if r != room}
        paused = {**others, room: until} if until else others
        return msgspec.structs.replace(self, paused_until=paused)

    def with_care(self, room: str, bed: str, care: BedCare) -> Switches:
        """Return these switches with what is set for one bed."""
        of_room = {**self.care.get(room, {}), bed: care}
        return msgspec.structs.replace(self, care={**self.care, room: of_room})

    def toggled(self, rooms: Sequence[str], t: int, pause_ns: int) -> Switches:
        """Return these switches after the privacy button was pressed at `t`.

        One button serves all `rooms`: it pauses them, or ends the pause if any of them is paused.
        """
        paused = any(self.pause_end(room, t) is not None for room in rooms)
        after = self
        for room in rooms:
            after = after.with_pause(room, 0 if paused else t + pause_ns)
        return after

    def with_done(self, command: str, outcome: Outcome) -> Switches:
        """Return these switches with the outcome of a command noted."""
        kept = dict(list(self.done.items())[-(MAX_DONE - 1) :])
        return msgspec.structs.replace(self, done={**kept, command: outcome})


@dataclass(frozen=True)
class Allowed:
    """Whether the devices of a room may be open.

    Attributes
    ----------
    on
        Whether a purpose that needs the device is on.
    paused_until
        End of the privacy pause in the node's time (ns); nothing when there is none.
    """

    on: bool
    paused_until: int | None

    @property
    def open(self) -> bool:
        """Whether the device may be open."""
        return self.on and self.paused_until is None


def allowed(switches: Switches, room: Room, purpose: Purpose, t: int) -> Allowed:
    """Return whether a device that serves `purpose` in `room` may be open at `t`."""
    return Allowed(switches.is_on(room, purpose), switches.pause_end(room.id, t))


class SwitchBoard:
    """The file of switches, shared by the processes of a node."""

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / FILE
        self._lock = state_dir / f".{FILE}.lock"
        self._stamp: tuple[int, int, int] | None = None
        self._known = Switches()

    def read(self) -> Switches:
        """Return the switches in force; reads the file only when it changed.

        Raises
        ------
        StoreError
            When the file is there and is not what this module writes.
        """
        try:
            status = os.stat(self._path)
        except FileNotFoundError:
            self._stamp, self._known = None, Switches()
            return self._known
        stamp = (status.st_mtime_ns, status.st_ino, status.st_size)
        if stamp != self._stamp:
            self._known = self._load()
            self._stamp = stamp
        return self._known

    def change(self, how: Callable[[Switches], Switches]) -> tuple[Switches, Switches]:
        """Apply `how` to the switches and keep the result; return those before and after.

        Raises
        ------
        StoreError
            When the disk cannot take the change, which then did not happen.
        """
        with locked(self._lock):
            before = self._load()
            after = how(before)
            if after != before:
                write_atomically(self._path, msgspec.json.encode(after))
        return before, after

    def _load(self) -> Switches:
        data = read_bytes(self._path)
        if data is None:
            return Switches()
        try:
            return msgspec.json.decode(data, type=Switches)
        except msgspec.MsgspecError as error:
            raise StoreError(
                f"{self._path}: expected the node's switches, got something else ({error}); "
                "restore the file, or delete it and record the consents again"
            ) from None


def rooms_by_id(config: NodeConfig) -> dict[str, Room]:
    """Return the rooms of a node by their id."""
    return {room.id: room for room in config.rooms}
