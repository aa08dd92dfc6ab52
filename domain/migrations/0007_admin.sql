-- Administrators sign in for themselves, or let scripts act for them.

-- hash is the SHA-256 of the secret that the browser holds. seen_at is to the minute: who does nothing is signed out.
CREATE TABLE admin_sessions (
    id TEXT PRIMARY KEY,
    admin_id TEXT NOT NULL,
    hash BYTEA NOT NULL,
    address TEXT NOT NULL,
    agent TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX admin_sessions_by_hash ON admin_sessions (hash);
CREATE INDEX admin_sessions_by_admin ON admin_sessions (admin_id, created_at);
CREATE INDEX admin_sessions_by_expiry ON admin_sessions (expires_at);

CREATE TABLE admin_tokens (
    id TEXT PRIMARY KEY,
    admin_id TEXT NOT NULL,
    name TEXT NOT NULL,
    hash BYTEA NOT NULL,
    expires_at BIGINT,
    accessed_at BIGINT,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX admin_tokens_by_hash ON admin_tokens (hash);
CREATE INDEX admin_tokens_by_admin ON admin_tokens (admin_id, created_at);

-- Lists of a project, page by page. Ids begin with the time.
CREATE INDEX projects_by_creation ON projects (created_at, id);
CREATE INDEX audit_events_by_project ON audit_events (project_id, id);
CREATE INDEX messages_by_project ON messages (project_id, id);
-- What an operator looks for when a code did not arrive is rare among what did.
CREATE INDEX messages_refused_by_project ON messages (project_id, id) WHERE state = 'refused';
CREATE INDEX messages_undelivered_by_project ON messages (project_id, id) WHERE state = 'undelivered';
CREATE INDEX messages_dead_by_project ON messages (project_id, id) WHERE state = 'dead';

-- When a provider reported what became of the message.
ALTER TABLE messages ADD COLUMN receipt_at BIGINT;
