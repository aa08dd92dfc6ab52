//! The statements of this noun.

pub(super) const INSERT: &str =
    "INSERT INTO signing_keys (id, project_id, algorithm, sealed, jwk, created_at, retired_at)
 VALUES ($1, $2, $3, $4, $5, $6, NULL)";
pub(super) const LIST: &str =
    "SELECT id, sealed, jwk FROM signing_keys WHERE project_id = $1 AND algorithm = $2 AND retired_at IS NULL
 ORDER BY created_at DESC, id DESC";

pub(super) const DELETE_ALL: &str = "DELETE FROM signing_keys";

#[cfg(test)]
pub(crate) const ALL: &[&str] = &[INSERT, LIST, DELETE_ALL];
