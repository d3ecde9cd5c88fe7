-- Every frame is accounted to one checkpoint: a mask's to a visible one, or, where only deleted ones read it, to one of these.
UPDATE checkpoints SET brought_bytes = (SELECT bytes FROM masks m WHERE m.id = checkpoints.mask) WHERE id IN (
  SELECT min(c.id) FROM checkpoints c JOIN masks m ON m.id = c.mask WHERE c.blocks = 0 AND m.frame IS NOT NULL GROUP BY c.mask HAVING max(c.brought_bytes) = 0);

-- Elements of the full model.
ALTER TABLE checkpoints ADD COLUMN elements INTEGER NOT NULL DEFAULT 0;
UPDATE checkpoints SET elements = coalesce((SELECT t.elements / t.checkpoints FROM tasks t WHERE t.id = checkpoints.task AND t.checkpoints > 0), 0);

-- Bytes that a base's file takes, compressed or not. NULL: not yet looked up.
ALTER TABLE base_files ADD COLUMN stored INTEGER;
CREATE INDEX base_files_to_measure ON base_files (base) WHERE stored IS NULL;

ALTER TABLE tasks DROP COLUMN checkpoints;
ALTER TABLE tasks DROP COLUMN logical_bytes;
ALTER TABLE tasks DROP COLUMN elements;
ALTER TABLE tasks DROP COLUMN changed;
ALTER TABLE tasks DROP COLUMN position_bytes;
ALTER TABLE tasks DROP COLUMN value_bytes;
ALTER TABLE tasks DROP COLUMN state_bytes;

-- A base's name is asked for with each of its tasks.
CREATE INDEX base_names_by_base ON base_names (base, name);

-- Running totals, kept by the triggers below: of the store (no base, no task), of each base (no task), of each task.
CREATE TABLE totals (
  base           BLOB    NOT NULL,            -- x'': all
  task           INTEGER NOT NULL,            -- 0: all
  tasks          INTEGER NOT NULL DEFAULT 0,
  base_bytes     INTEGER NOT NULL DEFAULT 0,  -- of the bases' files
  checkpoints    INTEGER NOT NULL DEFAULT 0,  -- these and the following: of visible checkpoints
  logical_bytes  INTEGER NOT NULL DEFAULT 0,
  elements       INTEGER NOT NULL DEFAULT 0,
  changed        INTEGER NOT NULL DEFAULT 0,
  position_bytes INTEGER NOT NULL DEFAULT 0,
  value_bytes    INTEGER NOT NULL DEFAULT 0,
  state_bytes    INTEGER NOT NULL DEFAULT 0,
  deltas         INTEGER NOT NULL DEFAULT 0,  -- of all their chains
  hidden         INTEGER NOT NULL DEFAULT 0,  -- deleted checkpoints that others need, and their bytes
  hidden_bytes   INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (base, task)
) STRICT, WITHOUT ROWID;

CREATE INDEX totals_by_size ON totals (position_bytes + value_bytes + state_bytes, task) WHERE task > 0;

-- How many visible checkpoints have chains of how many deltas.
CREATE TABLE depths (
  base        BLOB    NOT NULL,
  task        INTEGER NOT NULL,
  depth       INTEGER NOT NULL,
  checkpoints INTEGER NOT NULL,
  PRIMARY KEY (base, task, depth)
) STRICT, WITHOUT ROWID;

-- What the totals gained in a day, in days since 1970, UTC; what is deleted counts against the day that it is deleted on.
CREATE TABLE growth (
  base          BLOB    NOT NULL,
  task          INTEGER NOT NULL,
  day           INTEGER NOT NULL,
  checkpoints   INTEGER NOT NULL,
  logical_bytes INTEGER NOT NULL,
  stored_bytes  INTEGER NOT NULL,
  PRIMARY KEY (base, task, day)
) STRICT, WITHOUT ROWID;

