"""Care settings of a bed, made by a nurse: with reason, date, date of review, and who; sealed.

Comes in: settings and who entered them. Goes out: rows that are only ever added (each change is
its own audit entry), those in force for a bed, those whose review is due, and the command *care*
with what of it the room's node must know: the delay of the bed exit, the scale of oxygen, whether
lying on a place that the installer drew is permitted. A bed whose resident moved out or was erased
is ordered back to nothing set.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Final, Literal

import msgspec
import sqlite_utils
from msgspec import Meta, Struct

from ambient import commands
from ambient.commands import BedCare, SetCare
from ambient.errors import UsageError
from ambient.events import CommandKind
from ambient.hub import rows
from ambient.hub.database import HubDatabase
from ambient.hub.orders import Order, OrderState
from ambient.hub.people import vault
from ambient.hub.people.said import is_erased

NS: Final = 1_000_000_000
EXPIRES_S: Final = 24 * 3600
"""A node that was away for a day, or refused, is ordered anew after that."""
Bed = tuple[str, str]
"""Room and bed."""
LONGEST_REVIEW_DAYS: Final = 366
"""A setting that nobody looks at for over a year is a habit, not a decision."""

Text = Annotated[str, Meta(min_length=1, max_length=500)]


class CareSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a nurse set for a bed.

    Attributes
    ----------
    floor_bed, fall_mat
        A place on which lying is permitted; rolling off it still alarms.
    hoist, wheelchair, walking_aid
        Aids in use: what a camera may see beside the person.
    bed_exit_delay_min
        Minutes out of bed before it rings, 0 at once; None: as the node is configured.
    saturation_scale
        Oxygen by scale 1, or scale 2 of NEWS2 where a doctor prescribed it.
    reason
        Why, in the nurse's words.
    at, review, entered_by
        When it was set and when it must be looked at again (ns), and who set it.
    """

    room: str
    bed: str
    reason: Text
    at: int
    review: int
    entered_by: str
    floor_bed: bool = False
    fall_mat: bool = False
    hoist: bool = False
    wheelchair: bool = False
    walking_aid: bool = False
    bed_exit_delay_min: Annotated[int, Meta(ge=0, le=240)] | None = None
    saturation_scale: Literal[1, 2] = 1


class Told(Struct, frozen=True, kw_only=True):
    """What a node was ordered last for a bed.

    Attributes
    ----------
    issued
        When (hub time, ns).
    """

    care: BedCare
    node: str
    state: OrderState
    issued: int


def for_node(settings: CareSettings) -> BedCare:
    """Return what of the settings a node must know.

    Hoist, wheelchair and walking aid change nothing on a node; they are for who comes to help.
    """
    return BedCare(
        permitted=settings.floor_bed or settings.fall_mat,
        exit_min=settings.bed_exit_delay_min,
        saturation_scale=settings.saturation_scale,
    )


def is_due(want: BedCare, told: Told | None, node: str, now: int) -> bool:
    """Return whether `node` must be ordered `want` at `now` (ns). Pure."""
    if told is None or told.node != node or told.care != want:
        return True
    late = told.issued + EXPIRES_S * NS <= now
    return told.state in (OrderState.REFUSED, OrderState.EXPIRED) and late


def enter(
    database: HubDatabase,
    settings: CareSettings,
    subject: str | None,
    changed: Callable[[], None] = lambda: None,
) -> list[Order]:
    """Keep new settings of a bed and order what follows; those before stay as they were entered.

    Parameters
    ----------
    subject
        Who sleeps there; then the settings are theirs, and go with them.

    Raises
    ------
    UsageError
        When the review is not within a year from now, or the resident was erased.
    """
    longest = settings.at + LONGEST_REVIEW_DAYS * 24 * 3600 * NS
    if not settings.at < settings.review <= longest:
        raise UsageError("review: expected a day within a year from now; choose an earlier one")
    owner = vault.HOUSE if subject is None else subject
    with database.write() as db:
        if subject is not None and is_erased(db, subject):
            raise UsageError(f"{subject}: expected a pseudonym that is not erased; use a new one")
        vault.enter(db, owner)
        db.execute(
            "INSERT INTO care_settings (room, bed, tag, at, body) "
            "VALUES (?, ?, subject_tag(?), ?, sealed(?, ?))",
            (
                settings.room,
                settings.bed,
                subject,
                settings.at,
                owner,
                msgspec.json.encode(settings).decode(),
            ),
        )
        ordered = _follow(db, settings.at)
    changed()
    return ordered


def follow(
    database: HubDatabase, now: int, changed: Callable[[], None] = lambda: None
) -> list[Order]:
    """Order what follows by `now` (ns): somebody moved out, a node was replaced or was away."""
    with database.read() as db:
        if not _due(db, now):
            return []
    with database.write() as db:
        ordered = _follow(db, now)
    changed()
    return ordered


