-- Second factors of Frontegg clients.

-- A number for codes of second factors, proved by a code: not unique, it finds nobody and signs nobody in.
ALTER TABLE users ADD COLUMN mfa_phone TEXT;
-- Set by servers alone: nobody asks this account for a second factor.
ALTER TABLE users ADD COLUMN mfa_bypass BOOLEAN NOT NULL DEFAULT FALSE;

-- Devices that are not asked for a second factor again for a while. hash is that of the value in the device's cookie.
CREATE TABLE devices (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    hash BYTEA NOT NULL,
    address TEXT NOT NULL,
    agent TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX devices_by_hash ON devices (hash);
CREATE INDEX devices_by_user ON devices (project_id, user_id, created_at);
CREATE INDEX devices_by_expiry ON devices (expires_at);

-- Settings that somebody made expressly, and when. What they say is in the project's settings.
CREATE TABLE policies (
    project_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (project_id, kind)
);
