"""What a hub of two keeps in its state folder about itself and the other one.

Comes in: terms, up to when its store is complete, what an operator orders. Goes out: the same after
a power cut; the state that ``ambient standby status``, `certify` and a technical alarm read.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from ambient import files
from ambient.errors import StoreError, UsageError
from ambient.hub.restored import ASKED_NS, MARGIN_NS
from ambient.hub.standby.duty import PROMISE_S, Kept

FILE: Final = "standby.json"
STATUS: Final = "standby.status.json"
PROMOTE: Final = "standby.promote"
"""An operator's order; taken away by the hub that follows it."""
BEHIND_S: Final = 60.0
"""A copy that is older than this is a technical alarm."""
STALE_S: Final = 10.0
"""A status that is older was written by a hub that runs no more."""


class Memory(Struct, frozen=True, kw_only=True):
    """What must survive a power cut.

    Attributes
    ----------
    kept
        Terms.
    level
        The store here is complete up to then (ns, the clock here): as it serves, or as it was
        copied last.
    lacks, lacks_until
        Since when (ns) the store lacks what a hub acknowledged, and until when nodes are asked
        for it; see `ambient.hub.restored`.
    """

    kept: Kept = Kept()
    level: int = 0
    lacks: int = 0
    lacks_until: int = 0

    def taking_over(self, kept: Kept, now: int) -> Memory:
        """Return what is kept of a take-over at `now` (ns) in the term of `kept`.

        Whoever goes on in the term it had missed nothing; otherwise nodes are asked for what was
        acknowledged since the last copy, and for whatever was lacking in that.
        """
        if kept.term == self.kept.term:
            return msgspec.structs.replace(self, kept=kept)
        since = max(0, self.level - MARGIN_NS)
        if self.lacks and now < self.lacks_until:
            since = min(since, self.lacks)
        return Memory(kept=kept, level=self.level, lacks=max(1, since), lacks_until=now + ASKED_NS)

    def lacking(self, now: int) -> int:
        """Return since when (ns) nodes are asked for what they sent; 0 when nothing is lacking."""
        return self.lacks if now < self.lacks_until else 0


class Status(Struct, frozen=True, kw_only=True):
    """How the two hubs stand, as one of them sees it.

    Attributes
    ----------
    at
        When it was written (ns).
    serves, term
        Whether this hub does, and in which term it serves or served last.
    heard_s
        How long ago the other one was heard; nothing when it never was.
    other_serves
        Whether it does.
    behind_s
        By how much the store of the hub that stands by is behind; nothing when that is not known.
    software, other_software
        Versions.
    """

    at: int
    serves: bool
    term: int
    heard_s: float | None = None
    other_serves: bool = False
    behind_s: float | None = None
    software: str = ""
    other_software: str = ""

    @property
    def well(self) -> bool:
        """Whether one of the two serves and the other one could take over."""
        there = self.heard_s is not None and self.heard_s <= STALE_S
        level = self.behind_s is not None and self.behind_s <= BEHIND_S
        return there and level and self.serves != self.other_serves


def load(state_dir: Path) -> Memory:
    """Return what was kept; nothing known when there is none.

    Raises
    ------
    StoreError
        When it cannot be read: a hub that does not know its terms must not serve.
    """
    path = state_dir / FILE
    data = files.read_bytes(path)
    if data is None:
        return Memory()
    try:
        return msgspec.json.decode(data, type=Memory)
    except msgspec.MsgspecError as error:
        raise StoreError(
            f"{path}: expected what this hub keeps of the other one, got: {error}; set the standby "
            "up anew (ambient standby join)"
        ) from None


def save(state_dir: Path, memory: Memory) -> None:
    """Keep `memory`, on the disk when this returns.

    Raises
    ------
    StoreError
        When the disk cannot take it.
    """
    files.write_atomically(state_dir / FILE, msgspec.json.encode(memory))


def tell(state_dir: Path, status: Status) -> None:
    """Write the status; it need not survive anything.

    Raises
    ------
    OSError
        When the disk cannot take it.
    """
    part = state_dir / f".{STATUS}.part"
    part.write_bytes(msgspec.json.encode(status))
    part.replace(state_dir / STATUS)


def status_of(state_dir: Path, now: int) -> Status | None:
    """Return how the hubs stand at `now` (ns), or nothing when the hub here does not run."""
    data = files.read_bytes(state_dir / STATUS)
    if data is None:
        return None
    try:
        status = msgspec.json.decode(data, type=Status)
    except msgspec.MsgspecError:
        return None  # of another version; the running hub writes it anew within a second
    return status if now - status.at < STALE_S * 1e9 else None


def told(status: Status) -> list[str]:
    """Return how the hubs stand, in words.

    Examples
    --------
    >>> told(Status(at=0, serves=True, term=2, heard_s=0.4, behind_s=1.2))[0]
    'This hub serves (term 2).'
    """
    lines = [
        f"This hub {'serves' if status.serves else 'stands by'} (term {status.term}).",
        "The other one was never heard."
        if status.heard_s is None
        else f"The other one {'serves' if status.other_serves else 'stands by'}, "
        f"heard {status.heard_s:.0f} s ago.",
    ]
    if status.behind_s is None:
        lines.append("There is no copy yet.")
    else:
        lines.append(f"The copy is {status.behind_s:.1f} s behind.")
    if status.other_software and status.other_software != status.software:
        lines.append(
            f"Versions differ: {status.software} here, {status.other_software} there; install the "
            "same on both."
        )
    return lines


def order(state_dir: Path, now: int) -> None:
    """Order the hub that runs here to serve.

    Raises
    ------
    UsageError
        When none runs here, or it serves already.
    StoreError
        When the order cannot be written.
    """
    status = status_of(state_dir, now)
    if status is None:
        raise UsageError(
            f"{state_dir}: expected a hub of two that runs here, found none; start it first"
        )
    if status.serves:
        raise UsageError("the hub on this machine serves already")
    files.write_atomically(state_dir / PROMOTE, str(now).encode())


def ordered(state_dir: Path, now: int) -> bool:
    """Take an order to serve; return whether there was one, given within `PROMISE_S` of `now` (ns).

    One that was given while the hub stopped is not followed at a start days later.
    """
    data = files.read_bytes(state_dir / PROMOTE)
    if data is None:
        return False
    (state_dir / PROMOTE).unlink(missing_ok=True)
    return data.isdigit() and abs(now - int(data)) <= PROMISE_S * 1e9