-- A task's totals by tensor, 128 tensors in a row (storage/Reports/TensorSegment.cs).
CREATE TABLE task_tensors (
  task    INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
  segment INTEGER NOT NULL,
  totals  BLOB    NOT NULL,
  PRIMARY KEY (task, segment)
) STRICT;

-- Tasks whose totals by tensor are still to be counted from their frames.
CREATE TABLE tasks_to_count (task INTEGER PRIMARY KEY REFERENCES tasks (id) ON DELETE CASCADE) STRICT;

-- The metrics of visible checkpoints that are numbers.
CREATE TABLE metrics (
  task  INTEGER NOT NULL,
  name  TEXT    NOT NULL,
  value REAL    NOT NULL,
  step  INTEGER NOT NULL,
  PRIMARY KEY (task, name, value, step)
) STRICT, WITHOUT ROWID;

-- The rows of totals that a task counts in.
CREATE VIEW scopes AS
  SELECT id AS counted, x'' AS base, 0 AS task FROM tasks
  UNION ALL SELECT id, base, 0 FROM tasks
  UNION ALL SELECT id, base, id FROM tasks;

-- What is there already.
INSERT INTO totals (base, task, tasks) SELECT x'', 0, count(*) FROM tasks;
INSERT INTO totals (base, task, tasks) SELECT id, 0, (SELECT count(*) FROM tasks t WHERE t.base = bases.id) FROM bases;
INSERT INTO totals (base, task) SELECT base, id FROM tasks;

UPDATE totals SET checkpoints = s.checkpoints, logical_bytes = s.logical_bytes, elements = s.elements, changed = s.changed, position_bytes = s.position_bytes,
  value_bytes = s.value_bytes, state_bytes = s.state_bytes, deltas = s.deltas, hidden = s.hidden, hidden_bytes = s.hidden_bytes
FROM (
  SELECT s.base AS of_base, s.task AS of_task, count(*) - sum(deleted) AS checkpoints, sum((1 - deleted) * logical_bytes) AS logical_bytes,
    sum((1 - deleted) * elements) AS elements, sum((1 - deleted) * changed) AS changed, sum((1 - deleted) * brought_bytes) AS position_bytes,
    sum((1 - deleted) * value_bytes) AS value_bytes, sum((1 - deleted) * trainer_bytes) AS state_bytes, sum((1 - deleted) * depth) AS deltas,
    sum(deleted) AS hidden,
    sum(deleted * (brought_bytes + value_bytes + trainer_bytes)) AS hidden_bytes
  FROM checkpoints c CROSS JOIN scopes s ON s.counted = c.task GROUP BY s.base, s.task) s
WHERE base = s.of_base AND task = s.of_task;

UPDATE totals SET base_bytes = (SELECT coalesce(sum(bytes), 0) FROM base_files f WHERE f.base = totals.base OR totals.base = x'') WHERE task = 0;

INSERT INTO depths SELECT s.base, s.task, c.depth, count(*)
  FROM checkpoints c CROSS JOIN scopes s ON s.counted = c.task WHERE c.deleted = 0 GROUP BY s.base, s.task, c.depth;

INSERT INTO growth SELECT s.base, s.task, c.created / 86400000, count(*), sum(logical_bytes), sum(brought_bytes + value_bytes + trainer_bytes)
  FROM checkpoints c CROSS JOIN scopes s ON s.counted = c.task WHERE c.deleted = 0 GROUP BY s.base, s.task, c.created / 86400000;

INSERT INTO tasks_to_count SELECT DISTINCT task FROM checkpoints;

INSERT INTO metrics SELECT c.task, m.key, CAST(m.value AS REAL), c.step
  FROM checkpoints c CROSS JOIN json_each(CASE WHEN json_valid(c.metrics) THEN c.metrics ELSE '{}' END) m
  WHERE c.deleted = 0 AND m.type IN ('integer', 'real');

