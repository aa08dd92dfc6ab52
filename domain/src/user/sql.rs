//! The statements of this noun.

macro_rules! columns {
    () => {
        "id, origin, pending, blocked, name, email, email_proof, phone, phone_proof, phone_claim, mfa, labels, \
         prefs, proved_at, signed_in_at, created_at, updated_at, totp, password_at, mfa_phone, mfa_bypass"
    };
}

pub(super) const INSERT: &str =
    "INSERT INTO users (project_id, id, origin, pending, blocked, name, email, email_proof, phone, phone_proof,
  phone_claim, mfa, labels, prefs, proved_at, signed_in_at, created_at, updated_at, totp, password_at, folded_name)
 VALUES ($1, $2, $3, $4, FALSE, $5, $6, 'none', $7, 'none', NULL, FALSE, '[]', '{}', NULL, $8, $9, $9, FALSE, NULL, $10)
 ON CONFLICT DO NOTHING";
pub(super) const FIND: &str = concat!("SELECT ", columns!(), " FROM users WHERE project_id = $1 AND id = $2");
pub(super) const FIND_BY_PHONE: &str =
    concat!("SELECT ", columns!(), " FROM users WHERE project_id = $1 AND phone = $2");
pub(super) const FIND_BY_EMAIL: &str =
    concat!("SELECT ", columns!(), " FROM users WHERE project_id = $1 AND email = $2");
