"""ESPA 4.4.4: one side of the line, as a state machine.

Comes in: bytes of the line, a block to be sent, time. Goes out: bytes to write, and what came of
the block. Pure: no clock, no port. ::

    control:  (block) ─ partner ENQ ─► SELECTED ─ ACK ─► SENT ─ ACK ─► done, EOT
    station:  own ENQ of the control station ─► partner ENQ ─► … as above; nothing to send: EOT

NAK or no answer: the step is tried again, `tries` times in all; EOT of the far side ends it.
"""

from __future__ import annotations

from enum import Enum, StrEnum

from ambient.hub.channels.espa_block import ACK, ENQ, EOT, NAK


class Role(StrEnum):
    """Which side of the line the hub is."""

    CONTROL = "control"
    """It selects the paging system whenever there is a call."""
    STATION = "station"
    """The paging system is the control station and asks for calls."""


class State(Enum):
    """Where one sequence stands."""

    IDLE = "idle"
    SELECTED = "selected"
    SENT = "sent"


class Result(Enum):
    """What came of a block."""

    TAKEN = "taken"
    NO_LINE = "no connection"
    NO_ANSWER = "no answer to the selection"
    BUSY = "the selection refused (NAK or EOT)"
    NOT_CONFIRMED = "no answer to the block"
    REFUSED = "the block refused (NAK or EOT)"


class Line:
    """One side of the line.

    Parameters
    ----------
    own, partner
        Addresses of this side and of the one that takes calls, one character each.
    answer_s
        So long an answer may take.
    tries
        How often each step is tried.
    """

    def __init__(
        self, role: Role, own: bytes, partner: bytes, *, answer_s: float, tries: int
    ) -> None:
        self._role = role
        self._own = own
        self._partner = partner
        self._answer_s = answer_s
        self._tries = tries
        self.state = State.IDLE
        self._block: bytes | None = None
        self._previous = b""
        self._left = 0
        self._until = 0.0
        self._result: Result | None = None

    def offer(self, block: bytes) -> None:
        """Have `block` sent, one at a time."""
        self._block, self._result = block, None

    def withdraw(self) -> None:
        """Give up what was offered."""
        self._block, self.state = None, State.IDLE

    def result(self) -> Result | None:
        """Return, once, what came of the block."""
        result, self._result = self._result, None
        return result

    def take(self, data: bytes, now: float) -> bytes:
        """Take in bytes of the line at `now` (s); return what to write."""
        return b"".join(self._byte(data[i : i + 1], now) for i in range(len(data)))

    def tick(self, now: float) -> bytes:
        """Return what to write because of time alone."""
        if self.state is State.IDLE:
            if self._role is Role.CONTROL and self._block is not None:
                return self._select(now)
            return b""
        if now < self._until:
            return b""
        selected = self.state is State.SELECTED
        return self._again(Result.NO_ANSWER if selected else Result.NOT_CONFIRMED, now)

    def _byte(self, byte: bytes, now: float) -> bytes:
        previous, self._previous = self._previous, byte
        if byte == ENQ and previous == self._own and self._role is Role.STATION:
            return EOT if self._block is None else self._select(now)
        if self.state is State.SELECTED:
            if byte == ACK:
                return self._send(now)
            if byte == NAK:
                return self._again(Result.BUSY, now)
            if byte == EOT:
                return self._end(Result.BUSY)
        elif self.state is State.SENT:
            if byte == ACK:
                return self._end(Result.TAKEN)
            if byte == NAK:
                return self._again(Result.REFUSED, now)
            if byte == EOT:
                return self._end(Result.REFUSED)
        return b""

    def _select(self, now: float) -> bytes:
        self.state, self._left = State.SELECTED, self._tries - 1
        self._until = now + self._answer_s
        return self._partner + ENQ

    def _send(self, now: float) -> bytes:
        assert self._block is not None
        self.state, self._left = State.SENT, self._tries - 1
        self._until = now + self._answer_s
        return self._block

    def _again(self, why: Result, now: float) -> bytes:
        if self._left <= 0:
            return self._end(why)
        assert self._block is not None
        self._left -= 1
        self._until = now + self._answer_s
        return self._partner + ENQ if self.state is State.SELECTED else self._block

    def _end(self, result: Result) -> bytes:
        self.state, self._block, self._result = State.IDLE, None, result
        return EOT
