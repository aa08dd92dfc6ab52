//! The statements of this noun.

pub(super) const INSERT: &str =
    "INSERT INTO audit_events (id, project_id, at, event, actor, user_id, address, agent, detail)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

#[cfg(test)]
pub(crate) const ALL: &[&str] = &[INSERT];
