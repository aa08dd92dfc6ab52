//! The statements of this noun.

pub(super) const PUT: &str = "INSERT INTO admins (id, email, password_hash, created_at) VALUES ($1, $2, $3, $4)
 ON CONFLICT (email) DO UPDATE SET password_hash = excluded.password_hash";
pub(super) const INSERT: &str = "INSERT INTO admins (id, email, password_hash, created_at) VALUES ($1, $2, $3, $4)
 ON CONFLICT DO NOTHING";
pub(super) const SET_PASSWORD: &str = "UPDATE admins SET password_hash = $1 WHERE id = $2";
/// Changes nothing, and holds the row of who still has this password.
pub(super) const LOCK: &str = "UPDATE admins SET created_at = created_at WHERE id = $1 AND password_hash = $2";
/// Changes nothing, and holds everybody's row.
pub(super) const LOCK_ALL: &str = "UPDATE admins SET created_at = created_at";
pub(super) const DELETE: &str = "DELETE FROM admins WHERE id = $1";
pub(super) const FIND: &str = "SELECT id, email, created_at FROM admins WHERE id = $1";
pub(super) const FIND_KNOWN: &str = "SELECT id, email, created_at, password_hash FROM admins WHERE id = $1";
pub(super) const FIND_BY_EMAIL: &str = "SELECT id, email, created_at, password_hash FROM admins WHERE email = $1";
pub(super) const LIST: &str = "SELECT id, email, created_at FROM admins ORDER BY created_at, id";

pub(super) const INSERT_SESSION: &str =
    "INSERT INTO admin_sessions (id, admin_id, hash, address, agent, created_at, seen_at, expires_at)
 VALUES ($1, $2, $3, $4, $5, $6, $6, $7)";
pub(super) const FIND_SESSION: &str =
    "SELECT s.id, s.address, s.agent, s.created_at, s.seen_at, s.expires_at, a.id, a.email, a.created_at
 FROM admin_sessions s JOIN admins a ON a.id = s.admin_id WHERE s.hash = $1";
pub(super) const TOUCH_SESSION: &str = "UPDATE admin_sessions SET seen_at = $1 WHERE id = $2";
pub(super) const LIST_SESSIONS: &str = "SELECT id, address, agent, created_at, seen_at, expires_at FROM admin_sessions
 WHERE admin_id = $1 AND expires_at > $2 AND seen_at > $3 ORDER BY created_at, id";
pub(super) const DELETE_SESSION: &str = "DELETE FROM admin_sessions WHERE admin_id = $1 AND id = $2";
pub(super) const DELETE_SESSIONS: &str = "DELETE FROM admin_sessions WHERE admin_id = $1 AND id <> $2";
pub(super) const PURGE_SESSIONS: &str = "DELETE FROM admin_sessions WHERE expires_at < $1";

pub(super) const INSERT_TOKEN: &str =
    "INSERT INTO admin_tokens (id, admin_id, name, hash, expires_at, accessed_at, created_at)
 VALUES ($1, $2, $3, $4, $5, NULL, $6)";
macro_rules! token {
    ($which:literal) => {
        concat!(
            "SELECT t.id, t.name, t.expires_at, t.accessed_at, t.created_at, a.id, a.email, a.created_at
 FROM admin_tokens t JOIN admins a ON a.id = t.admin_id ",
            $which
        )
    };
}
pub(super) const FIND_TOKEN: &str = token!("WHERE t.hash = $1");
pub(super) const FIND_TOKEN_BY_ID: &str = token!("WHERE t.id = $1");
pub(super) const LIST_TOKENS: &str = token!("ORDER BY t.created_at, t.id");
pub(super) const TOUCH_TOKEN: &str = "UPDATE admin_tokens SET accessed_at = $1 WHERE id = $2";
pub(super) const DELETE_TOKEN: &str = "DELETE FROM admin_tokens WHERE id = $1";
pub(super) const DELETE_TOKENS: &str = "DELETE FROM admin_tokens WHERE admin_id = $1";

#[cfg(test)]
pub(crate) const ALL: &[&str] = &[
    PUT,
    INSERT,
    SET_PASSWORD,
    LOCK,
    LOCK_ALL,
    DELETE,
    FIND,
    FIND_KNOWN,
    FIND_BY_EMAIL,
    LIST,
    INSERT_SESSION,
    FIND_SESSION,
    TOUCH_SESSION,
    LIST_SESSIONS,
    DELETE_SESSION,
    DELETE_SESSIONS,
    PURGE_SESSIONS,
    INSERT_TOKEN,
    FIND_TOKEN,
    FIND_TOKEN_BY_ID,
    LIST_TOKENS,
    TOUCH_TOKEN,
    DELETE_TOKEN,
    DELETE_TOKENS,
];
