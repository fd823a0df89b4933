"""Erase a resident (GDPR art. 17): on the hub, on the nodes, and in whatever is restored later.

Comes in: a pseudonym and who decided, or the ledger of earlier erasures. Goes out: key, salt and
every row of the resident destroyed, the nodes ordered to erase, a line in the ledger, which lies
beside the backups too and is applied whenever a hub starts or is restored. The chain of the log
still verifies: it covers the seals alone. What a duty of the configuration obliges to keep is named
with its basis and its end, and kept nameless.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec
import sqlite_utils
from msgspec import Struct

from ambient import commands
from ambient.commands import Erase
from ambient.config import HubConfig
from ambient.config_people import DutyKind, LegalDuty
from ambient.errors import UsageError
from ambient.events import Purpose
from ambient.hub import rows
from ambient.hub.alarms.condition import Condition, Judgement
from ambient.hub.database import HubDatabase
from ambient.hub.orders import Order
from ambient.hub.people import erasure_file, vault
from ambient.hub.people.erasure_file import Erasure
from ambient.sqlite import open_to_read, store_error

NS: Final = 1_000_000_000
DAY: Final = 24 * 3600 * NS
EXPIRES_S: Final = 365 * 24 * 3600
"""A node that was away for months must still forget."""
BY_LEDGER: Final = "ledger of erasures"

_SEALED: Final = ("events", "alarms")
"""Tables whose sealed bodies begin with the tag."""
_TAGGED: Final = ("residents", "consents", "care_settings")


class Kept(Struct, frozen=True, kw_only=True):
    """An entry that outlasts an erasure.

    Attributes
    ----------
    what, basis
        Which kind, and the law that obliges.
    until
        When it is deleted (ns).
    """

    what: DutyKind
    basis: str
    until: int


class Erased(Struct, frozen=True, kw_only=True):
    """What an erasure did.

    Attributes
    ----------
    tag
        The keyed digest that stands in the ledger.
    orders
        To the nodes; each is *ordered* until the node's answer says *applied*.
    kept
        What a legal duty keeps, and until when.
    rows
        How many rows were destroyed on the hub.
    """

    tag: str
    orders: list[Order]
    kept: list[Kept]
    rows: int


def ledger_files(config: HubConfig) -> list[Path]:
    """Return where the ledger of a hub lies: beside its backups, and beside its database.

    In the order of writing: what the hub itself reads at its start is written last.
    """
    folders = [*([] if config.backup is None else [config.backup.dir]), config.state_dir]
    return [folder / erasure_file.NAME for folder in folders]


def erase(
    database: HubDatabase,
    files: Sequence[Path],
    subject: str,
    who: str,
    now: int,
    duties: Sequence[LegalDuty] = (),
) -> Erased:
    """Erase everything about `subject`, as `who` decided at `now` (ns).

    Parameters
    ----------
    files
        Where the ledger lies; every one must take the line before anything is destroyed.

    Raises
    ------
    UsageError
        While an alarm about them is open: somebody may lie on the floor. It is ended first.
    StoreError
        When the ledger cannot be written: nothing was erased then. Or when the database's file
        cannot be written anew: what was erased is erased, ask again to scrub the file.
    """
    tag = database.vault.tag(subject)
    with database.read() as db:
        for (state,) in db.execute(
            "SELECT state FROM alarms WHERE state <> 'resolved' AND substr(body, 1, ?) = ?",
            _prefix(tag),
        ):
            raise UsageError(
                f"{subject}: expected no open alarm about them, got one that is {state}; look "
                "after it first: an erasure must not take an alarm away"
            )
    _write_down(database, files, [Erasure(subject=tag, at=now)])
    with database.write() as db:
        done = _destroy(db, tag, subject, who, now, duties)
        rows.bump(db)
    database.scrub()
    return done


def catch_up(
    database: HubDatabase, files: Sequence[Path], now: int, duties: Sequence[LegalDuty] = ()
) -> int:
    """Apply the ledgers in `files` before a hub serves; return how many residents were still here.

    Whoever puts an older copy of the database in place, by whatever means, gets nothing back.

    Raises
    ------
    StoreError
        When a ledger was changed, or the database cannot be written: then do not serve.
    """
    key = database.vault.ledger_key
    known = {
        one.subject: one for path in files if path.exists() for one in erasure_file.read(path, key)
    }
    back: list[str] = []
    with database.write() as db:
        for tag, one in known.items():
            if _is_here(db, tag):
                back.append(tag)
                _destroy(db, tag, None, BY_LEDGER, now, duties)
            else:
                _enter(db, tag, one.at, BY_LEDGER)
        if back:
            rows.bump(db)
    _write_down(database, files, [])
    if back:
        database.scrub()
    return len(back)


def entries(db: sqlite_utils.Database) -> list[Erasure]:
    """Return the erasures that the database knows, oldest first."""
    found = db.execute("SELECT subject, at FROM erasures ORDER BY at, subject").fetchall()
    return [Erasure(subject=tag, at=at) for tag, at in found]


def kept(db: sqlite_utils.Database) -> list[Kept]:
    """Return what is kept by duty, the first to go first."""
    found = db.execute("SELECT what, basis, until FROM kept_by_duty ORDER BY until, number")
    return [Kept(what=DutyKind(what), basis=basis, until=until) for what, basis, until in found]


def states(db: sqlite_utils.Database, tag: str) -> dict[str, str]:
    """Return each node that was ordered to erase the resident of `tag` ► what became of it."""
    found = db.execute(
        "SELECT c.node, c.state FROM erase_orders e JOIN commands c ON c.id = e.command "
        "WHERE e.tag = ? AND e.purpose IS NULL ORDER BY c.issued",
        (tag,),
    )
    return dict(found.fetchall())


def order_erase(
    db: sqlite_utils.Database,
    node: str,
    subject: str,
    who: str,
    now: int,
    purpose: Purpose | None = None,
) -> Order:
    """Order a node to erase a resident, or what one purpose held of them."""
    vault.enter(db, vault.HOUSE)
    command = Erase(
        id=commands.new_id(),
        node=node,
        issued=now,
        expires=now + EXPIRES_S * NS,
        subject=subject,
        purpose=purpose,
    )
    order = rows.insert_order(db, command, who)
    db.execute(
        "INSERT INTO erase_orders VALUES (?, subject_tag(?), ?)", (order.id, subject, purpose)
    )
    return order


def nodes_of(db: sqlite_utils.Database, tag: str) -> list[str]:
    """Return the nodes that may keep something of a resident; all, when nothing is known."""
    mark = _prefix(tag)
    found = db.execute(
        "SELECT node FROM events WHERE substr(body, 1, ?1) = ?2 "
        "UNION SELECT node FROM alarms WHERE substr(body, 1, ?1) = ?2 "
        "UNION SELECT coalesce(e.node, r.node) FROM residents p "
        "LEFT JOIN enrolled_rooms e ON e.room = p.room LEFT JOIN rooms r ON r.room = p.room "
        "WHERE p.tag = ?3 AND coalesce(e.node, r.node) IS NOT NULL",
        (*mark, tag),
    ).fetchall()
    if not found:
        found = db.execute("SELECT node FROM enrolled_nodes WHERE revoked IS NULL").fetchall()
    return sorted(row[0] for row in found)


def level_ledger(database: Path, folder: Path) -> bool:
    """Write the ledger of the hub whose database this is into a folder, complete; only read there.

    Returns
    -------
    bool
        Whether there is one: a hub of an earlier version has none.

    Raises
    ------
    StoreError
        When the database cannot be read, or the ledger cannot be written.
    """
    key = database.with_name(vault.KEY_FILE)
    if not key.exists():
        return False
    try:
        with closing(open_to_read(database)) as db:
            known = entries(sqlite_utils.Database(db))
    except sqlite3.Error as error:
        raise store_error(database, error) from None
    ledger_key = vault.load_or_make(key, needed=True).ledger_key
    erasure_file.bring_level(folder / erasure_file.NAME, ledger_key, known)
    return True


def _write_down(database: HubDatabase, files: Sequence[Path], more: Sequence[Erasure]) -> None:
    with database.read() as db:
        known = entries(db)
    for path in files:
        if path.parent.is_dir() or more:
            erasure_file.bring_level(path, database.vault.ledger_key, [*known, *more])


def _prefix(tag: str) -> tuple[int, str]:
    mark = f"{vault.MARK}{tag}:"
    return len(mark), mark


def _is_here(db: sqlite_utils.Database, tag: str) -> bool:
    found = db.execute(
        "SELECT 1 FROM subject_keys WHERE tag = ?1 UNION SELECT 1 FROM salts WHERE subject = ?1 "
        "UNION SELECT 1 FROM residents WHERE tag = ?1",
        (tag,),
    )
    return found.fetchone() is not None


def _enter(db: sqlite_utils.Database, tag: str, at: int, who: str) -> None:
    db.execute(
        "INSERT INTO erasures SELECT ?1, ?2, ?3 "
        "WHERE NOT EXISTS (SELECT 1 FROM erasures WHERE subject = ?1)",
        (tag, at, who),
    )


def _destroy(
    db: sqlite_utils.Database,
    tag: str,
    subject: str | None,
    who: str,
    now: int,
    duties: Sequence[LegalDuty],
) -> Erased:
    if subject is None:
        row = db.execute("SELECT opened(name) FROM subject_keys WHERE tag = ?", (tag,)).fetchone()
        subject = None if row is None or row[0].startswith(vault.MARK) else row[0]
    ordered: list[Order] = []
    if subject is not None:
        ordered = [order_erase(db, node, subject, who, now) for node in nodes_of(db, tag)]
    held = [*_keep_falls(db, tag, now, duties), *_keep_consents(db, tag, now, duties)]
    _enter(db, tag, now, who)
    mark = _prefix(tag)
    gone = 0
    for table in _SEALED:
        gone += db.execute(f"DELETE FROM {table} WHERE substr(body, 1, ?) = ?", mark).rowcount
    for table in _TAGGED:
        gone += db.execute(f"DELETE FROM {table} WHERE tag = ?", (tag,)).rowcount
    gone += db.execute("DELETE FROM alarm_log_parts WHERE subject = ?", (tag,)).rowcount
    gone += db.execute("DELETE FROM salts WHERE subject = ?", (tag,)).rowcount
    gone += db.execute("DELETE FROM subject_keys WHERE tag = ?", (tag,)).rowcount
    return Erased(tag=tag, orders=ordered, kept=held, rows=gone)


def _keep_falls(
    db: sqlite_utils.Database, tag: str, now: int, duties: Sequence[LegalDuty]
) -> list[Kept]:
    found = db.execute(
        "SELECT opened(body) FROM alarms WHERE state = 'resolved' AND substr(body, 1, ?) = ?",
        _prefix(tag),
    ).fetchall()
    held: list[Kept] = []
    for (body,) in found:
        condition = msgspec.json.decode(body, type=Condition)
        if condition.reason is Judgement.FALL or condition.record is not None:
            nameless = msgspec.structs.replace(condition, subject=None)
            text = msgspec.json.encode(nameless).decode()
            held += _keep(db, tag, DutyKind.FALL_RECORDS, condition.opened, text, now, duties)
    return held


def _keep_consents(
    db: sqlite_utils.Database, tag: str, now: int, duties: Sequence[LegalDuty]
) -> list[Kept]:
    found = db.execute("SELECT at, opened(body) FROM consents WHERE tag = ?", (tag,)).fetchall()
    held: list[Kept] = []
    for _, body in found:
        held += _keep(db, tag, DutyKind.CONSENTS, now, body, now, duties)
    return held


def _keep(
    db: sqlite_utils.Database,
    tag: str,
    what: DutyKind,
    since: int,
    text: str,
    now: int,
    duties: Sequence[LegalDuty],
) -> list[Kept]:
    """Keep an entry under the longest duty that still holds for it."""
    ends = [(since + one.days * DAY, one.basis) for one in duties if one.what is what]
    until, basis = max(ends, default=(0, ""))
    if until <= now:
        return []
    vault.enter(db, vault.HOUSE)
    db.execute(
        "INSERT INTO kept_by_duty (tag, what, basis, until, body) "
        "VALUES (?, ?, ?, ?, sealed(?, ?))",
        (tag, what.value, basis, until, vault.HOUSE, text),
    )
    return [Kept(what=what, basis=basis, until=until)]