def told(database: HubDatabase) -> dict[Bed, Told]:
    """Return what was ordered last for each bed."""
    with database.read() as db:
        return _told(db)


def _follow(db: sqlite_utils.Database, now: int) -> list[Order]:
    """Order what is due; who set it stands, sealed, in the settings."""
    ordered = []
    vault.enter(db, vault.HOUSE)
    for (room, bed), (node, care) in _due(db, now).items():
        command = SetCare(
            id=commands.new_id(),
            node=node,
            issued=now,
            expires=now + EXPIRES_S * NS,
            room=room,
            bed=bed,
            care=care,
        )
        _forget(db, (room, bed))
        ordered.append(rows.insert_order(db, command, "hub"))
    rows.bump(db)
    return ordered


def _due(db: sqlite_utils.Database, now: int) -> dict[Bed, tuple[str, BedCare]]:
    """Return each bed ► its node and what to order it; a room that no node serves waits."""
    known = _told(db)
    want = dict.fromkeys(known, BedCare()) | _wanted(db)
    found: dict[Bed, tuple[str, BedCare]] = {}
    for (room, bed), care in want.items():
        node = rows.serving(db, room)
        if node is not None and is_due(care, known.get((room, bed)), node, now):
            found[room, bed] = (node, care)
    return found


_NEWEST: Final = (
    "SELECT opened(body) FROM care_settings c WHERE number = (SELECT max(number) FROM "
    "care_settings o WHERE o.room = c.room AND o.bed = c.bed) AND (tag IS NULL OR EXISTS "
    "(SELECT 1 FROM residents r WHERE r.tag = c.tag AND r.room = c.room AND r.until IS NULL) "
    "OR NOT EXISTS (SELECT 1 FROM residents r WHERE r.tag = c.tag)) ORDER BY room, bed"
)
"""Of each bed the newest settings, while whoever they are of lives there, as far as was entered."""


def _wanted(db: sqlite_utils.Database) -> dict[Bed, BedCare]:
    return {(one.room, one.bed): for_node(one) for one in _read(db, _NEWEST)}


def _told(db: sqlite_utils.Database) -> dict[Bed, Told]:
    found: dict[Bed, Told] = {}
    for body, node, state, issued in db.execute(
        "SELECT opened(command), node, state, issued FROM commands WHERE kind = ? ORDER BY issued",
        (CommandKind.CARE.value,),
    ).fetchall():
        command = commands.decode(body.encode())
        if isinstance(command, SetCare):
            found[command.room, command.bed] = Told(
                care=command.care, node=node, state=OrderState(state), issued=issued
            )
    return found


def _forget(db: sqlite_utils.Database, bed: Bed) -> None:
    """Delete what was ordered for a bed before: what was set for somebody goes with them."""
    for number, body in db.execute(
        "SELECT id, opened(command) FROM commands WHERE kind = ?", (CommandKind.CARE.value,)
    ).fetchall():
        command = commands.decode(body.encode())
        if isinstance(command, SetCare) and (command.room, command.bed) == bed:
            db.execute("DELETE FROM commands WHERE id = ?", (number,))


def _read(db: sqlite_utils.Database, query: str, *values: str) -> list[CareSettings]:
    """Return the settings whose bodies `query` selects."""
    found = db.execute(query, values).fetchall()
    return [msgspec.json.decode(body, type=CareSettings) for (body,) in found]


def in_force(database: HubDatabase) -> list[CareSettings]:
    """Return the newest settings of each bed, by room and bed."""
    with database.read() as db:
        return _read(db, _NEWEST)


def in_rooms(database: HubDatabase, rooms: Sequence[str]) -> list[CareSettings]:
    """Return those in force for the beds of `rooms`."""
    some = _NEWEST.replace(" ORDER BY", f" AND c.room {rows.AMONG} ORDER BY")
    with database.read() as db:
        return _read(db, some, rows.listed(rooms))


def audit(database: HubDatabase, room: str, bed: str) -> list[CareSettings]:
    """Return all that was ever set for a bed and is still kept, oldest first."""
    with database.read() as db:
        return _read(
            db,
            "SELECT opened(body) FROM care_settings WHERE room = ? AND bed = ? ORDER BY number",
            room,
            bed,
        )


def to_review(settings: list[CareSettings], now: int) -> list[CareSettings]:
    """Return those whose review is due at `now` (ns), the longest overdue first. Pure."""
    return sorted((one for one in settings if one.review <= now), key=lambda one: one.review)


def of_subject(db: sqlite_utils.Database, subject: str) -> list[CareSettings]:
    """Return all that was set for a resident, oldest first."""
    return _read(
        db,
        "SELECT opened(body) FROM care_settings WHERE tag = subject_tag(?) ORDER BY number",
        subject,
    )
