-- Each resident's data key, sealed under the hub's master key; without it their data is gone.
CREATE TABLE subject_keys (
  tag TEXT PRIMARY KEY,
  key BLOB NOT NULL,
  name TEXT NOT NULL
) WITHOUT ROWID;

-- Whether what an earlier version kept in the clear is sealed by now.
CREATE TABLE sealing (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  done INTEGER NOT NULL
);
INSERT INTO sealing VALUES (1, 0);

CREATE TABLE residents (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  tag TEXT NOT NULL,
  room TEXT NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER,
  body TEXT NOT NULL
);
CREATE INDEX residents_room ON residents (room) WHERE until IS NULL;
CREATE INDEX residents_tag ON residents (tag);

CREATE TABLE consents (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  tag TEXT NOT NULL,
  at INTEGER NOT NULL,
  body TEXT NOT NULL
);
CREATE INDEX consents_tag ON consents (tag);

CREATE TABLE purpose_orders (
  command TEXT PRIMARY KEY,
  room TEXT NOT NULL,
  purpose TEXT NOT NULL,
  turned_on INTEGER NOT NULL,
  issued INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX purpose_orders_room ON purpose_orders (room, purpose, issued);

CREATE TABLE erase_orders (
  command TEXT PRIMARY KEY,
  tag TEXT NOT NULL,
  purpose TEXT
) WITHOUT ROWID;
CREATE INDEX erase_orders_tag ON erase_orders (tag);

CREATE TABLE care_settings (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  room TEXT NOT NULL,
  bed TEXT NOT NULL,
  tag TEXT,
  at INTEGER NOT NULL,
  body TEXT NOT NULL
);
CREATE INDEX care_settings_bed ON care_settings (room, bed, number);

CREATE TABLE kept_by_duty (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  tag TEXT NOT NULL,
  what TEXT NOT NULL,
  basis TEXT NOT NULL,
  until INTEGER NOT NULL,
  body TEXT NOT NULL
);
