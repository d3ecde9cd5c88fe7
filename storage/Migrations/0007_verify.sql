-- When a stored thing was last verified, in milliseconds since 1970, UTC; one without a row was never. The stamp changes where another thing takes its place.
CREATE TABLE verified (
  item  TEXT NOT NULL PRIMARY KEY,
  stamp TEXT NOT NULL,
  quick INTEGER,                            -- its structure
  full  INTEGER                             -- all of it
) STRICT, WITHOUT ROWID;

-- What verifications have found.
CREATE TABLE damage (
  item    TEXT    NOT NULL,                 -- as in verified
  key     TEXT    NOT NULL,                 -- what is damaged, as people call it
  problem TEXT    NOT NULL,
  full    INTEGER NOT NULL,                 -- 1: only a verification that reads everything can find it gone
  found   INTEGER NOT NULL,
  seen    INTEGER NOT NULL,
  gone    INTEGER,                          -- NULL: it is there as far as is known
  PRIMARY KEY (item, key)
) STRICT, WITHOUT ROWID;
