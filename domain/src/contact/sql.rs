//! The statements of this noun.

macro_rules! columns {
    () => {
        "user_id, id, channel, identifier, name, provider_id, session_id, removed, created_at, updated_at"
    };
}

pub(super) const LIST: &str =
    concat!("SELECT ", columns!(), " FROM contacts WHERE project_id = $1 AND user_id = $2 ORDER BY created_at, id");
pub(super) const FIND_BY_IDENTIFIER: &str =
    concat!("SELECT ", columns!(), " FROM contacts WHERE project_id = $1 AND identifier = $2");
pub(super) const ANY: &str = "SELECT 1 FROM contacts WHERE project_id = $1 LIMIT 1";
pub(super) const INSERT: &str =
    "INSERT INTO contacts (project_id, user_id, id, channel, identifier, name, provider_id, session_id, removed,
  created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING";
pub(super) const DELETE: &str = "DELETE FROM contacts WHERE project_id = $1 AND user_id = $2 AND id = $3";
pub(super) const DELETE_ALL: &str = "DELETE FROM contacts WHERE project_id = $1 AND user_id = $2";

#[cfg(test)]
pub(crate) const ALL: &[&str] = &[LIST, FIND_BY_IDENTIFIER, ANY, INSERT, DELETE, DELETE_ALL];
