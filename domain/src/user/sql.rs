//! The statements of this noun.

macro_rules! columns {
    () => {
        "id, origin, pending, blocked, name, email, email_proof, phone, phone_proof, phone_claim, mfa, labels, \
         prefs, proved_at, signed_in_at, created_at, updated_at, totp, password_at"
    };
}

pub(super) const INSERT: &str =
    "INSERT INTO users (project_id, id, origin, pending, blocked, name, email, email_proof, phone, phone_proof,
  phone_claim, mfa, labels, prefs, proved_at, signed_in_at, created_at, updated_at)
 VALUES ($1, $2, $3, $4, FALSE, '', NULL, 'none', $5, $6, NULL, FALSE, '[]', '{}', NULL, $7, $8, $8)
 ON CONFLICT DO NOTHING";
pub(super) const FIND: &str = concat!("SELECT ", columns!(), " FROM users WHERE project_id = $1 AND id = $2");
pub(super) const FIND_BY_PHONE: &str =
    concat!("SELECT ", columns!(), " FROM users WHERE project_id = $1 AND phone = $2");
pub(super) const IS_RESERVED: &str = "SELECT 1 FROM users WHERE project_id = $1 AND id = $2 AND (pending = FALSE OR origin = 'key' OR origin = 'import')";
pub(super) const COUNT: &str = "SELECT COUNT(*) FROM users WHERE project_id = $1 AND pending = FALSE";
/// A proof by somebody who may simply be signed in: the common case, in one statement.
pub(super) const SIGN_IN_BY_PHONE: &str = concat!(
    "UPDATE users SET signed_in_at = $1, updated_at = CASE WHEN phone_proof = 'code' THEN updated_at ELSE $1 END,
  proved_at = COALESCE(proved_at, $1), pending = FALSE, phone_proof = $2
 WHERE project_id = $3 AND id = $4 AND phone = $5 AND blocked = FALSE
  AND (phone_proof = $2 OR ($2 <> 'mock' AND phone_proof <> 'none' AND phone_proof <> 'mock') OR (pending = TRUE AND id = $6))
 RETURNING ",
    columns!()
);
/// Only where nobody real proved anything yet: two who race must not wipe each other's.
pub(super) const WIPE: &str = "UPDATE users SET pending = FALSE, phone_proof = $1, proved_at = $2, signed_in_at = $2,
  updated_at = $2, name = '', prefs = '{}', mfa = FALSE, email = CASE WHEN email_proof = 'none' THEN NULL ELSE email END
 WHERE project_id = $3 AND id = $4 AND (phone_proof = 'none' OR phone_proof = 'mock')";
pub(super) const RENAME: &str = "UPDATE users SET id = $1 WHERE project_id = $2 AND id = $3 AND pending = TRUE";
pub(super) const DELETE_PENDING_BY_ID: &str = "DELETE FROM users WHERE project_id = $1 AND id = $2 AND pending = TRUE";
/// Looked for apart from their removal: with both in one statement SQLite reads the whole table.
pub(super) const FIND_CLAIMS: &str =
    "SELECT id FROM users WHERE phone_claim = $1 AND phone_claim IS NOT NULL AND project_id = $2";
pub(super) const DROP_CLAIM: &str =
    "UPDATE users SET phone_claim = NULL, updated_at = $1 WHERE project_id = $2 AND id = $3 AND phone_claim = $4";
pub(super) const SET_NAME: &str = "UPDATE users SET name = $1, updated_at = $2 WHERE project_id = $3 AND id = $4";
pub(super) const SET_PREFS: &str = "UPDATE users SET prefs = $1, updated_at = $2 WHERE project_id = $3 AND id = $4";
pub(super) const SET_BLOCKED: &str =
    "UPDATE users SET blocked = $1, updated_at = $2 WHERE project_id = $3 AND id = $4 AND pending = FALSE";
pub(super) const PURGE_PENDING: &str =
    "DELETE FROM users WHERE pending = TRUE AND project_id = $1 AND created_at < $2 AND origin = 'flow'";

#[cfg(test)]
pub(crate) const ALL: &[&str] = &[
    INSERT,
    FIND,
    FIND_BY_PHONE,
    IS_RESERVED,
    COUNT,
    SIGN_IN_BY_PHONE,
    WIPE,
    RENAME,
    DELETE_PENDING_BY_ID,
    FIND_CLAIMS,
    DROP_CLAIM,
    SET_NAME,
    SET_PREFS,
    SET_BLOCKED,
    PURGE_PENDING,
];
