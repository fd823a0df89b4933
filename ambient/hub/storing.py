"""Batches between link and store: judged, stored several at a time, and only then acknowledged.

Comes in: batches of enrolled nodes. Goes out: events to a sink, in one transaction for all that
wait; the answer to each node after its batch is committed. Used in the link's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import structlog

from ambient.bus.protocol import Ack, Batch, FromHub, Reason, Refused
from ambient.errors import StoreError
from ambient.events import AnyEvent
from ambient.hub import batches
from ambient.hub.batches import ForeignRooms
from ambient.hub.nodes import Holder
from ambient.hub.seams import EventSink, LinkCounts, Sent
from ambient.hub.sessions import Session

MOST_TOGETHER: Final = 16
"""Batches that wait are stored in one transaction, which costs little more than that of one."""

_log = structlog.get_logger(__name__)


class _Unstored(NamedTuple):
    """A batch that waits for its transaction, and the answer that it will get."""

    route: bytes
    sent: Sent
    answer: Ack
    mark: bytes


class Storing:
    """The batches that wait for their transaction.

    Parameters
    ----------
    sink
        Where events go.
    sessions
        Connections that said hello, by route.
    counts
        Where it is counted.
    send
        Sends an answer on a route.
    unenrolled
        Called with each event worth an alarm of a room that is not its node's, and hub time (ns).
    failed
        Called with the reason when nothing could be stored.
    clock, steady
        Hub time (ns) and a steady clock (s).
    """

    def __init__(
        self,
        sink: EventSink,
        sessions: Mapping[bytes, Session],
        counts: LinkCounts,
        *,
        send: Callable[[bytes, FromHub], object],
        unenrolled: Callable[[AnyEvent, int], None],
        failed: Callable[[StoreError], None],
        clock: Callable[[], int],
        steady: Callable[[], float],
    ) -> None:
        self._sink = sink
        self._sessions = sessions
        self._counts = counts
        self._send = send
        self._unenrolled = unenrolled
        self._failed = failed
        self._clock = clock
        self._steady = steady
        self._foreign = ForeignRooms()
        self._waiting: list[_Unstored] = []

    @property
    def full(self) -> bool:
        """Whether as many batches wait as are stored together."""
        return len(self._waiting) == MOST_TOGETHER

    def take(self, route: bytes, holder: Holder, session: Session, batch: Batch) -> None:
        """Judge a batch of the node that holds `holder`'s key; it waits until `flush`."""
        mark = batches.mark(batch.rows)
        if mark == session.stored:
            # Its answer came too late for the node. In a storm that is most of what comes.
            self._send(route, Ack(batch=batch.batch))
            return
        judged = batches.judge(batch.rows, holder)
        for event, room in judged.foreign:
            # Before the answer: the node lets go of what was refused.
            if self._foreign.is_told(event, room, self._steady()):
                self._unenrolled(event, self._clock())
                self._foreign.told(event, room, self._steady())
        taken, refused = judged.taken, judged.refused
        if refused:
            self._counts.rows_refused += len(refused)
            _log.warning(
                "rows are refused: another room or node, or no event of the closed list",
                node=holder.node,
                rows=len(refused),
            )
        answer = Ack(batch=batch.batch, refused=refused)
        sent = Sent(holder.node, taken, self._clock())
        self._waiting.append(_Unstored(route, sent, answer, mark))

    def flush(self) -> None:
        """Store the batches that wait, then acknowledge each."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        try:
            self._sink.store_all([one.sent for one in waiting if one.sent.events])
        except StoreError as error:
            if len(waiting) == 1:
                self._failed(error)
                self._send(waiting[0].route, Refused(reason=Reason.BUSY))
                return
            # What cannot be stored must not hold up the others.
            for one in waiting:
                self._waiting = [one]
                self.flush()
            return
        for one in waiting:
            self._counts.batches += 1
            self._counts.rows += len(one.sent.events)
            session = self._sessions.get(one.route)
            if session is not None and not one.answer.refused:
                session.stored = one.mark
            self._send(one.route, one.answer)