/// The next account, or else the one before: there is one wherever there is any.
pub(super) const FIND_NEAR: &str = concat!(
    "SELECT * FROM (SELECT ",
    columns!(),
    " FROM users WHERE project_id = $1 AND id >= $2 ORDER BY id LIMIT 1) later
 UNION ALL SELECT * FROM (SELECT ",
    columns!(),
    " FROM users WHERE project_id = $1 AND id < $2 ORDER BY id DESC LIMIT 1) earlier LIMIT 1"
);
pub(super) const FIND_NOTES: &str = "SELECT external_id, vendor_metadata FROM users WHERE project_id = $1 AND id = $2";
/// SQLite would read the whole project, if it were not kept from that by `|| ''`.
pub(super) const FIND_BY_EXTERNAL_ID: &str =
    "SELECT id FROM users WHERE external_id = $1 AND external_id IS NOT NULL AND project_id || '' = $2
  AND pending = FALSE ORDER BY id LIMIT $3";
pub(super) const IS_RESERVED: &str = "SELECT 1 FROM users WHERE project_id = $1 AND id = $2 AND (pending = FALSE OR origin = 'key' OR origin = 'import')";
/// The beginning of a list; `list.rs` adds what is asked for.
pub(super) const LIST: &str = concat!("SELECT ", columns!(), " FROM users WHERE project_id = $1");
pub(super) const COUNT: &str = "SELECT COUNT(*) FROM users WHERE project_id = $1 AND pending = FALSE";

/// A proof by somebody who may simply be signed in: the common case, in one statement. $7: in a session of his own.
macro_rules! sign_in {
    ($column:literal, $proof:literal) => {
        concat!(
            "UPDATE users SET signed_in_at = $1, updated_at = CASE WHEN ",
            $proof,
            " = 'code' THEN updated_at ELSE $1 END,
  proved_at = COALESCE(proved_at, $1), pending = FALSE, ",
            $proof,
            " = $2
 WHERE project_id = $3 AND id = $4 AND ",
            $column,
            " = $5 AND blocked = FALSE
  AND (",
            $proof,
            " = $2 OR ($2 <> 'mock' AND ",
            $proof,
            " <> 'none' AND ",
            $proof,
            " <> 'mock') OR (pending = TRUE AND id = $6) OR ($7 AND $2 <> 'mock'))
 RETURNING ",
            columns!()
        )
    };
}
pub(super) const SIGN_IN_BY_PHONE: &str = sign_in!("phone", "phone_proof");
pub(super) const SIGN_IN_BY_EMAIL: &str = sign_in!("email", "email_proof");
/// Only where nobody real proved anything yet: two who race must not wipe each other's.
macro_rules! wipe {
    ($proof:literal, $others:literal, $unproved:literal) => {
        concat!(
            "UPDATE users SET pending = FALSE, ",
            $proof,
            " = $1, proved_at = $2, signed_in_at = $2, updated_at = $2, name = '', folded_name = '', prefs = '{}', mfa = FALSE,
  totp = FALSE, password_at = NULL, mfa_phone = NULL, phone_claim = NULL, ",
            $others,
            "
 WHERE project_id = $3 AND id = $4 AND ",
            $unproved
        )
    };
}
pub(super) const WIPE_BY_PHONE: &str = wipe!(
    "phone_proof",
    "email = CASE WHEN email_proof = 'none' THEN NULL ELSE email END",
    "phone = $5 AND (phone_proof = 'none' OR phone_proof = 'mock')"
);
pub(super) const WIPE_BY_EMAIL: &str =
    wipe!("email_proof", "phone = NULL, phone_proof = 'none'", "email = $5 AND email_proof = 'none'");
/// What was only claimed goes from an account that proved something else.
pub(super) const DETACH_PHONE: &str = "UPDATE users SET phone = NULL, phone_proof = 'none', updated_at = $1
 WHERE project_id = $2 AND id = $3 AND phone = $4 AND (phone_proof = 'none' OR phone_proof = 'mock')";
pub(super) const DETACH_EMAIL: &str = "UPDATE users SET email = NULL, updated_at = $1
 WHERE project_id = $2 AND id = $3 AND email = $4 AND email_proof = 'none'";
pub(super) const PROVE_CLAIM: &str = concat!(
    "UPDATE users SET phone = $1, phone_proof = $2, phone_claim = NULL, proved_at = COALESCE(proved_at, $3),
  updated_at = $3
 WHERE project_id = $4 AND id = $5 AND blocked = FALSE
  AND (phone_claim = $1 OR (phone_claim IS NULL AND phone = $1))
 RETURNING ",
    columns!()
);
pub(super) const PROVE_EMAIL: &str = concat!(
    "UPDATE users SET email_proof = 'code', proved_at = COALESCE(proved_at, $1), updated_at = $1
 WHERE project_id = $2 AND id = $3 AND email = $4 AND blocked = FALSE
 RETURNING ",
    columns!()
);
pub(super) const TOUCH_SIGN_IN: &str = concat!(
    "UPDATE users SET signed_in_at = $1 WHERE project_id = $2 AND id = $3 AND blocked = FALSE AND pending = FALSE
 RETURNING ",
    columns!()
);
pub(super) const RENAME: &str = "UPDATE users SET id = $1 WHERE project_id = $2 AND id = $3 AND pending = TRUE";
pub(super) const DELETE_PENDING_BY_ID: &str = "DELETE FROM users WHERE project_id = $1 AND id = $2 AND pending = TRUE";
pub(super) const DELETE_PENDING_BY_EMAIL: &str =
    "DELETE FROM users WHERE project_id = $1 AND email = $2 AND pending = TRUE";
/// Looked for apart from their removal: with both in one statement SQLite reads the whole table. It would also read the
/// whole project, if it were not kept from that by `|| ''`.
pub(super) const FIND_CLAIMS: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM users WHERE phone_claim = $1 AND phone_claim IS NOT NULL AND project_id || '' = $2"
);
pub(super) const DROP_CLAIM: &str =
    "UPDATE users SET phone_claim = NULL, updated_at = $1 WHERE project_id = $2 AND id = $3 AND phone_claim = $4";

pub(super) const REMOVE_PHONE: &str = "UPDATE users SET phone = NULL, phone_proof = 'none', updated_at = $1
 WHERE project_id = $2 AND id = $3 AND phone = $4";

/// A page of numbers: those that find accounts and those that are claimed, each read by its index and no further than the
/// page, then put together.
macro_rules! numbers {
    ($own:literal, $order:literal) => {
        concat!(
            "SELECT id, number, verified, created_at, updated_at FROM (
  SELECT id, number, verified, created_at, updated_at FROM (
   SELECT id, phone AS number, (phone_proof IN ('vouched', 'mock', 'code')) AS verified, created_at, updated_at
   FROM users WHERE project_id = $1 AND pending = FALSE AND ",
            $own,
            " ORDER BY ",
            $order,
            " LIMIT $2) AS own
  UNION ALL SELECT id, number, verified, created_at, updated_at FROM (
   SELECT id, phone_claim AS number, FALSE AS verified, created_at, updated_at
   FROM users WHERE phone_claim > '' AND phone_claim IS NOT NULL AND project_id || '' = $1
   ORDER BY ",
            $order,
            " LIMIT $2) AS claimed) AS numbers
 ORDER BY ",
            $order,
            " LIMIT $3 OFFSET $4"
        )
    };
}
pub(super) const LIST_NUMBERS: &str = numbers!("phone > '' AND phone IS NOT NULL", "number, id");
pub(super) const LIST_NUMBERS_BACKWARDS: &str = numbers!("phone > '' AND phone IS NOT NULL", "number DESC, id DESC");
/// By the key of the table, which the index of numbers is kept from by `|| ''`.
pub(super) const LIST_NUMBERS_BY_USER: &str = numbers!("id > '' AND phone || '' > ''", "id, number");
pub(super) const LIST_NUMBERS_BY_USER_BACKWARDS: &str =
    numbers!("id > '' AND phone || '' > ''", "id DESC, number DESC");
pub(super) const COUNT_NUMBERS: &str = "SELECT
 (SELECT COUNT(*) FROM users WHERE project_id = $1 AND phone > '' AND phone IS NOT NULL AND pending = FALSE)
 + (SELECT COUNT(*) FROM users WHERE phone_claim > '' AND phone_claim IS NOT NULL AND project_id || '' = $1)";

/// One column gets another value.
macro_rules! set {
    ($column:literal) => {
        concat!(
            "UPDATE users SET ",
            $column,
            " = $1, updated_at = $2 WHERE project_id = $3 AND id = $4 AND pending = FALSE RETURNING ",
            columns!()
        )
    };
}
pub(super) const SET_NAME: &str = concat!(
    "UPDATE users SET name = $1, folded_name = $2, updated_at = $3
 WHERE project_id = $4 AND id = $5 AND pending = FALSE RETURNING ",
    columns!()
);
pub(super) const SET_PREFS: &str = set!("prefs");
pub(super) const SET_BLOCKED: &str = set!("blocked");
pub(super) const SET_MFA: &str = set!("mfa");
pub(super) const SET_TOTP: &str = set!("totp");
pub(super) const SET_MFA_PHONE: &str = set!("mfa_phone");
pub(super) const SET_MFA_BYPASS: &str = set!("mfa_bypass");
pub(super) const SET_EXTERNAL_ID: &str = set!("external_id");
pub(super) const SET_VENDOR_METADATA: &str = set!("vendor_metadata");
pub(super) const SET_PASSWORD_AT: &str = set!("password_at");
pub(super) const SET_EMAIL: &str = set!("email_proof = 'none', email");
pub(super) const SET_CLAIM: &str = set!("phone_claim");
pub(super) const SET_LABELS: &str = set!("labels");
pub(super) const SET_PHONE: &str = set!("phone");
pub(super) const SET_EMAIL_PROOF: &str = set!("email_proof");
pub(super) const SET_PHONE_PROOF: &str = set!("phone_proof");
/// What a pending account held is its user's claim from now on.
pub(super) const ACTIVATE: &str = concat!(
    "UPDATE users SET signed_in_at = $1, phone_claim = CASE WHEN pending THEN phone ELSE phone_claim END,
  phone = CASE WHEN pending THEN NULL ELSE phone END, pending = FALSE
 WHERE project_id = $2 AND id = $3 AND blocked = FALSE
 RETURNING ",
    columns!()
);
pub(super) const INSERT_BY_KEY: &str = concat!(
    "INSERT INTO users (project_id, id, origin, pending, blocked, name, email, email_proof, phone, phone_proof,
  phone_claim, mfa, labels, prefs, proved_at, signed_in_at, created_at, updated_at, totp, password_at, folded_name)
 VALUES ($1, $2, 'key', FALSE, FALSE, $3, $4, $5, $6, $7, NULL, FALSE, '[]', '{}', NULL, NULL, $8, $8, FALSE, NULL, $9)
 ON CONFLICT DO NOTHING RETURNING ",
    columns!()
);
pub(super) const IMPORT: &str =
    "INSERT INTO users (project_id, id, origin, pending, blocked, name, email, email_proof, phone, phone_proof,
  phone_claim, mfa, labels, prefs, proved_at, signed_in_at, created_at, updated_at, totp, password_at, folded_name,
  mfa_phone, mfa_bypass, external_id, vendor_metadata)
 VALUES ($1, $2, 'import', FALSE, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
  $21, $22, $23)
 ON CONFLICT DO NOTHING";
pub(super) const DELETE: &str = "DELETE FROM users WHERE project_id = $1 AND id = $2";
pub(super) const PURGE_PENDING: &str =
    "DELETE FROM users WHERE pending = TRUE AND created_at < $1 AND project_id || '' = $2 AND origin = 'flow'";

#[cfg(test)]
pub(crate) const ALL: &[&str] = &[
    INSERT,
    FIND,
    FIND_BY_PHONE,
    FIND_BY_EMAIL,
    FIND_NEAR,
    FIND_NOTES,
    FIND_BY_EXTERNAL_ID,
    IS_RESERVED,
    LIST,
    COUNT,
    SIGN_IN_BY_PHONE,
    SIGN_IN_BY_EMAIL,
    WIPE_BY_PHONE,
    WIPE_BY_EMAIL,
    DETACH_PHONE,
    DETACH_EMAIL,
    PROVE_CLAIM,
    PROVE_EMAIL,
    TOUCH_SIGN_IN,
    RENAME,
    DELETE_PENDING_BY_ID,
    DELETE_PENDING_BY_EMAIL,
    FIND_CLAIMS,
    DROP_CLAIM,
    REMOVE_PHONE,
    LIST_NUMBERS,
    LIST_NUMBERS_BACKWARDS,
    LIST_NUMBERS_BY_USER,
    LIST_NUMBERS_BY_USER_BACKWARDS,
    COUNT_NUMBERS,
    SET_NAME,
    SET_PREFS,
    SET_BLOCKED,
    SET_MFA,
    SET_TOTP,
    SET_MFA_PHONE,
    SET_MFA_BYPASS,
    SET_EXTERNAL_ID,
    SET_VENDOR_METADATA,
    SET_PASSWORD_AT,
    SET_EMAIL,
    SET_CLAIM,
    SET_LABELS,
    SET_PHONE,
    SET_EMAIL_PROOF,
    SET_PHONE_PROOF,
    ACTIVATE,
    INSERT_BY_KEY,
    IMPORT,
    DELETE,
    PURGE_PENDING,
];
