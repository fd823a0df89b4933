-- The installation of each room, by what its node said of it last.
CREATE TABLE commissioning (
  room TEXT PRIMARY KEY,
  body TEXT NOT NULL
) WITHOUT ROWID;
