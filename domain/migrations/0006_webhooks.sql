-- Outgoing webhooks: who wants to hear of what, and the outbox of what each of them is told.

-- events is a JSON list of `user.create`, `user.*` or `*`. sealed is the secret and, until previous_until, the one before
-- it. It is told what happens from enabled_at on. off_reason says why it is off; failing_since is when the first call failed after the last that did not.
CREATE TABLE webhooks (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    events TEXT NOT NULL,
    enabled BOOLEAN NOT NULL,
    enabled_at BIGINT NOT NULL,
    off_reason TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    previous_until BIGINT,
    failing_since BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX webhooks_by_project ON webhooks (project_id, created_at, id);

-- How far the audit trail of a project that has webhooks was told: a row only while it has any.
CREATE TABLE webhook_cursors (
    project_id TEXT PRIMARY KEY,
    seq BIGINT NOT NULL
);

-- The outbox. A delivery is queued, sending (leased until due_at), done or dead. tries is the timeline of its calls.
CREATE TABLE webhook_deliveries (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL,
    webhook_id TEXT NOT NULL,
    event TEXT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    tries TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    settled_at BIGINT
);
CREATE INDEX webhook_deliveries_queued ON webhook_deliveries (webhook_id, due_at) WHERE state = 'queued';
CREATE INDEX webhook_deliveries_sending ON webhook_deliveries (due_at) WHERE state = 'sending';
CREATE INDEX webhook_deliveries_dead ON webhook_deliveries (webhook_id, id) WHERE state = 'dead';
CREATE INDEX webhook_deliveries_by_project ON webhook_deliveries (project_id, id);
CREATE INDEX webhook_deliveries_by_state ON webhook_deliveries (project_id, state, id);
CREATE INDEX webhook_deliveries_by_webhook ON webhook_deliveries (webhook_id, state, id);

-- The projects whose webhooks want to hear what becomes of messages. news: something became of this one that was not told
-- yet; told is the last state that was.
CREATE TABLE message_listeners (
    project_id TEXT PRIMARY KEY
);
ALTER TABLE messages ADD COLUMN news BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE messages ADD COLUMN told TEXT NOT NULL DEFAULT '';
CREATE INDEX messages_news ON messages (id) WHERE news = TRUE;
