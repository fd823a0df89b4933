"""The outbox's tables, one script per version; a released script is never changed.

Comes in: nothing. Goes out: `MIGRATIONS` for `ambient.sqlite.open_database`.
"""

from __future__ import annotations

from typing import Final

COMPONENT: Final = "outbox"

# `seq` is never used twice (AUTOINCREMENT): the order in which fusion decided. `answered` is when
# the hub answered (wall clock, ns); such rows are kept a while for a hub that is set up anew.
_V1: Final = """
CREATE TABLE outbox (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  chain TEXT NOT NULL,
  importance INTEGER NOT NULL,
  urgent INTEGER NOT NULL,
  event TEXT NOT NULL,
  answered INTEGER,
  refused INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX outbox_waiting ON outbox (urgent DESC, seq) WHERE answered IS NULL;
CREATE INDEX outbox_chain ON outbox (chain) WHERE answered IS NULL;
CREATE INDEX outbox_least ON outbox (importance, seq) WHERE answered IS NULL;
CREATE INDEX outbox_answered ON outbox (answered) WHERE answered IS NOT NULL;

CREATE TABLE state (
  key TEXT PRIMARY KEY,
  value BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE commands (
  id TEXT PRIMARY KEY,
  event TEXT NOT NULL,
  answered INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE dropped (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  rows INTEGER NOT NULL
);
INSERT INTO dropped VALUES (1, 0);
"""

MIGRATIONS: Final = (_V1,)
