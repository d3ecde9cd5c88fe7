-- A frame or a task that is deleted is looked for in all that may refer to it: by an index, not in every checkpoint.
CREATE INDEX checkpoints_by_frame ON checkpoints (frame);
CREATE INDEX checkpoints_by_trainer_frame ON checkpoints (trainer_frame) WHERE trainer_frame IS NOT NULL;
CREATE INDEX masks_by_frame ON masks (frame) WHERE frame IS NOT NULL;
CREATE INDEX checkpoints_by_task ON checkpoints (task);

-- The checkpoint that accounts for a mask, among all that have it.
CREATE INDEX checkpoints_by_brought_mask ON checkpoints (mask, deleted) WHERE blocks = 0 AND brought_bytes > 0;

-- The deleted checkpoint of a step that comes back first; the deleted tasks whose grace is over.
CREATE INDEX checkpoints_in_grace_by_step ON checkpoints (task, step, deleted_at, id) WHERE expires IS NOT NULL;
CREATE INDEX tasks_by_expiry ON tasks (expires) WHERE expires IS NOT NULL;
