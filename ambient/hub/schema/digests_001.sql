-- What each row was when it was written, so that a bit that is flipped in it is noticed.
CREATE TABLE row_digests (
  of TEXT NOT NULL,
  row TEXT NOT NULL,
  digest INTEGER NOT NULL,
  PRIMARY KEY (of, row)
) WITHOUT ROWID;
