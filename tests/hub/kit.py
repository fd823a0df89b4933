"""A real hub for tests: real SQLite, real link socket, real uvicorn on a free port of loopback."""

from __future__ import annotations

import io
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import httpx
from argon2 import PasswordHasher

from ambient import events
from ambient.bus import keys
from ambient.bus.protocol import PROTOCOL, Enrol
from ambient.commands import KeepWindow, new_id
from ambient.config import HubConfig, RoomName
from ambient.config_web import LinkListen, SecondFactor, Web
from ambient.events import AnyEvent, Contribution, Event, Kept, NodeKept, Sense
from ambient.hub.alarms.condition import FallRecord, Judgement
from ambient.hub.alarms.inputs import Record, Resolve
from ambient.hub.alarms.kinds import ENDS_BY_ITSELF, TASKS
from ambient.hub.database import DATABASE, HubDatabase
from ambient.hub.identities import Role
from ambient.hub.registry import Registry
from ambient.hub.service import RunningHub, run_hub
from ambient.observations import Place, View
from tests.patience import PATIENCE_S

NS = 1_000_000_000
KEY = "k" * 40
VERSION = "0" * 12
HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""As good as none, and quick."""
USER, PASSWORD = "anna", "seven quiet corridors"

Kind = TypeVar("Kind", bound=Event)

WHY = [
    Contribution(Sense.VISION_POSTURE, 4.2),
    Contribution(Sense.VISION_DESCENT, 2.1),
    Contribution(Sense.VISION_STILLNESS, 0.6),
    Contribution(Sense.PLACE, 1.4),
]


def event(
    kind: type[Kind],
    t: float,
    position: int = 0,
    *,
    began: float | None = None,
    family: str = "x",
    node: str = "n-1",
    room: str | None = "r1",
    **fields: Any,
) -> Kind:
    """Return an event of `kind` at `t` seconds in the chain of `family` that began at `began`."""
    at = round(t * NS)
    chain = events.chain_id(KEY, room, family, round((t if began is None else began) * NS))
    return kind(
        id=events.event_id(KEY, chain, position, events.kind_of(kind), at),
        t=at,
        node=node,
        room=room,
        chain=chain,
        position=position,
        config_version=VERSION,
        **fields,
    )


def fall(
    began: float, upto: int = 2, *, node: str = "n-1", room: str = "r1", seen: bool = True
) -> list[AnyEvent]:
    """Return the first `upto` events of a fall: suspected, confirmed, long lie, recovered."""
    where = {"began": began, "node": node, "room": room, "family": "fall"}
    life: list[AnyEvent] = [
        event(
            events.FallSuspected,
            began,
            0,
            place=Place.FLOOR,
            descent_seen=seen,
            probability=0.81,
            contributions=WHY[2:],
            **where,
        ),
        event(
            events.FallConfirmed,
            began + 8,
            1,
            down_s=8.0,
            place=Place.FLOOR,
            descent_seen=seen,
            probability=0.97,
            contributions=WHY,
            **where,
        ),
        event(events.FallLongLie, began + 60, 2, down_s=60.0, probability=0.98, **where),
        event(events.FallRecovered, began + 90, 3, down_s=89.0, **where),
    ]
    return life[:upto]


def view(
    kind: type[Kind], t: float, seen: View, *, began: float | None = None, **fields: Any
) -> Kind:
    """Return a `quality.*` event of camera c1."""
    return event(kind, t, began=began, family="view-c1", source="c1", view=seen, **fields)


def kept(order: KeepWindow, at: int, what: Kept, rows: int) -> NodeKept:
    """Return what the node answers at `at` (ns) that was asked to keep a time."""
    return NodeKept(
        id=new_id(),
        t=at,
        node=order.node,
        room=order.room,
        chain=new_id(),
        position=0,
        config_version=VERSION,
        command=order.id,
        kept=what,
        began=order.began,
        ended=order.ended,
        rows=rows,
    )


@cache
def _first_files() -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        HubDatabase(Path(folder) / DATABASE).close()
        return {one.name: one.read_bytes() for one in Path(folder).iterdir()}


def new_database(path: Path) -> HubDatabase:
    """Return an empty database at `path`, a ``hub.db`` where no other one is.

    It and its key are copied from one that `HubDatabase` made: the steps of all its tables take
    longer than most tests.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, content in _first_files().items():
        file = path.with_name(name)
        file.touch(0o600, exist_ok=False)
        file.write_bytes(content)
    return HubDatabase(path)


