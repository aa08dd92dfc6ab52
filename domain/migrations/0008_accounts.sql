-- Secrets of sessions that a refresh has replaced, until they would have expired: one that is shown again ends its
-- session (RFC 9700 4.14.2).
CREATE TABLE spent_secrets (
    hash BYTEA PRIMARY KEY,
    project_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    spent_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX spent_secrets_by_expiry ON spent_secrets (expires_at);

-- Accounts that the users of a project belong to. The one that has the project's id is there without a row, until
-- somebody changes it. A removed one stays, so that its id can be given to it again.
CREATE TABLE tenants (
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    folded_name TEXT NOT NULL,
    details TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    deleted_at BIGINT,
    PRIMARY KEY (project_id, id)
);

-- Who belongs to which. Who belongs to none belongs to the project's own.
CREATE TABLE memberships (
    project_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    tenant_id TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (project_id, user_id, tenant_id)
);
CREATE INDEX memberships_by_tenant ON memberships (project_id, tenant_id, user_id);
