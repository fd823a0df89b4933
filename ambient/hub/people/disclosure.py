"""Everything the hub keeps about one resident, readable (GDPR art. 15), and sealed for who asked.

Comes in: a pseudonym. Goes out: `Disclosure`; a zip file with ``all.json`` (machine-readable, art.
20 too), and a page in plain English and one in plain German. What a node keeps beside that (numbers
of the last hours, recordings under consent to research) is named; it is exported there.
"""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import sqlite_utils
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from msgspec import Struct

from ambient.config import HubConfig
from ambient.errors import UsageError
from ambient.hub.database import HubDatabase
from ambient.hub.people import care, retention
from ambient.hub.people.care import CareSettings
from ambient.hub.people.consents import Consent
from ambient.hub.people.register import Place
from ambient.hub.people.said import is_erased, said_by
from ambient.languages import Language

PAGES: Final = {Language.EN: "about-you.html", Language.DE: "ueber-sie.html"}
JSON: Final = "all.json"
_EARLIEST: Final = (1980, 1, 1, 0, 0, 0)
"""The same content gives the same file."""


class Stay(Struct, frozen=True, kw_only=True):
    """That somebody lived in a room; times in ns."""

    room: str
    bed: str
    since: int
    until: int | None
    entered_by: str


class Alarm(Struct, frozen=True, kw_only=True):
    """An alarm about somebody, with what was done."""

    condition: dict[str, Any]
    history: list[dict[str, Any]]


class Disclosure(Struct, frozen=True, kw_only=True):
    """All about one resident.

    Attributes
    ----------
    log
        The lines of the log of alarms that are about them, as they were entered.
    orders
        To nodes, that they erase something of them: node, purpose (or all) and what became of it.
    days
        How long each kind is kept.
    """

    subject: str
    site: str
    made: int
    stays: list[Stay]
    consents: list[Consent]
    care: list[CareSettings]
    events: list[dict[str, Any]]
    alarms: list[Alarm]
    log: list[dict[str, Any]]
    orders: list[dict[str, Any]]
    days: dict[str, int]


def collect(config: HubConfig, database: HubDatabase, subject: str, now: int) -> Disclosure:
    """Return everything that is kept about `subject` at `now` (ns).

    Raises
    ------
    UsageError
        When nothing is known of them, or they were erased.
    """
    with database.read() as db:
        known = db.execute(
            "SELECT 1 FROM subject_keys WHERE tag = subject_tag(?)", (subject,)
        ).fetchone()
        if known is None:
            why = "they were erased" if is_erased(db, subject) else "nothing is kept of them"
            raise UsageError(f"{subject}: expected a resident of whom something is kept: {why}")
        return Disclosure(
            subject=subject,
            site=config.site,
            made=now,
            stays=_stays(db, subject),
            consents=said_by(db, subject),
            care=care.of_subject(db, subject),
            events=_bodies(db, "events", "number", subject),
            alarms=[
                Alarm(condition=one, history=_history(db, str(one["id"])))
                for one in _bodies(db, "alarms", "since, id DESC", subject)
            ],
            log=_log(db, subject),
            orders=_orders(db, subject),
            days={kind.value: days for kind, days in retention.limits(config).items()},
        )


def archive(told: Disclosure) -> bytes:
    """Return the zip file that the resident gets."""
    text = msgspec.json.format(msgspec.json.encode(told, order="deterministic"), indent=1)
    files = {JSON: text.decode(), **{name: page(told, lang) for lang, name in PAGES.items()}}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in sorted(files.items()):
            packed.writestr(zipfile.ZipInfo(name, _EARLIEST), content.encode())
    return made.getvalue()


def page(told: Disclosure, language: Language) -> str:
    """Return the page in plain language."""
    env = Environment(
        loader=PackageLoader("ambient.hub.people"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters["when"] = _when
    return env.get_template(f"about_{language}.html").render(d=told)


def _when(at: int | None) -> str:
    if at is None:
        return "–"
    return datetime.fromtimestamp(at / 1e9, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _bodies(
    db: sqlite_utils.Database, table: str, order: str, subject: str
) -> list[dict[str, Any]]:
    found = db.execute(
        f"SELECT opened(body) FROM {table} WHERE substr(body, 1, 34) = "
        f"'~' || subject_tag(?) || ':' ORDER BY {order}",
        (subject,),
    ).fetchall()
    return [msgspec.json.decode(row[0], type=dict[str, Any]) for row in found]


def _stays(db: sqlite_utils.Database, subject: str) -> list[Stay]:
    found = db.execute(
        "SELECT room, since, until, opened(body) FROM residents WHERE tag = subject_tag(?) "
        "ORDER BY number",
        (subject,),
    ).fetchall()
    stays = []
    for room, since, until, body in found:
        place = msgspec.json.decode(body, type=Place)
        stays.append(
            Stay(room=room, bed=place.bed, since=since, until=until, entered_by=place.entered_by)
        )
    return stays


def _history(db: sqlite_utils.Database, alarm: str) -> list[dict[str, Any]]:
    found = db.execute(
        "SELECT at, what, who, reason FROM history WHERE alarm = ? ORDER BY number", (alarm,)
    ).fetchall()
    return [dict(zip(("at", "what", "who", "reason"), row, strict=True)) for row in found]


def _log(db: sqlite_utils.Database, subject: str) -> list[dict[str, Any]]:
    found = db.execute(
        "SELECT l.number, l.at, opened(p.body) FROM alarm_log_parts p "
        "JOIN alarm_log l ON l.number = p.number WHERE p.subject = subject_tag(?) "
        "ORDER BY l.number",
        (subject,),
    ).fetchall()
    return [
        {"number": number, "at": at, "input": msgspec.json.decode(body)}
        for number, at, body in found
    ]


def _orders(db: sqlite_utils.Database, subject: str) -> list[dict[str, Any]]:
    found = db.execute(
        "SELECT c.node, e.purpose, c.state, c.issued FROM erase_orders e "
        "JOIN commands c ON c.id = e.command WHERE e.tag = subject_tag(?) ORDER BY c.issued",
        (subject,),
    ).fetchall()
    return [dict(zip(("node", "purpose", "state", "issued"), row, strict=True)) for row in found]
