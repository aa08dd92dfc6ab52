//! The statements of this noun.

pub(super) const INSERT: &str = "INSERT INTO revocations (id, at, topic, key) VALUES ($1, $2, $3, $4)";
pub(super) const LIST: &str = "SELECT id, topic, key FROM revocations WHERE at >= $1 ORDER BY at, id";
pub(super) const PURGE: &str = "DELETE FROM revocations WHERE at < $1";

#[cfg(test)]
pub(crate) const ALL: &[&str] = &[INSERT, LIST, PURGE];
