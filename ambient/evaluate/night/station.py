"""One night of a station: events and losses of nodes in, rings and who answered them out.

The hub's own rules decide what rings; they come in behind `Board`, as this part of the program does
not know the hub. A ring is an alarm that begins to sound; what sounds already and becomes more
urgent is none. A carer who is free walks there, takes every alarm of the room and stays a while.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, Protocol

import numpy as np
from msgspec import Struct

from ambient.evaluate.night.life import SPREAD, Happening, What
from ambient.evaluate.night.rates import Table
from ambient.evaluate.night.telling import SECOND, START, Told, name_of, rooms_of
from ambient.events import AnyEvent

CARER: Final = "carer"
SILENT_S: Final = 15.0
"""After so long a hub tells that a node is gone (``silent_s`` of hub.yaml)."""


class Sounding(Struct, frozen=True):
    """An alarm that begins to sound; room and chain are None where it has none."""

    kind: str
    node: str
    room: str | None
    chain: str | None


class Board(Protocol):
    """The hub's rules: what an event makes of its alarm, and what that sounds like."""

    def take(self, event: AnyEvent) -> Sounding | None:
        """Take in an event; return what begins to sound."""
        ...

    def lost(self, node: str, last: int, now: int) -> Sounding | None:
        """Take in at `now` that a node was last heard at `last`; return what begins to sound."""
        ...

    def back(self, node: str, now: int) -> None:
        """Take in that a node speaks again."""
        ...

    def answer(self, node: str, room: str | None, who: str, now: int) -> None:
        """Let a carer take every alarm of a room, or of a node itself."""
        ...

    def leave(self, node: str, room: str | None, who: str, now: int) -> None:
        """Let a carer resolve every alarm of a room that a person resolves."""
        ...

    @property
    def shown(self) -> int:
        """Alarms that were opened and never sounded."""
        ...


class Ring(Struct, frozen=True):
    """One ring.

    Attributes
    ----------
    s
        Seconds from the begin of the night.
    kind
        Of the alarm.
    of
        What it was about.
    waited_s
        Until a carer was there; None when the night ended before.
    """

    s: float
    kind: str
    of: What
    waited_s: float | None = None


Place = tuple[str, str | None]
"""A node, and a room of it; no room for the node itself."""
_Due = tuple[float, int, Callable[[float], None]]


class Walked(Struct):
    """Who goes where: by place, when a carer will be there."""

    free: list[float]
    """By carer, when free again, seconds."""
    going: dict[Place, float]


def played(
    table: Table,
    board: Board,
    told: Sequence[Told],
    happenings: Sequence[Happening],
    *,
    carers: int,
    rooms: int,
    dice: np.random.Generator,
) -> list[Ring]:
    """Return the rings of a night, in order.

    Parameters
    ----------
    told
        Events, by time.
    happenings
        Of which the losses of nodes are taken: while a node is gone its events wait.
    carers, rooms
        How many.
    dice
        For how long carers walk and stay.
    """
    night = _Night(table, board, carers, dice)
    gone = _gone(happenings)
    for each in told:
        s = (each.event.t - START) / SECOND
        back = next((end for begin, end in gone.get(each.event.node, []) if begin <= s < end), s)
        night.at(back, partial(night.tell, each))
    for node, spans in gone.items():
        assert rooms_of(node, rooms), node
        for begin, end in spans:
            if end - begin > SILENT_S:
                night.at(begin + SILENT_S, partial(night.lose, node, begin))
                night.at(end, partial(night.find, node))
    return night.run()


class _Night:
    """The queue of what is due, and who goes where."""

    def __init__(self, table: Table, board: Board, carers: int, dice: np.random.Generator) -> None:
        self._table, self._board, self._dice = table, board, dice
        self._due: list[_Due] = []
        self._number = 0
        self._walked = Walked([0.0] * carers, {})
        self._rings: list[Ring] = []

    def at(self, s: float, what: Callable[[float], None]) -> None:
        """Put something into the queue; it is called with its second."""
        heapq.heappush(self._due, (s, self._number, what))
        self._number += 1

    def run(self) -> list[Ring]:
        """Do all that is due."""
        while self._due:
            s, _, what = heapq.heappop(self._due)
            what(s)
        return self._rings

    def tell(self, told: Told, s: float) -> None:
        """Let the hub take in an event."""
        self._sounds(self._board.take(told.event), told.of, s)

    def lose(self, node: str, begin: float, s: float) -> None:
        """Let the hub notice that a node is gone."""
        self._sounds(self._board.lost(node, _ns(begin), _ns(s)), What.NODE_LOST, s)

    def find(self, node: str, s: float) -> None:
        """Let a node speak again."""
        self._board.back(node, _ns(s))

    def _sounds(self, sounding: Sounding | None, of: What, s: float) -> None:
        if sounding is None:
            return
        place = sounding.node, sounding.room
        there = self._walked.going.get(place)
        if there is None:
            there = self._goes(place, s)
        self._rings.append(Ring(round(s, 1), sounding.kind, of, round(there - s, 1)))

    def _goes(self, place: Place, s: float) -> float:
        """Send the carer who is free first; return when there."""
        free = self._walked.free
        who = min(range(len(free)), key=free.__getitem__)
        there = max(s, free[who]) + self._minutes("walk_min")
        free[who] = there + self._minutes("care_min")
        self._walked.going[place] = there
        self.at(there, partial(self._arrive, place))
        self.at(free[who], partial(self._leave, place))
        return there

    def _arrive(self, place: Place, s: float) -> None:
        self._walked.going.pop(place, None)
        self._board.answer(*place, CARER, _ns(s))

    def _leave(self, place: Place, s: float) -> None:
        self._board.leave(*place, CARER, _ns(s))

    def _minutes(self, habit: str) -> float:
        return 60.0 * self._table.habit(habit) * float(np.exp(self._dice.normal(0.0, SPREAD)))


def _ns(s: float) -> int:
    return START + round(s * SECOND)


def _gone(happenings: Sequence[Happening]) -> dict[str, list[tuple[float, float]]]:
    """Return by node when it is gone."""
    gone: dict[str, list[tuple[float, float]]] = {}
    for one in happenings:
        if one.what is What.NODE_LOST:
            gone.setdefault(name_of(one.room)[0], []).append((one.t, one.t + one.lasts_s))
    return gone
