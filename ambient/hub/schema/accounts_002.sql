-- Roles carer and admin are kept as they are; lead, installer, researcher and dpo are new.
-- Sessions that are open now have not given a second factor: they go on without configuring.
CREATE TABLE devices (
  token TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE COLLATE NOCASE,
  csrf TEXT NOT NULL,
  made_by TEXT NOT NULL,
  created INTEGER NOT NULL
) WITHOUT ROWID;

ALTER TABLE sessions ADD COLUMN confirmed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN device TEXT REFERENCES devices (token) ON DELETE CASCADE;

CREATE TABLE second_factors (
  user TEXT PRIMARY KEY COLLATE NOCASE REFERENCES users (name) ON DELETE CASCADE,
  secret BLOB NOT NULL,
  since INTEGER,
  step INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE recovery_codes (
  code TEXT PRIMARY KEY,
  user TEXT NOT NULL COLLATE NOCASE REFERENCES users (name) ON DELETE CASCADE
) WITHOUT ROWID;

CREATE TABLE shift_pins (
  user TEXT PRIMARY KEY COLLATE NOCASE REFERENCES users (name) ON DELETE CASCADE,
  hash TEXT,
  badge TEXT UNIQUE
) WITHOUT ROWID;
