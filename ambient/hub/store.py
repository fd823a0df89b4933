"""What the hub keeps: each event exactly once, the alarms it makes, what was ordered.

Comes in: decoded events with the node that the link's key proves and the hub's receive time; inputs
of the alarms (`alarms.inputs`). Goes out: committed rows (the link acknowledges only after `store`
returns), commands for the link, and a sequence number that grows with every visible change and is
told to `listeners` at once. The rules are in `alarms`, `rooms` and `orders`; here they are only
kept. Every method may be called from any thread.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Final

import msgspec
import sqlite_utils

from ambient import commands
from ambient.commands import AnyCommand, OpenWizard, Pause, Resume, RotateKey
from ambient.events import AnyEvent
from ambient.hub import casebook, ledger, node_rows, orders, rows, unreported
from ambient.hub.alarms import kinds, system
from ambient.hub.alarms.book import Case, Report
from ambient.hub.alarms.chain import Verdict
from ambient.hub.alarms.condition import Entry
from ambient.hub.alarms.inputs import (
    AnyInput,
    NodeGone,
    NodeSilent,
    NodesSilent,
    NotReported,
    Purge,
    Refused,
    RoomsBack,
    RoomsBound,
    RoomsLeft,
    Tick,
)
from ambient.hub.alarms.signal import Signal
from ambient.hub.casebook import CaseBook
from ambient.hub.database import HubDatabase
from ambient.hub.orders import Order, OrderState
from ambient.hub.people import admission
from ambient.hub.seams import Sent
from ambient.hub.turn import turning
from ambient.hub.workbook import WorkBook

NS: Final = 1_000_000_000


class Store:
    """The hub's memory.

    Parameters
    ----------
    database
        Where everything is kept.
    """

    def __init__(self, database: HubDatabase) -> None:
        self._database = database
        self.listeners: list[Callable[[int], None]] = []
        """Called after a commit with the new sequence number, in the writer's thread."""
        self.observers: list[Callable[[Sequence[AnyEvent], int], None]] = []
        """Called after a commit with the new events and their receive time (ns)."""
        database.on_trouble = self._tell

    def store(self, node: str, batch: Sequence[AnyEvent], received: int) -> int:
        """Keep events of one node; see `store_all`."""
        return self.store_all([Sent(node, batch, received)])

    def store_all(self, sent: Sequence[Sent]) -> int:
        """Keep what nodes sent, and what follows from it, in one transaction.

        Parameters
        ----------
        sent
            In the order in which it came; events that are known already are passed over.

        Returns
        -------
        int
            How many were new. When this returns they are on the disk.

        Raises
        ------
        StoreError
            When they could not be stored; then none of them is.
        """
        stored: list[tuple[list[AnyEvent], int]] = []
        visible = False
        with turning(self._database) as turn:
            for one in sent:
                new, changed = turn.store(one.node, one.events, one.received)
                stored.append((new, one.received))
                visible |= changed
            if visible:
                rows.bump(turn.db)
        for new, received in stored:
            for observer in self.observers:
                observer(new, received)
        if visible:
            self._tell()
        return sum(len(new) for new, _ in stored)

    def case(self, alarm_id: str) -> tuple[Case, list[Entry]]:
        """Return an alarm with all its signals, and its history, oldest line first.

        Raises
        ------
        UnknownAlarmError, StoreError
            When there is no such alarm, or it cannot be read.
        """
        with self._database.read() as db:
            book = WorkBook(db)
            case = system.known(book, alarm_id)
            signals = book.signals(alarm_id)
            history = casebook.history_of(db, alarm_id)
        return Case(condition=case.condition, signals=signals), history

    def decide(self, given: AnyInput, now: int) -> bool:
        """Take in an input of the alarms at `now` (ns); return whether anything visible changed.

        Raises
        ------
        UnknownAlarmError, UsageError, StoreError
            When a person asked for what cannot be, or it cannot be stored; nothing changed then.
        """
        return self.decide_all([given], now)

    def decide_all(self, given: Sequence[AnyInput], now: int) -> bool:
        """Take in several inputs in one transaction; see `decide`."""
        visible = False
        with turning(self._database) as turn:
            for one in given:
                visible |= turn.decide(one, now)
            if visible:
                rows.bump(turn.db)
        if visible:
            self._tell()
        return visible

    def due(self, now: int) -> bool:
        """Do what is due by `now` (ns): repeat, escalate, let end what held for a time."""
        with self._database.read() as db:
            waiting = db.execute("SELECT 1 FROM alarms WHERE due <= ? LIMIT 1", (now,)).fetchone()
            house = CaseBook(db).house()
        ends = [one.until for one in house.snoozes] + [one.until for one in house.shadows]
        if waiting is None and all(until > now for until in ends):
            return False
        return self.decide(Tick(), now)

    def due_signals(self, channels: Sequence[str]) -> list[Signal]:
        """Return what these channels have still to send, or to say what became of it.

        A channel answers each with `decide(Delivered(...))`; one that does not has failed.
        """
        with self._database.read() as db:
            return CaseBook(db).due_signals(channels)

    def reports(self) -> list[Report]:
        """Return the falls that were not reported, oldest first."""
        with self._database.read() as db:
            return CaseBook(db).reports()

    def verify(self) -> Verdict:
        """Check the log of alarms, and that the state follows from it."""
        with self._database.read() as db:
            return ledger.verify(db)

    def pause(self, room: str, seconds: int, who: str, now: int) -> Order:
        """Order a privacy pause of `seconds` in `room`.

        Raises
        ------
        UnknownRoomError, StoreError
            When no node serves the room, or it cannot be stored.
        """
        make = partial(Pause, seconds=seconds)
        return self._order_room(make, room, orders.PRIVACY_EXPIRES_S, who, now)

    def resume(self, room: str, who: str, now: int) -> Order:
        """Order the end of a privacy pause.

        Raises
        ------
        UnknownRoomError, StoreError
            When no node serves the room, or it cannot be stored.
        """
        return self._order_room(Resume, room, orders.PRIVACY_EXPIRES_S, who, now)

    def open_wizard(self, room: str, who: str, now: int) -> Order:
        """Order that the node of `room` serves its wizard for installers.

        Raises
        ------
        UnknownRoomError, StoreError
            When no node serves the room, or it cannot be stored.
        """
        return self._order_room(OpenWizard, room, orders.WIZARD_EXPIRES_S, who, now)

    def keep_window(self, said: NotReported, now: int) -> Order:
        """Order that the node of a room keeps what it recorded around a fall that was not told.

        Raises
        ------
        UnknownRoomError, StoreError
            When no node serves the room, or it cannot be stored.
        """
        return self._order(
            said.who, lambda db: unreported.command(rows.node_of(db, said.room), said, now)
        )

    def rotate_key(self, node: str, who: str, now: int) -> Order:
        """Order that `node` makes itself a new key.

        Raises
        ------
        StoreError
            When it cannot be stored.
        """
        expires = now + orders.ROTATE_EXPIRES_S * NS
        return self._order(
            who,
            lambda _: RotateKey(id=commands.new_id(), node=node, issued=now, expires=expires),
        )

    def _order_room(
        self, make: Callable[..., AnyCommand], room: str, lasts_s: int, who: str, now: int
    ) -> Order:
        """Order what `make` makes of the node that serves `room`; it may be followed so long."""
        expires = now + lasts_s * NS
        return self._order(
            who,
            lambda db: make(
                id=commands.new_id(),
                node=rows.node_of(db, room),
                issued=now,
                expires=expires,
                room=room,
            ),
        )

    def _order(self, who: str, make: Callable[[sqlite_utils.Database], AnyCommand]) -> Order:
        """Store the command that `make` returns as ordered by `who`, in one transaction."""
        with self._database.write() as db:
            order = rows.insert_order(db, make(db), who)
            rows.bump(db)
        self._tell()
        return order

    def pending(self, now: int) -> Mapping[str, Sequence[AnyCommand]]:
        """Return the commands that their nodes have not answered and may still apply.

        Returns
        -------
        mapping of str to sequence of AnyCommand
            Node ► its commands, oldest first; of a node without any there is an empty list.
        """
        with self._database.read() as db:
            return rows.pending(db, now)

    def silent(
        self, nodes: Mapping[str, int], now: int, still: Callable[[str], bool] = lambda _: True
    ) -> list[str]:
        """Keep that nodes have said nothing for too long, all in one transaction.

        Parameters
        ----------
        nodes
            Node ► when (ns) it was heard last.
        still
            Asked within the transaction: whether a node is silent still.

        Returns
        -------
        list of str
            Those of which that is new.
        """
        with turning(self._database) as turn:
            stopped = node_rows.stopped(turn.db)
            new = [
                NodeSilent(node=node, last=last, stopped=node in stopped)
                for node, last in nodes.items()
                if still(node) and not turn.book.is_open(kinds.silent_key(node))
            ]
            if not new:
                return []
            turn.decide(NodesSilent(nodes=new), now)
            rows.bump(turn.db)
        self._tell()
        return [one.node for one in new]

    def unenrolled(self, event: AnyEvent, now: int) -> None:
        """Raise that `event` was refused at `now` (ns): its node is not enrolled for the room.

        Raises
        ------
        StoreError
            When it cannot be stored.
        """
        with self._database.read() as db:
            known = admission.admitted(db, event, now)
        self.decide(Refused(event=known or admission.nameless(event)), now)

    def rooms_bound(self, node: str, bound: Sequence[str], who: str, now: int) -> None:
        """End the alarms of `node` about rooms that `who` has now enrolled for it."""
        self.decide(RoomsBound(node=node, rooms=list(bound), who=who), now)

    def bindings(self, bound: Mapping[str, Collection[str]], now: int, *, changed: bool) -> bool:
        """End what is open about devices in rooms that their nodes are bound to no more.

        What ended so is open again once the binding is back, unless the node says that the device
        is gone. What is about people stays, and so does what is about a node itself.

        Parameters
        ----------
        bound
            Node that is enrolled now ► the rooms that its key is bound to.
        now
            Hub time (ns).
        changed
            Whether that may be otherwise than when it was looked at last.

        Returns
        -------
        bool
            Whether anything visible changed.
        """
        with self._database.read() as db:
            left = node_rows.left(db, bound)
            back = node_rows.back(db, bound) if changed else []
        given: list[AnyInput] = [RoomsLeft(node=node, rooms=left[node]) for node in left]
        if back:
            given.append(RoomsBack(conditions=back))
        return bool(given) and self.decide_all(given, now)

    def speak(self, nodes: Iterable[str], now: int) -> None:
        """Keep that nodes were heard again at `now` (ns), which ends their silence."""
        with turning(self._database) as turn:
            changed = False
            for node in nodes:
                changed |= turn.heard(node, now)
            if changed:
                rows.bump(turn.db)
        if changed:
            self._tell()

    def known_nodes(self) -> dict[str, bool]:
        """Return every node that ever spoke or is missed ► whether its silence is an alarm now."""
        with self._database.read() as db:
            return node_rows.known(db)

    def forget_node(self, node: str, who: str, now: int) -> None:
        """End what is open about a node that was revoked; what is about people stays."""
        with turning(self._database) as turn:
            db = turn.db
            missed = node_rows.has_alarm(db, node)
            ended = turn.decide(NodeGone(node=node, who=who), now) if missed else False
            if not node_rows.delete(db, node) and not ended:
                return  # only what is about people is open, which stays
            rows.bump(db)
        self._tell()

    def expire(self, now: int) -> int:
        """Close the orders that no node answered in time; return how many there were."""
        with self._database.read() as db:
            if not rows.overdue(db, now):
                return 0
        with self._database.write() as db:
            late = rows.overdue(db, now)
            for order in late:
                rows.keep_order(db, msgspec.structs.replace(order, state=OrderState.EXPIRED))
            rows.bump(db)
        self._tell()
        return len(late)

    def purge(self, before: int, now: int) -> int:
        """Delete what was received or resolved before `before` (ns); return the events' number."""
        with turning(self._database) as turn:
            db = turn.db
            # Events of a chain whose alarm is still open stay with it.
            gone = db.execute(
                "DELETE FROM events WHERE received < ? AND chain NOT IN "
                "(SELECT json_extract(opened(body), '$.chain') FROM alarms "
                "WHERE state <> 'resolved')",
                (before,),
            ).rowcount
            turn.decide(Purge(before=before), now)
            db.execute(
                "DELETE FROM commands WHERE issued < ? AND state <> ?",
                (before, OrderState.ORDERED.value),
            )
        return int(gone)

    def _tell(self) -> None:
        sequence = self.sequence()
        for listener in self.listeners:
            listener(sequence)

    def sequence(self) -> int:
        """Return the number of the newest visible change."""
        with self._database.read() as db:
            return int(db.execute("SELECT value FROM sequence").fetchone()[0])
