"""Two hubs and some nodes as a model: the real rules, a network that breaks, time in steps.

`Duty`, `Hubs` and `Memory` are the real ones; what is modelled is what carries their words: links
that are up or down, processes that die, copies that take a moment, an outbox that keeps what was
acknowledged.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from ambient.config import HubLink
from ambient.config_standby import Order
from ambient.hub.standby.duty import Decision, Duty, Kept, Said
from ambient.hub.standby.kept import Memory
from ambient.node.hubs import Hubs
from ambient.node.telling import AGAIN_S, EVERY_S
from ambient.node.uplink import BACK_OFF_S, GONE_S, TRY_S, WELCOME_S

STEP = 0.5
NS = 1_000_000_000
BEGIN_S = 100_000.0
"""Clocks do not begin at nothing: what is lacking is told as an instant before now."""
START_S = 2.0
"""A process needs so long to come up, and to open the store."""
KEY = "k" * 40
ADDRESSES = ("tcp://10.0.0.5:7440", "tcp://10.0.0.6:7440")


@dataclass
class HubModel:
    """A hub: its process, when there is one, and its disk."""

    order: Order
    memory: Memory
    duty: Duty | None = None
    up_at: float = 0.0
    """When its process, or the hub in it, answers."""
    store: set[str] = field(default_factory=set)
    told: Said | None = None
    level_at: float = -1.0
    process: int = 0

    def start(self, now: float) -> None:
        self.process += 1
        self.duty = Duty(self.order, self.memory.kept, now)
        self.up_at = now + START_S
        self.level_at = -1.0

    @property
    def ready(self) -> bool:
        """Whether there is a store to serve with."""
        return self.memory.kept.term > 0 or self.memory.level > 0

    def remember(self, **changes: object) -> None:
        self.memory = msgspec.structs.replace(self.memory, **changes)

    def live(self, now: float) -> bool:
        return self.duty is not None and now >= self.up_at

    def serves(self, now: float) -> bool:
        return self.duty is not None and self.duty.serves and self.live(now)


@dataclass
class NodeModel:
    """A node: what it knows of the hubs, its connection, its outbox."""

    hubs: Hubs
    since: float = BEGIN_S
    """When it began to try, or heard its hub last."""
    session: tuple[int, int] | None = None
    """Which process of which hub welcomed it, over the connection that stands."""
    tell_at: float = BEGIN_S
    """When it tells the other hub next in which term it is served."""
    lacked: tuple[int, int] = (0, 0)
    waiting: list[str] = field(default_factory=list)
    kept: dict[str, float] = field(default_factory=dict)
    """Acknowledged event ► when."""


class World:
    """Everything, stepped by `step`."""

    def __init__(self, nodes: int) -> None:
        self.now = BEGIN_S
        first = Memory(kept=Kept(term=2, seen=2), level=round(BEGIN_S * NS))
        self.hubs = [
            HubModel(Order.FIRST, first),
            HubModel(Order.SECOND, Memory(kept=Kept(seen=2))),
        ]
        link = HubLink(address=ADDRESSES[0], key=KEY)
        self.nodes = [NodeModel(Hubs(link)) for _ in range(nodes)]
        self.between = True
        """Whether the hubs reach each other."""
        self.reach = [[True, True] for _ in range(nodes)]
        """Whether a node reaches each of them."""
        self.made: set[str] = set()
        self.count = 0
        self.both_since: float | None = None
        """Since when both serve although they hear each other, or one has no node."""
        self.reached_since: float | None = None
        """Since when both serve although a node reaches both."""
        self.fresh_at = BEGIN_S
        """When anything was broken or mended last."""
        for hub in self.hubs:
            hub.start(self.now)

    # -- what happens to it --------------------------------------------------------------------

    def event(self, node: int) -> None:
        self.count += 1
        name = f"e{self.count}"
        self.made.add(name)
        self.nodes[node].waiting.append(name)

    def kill(self, hub: int) -> None:
        self.hubs[hub].duty = None
        self.fresh_at = self.now

    def start(self, hub: int) -> None:
        if self.hubs[hub].duty is None:
            self.hubs[hub].start(self.now)
            self.fresh_at = self.now

    def cut(self, *, between: bool, reach: list[list[bool]]) -> None:
        self.between, self.reach = between, reach
        self.fresh_at = self.now

    # -- time --------------------------------------------------------------------------------

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / STEP)):
            self.step()

    def step(self) -> None:
        self.now += STEP
        self._speak()
        self._copy()
        for number, node in enumerate(self.nodes):
            self._node(number, node)
        for hub in self.hubs:
            self._decide(hub)
        self._watch()

    def _speak(self) -> None:
        """Each says what it said a step ago: words take their time."""
        said = [hub.told if hub.live(self.now) else None for hub in self.hubs]
        for hub, other in zip(self.hubs, reversed(said), strict=True):
            if self.between and other is not None and hub.live(self.now) and hub.duty is not None:
                hub.duty.heard(other, self.now)
        for hub in self.hubs:
            hub.told = hub.duty.said(self.now) if hub.duty is not None else None

    def _copy(self) -> None:
        """Who stands by copies each second."""
        if not self.between or self.now % 1.0:
            return
        for hub, other in (self.hubs, self.hubs[::-1]):
            if not (hub.live(self.now) and other.live(self.now)):
                continue
            assert hub.duty is not None
            assert other.duty is not None
            wants = hub.duty.said(self.now).wants
            if hub.duty.serves or not (other.duty.serves or wants) or not other.ready:
                continue
            hub.store = set(other.store)
            hub.remember(
                level=round(self.now * NS),
                lacks=other.memory.lacks,
                lacks_until=other.memory.lacks_until,
            )
            if not other.duty.serves:
                hub.level_at = self.now

    def _decide(self, hub: HubModel) -> None:
        if hub.duty is None or not hub.live(self.now):
            return
        level = hub.level_at >= 0 and self.now - hub.level_at < 5.0
        decision = hub.duty.decide(self.now, nodes=True, ready=hub.ready, level=level)
        if decision is Decision.TAKE_OVER:
            kept = hub.duty.begin(self.now)
            hub.memory = hub.memory.taking_over(kept, round(self.now * NS))
            hub.up_at = self.now + START_S
            hub.duty.opened(hub.up_at)
        elif decision is Decision.STEP_DOWN:
            hub.remember(kept=hub.duty.kept)
            hub.start(self.now)
        elif hub.duty.serves:
            hub.remember(kept=hub.duty.kept, level=round(self.now * NS))
        elif hub.duty.kept != hub.memory.kept:
            hub.remember(kept=hub.duty.kept)

    # -- nodes -------------------------------------------------------------------------------

    def _node(self, number: int, node: NodeModel) -> None:
        at = ADDRESSES.index(node.hubs.address)
        quiet = self.now - node.since
        if quiet < 0:
            return  # between two attempts
        hub = self._behind(number, at)
        if hub is None:
            if self._is_quiet(node, quiet):
                self._next(node)
            return
        assert hub.duty is not None
        if not hub.duty.serves:
            hub.duty.knocked(node.hubs.term, self.now)
            if quiet > WELCOME_S:
                self._next(node)
            return
        if node.session not in (None, _session(hub)):
            # The connection broke when that process ended, which is noticed at once.
            node.session, node.since = None, self.now
        if node.session is None and not self._greet(node, hub):
            self._next(node)
            return
        node.since = self.now
        hub.duty.node(0, self.now)
        self._deliver(node, hub)
        if self.now >= node.tell_at:
            node.tell_at = self.now + (EVERY_S if self._tell(number, node, 1 - at) else AGAIN_S)

    def _tell(self, number: int, node: NodeModel, at: int) -> bool:
        """Let the other hub and the node hear which term each knows; return whether they do."""
        hub = self._behind(number, at)
        if hub is None:
            return False
        assert hub.duty is not None
        hub.duty.told(node.hubs.term, self.now)
        if hub.duty.may_serve(self.now) and hub.duty.kept.term > node.hubs.term:
            node.session, node.since = None, self.now
            node.hubs.go(ADDRESSES[at])
        return True

    def _behind(self, number: int, at: int) -> HubModel | None:
        """Return the hub that answers a node at an address, or that hears it knock."""
        hub, other = self.hubs[at], self.hubs[1 - at]
        if not self.reach[number][at] or not hub.live(self.now):
            return None
        assert hub.duty is not None
        if hub.duty.serves:
            return hub
        if not hub.duty.hears(self.now):
            return hub
        handed_on = self.between and hub.duty.other is not None and hub.duty.other.serves
        return other if handed_on and other.serves(self.now) else None

    def _is_quiet(self, node: NodeModel, quiet: float) -> bool:
        limit = TRY_S if node.session is None else GONE_S
        return quiet > (limit if node.hubs.several else GONE_S)

    def _next(self, node: NodeModel) -> None:
        node.session = None
        if node.hubs.several:
            node.hubs.gone()
        node.since = self.now + BACK_OFF_S

    def _greet(self, node: NodeModel, hub: HubModel) -> bool:
        assert hub.duty is not None
        hub.duty.node(node.hubs.term, self.now)
        if not hub.duty.may_serve(self.now):
            return False
        if not node.hubs.welcome(hub.duty.kept.term, ADDRESSES):
            return False
        node.session = _session(hub)
        node.tell_at = self.now
        lacks = hub.memory.lacking(round(self.now * NS))
        if lacks and node.lacked != (lacks, hub.duty.kept.term):
            node.lacked = (lacks, hub.duty.kept.term)
            again = [name for name, at in node.kept.items() if at * NS >= lacks]
            for name in again:
                del node.kept[name]
            node.waiting = again + node.waiting
        return True

    def _deliver(self, node: NodeModel, hub: HubModel) -> None:
        hub.store.update(node.waiting)  # known ids are passed over
        node.kept.update(dict.fromkeys(node.waiting, self.now))
        node.waiting.clear()

    # -- what is seen ------------------------------------------------------------------------

    def _watch(self) -> None:
        both = all(hub.serves(self.now) for hub in self.hubs)
        each = all(any(reach[number] for reach in self.reach) for number in range(len(self.hubs)))
        heard = both and (self.between or not each)
        self.both_since = (self.both_since or self.now) if heard else None
        whole = both and not self.in_two_halves()
        self.reached_since = (self.reached_since or self.now) if whole else None

    def in_two_halves(self) -> bool:
        """Return whether neither the hubs nor any node reach both sides."""
        return not self.between and not any(all(reach) for reach in self.reach)

    def is_torn(self) -> bool:
        """Return whether each hub has a node of its own alone, and one node reaches both.

        Then whichever serves, somebody is not served by it, and both know of each other.
        """
        kinds = {tuple(reach) for reach in self.reach}
        return not self.between and kinds >= {(True, True), (True, False), (False, True)}

    def forgotten(self) -> list[int]:
        """Return the nodes that reach a hub that could serve, and are served by none."""
        found = []
        for number, node in enumerate(self.nodes):
            reached = [hub for hub, at in zip(self.hubs, self.reach[number], strict=True) if at]
            could = any(hub.live(self.now) and hub.ready for hub in reached)
            served = node.session is not None and not node.waiting
            if could and not served:
                found.append(number)
        return found


def _session(hub: HubModel) -> tuple[int, int]:
    return list(Order).index(hub.order), hub.process
