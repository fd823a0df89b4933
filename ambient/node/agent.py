"""The process *agent*: the only way out of a node, and the only holder of its key.

Comes in: rows of the outbox, and the hub's answers and commands. Goes out: batches of events over
the link, until the hub says that they are on its disk; answers to commands, as events in the
outbox. Killed at any moment it loses nothing: a row counts as delivered only once the hub's answer
is in the outbox, and the hub passes over what it has already.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from typing import Final

import msgspec
import structlog

from ambient import __version__, events
from ambient.bus.enrolment import hub_of
from ambient.bus.protocol import (
    ACK_TIMEOUT_S,
    ANSWER_EVERY,
    HEARTBEAT_S,
    MAX_BATCH_BYTES,
    MAX_BATCH_ROWS,
    Ack,
    Batch,
    CommandMessage,
    FromHub,
    Heartbeat,
    Refused,
    RotateAccepted,
    RotateRefused,
    Row,
    Welcome,
    since,
)
from ambient.commands import RotateKey
from ambient.config import NodeConfig
from ambient.errors import StoreError
from ambient.events import Outcome
from ambient.node.answering import Answering
from ambient.node.deliveries import AgentCounts, InFlight, Lacking
from ambient.node.errands import Errands, Handler
from ambient.node.outbox import Outbox, OutboxRow
from ambient.node.own_events import OwnEvents
from ambient.node.rotation import Rotation
from ambient.node.uplink import Uplink

NS: Final = 1_000_000_000
STEP_S: Final = 0.05
"""How often the outbox is looked at, so the longest an alarm waits before it is sent."""

BUSY_S: Final = 1.0
"""Pause before a hub that cannot store is asked again, and before a full disk is."""

TIDY_S: Final = 60.0
ENROLLED_S: Final = 2.0
"""How often a node that is not connected looks whether it was enrolled, or elsewhere."""

MOST_UNSETTLED: Final = 5_000
"""Acknowledged rows that a full disk may leave unmarked before the agent waits for it."""

_log = structlog.get_logger(__name__)


class Agent:
    """Brings the outbox to the hub and the hub's commands to the node; used in one thread."""

    def __init__(
        self,
        config: NodeConfig,
        outbox: Outbox,
        *,
        identity: str,
        handler: Handler,
        clock: Callable[[], int] = time.time_ns,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare; the first `step` dials.

        Parameters
        ----------
        config
            The node's; ``state_dir`` holds the keys and, once enrolled, the hub's address.
        outbox
            The agent's own object for the node's outbox.
        identity
            Key from which event ids derive (see `ambient.node.identity`).
        handler
            Applies commands; called in a thread of its own, one at a time, at least once each.
        clock
            The node's time (ns).
        steady
            A steady clock (s).
        """
        self._config = config
        self._outbox = outbox
        self._clock = clock
        self._steady = steady
        self._own_events = OwnEvents(config, identity, clock)
        self._errands = Errands(handler)
        self._rotation = Rotation(config.state_dir)
        self.counts = AgentCounts()
        self._answering = Answering(
            config,
            outbox,
            self._errands,
            self._rotation,
            self._own_events,
            self.counts,
            clock=clock,
            waits=self._something_waits,
        )
        self._uplink: Uplink | None = None
        self._look_at = 0.0
        self._lacks = self._lacked = Lacking()
        """What the hub lacks; what it lacked that waits again."""
        self._hub_ahead = 0
        """By how much (ns) the hub's clock is ahead of this one's."""
        self._tidy_at = 0.0
        self._beat_at = 0.0
        self._beats = 0
        self._send_at = 0.0
        self._settle_at = 0.0
        self._more = True
        """Whether rows may wait that were not there, or not sent, before."""
        self._in_flight: InFlight | None = None
        self._unsettled: dict[str, bool] = {}
        """Ids of answered rows that are not marked yet ► whether they were refused."""
        self._store_failed = False

    @property
    def connected(self) -> bool:
        """Whether the hub takes events now."""
        return self._uplink is not None and self._uplink.welcomed

    def run(self, stop: threading.Event) -> None:
        """Serve until `stop` is set, then close."""
        try:
            while not stop.is_set():
                self.step(STEP_S)
        finally:
            self.close()

    def step(self, wait_s: float) -> None:
        """Wait for at most `wait_s` seconds for the hub, then do all that is due.

        Raises
        ------
        LinkError
            When the node's key cannot be read, or is readable by others.
        """
        if not self.connected:
            self._look_for_hub()
        uplink = self._uplink
        if uplink is None:
            time.sleep(wait_s)
            return
        for message in uplink.step(wait_s):
            self._on_message(uplink, message)
        now = self._steady()
        if not uplink.welcomed:
            self._in_flight = None
            self._more = True
        try:
            self._answering.step()
            if uplink.welcomed:
                self._send_due(uplink, now)
            if now >= self._tidy_at:
                self._tidy_at = now + TIDY_S
                self._tidy()
        except StoreError as error:
            self._on_store_error(error, now)
        else:
            self._store_failed = False

    def unanswered_alarms(self) -> set[int]:
        """Return the numbers of the alarms that wait for a hub.

        Raises
        ------
        StoreError
            When the outbox cannot be read now.
        """
        return self._outbox.unanswered_alarms(self._unsettled)

    def drain(self, seconds: float) -> bool:
        """Go on for at most `seconds` until nothing waits; return whether that was reached."""
        end = self._steady() + seconds
        while self._steady() < end:
            self.step(STEP_S)
            if not self.connected:
                continue
            try:
                if not self._in_flight and not self._outbox.waiting(1, 1, self._unsettled):
                    return True
            except StoreError:
                return False
        return False

    def close(self) -> None:
        """End the connection; the outbox stays open, it is the caller's."""
        self._errands.close()
        if self._uplink is not None:
            self._uplink.close()
            self._uplink = None

    # -- events ----------------------------------------------------------------------------

    def _send_due(self, uplink: Uplink, now: float) -> None:
        if now >= self._beat_at:
            self._beat_at = now + HEARTBEAT_S
            self._beats += 1
            uplink.send(Heartbeat(answer=uplink.several or self._beats % ANSWER_EVERY == 0))
        if self._unsettled and now >= self._settle_at:
            self._settle(now)
        if self._in_flight is not None:
            if now - self._in_flight.sent < ACK_TIMEOUT_S:
                return
            self.counts.batches_repeated += 1
            sent, self._in_flight, self._more = self._in_flight.sent, None, True
            if not uplink.heard_since(sent):
                # Nobody is at the other end, and TCP would take minutes to notice.
                uplink.gone()
                return
        if now < self._send_at or len(self._unsettled) > MOST_UNSETTLED:
            return
        if self._outbox.changed():
            self._more = True
        if self._more:
            self._send_batch(uplink, now)

    def _send_batch(self, uplink: Uplink, now: float) -> None:
        self._send_again()
        rows = self._outbox.waiting(MAX_BATCH_ROWS, MAX_BATCH_BYTES, self._unsettled)
        fit = [row for row in rows if self._fits(row)]
        if not fit:
            self._more = bool(rows)
            return
        batch = Batch(
            batch=secrets.randbelow(2**53),
            rows=[Row(seq=row.seq, event=msgspec.Raw(row.event)) for row in fit],
        )
        if uplink.send(batch):
            self._in_flight = InFlight(batch.batch, {row.seq: row.id for row in fit}, now)
            self.counts.rows_sent += len(fit)
            self._more = False

    def _fits(self, row: OutboxRow) -> bool:
        """Return whether the row is an event of the closed list; what is not never leaves."""
        try:
            events.decode(row.event)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            _log.error("a row of the outbox is no event and is not sent", row=row.seq)
            self.counts.rows_unfit += 1
            self._unsettled[row.id] = True
            return False
        return True

    def _on_ack(self, ack: Ack) -> None:
        if self._in_flight is None or ack.batch != self._in_flight.number:
            return  # of a batch that was given up and sent again under another number
        refused = set(ack.refused)
        if refused:
            self.counts.rows_refused += len(refused)
            _log.error(
                "the hub refused rows; are the rooms in node.yaml those that were enrolled?",
                rows=len(refused),
            )
        for seq, event_id in self._in_flight.ids.items():
            self._unsettled[event_id] = seq in refused
        self.counts.rows_acknowledged += len(self._in_flight.ids)
        self._in_flight, self._more = None, True

    def _settle(self, now: float) -> None:
        """Mark what was answered; a disk that takes nothing holds up no further batch."""
        try:
            self._outbox.settle(self._unsettled, self._clock())
        except StoreError as error:
            _log.error("what the hub acknowledged cannot be marked yet", error=str(error))
            self._settle_at = now + BUSY_S
        else:
            self._unsettled.clear()

    def _send_again(self) -> None:
        """Let wait again, once, what a hub lacks that was put back or took over from another."""
        if not self._lacks.since or self._lacks == self._lacked:
            return
        rows = self._outbox.send_again(since(self._lacks.since, self._hub_ahead))
        # Nothing of it may be marked as answered afterwards.
        self._unsettled.clear()
        self._lacked = self._lacks
        _log.warning("the hub lacks what was acknowledged; sending again", rows=rows)

    def _something_waits(self) -> None:
        self._more = True

    def _tidy(self) -> None:
        now = self._clock()
        self._outbox.prune(now - int(self._config.outbox.keep_h * 3600 * NS), now)
        self._outbox.report_dropped(self._own_events.dropped)
        self._more = True

    def _on_store_error(self, error: StoreError, now: float) -> None:
        """Go on without the disk: what is acknowledged is remembered, the rest waits."""
        if not self._store_failed:
            _log.error("the outbox cannot be used now", error=str(error))
        self._store_failed = True
        self._send_at = now + BUSY_S

    # -- the hub's messages ----------------------------------------------------------------

    def _on_message(self, uplink: Uplink, message: FromHub) -> None:
        match message:
            case Welcome(lacks=lacks, term=term, time=hub_time):
                self._lacks = Lacking(lacks, term)
                self._hub_ahead = hub_time - self._clock()
                self._in_flight, self._more = None, True
                self._beat_at = 0.0
                self._end_rotation(self._rotation.go_on(uplink), Outcome.APPLIED)
            case Ack():
                self._on_ack(message)
            case Refused():
                # The hub cannot store now; what was sent is not stored.
                self._in_flight, self._more = None, True
                self._send_at = self._steady() + BUSY_S
            case CommandMessage(command=command):
                try:
                    self._answering.take(uplink, bytes(command))
                except StoreError as error:
                    self._on_store_error(error, self._steady())
            case RotateAccepted():
                uplink.redial(prefer_next=True)
            case RotateRefused(reason=reason):
                self._end_rotation(self._rotation.refused(reason), Outcome.REFUSED)
            case _:
                pass  # the answer to a heartbeat

    def _end_rotation(self, command: RotateKey | None, outcome: Outcome) -> None:
        if command is None:
            return
        try:
            self._answering.keep(command, outcome)
        except StoreError as error:
            # The hub sends the command again, which then changes the key once more.
            self._on_store_error(error, self._steady())

    # -- the link --------------------------------------------------------------------------

    def _look_for_hub(self) -> None:
        """Begin to dial once the node is enrolled, and follow when it is enrolled elsewhere."""
        now = self._steady()
        if now < self._look_at:
            return
        self._look_at = now + ENROLLED_S
        hub = hub_of(self._config)
        if hub is None or (self._uplink is not None and self._uplink.hub == hub):
            return
        if self._uplink is not None:
            self._uplink.close()
        self._uplink = Uplink(
            hub, self._config.state_dir, self._config.node, __version__, self._steady
        )
