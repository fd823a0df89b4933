-- Of all but what the log of alarms proves; rows of an earlier version have none.
ALTER TABLE events ADD COLUMN digest INTEGER;
