//! Supabase: rows of its table `auth.users`, or users as its admin API shows them.

use countersign_domain::base::Time;
use countersign_domain::signin::import::Candidate;

use super::fields::Fields;
use super::{Parsed, Refusal, contact, hash};

pub(super) fn read(fields: &mut Fields, now: Time) -> Result<Parsed, Refusal> {
    if fields.take("deleted_at").is_some() {
        return Ok(Parsed::Deleted);
    }
    let password = fields.text("encrypted_password")?.map(hash::told).transpose()?;
    let prefs = match fields.object("raw_user_meta_data")? {
        Some(prefs) => Some(prefs),
        None => fields.object("user_metadata")?,
    };
    let prefs = prefs.unwrap_or_default();
    let name = ["full_name", "name", "display_name"].iter().find_map(|name| prefs.get(*name)?.as_str());
    let name = name.unwrap_or_default().to_owned();
    let for_good = fields.is("banned_until", "infinity");
    let blocked = for_good || fields.time("banned_until")?.is_some_and(|until| until > now);
    // Numbers are stored without their plus.
    let phone = fields.text("phone")?.map(|phone| if phone.starts_with('+') { phone } else { format!("+{phone}") });
    let (email_at, phone_at) = (fields.time("email_confirmed_at")?, fields.time("phone_confirmed_at")?);
    Ok(Candidate {
        id: fields.text("id")?,
        email: contact(fields.text("email")?, email_at.is_some()),
        phone: contact(phone, phone_at.is_some()),
        name,
        blocked,
        prefs,
        password,
        signed_in_at: fields.time("last_sign_in_at")?,
        created_at: fields.time("created_at")?,
        updated_at: fields.time("updated_at")?,
        ..Candidate::default()
    }
    .into())
}
