"""Who lives where and agreed to what, kept sealed; and the orders to the nodes that follow from it.

Comes in: decisions that somebody entered, and the time. Goes out: rows, and the commands *purpose*
and *erase* for the nodes, shown as ordered until the answering event says what the node does. A
room belongs to the hub's register as soon as one resident is entered for it; before, what was
decided at the node stands.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

import msgspec
import sqlite_utils
from msgspec import Struct

from ambient import commands
from ambient.commands import SetPurpose
from ambient.errors import UsageError
from ambient.events import ConsentApplied, Purpose, decode, kind_of
from ambient.hub import rows
from ambient.hub.database import HubDatabase
from ambient.hub.orders import Order, OrderState
from ambient.hub.people import consents, erasure, vault
from ambient.hub.people.consents import Capacity, Consent, Stand, Told
from ambient.hub.people.said import is_erased, lives, said_by

NS: Final = 1_000_000_000
Sealed = TypeVar("Sealed", bound=Struct)


class Place(Struct, frozen=True, kw_only=True):
    """Where somebody lives; `room` stands in a column of its own, too."""

    bed: str
    entered_by: str
    moved_out_by: str | None = None


class Occupant(Struct, frozen=True, kw_only=True):
    """Who lives in a room, with what they said, oldest first."""

    subject: str
    room: str
    bed: str
    since: int
    consents: list[Consent]


class RoomConsent(Struct, frozen=True, kw_only=True):
    """A room as its consents stand: who lives there, and each purpose.

    Attributes
    ----------
    missing
        Purpose ► the occupants who have not agreed to it.
    """

    room: str
    occupants: list[Occupant]
    stands: dict[Purpose, Stand]
    missing: dict[Purpose, list[str]]


class Register:
    """The residents of a hub.

    Parameters
    ----------
    database
        Where they are kept.
    changed
        Called after something visible changed.
    """

    def __init__(self, database: HubDatabase, changed: Callable[[], None] = lambda: None) -> None:
        self._database = database
        self._changed = changed

    def move_in(self, subject: str, room: str, bed: str, who: str, now: int) -> list[Order]:
        """Enter that `subject` lives in a room from now on.

        Raises
        ------
        UsageError
            When they live somewhere already, or were erased; no node serves the room.
        """
        with self._database.write() as db:
            if is_erased(db, subject):
                raise UsageError(
                    f"{subject}: expected a pseudonym that is not erased; give them a new one"
                )
            rows.node_of(db, room)
            row = lives(db, subject)
            if row is not None:
                raise UsageError(f"{subject}: expected nobody who lives in {row[1]} already")
            vault.enter(db, subject)
            db.execute(
                "INSERT INTO residents (tag, room, since, body) "
                "VALUES (subject_tag(?1), ?2, ?3, sealed(?1, ?4))",
                (subject, room, now, _text(Place(bed=bed, entered_by=who))),
            )
            return self._follow(db, [room], who, now)

    def move_out(self, subject: str, who: str, now: int) -> list[Order]:
        """Enter that `subject` lives here no more.

        Raises
        ------
        UsageError
            When they do not live here.
        """
        with self._database.write() as db:
            number, room = _must_live(db, subject)
            db.execute("UPDATE residents SET until = ? WHERE number = ?", (now, number))
            return self._follow(db, [room], who, now)

    def decide(
        self,
        subject: str,
        purpose: Purpose,
        on: bool,
        *,
        by: str,
        capacity: Capacity,
        who: str,
        now: int,
        until: int | None = None,
    ) -> list[Order]:
        """Enter that `by` agreed to a purpose, or withdrew or refused it; return what was ordered.

        What is withdrawn is closed on the node, and what the purpose held is erased here and there.

        Raises
        ------
        UsageError
            When `subject` does not live here, or `until` is over already.
        """
        if until is not None and until <= now:
            raise UsageError("until: expected a time to come, got one that is over")
        said = Consent(
            purpose=purpose,
            on=on,
            by=by,
            capacity=capacity,
            at=now,
            entered_by=who,
            until=until if on else None,
        )
        with self._database.write() as db:
            _, room = _must_live(db, subject)
            db.execute(
                "INSERT INTO consents (tag, at, body) VALUES (subject_tag(?1), ?2, sealed(?1, ?3))",
                (subject, now, _text(said)),
            )
            ordered = self._follow(db, [room], who, now)
            if not on and purpose is not Purpose.FALLS:
                forget_purpose(db, subject, purpose)
                tag = self._database.vault.tag(subject)
                for node in erasure.nodes_of(db, tag):
                    # After the purpose is off, which was ordered just before.
                    ordered.append(erasure.order_erase(db, node, subject, who, now + 1, purpose))
        return ordered

    def follow(self, now: int) -> list[Order]:
        """Order what follows from the consents by now: some run out, some nodes did not answer."""
        with self._database.read() as db:
            if not any(self._due(db, room, now) for room in _rooms(db)):
                return []
        with self._database.write() as db:
            return self._follow(db, _rooms(db), "hub", now)

    def rooms(self, now: int) -> list[RoomConsent]:
        """Return every room with residents, and where its purposes stand at `now` (ns)."""
        with self._database.read() as db:
            return [self._room(db, room, now) for room in _rooms(db) if _occupants(db, room)]

    def said(self, subject: str) -> list[Consent]:
        """Return all that was entered for a resident, oldest first."""
        with self._database.read() as db:
            return said_by(db, subject)

    def _room(self, db: sqlite_utils.Database, room: str, now: int) -> RoomConsent:
        living = _occupants(db, room)
        want = consents.wanted((one.consents for one in living), now)
        told = _told(db, room)
        at = _decided_at(living, now)
        return RoomConsent(
            room=room,
            occupants=living,
            stands={
                purpose: consents.stand(on, told.get(purpose, Told()), purpose, at[purpose])
                for purpose, on in want.items()
            },
            missing={
                purpose: [
                    one.subject for one in living if not consents.agreed(one.consents, purpose, now)
                ]
                for purpose in Purpose
            },
        )

    def _due(self, db: sqlite_utils.Database, room: str, now: int) -> dict[Purpose, bool]:
        if rows.serving(db, room) is None:
            return {}  # it is ordered once a node serves the room
        living = _occupants(db, room)
        want = consents.wanted((one.consents for one in living), now)
        return consents.due(want, _told(db, room), _decided_at(living, now), now)

    def _follow(
        self, db: sqlite_utils.Database, which: list[str], who: str, now: int
    ) -> list[Order]:
        ordered: list[Order] = []
        for room in which:
            for purpose, on in self._due(db, room, now).items():
                command = SetPurpose(
                    id=commands.new_id(),
                    node=rows.node_of(db, room),
                    issued=now,
                    expires=now + consents.EXPIRES_S * NS,
                    room=room,
                    purpose=purpose,
                    on=on,
                )
                ordered.append(rows.insert_order(db, command, who))
                db.execute(
                    "INSERT INTO purpose_orders VALUES (?, ?, ?, ?, ?)",
                    (command.id, room, purpose.value, on, now),
                )
        rows.bump(db)
        self._changed()
        return ordered


def purposes_on(database: HubDatabase) -> dict[str, list[Purpose]]:
    """Return every room ► the purposes that are on there; none while its node never spoke."""
    with database.read() as db:
        found = db.execute(
            "SELECT e.room, 0 FROM enrolled_rooms e WHERE e.room NOT IN (SELECT room FROM rooms) "
            "UNION SELECT room, 1 FROM rooms ORDER BY 1"
        ).fetchall()
        told = {room: _told(db, room) if spoke else None for room, spoke in found}
    return {
        room: [] if known is None else [one for one in Purpose if known.get(one, Told()).is_on(one)]
        for room, known in told.items()
    }


def forget_purpose(db: sqlite_utils.Database, subject: str, purpose: Purpose) -> int:
    """Delete what a purpose held of a resident on the hub; return how many events.

    What became an alarm stays in the log of alarms, until its time or the resident's erasure.
    """
    done = db.execute(
        "DELETE FROM events WHERE substr(body, 1, 34) = '~' || subject_tag(?1) || ':' "
        "AND (kind LIKE ?2 || '.%' OR json_extract(opened(body), '$.purpose') = ?2)",
        (subject, purpose.value),
    )
    return int(done.rowcount)


def _rooms(db: sqlite_utils.Database) -> list[str]:
    """Return the rooms that somebody was ever entered for, or something was ordered for."""
    found = db.execute(
        "SELECT room FROM residents UNION SELECT room FROM purpose_orders ORDER BY room"
    ).fetchall()
    return [row[0] for row in found]


def _occupants(db: sqlite_utils.Database, room: str) -> list[Occupant]:
    found = db.execute(
        "SELECT opened(k.name), p.since, opened(p.body) FROM residents p "
        "JOIN subject_keys k ON k.tag = p.tag WHERE p.room = ? AND p.until IS NULL "
        "ORDER BY p.since",
        (room,),
    ).fetchall()
    return [
        Occupant(
            subject=subject,
            room=room,
            bed=_open(body, Place).bed,
            since=since,
            consents=said_by(db, subject),
        )
        for subject, since, body in found
    ]


def _decided_at(living: list[Occupant], now: int) -> dict[Purpose, int]:
    said = [(one.since, one.consents) for one in living]
    return {purpose: consents.decided_at(said, purpose, now) for purpose in Purpose}


def _told(db: sqlite_utils.Database, room: str) -> dict[Purpose, Told]:
    found: dict[Purpose, Told] = {}
    for (body,) in db.execute(
        "SELECT opened(body) FROM events WHERE kind = ? AND room = ? ORDER BY t, number",
        (kind_of(ConsentApplied), room),
    ).fetchall():
        event = decode(body.encode())
        if isinstance(event, ConsentApplied):
            found[event.purpose] = Told(stated=event.on, stated_at=event.t)
    for purpose, on, state, issued, body in db.execute(
        "SELECT o.purpose, o.turned_on, c.state, o.issued, c.body FROM purpose_orders o "
        "JOIN commands c ON c.id = o.command WHERE o.room = ? ORDER BY o.issued",
        (room,),
    ).fetchall():
        known = found.get(Purpose(purpose), Told())
        answered = rows.decode(body, Order).answered
        if state == OrderState.APPLIED and answered is not None and answered >= known.stated_at:
            known = Told(stated=bool(on), stated_at=answered)
        found[Purpose(purpose)] = msgspec.structs.replace(
            known, ordered=bool(on), state=OrderState(state), issued=issued
        )
    return found


def _must_live(db: sqlite_utils.Database, subject: str) -> tuple[int, str]:
    row = lives(db, subject)
    if row is None:
        raise UsageError(
            f"{subject}: expected somebody who lives here; enter them first: "
            "ambient hub consent move-in"
        )
    return row


def _text(kept: Struct) -> str:
    return msgspec.json.encode(kept).decode()


def _open(body: str, kind: type[Sealed]) -> Sealed:
    return msgspec.json.decode(body, type=kind)
