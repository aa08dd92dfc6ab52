-- Passwords, e-mail as a way to sign in, and second factors.

-- email_proof says why email is trusted, in the words of phone_proof. totp: an authenticator app is verified.
-- password_at is NULL while there is no password.
ALTER TABLE users ADD COLUMN email_proof TEXT NOT NULL DEFAULT 'none';
UPDATE users SET email_proof = 'code' WHERE email_verified;
ALTER TABLE users DROP COLUMN email_verified;
ALTER TABLE users ADD COLUMN totp BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN password_at BIGINT;

-- sealed is the hash and those before it, under the key file: the database alone gives nothing to crack.
CREATE TABLE passwords (
    project_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (project_id, user_id)
);

-- An authenticator app. last_step is the newest time step that was accepted: neither it nor an earlier one is again.
CREATE TABLE authenticators (
    project_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    last_step BIGINT NOT NULL,
    verified_at BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (project_id, user_id, kind)
);

-- The set of recovery codes that a user has. sealed is the copy that can be read again: by the session that made the
-- set until readable_until, or, where that is NULL, as long as the set exists.
CREATE TABLE recovery_sets (
    project_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    sealed BYTEA,
    readable_until BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (project_id, user_id)
);
CREATE INDEX recovery_sets_readable ON recovery_sets (readable_until) WHERE readable_until IS NOT NULL;
CREATE TABLE recovery_codes (
    project_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (project_id, user_id, mac)
);

-- How a code reaches its person: sms, email, totp (an app makes it) or recovery (it is on paper).
ALTER TABLE verifications ADD COLUMN channel TEXT NOT NULL DEFAULT 'sms';
