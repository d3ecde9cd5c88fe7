-- Equal refusals of a day are one entry, and all of them have bounds of their own: no number of them pushes out what was done.
ALTER TABLE audit ADD COLUMN times INTEGER NOT NULL DEFAULT 1;
ALTER TABLE audit ADD COLUMN last INTEGER;   -- when it was last refused; NULL: it was done

UPDATE audit SET last = time WHERE outcome GLOB '[A-Z]*';

CREATE INDEX audit_refusals ON audit (key, time) WHERE last IS NOT NULL;
