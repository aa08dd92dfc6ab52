//! The statements of this noun.

pub(super) const INSERT: &str =
    "INSERT INTO signing_keys (id, project_id, algorithm, sealed, jwk, created_at, retired_at)
 VALUES ($1, $2, $3, $4, $5, $6, NULL)";
pub(super) const LIST: &str = "SELECT id, algorithm, sealed, jwk, created_at, retired_at FROM signing_keys
 WHERE project_id = $1 AND (retired_at IS NULL OR retired_at > $2)
 ORDER BY retired_at DESC NULLS FIRST, created_at DESC, id DESC";
pub(super) const RETIRE: &str =
    "UPDATE signing_keys SET retired_at = $1 WHERE project_id = $2 AND algorithm = $3 AND retired_at IS NULL";
pub(super) const DELETE: &str = "DELETE FROM signing_keys WHERE project_id = $1";
pub(super) const PURGE: &str = "DELETE FROM signing_keys WHERE retired_at <= $1";
pub(super) const DELETE_ALL: &str = "DELETE FROM signing_keys";

#[cfg(test)]
pub(crate) const ALL: &[&str] = &[INSERT, LIST, RETIRE, DELETE, PURGE, DELETE_ALL];
