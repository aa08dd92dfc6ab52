-- The audit trail as one chain per project. seq (from 1) and hash are NULL until the worker has chained the event; hash
-- is a keyed hash of the one before it and of the whole row.
ALTER TABLE audit_events ADD COLUMN seq BIGINT;
ALTER TABLE audit_events ADD COLUMN hash BYTEA;
CREATE INDEX audit_events_unchained ON audit_events (at, id) WHERE seq IS NULL;
CREATE UNIQUE INDEX audit_events_by_seq ON audit_events (project_id, seq) WHERE seq IS NOT NULL;

-- The last chained event of each project.
CREATE TABLE audit_heads (
    project_id TEXT PRIMARY KEY,
    seq BIGINT NOT NULL,
    hash BYTEA NOT NULL
);
