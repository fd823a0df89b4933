CREATE TABLE enrolled_nodes (
  node TEXT PRIMARY KEY,
  enrolled INTEGER NOT NULL,
  accepted_by TEXT NOT NULL,
  revoked INTEGER,
  revoked_by TEXT
) WITHOUT ROWID;

CREATE TABLE enrolled_keys (
  key TEXT PRIMARY KEY,
  node TEXT NOT NULL REFERENCES enrolled_nodes (node),
  state TEXT NOT NULL CHECK (state IN ('active', 'next', 'retired', 'revoked')),
  since INTEGER NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX enrolled_keys_active ON enrolled_keys (node) WHERE state = 'active';
CREATE UNIQUE INDEX enrolled_keys_next ON enrolled_keys (node) WHERE state = 'next';

CREATE TABLE enrolled_rooms (
  room TEXT PRIMARY KEY,
  node TEXT NOT NULL REFERENCES enrolled_nodes (node)
) WITHOUT ROWID;
CREATE INDEX enrolled_rooms_node ON enrolled_rooms (node);

CREATE TABLE invitations (
  token_hash TEXT PRIMARY KEY,
  made_by TEXT NOT NULL,
  expires INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  used_by TEXT
) WITHOUT ROWID;

CREATE TABLE pending_nodes (
  key TEXT PRIMARY KEY,
  node TEXT NOT NULL,
  site TEXT NOT NULL,
  rooms TEXT NOT NULL,
  asked INTEGER NOT NULL,
  rejected INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
