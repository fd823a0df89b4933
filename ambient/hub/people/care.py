"""Care settings of a bed, made by a nurse: with reason, date, date of review, and who; sealed.

Comes in: settings and who entered them. Goes out: rows that are only ever added (each change is
its own audit entry), those in force for a bed, and those whose review is due. What of it a node
must know is part of the node's configuration (``beds[].watch``, ``saturation_scale``, zones of
permitted lying places): no command of the closed list carries it, so `for_node` says what the
installer writes there.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
import sqlite_utils
from msgspec import Meta, Struct

from ambient.errors import UsageError
from ambient.hub.database import HubDatabase
from ambient.hub.people import vault
from ambient.hub.people.said import is_erased

NS: Final = 1_000_000_000
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


def for_node(settings: CareSettings) -> dict[str, Any]:
    """Return what of the settings stands in ``node.yaml``, by its keys, for the installer.

    Hoist, wheelchair and walking aid change nothing on a node; they are for who comes to help.
    """
    found: dict[str, Any] = {}
    if settings.saturation_scale == 2:
        found["saturation_scale"] = 2
    if settings.bed_exit_delay_min is not None:
        later = settings.bed_exit_delay_min
        found["watch"] = {"not_back_min": later} if later else {"exit": True}
    if settings.floor_bed or settings.fall_mat:
        found["zones"] = "permitted"
    return found


def enter(database: HubDatabase, settings: CareSettings, subject: str | None) -> None:
    """Keep new settings of a bed; those before stay as they were entered.

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


def in_force(database: HubDatabase) -> list[CareSettings]:
    """Return the newest settings of each bed, by room and bed."""
    with database.read() as db:
        found = db.execute(
            "SELECT opened(body) FROM care_settings c WHERE number = (SELECT max(number) FROM "
            "care_settings o WHERE o.room = c.room AND o.bed = c.bed) ORDER BY room, bed"
        ).fetchall()
    return [msgspec.json.decode(row[0], type=CareSettings) for row in found]


def audit(database: HubDatabase, room: str, bed: str) -> list[CareSettings]:
    """Return all that was ever set for a bed and is still kept, oldest first."""
    with database.read() as db:
        found = db.execute(
            "SELECT opened(body) FROM care_settings WHERE room = ? AND bed = ? ORDER BY number",
            (room, bed),
        ).fetchall()
    return [msgspec.json.decode(row[0], type=CareSettings) for row in found]


def to_review(settings: list[CareSettings], now: int) -> list[CareSettings]:
    """Return those whose review is due at `now` (ns), the longest overdue first. Pure."""
    return sorted((one for one in settings if one.review <= now), key=lambda one: one.review)


def of_subject(db: sqlite_utils.Database, subject: str) -> list[CareSettings]:
    """Return all that was set for a resident, oldest first."""
    found = db.execute(
        "SELECT opened(body) FROM care_settings WHERE tag = subject_tag(?) ORDER BY number",
        (subject,),
    ).fetchall()
    return [msgspec.json.decode(row[0], type=CareSettings) for row in found]
