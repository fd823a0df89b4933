"""What a page shows at one instant: open alarms by urgency, rooms, nodes, and what is wrong.

Comes in: the database, the names of `hub.yaml`, the enrolled nodes and the time. Goes out: a
`Board`, read in one transaction. It also says when it will change without any event (a pause that
ends), so that nobody has to poll.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Final, Generic, TypeVar

import msgspec
import sqlite_utils
from msgspec import Struct

from ambient.config import RoomName
from ambient.events import CommandKind, Device, Worker
from ambient.hub import casebook, rows
from ambient.hub.alarms import restraint
from ambient.hub.alarms.book import House
from ambient.hub.alarms.condition import AlarmState, Condition, Entry, Sound
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.alarms.order import by_urgency, sound_of
from ambient.hub.alarms.signal import Signal
from ambient.hub.casebook import CaseBook
from ambient.hub.channels.health import Health
from ambient.hub.commissioning import Commissioning
from ambient.hub.database import HubDatabase, Trouble
from ambient.hub.languages import gettext
from ambient.hub.orders import Order
from ambient.hub.rooms import RoomState, RoomStatus, SourceView, room_state

_Body = TypeVar("_Body", SourceView, Commissioning)
_Place = tuple[str | None, str | None]
"""A room, or a node."""

MAX_ORDERS = 20
"""Privacy orders per room that are looked at; more do not bear on the present."""


class NodeState(Struct, frozen=True, kw_only=True):
    """One node; times in nanoseconds of the hub."""

    node: str
    rooms: list[str] = []
    last_heard: int | None = None
    silent: bool = False
    stopped: bool = False


class Board(Struct, frozen=True, kw_only=True):
    """Everything a page shows.

    Attributes
    ----------
    sequence
        Number of the newest visible change.
    alarms
        Open conditions, the most urgent first; those that another stands for are in `led`.
    led
        Id of a condition ► those that it stands for.
    signals
        Id of a condition ► every signal that it ever had; for open ones.
    house
        Rules, snoozes, who has signed off.
    history
        Alarm id ► its lines, oldest first; for open alarms.
    shadowed
        Open conditions that are only recorded: of rooms in shadow mode.
    whys
        Way out that fails ► what was expected there, what came, what to do.
    due
        When (ns) this changes by itself, None when it does not.
    """

    sequence: int
    at: int
    alarms: list[Condition]
    led: Mapping[str, list[Condition]]
    signals: Mapping[str, list[Signal]]
    house: House
    history: dict[str, list[Entry]]
    rooms: list[RoomState]
    nodes: list[NodeState]
    trouble: Trouble | None
    names: Mapping[str, RoomName]
    shadowed: list[Condition] = []
    whys: Mapping[str, str] = {}

    @property
    def sound(self) -> Sound:
        """What the page plays: what rings, or that the hub itself cannot store."""
        sound = sound_of(self.alarms)
        stuck = self.trouble in (Trouble.DISK_FULL, Trouble.DATABASE)
        return Sound.MEDIUM if sound is Sound.NONE and stuck else sound

    @property
    def due(self) -> int | None:
        """When this changes without any event (ns)."""
        return min((r.due for r in self.rooms if r.due is not None), default=None)

    def given(self, alarm: str) -> list[Signal]:
        """Return the signals by which an open alarm is shown now."""
        return [one for one in self.signals.get(alarm, []) if one.withdrawn is None]

    def room_name(self, room: str | None) -> str:
        """Return how carers call `room`."""
        if room is None:
            return gettext("All rooms")
        name = self.names.get(room)
        return name.name if name is not None else gettext("Room %(room)s") % {"room": room}


def read_board(
    database: HubDatabase,
    names: Mapping[str, RoomName],
    enrolled: Mapping[str, Sequence[str]],
    now: int,
) -> Board:
    """Read what a page shows at `now` (ns).

    Parameters
    ----------
    names
        Room id ► display name, from ``hub.yaml``.
    enrolled
        Node ► rooms that its key is bound to.

    Raises
    ------
    StoreError
        When the database cannot be read.
    """
    with database.read() as db:
        sequence = int(db.execute("SELECT value FROM sequence").fetchone()[0])
        found = db.execute("SELECT opened(body) FROM alarms WHERE state <> 'resolved'").fetchall()
        alarms = by_urgency(casebook.decode(row[0], Condition) for row in found)
        signals = _signals(db)
        house = CaseBook(db).house()
        history = _history(db)
        nodes = _nodes(db, enrolled, alarms)
        served = dict(db.execute("SELECT room, node FROM rooms").fetchall())
        views = [
            _VIEWS.of((node, room, source), body)
            for node, room, source, body in db.execute("SELECT node, room, source, body FROM views")
        ]
        orders = _orders(db)
        whys = _whys(db)
        versions = _versions(db, house)
        installed = {
            room: _INSTALLED.of(room, body)
            for room, body in db.execute("SELECT room, body FROM commissioning")
        }
    served |= {room: node for node, bound in enrolled.items() for room in bound}
    by_node = {state.node: state for state in nodes}
    views_of: dict[tuple[str, str | None], list[SourceView]] = {}
    for view in views:
        views_of.setdefault((view.room, view.node), []).append(view)
    broken = _broken(alarms)
    rooms = [
        _room(
            room,
            served.get(room),
            by_node,
            broken,
            views_of.get((room, served.get(room)), []),
            orders.get(room, []),
            installed.get(room),
            now,
        )
        for room in sorted(names.keys() | served.keys())
    ]
    rooms = [_shadowed(room, house, versions) for room in rooms]
    return Board(
        sequence=sequence,
        at=now,
        alarms=[alarm for alarm in alarms if alarm.leader is None and alarm.shadow is None],
        shadowed=[alarm for alarm in alarms if alarm.shadow is not None],
        led=_led(alarms),
        signals=signals,
        house=house,
        history=history,
        rooms=rooms,
        nodes=nodes,
        trouble=database.trouble,
        names=names,
        whys=whys,
    )


def read_resolved(database: HubDatabase, limit: int) -> list[tuple[Condition, list[Entry]]]:
    """Return the alarms resolved last with their history, newest first."""
    with database.read() as db:
        found = db.execute(
            "SELECT id, opened(body) FROM alarms WHERE state = ? ORDER BY resolved DESC LIMIT ?",
            (AlarmState.RESOLVED.value, limit),
        ).fetchall()
        return [
            (casebook.decode(body, Condition), casebook.history_of(db, alarm))
            for alarm, body in found
        ]


def _room(
    room: str,
    node: str | None,
    nodes: Mapping[str, NodeState],
    broken: Mapping[_Place, int],
    views: Sequence[SourceView],
    orders: Sequence[Order],
    installed: Commissioning | None,
    now: int,
) -> RoomState:
    state = nodes.get(node) if node is not None else None
    heard = state is not None and state.last_heard is not None
    silent = state is not None and state.silent
    since = min((broken[at] for at in ((room, None), (None, node)) if at in broken), default=None)
    lasts = not orders and all(view.until is None for view in views)
    known = (node, heard, silent, since, installed, *views)
    kept = _STATES.get(room) if lasts else None
    if kept is not None and kept[0] == known:
        return kept[1]
    found = room_state(
        room,
        node,
        heard=heard,
        silent=silent,
        broken=since,
        views=views,
        orders=orders,
        now=now,
    ).installed(installed)
    if lasts:
        _STATES[room] = (known, found)
    return found


class _Latest(Generic[_Body]):
    """Bodies as they were decoded last, by their key: in a large house few have changed since."""

    def __init__(self, kind: type[_Body]) -> None:
        self._kind: type[_Body] = kind
        self._of: dict[Hashable, tuple[str, _Body]] = {}

    def of(self, key: Hashable, body: str) -> _Body:
        """Return what `body`, which is the present one of `key`, holds."""
        kept = self._of.get(key)
        if kept is None or kept[0] != body:
            self._of[key] = kept = (body, rows.decode(body, self._kind))
        return kept[1]


_VIEWS: Final = _Latest(SourceView)
_INSTALLED: Final = _Latest(Commissioning)
_STATES: Final[dict[str, tuple[tuple[object, ...], RoomState]]] = {}
"""Of a room what its state was found from last, and the state, when no clock can change it."""


def _broken(alarms: Sequence[Condition]) -> dict[_Place, int]:
    """Return of rooms and nodes that do not see since when (ns)."""
    since: dict[_Place, int] = {}
    for alarm in alarms:
        if alarm.kind is AlarmKind.SOURCE_SILENT and alarm.device is Device.CAMERA:
            at: _Place = (alarm.room, None)
        elif alarm.kind is AlarmKind.WORKER and alarm.worker in (Worker.VISION, Worker.FUSION):
            at = (None, alarm.node)
        else:
            continue
        since[at] = min(alarm.since, since.get(at, alarm.since))
    return since


def _shadowed(room: RoomState, house: House, versions: Mapping[str, str]) -> RoomState:
    """Return `room` as not watched while somebody on its floor would only be recorded."""
    until = restraint.unprotected_until(house.shadows, room.room, versions.get(room.room))
    if until is None:
        return room
    if room.status not in (RoomStatus.WATCHED, RoomStatus.NOT_WATCHED, RoomStatus.UNKNOWN):
        return msgspec.structs.replace(room, shadow=True)
    return msgspec.structs.replace(room, status=RoomStatus.NOT_WATCHED, until=until, shadow=True)


def _versions(db: sqlite_utils.Database, house: House) -> dict[str, str]:
    """Return the configuration version of the newest event of each room in shadow mode."""
    versions = {}
    for room in {one.room for one in house.shadows if one.version is not None}:
        found = db.execute(
            "SELECT json_extract(opened(body), '$.config_version') FROM events WHERE room = ? "
            "ORDER BY number DESC LIMIT 1",
            (room,),
        ).fetchone()
        if found is not None:
            versions[room] = str(found[0])
    return versions


def _nodes(
    db: sqlite_utils.Database, enrolled: Mapping[str, Sequence[str]], alarms: Sequence[Condition]
) -> list[NodeState]:
    silent = {alarm.node for alarm in alarms if alarm.kind is AlarmKind.NODE_SILENT}
    known = {
        node: (last, bool(stopped))
        for node, last, stopped in db.execute("SELECT node, last_heard, stopped FROM nodes")
    }
    served: dict[str, list[str]] = {node: list(bound) for node, bound in enrolled.items()}
    for room, node in db.execute("SELECT room, node FROM rooms ORDER BY room").fetchall():
        bound = served.setdefault(node, [])
        if room not in bound and node not in enrolled:
            bound.append(room)
    return [
        NodeState(
            node=node,
            rooms=served.get(node, []),
            last_heard=known[node][0] if node in known else None,
            silent=node in silent,
            stopped=known[node][1] if node in known else False,
        )
        for node in sorted(known.keys() | served.keys())
    ]


def _whys(db: sqlite_utils.Database) -> dict[str, str]:
    found = db.execute("SELECT channel, body FROM channel_health").fetchall()
    healths = ((channel, msgspec.json.decode(body, type=Health)) for channel, body in found)
    return {channel: health.why for channel, health in healths if health.failures}


def _orders(db: sqlite_utils.Database) -> dict[str, list[Order]]:
    orders: dict[str, list[Order]] = {}
    for (body,) in db.execute(
        "SELECT body FROM commands WHERE kind IN (?, ?) ORDER BY issued DESC LIMIT 1000",
        (CommandKind.PAUSE.value, CommandKind.RESUME.value),
    ).fetchall():
        order = rows.decode(body, Order)
        of_room = orders.setdefault(order.room or "", [])
        if len(of_room) < MAX_ORDERS:
            of_room.append(order)
    return orders


def _led(alarms: Sequence[Condition]) -> dict[str, list[Condition]]:
    led: dict[str, list[Condition]] = {}
    for alarm in alarms:
        if alarm.leader is not None:
            led.setdefault(alarm.leader, []).append(alarm)
    return led


def _signals(db: sqlite_utils.Database) -> dict[str, list[Signal]]:
    found = db.execute(
        "SELECT body FROM signals WHERE condition IN "
        "(SELECT id FROM alarms WHERE state <> 'resolved') ORDER BY condition, number"
    ).fetchall()
    signals: dict[str, list[Signal]] = {}
    for (body,) in found:
        signal = casebook.decode(body, Signal)
        signals.setdefault(signal.condition, []).append(signal)
    return signals


def _history(db: sqlite_utils.Database) -> dict[str, list[Entry]]:
    found = db.execute(
        "SELECT alarm, at, what, who, reason FROM history WHERE alarm IN "
        "(SELECT id FROM alarms WHERE state <> 'resolved') ORDER BY at, number"
    ).fetchall()
    history: dict[str, list[Entry]] = {}
    for alarm, *line in found:
        history.setdefault(alarm, []).append(casebook.entry_of(*line))
    return history
