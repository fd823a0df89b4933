"""Seal what a hub of an earlier version kept of residents in the clear, once.

Comes in: a database whose connection has the functions of `vault`. Goes out: the same rows, sealed,
with tags where pseudonyms stood; the chain of the log is not touched, since it covers seals alone.
"""

from __future__ import annotations

import sqlite_utils

from ambient.hub.people import vault
from ambient.sqlite import writing

_BODIES = ("events", "alarms")
_LOCKED = ("alarm_log_parts", "salts", "erasures")
"""Tables that no statement may change; their triggers are put back in the same transaction."""


def take_over(db: sqlite_utils.Database) -> None:
    """Seal everything, if that was not done before."""
    if db.execute("SELECT done FROM sealing").fetchone()[0]:
        return
    with writing(db):
        if db.execute("SELECT done FROM sealing").fetchone()[0]:
            return  # another process was faster
        vault.enter(db, vault.HOUSE)
        of_subject = "json_extract(body, '$.subject')"
        for table in _BODIES:
            found = db.execute(f"SELECT DISTINCT {of_subject} FROM {table}").fetchall()
            for (subject,) in found:
                if subject is not None:
                    vault.enter(db, subject)
            db.execute(
                f"UPDATE {table} SET body = sealed({of_subject}, body) "
                f"WHERE {of_subject} IS NOT NULL"
            )
        for (subject,) in db.execute("SELECT DISTINCT subject FROM alarm_log_parts").fetchall():
            vault.enter(db, subject)
        for (subject,) in db.execute("SELECT subject FROM salts").fetchall():
            vault.enter(db, subject)
        _change_the_log(db)
        db.execute("UPDATE sealing SET done = 1")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.execute("VACUUM")


def _change_the_log(db: sqlite_utils.Database) -> None:
    marks = ", ".join("?" * len(_LOCKED))
    triggers = db.execute(
        f"SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ({marks})",
        _LOCKED,
    ).fetchall()
    for name, _ in triggers:
        db.execute(f"DROP TRIGGER {name}")
    db.execute(
        "UPDATE alarm_log_parts SET body = sealed(subject, body), subject = subject_tag(subject)"
    )
    for table in ("salts", "erasures"):
        db.execute(f"UPDATE {table} SET subject = subject_tag(subject)")
    for _, sql in triggers:
        db.execute(sql)
