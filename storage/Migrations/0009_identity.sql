-- Free keys and texts of a checkpoint, as JSON.
ALTER TABLE checkpoints ADD COLUMN metadata TEXT NOT NULL DEFAULT '{}';

-- The store's identity: random, made with the database or by this script. Whoever copies the database copies it too.
CREATE TABLE store (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  id  BLOB    NOT NULL CHECK (length(id) = 16)
) STRICT;
INSERT INTO store (one, id) VALUES (1, randomblob(16));

-- A deleted checkpoint stays recoverable for a grace: it keeps its trainer state, metrics and pin until that ends. NULL: it is visible, or its grace is over.
ALTER TABLE checkpoints ADD COLUMN deleted_at INTEGER;
ALTER TABLE checkpoints ADD COLUMN expires INTEGER;
ALTER TABLE checkpoints ADD COLUMN former_tags TEXT;                   -- JSON: the tags that it had
ALTER TABLE checkpoints ADD COLUMN with_task INTEGER NOT NULL DEFAULT 0; -- 1: it was deleted with its task
CREATE INDEX checkpoints_in_grace ON checkpoints (expires) WHERE expires IS NOT NULL;
CREATE INDEX checkpoints_in_grace_by_task ON checkpoints (task, deleted_at, id) WHERE expires IS NOT NULL;

-- A mask passes from a checkpoint that is deleted to a visible one: found without a look at the deleted ones.
DROP INDEX checkpoints_by_mask;
CREATE INDEX checkpoints_by_mask ON checkpoints (mask, deleted);

-- A deleted task gives its name up; what it was called is kept until its grace ends. NULL: it is there.
ALTER TABLE tasks ADD COLUMN former_name TEXT;
ALTER TABLE tasks ADD COLUMN deleted_at INTEGER;
ALTER TABLE tasks ADD COLUMN expires INTEGER;
CREATE INDEX tasks_in_grace ON tasks (former_name, deleted_at, id) WHERE former_name IS NOT NULL;

-- Of the hidden ones: those in their grace, and their bytes.
ALTER TABLE totals ADD COLUMN grace INTEGER NOT NULL DEFAULT 0;
ALTER TABLE totals ADD COLUMN grace_bytes INTEGER NOT NULL DEFAULT 0;

CREATE TRIGGER grace_update AFTER UPDATE OF task, expires, brought_bytes, value_bytes, trainer_bytes ON checkpoints
WHEN (old.expires IS NOT NULL OR new.expires IS NOT NULL)
  AND (old.task, old.expires IS NULL, old.brought_bytes + old.value_bytes + old.trainer_bytes)
    IS NOT (new.task, new.expires IS NULL, new.brought_bytes + new.value_bytes + new.trainer_bytes)
BEGIN
  UPDATE totals SET grace = grace - 1, grace_bytes = grace_bytes - old.brought_bytes - old.value_bytes - old.trainer_bytes
    WHERE old.expires IS NOT NULL AND (base, task) IN (SELECT base, task FROM scopes WHERE counted = old.task);
  UPDATE totals SET grace = grace + 1, grace_bytes = grace_bytes + new.brought_bytes + new.value_bytes + new.trainer_bytes
    WHERE new.expires IS NOT NULL AND (base, task) IN (SELECT base, task FROM scopes WHERE counted = new.task);
END;

CREATE TRIGGER grace_delete AFTER DELETE ON checkpoints WHEN old.expires IS NOT NULL BEGIN
  UPDATE totals SET grace = grace - 1, grace_bytes = grace_bytes - old.brought_bytes - old.value_bytes - old.trainer_bytes
    WHERE (base, task) IN (SELECT base, task FROM scopes WHERE counted = old.task);
END;

CREATE TRIGGER metrics_show AFTER UPDATE OF deleted ON checkpoints
WHEN old.deleted <> 0 AND new.deleted = 0 AND new.metrics <> '{}' AND json_valid(new.metrics) BEGIN
  INSERT INTO measured SELECT new.task, key, CAST(value AS REAL), new.step, 1 FROM json_each(new.metrics) WHERE type IN ('integer', 'real');
END;

-- The totals count the tasks that are there.
CREATE TRIGGER tasks_hide AFTER UPDATE OF former_name ON tasks WHEN (old.former_name IS NULL) <> (new.former_name IS NULL) BEGIN
  UPDATE totals SET tasks = tasks + iif(new.former_name IS NULL, 1, -1) WHERE (base, task) IN (VALUES (x'', 0), (new.base, 0));
END;

DROP TRIGGER tasks_delete;
CREATE TRIGGER tasks_delete AFTER DELETE ON tasks BEGIN
  DELETE FROM totals WHERE base = old.base AND task = old.id;
  DELETE FROM depths WHERE base = old.base AND task = old.id;
  DELETE FROM growth WHERE base = old.base AND task = old.id;
  UPDATE totals SET tasks = tasks - (old.former_name IS NULL) WHERE (base, task) IN (VALUES (x'', 0), (old.base, 0));
END;

-- Side files of checkpoints (config.json, a tokenizer): each content once, as a frame, however many checkpoints have it.
CREATE TABLE side_files (
  id     INTEGER PRIMARY KEY,
  sha256 BLOB    NOT NULL UNIQUE,
  bytes  INTEGER NOT NULL,
  frame  INTEGER NOT NULL REFERENCES frames (id),
  owner  INTEGER NOT NULL                   -- the checkpoint that accounts for its bytes
) STRICT;
CREATE INDEX side_files_by_frame ON side_files (frame);
CREATE INDEX side_files_by_owner ON side_files (owner);

-- The side files of a checkpoint as a set: checkpoints with the same files share it.
CREATE TABLE side_sets (
  id   BLOB    NOT NULL,                    -- SHA-256 of its names and digests
  name TEXT    NOT NULL,                    -- a path, divided by '/'
  file INTEGER NOT NULL REFERENCES side_files (id),
  PRIMARY KEY (id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX side_sets_by_file ON side_sets (file);

-- NULL: it has none of its own, and the base's are served.
ALTER TABLE checkpoints ADD COLUMN side_set BLOB;
-- How much of trainer_bytes is of side files that it accounts for: trainer_bytes is all that is stored beside the model.
ALTER TABLE checkpoints ADD COLUMN side_bytes INTEGER NOT NULL DEFAULT 0;
CREATE INDEX checkpoints_by_side_set ON checkpoints (side_set, deleted) WHERE side_set IS NOT NULL;
