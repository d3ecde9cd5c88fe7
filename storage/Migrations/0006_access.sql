-- Who may do what. A key's secret is not kept: only its SHA-256, which is enough for 256 random bits.
CREATE TABLE keys (
  number       INTEGER PRIMARY KEY AUTOINCREMENT,
  id           TEXT    NOT NULL UNIQUE,     -- the part of the token that is no secret
  name         TEXT    NOT NULL,
  hash         BLOB    NOT NULL,
  scope        INTEGER NOT NULL,            -- KeyScope
  tasks        TEXT,                        -- JSON; NULL: all
  created      INTEGER NOT NULL,
  expires      INTEGER,
  revoked      INTEGER,
  quota_bytes  INTEGER,
  stored_bytes INTEGER NOT NULL DEFAULT 0   -- running total, kept by the triggers below
) STRICT;

CREATE UNIQUE INDEX keys_by_name ON keys (name) WHERE revoked IS NULL;

ALTER TABLE tasks ADD COLUMN quota_bytes INTEGER;

-- The id of the key that brought it. NULL: none did.
ALTER TABLE checkpoints ADD COLUMN saved_by TEXT;
ALTER TABLE bases ADD COLUMN added_by TEXT;

-- Whatever changes what a checkpoint takes (a deletion, recoding, a mask handed over), its key's total follows.
CREATE TRIGGER key_bytes_of_new_checkpoint AFTER INSERT ON checkpoints WHEN new.saved_by IS NOT NULL AND new.deleted = 0
BEGIN
  UPDATE keys SET stored_bytes = stored_bytes + new.brought_bytes + new.value_bytes + new.trainer_bytes WHERE id = new.saved_by;
END;

CREATE TRIGGER key_bytes_of_changed_checkpoint AFTER UPDATE OF saved_by, deleted, brought_bytes, value_bytes, trainer_bytes ON checkpoints
WHEN old.saved_by IS NOT NULL OR new.saved_by IS NOT NULL
BEGIN
  UPDATE keys SET stored_bytes = stored_bytes - (1 - old.deleted) * (old.brought_bytes + old.value_bytes + old.trainer_bytes) WHERE id = old.saved_by;
  UPDATE keys SET stored_bytes = stored_bytes + (1 - new.deleted) * (new.brought_bytes + new.value_bytes + new.trainer_bytes) WHERE id = new.saved_by;
END;

CREATE TRIGGER key_bytes_of_removed_checkpoint AFTER DELETE ON checkpoints WHEN old.saved_by IS NOT NULL AND old.deleted = 0
BEGIN
  UPDATE keys SET stored_bytes = stored_bytes - old.brought_bytes - old.value_bytes - old.trainer_bytes WHERE id = old.saved_by;
END;

CREATE TRIGGER key_bytes_of_base AFTER UPDATE OF added_by ON bases
BEGIN
  UPDATE keys SET stored_bytes = stored_bytes - old.bytes WHERE id = old.added_by;
  UPDATE keys SET stored_bytes = stored_bytes + new.bytes WHERE id = new.added_by;
END;

CREATE TRIGGER key_bytes_of_removed_base AFTER DELETE ON bases WHEN old.added_by IS NOT NULL
BEGIN
  UPDATE keys SET stored_bytes = stored_bytes - old.bytes WHERE id = old.added_by;
END;

-- Who did what: written in the transaction that does it.
CREATE TABLE audit (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  time      INTEGER NOT NULL,
  caller    TEXT    NOT NULL,
  key       TEXT,                           -- the key's id
  address   TEXT,
  operation TEXT    NOT NULL,
  task      TEXT,
  subject   TEXT    NOT NULL,
  outcome   TEXT    NOT NULL,
  bytes     INTEGER
) STRICT;

CREATE INDEX audit_by_task ON audit (task, id) WHERE task IS NOT NULL;
