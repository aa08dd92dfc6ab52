-- Ids are TEXT, times are BIGINT microseconds since the epoch, JSON is TEXT where its shape is the user's.
-- The subset of SQL that both databases take: src/db/README.md.

CREATE TABLE projects (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    settings TEXT NOT NULL,
    providers BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE api_keys (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL,
    name TEXT NOT NULL,
    hash BYTEA NOT NULL,
    scopes TEXT NOT NULL,
    expires_at BIGINT,
    accessed_at BIGINT,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX api_keys_by_hash ON api_keys (hash);
CREATE INDEX api_keys_by_project ON api_keys (project_id, created_at);

CREATE TABLE platforms (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL,
    name TEXT NOT NULL,
    hostname TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX platforms_by_project ON platforms (project_id, created_at);

CREATE TABLE admins (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX admins_by_email ON admins (email);

-- phone is the number that finds the account; phone_claim is one the user set himself and has not proved.
-- phone_proof says why phone is trusted: none, set (by a key), vouched (by a key, as verified), mock or code.
CREATE TABLE users (
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    origin TEXT NOT NULL,
    pending BOOLEAN NOT NULL,
    blocked BOOLEAN NOT NULL,
    name TEXT NOT NULL,
    email TEXT,
    email_verified BOOLEAN NOT NULL,
    phone TEXT,
    phone_proof TEXT NOT NULL,
    phone_claim TEXT,
    mfa BOOLEAN NOT NULL,
    labels TEXT NOT NULL,
    prefs TEXT NOT NULL,
    proved_at BIGINT,
    signed_in_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (project_id, id)
);
CREATE UNIQUE INDEX users_by_phone ON users (project_id, phone) WHERE phone IS NOT NULL;
CREATE UNIQUE INDEX users_by_email ON users (project_id, email) WHERE email IS NOT NULL;
CREATE INDEX users_by_claim ON users (phone_claim, project_id) WHERE phone_claim IS NOT NULL;
CREATE INDEX users_pending ON users (created_at) WHERE pending = TRUE;

CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    hash BYTEA NOT NULL,
    provider TEXT NOT NULL,
    provider_uid TEXT NOT NULL,
    factors TEXT NOT NULL,
    mfa_at BIGINT,
    address TEXT NOT NULL,
    agent TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (project_id, user_id, created_at);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- One code, link or token on its way. mac is NULL until the worker has made the code.
CREATE TABLE verifications (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL,
    dialect TEXT NOT NULL,
    purpose TEXT NOT NULL,
    target TEXT NOT NULL,
    wanted_length BIGINT NOT NULL,
    length BIGINT NOT NULL,
    session_id TEXT,
    user_id TEXT,
    mock BOOLEAN NOT NULL,
    mac BYTEA,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    consumed_at BIGINT
);

-- What a requester holds, with its own attempts. verification_id is NULL for one that opens nothing.
-- weight is what one guess costs the budget. A handle is live, moved (to a newer row) or used.
CREATE TABLE handles (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL,
    hash BYTEA NOT NULL,
    verification_id TEXT,
    target TEXT NOT NULL,
    user_id TEXT,
    wanted_user_id TEXT,
    weight BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    max_attempts BIGINT NOT NULL,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX handles_live ON handles (hash) WHERE state = 'live';
CREATE INDEX handles_by_verification ON handles (verification_id);
CREATE INDEX handles_by_target ON handles (project_id, target, created_at);
CREATE INDEX handles_by_user ON handles (project_id, user_id, created_at) WHERE user_id IS NOT NULL;

-- What a number did lately: sends of the day, cool-downs per purpose, wrong guesses in a row, last proof, and keyed
-- hashes of the networks from which it was proved, 24 characters each, the newest first.
CREATE TABLE targets (
    project_id TEXT NOT NULL,
    target TEXT NOT NULL,
    day_at BIGINT NOT NULL,
    day_sends BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    cooldowns TEXT NOT NULL,
    origins TEXT NOT NULL,
    converted_at BIGINT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (project_id, target)
);

-- Counters over a window: kind and key say of what.
CREATE TABLE budgets (
    project_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    window_at BIGINT NOT NULL,
    used BIGINT NOT NULL,
    good BIGINT NOT NULL,
    PRIMARY KEY (project_id, kind, key)
);
CREATE INDEX budgets_by_window ON budgets (window_at);

CREATE TABLE idempotency_keys (
    project_id TEXT NOT NULL,
    hash BYTEA NOT NULL,
    request BYTEA NOT NULL,
    answer TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (project_id, hash)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- The outbox. payload is sealed and erased when the message is settled.
CREATE TABLE messages (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL,
    verification_id TEXT,
    channel TEXT NOT NULL,
    purpose TEXT NOT NULL,
    target_mask TEXT NOT NULL,
    state TEXT NOT NULL,
    payload BYTEA,
    provider TEXT,
    provider_message TEXT,
    tries TEXT NOT NULL,
    reason TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    settled_at BIGINT
);
CREATE INDEX messages_open ON messages (due_at) WHERE settled_at IS NULL;
CREATE INDEX messages_by_receipt ON messages (provider_message) WHERE provider_message IS NOT NULL;
CREATE INDEX messages_dead ON messages (created_at) WHERE state = 'dead';

CREATE TABLE audit_events (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    event TEXT NOT NULL,
    actor TEXT NOT NULL,
    user_id TEXT,
    address TEXT NOT NULL,
    agent TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX audit_events_by_user ON audit_events (project_id, user_id, at);

CREATE TABLE signing_keys (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    jwk TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    retired_at BIGINT
);
CREATE INDEX signing_keys_by_project ON signing_keys (project_id, created_at);

-- Read by every node a few times a second, so that what one node revokes holds on all.
CREATE TABLE revocations (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    topic TEXT NOT NULL,
    key TEXT NOT NULL
);
CREATE INDEX revocations_by_time ON revocations (at);