-- From here on. A checkpoint counts (sign 1) or no longer does (sign -1): whatever changes one passes through here.
CREATE VIEW counted AS SELECT 0 AS task, 0 AS sign, 0 AS deleted, 0 AS depth, 0 AS logical_bytes, 0 AS elements, 0 AS changed, 0 AS position_bytes,
  0 AS value_bytes, 0 AS state_bytes WHERE 0;

CREATE TRIGGER counted_insert INSTEAD OF INSERT ON counted BEGIN
  UPDATE totals SET
    checkpoints    = checkpoints    + new.sign * (1 - new.deleted),
    logical_bytes  = logical_bytes  + new.sign * (1 - new.deleted) * new.logical_bytes,
    elements       = elements       + new.sign * (1 - new.deleted) * new.elements,
    changed        = changed        + new.sign * (1 - new.deleted) * new.changed,
    position_bytes = position_bytes + new.sign * (1 - new.deleted) * new.position_bytes,
    value_bytes    = value_bytes    + new.sign * (1 - new.deleted) * new.value_bytes,
    state_bytes    = state_bytes    + new.sign * (1 - new.deleted) * new.state_bytes,
    deltas         = deltas         + new.sign * (1 - new.deleted) * new.depth,
    hidden         = hidden         + new.sign * new.deleted,
    hidden_bytes   = hidden_bytes   + new.sign * new.deleted * (new.position_bytes + new.value_bytes + new.state_bytes)
  WHERE (base, task) IN (SELECT base, task FROM scopes WHERE counted = new.task);
  INSERT INTO depths SELECT base, task, new.depth, new.sign FROM scopes WHERE counted = new.task AND new.deleted = 0
    ON CONFLICT DO UPDATE SET checkpoints = checkpoints + excluded.checkpoints;
END;

CREATE TRIGGER checkpoints_insert AFTER INSERT ON checkpoints BEGIN
  INSERT INTO counted VALUES (new.task, 1, new.deleted, new.depth, new.logical_bytes, new.elements, new.changed, new.brought_bytes, new.value_bytes, new.trainer_bytes);
END;

CREATE TRIGGER checkpoints_delete AFTER DELETE ON checkpoints BEGIN
  INSERT INTO counted VALUES (old.task, -1, old.deleted, old.depth, old.logical_bytes, old.elements, old.changed, old.brought_bytes, old.value_bytes, old.trainer_bytes);
END;

CREATE TRIGGER checkpoints_update AFTER UPDATE OF task, deleted, depth, logical_bytes, elements, changed, brought_bytes, value_bytes, trainer_bytes ON checkpoints
WHEN (old.task, old.deleted, old.depth, old.logical_bytes, old.elements, old.changed, old.brought_bytes, old.value_bytes, old.trainer_bytes)
  IS NOT (new.task, new.deleted, new.depth, new.logical_bytes, new.elements, new.changed, new.brought_bytes, new.value_bytes, new.trainer_bytes)
BEGIN
  INSERT INTO counted VALUES (old.task, -1, old.deleted, old.depth, old.logical_bytes, old.elements, old.changed, old.brought_bytes, old.value_bytes, old.trainer_bytes);
  INSERT INTO counted VALUES (new.task, 1, new.deleted, new.depth, new.logical_bytes, new.elements, new.changed, new.brought_bytes, new.value_bytes, new.trainer_bytes);
END;

-- A checkpoint's metrics, in the same way, one at a time: so each is found by its key.
CREATE VIEW measured AS SELECT 0 AS task, '' AS name, 0.0 AS value, 0 AS step, 0 AS sign WHERE 0;

CREATE TRIGGER measured_insert INSTEAD OF INSERT ON measured BEGIN
  INSERT INTO metrics SELECT new.task, new.name, new.value, new.step WHERE new.sign = 1;
  DELETE FROM metrics WHERE new.sign = -1 AND task = new.task AND name = new.name AND value = new.value AND step = new.step;
END;