def enrol(
    registry: Registry,
    node: str,
    rooms: Sequence[str],
    *,
    site: str = "house",
    accept: bool = True,
    pair: keys.KeyPair | None = None,
    now: int | None = None,
) -> keys.KeyPair:
    """Enrol a node as an invitation and an administrator would; return its keys."""
    now = now or time.time_ns()
    pair = pair or keys.new_pair()
    invitation = registry.invite("tcp://127.0.0.1:7440", keys.new_pair().public, "test", now)
    request = Enrol(
        protocol=PROTOCOL, token=invitation.token, node=node, site=site, rooms=list(rooms)
    )
    assert registry.ask(pair.public, request, site, now) is None
    if accept:
        registry.accept(node, "test", now)
    return pair


def hub_config(folder: Path, *, port: int = 0, silent_s: float = 600) -> HubConfig:
    """Return a hub on free ports of loopback."""
    return HubConfig(
        site="house",
        state_dir=folder,
        link=LinkListen(bind="tcp://127.0.0.1:0"),
        web=Web(port=port, second_factor=SecondFactor.OPTIONAL),
        rooms={
            f"r{n}": RoomName(name=f"Room {n}", floor="First floor" if n < 6 else "Second floor")
            for n in range(1, 11)
        },
        silent_s=silent_s,
    )


@contextmanager
def running(
    config: HubConfig, *, user: bool = True, hasher: PasswordHasher | None = HASHER
) -> Iterator[RunningHub]:
    """Run a hub in a thread; with `user`, an administrator exists."""
    up = threading.Event()
    stop = threading.Event()
    hubs: list[RunningHub] = []
    failures: list[BaseException] = []

    def ready(hub: RunningHub) -> None:
        hubs.append(hub)
        up.set()

    def body() -> None:
        try:
            run_hub(config, ready=ready, stop=stop, out=io.StringIO(), hasher=hasher)
        except BaseException as error:  # noqa: BLE001 - handed to the test below
            failures.append(error)
        finally:
            up.set()

    thread = threading.Thread(target=body, name="hub")
    thread.start()
    try:
        assert up.wait(PATIENCE_S), "the hub did not start"
        if failures:
            raise failures[0]
        hub = hubs[0]
        accounts = hub.context.accounts
        if user and not accounts.has_users():
            add_user(hub, USER, Role.ADMIN)
        yield hub
    finally:
        stop.set()
        thread.join(PATIENCE_S)
    assert not thread.is_alive(), "the hub did not stop"
    if failures:
        raise failures[0]


def end_alarms(hub: RunningHub) -> None:
    """End all that is open; what ends by itself ends with its node."""
    store = hub.context.store
    for alarm in hub.context.board().alarms:
        now = time.time_ns()
        if alarm.kind in ENDS_BY_ITSELF:
            store.forget_node(alarm.node, "test", now)
        elif alarm.kind in TASKS:
            store.decide(Record(condition=alarm.id, who="test", record=FallRecord()), now)
        else:
            store.decide(Resolve(condition=alarm.id, who="test", judgement=Judgement.TEST), now)


def add_user(hub: RunningHub, name: str, role: Role) -> None:
    """Create a user whose password is that of all users of tests."""
    hub.context.accounts.add_user(name, PASSWORD, role, time.time_ns())


@contextmanager
def client(hub: RunningHub, *, log_in: bool = True, user: str = USER) -> Iterator[httpx.Client]:
    """Return an HTTP client; logged in, it sends the session's forgery token."""
    with httpx.Client(base_url=hub.url, timeout=PATIENCE_S, trust_env=False) as http:
        if log_in:
            answer = http.post("/api/login", json={"user": user, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            http.headers["X-CSRF-Token"] = answer.json()["csrf"]
        yield http
