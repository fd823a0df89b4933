-- Conditions and signals apart, and the log of everything that was decided.
ALTER TABLE alarms ADD COLUMN due INTEGER;
CREATE INDEX alarms_due ON alarms (due) WHERE due IS NOT NULL;

UPDATE alarms SET body = json_remove(
  json_set(
    body,
    '$.opened', since,
    '$.presence', CASE
      WHEN state = 'resolved' THEN 'ended'
      WHEN coalesce(json_extract(body, '$.recovered_position'), -1)
        > coalesce(json_extract(body, '$.stage_position'), -1) THEN 'latched'
      ELSE 'on'
    END,
    '$.acknowledged', CASE
      WHEN state <> 'active' AND json_extract(body, '$.acknowledged_at') IS NOT NULL
      THEN json_object(
        'who', json_extract(body, '$.acknowledged_by'),
        'at', json_extract(body, '$.acknowledged_at'),
        'until', json_extract(body, '$.acknowledged_at') + 600000000000,
        'there', json('false')
      )
    END
  ),
  '$.state', '$.acknowledged_by', '$.acknowledged_at'
);

CREATE TABLE signals (
  id TEXT PRIMARY KEY,
  condition TEXT NOT NULL REFERENCES alarms (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  channel TEXT NOT NULL,
  due INTEGER NOT NULL,
  withdrawn INTEGER,
  body TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX signals_condition ON signals (condition, number);
CREATE INDEX signals_due ON signals (channel) WHERE due;

CREATE TABLE house (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  body TEXT NOT NULL
);

CREATE TABLE not_reported (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  body TEXT NOT NULL
);

CREATE TABLE alarm_log (
  number INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  body TEXT NOT NULL,
  seal TEXT NOT NULL,
  hash TEXT NOT NULL
);
CREATE TABLE alarm_log_parts (
  number INTEGER PRIMARY KEY REFERENCES alarm_log (number),
  subject TEXT NOT NULL,
  body TEXT NOT NULL
);
CREATE INDEX alarm_log_parts_subject ON alarm_log_parts (subject);
CREATE TABLE salts (
  subject TEXT PRIMARY KEY,
  salt BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE erasures (
  subject TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  who TEXT NOT NULL
) WITHOUT ROWID;

CREATE TRIGGER alarm_log_no_update BEFORE UPDATE ON alarm_log BEGIN
  SELECT RAISE(ABORT, 'the log of alarms is append-only');
END;
CREATE TRIGGER alarm_log_no_delete BEFORE DELETE ON alarm_log BEGIN
  SELECT RAISE(ABORT, 'the log of alarms is append-only');
END;
CREATE TRIGGER alarm_log_parts_no_update BEFORE UPDATE ON alarm_log_parts BEGIN
  SELECT RAISE(ABORT, 'the log of alarms is append-only');
END;
-- Only what stands in the ledger of erasures may go.
CREATE TRIGGER alarm_log_parts_no_delete BEFORE DELETE ON alarm_log_parts
WHEN NOT EXISTS (SELECT 1 FROM erasures WHERE subject = OLD.subject) BEGIN
  SELECT RAISE(ABORT, 'the log of alarms is append-only');
END;
CREATE TRIGGER salts_no_update BEFORE UPDATE ON salts BEGIN
  SELECT RAISE(ABORT, 'a salt is never changed');
END;
CREATE TRIGGER salts_no_delete BEFORE DELETE ON salts
WHEN NOT EXISTS (SELECT 1 FROM erasures WHERE subject = OLD.subject) BEGIN
  SELECT RAISE(ABORT, 'a salt goes only with an erasure');
END;
CREATE TRIGGER erasures_no_update BEFORE UPDATE ON erasures BEGIN
  SELECT RAISE(ABORT, 'the ledger of erasures is append-only');
END;
CREATE TRIGGER erasures_no_delete BEFORE DELETE ON erasures BEGIN
  SELECT RAISE(ABORT, 'the ledger of erasures is append-only');
END;
-- INSERT OR REPLACE deletes without asking the triggers of DELETE.
CREATE TRIGGER alarm_log_no_replace BEFORE INSERT ON alarm_log
WHEN EXISTS (SELECT 1 FROM alarm_log WHERE number = NEW.number) BEGIN
  SELECT RAISE(ABORT, 'the log of alarms is append-only');
END;
CREATE TRIGGER alarm_log_parts_no_replace BEFORE INSERT ON alarm_log_parts
WHEN EXISTS (SELECT 1 FROM alarm_log_parts WHERE number = NEW.number) BEGIN
  SELECT RAISE(ABORT, 'the log of alarms is append-only');
END;
CREATE TRIGGER salts_no_replace BEFORE INSERT ON salts
WHEN EXISTS (SELECT 1 FROM salts WHERE subject = NEW.subject) BEGIN
  SELECT RAISE(ABORT, 'a salt is never changed');
END;
CREATE TRIGGER erasures_no_replace BEFORE INSERT ON erasures
WHEN EXISTS (SELECT 1 FROM erasures WHERE subject = NEW.subject) BEGIN
  SELECT RAISE(ABORT, 'the ledger of erasures is append-only');
END;
