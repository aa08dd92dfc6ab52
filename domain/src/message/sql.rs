//! The statements of this noun.

pub(super) const INSERT: &str =
    "INSERT INTO messages (id, project_id, verification_id, channel, purpose, target_mask, state, payload, provider,
  provider_message, tries, reason, due_at, expires_at, created_at, settled_at, news)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL, NULL, '[]', $9, $10, $11, $10, $12,
  CASE WHEN $7 = 'queued' THEN FALSE ELSE EXISTS (SELECT 1 FROM message_listeners WHERE project_id = $2) END)";
/// Whether somebody wants to hear what becomes of this message: for those that nobody listens to, a look at an index.
macro_rules! news {
    () => {
        "news = EXISTS (SELECT 1 FROM message_listeners l WHERE l.project_id = messages.project_id)"
    };
}
macro_rules! claim {
    ($lock:literal) => {
        concat!(
            "UPDATE messages SET state = 'sending', due_at = $1 WHERE id IN (
  SELECT id FROM messages WHERE settled_at IS NULL AND state = 'queued' AND due_at <= $2 ORDER BY due_at LIMIT $3",
            $lock,
            ") RETURNING id, project_id, verification_id, purpose, payload, tries, created_at, expires_at"
        )
    };
}
pub(super) const CLAIM: &str = claim!("");
/// Several nodes take different rows.
pub(super) const CLAIM_ON_POSTGRES: &str = claim!(" FOR UPDATE SKIP LOCKED");
pub(super) const STORE: &str = "UPDATE messages SET payload = $1, provider = $2, tries = $3 WHERE id = $4";
pub(super) const TRY_NEXT: &str = "UPDATE messages SET provider = $1, tries = $2 WHERE id = $3 AND state = 'sending'";
pub(super) const SETTLE: &str = concat!(
    "UPDATE messages SET state = $1, reason = $2, provider = $3, provider_message = $4,
  tries = $5, settled_at = $6, payload = NULL, ",
    news!(),
    " WHERE id = $7 AND state = 'sending'"
);
pub(super) const RETRY: &str =
    "UPDATE messages SET state = 'queued', reason = $1, tries = $2, due_at = $3 WHERE id = $4 AND state = 'sending'";
/// Leases that ran out before a provider was called go back in the queue …
pub(super) const REQUEUE_LOST: &str = "UPDATE messages SET state = 'queued', due_at = $1
 WHERE settled_at IS NULL AND state = 'sending' AND due_at < $2 AND provider IS NULL";
/// … and those that may have reached one are never sent again by themselves.
pub(super) const BURY_LOST: &str = concat!(
    "UPDATE messages SET state = 'dead', settled_at = $1, payload = NULL,
  reason = 'interrupted while the provider was being called; it may have been sent', ",
    news!(),
    " WHERE settled_at IS NULL AND state = 'sending' AND due_at < $2 AND provider IS NOT NULL"
);
pub(super) const BURY_EXPIRED: &str = concat!(
    "UPDATE messages SET state = 'dead', settled_at = $1, payload = NULL,
  reason = CASE WHEN reason = '' THEN 'expired in the queue' ELSE reason END, ",
    news!(),
    " WHERE settled_at IS NULL AND state = 'queued' AND due_at <= $1 AND expires_at <= $1"
);
pub(super) const BURY_ALL: &str = "UPDATE messages SET state = 'dead', settled_at = $1, payload = NULL,
  reason = 'its key file is lost' WHERE settled_at IS NULL";
pub(super) const NEXT_DUE: &str = "SELECT MIN(due_at) FROM messages WHERE settled_at IS NULL AND state = 'queued'";
pub(super) const QUEUED: &str = "SELECT COUNT(*) FROM messages WHERE settled_at IS NULL AND state = 'queued'";
/// By the provider's id alone: SQLite would read the whole project, if it were not kept from that by `|| ''`.
pub(super) const FIND_BY_RECEIPT: &str = "SELECT id, state FROM messages
 WHERE provider_message = $1 AND project_id || '' = $2 AND provider = $3";
