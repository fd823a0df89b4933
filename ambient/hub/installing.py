"""How far the installation of each room is: the node's wizard, zones, the walk, the certificate.

Comes in: what was ordered of the node, what it told of its wizard, and the time. Goes out:
`Opening` for each node and `Progress` for each room, as the installation page shows them. Only
words, numbers and counts: what an installer sees stays on the node, and corners are only counted.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import sqlite_utils
from msgspec import Struct

from ambient import events
from ambient.events import CommandKind, Coverage, Light, NodeWizard, NodeZone, WizardAct
from ambient.hub import rows
from ambient.hub.commissioning import Commissioning
from ambient.hub.database import HubDatabase
from ambient.hub.opening import latest, told_by
from ambient.hub.orders import Order, OrderState
from ambient.hub.rooms import RoomState

NS: Final = 1_000_000_000


class Stage(StrEnum):
    """Where the wizard of a node stands."""

    NONE = "none"
    """It is not open, and nobody asked for it."""
    ASKED = "asked"
    """The node has not answered yet."""
    REFUSED = "refused"
    EXPIRED = "expired"
    """The node did not answer in time."""
    OPEN = "open"
    """Nobody has given the code yet."""
    ENTERED = "entered"
    LOCKED = "locked"
    """Too many wrong codes: it must be opened anew."""


class Opening(Struct, frozen=True, kw_only=True):
    """The wizard of one node.

    Attributes
    ----------
    began
        When it was opened (the node's time, ns).
    address
        Where it is reached; empty when the node did not tell.
    left_s
        For how long it is open still.
    """

    node: str
    stage: Stage = Stage.NONE
    began: int = 0
    address: str = ""
    left_s: float = 0.0

    @property
    def open(self) -> bool:
        """Whether its page can be reached."""
        return self.stage in (Stage.OPEN, Stage.ENTERED, Stage.LOCKED)


class Progress(Struct, frozen=True, kw_only=True):
    """What was done in one room.

    Attributes
    ----------
    state
        How the installation stands; nothing was told when there is none.
    zones
        How many areas its cameras have, as far as the node told.
    zones_now
        Whether some came since the wizard was opened.
    covered, covered_at_night
        How many stations the walk that is under way covered.
    stations
        How many it asks for by day; 0 while no walk is under way.
    """

    room: str
    state: Commissioning | None
    zones: int = 0
    zones_now: bool = False
    covered: int = 0
    covered_at_night: int = 0
    stations: int = 0


class StillAgreed(Struct, frozen=True, kw_only=True):
    """That everybody in a room agreed to a real picture, on the installer's device alone.

    Attributes
    ----------
    at, until
        From when to when it might be seen (the node's time, ns).
    shown
        How many pictures were.
    """

    room: str
    camera: str
    at: int
    until: int
    shown: int


def stills(database: HubDatabase) -> list[StillAgreed]:
    """Return all such agreements that the hub still knows of, oldest first."""
    with database.read() as db:
        found = db.execute(
            "SELECT body FROM events WHERE kind = ? AND room IS NOT NULL ORDER BY t, position",
            (events.kind_of(NodeWizard),),
        ).fetchall()
    acts = [event for event in rows.events_in(found, NodeWizard) if event.source]
    seen = [event for event in acts if event.act is WizardAct.STILL_SHOWN]
    return [
        StillAgreed(
            room=one.room or "",
            camera=one.source or "",
            at=one.t,
            until=one.until or one.t,
            shown=sum(
                (event.node, event.room, event.source) == (one.node, one.room, one.source)
                and one.t <= event.t <= (one.until or one.t)
                for event in seen
            ),
        )
        for one in acts
        if one.act is WizardAct.STILL_AGREED
    ]


def opening(
    node: str, told: Sequence[tuple[NodeWizard, int]], ordered: Order | None, now: int
) -> Opening:
    """Return where the wizard of a node stands at `now` (hub time, ns). Pure.

    Parameters
    ----------
    told
        What the node told of it, each with when it came (hub time, ns).
    ordered
        The last order to open it.
    """
    stands = latest([event for event, _ in told])
    if stands is not None:
        received = next(at for event, at in told if event.id == stands.id)
        lasts = 0 if stands.until is None else stands.until - stands.t
        left = (received + lasts - now) / NS  # by one clock: the node's may be another
        if left > 0:
            acts = {event.act for event, _ in told if event.chain == stands.chain}
            stage = Stage.LOCKED if WizardAct.LOCKED in acts else Stage.OPEN
            return Opening(
                node=node,
                stage=Stage.ENTERED if WizardAct.ENTERED in acts else stage,
                began=stands.t,
                address=_address(stands),
                left_s=left,
            )
    after = max((at for _, at in told), default=0)
    if ordered is None or ordered.issued < after:
        return Opening(node=node)
    waits = ordered.state is OrderState.ORDERED
    if waits and ordered.expires > now:
        return Opening(node=node, stage=Stage.ASKED)
    if ordered.state is OrderState.REFUSED:
        return Opening(node=node, stage=Stage.REFUSED)
    late = waits or ordered.state is OrderState.EXPIRED
    return Opening(node=node, stage=Stage.EXPIRED if late else Stage.NONE)


def _address(opened: NodeWizard) -> str:
    if opened.ipv4 is None or opened.port is None:
        return ""
    return f"https://{ipaddress.IPv4Address(opened.ipv4)}:{opened.port}/"


def read(
    database: HubDatabase, rooms: Sequence[RoomState], now: int
) -> tuple[dict[str, Opening], list[Progress]]:
    """Return the wizard of each node, and how far each room that a node serves is."""
    openings: dict[str, Opening] = {}
    walks: dict[str, NodeWizard] = {}
    for node in sorted({room.node for room in rooms if room.node is not None}):
        told = told_by(database, node)
        with database.read() as db:
            found = opening(node, told, _ordered(db, node), now)
        openings[node] = found
        if found.open:
            for event, _ in sorted(told, key=lambda one: one[0].t):
                if event.act is WizardAct.WALKED and event.room and event.t >= found.began:
                    walks[event.room] = event
    with database.read() as db:
        return openings, [
            _progress(db, room.room, openings[room.node], walks.get(room.room))
            for room in rooms
            if room.node is not None
        ]


def _ordered(db: sqlite_utils.Database, node: str) -> Order | None:
    row = db.execute(
        "SELECT body FROM commands WHERE kind = ? AND node = ? ORDER BY issued DESC LIMIT 1",
        (CommandKind.WIZARD.value, node),
    ).fetchone()
    return None if row is None else rows.decode(row[0], Order)


def _progress(
    db: sqlite_utils.Database, room: str, own: Opening, walk: NodeWizard | None
) -> Progress:
    zones = _zones(db, room)
    known = rows.installation(db, room)
    if known is not None and walk is not None and (known.walked or 0) >= walk.t:
        walk = None  # the certificate is written
    done = [] if walk is None else [o for o in walk.walked if o.covered is Coverage.YES]
    return Progress(
        room=room,
        state=known,
        zones=len(zones),
        zones_now=own.open and any(zone.t >= own.began for zone in zones),
        covered=sum(one.light is Light.DAY for one in done),
        covered_at_night=sum(one.light is Light.NIGHT for one in done),
        stations=0 if walk is None else walk.stations,
    )


def _zones(db: sqlite_utils.Database, room: str) -> list[NodeZone]:
    """Return the areas that hold: of each camera those of the newest chain."""
    found = db.execute(
        "SELECT body FROM events WHERE kind = ? AND room = ? ORDER BY number",
        (events.kind_of(NodeZone), room),
    ).fetchall()
    zones = rows.events_in(found, NodeZone)
    newest = {event.source: event.chain for event in sorted(zones, key=lambda event: event.t)}
    return [event for event in zones if newest[event.source] == event.chain]
