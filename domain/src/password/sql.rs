//! The statements of this noun.

pub(super) const FIND: &str = "SELECT sealed, changed_at FROM passwords WHERE project_id = $1 AND user_id = $2";
pub(super) const INSERT: &str = "INSERT INTO passwords (project_id, user_id, sealed, changed_at)
 VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
pub(super) const UPDATE: &str = "UPDATE passwords SET sealed = $1, changed_at = $2
 WHERE project_id = $3 AND user_id = $4 AND changed_at = $5";
pub(super) const DELETE: &str = "DELETE FROM passwords WHERE project_id = $1 AND user_id = $2";
pub(super) const DELETE_ALL: &str = "DELETE FROM passwords";

#[cfg(test)]
pub(crate) const ALL: &[&str] = &[FIND, INSERT, UPDATE, DELETE, DELETE_ALL];
