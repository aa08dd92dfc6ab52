//! What a customer's own server does to accounts: what it says is so, without a proof.

use super::account::Password;
use super::finish::{First, Opening, SignedIn, open};
use super::start::Terms;
use super::{erase_access, erase_sessions};
use crate::audit::{self, What};
use crate::base::{Code, Ctx, Email, Phone, Result, Secret};
use crate::db::Tx;
use crate::device;
use crate::mfa::{self, Readable};
use crate::project::Project;
use crate::user::{self, Proof, User};
use crate::verification::{self, Purpose};
use crate::{password, session, tenant};

/// An account that a server makes. All of it may be left out.
#[derive(Clone, Debug, Default)]
pub struct NewUser {
    /// The id that it is to have.
    pub id: Option<String>,
    /// Its e-mail address.
    pub email: Option<Email>,
    /// Its number.
    pub phone: Option<Phone>,
    /// Its name, or empty.
    pub name: String,
}

/// What becomes of something that an account may have.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Set<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It is taken away.
    Clear,
    /// It is this from now on.
    To(T),
}

impl<T> Set<T> {
    /// Whether it stays, and what it is to be if it does not.
    const fn parts(&self) -> (bool, Option<&T>) {
        match self {
            Self::Keep => (true, None),
            Self::Clear => (false, None),
            Self::To(value) => (false, Some(value)),
        }
    }

    /// The value that it is to have, if any; from then on it stays.
    pub fn take(&mut self) -> Option<T> {
        match std::mem::take(self) {
            Self::To(value) => Some(value),
            Self::Keep | Self::Clear => None,
        }
    }
}

/// What a server changes about an account at once. What is `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The name.
    pub name: Option<String>,
    /// The e-mail address.
    pub email: Set<Email>,
    /// Whether the address that it then has is verified.
    pub email_verified: Option<bool>,
    /// The number.
    pub phone: Set<Phone>,
    /// Whether the number that it then has is verified.
    pub phone_verified: Option<bool>,
    /// The password.
    pub password: Set<Password>,
    /// Whether it is switched off.
    pub blocked: Option<bool>,
    /// Whether a second factor is asked for.
    pub mfa: Option<bool>,
    /// Whether nobody is to ask for one, whatever else is so.
    pub mfa_bypass: Option<bool>,
    /// The labels.
    pub labels: Option<Vec<String>>,
    /// The user's own object.
    pub prefs: Option<serde_json::Map<String, serde_json::Value>>,
    /// Entries of it: each with its value, or with none where it is taken away.
    pub entries: Vec<(&'static str, Option<String>)>,
    /// What the server's own system knows the user by.
    pub external_id: Set<String>,
    /// What only servers read: a JSON object as text.
    pub vendor_metadata: Set<String>,
}

/// Changes all that `change` names, or nothing.
pub fn update(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, id: &str, change: &Change) -> Result<User> {
    if let Some(name) = &change.name {
        user::update_name(tx, ctx, id, name)?;
    }
    if let (false, email) = change.email.parts() {
        update_email(tx, ctx, id, email)?;
    }
    if let Some(verified) = change.email_verified {
        verify_email(tx, ctx, id, verified)?;
    }
    if let (false, phone) = change.phone.parts() {
        update_phone(tx, ctx, id, phone)?;
    }
    if let Some(verified) = change.phone_verified {
        verify_phone(tx, ctx, id, verified)?;
    }
    if let (false, password) = change.password.parts() {
        update_password(tx, ctx, project, id, password)?;
    }
    if let Some(labels) = &change.labels {
        user::set_labels(tx, ctx, id, labels)?;
    }
    if let Some(prefs) = &change.prefs {
        user::update_prefs(tx, ctx, id, prefs)?;
    }
    set_entries(tx, ctx, id, &change.entries)?;
    if let (false, external_id) = change.external_id.parts() {
        user::set_external_id(tx, ctx, id, external_id.map(String::as_str))?;
    }
    if let (false, metadata) = change.vendor_metadata.parts() {
        user::set_vendor_metadata(tx, ctx, id, metadata.map(String::as_str))?;
    }
    if let Some(mfa) = change.mfa {
        set_mfa(tx, ctx, id, mfa)?;
    }
    if let Some(bypass) = change.mfa_bypass {
        set_mfa_bypass(tx, ctx, id, bypass)?;
    }
    if let Some(blocked) = change.blocked {
        set_blocked(tx, ctx, id, blocked)?;
    }
    user::get(tx, &ctx.project, id)
}

