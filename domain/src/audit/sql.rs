//! The statements of this noun.

pub(super) const INSERT: &str =
    "INSERT INTO audit_events (id, project_id, at, event, actor, user_id, address, agent, detail)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
pub(super) const LIST: &str = "SELECT id, at, event, actor, user_id, address, agent, detail FROM audit_events
 WHERE project_id = $1 AND user_id = $2 ORDER BY at DESC, id DESC LIMIT $3 OFFSET $4";
pub(super) const COUNT: &str =
    "SELECT COUNT(*) FROM (SELECT 1 FROM audit_events WHERE project_id = $1 AND user_id = $2 LIMIT $3) AS counted";
/// What is not asked for is an empty text. The ids, which begin with the time, are the order.
macro_rules! wanted {
    ($of:literal, $from:literal, $below:literal, $event:literal, $actor:literal, $limit:literal) => {
        concat!(
            "SELECT id, at, event, actor, user_id, address, agent, detail FROM audit_events
 WHERE project_id = $1",
            $of,
            " AND id >= ",
            $from,
            " AND id < ",
            $below,
            " AND (",
            $event,
            " = '' OR event = ",
            $event,
            ") AND (",
            $actor,
            " = '' OR actor = ",
            $actor,
            ") ORDER BY id DESC LIMIT ",
            $limit
        )
    };
}
pub(super) const LIST_WANTED: &str = wanted!("", "$2", "$3", "$4", "$5", "$6");
pub(super) const LIST_WANTED_OF_USER: &str = wanted!(" AND user_id = $2", "$3", "$4", "$5", "$6", "$7");

/// Events with the head that they follow, in one statement: both are of the same instant. The inner LIMIT keeps the
/// database from sorting everything that waits.
pub(super) const LIST_UNCHAINED: &str = "SELECT e.id, e.at, e.event, e.actor, e.user_id, e.address, e.agent, e.detail,
  e.project_id, h.seq, h.hash
 FROM (SELECT * FROM audit_events WHERE seq IS NULL AND (at, id) > ($1, $2) ORDER BY at, id LIMIT $3) AS e
 LEFT JOIN audit_heads h ON h.project_id = e.project_id ORDER BY e.at, e.id";
pub(super) const INSERT_HEAD: &str =
    "INSERT INTO audit_heads (project_id, seq, hash) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
pub(super) const MOVE_HEAD: &str =
    "UPDATE audit_heads SET seq = $1, hash = $2 WHERE project_id = $3 AND seq = $4 AND hash = $5";
/// Without `seq IS NULL`, which would let PostgreSQL walk through all that wait for every single event.
pub(super) const CHAIN: &str = "UPDATE audit_events SET seq = $1, hash = $2 WHERE id = $3";
pub(super) const COUNT_AFTER: &str = "SELECT COUNT(*) FROM audit_events WHERE project_id = $1 AND seq > $2";

pub(super) const LIST_PROJECTS: &str =
    "SELECT project_id FROM audit_heads UNION SELECT project_id FROM audit_events ORDER BY project_id";
pub(super) const FIND_HEAD: &str = "SELECT seq, hash FROM audit_heads WHERE project_id = $1";
pub(super) const LIST_CHAINED: &str =
    "SELECT id, at, event, actor, user_id, address, agent, detail, seq, hash FROM audit_events
 WHERE project_id = $1 AND seq >= $2 ORDER BY seq LIMIT $3";
pub(super) const COUNT_UNCHAINED: &str = "SELECT COUNT(*) FROM audit_events WHERE project_id = $1 AND seq IS NULL";
pub(super) const FIND_UNCHAINED: &str =
    "SELECT id, at FROM audit_events WHERE project_id = $1 AND seq IS NULL ORDER BY at, id LIMIT 1";

pub(super) const UNCHAIN: &str = "UPDATE audit_events SET seq = NULL, hash = NULL WHERE seq IS NOT NULL";
pub(super) const DELETE_HEADS: &str = "DELETE FROM audit_heads";

#[cfg(test)]
pub(crate) const ALL: &[&str] = &[
    INSERT,
    LIST,
    COUNT,
    LIST_WANTED,
    LIST_WANTED_OF_USER,
    LIST_UNCHAINED,
    INSERT_HEAD,
    MOVE_HEAD,
    CHAIN,
    COUNT_AFTER,
    LIST_PROJECTS,
    FIND_HEAD,
    LIST_CHAINED,
    COUNT_UNCHAINED,
    FIND_UNCHAINED,
    UNCHAIN,
    DELETE_HEADS,
];