CREATE TRIGGER metrics_insert AFTER INSERT ON checkpoints WHEN new.deleted = 0 AND new.metrics <> '{}' AND json_valid(new.metrics) BEGIN
  INSERT INTO measured SELECT new.task, key, CAST(value AS REAL), new.step, 1 FROM json_each(new.metrics) WHERE type IN ('integer', 'real');
END;

CREATE TRIGGER metrics_delete AFTER DELETE ON checkpoints WHEN old.deleted = 0 AND old.metrics <> '{}' AND json_valid(old.metrics) BEGIN
  INSERT INTO measured SELECT old.task, key, CAST(value AS REAL), old.step, -1 FROM json_each(old.metrics) WHERE type IN ('integer', 'real');
END;

CREATE TRIGGER metrics_hide AFTER UPDATE OF deleted ON checkpoints
WHEN old.deleted = 0 AND new.deleted <> 0 AND old.metrics <> '{}' AND json_valid(old.metrics) BEGIN
  INSERT INTO measured SELECT old.task, key, CAST(value AS REAL), old.step, -1 FROM json_each(old.metrics) WHERE type IN ('integer', 'real');
END;

CREATE TRIGGER metrics_change AFTER UPDATE OF task, step, metrics ON checkpoints WHEN old.deleted = 0 AND new.deleted = 0 BEGIN
  INSERT INTO measured SELECT old.task, key, CAST(value AS REAL), old.step, -1
    FROM json_each(CASE WHEN json_valid(old.metrics) THEN old.metrics ELSE '{}' END) WHERE type IN ('integer', 'real');
  INSERT INTO measured SELECT new.task, key, CAST(value AS REAL), new.step, 1
    FROM json_each(CASE WHEN json_valid(new.metrics) THEN new.metrics ELSE '{}' END) WHERE type IN ('integer', 'real');
END;

-- Rows of totals come and go with what they count.
CREATE TRIGGER bases_insert AFTER INSERT ON bases BEGIN
  INSERT INTO totals (base, task) VALUES (new.id, 0);
END;

CREATE TRIGGER bases_delete AFTER DELETE ON bases BEGIN
  DELETE FROM totals WHERE base = old.id;
  DELETE FROM depths WHERE base = old.id;
  DELETE FROM growth WHERE base = old.id;
END;

CREATE TRIGGER base_files_insert AFTER INSERT ON base_files BEGIN
  UPDATE totals SET base_bytes = base_bytes + coalesce(new.stored, new.bytes) WHERE (base, task) IN (VALUES (x'', 0), (new.base, 0));
END;

CREATE TRIGGER base_files_update AFTER UPDATE OF stored ON base_files BEGIN
  UPDATE totals SET base_bytes = base_bytes + coalesce(new.stored, new.bytes) - coalesce(old.stored, old.bytes)
  WHERE (base, task) IN (VALUES (x'', 0), (new.base, 0));
END;

CREATE TRIGGER base_files_delete AFTER DELETE ON base_files BEGIN
  UPDATE totals SET base_bytes = base_bytes - coalesce(old.stored, old.bytes) WHERE (base, task) IN (VALUES (x'', 0), (old.base, 0));
END;

CREATE TRIGGER tasks_insert AFTER INSERT ON tasks BEGIN
  INSERT INTO totals (base, task) VALUES (new.base, new.id);
  UPDATE totals SET tasks = tasks + 1 WHERE (base, task) IN (VALUES (x'', 0), (new.base, 0));
END;

CREATE TRIGGER tasks_delete AFTER DELETE ON tasks BEGIN
  DELETE FROM totals WHERE base = old.base AND task = old.id;
  DELETE FROM depths WHERE base = old.base AND task = old.id;
  DELETE FROM growth WHERE base = old.base AND task = old.id;
  UPDATE totals SET tasks = tasks - 1 WHERE (base, task) IN (VALUES (x'', 0), (old.base, 0));
END;