/// Changes entries of the user's own object.
pub(super) fn set_entries(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    id: &str,
    entries: &[(&'static str, Option<String>)],
) -> Result<()> {
    entries.iter().try_for_each(|(name, value)| user::set_pref(tx, ctx, id, name, value.as_deref()).map(drop))
}

/// Makes an account. A pending one holds nothing against it; `Code::UserExists` when its id, number or address is taken.
pub fn create(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    new: &NewUser,
    password: Option<&Password>,
) -> Result<User> {
    let made =
        user::NewByKey { id: new.id.as_deref(), email: new.email.as_ref(), phone: new.phone.as_ref(), name: &new.name };
    let mut user = user::create_by_key(tx, ctx, &made)?;
    if let Some(password) = password {
        user = password.store(tx, ctx, project, &user.id, None)?;
    }
    audit::record(tx, ctx, What::UserCreate, Some(&user.id), "{}")?;
    Ok(user)
}

/// Removes an account with every way into it. Its number and address are free; what was counted against them stays.
pub fn delete(tx: &mut Tx<'_>, ctx: &Ctx, id: &str) -> Result<()> {
    // First what is out and then the account, as whoever signs in does, so that neither waits for the other.
    verification::consume_of_user(tx, ctx, id)?;
    user::delete(tx, ctx, id)?;
    erase_access(tx, ctx, id)?;
    tenant::leave_all(tx, ctx, id)?;
    audit::record(tx, ctx, What::UserDelete, Some(id), "{}")
}

/// Gives an account another address, or none. It is trusted from now on, but not shown as verified.
pub fn update_email(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, email: Option<&Email>) -> Result<User> {
    let user = user::set_email_by_key(tx, ctx, id, email)?;
    device::delete_all(tx, ctx, id)?;
    audit::record(tx, ctx, What::EmailUpdate, Some(id), "{}")?;
    Ok(user)
}

/// Gives an account another number, or none. Whoever was signed in by the old one is signed out.
pub fn update_phone(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, phone: Option<&Phone>) -> Result<User> {
    let before = user::get(tx, &ctx.project, id)?;
    let user = user::set_phone_by_key(tx, ctx, id, phone)?;
    if before.phone.is_some() && before.phone != user.phone {
        erase_sessions(tx, ctx, id)?;
        device::delete_all(tx, ctx, id)?;
    }
    audit::record(tx, ctx, What::PhoneUpdate, Some(id), "{}")?;
    Ok(user)
}

/// Gives an account another password, or none. Its sessions end.
pub fn update_password(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    id: &str,
    new: Option<&Password>,
) -> Result<User> {
    user::get(tx, &ctx.project, id)?;
    let user = if let Some(new) = new {
        let stored = password::find(tx, ctx, id)?;
        new.store(tx, ctx, project, id, stored.as_ref())?
    } else {
        password::delete(tx, ctx, id)?;
        device::delete_all(tx, ctx, id)?;
        user::set_password_at(tx, ctx, id, None)?
    };
    if let Some(email) = &user.email {
        // A link that somebody asked for before must not undo this.
        verification::consume_all(tx, ctx, Purpose::Recovery, email.as_str())?;
    }
    erase_sessions(tx, ctx, id)?;
    audit::record(tx, ctx, What::PasswordUpdate, Some(id), "{}")?;
    Ok(user)
}

/// Says that the address is verified, or not. `Code::EmailNotFound` when there is none.
pub fn verify_email(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, verified: bool) -> Result<User> {
    let user = user::get(tx, &ctx.project, id)?;
    if user.email.is_none() {
        return Err(Code::EmailNotFound.into());
    }
    let proof = if verified { Proof::Vouched } else { Proof::Set };
    let user = user::set_email_proof(tx, ctx, id, proof)?;
    audit::record(tx, ctx, What::EmailVerify, Some(id), flag(verified))?;
    Ok(user)
}

/// Says that the number is verified, or not; one that the user only claimed becomes his. `Code::PhoneNotFound` when there
/// is none, `Code::PhoneTaken` when it is another account's.
pub fn verify_phone(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, verified: bool) -> Result<User> {
    let user = user::get(tx, &ctx.project, id)?;
    if user.pending {
        // Nobody signed in to it yet, so there is nobody whose number it could be.
        return Err(Code::UserNotFound.into());
    }
    let phone = user.shown_phone().cloned().ok_or(Code::PhoneNotFound)?;
    let user = if verified {
        user::prove_claim(tx, ctx, id, &phone, Proof::Vouched)?
    } else if user.phone_claim.is_some() {
        user
    } else {
        user::set_phone_proof(tx, ctx, id, Proof::Set)?
    };
    audit::record(tx, ctx, What::PhoneVerify, Some(id), flag(verified))?;
    Ok(user)
}

const fn flag(verified: bool) -> &'static str {
    if verified { r#"{"verified":true}"# } else { r#"{"verified":false}"# }
}

/// Asks for a second factor at the user's next request, or no more.
pub fn set_mfa(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, mfa: bool) -> Result<User> {
    let user = user::set_mfa(tx, ctx, id, mfa)?;
    device::delete_all(tx, ctx, id)?;
    let detail = if mfa { r#"{"mfa":true}"# } else { r#"{"mfa":false}"# };
    audit::record(tx, ctx, What::MfaUpdate, Some(id), detail)?;
    Ok(user)
}

/// Says that nobody is to ask the user for a second factor at his sign-in, or takes it back. For accounts of tests.
pub fn set_mfa_bypass(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, bypass: bool) -> Result<User> {
    let user = user::set_mfa_bypass(tx, ctx, id, bypass)?;
    let detail = if bypass { r#"{"mfaBypass":true}"# } else { r#"{"mfaBypass":false}"# };
    audit::record(tx, ctx, What::MfaUpdate, Some(id), detail)?;
    Ok(user)
}

/// Switches the account off or on. Its sessions stay and answer `Code::UserBlocked` while it is off; its devices are asked
/// for a second factor again.
pub fn set_blocked(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, blocked: bool) -> Result<User> {
    device::delete_all(tx, ctx, id)?;
    user::set_blocked(tx, ctx, id, blocked)
}

/// Opens a session for the user, whatever he can prove. A pending account becomes a user, as by a custom token.
/// `Code::UserBlocked` when it is switched off.
pub fn create_session(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, id: &str) -> Result<SignedIn> {
    let created = user::get(tx, &ctx.project, id)?.pending;
    let user = user::activate(tx, ctx, id)?;
    let opening = Opening { provider: "server", uid: "", factor: "server" };
    open(tx, ctx, project, &Terms::of(project), user, opening, First { created, verified: None })
}

/// Removes the authenticator app: it stops at once.
pub fn delete_app(tx: &mut Tx<'_>, ctx: &Ctx, id: &str) -> Result<()> {
    user::get(tx, &ctx.project, id)?;
    mfa::delete_authenticator(tx, ctx, id)?;
    user::set_totp(tx, ctx, id, false)?;
    device::delete_all(tx, ctx, id)?;
    audit::record(tx, ctx, What::AuthenticatorDelete, Some(id), "{}")
}

/// Takes the recovery codes away, or `Code::RecoveryCodesNotFound`.
pub fn delete_codes(tx: &mut Tx<'_>, ctx: &Ctx, id: &str) -> Result<()> {
    user::get(tx, &ctx.project, id)?;
    mfa::delete_recovery_codes(tx, ctx, id)?;
    audit::record(tx, ctx, What::RecoveryCodesDelete, Some(id), "{}")
}

/// Makes the user's first recovery codes, or others in their place.
pub fn make_codes(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, id: &str, again: bool) -> Result<Vec<Secret>> {
    user::get(tx, &ctx.project, id)?;
    let readable = project.settings.mfa.recovery_codes_readable;
    // No session made them, so none can read them again.
    let codes = if again {
        mfa::replace_recovery_codes(tx, ctx, id, "", readable)?
    } else {
        mfa::create_recovery_codes(tx, ctx, id, "", readable)?
    };
    let what = if again { What::RecoveryCodesUpdate } else { What::RecoveryCodesCreate };
    audit::record(tx, ctx, what, Some(id), "{}")?;
    Ok(codes)
}

/// The codes that are left, while they can be read: `Code::ChallengeRequired` when they cannot any more.
pub fn read_codes(tx: &mut Tx<'_>, ctx: &Ctx, id: &str) -> Result<Vec<Secret>> {
    user::get(tx, &ctx.project, id)?;
    match mfa::read_recovery_codes(tx, ctx, id)? {
        Readable::Codes { codes, .. } => Ok(codes),
        Readable::Gone => Err(Code::ChallengeRequired.into()),
    }
}

/// The session that a token is to be made for: the newest, or the one that is named. None where the user has none and
/// none was named.
pub fn find_session_for_token(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    id: &str,
    wanted: Option<&str>,
) -> Result<Option<session::Session>> {
    user::get(tx, &ctx.project, id)?;
    match wanted {
        Some(session) => session::get(tx, ctx, id, session).map(Some),
        None => Ok(session::list(tx, ctx, id)?.pop()),
    }
}
