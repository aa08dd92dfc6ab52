//! The statements that join nouns.

/// A session with its account.
macro_rules! session_and_user {
    ($condition:literal) => {
        concat!(
            "SELECT s.id, s.user_id, s.provider, s.provider_uid, s.factors, s.mfa_at, s.address, s.agent, s.created_at,
  s.updated_at, s.expires_at, u.id, u.origin, u.pending, u.blocked, u.name, u.email, u.email_proof, u.phone,
  u.phone_proof, u.phone_claim, u.mfa, u.labels, u.prefs, u.proved_at, u.signed_in_at, u.created_at, u.updated_at,
  u.totp, u.password_at, u.mfa_phone, u.mfa_bypass
 FROM sessions s JOIN users u ON u.project_id = s.project_id AND u.id = s.user_id
 WHERE s.id = $1 AND s.project_id = $2",
            $condition
        )
    };
}
pub(super) const FIND_WITH_USER: &str = session_and_user!(" AND s.hash = $3");
pub(super) const FIND_BY_ID_WITH_USER: &str = session_and_user!("");
/// A user with what an export has of him beside it; the authenticator only if it is verified. The accounts that he belongs
/// to are a line each, in parts with tabs between them: neither can be in an id or a name.
macro_rules! export {
    ($order:literal) => {
        concat!(
            "SELECT u.id, u.origin, u.pending, u.blocked, u.name, u.email, u.email_proof, u.phone, u.phone_proof,
  u.phone_claim, u.mfa, u.labels, u.prefs, u.proved_at, u.signed_in_at, u.created_at, u.updated_at, u.totp,
  u.password_at, u.mfa_phone, u.mfa_bypass, p.sealed, p.changed_at, a.id, a.sealed, a.last_step, a.verified_at, a.created_at,
  (SELECT COUNT(*) FROM recovery_codes c WHERE c.project_id = u.project_id AND c.user_id = u.id),
  u.external_id, u.vendor_metadata,
  (SELECT string_agg(m.tenant_id || '\t' || COALESCE(t.name, '') || '\t' || CASE WHEN m.active THEN '1' ELSE '0' END
    || '\t' || CAST(m.created_at AS TEXT), '\n')
   FROM memberships m LEFT JOIN tenants t ON t.project_id = m.project_id AND t.id = m.tenant_id
   WHERE m.project_id = u.project_id AND m.user_id = u.id AND t.deleted_at IS NULL)
 FROM users u LEFT JOIN passwords p ON p.project_id = u.project_id AND p.user_id = u.id
 LEFT JOIN authenticators a ON a.project_id = u.project_id AND a.user_id = u.id AND a.kind = 'totp'
  AND a.verified_at IS NOT NULL
 WHERE u.project_id = $1 AND u.pending = FALSE ORDER BY u.id",
            $order
        )
    };
}
pub(super) const EXPORT: &str = export!("");
/// In the same order: of bytes, whatever the language of the database.
pub(super) const EXPORT_ON_POSTGRES: &str = export!(" COLLATE \"C\"");
/// Requests and guesses for one number wait for each other at its row and nowhere else, so that none of them holds what
/// another needs. On SQLite there is one writer, and nothing to wait for.
pub(super) const LOCK_TARGET_ON_POSTGRES: &str = "SELECT 1 FROM targets WHERE project_id = $1
  AND target = (SELECT target FROM handles WHERE hash = $2 AND state = 'live') FOR UPDATE";
/// The same for the tokens of a user, whose tries are counted on all of them.
pub(super) const LOCK_TOKENS_ON_POSTGRES: &str =
    "SELECT 1 FROM targets WHERE project_id = $1 AND target = $2 FOR UPDATE";
pub(super) const FIND_IDEMPOTENT: &str =
    "SELECT request, answer FROM idempotency_keys WHERE project_id = $1 AND hash = $2 AND created_at > $3";
pub(super) const INSERT_IDEMPOTENT: &str =
    "INSERT INTO idempotency_keys (project_id, hash, request, answer, created_at) VALUES ($1, $2, $3, $4, $5)
 ON CONFLICT (project_id, hash) DO UPDATE SET request = excluded.request, answer = excluded.answer,
  created_at = excluded.created_at";
pub(super) const PURGE_IDEMPOTENT: &str = "DELETE FROM idempotency_keys WHERE created_at < $1";
/// Messages of a provider whose codes were shown, and of which that is not written down yet. What else ends a code leaves
/// its handles as they were.
pub(super) const LIST_SHOWN: &str =
    "SELECT m.id, m.provider_message FROM messages m JOIN verifications v ON v.id = m.verification_id
 WHERE m.project_id = $1 AND m.id >= $2 AND m.state = 'sent' AND m.provider = $3 AND v.consumed_at IS NOT NULL
  AND EXISTS (SELECT 1 FROM handles h WHERE h.verification_id = v.id AND h.state = 'used') ORDER BY m.id LIMIT $4";
pub(super) const FORGET_FACTORS: &str =
    "UPDATE users SET totp = FALSE, password_at = NULL WHERE totp = TRUE OR password_at IS NOT NULL";
/// Everything a project holds, for its removal. Budgets go too: the project is gone. So do its audit events: they are
/// about people whom nobody serves any more. Their head goes first, because a worker begins there, and last, because a
/// worker that just began the chain has made it meanwhile.
pub(super) const DELETE_PROJECT_ROWS: [&str; 25] = [
    "DELETE FROM audit_heads WHERE project_id = $1",
    "DELETE FROM audit_events WHERE project_id = $1",
    "DELETE FROM audit_heads WHERE project_id = $1",
    "DELETE FROM sessions WHERE project_id = $1",
    "DELETE FROM spent_secrets WHERE project_id = $1",
    "DELETE FROM tenants WHERE project_id = $1",
    "DELETE FROM memberships WHERE project_id = $1",
    "DELETE FROM users WHERE project_id = $1",
    "DELETE FROM passwords WHERE project_id = $1",
    "DELETE FROM contacts WHERE project_id = $1",
    "DELETE FROM authenticators WHERE project_id = $1",
    "DELETE FROM recovery_sets WHERE project_id = $1",
    "DELETE FROM recovery_codes WHERE project_id = $1",
    "DELETE FROM devices WHERE project_id = $1",
    "DELETE FROM handles WHERE project_id = $1",
    "DELETE FROM verifications WHERE project_id = $1",
    "DELETE FROM messages WHERE project_id = $1",
    "DELETE FROM targets WHERE project_id = $1",
    "DELETE FROM budgets WHERE project_id = $1",
    "DELETE FROM idempotency_keys WHERE project_id = $1",
    "DELETE FROM signing_keys WHERE project_id = $1",
    "DELETE FROM webhooks WHERE project_id = $1",
    "DELETE FROM webhook_deliveries WHERE project_id = $1",
    "DELETE FROM webhook_cursors WHERE project_id = $1",
    "DELETE FROM message_listeners WHERE project_id = $1",
];

#[cfg(test)]
pub(crate) const ALL: &[&str] = &[
    FIND_WITH_USER,
    FIND_BY_ID_WITH_USER,
    EXPORT,
    FIND_IDEMPOTENT,
    INSERT_IDEMPOTENT,
    PURGE_IDEMPOTENT,
    LIST_SHOWN,
    FORGET_FACTORS,
];
/// Understood by PostgreSQL alone.
#[cfg(test)]
pub(crate) const ON_POSTGRES: &[&str] = &[LOCK_TARGET_ON_POSTGRES, LOCK_TOKENS_ON_POSTGRES, EXPORT_ON_POSTGRES];
