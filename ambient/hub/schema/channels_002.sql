-- What may have arrived and was not taken back: few rows, however many were ever sent.
ALTER TABLE channel_queue ADD COLUMN owed INTEGER NOT NULL DEFAULT 0;
UPDATE channel_queue SET owed = 1 WHERE NOT over AND attempts > 0 AND NOT EXISTS
  (SELECT 1 FROM channel_queue o WHERE o.signal = channel_queue.signal AND o.over);
CREATE INDEX channel_queue_owed ON channel_queue (channel) WHERE owed;
