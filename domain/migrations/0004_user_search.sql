-- The list of users: in the order in which they were made, and found by name whatever the case of its letters.

CREATE INDEX users_by_creation ON users (project_id, created_at, id);

-- The name as it is compared: the server folds it, since the databases know different letters. Here only what both know.
ALTER TABLE users ADD COLUMN folded_name TEXT NOT NULL DEFAULT '';
UPDATE users SET folded_name = lower(name);
