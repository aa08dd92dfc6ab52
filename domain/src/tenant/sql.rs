//! The statements of this noun.

macro_rules! columns {
    () => {
        "id, name, details, created_at, updated_at"
    };
}

/// The project's own account is there without a row, until somebody changes it: $1 to $4 are what it is without one.
macro_rules! all {
    () => {
        "(SELECT CAST($1 AS TEXT) AS id, CAST($2 AS TEXT) AS name, '{}' AS details, CAST($3 AS BIGINT) AS created_at,
   CAST($3 AS BIGINT) AS updated_at, CAST($4 AS TEXT) AS folded_name
  WHERE NOT EXISTS (SELECT 1 FROM tenants WHERE project_id = $5 AND id = $5)
  UNION ALL SELECT id, name, details, created_at, updated_at, folded_name FROM tenants
  WHERE project_id = $5 AND deleted_at IS NULL) a
 WHERE ($6 = '' OR replace(folded_name, $6, '') <> folded_name)
  AND ($7 = '' OR replace($7, ',' || id || ',', '') <> $7)"
    };
}

macro_rules! list {
    ($order:literal) => {
        concat!("SELECT ", columns!(), " FROM ", all!(), " ORDER BY ", $order, " LIMIT $8 OFFSET $9")
    };
}

pub(super) const COUNT: &str = concat!("SELECT COUNT(*) FROM ", all!());
pub(super) const BY_TIME: &str = list!("created_at, id");
pub(super) const BY_TIME_DOWN: &str = list!("created_at DESC, id DESC");
pub(super) const BY_NAME: &str = list!("folded_name, id");
pub(super) const BY_NAME_DOWN: &str = list!("folded_name DESC, id DESC");
pub(super) const BY_ID: &str = list!("id");
pub(super) const BY_ID_DOWN: &str = list!("id DESC");

pub(super) const FIND: &str =
    concat!("SELECT ", columns!(), ", deleted_at FROM tenants WHERE project_id = $1 AND id = $2");
/// One that was removed comes back as it is made anew.
pub(super) const INSERT: &str =
    "INSERT INTO tenants (project_id, id, name, folded_name, details, created_at, updated_at, deleted_at)
 VALUES ($1, $2, $3, $4, $5, $6, $7, NULL)
 ON CONFLICT (project_id, id) DO UPDATE SET name = excluded.name, folded_name = excluded.folded_name,
  details = excluded.details, created_at = excluded.created_at, updated_at = excluded.updated_at, deleted_at = NULL
  WHERE tenants.deleted_at IS NOT NULL";
pub(super) const UPDATE: &str = "UPDATE tenants SET name = $1, folded_name = $2, details = $3, updated_at = $4
 WHERE project_id = $5 AND id = $6";
pub(super) const DELETE: &str =
    "UPDATE tenants SET deleted_at = $1 WHERE project_id = $2 AND id = $3 AND deleted_at IS NULL";

/// Removed accounts are nobody's.
pub(super) const LIST_OF_USER: &str = "SELECT m.tenant_id, m.active FROM memberships m
 LEFT JOIN tenants t ON t.project_id = m.project_id AND t.id = m.tenant_id
 WHERE m.project_id = $1 AND m.user_id = $2 AND t.deleted_at IS NULL ORDER BY m.created_at, m.tenant_id";
pub(super) const JOIN: &str =
    "INSERT INTO memberships (project_id, user_id, tenant_id, active, created_at) VALUES ($1, $2, $3, $4, $5)
 ON CONFLICT DO NOTHING";
pub(super) const ACTIVATE: &str =
    "UPDATE memberships SET active = (tenant_id = $1) WHERE project_id = $2 AND user_id = $3";
/// Whoever changes the memberships of a user waits for others who do.
pub(super) const HOLD: &str = "UPDATE memberships SET active = active WHERE project_id = $1 AND user_id = $2";
pub(super) const LEAVE: &str = "DELETE FROM memberships WHERE project_id = $1 AND user_id = $2 AND tenant_id = $3";
pub(super) const DELETE_OF_USER: &str = "DELETE FROM memberships WHERE project_id = $1 AND user_id = $2";
/// SQLite would read all memberships of the project, if it were not kept from that by `|| ''`.
pub(super) const DELETE_OF_TENANT: &str = "DELETE FROM memberships WHERE project_id || '' = $1 AND tenant_id = $2";

#[cfg(test)]
pub(crate) const ALL: &[&str] = &[
    COUNT,
    BY_TIME,
    BY_TIME_DOWN,
    BY_NAME,
    BY_NAME_DOWN,
    BY_ID,
    BY_ID_DOWN,
    FIND,
    INSERT,
    UPDATE,
    DELETE,
    LIST_OF_USER,
    JOIN,
    ACTIVATE,
    HOLD,
    LEAVE,
    DELETE_OF_USER,
    DELETE_OF_TENANT,
];
