//! The statements of this noun.

macro_rules! columns {
    () => {
        "id, project_id, name, url, events, enabled, off_reason, sealed, previous_until, failing_since, created_at, \
         updated_at, enabled_at"
    };
}
macro_rules! delivery {
    () => {
        "id, project_id, webhook_id, event, payload, state, attempts, tries, due_at, created_at, settled_at"
    };
}

pub(super) const HAS_PROJECT: &str = "SELECT 1 FROM projects WHERE id = $1";
pub(super) const INSERT: &str =
    "INSERT INTO webhooks (id, project_id, name, url, events, enabled, off_reason, sealed, previous_until, failing_since,
  created_at, updated_at, enabled_at)
 VALUES ($1, $2, $3, $4, $5, TRUE, '', $6, NULL, NULL, $7, $7, $7)";
pub(super) const FIND: &str = concat!("SELECT ", columns!(), " FROM webhooks WHERE id = $1 AND project_id = $2");
pub(super) const FIND_ANY: &str = concat!("SELECT ", columns!(), " FROM webhooks WHERE id = $1");
pub(super) const LIST: &str =
    concat!("SELECT ", columns!(), " FROM webhooks WHERE project_id = $1 ORDER BY created_at, id");
pub(super) const LIST_ALL: &str = concat!("SELECT ", columns!(), " FROM webhooks ORDER BY project_id, created_at, id");
pub(super) const UPDATE: &str =
    "UPDATE webhooks SET name = $1, url = $2, events = $3, enabled = $4, off_reason = $5, failing_since = $6,
  updated_at = $7, enabled_at = $8 WHERE id = $9";
pub(super) const SET_SECRET: &str =
    "UPDATE webhooks SET sealed = $1, previous_until = $2, updated_at = $3 WHERE id = $4";
pub(super) const LOSE_SECRET: &str =
    "UPDATE webhooks SET sealed = $1, previous_until = NULL, enabled = FALSE, off_reason = $2, updated_at = $3
 WHERE id = $4";
pub(super) const DELETE: &str = "DELETE FROM webhooks WHERE id = $1 AND project_id = $2";
pub(super) const DELETE_DELIVERIES: &str = "DELETE FROM webhook_deliveries WHERE webhook_id = $1";
pub(super) const SWITCH_OFF: &str = "UPDATE webhooks SET enabled = FALSE, off_reason = $1, updated_at = $2
 WHERE id = $3 AND enabled = TRUE";
pub(super) const IS_FAILING: &str = "UPDATE webhooks SET failing_since = $1 WHERE id = $2 AND failing_since IS NULL";
pub(super) const IS_WELL: &str = "UPDATE webhooks SET failing_since = NULL WHERE id = $1 AND failing_since IS NOT NULL";

/// A row that is there stays where it is, but is held until the commit: nobody tells the project's events meanwhile.
pub(super) const ENSURE_CURSOR: &str = "INSERT INTO webhook_cursors (project_id, seq) VALUES ($1, $2)
 ON CONFLICT (project_id) DO UPDATE SET seq = webhook_cursors.seq";
/// Of several workers one tells a project's events; the others wait here and then find them told.
pub(super) const LOCK_CURSOR: &str = "UPDATE webhook_cursors SET seq = seq WHERE project_id = $1 RETURNING seq";
pub(super) const MOVE_CURSOR: &str = "UPDATE webhook_cursors SET seq = $1 WHERE project_id = $2";
pub(super) const DELETE_CURSOR: &str = "DELETE FROM webhook_cursors WHERE project_id = $1";
pub(super) const REWIND_CURSORS: &str = "UPDATE webhook_cursors SET seq = (
  SELECT COUNT(*) FROM audit_events WHERE audit_events.project_id = webhook_cursors.project_id)";
pub(super) const LIST_BEHIND: &str = "SELECT c.project_id FROM webhook_cursors c
 JOIN audit_heads h ON h.project_id = c.project_id WHERE h.seq > c.seq ORDER BY c.project_id";

pub(super) const ENQUEUE: &str =
    "INSERT INTO webhook_deliveries (id, project_id, webhook_id, event, payload, state, attempts, tries, due_at,
  created_at, settled_at)
 VALUES ($1, $2, $3, $4, $5, 'queued', 0, '[]', $6, $7, NULL)";
pub(super) const LIST_WAITING: &str = "SELECT w.id, (
  SELECT MIN(d.due_at) FROM webhook_deliveries d WHERE d.webhook_id = w.id AND d.state = 'queued')
 FROM webhooks w WHERE w.enabled = TRUE ORDER BY w.id";
