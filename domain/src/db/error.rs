//! Drivers' errors as ours.

use tokio_postgres::error::SqlState;

use crate::base::Error;

impl Error {
    pub(super) fn sqlite(error: rusqlite::Error) -> Self {
        Self::store(error)
    }

    #[expect(clippy::needless_pass_by_value, reason = "its shape is the one that map_err takes")]
    pub(super) fn postgres(error: tokio_postgres::Error) -> Self {
        // Statements say ON CONFLICT where a double is expected; elsewhere it is a race, and a second run sees the other.
        let conflict = matches!(
            error.code(),
            Some(&SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED | &SqlState::UNIQUE_VIOLATION)
        );
        // The server's text may quote a row; its code and message do not.
        let detail = match error.as_db_error() {
            Some(db) => format!("{} {}", db.code().code(), db.message()),
            None => error.to_string(),
        };
        let out = Self::store(detail);
        // A connection that was already closed took nothing with it, so the transaction can run on a new one.
        if conflict || error.is_closed() { out.retryable() } else { out }
    }
}
