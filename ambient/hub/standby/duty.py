"""Which of two hubs serves: terms, and when one takes over or steps down.

Comes in: what the other hub says, which terms nodes know, an operator's order, and time (a steady
clock, s). Goes out: a `Decision`. Pure: no clock, no socket.

Every time in which a hub serves has a number of its own, its *term*; the first hub takes even
numbers, the second odd ones, so no two times ever share one. A node keeps the highest term that
welcomed it and speaks with no hub of a lower one. So terms travel with nodes as well as between the
hubs, and whichever way a hub learns of a higher term, it steps down. A node proves a term by what
the hub gave it (`proof`), so no node can make one up:

- a hub that serves steps down at once when it learns of a higher term, and after `FENCE_S` when it
  hears neither the other hub nor any node: then the other one may serve without its knowing;
- a hub that stands by takes over when it has not heard the other one for `LOST_S` (`TURNED_S` when
  it just began) *and* a node knocks, which a node does only when its own hub is gone for it; or
  when both stand by and its own term is the higher one, so its store is the newer one; or when the
  other one serves and says that it is ill, and the copy here is fresh; or when an operator says so.

At no time do both serve the same node. Both may ring at once from when one takes over until the
other hears of it by either way, at most `FENCE_S` when it is cut off from all; a node that reaches
both tells each of the other (`ambient.node.telling`). So it is for longer only while the network
is torn: the hubs do not hear each other, and each has nodes that reach it alone. Where a node
reaches both as well, that the one steps down for its word is of no use: its own nodes call it back.
So a hub that was called back stays, for longer each time (`STAY_S`), until it hears the other one.
Rings may be double then; that nobody serves a room would be worse.
"""

from __future__ import annotations

import hashlib
import hmac
from enum import Enum, auto
from typing import Final

import msgspec
from msgspec import Struct

from ambient.config_standby import Order

LOST_S: Final = 4.0
"""A hub that said nothing for so long, twice a second being usual, is gone."""
TURNED_S: Final = 12.0
"""The same for one that just began to stand by and knows that a later term was served: its own
nodes come back to it first, and are to find the other hub before they call this one."""
KNOCK_S: Final = 6.0
"""For so long a node that knocked counts: it tries each address again within that time."""
FENCE_S: Final = 12.0
"""A hub that heard neither a node nor the other hub for so long is alone; nodes speak each 5 s."""
PROMISE_S: Final = 20.0
"""For so long a hub that an operator chose asks the other one to let go, and fetches its state."""
STAY_S: Final = 600.0
"""For so long a hub that was called back stays, whatever nodes say of a higher term; each time that
follows is twice as long …"""
LONGEST_STAY_S: Final = 3600.0
"""… up to this: the network may be whole again for its nodes, and not between the hubs."""
HANDED_S: Final = 12.0
"""For so long it waits for that state without hearing the other one, which starts anew."""


class Kept(Struct, frozen=True, kw_only=True):
    """What a hub must still know after a power cut.

    Attributes
    ----------
    term
        In which it serves, or served last; 0 when it never did.
    seen
        The highest term it ever heard of.
    sent
        Whether it stepped down for the word of a node that another hub serves, without hearing
        that hub.
    turns
        How often in a row its own nodes called it back after that.
    """

    term: int = 0
    seen: int = 0
    sent: bool = False
    turns: int = 0


class Said(Struct, frozen=True, kw_only=True):
    """What a hub tells the other one.

    Attributes
    ----------
    serves
        Whether it does, in `term`.
    wants
        An operator chose it: the other one is to let go.
    ill
        It serves and cannot: its disk takes nothing, or its link hangs.
    """

    term: int
    seen: int
    serves: bool
    wants: bool = False
    ill: bool = False


class Decision(Enum):
    """What a hub is to do now."""

    STAY = auto()
    TAKE_OVER = auto()
    STEP_DOWN = auto()


def proof(key: str, site: str, term: int) -> str:
    """Return what proves that a hub of `site`, which holds `key`, served in `term` (64 hex digits).

    An HMAC-SHA-256: a node can keep it and show it, and make none for another term.
    """
    return hmac.new(key.encode(), f"term|{site}|{term}".encode(), hashlib.sha256).hexdigest()


def next_term(seen: int, order: Order) -> int:
    """Return the lowest term of `order`'s own that is higher than `seen`.

    Examples
    --------
    >>> next_term(2, Order.FIRST), next_term(2, Order.SECOND)
    (4, 3)
    """
    parity = 0 if order is Order.FIRST else 1
    return seen + 1 if (seen + 1) % 2 == parity else seen + 2


