//! The statements of this noun.

/// Locks the row of a target until the end of the transaction, making it if there is none. SQLite has one writer, and
/// needs no lock.
pub(super) const LOCK_TARGET_ON_POSTGRES: &str =
    "INSERT INTO targets (project_id, target, day_at, day_sends, failures, cooldowns, origins, converted_at, updated_at)
 VALUES ($1, $2, $3, 0, 0, '', '', NULL, $3)
 ON CONFLICT (project_id, target) DO UPDATE SET updated_at = excluded.updated_at
 RETURNING day_at, day_sends, failures, cooldowns, converted_at";
pub(super) const FIND_TARGET: &str =
    "SELECT day_at, day_sends, failures, cooldowns, converted_at FROM targets WHERE project_id = $1 AND target = $2";
/// Locks the row of a target, if there is one, on both databases alike.
pub(super) const LOCK_FAILURES: &str =
    "UPDATE targets SET updated_at = $1 WHERE project_id = $2 AND target = $3 RETURNING failures";
pub(super) const STORE_TARGET: &str =
    "INSERT INTO targets (project_id, target, day_at, day_sends, failures, cooldowns, origins, converted_at, updated_at)
 VALUES ($1, $2, $3, $4, 0, $5, '', NULL, $6)
 ON CONFLICT (project_id, target) DO UPDATE SET day_at = excluded.day_at, day_sends = excluded.day_sends,
  cooldowns = excluded.cooldowns, updated_at = excluded.updated_at";
pub(super) const TARGET_FAILED: &str =
    "UPDATE targets SET failures = failures + 1 WHERE project_id = $1 AND target = $2";
/// Below a hundred failures a proof by the code itself ends the row of them (NIST SP 800-63B §5.2.2).
/// The newest eight networks are kept, 24 characters each.
pub(super) const TARGET_PROVED: &str = "UPDATE targets SET cooldowns = '', converted_at = $1, updated_at = $1,
  failures = CASE WHEN failures < 100 THEN 0 ELSE failures END, origins = SUBSTR($2 || origins, 1, 192)
 WHERE project_id = $3 AND target = $4";
pub(super) const TARGET_FORGIVEN: &str =
    "UPDATE targets SET failures = 0 WHERE project_id = $1 AND target = $2 AND failures >= $3";
/// Waits for nobody: whoever holds this row may wait for the one that the caller holds.
pub(super) const TARGET_FORGIVEN_ON_POSTGRES: &str = "UPDATE targets SET failures = 0 WHERE (project_id, target) IN (
  SELECT project_id, target FROM targets WHERE project_id = $1 AND target = $2 AND failures >= $3
  FOR UPDATE SKIP LOCKED)";
pub(super) const PURGE_TARGETS: &str = "DELETE FROM targets WHERE updated_at < $1 AND failures < 100";

pub(super) const FIND_ORIGINS: &str = "SELECT origins FROM targets WHERE project_id = $1 AND target = $2";

pub(super) const FIND_BUDGET: &str =
    "SELECT window_at, used, good FROM budgets WHERE project_id = $1 AND kind = $2 AND key = $3";
macro_rules! add_budget {
    ($answer:literal) => {
        concat!(
            "INSERT INTO budgets (project_id, kind, key, window_at, used, good)
 VALUES ($1, $2, $3, $4, $5, $6)
 ON CONFLICT (project_id, kind, key) DO UPDATE SET
  used = CASE WHEN budgets.window_at < excluded.window_at THEN excluded.used ELSE budgets.used + excluded.used END,
  good = CASE WHEN budgets.window_at < excluded.window_at THEN excluded.good ELSE budgets.good + excluded.good END,
  window_at = CASE WHEN budgets.window_at < excluded.window_at THEN excluded.window_at ELSE budgets.window_at END",
            $answer
        )
    };
}
pub(super) const ADD_BUDGET: &str = add_budget!(" RETURNING window_at, used, good");
/// The same where nobody needs the answer.
pub(super) const PUT_BUDGET: &str = add_budget!("");
pub(super) const CLEAR_BUDGET: &str =
    "UPDATE budgets SET used = 0, good = 0 WHERE project_id = $1 AND kind = $2 AND key = $3";
pub(super) const PURGE_BUDGETS: &str = "DELETE FROM budgets WHERE window_at < $1";

#[cfg(test)]
pub(crate) const ALL: &[&str] = &[
    LOCK_TARGET_ON_POSTGRES,
    FIND_TARGET,
    LOCK_FAILURES,
    STORE_TARGET,
    TARGET_FAILED,
    TARGET_PROVED,
    TARGET_FORGIVEN,
    PURGE_TARGETS,
    FIND_ORIGINS,
    FIND_BUDGET,
    ADD_BUDGET,
    PUT_BUDGET,
    CLEAR_BUDGET,
    PURGE_BUDGETS,
];
