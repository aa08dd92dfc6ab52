//! Appwrite and Nuvix: users as their API lists them.

use countersign_domain::signin::import::Candidate;

use super::fields::Fields;
use super::{Parsed, Refusal, contact, hash};

pub(super) fn read(fields: &mut Fields) -> Result<Parsed, Refusal> {
    let options = fields.object("hashOptions")?.unwrap_or_default();
    let (password, name) = (fields.text("password")?, fields.text("hash")?);
    let password = match password {
        Some(password) => Some(hash::named(name.as_deref().unwrap_or("argon2"), options, password)?),
        None => None,
    };
    let (email_verified, phone_verified) = (fields.flag("emailVerification")?, fields.flag("phoneVerification")?);
    let registered_at = fields.time("registration")?;
    Ok(Candidate {
        id: fields.text("$id")?,
        email: contact(fields.text("email")?, email_verified == Some(true)),
        phone: contact(fields.text("phone")?, phone_verified == Some(true)),
        name: fields.text("name")?.unwrap_or_default(),
        blocked: fields.flag("status")? == Some(false),
        mfa: fields.flag("mfa")? == Some(true),
        labels: fields.texts("labels")?,
        prefs: fields.object("prefs")?.unwrap_or_default(),
        password,
        password_at: fields.time("passwordUpdate")?,
        signed_in_at: fields.time("accessedAt")?,
        created_at: registered_at.or(fields.time("$createdAt")?),
        updated_at: fields.time("$updatedAt")?,
        ..Candidate::default()
    }
    .into())
}
