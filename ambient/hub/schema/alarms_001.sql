CREATE TABLE events (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  node TEXT NOT NULL,
  room TEXT,
  chain TEXT NOT NULL,
  position INTEGER NOT NULL,
  t INTEGER NOT NULL,
  received INTEGER NOT NULL,
  body TEXT NOT NULL
);
CREATE INDEX events_chain ON events (chain, position);
CREATE INDEX events_received ON events (received);
CREATE INDEX events_kind ON events (kind, node, t);

CREATE TABLE alarms (
  id TEXT PRIMARY KEY,
  key TEXT NOT NULL,
  kind TEXT NOT NULL,
  node TEXT NOT NULL,
  room TEXT,
  state TEXT NOT NULL,
  since INTEGER NOT NULL,
  resolved INTEGER,
  body TEXT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX alarms_open ON alarms (key) WHERE state <> 'resolved';
CREATE INDEX alarms_resolved ON alarms (resolved) WHERE state = 'resolved';

CREATE TABLE history (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  alarm TEXT NOT NULL REFERENCES alarms (id) ON DELETE CASCADE,
  at INTEGER NOT NULL,
  what TEXT NOT NULL,
  who TEXT,
  reason TEXT
);
CREATE INDEX history_alarm ON history (alarm);
CREATE TRIGGER history_append_only BEFORE UPDATE ON history BEGIN
  SELECT RAISE(ABORT, 'history is append-only');
END;

CREATE TABLE nodes (
  node TEXT PRIMARY KEY,
  first_heard INTEGER NOT NULL,
  last_heard INTEGER NOT NULL,
  stopped INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE rooms (
  room TEXT PRIMARY KEY,
  node TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE views (
  node TEXT NOT NULL,
  room TEXT NOT NULL,
  source TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (node, room, source)
) WITHOUT ROWID;

CREATE TABLE commands (
  id TEXT PRIMARY KEY,
  node TEXT NOT NULL,
  room TEXT,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  issued INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  body TEXT NOT NULL,
  command TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX commands_open ON commands (node, issued) WHERE state = 'ordered';
CREATE INDEX commands_room ON commands (room, issued);

CREATE TABLE sequence (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  value INTEGER NOT NULL
);
INSERT INTO sequence VALUES (1, 1);
