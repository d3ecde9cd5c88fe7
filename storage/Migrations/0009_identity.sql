-- Free keys and texts of a checkpoint, as JSON.
ALTER TABLE checkpoints ADD COLUMN metadata TEXT NOT NULL DEFAULT '{}';

-- The store's identity: random, made with the database or by this script. Whoever copies the database copies it too.
CREATE TABLE store (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  id  BLOB    NOT NULL CHECK (length(id) = 16)
) STRICT;
INSERT INTO store (one, id) VALUES (1, randomblob(16));
