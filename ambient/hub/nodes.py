"""What the hub knows of a node: where its key stands, who it is, who waits.

Comes in: rows of `registry`. Goes out: the structs that link, page and commands are given.
"""

from __future__ import annotations

from enum import Enum, auto

from msgspec import Struct


class Standing(Enum):
    """What a key may do."""

    UNKNOWN = auto()
    """Ask for enrolment, while an invitation is open."""
    PENDING = auto()
    """Wait."""
    REJECTED = auto()
    ENROLLED = auto()
    NEXT = auto()
    """The key an enrolled node changes to; with its first hello it takes the old one's place."""
    REVOKED = auto()
    """Withdrawn, or replaced by a newer key."""


class Holder(Struct, frozen=True, kw_only=True):
    """Where a key stands, and for whom.

    Attributes
    ----------
    node
        Its name; empty unless the key is or was enrolled.
    rooms
        Rooms the node may speak for.
    """

    standing: Standing
    node: str = ""
    rooms: frozenset[str] = frozenset()


class EnrolledNode(Struct, frozen=True, kw_only=True):
    """A node in the list; `revoked` holds when it was withdrawn (ns), or nothing."""

    node: str
    rooms: list[str]
    key: str
    fingerprint: str
    enrolled: int
    accepted_by: str
    revoked: int | None = None
    revoked_by: str | None = None


class PendingNode(Struct, frozen=True, kw_only=True):
    """A node that asked with a valid invitation at `asked` (ns) and waits for a decision."""

    node: str
    site: str
    rooms: list[str]
    key: str
    fingerprint: str
    asked: int
