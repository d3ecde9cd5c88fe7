-- A mask that only frames of blocks hold has no frame of its own.
CREATE TABLE masks_with_frames_or_not (
  id    BLOB    NOT NULL PRIMARY KEY,
  frame INTEGER REFERENCES frames (id),
  count INTEGER NOT NULL,
  bytes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO masks_with_frames_or_not SELECT id, frame, count, bytes FROM masks;
DROP TABLE masks;
ALTER TABLE masks_with_frames_or_not RENAME TO masks;

-- 1: the checkpoint's frame is one of blocks, which has the positions too: brought_bytes of it tell them.
ALTER TABLE checkpoints ADD COLUMN blocks INTEGER NOT NULL DEFAULT 0;

-- The checkpoint whose values these are guessed from, with the same mask; and how many there are before that. NULL: none can be guessed from these.
ALTER TABLE checkpoints ADD COLUMN reference INTEGER REFERENCES checkpoints (id);
ALTER TABLE checkpoints ADD COLUMN reference_depth INTEGER;
CREATE INDEX checkpoints_by_reference ON checkpoints (reference) WHERE reference IS NOT NULL;
