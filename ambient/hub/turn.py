"""One transaction of the hub that takes in events and inputs of alarms.

Comes in: a database within a transaction, events and inputs in order. Goes out: rows, when `flush`
is called; what concerns alarms goes to the pure rules through `ledger`. What was read once is not
read again and what changes several times is written once, so a batch costs few statements. Nothing
here commits or reads a clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

import sqlite_utils

from ambient import commands, events
from ambient.commands import Acknowledged
from ambient.events import (
    AnyEvent,
    CommandApplied,
    Event,
    NodeHas,
    NodeSourceSilent,
    NodeStarted,
    NodeStopped,
    NodeWorkerFailed,
    Purpose,
    QualityDegraded,
    QualityNotWatched,
    QualityRestored,
    SummaryDaily,
    SummaryHourly,
)
from ambient.hub import commissioning, digests, node_rows, orders, rooms, rows
from ambient.hub.alarms import kinds
from ambient.hub.alarms.effects import TellNode
from ambient.hub.alarms.inputs import AnyInput, Heard, NodeSpeaks
from ambient.hub.commissioning import Commissioning
from ambient.hub.database import HubDatabase
from ambient.hub.ledger import Ledger
from ambient.hub.people import admission
from ambient.hub.rooms import SourceView
from ambient.hub.workbook import WorkBook

NS: Final = 1_000_000_000

_VIEW: Final = "INSERT OR REPLACE INTO views VALUES (?, ?, ?, ?)"
_INSTALLED: Final = "INSERT OR REPLACE INTO commissioning VALUES (?, ?)"
_EVENT: Final = (
    "INSERT INTO events (id, kind, node, room, chain, position, t, received, body, digest) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, sealed(?, ?), ?)"
)


class Turn:
    """What happens to the hub's memory within one transaction.

    Parameters
    ----------
    db
        A database within a transaction, which ends with this turn.
    """

    def __init__(self, db: sqlite_utils.Database) -> None:
        self.db = db
        self.book = WorkBook(db)
        self._ledger = Ledger(db, self.book)
        self._events: list[tuple[object, ...]] = []
        self._nodes: dict[str, str | None] = {}
        """Room ► the node that spoke for it last."""
        self._installed: dict[str, Commissioning | None] = {}
        self._views: dict[tuple[str, str | None, str], SourceView | None] = {}
        self._written: dict[str, dict[object, tuple[object, ...]]] = {_VIEW: {}, _INSTALLED: {}}
        """Statement ► key ► row that it is to write."""
        self._admitted: set[tuple[str, Purpose | None]] = set()

    def store(
        self, node: str, batch: Iterable[AnyEvent], received: int
    ) -> tuple[list[AnyEvent], bool]:
        """Take in events of `node`, received at `received` (ns), in order.

        Returns
        -------
        tuple of list and bool
            The new ones, and whether anything visible changed.
        """
        sent = list(batch)
        known = self._known([event.id for event in sent])
        chains = [event.chain for event in sent if _is_chained(event)]
        self.book.look_up(chains)
        changed = self.heard(node, received)
        new: list[AnyEvent] = []
        for one in sent:
            if one.id in known:
                continue
            event = self._admit(one, received)
            if event is None:
                continue
            known.add(event.id)
            self._insert(node, event, received)
            new.append(event)
            changed |= self._follow(event, received)
        return new, changed

    def heard(self, node: str, now: int) -> bool:
        """Keep that `node` spoke at `now` (ns); return whether anything visible changed."""
        known = self.db.execute("SELECT 1 FROM nodes WHERE node = ?", (node,)).fetchone()
        self.db.execute(
            "INSERT INTO nodes (node, first_heard, last_heard) VALUES (?, ?, ?) "
            "ON CONFLICT (node) DO UPDATE SET last_heard = excluded.last_heard",
            (node, now, now),
        )
        silent = self.book.is_open(kinds.silent_key(node))
        ended = self.decide(NodeSpeaks(node=node), now) if silent else False
        return known is None or ended

    def decide(self, given: AnyInput, now: int) -> bool:
        """Take in an input of the alarms at `now` (ns); return whether anything visible changed.

        Raises
        ------
        UsageError
            When a person asked for what cannot be.
        """
        outcome = self._ledger.apply(given, now)
        for effect in outcome.effects:
            if isinstance(effect, TellNode):
                command = Acknowledged(
                    id=commands.new_id(),
                    node=effect.node,
                    issued=now,
                    expires=now + orders.ACKNOWLEDGED_EXPIRES_S * NS,
                    chain=effect.chain,
                )
                rows.insert_order(self.db, command, effect.who)
        return outcome.visible

    def flush(self) -> None:
        """Write everything."""
        self._flush_events()
        for statement, by_key in self._written.items():
            self.db.conn.executemany(statement, by_key.values())
            by_key.clear()
        self._ledger.flush()

    # -- events ----------------------------------------------------------------------------

    def _known(self, ids: list[str]) -> set[str]:
        """Return which of `ids` are stored already."""
        found = self.db.execute(f"SELECT id FROM events WHERE id {rows.AMONG}", (rows.listed(ids),))
        return {row[0] for row in found}

    def _admit(self, event: AnyEvent, received: int) -> AnyEvent | None:
        """Return what of `event` may be kept; of one subject and purpose it is asked once."""
        if event.subject is None:
            return event
        about = (event.subject, admission.purpose_of(event))
        if about in self._admitted:
            return event
        admitted = admission.admitted(self.db, event, received)
        if admitted is event:
            self._admitted.add(about)
        return admitted

    def _insert(self, node: str, event: AnyEvent, received: int) -> None:
        if event.subject is not None:
            self.book.enter(event.subject)
        columns = (
            event.id,
            events.kind_of(event),
            node,
            event.room,
            event.chain,
            event.position,
            event.t,
            received,
        )
        body = events.encode(event).decode()
        digest = digests.digest((*columns, body))
        self._events.append((*columns, event.subject, body, digest))

    def _flush_events(self) -> None:
        if self._events:
            self.db.conn.executemany(_EVENT, self._events)
            self._events.clear()

    def _follow(self, event: AnyEvent, received: int) -> bool:
        """Do what a new event asks for; return whether anything visible changed."""
        changed = self._serves(event)
        if isinstance(event, SummaryHourly | SummaryDaily):
            return changed  # most of all events, and nothing else follows from them
        if isinstance(event, NodeStarted | NodeStopped):
            stopped = isinstance(event, NodeStopped)
            self.db.execute("UPDATE nodes SET stopped = ? WHERE node = ?", (stopped, event.node))
        if isinstance(event, CommandApplied):
            changed |= rows.answered(self.db, event)
        changed |= self._viewed(event)
        changed |= self._follow_installation(event)
        if isinstance(event, NodeHas):
            changed |= self._unseen(event)
            changed |= self.decide(Heard(event=event), received)
        opened = kinds.opens(event)
        if opened is not None or any(self.book.is_open(key) for key in kinds.may_end(event)):
            late = opened is not None and not kinds.is_chained(opened)
            heard = Heard(event=event, over=self._over(event) if late else None)
            changed |= self.decide(heard, received)
        return changed

    def _serves(self, event: AnyEvent) -> bool:
        """Keep which node speaks for the event's room; return whether that is another one now."""
        room = event.room
        if room is None:
            return False
        if room not in self._nodes:
            row = self.db.execute("SELECT node FROM rooms WHERE room = ?", (room,)).fetchone()
            self._nodes[room] = None if row is None else row[0]
        if self._nodes[room] == event.node:
            return False
        self._nodes[room] = event.node
        self.db.execute("INSERT OR REPLACE INTO rooms VALUES (?, ?)", (room, event.node))
        return True

    def _over(self, event: Event) -> int | None:
        """Return when the condition that `event` states is known to have ended (ns), if it has."""
        self._flush_events()
        if isinstance(event, NodeWorkerFailed):
            row = self.db.execute(
                "SELECT max(t) FROM events WHERE node = ? AND (kind = ? OR (kind = ? "
                "AND json_extract(body, '$.worker') = ?))",
                (
                    event.node,
                    events.kind_of(NodeStarted),
                    events.kind_of(events.NodeWorkerRestarted),
                    event.worker.value,
                ),
            ).fetchone()
            return None if row is None or row[0] is None else int(row[0])
        over = node_rows.over_at(self.db, event.chain)
        if isinstance(event, QualityDegraded | NodeSourceSilent):
            gone = node_rows.gone_at(self.db, event.node, event.room, event.source, event.t)
            return max((t for t in (over, gone) if t is not None), default=None)
        return over

    def _viewed(self, event: AnyEvent) -> bool:
        if not isinstance(event, QualityDegraded | QualityRestored | QualityNotWatched):
            return False
        at = (event.node, event.room, event.source)
        if at not in self._views:
            row = self.db.execute(
                "SELECT body FROM views WHERE node = ? AND room = ? AND source = ?", at
            ).fetchone()
            self._views[at] = None if row is None else rows.decode(row[0], SourceView)
        view = rooms.next_view(self._views[at], event)
        if view is None:
            return False
        self._see(view)
        return True

    def _see(self, view: SourceView) -> None:
        at = (view.node, view.room, view.source)
        self._views[at] = view
        self._written[_VIEW][at] = (*at, rows.encode(view))

    def _unseen(self, event: NodeHas) -> bool:
        """Let devices that a node has no more see and hear nothing."""
        found = self.db.execute("SELECT body FROM views WHERE node = ?", (event.node,)).fetchall()
        stored = [rows.decode(body, SourceView) for (body,) in found]
        newer = [view for view in self._views.values() if view is not None]
        kept = {(v.node, v.room, v.source): v for v in [*stored, *newer]}
        unseen = [view for v in kept.values() if (view := rooms.without(v, event)) is not None]
        for view in unseen:
            self._see(view)
        return bool(unseen)

    def _follow_installation(self, event: AnyEvent) -> bool:
        """Follow the installation of the event's room."""
        room = commissioning.room_of(event)
        if room is None:
            return False
        if room not in self._installed:
            self._installed[room] = rows.installation(self.db, room)
        after = commissioning.next_commissioning(self._installed[room], event)
        if after is None:
            return False
        self._installed[room] = after
        self._written[_INSTALLED][room] = (room, rows.encode(after))
        return True


def _is_chained(event: AnyEvent) -> bool:
    opened = kinds.opens(event)
    return opened is not None and kinds.is_chained(opened)


@contextmanager
def turning(database: HubDatabase) -> Iterator[Turn]:
    """Run a block as one turn: all of it is on the disk when the block ends, or nothing.

    Raises
    ------
    StoreError
        When the disk or the database cannot take it.
    """
    with database.write() as db:
        turn = Turn(db)
        yield turn
        turn.flush()
