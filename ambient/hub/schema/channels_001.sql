-- What channels have to send, and what came of it.
CREATE TABLE channel_queue (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  channel TEXT NOT NULL,
  signal TEXT NOT NULL REFERENCES signals (id) ON DELETE CASCADE,
  condition TEXT NOT NULL,
  recipient TEXT NOT NULL,
  priority INTEGER NOT NULL,
  times INTEGER NOT NULL,
  over INTEGER NOT NULL DEFAULT 0,
  made INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  due INTEGER NOT NULL,
  done INTEGER,
  outcome TEXT,
  reference TEXT
);
CREATE INDEX channel_queue_open ON channel_queue (channel, condition, recipient, number)
  WHERE done IS NULL;
CREATE INDEX channel_queue_signal ON channel_queue (signal);

CREATE TABLE channel_health (
  channel TEXT PRIMARY KEY,
  body TEXT NOT NULL
) WITHOUT ROWID;
