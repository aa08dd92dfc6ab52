//! The statements of this noun.

macro_rules! columns {
    () => {
        "s.id, s.user_id, s.provider, s.provider_uid, s.factors, s.mfa_at, s.address, s.agent, s.created_at, \
         s.updated_at, s.expires_at"
    };
}

pub(super) const INSERT: &str =
    "INSERT INTO sessions (id, project_id, user_id, hash, provider, provider_uid, factors, mfa_at, address, agent,
  created_at, updated_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
pub(super) const FIND: &str =
    concat!("SELECT ", columns!(), " FROM sessions s WHERE s.project_id = $1 AND s.user_id = $2 AND s.id = $3");
pub(super) const LIST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM sessions s WHERE s.project_id = $1 AND s.user_id = $2 AND s.expires_at > $3 ORDER BY s.created_at, s.id"
);
pub(super) const COUNT: &str = "SELECT COUNT(*) FROM sessions WHERE project_id = $1 AND expires_at > $2";
pub(super) const EXTEND: &str =
    "UPDATE sessions SET expires_at = $1, updated_at = $2 WHERE project_id = $3 AND user_id = $4 AND id = $5";
pub(super) const SET_FACTORS: &str = "UPDATE sessions SET factors = $1, mfa_at = $2, updated_at = $3
 WHERE project_id = $4 AND user_id = $5 AND id = $6";
pub(super) const ROTATE: &str =
    "UPDATE sessions SET hash = $1, updated_at = $2 WHERE project_id = $3 AND user_id = $4 AND id = $5";
/// Only the secret that was shown is replaced: of two who show it at one moment, one is first.
pub(super) const RENEW: &str = "UPDATE sessions SET hash = $1, expires_at = $2, updated_at = $3
 WHERE project_id = $4 AND id = $5 AND hash = $6";
pub(super) const INSERT_SPENT: &str =
    "INSERT INTO spent_secrets (hash, project_id, session_id, spent_at, expires_at) VALUES ($1, $2, $3, $4, $5)
 ON CONFLICT DO NOTHING";
pub(super) const FIND_SPENT: &str = "SELECT session_id, spent_at FROM spent_secrets
 WHERE hash = $1 AND project_id = $2 AND expires_at > $3";
pub(super) const PURGE_SPENT: &str = "DELETE FROM spent_secrets WHERE expires_at < $1";
pub(super) const DELETE_OTHERS: &str = "DELETE FROM sessions WHERE project_id = $1 AND user_id = $2 AND id <> $3";
pub(super) const DELETE: &str = "DELETE FROM sessions WHERE project_id = $1 AND user_id = $2 AND id = $3";
/// A browser's session with all that came of it.
pub(super) const DELETE_FAMILY: &str = "DELETE FROM sessions WHERE project_id = $1 AND user_id = $2
  AND (id = $3 OR (provider_uid = $3 AND provider = $4))";
pub(super) const DELETE_ALL: &str = "DELETE FROM sessions WHERE project_id = $1 AND user_id = $2";
/// Never the new one, also when the clock stepped back and the others look younger.
pub(super) const DELETE_OLDEST: &str = "DELETE FROM sessions WHERE id IN (
  SELECT id FROM sessions WHERE project_id = $1 AND user_id = $2 AND id <> $3 ORDER BY created_at DESC, id DESC
  LIMIT 1000000 OFFSET $4)";
pub(super) const PURGE: &str = "DELETE FROM sessions WHERE expires_at < $1";

#[cfg(test)]
pub(crate) const ALL: &[&str] = &[
    INSERT,
    FIND,
    LIST,
    COUNT,
    EXTEND,
    SET_FACTORS,
    ROTATE,
    RENEW,
    INSERT_SPENT,
    FIND_SPENT,
    PURGE_SPENT,
    DELETE_OTHERS,
    DELETE,
    DELETE_FAMILY,
    DELETE_ALL,
    DELETE_OLDEST,
    PURGE,
];
