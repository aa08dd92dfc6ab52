//! The statements of this noun.

pub(super) const INSERT: &str =
    "INSERT INTO devices (id, project_id, user_id, hash, address, agent, created_at, expires_at)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
pub(super) const FIND: &str = "SELECT id, user_id, address, agent, created_at, expires_at FROM devices
 WHERE hash = $1 AND project_id = $2 AND user_id = $3";
pub(super) const LIST: &str = "SELECT id, user_id, address, agent, created_at, expires_at FROM devices
 WHERE project_id = $1 AND user_id = $2 AND expires_at > $3 ORDER BY created_at, id";
/// Never the new one, also when the clock stepped back and the others look younger.
pub(super) const DELETE_OLDEST: &str = "DELETE FROM devices WHERE id IN (
  SELECT id FROM devices WHERE project_id = $1 AND user_id = $2 AND id <> $3 ORDER BY created_at DESC, id DESC
  LIMIT 1000000 OFFSET $4)";
pub(super) const DELETE: &str = "DELETE FROM devices WHERE project_id = $1 AND user_id = $2 AND id = $3";
pub(super) const DELETE_ALL: &str = "DELETE FROM devices WHERE project_id = $1 AND user_id = $2";
pub(super) const PURGE: &str = "DELETE FROM devices WHERE expires_at < $1";

#[cfg(test)]
pub(crate) const ALL: &[&str] = &[INSERT, FIND, LIST, DELETE_OLDEST, DELETE, DELETE_ALL, PURGE];
