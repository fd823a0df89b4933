"""A hub's store with real alarms for tests of channels, and a channel that a test holds in hand."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ambient.config import RoomName
from ambient.config_base import Strict
from ambient.config_channels import ChannelConfig
from ambient.hub.alarms.condition import Priority
from ambient.hub.alarms.inputs import Begin
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.alarms.rota import Member, Rota
from ambient.hub.alarms.rules import Rules
from ambient.hub.alarms.signal import Delivery
from ambient.hub.channels import plugins, queue
from ambient.hub.channels.opening import Unmade
from ambient.hub.channels.seam import Channel, House, Notice, Receipt
from ambient.hub.channels.sender import Sender
from ambient.hub.database import HubDatabase
from ambient.hub.store import Store
from ambient.languages import Language
from tests.hub.kit import NS, fall, new_database
from tests.patience import PATIENCE_S

ROOMS = {f"r{n}": RoomName(name=f"Room {n}") for n in range(1, 41)}


def accepted(kind: str, **fields: Any) -> ChannelConfig:
    """Return an entry of `channels` that somebody has accepted."""
    return ChannelConfig(
        kind=kind,
        **{"accepted_by": "DPO", "accepted_on": "2026-05-31", "per_minute": 6000} | fields,
    )


def house(
    now: Callable[[], int] = time.time_ns,
    given: Callable[[], Mapping[str, str | None]] = dict,
    rooms: Mapping[str, RoomName] = ROOMS,
) -> House:
    return House(site="house", channel="way", rooms=rooms, now=now, given=given)


def channel(kind: str, options: dict[str, Any], **fields: Any) -> Channel:
    """Return a channel as the hub makes it from hub.yaml."""
    return plugins.make("way", ChannelConfig(kind=kind, options=options), house(**fields))


def notice(number: int = 1, **fields: Any) -> Notice:
    """Return a notice of a fall in room 5."""
    given: dict[str, Any] = {
        "id": f"alarm-{number}:0.1",
        "alarm": f"alarm-{number}",
        "kind": AlarmKind.FALL,
        "priority": Priority.HIGH,
        "room": "r5",
        "room_name": "Room 5",
        "text": "Fall – Room 5",
        "language": Language.EN,
        "at": 1_790_000_000 * NS,
    }
    return Notice(**given | fields)


def technical(store: Store) -> list[str]:
    with store._database.read() as db:
        found = db.execute("SELECT key FROM alarms WHERE kind = 'channel' AND state <> 'resolved'")
        return [row[0] for row in found.fetchall()]


class Scripted(Channel):
    """A channel that answers as a test says, and keeps what it was given."""

    class Options(Strict, frozen=True, kw_only=True):
        pass

    takes_back = True

    def __init__(self, options: Options | None = None, house: House | None = None) -> None:
        self.notices: list[Notice] = []
        self.answer: Callable[[Notice], Receipt] = lambda _: Receipt(delivery=Delivery.DELIVERED)
        self.reached: bool | None = None

    def deliver(self, notice: Notice) -> Receipt:
        self.notices.append(notice)
        return self.answer(notice)

    def probe(self) -> bool | None:
        return self.reached


class Bench:
    """A store, a clock that a test moves, and one sender.

    Parameters
    ----------
    make
        Returns the plugin, given the house.
    staff
        Who is on duty; all are reached by channel `way`.
    name
        Of the sender's channel.
    """

    def __init__(
        self,
        path: Path,
        make: Callable[[House], Channel | Unmade],
        *,
        config: ChannelConfig | None = None,
        staff: tuple[str, ...] = ("anna",),
        name: str = "way",
        delegated: bool = False,
        real_time: bool = False,
    ) -> None:
        self.path = path
        self._make = make
        self.config = config or accepted("scripted")
        self._real = real_time
        self.t = 1_790_000_000 * NS
        members = [Member(id=one, rooms=list(ROOMS), ways=["way"]) for one in staff]
        remote = ["way"] if delegated else []
        self.rules = Rules(rota=Rota(staff=members), remote=remote, backstop=True)
        self._name = name
        self.database = new_database(path / "hub.db")
        self.store = Store(self.database)
        self.store.decide(Begin(rules=self.rules), self.now())
        self._killed: list[Sender] = []
        self.sender = self._sender()

    def now(self) -> int:
        return time.time_ns() if self._real else self.t

    def _given(self) -> dict[str, str | None]:
        with self.database.read() as db:
            return queue.given(db, self._name)

    def _sender(self) -> Sender:
        return Sender(
            self._name,
            self.config,
            self._make(house(self.now, self._given)),
            self.store,
            self.database,
            rooms=ROOMS,
            now=self.now,
            steady=time.monotonic_ns if self._real else self.now,
            luck=lambda: 1.0,
        )

    def restart(self) -> None:
        """Start anew on the same database, as after a kill."""
        self.database.close()
        self._killed.append(self.sender)
        self.database = HubDatabase(self.path / "hub.db")
        self.store = Store(self.database)
        self.sender = self._sender()

    def fall(self, began: float, room: str = "r1", upto: int = 2) -> str:
        """Let somebody fall; return the alarm's id."""
        events = fall(began, upto, room=room)
        self.store.store("n-1", events, self.now())
        return events[0].chain

    def step(self, times: int = 1) -> float:
        """Let the sender work `times` times; return how long it would wait then."""
        return [self.sender.step() for _ in range(times)][-1]

    def pass_time(self, seconds: float) -> None:
        """Let time go by, and do what falls due."""
        self.t += round(seconds * NS)
        self.store.due(self.t)

    def until(self, done: Callable[[], bool], also: Callable[[], None] = lambda: None) -> None:
        """Work in real time until `done`."""
        end = time.monotonic() + PATIENCE_S
        while not done():
            assert time.monotonic() < end, "it did not happen in time"
            self.store.due(self.now())
            also()
            wait = self.sender.step()
            if wait:
                time.sleep(min(wait, 0.02))

    def rows(self, columns: str = "id, attempts, outcome") -> list[tuple[Any, ...]]:
        with self.database.read() as db:
            found = db.execute(f"SELECT {columns} FROM channel_queue ORDER BY number")
            return [tuple(row) for row in found.fetchall()]

    def close(self) -> None:
        for sender in (*self._killed, self.sender):
            sender.close()
        self.database.close()


@contextmanager
def bench(path: Path, make: Callable[[House], Channel | Unmade], **fields: Any) -> Iterator[Bench]:
    one = Bench(path, make, **fields)
    try:
        yield one
        assert one.store.verify().broken is None, "the log of alarms is whole"
    finally:
        one.close()
