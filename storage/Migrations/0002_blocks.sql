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
