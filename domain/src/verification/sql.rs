//! The statements of this noun.

pub(super) const INSERT: &str =
    "INSERT INTO verifications (id, project_id, dialect, purpose, target, wanted_length, length, session_id, user_id,
  mock, mac, created_at, expires_at, consumed_at, channel)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, FALSE, NULL, $10, $11, NULL, $12)";
pub(super) const FIND: &str = "SELECT id, purpose, target, wanted_length, length, session_id, user_id, mock, mac,
  created_at, expires_at, consumed_at, channel, dialect FROM verifications WHERE id = $1";
/// The verification that is on its way for the same thing, with how many hold a handle to it.
pub(super) const FIND_ON_ITS_WAY: &str = "SELECT v.id, v.length, v.user_id, v.created_at, v.expires_at,
  (SELECT COUNT(*) FROM handles o WHERE o.verification_id = v.id)
 FROM handles h JOIN verifications v ON v.id = h.verification_id WHERE h.project_id = $1 AND h.target = $2
  AND h.created_at > $3 AND v.dialect = $4 AND v.purpose = $5 AND v.wanted_length = $6
  AND COALESCE(v.session_id, '') = $7 AND v.expires_at > $8 AND v.consumed_at IS NULL
 ORDER BY v.created_at DESC, v.id DESC LIMIT 1";
pub(super) const ARM: &str =
    "UPDATE verifications SET mac = $1, length = $2, user_id = $3, mock = $4 WHERE id = $5 AND consumed_at IS NULL";
pub(super) const ARM_LINK: &str = "UPDATE verifications SET mac = $1 WHERE id = $2";
pub(super) const SET_USER: &str = "UPDATE verifications SET user_id = $1 WHERE id = $2";
pub(super) const ARM_HANDLES: &str = "UPDATE handles SET weight = $1, user_id = $2 WHERE verification_id = $3";
pub(super) const CONSUME: &str = "UPDATE verifications SET consumed_at = $1 WHERE id = $2 AND consumed_at IS NULL";
pub(super) const USE_HANDLES: &str = "UPDATE handles SET state = 'used' WHERE verification_id = $1";

pub(super) const INSERT_HANDLE: &str =
    "INSERT INTO handles (id, project_id, hash, verification_id, target, user_id, wanted_user_id, weight, attempts,
  max_attempts, state, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, 'live', $10, $11)";
pub(super) const FIND_HANDLE: &str =
    "SELECT id, verification_id, target, created_at, expires_at, attempts >= max_attempts FROM handles
 WHERE hash = $1 AND state = 'live'";
pub(super) const FIND_NEWEST: &str = "SELECT v.id FROM handles h JOIN verifications v ON v.id = h.verification_id
 WHERE h.project_id = $1 AND h.target = $2 AND h.created_at > $3 AND v.dialect = $4 AND v.purpose = $5
 ORDER BY v.created_at DESC, v.id DESC LIMIT 1";
pub(super) const INSERT_GUESS: &str =
    "INSERT INTO handles (id, project_id, hash, verification_id, target, user_id, wanted_user_id, weight, attempts,
  max_attempts, state, created_at, expires_at) VALUES ($1, $2, $3, NULL, $4, $5, NULL, $6, 1, 1, 'moved', $7, $8)";
pub(super) const GIVE_BACK_GUESS: &str = "UPDATE handles SET state = 'used' WHERE id = $1";
/// Whoever holds one of these holds a part of another code from now on. PostgreSQL would walk the index of all live ones, if
/// it were not kept from that by `|| ''`.
pub(super) const JOIN_HANDLES: &str =
    "UPDATE handles SET verification_id = $1, weight = $2, user_id = $3, expires_at = $4
 WHERE verification_id = $5 AND state || '' = 'live'";
/// When the first of what is reserved comes back: what was not tried at its expiry, the rest after a day.
pub(super) const RELIEF_AT: &str = "SELECT MIN(CASE WHEN state = 'live' AND expires_at > $1 AND attempts < max_attempts
  THEN expires_at ELSE created_at + CAST($2 AS BIGINT) END)
 FROM handles WHERE project_id = $3 AND target = $4 AND created_at > $5 AND state <> 'used' AND weight > 0
  AND (attempts > 0 OR (state = 'live' AND expires_at > $1))";
