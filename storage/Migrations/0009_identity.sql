-- Free keys and texts of a checkpoint, as JSON.
ALTER TABLE checkpoints ADD COLUMN metadata TEXT NOT NULL DEFAULT '{}';
