//! The statements of this noun.

pub(super) const INSERT: &str = "INSERT INTO projects (id, name, settings, providers, created_at, updated_at)
 VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT DO NOTHING";
pub(super) const FIND: &str =
    "SELECT id, name, settings, providers, created_at, updated_at FROM projects WHERE id = $1";
pub(super) const LIST: &str =
    "SELECT id, name, settings, providers, created_at, updated_at FROM projects ORDER BY created_at, id";
pub(super) const FIND_BRIEFLY: &str = "SELECT id, name, created_at, updated_at FROM projects WHERE id = $1";
pub(super) const LIST_BRIEFLY: &str = "SELECT id, name, created_at, updated_at FROM projects
 WHERE (created_at, id) > ($1, $2) ORDER BY created_at, id LIMIT $3";
/// Changes nothing.
pub(super) const LOCK: &str = "UPDATE projects SET updated_at = updated_at WHERE id = $1";
pub(super) const UPDATE: &str =
    "UPDATE projects SET name = $1, settings = $2, providers = $3, updated_at = $4 WHERE id = $5";
pub(super) const COUNT: &str = "SELECT COUNT(*) FROM projects";
pub(super) const LIST_IDS: &str = "SELECT id FROM projects ORDER BY id";
pub(super) const SET_PROVIDERS: &str = "UPDATE projects SET providers = $1, updated_at = $2 WHERE id = $3";
pub(super) const DELETE: &str = "DELETE FROM projects WHERE id = $1";
pub(super) const DELETE_KEYS: &str = "DELETE FROM api_keys WHERE project_id = $1";
pub(super) const DELETE_PLATFORMS: &str = "DELETE FROM platforms WHERE project_id = $1";

pub(super) const INSERT_KEY: &str =
    "INSERT INTO api_keys (id, project_id, name, hash, scopes, expires_at, accessed_at, created_at)
 VALUES ($1, $2, $3, $4, $5, $6, NULL, $7) ON CONFLICT DO NOTHING";
pub(super) const FIND_KEY: &str = "SELECT id, project_id, name, scopes, expires_at, accessed_at, created_at
 FROM api_keys WHERE hash = $1 AND project_id = $2";
pub(super) const FIND_KEY_BY_ID: &str = "SELECT id, project_id, name, scopes, expires_at, accessed_at, created_at
 FROM api_keys WHERE project_id = $1 AND id = $2";
pub(super) const LIST_KEYS: &str = "SELECT id, project_id, name, scopes, expires_at, accessed_at, created_at
 FROM api_keys WHERE project_id = $1 ORDER BY created_at, id";
pub(super) const DELETE_KEY: &str = "DELETE FROM api_keys WHERE project_id = $1 AND id = $2 RETURNING name";
pub(super) const TOUCH_KEY: &str = "UPDATE api_keys SET accessed_at = $1 WHERE id = $2";

pub(super) const INSERT_PLATFORM: &str =
    "INSERT INTO platforms (id, project_id, name, hostname, created_at) VALUES ($1, $2, $3, $4, $5)";
pub(super) const LIST_PLATFORMS: &str =
    "SELECT id, name, hostname, created_at FROM platforms WHERE project_id = $1 ORDER BY created_at, id";
pub(super) const DELETE_PLATFORM: &str = "DELETE FROM platforms WHERE project_id = $1 AND id = $2 RETURNING hostname";

pub(super) const FIND_POLICY: &str =
    "SELECT id, created_at, updated_at FROM policies WHERE project_id = $1 AND kind = $2";
pub(super) const PUT_POLICY: &str = "INSERT INTO policies (project_id, kind, id, created_at, updated_at)
 VALUES ($1, $2, $3, $4, $4) ON CONFLICT (project_id, kind) DO UPDATE SET updated_at = excluded.updated_at";
pub(super) const DELETE_POLICIES: &str = "DELETE FROM policies WHERE project_id = $1";

#[cfg(test)]
pub(crate) const ALL: &[&str] = &[
    INSERT,
    FIND,
    LIST,
    FIND_BRIEFLY,
    LIST_BRIEFLY,
    UPDATE,
    LOCK,
    COUNT,
    LIST_IDS,
    SET_PROVIDERS,
    DELETE,
    DELETE_KEYS,
    DELETE_PLATFORMS,
    INSERT_KEY,
    FIND_KEY,
    FIND_KEY_BY_ID,
    LIST_KEYS,
    DELETE_KEY,
    TOUCH_KEY,
    INSERT_PLATFORM,
    LIST_PLATFORMS,
    DELETE_PLATFORM,
    FIND_POLICY,
    PUT_POLICY,
    DELETE_POLICIES,
];