pub(super) const MOVE_HANDLE: &str = "UPDATE handles SET state = 'moved' WHERE id = $1";
/// A long token's handle is found by itself, and has so many tries that none of them matters. Live ones are those that
/// are neither used nor moved: said so, PostgreSQL is not tempted to walk the index of all live handles.
pub(super) const COUNT_ATTEMPT_ON_ALL: &str = "UPDATE handles SET attempts = attempts + 1
 WHERE project_id = $1 AND target = $2 AND state NOT IN ('used', 'moved') AND attempts < max_attempts
  AND max_attempts < 1000 AND expires_at > $3 AND verification_id IS NOT NULL
 RETURNING id, verification_id";
pub(super) const UNCOUNT_ATTEMPT: &str = "UPDATE handles SET attempts = attempts - 1 WHERE id = $1";
pub(super) const CONSUME_OF_USER: &str =
    "UPDATE verifications SET consumed_at = $1 WHERE consumed_at IS NULL AND id IN (
  SELECT verification_id FROM handles WHERE project_id = $2 AND user_id = $3 AND user_id IS NOT NULL)";
/// Moved ones are moved again, so that PostgreSQL is not tempted to walk the index of all live handles.
pub(super) const RETIRE_OF_SESSION: &str =
    "UPDATE handles SET state = 'moved' WHERE project_id = $1 AND target = $2 AND state <> 'used' AND EXISTS (
  SELECT 1 FROM verifications v WHERE v.id = handles.verification_id
   AND v.session_id = $3 AND v.purpose = $4 AND v.channel = $5)";
/// The attempt is counted before anything is compared, and at most `max_attempts` are.
pub(super) const COUNT_ATTEMPT: &str = "UPDATE handles SET attempts = attempts + 1
 WHERE hash = $1 AND state = 'live' AND attempts < max_attempts AND expires_at > $2 AND verification_id IS NOT NULL
 RETURNING id, verification_id, wanted_user_id, target";
/// What was seen to be expired stays so, also when the clock steps back.
pub(super) const END_EXPIRED: &str =
    "UPDATE handles SET state = 'moved' WHERE hash = $1 AND state = 'live' AND expires_at <= $2";
/// Younger than a day, as every link and code is that still works.
pub(super) const LIST_OPEN: &str =
    "SELECT DISTINCT v.id FROM handles h JOIN verifications v ON v.id = h.verification_id
 WHERE h.project_id = $1 AND h.target = $2 AND h.created_at > $3 AND v.purpose = $4
  AND v.consumed_at IS NULL";
macro_rules! reserved {
    ($column:literal, $but:literal) => {
        concat!(
            "SELECT CAST(COALESCE(SUM(CASE WHEN state = 'used' THEN 0
  WHEN state = 'live' AND expires_at > $1 THEN weight * max_attempts ELSE weight * attempts END), 0) AS BIGINT)
 FROM handles WHERE project_id = $2 AND ",
            $column,
            " = $3 AND created_at > $4",
            $but
        )
    };
}
pub(super) const RESERVED_BY_TARGET: &str = reserved!("target", "");
pub(super) const COUNT_HANDLES: &str = "SELECT COUNT(*) FROM handles WHERE verification_id = $1";
pub(super) const RESERVED_BY_USER: &str = reserved!("user_id", "");
pub(super) const RESERVED_BESIDE: &str = reserved!("user_id", " AND COALESCE(verification_id, '') <> $5");

pub(super) const PURGE: &str = "DELETE FROM verifications WHERE id IN (
  SELECT id FROM verifications WHERE id < $1 AND expires_at < $2 ORDER BY id LIMIT 1000)";
pub(super) const PURGE_HANDLES: &str = "DELETE FROM handles WHERE id IN (
  SELECT id FROM handles WHERE id < $1 AND expires_at < $2 ORDER BY id LIMIT 1000)";

#[cfg(test)]
pub(crate) const ALL: &[&str] = &[
    INSERT,
    FIND,
    FIND_ON_ITS_WAY,
    ARM,
    ARM_LINK,
    SET_USER,
    ARM_HANDLES,
    CONSUME,
    USE_HANDLES,
    INSERT_HANDLE,
    FIND_HANDLE,
    FIND_NEWEST,
    INSERT_GUESS,
    GIVE_BACK_GUESS,
    JOIN_HANDLES,
    RELIEF_AT,
    MOVE_HANDLE,
    COUNT_ATTEMPT_ON_ALL,
    UNCOUNT_ATTEMPT,
    CONSUME_OF_USER,
    RETIRE_OF_SESSION,
    COUNT_ATTEMPT,
    END_EXPIRED,
    LIST_OPEN,
    RESERVED_BY_TARGET,
    COUNT_HANDLES,
    RESERVED_BY_USER,
    RESERVED_BESIDE,
    PURGE,
    PURGE_HANDLES,
];
