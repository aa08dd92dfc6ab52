//! The statements of this noun.

/// Replaces one that was never verified, with another seed; never one that is verified.
pub(super) const PUT_AUTHENTICATOR: &str =
    "INSERT INTO authenticators (project_id, user_id, kind, id, sealed, last_step, verified_at, created_at)
 VALUES ($1, $2, 'totp', $3, $4, 0, NULL, $5)
 ON CONFLICT (project_id, user_id, kind) DO UPDATE SET id = excluded.id, sealed = excluded.sealed,
  last_step = excluded.last_step, created_at = excluded.created_at WHERE authenticators.verified_at IS NULL";
/// Of a user who was just made, so that there is none.
pub(super) const INSERT_MOVED: &str =
    "INSERT INTO authenticators (project_id, user_id, kind, id, sealed, last_step, verified_at, created_at)
 VALUES ($1, $2, 'totp', $3, $4, $5, $6, $7)";
pub(super) const FIND_AUTHENTICATOR: &str = "SELECT id, verified_at, created_at, sealed FROM authenticators
 WHERE project_id = $1 AND user_id = $2 AND kind = 'totp'";
/// Who waited for another one's update finds its step there: of any number with one step, one gets it.
pub(super) const ACCEPT_STEP: &str = "UPDATE authenticators SET last_step = $1, verified_at = COALESCE(verified_at, $2)
 WHERE project_id = $3 AND user_id = $4 AND kind = 'totp' AND id = $5 AND last_step < $1";
pub(super) const DELETE_AUTHENTICATOR: &str =
    "DELETE FROM authenticators WHERE project_id = $1 AND user_id = $2 AND kind = 'totp'";

/// Changes nothing: those who make codes for one user wait for each other here.
pub(super) const LOCK_SET: &str =
    "UPDATE recovery_sets SET created_at = created_at WHERE project_id = $1 AND user_id = $2 RETURNING id";
/// Only in place of the set that was seen, so that of two who saw none only one makes it.
pub(super) const PUT_SET: &str =
    "INSERT INTO recovery_sets (project_id, user_id, id, session_id, sealed, readable_until, created_at)
 VALUES ($1, $2, $3, $4, $5, $6, $7)
 ON CONFLICT (project_id, user_id) DO UPDATE SET id = excluded.id, session_id = excluded.session_id,
  sealed = excluded.sealed, readable_until = excluded.readable_until, created_at = excluded.created_at
 WHERE recovery_sets.id = $8";
pub(super) const FIND_SET: &str =
    "SELECT id, session_id, sealed, readable_until FROM recovery_sets WHERE project_id = $1 AND user_id = $2";
pub(super) const PURGE_COPIES: &str =
    "UPDATE recovery_sets SET sealed = NULL, readable_until = NULL WHERE readable_until <= $1";
pub(super) const DELETE_SET: &str = "DELETE FROM recovery_sets WHERE project_id = $1 AND user_id = $2";

pub(super) const INSERT_CODE: &str = "INSERT INTO recovery_codes (project_id, user_id, mac) VALUES ($1, $2, $3)";
pub(super) const LIST_CODES: &str = "SELECT mac FROM recovery_codes WHERE project_id = $1 AND user_id = $2";
pub(super) const COUNT_CODES: &str = "SELECT COUNT(*) FROM recovery_codes WHERE project_id = $1 AND user_id = $2";
pub(super) const USE_CODE: &str = "DELETE FROM recovery_codes WHERE project_id = $1 AND user_id = $2 AND mac = $3";
pub(super) const DELETE_CODES: &str = "DELETE FROM recovery_codes WHERE project_id = $1 AND user_id = $2";

/// What a lost key file makes worthless, in all projects.
pub(super) const FORGET: [&str; 3] =
    ["DELETE FROM authenticators", "DELETE FROM recovery_sets", "DELETE FROM recovery_codes"];

#[cfg(test)]
pub(crate) const ALL: &[&str] = &[
    PUT_AUTHENTICATOR,
    INSERT_MOVED,
    FIND_AUTHENTICATOR,
    ACCEPT_STEP,
    DELETE_AUTHENTICATOR,
    LOCK_SET,
    PUT_SET,
    FIND_SET,
    PURGE_COPIES,
    DELETE_SET,
    INSERT_CODE,
    LIST_CODES,
    COUNT_CODES,
    USE_CODE,
    DELETE_CODES,
];