macro_rules! claim {
    ($lock:literal) => {
        concat!(
            "UPDATE webhook_deliveries SET state = 'sending', attempts = attempts + 1, due_at = $1 WHERE id IN (
  SELECT id FROM webhook_deliveries WHERE webhook_id = $2 AND state = 'queued' AND due_at <= $3 ORDER BY due_at LIMIT $4",
            $lock,
            ") RETURNING ",
            delivery!()
        )
    };
}
pub(super) const CLAIM: &str = claim!("");
/// Several nodes take different rows.
pub(super) const CLAIM_ON_POSTGRES: &str = claim!(" FOR UPDATE SKIP LOCKED");
/// Only while nobody else has leased it since: another attempt has another number.
pub(super) const SETTLE: &str = "UPDATE webhook_deliveries SET state = $1, tries = $2, due_at = $3, settled_at = $4
 WHERE id = $5 AND settled_at IS NULL AND attempts = $6";
pub(super) const REQUEUE_LOST: &str =
    "UPDATE webhook_deliveries SET state = 'queued', due_at = $1 WHERE state = 'sending' AND due_at < $2";

pub(super) const FIND_DELIVERY: &str =
    concat!("SELECT ", delivery!(), " FROM webhook_deliveries WHERE id = $1 AND project_id = $2");
macro_rules! list {
    ($more:literal, $before:literal, $limit:literal) => {
        concat!(
            "SELECT ",
            delivery!(),
            " FROM webhook_deliveries WHERE ",
            $more,
            " AND id < ",
            $before,
            " ORDER BY id DESC LIMIT ",
            $limit
        )
    };
}
pub(super) const LIST_DELIVERIES: &str = list!("project_id = $1", "$2", "$3");
pub(super) const LIST_IN_STATE: &str = list!("project_id = $1 AND state = $2", "$3", "$4");
/// By the project's index: a project has few webhooks.
pub(super) const LIST_OF_WEBHOOK: &str = list!("project_id = $1 AND webhook_id = $2", "$3", "$4");
pub(super) const LIST_OF_WEBHOOK_IN_STATE: &str = list!("webhook_id = $1 AND state = $2", "$3", "$4");
pub(super) const REPLAY: &str =
    "UPDATE webhook_deliveries SET state = 'queued', attempts = 0, tries = $1, due_at = $2, settled_at = NULL
 WHERE id = $3 AND (state = 'dead' OR state = 'done')";
pub(super) const COUNT_DEAD: &str = "SELECT COUNT(*) FROM webhook_deliveries WHERE webhook_id = $1 AND state = 'dead'";
pub(super) const COUNT_QUEUED: &str =
    "SELECT COUNT(*) FROM (SELECT 1 FROM webhook_deliveries WHERE webhook_id = $1 AND state = 'queued' LIMIT $2) AS q";

pub(super) const PURGE_DONE: &str = "DELETE FROM webhook_deliveries WHERE id < $1 AND id IN (
  SELECT id FROM webhook_deliveries WHERE id < $1 AND state = 'done' ORDER BY id LIMIT 1000)";
/// Whatever its state: what waited so long belongs to a webhook that is off.
pub(super) const PURGE_OLD: &str = "DELETE FROM webhook_deliveries WHERE id < $1 AND id IN (
  SELECT id FROM webhook_deliveries WHERE id < $1 ORDER BY id LIMIT 1000)";

#[cfg(test)]
pub(crate) const ALL: &[&str] = &[
    HAS_PROJECT,
    INSERT,
    FIND,
    FIND_ANY,
    LIST,
    LIST_ALL,
    UPDATE,
    SET_SECRET,
    LOSE_SECRET,
    DELETE,
    DELETE_DELIVERIES,
    SWITCH_OFF,
    IS_FAILING,
    IS_WELL,
    ENSURE_CURSOR,
    LOCK_CURSOR,
    MOVE_CURSOR,
    DELETE_CURSOR,
    REWIND_CURSORS,
    LIST_BEHIND,
    ENQUEUE,
    LIST_WAITING,
    CLAIM,
    SETTLE,
    REQUEUE_LOST,
    FIND_DELIVERY,
    LIST_DELIVERIES,
    LIST_IN_STATE,
    LIST_OF_WEBHOOK,
    LIST_OF_WEBHOOK_IN_STATE,
    REPLAY,
    COUNT_DEAD,
    COUNT_QUEUED,
    PURGE_DONE,
    PURGE_OLD,
];
/// Understood by PostgreSQL alone.
#[cfg(test)]
pub(crate) const ON_POSTGRES: &[&str] = &[CLAIM_ON_POSTGRES];
