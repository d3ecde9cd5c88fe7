-- What the frames prove where they were laid anew, on another state than the one that the checkpoint was saved on: the state's identity stays a name then.
-- NULL: they prove the state itself.
ALTER TABLE checkpoints ADD COLUMN proof BLOB;

-- Bytes of all frames that a restore decodes, the base's bytes aside: those of the chain, each with its mask and what it is guessed from.
ALTER TABLE checkpoints ADD COLUMN chain_bytes INTEGER NOT NULL DEFAULT 0;

-- The checkpoint that a task starts from, and what it was called then: it may be deleted, or go to another task, later.
ALTER TABLE tasks ADD COLUMN origin INTEGER REFERENCES checkpoints (id);
ALTER TABLE tasks ADD COLUMN origin_task TEXT;
ALTER TABLE tasks ADD COLUMN origin_step INTEGER;
CREATE INDEX tasks_by_origin ON tasks (origin) WHERE origin IS NOT NULL;

-- First each checkpoint's own part, then the sum along its chain.
WITH RECURSIVE earlier (id, at) AS (
  SELECT id, reference FROM checkpoints WHERE reference IS NOT NULL
  UNION ALL SELECT e.id, c.reference FROM earlier e CROSS JOIN checkpoints c ON c.id = e.at WHERE c.reference IS NOT NULL)
UPDATE checkpoints SET chain_bytes = value_bytes + blocks * brought_bytes
  + CASE blocks WHEN 0 THEN (SELECT m.bytes FROM masks m WHERE m.id = checkpoints.mask) ELSE 0 END
  + coalesce((SELECT sum(c.value_bytes) FROM earlier e JOIN checkpoints c ON c.id = e.at WHERE e.id = checkpoints.id), 0);

WITH RECURSIVE chain (id, bytes) AS (
  SELECT id, chain_bytes FROM checkpoints WHERE parent IS NULL
  UNION ALL SELECT c.id, chain.bytes + c.chain_bytes FROM chain CROSS JOIN checkpoints c ON c.parent = chain.id)
UPDATE checkpoints SET chain_bytes = chain.bytes FROM chain WHERE chain.id = checkpoints.id;
