-- The most effort (CodecEffort) with which a frame was encoded, or was tried to be. NULL: not known.
ALTER TABLE checkpoints ADD COLUMN effort INTEGER;
ALTER TABLE masks ADD COLUMN effort INTEGER;

-- What can still be made smaller: everything but CodecEffort.Small.
CREATE INDEX checkpoints_to_recode ON checkpoints (id) WHERE effort IS NOT 2;
CREATE INDEX masks_to_recode ON masks (frame) WHERE effort IS NOT 2 AND frame IS NOT NULL;
