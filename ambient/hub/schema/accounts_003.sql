-- Passkeys; accounts of an OpenID Connect provider; sessions with a fixed end, and whose ended.
CREATE TABLE passkeys (
  credential BLOB PRIMARY KEY,
  user TEXT NOT NULL COLLATE NOCASE REFERENCES users (name) ON DELETE CASCADE,
  name TEXT NOT NULL,
  public_key BLOB NOT NULL,
  sign_count INTEGER NOT NULL,
  backed_up INTEGER NOT NULL,
  created INTEGER NOT NULL,
  used INTEGER,
  copied INTEGER
) WITHOUT ROWID;
CREATE INDEX passkeys_user ON passkeys (user);

CREATE TABLE passkey_handles (
  user TEXT PRIMARY KEY COLLATE NOCASE REFERENCES users (name) ON DELETE CASCADE,
  handle BLOB NOT NULL UNIQUE
) WITHOUT ROWID;

CREATE TABLE spent_challenges (
  challenge TEXT PRIMARY KEY,
  until INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE provider_accounts (
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  user TEXT NOT NULL UNIQUE COLLATE NOCASE REFERENCES users (name) ON DELETE CASCADE,
  access INTEGER NOT NULL,
  PRIMARY KEY (issuer, subject)
) WITHOUT ROWID;

ALTER TABLE sessions ADD COLUMN ends INTEGER;

CREATE TABLE departures (
  user TEXT PRIMARY KEY COLLATE NOCASE
) WITHOUT ROWID;

-- However a session ends (over, replaced, revoked with its screen), it is noted in the same
-- transaction: whoever it was is signed off, and what they saw to becomes active again.
CREATE TRIGGER session_ended AFTER DELETE ON sessions
BEGIN
  INSERT OR IGNORE INTO departures (user) VALUES (OLD.user);
END;
