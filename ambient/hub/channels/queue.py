"""What a channel has still to send, in the hub's database: in order, once, over restarts.

Comes in: a database within a transaction, the signals that are due, what came of an attempt. Goes
out: rows of ``channel_queue``, and which one is next. Nothing here commits or reads a clock.

One row is one notice. Rows about the same alarm and recipient leave in order; a newer repeat of a
signal takes the place of one that has not arrived; what is withdrawn is not sent any more, and
channels that take back are told if it may have arrived.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import sqlite_utils
from msgspec import Struct

from ambient.hub.alarms.condition import Condition
from ambient.hub.alarms.signal import Delivery, Signal
from ambient.hub.casebook import decode

REPLACED: Final = "replaced"
WITHDRAWN: Final = "withdrawn"
REFUSED: Final = "refused"
"""It failed, and trying again would not help."""
_ARRIVED: Final = "('delivered', 'shown', 'taken')"
FAR_NS: Final = 60 * 1_000_000_000
"""No retry is further away; one that is was made before the clock was set back, and is due."""

_COLUMNS: Final = (
    "number, id, signal, condition, recipient, priority, times, made, attempts, due, over"
)

_GONE: Final = "EXISTS (SELECT 1 FROM signals s WHERE s.id = signal AND s.withdrawn IS NOT NULL)"
# `owed` keeps these few apart: signals and notices are kept for ever, and asked every moment.
_SHOWN_TOO_LONG: Final = (
    f"FROM channel_queue WHERE channel = ? AND owed AND {_GONE} AND NOT EXISTS "
    "(SELECT 1 FROM channel_queue o WHERE o.signal = channel_queue.signal AND o.over)"
)


class Queued(Struct, frozen=True):
    """A notice that has not arrived, as it stands in the queue; instants in hub time (ns)."""

    number: int
    id: str
    signal: str
    condition: str
    recipient: str
    priority: int
    times: int
    made: int
    attempts: int
    due: int
    over: bool


def collect(
    db: sqlite_utils.Database, channel: str, due: Iterable[Signal], now: int, *, takes_back: bool
) -> dict[str, Delivery]:
    """Queue what is due and not queued yet, and let go of what is withdrawn.

    Returns
    -------
    dict[str, Delivery]
        Id of a due signal that has arrived already ► how: the hub was killed before it kept that.
    """
    arrived: dict[str, Delivery] = {}
    for signal in due:
        key = f"{signal.id}.{signal.times}"
        known = db.execute("SELECT outcome FROM channel_queue WHERE id = ?", (key,)).fetchone()
        if known is not None:
            if known[0] in set(Delivery):
                # A far side that takes an alarm for a time says so again with the next repeat.
                took = Delivery(known[0])
                arrived[signal.id] = Delivery.SHOWN if took is Delivery.TAKEN else took
            continue
        db.execute(
            "UPDATE channel_queue SET done = ?, outcome = ? WHERE signal = ? AND done IS NULL",
            (now, REPLACED, signal.id),
        )
        _insert(db, channel, signal, key, now, over=False)
    if takes_back:
        found = db.execute(
            f"SELECT body FROM signals WHERE id IN (SELECT signal {_SHOWN_TOO_LONG}) ORDER BY id",
            (channel,),
        ).fetchall()
        for row in found:
            signal = decode(row[0], Signal)
            _insert(db, channel, signal, f"{signal.id}.over", now, over=True)
    db.execute(
        f"UPDATE channel_queue SET owed = 0 WHERE channel = ? AND owed AND {_GONE}", (channel,)
    )
    db.execute(
        "UPDATE channel_queue SET done = ?, outcome = ? "
        f"WHERE channel = ? AND done IS NULL AND NOT over AND {_GONE}",
        (now, WITHDRAWN, channel),
    )
    return arrived


def first(db: sqlite_utils.Database, channel: str, now: int) -> Queued | None:
    """Return the most urgent notice that may be sent at `now` (ns), the oldest of those."""
    row = db.execute(
        f"SELECT {_COLUMNS} FROM channel_queue q WHERE channel = ? AND done IS NULL "
        "AND (due <= ? OR due > ?) AND NOT EXISTS (SELECT 1 FROM channel_queue b "
        "WHERE b.channel = q.channel AND b.condition = q.condition "
        "AND b.recipient = q.recipient AND b.done IS NULL AND b.number < q.number) "
        "ORDER BY priority DESC, number LIMIT 1",
        (channel, now, now + FAR_NS),
    ).fetchone()
    if row is None:
        return None
    columns = dict(zip(Queued.__struct_fields__, row, strict=True))
    return Queued(**columns | {"over": bool(columns["over"])})


def waiting(db: sqlite_utils.Database, channel: str) -> int:
    """Return how many notices have not arrived."""
    row = db.execute(
        "SELECT count(*) FROM channel_queue WHERE channel = ? AND done IS NULL", (channel,)
    ).fetchone()
    return int(row[0])


def owes(db: sqlite_utils.Database, channel: str) -> bool:
    """Return whether something that is withdrawn may have arrived and was not taken back."""
    found = db.execute(f"SELECT 1 {_SHOWN_TOO_LONG} LIMIT 1", (channel,))
    return found.fetchone() is not None


def begin(db: sqlite_utils.Database, queued: Queued) -> int:
    """Count an attempt before it is made, so that after a kill it is known; return its number."""
    db.execute(
        "UPDATE channel_queue SET attempts = attempts + 1, owed = NOT over WHERE number = ?",
        (queued.number,),
    )
    return queued.attempts + 1


def later(db: sqlite_utils.Database, queued: Queued, due: int) -> None:
    """Keep that an attempt failed and the next is due at an instant (ns)."""
    db.execute("UPDATE channel_queue SET due = ? WHERE number = ?", (due, queued.number))


def all_due(db: sqlite_utils.Database, channel: str, now: int) -> None:
    """Let everything that waits for its next try be tried now: the far side is back."""
    db.execute(
        "UPDATE channel_queue SET due = ? WHERE channel = ? AND done IS NULL AND due > ?",
        (now, channel, now),
    )


def finish(
    db: sqlite_utils.Database, queued: Queued, outcome: str, reference: str | None, now: int
) -> None:
    """Keep what came of a notice at last."""
    db.execute(
        "UPDATE channel_queue SET done = ?, outcome = ?, reference = ? WHERE number = ?",
        (now, outcome, reference, queued.number),
    )


def condition_of(db: sqlite_utils.Database, queued: Queued) -> Condition | None:
    """Return what a notice is about, if it is still kept."""
    row = db.execute("SELECT opened(body) FROM alarms WHERE id = ?", (queued.condition,)).fetchone()
    return None if row is None else decode(row[0], Condition)


def given(db: sqlite_utils.Database, channel: str) -> dict[str, str | None]:
    """Return the alarms that a channel shows now ► their room."""
    found = db.execute(
        "SELECT DISTINCT q.condition, a.room FROM signals s "
        "CROSS JOIN channel_queue q ON q.signal = s.id JOIN alarms a ON a.id = q.condition "
        f"WHERE s.channel = ? AND s.withdrawn IS NULL AND NOT q.over AND q.outcome IN {_ARRIVED}",
        (channel,),
    ).fetchall()
    return {str(row[0]): row[1] for row in found}


def _insert(
    db: sqlite_utils.Database, channel: str, signal: Signal, key: str, now: int, *, over: bool
) -> None:
    db.execute(
        "INSERT INTO channel_queue (id, channel, signal, condition, recipient, priority, times, "
        "over, made, due) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            key,
            channel,
            signal.id,
            signal.condition,
            signal.recipient,
            int(signal.priority),
            signal.times,
            over,
            now,
            now,
        ),
    )
