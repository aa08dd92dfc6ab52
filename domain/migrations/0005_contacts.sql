-- Where people can be written to, beside the number and the address of their account. identifier is NULL in a row that
-- stands for one of those two: it follows the account. removed: that one is not to be shown. session_id is the session in
-- which a push target was registered: the row counts as long as that exists.
CREATE TABLE contacts (
    project_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    id TEXT NOT NULL,
    channel TEXT NOT NULL,
    identifier TEXT,
    name TEXT NOT NULL,
    provider_id TEXT,
    session_id TEXT,
    removed BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (project_id, user_id, id)
);
CREATE UNIQUE INDEX contacts_by_identifier ON contacts (project_id, identifier) WHERE identifier IS NOT NULL;
