//! The statements of this noun.

pub(super) const PUT: &str = "INSERT INTO admins (id, email, password_hash, created_at) VALUES ($1, $2, $3, $4)
 ON CONFLICT (email) DO UPDATE SET password_hash = excluded.password_hash";

pub(super) const EXISTS: &str = "SELECT 1 FROM admins WHERE email = $1";

#[cfg(test)]
pub(crate) const ALL: &[&str] = &[PUT, EXISTS];