pub(super) const RECEIPT: &str = concat!(
    "UPDATE messages SET state = $1, reason = $2, receipt_at = $3, ",
    news!(),
    " WHERE id = $4 AND state = 'sent'"
);
pub(super) const LISTEN: &str = "INSERT INTO message_listeners (project_id) VALUES ($1) ON CONFLICT DO NOTHING";
pub(super) const UNLISTEN: &str = "DELETE FROM message_listeners WHERE project_id = $1";
pub(super) const HAS_NEWS: &str = "SELECT 1 FROM messages WHERE news = TRUE LIMIT 1";
macro_rules! list_news {
    ($lock:literal) => {
        concat!(
            "SELECT id, project_id, verification_id, channel, purpose, target_mask, state, told, provider, reason,
  COALESCE(settled_at, created_at) FROM messages WHERE news = TRUE ORDER BY id LIMIT $1",
            $lock
        )
    };
}
pub(super) const LIST_NEWS: &str = list_news!("");
/// A receipt waits until what is told now is written down.
pub(super) const LIST_NEWS_ON_POSTGRES: &str = list_news!(" FOR UPDATE SKIP LOCKED");
pub(super) const TOLD: &str = "UPDATE messages SET news = FALSE, told = $1 WHERE id = $2";
macro_rules! select {
    ($rest:expr) => {
        concat!(
            "SELECT id, project_id, channel, purpose, target_mask, state, provider, reason, tries, created_at, settled_at,
  receipt_at FROM messages ",
            $rest
        )
    };
}
pub(super) const LIST_DEAD: &str =
    select!("WHERE state = 'dead' AND created_at > $1 ORDER BY created_at DESC LIMIT 100");
pub(super) const COUNT_DEAD: &str = "SELECT COUNT(*) FROM messages WHERE state = 'dead' AND created_at > $1";
pub(super) const FIND: &str = select!("WHERE project_id = $1 AND id = $2");
/// What is not asked for is an empty text. The ids, which begin with the time, are the order. The states that an operator
/// looks for are rare and have indexes of their own, which the databases take only for a text that names the state.
macro_rules! wanted {
    ($state:literal) => {
        select!(concat!(
            "WHERE project_id = $1 AND id >= $2 AND id < $3 AND ($4 = '' OR channel = $4) AND ",
            $state,
            " ORDER BY id DESC LIMIT $5"
        ))
    };
}
pub(super) const LIST: &str = wanted!("state <> ''");
pub(super) const LIST_REFUSED: &str = wanted!("state = 'refused'");
pub(super) const LIST_UNDELIVERED: &str = wanted!("state = 'undelivered'");
pub(super) const LIST_DEAD_OF: &str = wanted!("state = 'dead'");
pub(super) const LIST_IN_STATE: &str = select!(
    "WHERE project_id = $1 AND id >= $2 AND id < $3 AND ($4 = '' OR channel = $4) AND state = $5
 ORDER BY id DESC LIMIT $6"
);
pub(super) const COUNT_BY_STATE: &str = "SELECT state, COUNT(*) FROM messages WHERE project_id = $1 AND id >= $2
 GROUP BY state ORDER BY state";
pub(super) const COUNT_DEAD_OF: &str =
    "SELECT COUNT(*) FROM messages WHERE project_id = $1 AND id >= $2 AND state = 'dead'";
pub(super) const PURGE: &str = "DELETE FROM messages WHERE id IN (
  SELECT id FROM messages WHERE id < $1 AND settled_at IS NOT NULL ORDER BY id LIMIT 1000)";

#[cfg(test)]
pub(crate) const ALL: &[&str] = &[
    INSERT,
    CLAIM,
    STORE,
    TRY_NEXT,
    SETTLE,
    RETRY,
    REQUEUE_LOST,
    BURY_LOST,
    BURY_EXPIRED,
    BURY_ALL,
    NEXT_DUE,
    QUEUED,
    FIND_BY_RECEIPT,
    RECEIPT,
    LISTEN,
    UNLISTEN,
    HAS_NEWS,
    LIST_NEWS,
    TOLD,
    LIST_DEAD,
    COUNT_DEAD,
    FIND,
    LIST,
    LIST_REFUSED,
    LIST_UNDELIVERED,
    LIST_DEAD_OF,
    LIST_IN_STATE,
    COUNT_BY_STATE,
    COUNT_DEAD_OF,
    PURGE,
];
