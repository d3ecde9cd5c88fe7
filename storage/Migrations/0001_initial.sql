-- A base: an immutable model, its files beside the database under bases/<id>/.
CREATE TABLE bases (
  id        BLOB    NOT NULL PRIMARY KEY,   -- SHA-256 of its content
  layout    BLOB    NOT NULL,
  tensors   INTEGER NOT NULL,
  elements  INTEGER NOT NULL,
  bytes     INTEGER NOT NULL,
  created   INTEGER NOT NULL                -- milliseconds since 1970, UTC
) STRICT, WITHOUT ROWID;

CREATE TABLE base_names (
  name TEXT NOT NULL PRIMARY KEY,
  base BLOB NOT NULL REFERENCES bases (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE base_files (
  base    BLOB    NOT NULL REFERENCES bases (id),
  name    TEXT    NOT NULL,
  bytes   INTEGER NOT NULL,
  sha256  BLOB    NOT NULL,
  header  BLOB,                             -- of a safetensors file: its JSON, Brotli; else NULL
  crcs    BLOB    NOT NULL,                 -- CRC-32C of each block: of each tensor in the data's order, or of the file
  PRIMARY KEY (base, name)
) STRICT;

CREATE TABLE tasks (
  id             INTEGER PRIMARY KEY,
  name           TEXT    NOT NULL UNIQUE,
  base           BLOB    NOT NULL REFERENCES bases (id),
  layout         BLOB    NOT NULL,
  description    TEXT,
  metadata       TEXT    NOT NULL,          -- JSON
  retention      TEXT,                      -- JSON
  tensors        TEXT    NOT NULL,          -- own tensors, JSON
  created        INTEGER NOT NULL,
  -- Running totals of the checkpoints that are there.
  checkpoints    INTEGER NOT NULL DEFAULT 0,
  logical_bytes  INTEGER NOT NULL DEFAULT 0,
  elements       INTEGER NOT NULL DEFAULT 0,
  changed        INTEGER NOT NULL DEFAULT 0,
  position_bytes INTEGER NOT NULL DEFAULT 0,
  value_bytes    INTEGER NOT NULL DEFAULT 0,
  state_bytes    INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX tasks_by_base ON tasks (base);

-- A frame: its head here, its chunks in pieces that hold whole chunks.
CREATE TABLE frames (
  id      INTEGER PRIMARY KEY,
  head    BLOB    NOT NULL,
  payload INTEGER NOT NULL                  -- bytes of all pieces
) STRICT;

CREATE TABLE pieces (
  frame    INTEGER NOT NULL REFERENCES frames (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,                -- offset of the first byte in the frame's payload
  data     BLOB    NOT NULL,
  PRIMARY KEY (frame, position)
) STRICT;

CREATE TABLE masks (
  id    BLOB    NOT NULL PRIMARY KEY,
  frame INTEGER NOT NULL REFERENCES frames (id),
  count INTEGER NOT NULL,
  bytes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Headers of checkpoints whose files are not laid out as their task's.
CREATE TABLE headers (
  id   BLOB NOT NULL PRIMARY KEY,           -- SHA-256 of data
  data BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoints (
  id             INTEGER PRIMARY KEY,
  task           INTEGER NOT NULL REFERENCES tasks (id),
  step           INTEGER NOT NULL,
  parent         INTEGER REFERENCES checkpoints (id),   -- NULL: the base
  depth          INTEGER NOT NULL,
  mask           BLOB    NOT NULL REFERENCES masks (id),
  frame          INTEGER NOT NULL REFERENCES frames (id),
  headers        BLOB    REFERENCES headers (id),
  state          BLOB    NOT NULL,          -- identity of the full state
  changed        INTEGER NOT NULL,
  logical_bytes  INTEGER NOT NULL,
  brought_bytes  INTEGER NOT NULL,          -- of the mask's frame, where this checkpoint accounts for it
  value_bytes    INTEGER NOT NULL,
  file_sha256    BLOB,
  metrics        TEXT    NOT NULL,          -- JSON
  trainer_frame  INTEGER REFERENCES frames (id),
  trainer_bytes  INTEGER NOT NULL DEFAULT 0,
  created        INTEGER NOT NULL,
  deleted        INTEGER NOT NULL DEFAULT 0 -- 1: kept only for the checkpoints that are laid against it
) STRICT;

CREATE UNIQUE INDEX checkpoints_by_step ON checkpoints (task, step) WHERE deleted = 0;
CREATE INDEX checkpoints_by_parent ON checkpoints (parent) WHERE parent IS NOT NULL;
CREATE INDEX checkpoints_by_mask ON checkpoints (mask);
CREATE INDEX checkpoints_by_headers ON checkpoints (headers) WHERE headers IS NOT NULL;
CREATE INDEX checkpoints_deleted ON checkpoints (deleted) WHERE deleted = 1;

CREATE TABLE tags (
  task       INTEGER NOT NULL REFERENCES tasks (id),
  name       TEXT    NOT NULL,
  checkpoint INTEGER NOT NULL REFERENCES checkpoints (id),
  PRIMARY KEY (task, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX tags_by_checkpoint ON tags (checkpoint);