class Duty:
    """One hub's view of who serves; it begins standing by, whatever it did before.

    Parameters
    ----------
    order
        Which of the two it is.
    kept
        From before it was started.
    now
        A steady clock in seconds, as in every method.
    """

    def __init__(self, order: Order, kept: Kept, now: float) -> None:
        self.order = order
        self.kept = kept
        self.serves = False
        self.other: Said | None = None
        """What the other hub said last."""
        self.heard_at: float | None = None
        self._since = now
        """When it began to stand by, or to serve, or nodes could come."""
        self._opens = False
        """Whether it begins to serve, and nodes cannot come yet."""
        self._node_at: float | None = None
        self._knock_at: float | None = None
        self._wants_at: float | None = None
        self._ill = False
        self._pressing = 0
        """The highest term heard of from the other hub, or from a node that comes."""
        self._told_at: float | None = None
        """When a node that another hub serves told of a higher term."""

    def said(self, now: float) -> Said:
        """Return what this hub tells the other one."""
        return Said(
            term=self.kept.term,
            seen=self.kept.seen,
            serves=self.serves,
            wants=self._wants(now),
            ill=self.serves and self._ill,
        )

    def unwell(self, ill: bool) -> None:
        """Take in whether this hub, which serves, cannot do its work."""
        self._ill = ill

    def heard(self, said: Said, now: float) -> None:
        """Take in what the other hub said."""
        self.other = said
        self.heard_at = now
        self._press(max(said.seen, said.term))
        if self.kept.sent or self.kept.turns:
            self.kept = msgspec.structs.replace(self.kept, sent=False, turns=0)

    def node(self, term: int, now: float) -> None:
        """Take in that a node spoke, which knows `term`."""
        self._node_at = now
        self._press(term)

    def told(self, term: int, now: float) -> None:
        """Take in that a node, which another hub serves, knows `term`: it does not knock."""
        self._see(term)
        if term > self.kept.term:
            self._told_at = now

    def knocked(self, term: int, now: float) -> None:
        """Take in that a node, which knows `term`, came although this hub does not serve."""
        self._knock_at = now
        self._press(term)

    def promote(self, now: float) -> None:
        """Take in that an operator chose this hub."""
        if not self.serves:
            self._wants_at = now

    def hears(self, now: float) -> bool:
        """Return whether the other hub is there."""
        return self.heard_at is not None and now - self.heard_at <= LOST_S

    def may_serve(self, now: float) -> bool:
        """Return whether nodes may be served: this hub serves, and no higher term ends that."""
        return self.serves and not self._is_over(now)

    def torn(self, now: float) -> bool:
        """Return whether both serve, as far as nodes told, and this hub does not hear the other."""
        told = self.kept.turns > 0 or self.kept.seen > self.kept.term
        return self.serves and told and not self.hears(now)

    def decide(
        self, now: float, *, nodes: bool, ready: bool, level: bool, fresh: bool = False
    ) -> Decision:
        """Return what to do at `now`; `begin` and `end` say that it is done.

        Parameters
        ----------
        nodes
            Whether any node is enrolled.
        ready
            Whether there is a store to serve with.
        level
            Whether the store was brought level since the other hub serves no longer.
        fresh
            Whether the store took a copy a moment ago, so the disk here works.
        """
        if self.serves:
            alone = nodes and not self._opens and now - self._last_heard() > FENCE_S
            over = self._is_over(now)
            if not (over or alone or self._is_asked(now)):
                return Decision.STAY
            sent = over and not self.hears(now) and self._pressing <= self.kept.term
            self.kept = msgspec.structs.replace(self.kept, sent=sent)
            return Decision.STEP_DOWN
        take = ready and (
            self._among_two(now, level=level, fresh=fresh)
            if self.hears(now)
            else self._alone(now, nodes=nodes)
        )
        return Decision.TAKE_OVER if take else Decision.STAY

    def begin(self, now: float) -> Kept:
        """Serve from now on; return what must be on the disk before anybody hears of it."""
        kept = self.kept
        term = kept.term if kept.term and kept.term == kept.seen else None
        if term is None:
            term = next_term(kept.seen, self.order)
        called = kept.sent and self._knock_at is not None and not self.hears(now)
        self.kept = Kept(term=term, seen=term, turns=kept.turns + 1 if called else 0)
        self._pressing, self._told_at = term, None
        self.serves = self._opens = True
        self._ill = False
        self._since = now
        self._wants_at = self._knock_at = None
        return self.kept

    def opened(self, now: float) -> None:
        """Take in that nodes can come from now on, after a start that took its time."""
        self._opens = False
        self._since = now

    def end(self, now: float) -> None:
        """Stand by from now on, as if just started: what was heard before counts no more."""
        self.serves = self._opens = False
        self._since = now
        self.other = self.heard_at = None
        self._node_at = self._knock_at = self._wants_at = None

    # -- rules -----------------------------------------------------------------------------

    def _among_two(self, now: float, *, level: bool, fresh: bool) -> bool:
        """Decide with the other hub at hand."""
        other = self.other
        assert other is not None, "it was heard"
        if other.serves:
            # Where an operator chose this one, the other hears of it and lets go.
            return other.ill and fresh
        if self._wants(now):
            return level
        if other.wants:
            return False
        return self._rank() > (other.term, self.order is Order.SECOND)

    def _alone(self, now: float, *, nodes: bool) -> bool:
        """Decide without the other hub."""
        heard = self._since if self.heard_at is None else max(self.heard_at, self._since)
        if self._wants(now):
            return now - heard > HANDED_S
        turned = self.heard_at is None and self.kept.seen > self.kept.term
        if now - heard <= (TURNED_S if turned else LOST_S):
            return False
        if not nodes:
            return self.kept.term == self.kept.seen
        return self._knock_at is not None and now - self._knock_at <= KNOCK_S

    def _rank(self) -> tuple[int, bool]:
        return self.kept.term, self.order is Order.FIRST

    def _last_heard(self) -> float:
        known = (self._since, self.heard_at, self._node_at)
        return max(at for at in known if at is not None)

    def _is_asked(self, now: float) -> bool:
        return self.hears(now) and self.other is not None and self.other.wants

    def _wants(self, now: float) -> bool:
        return self._wants_at is not None and now - self._wants_at <= PROMISE_S

    def _is_over(self, now: float) -> bool:
        """Return whether a higher term ends this one."""
        kept = self.kept
        if kept.seen <= kept.term:
            return False
        if not kept.turns or self.hears(now) or self._pressing > kept.term:
            return True
        stays_s = min(LONGEST_STAY_S, STAY_S * 2 ** (kept.turns - 1))
        return self._told_at is not None and self._told_at - self._since > stays_s

    def _press(self, term: int) -> None:
        self._pressing = max(self._pressing, term)
        self._see(term)

    def _see(self, term: int) -> None:
        if self.kept.seen < term:
            self.kept = msgspec.structs.replace(self.kept, seen=term)
