//! Accounts with an e-mail address and a password. Passwords are checked and hashed outside transactions, so each verb
//! takes what was read before, and refuses when that is no longer so.

use super::Caller;
use super::challenge::forgive_others;
use super::finish::{First, Opening, SignedIn, admit_another, open};
use super::lockout;
use super::notice::{self, Notice};
use super::start::Terms;
use super::verify::may_add;
use crate::audit::{self, What};
use crate::base::time::HOUR;
use crate::base::{Code, Ctx, Email, Phone, Result, Target};
use crate::db::Tx;
use crate::device;
use crate::limit::{self, guess};
use crate::password::{self, Foreign, Stored};
use crate::project::Project;
use crate::session;
use crate::user::{self, User};
use crate::verification::{self, Purpose};

/// An account and its password, as they were read.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The account, if there is one.
    pub user: Option<User>,
    /// Its password, if it has one.
    pub stored: Option<Stored>,
    /// Whether too many wrong passwords locked it: neither a right nor a wrong one is told from the other then.
    pub locked: bool,
}

/// The account that signs in with this address or number, verified or not.
///
/// After a hundred wrong passwords in a row (NIST SP 800-63B §5.2.2) only networks that signed in with it before may go
/// on, so that a stranger locks nobody out: `Code::TooManyAttempts`, whether or not there is such an account. Where the
/// project locks passwords sooner (`auth.lockout`), the same networks still may.
pub fn find(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, by: &Target) -> Result<Known> {
    if failures(tx, ctx, by.as_str())? >= guess::FAILURES && !is_familiar(tx, ctx, by)? {
        return Err(Code::TooManyAttempts { retry_at: ctx.now.plus_micros(HOUR) }.into());
    }
    let user = user::find_by(tx, &ctx.project, by)?.filter(|user| !user.pending);
    let locked = is_locked(tx, ctx, project, user.as_ref(), by)?;
    Ok(Known { locked, ..known(tx, ctx, user)? })
}

/// Whether the project's lockout stands against a password of this account, by whatever it is named; of nobody's in the
/// same way.
fn is_locked(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, user: Option<&User>, by: &Target) -> Result<bool> {
    let Some(most) = project.settings.auth.locked_after() else { return Ok(false) };
    let failed = failures(tx, ctx, by.as_str())? + failures(tx, ctx, other_name(user, by))?;
    Ok(failed >= most && !is_familiar(tx, ctx, by)?)
}

/// By what else the account is named, or nothing: tries are counted by what was typed, and it is the account that is
/// locked.
fn other_name<'a>(user: Option<&'a User>, by: &Target) -> &'a str {
    match by {
        Target::Email(_) => user.and_then(|user| user.phone.as_ref()).map_or("", Phone::as_e164),
        Target::Phone(_) => user.and_then(|user| user.email.as_ref()).map_or("", Email::as_str),
    }
}

/// Wrong passwords in a row of an address or number.
fn failures(tx: &mut Tx<'_>, ctx: &Ctx, by: &str) -> Result<i64> {
    let ledger = limit::find_target(tx, &ctx.project, &password_target(by))?;
    Ok(ledger.map_or(0, |ledger| ledger.failures))
}

/// Whether the right password came from this network before.
fn is_familiar(tx: &mut Tx<'_>, ctx: &Ctx, by: &Target) -> Result<bool> {
    let origin = ctx.origin()?;
    let origin = origin.as_ref().map(<[u8; 32]>::as_slice);
    limit::is_known_origin(tx, &ctx.project, &password_target(by.as_str()), origin)
}

/// The ledger's names for the passwords of an account, in the order in which their rows are locked.
pub(super) fn password_targets(user: &User) -> impl Iterator<Item = String> + use<> {
    let email = user.email.as_ref().map(|email| password_target(email.as_str()));
    let phone = user.phone.as_ref().map(|phone| password_target(phone.as_e164()));
    let has_password = user.password_at.is_some();
    [phone, email].into_iter().flatten().filter(move |_| has_password)
}

/// Lets the password of an account sign in again, by the word of a server or of its owner.
pub fn unlock(tx: &mut Tx<'_>, ctx: &Ctx, id: &str) -> Result<User> {
    let user = user::get(tx, &ctx.project, id)?;
    for target in password_targets(&user) {
        // Whoever guesses at this moment is waited for: his row would be passed over.
        limit::lock_failures(tx, ctx, &target)?;
        limit::forgive(tx, ctx, &target, 1)?;
    }
    audit::record(tx, ctx, What::UserUpdate, Some(id), r#"{"changed":"lock"}"#)?;
    Ok(user)
}

/// The ledger's name for passwords of an address or number: their tries are counted apart from those of codes.
pub(super) fn password_target(by: &str) -> String {
    format!("password:{by}")
}

/// Counts a wrong password, whether or not an account has the address or number. The owner is told of the one that locks
/// the password, by a link to `page` where there is one; without a policy, of the hundredth in a row.
pub fn count_wrong(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    known: &Known,
    by: &Target,
    page: Option<&lockout::Page>,
) -> Result<()> {
    let user = known.user.as_ref();
    let (target, other) = (password_target(by.as_str()), password_target(other_name(user, by)));
    // Numbers before addresses, as wherever two of these rows are locked: nobody waits for whoever waits for him.
    let (ledger, others) = match by {
        Target::Email(_) => {
            let others = limit::lock_failures(tx, ctx, &other)?;
            (limit::lock_target(tx, ctx, &target)?, others)
        }
        Target::Phone(_) => {
            let ledger = limit::lock_target(tx, ctx, &target)?;
            (ledger, limit::lock_failures(tx, ctx, &other)?)
        }
    };
    limit::store_target(tx, ctx, &target, &ledger)?;
    limit::count_wrong(tx, ctx, &target)?;
    match project.settings.auth.locked_after() {
        Some(most) if ledger.failures + others + 1 == most => lockout::tell(tx, ctx, project, user, by, page),
        None if ledger.failures + 1 == guess::FAILURES => lockout::tell(tx, ctx, project, user, by, None),
        Some(_) | None => Ok(()),
    }
}

/// Remembers from where the right password came, and ends the row of wrong ones.
fn count_right(tx: &mut Tx<'_>, ctx: &Ctx, by: &str) -> Result<()> {
    let target = password_target(by);
    let ledger = limit::lock_target(tx, ctx, &target)?;
    limit::store_target(tx, ctx, &target, &ledger)?;
    limit::count_proof(tx, ctx, &target)?;
    limit::forgive(tx, ctx, &target, guess::FAILURES)
}

/// The account with this id.
pub fn find_by_id(tx: &mut Tx<'_>, ctx: &Ctx, id: &str) -> Result<Known> {
    let user = user::get(tx, &ctx.project, id)?;
    known(tx, ctx, Some(user))
}

fn known(tx: &mut Tx<'_>, ctx: &Ctx, user: Option<User>) -> Result<Known> {
    let stored = match &user {
        Some(user) => password::find(tx, ctx, &user.id)?,
        None => None,
    };
    Ok(Known { user, stored, locked: false })
}

/// What somebody signs up with. The password comes as its hash.
#[derive(Clone, Copy, Debug)]
pub struct SignUp<'a> {
    /// The id that he would like.
    pub id: Option<&'a str>,
    /// His address, which he has not proved yet.
    pub email: &'a Email,
    /// His name, or empty.
    pub name: &'a str,
    /// The hash of his password.
    pub hash: &'a str,
}

/// Makes an account; opens no session. `Code::UserExists` when its id or address is taken.
pub fn create(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, new: SignUp<'_>) -> Result<User> {
    admit_another(tx, ctx, project)?;
    let user = user::create(tx, ctx, new.id, new.email, new.name)?;
    let user = store(tx, ctx, project, &user.id, None, new.hash)?;
    audit::record(tx, ctx, What::UserCreate, Some(&user.id), "{}")?;
    Ok(user)
}

/// Makes an account with an address alone, whose owner signs in by what is sent there. One that has the address already
/// stays as it is, and nobody is told.
pub fn create_without_password(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, email: &Email, name: &str) -> Result<()> {
    admit_another(tx, ctx, project)?;
    match user::create(tx, ctx, None, email, name) {
        Ok(user) => audit::record(tx, ctx, What::UserCreate, Some(&user.id), "{}"),
        Err(error) if error.code == Code::UserExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Makes an account as [`create`] does, with what its owner says of himself, and signs him in. A `phone` is his claim
/// until he proves it.
pub fn create_and_sign_in(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    terms: &Terms,
    new: SignUp<'_>,
    phone: Option<&Phone>,
    image: Option<&str>,
) -> Result<SignedIn> {
    let user = create(tx, ctx, project, new)?;
    if let Some(phone) = phone {
        user::claim_phone(tx, ctx, &user.id, phone)?;
    }
    if image.is_some() {
        user::set_pref(tx, ctx, &user.id, "image", image)?;
    }
    let known = find_by_id(tx, ctx, &user.id)?;
    sign_in(tx, ctx, project, terms, &known, &Target::Email(new.email.clone()), None)
}

/// Opens a session for whoever knew the password of `known`, `by` whose address or number he asked. `rehashed` replaces its
/// hash, if that was made by older rules. `Code::UserBlocked` when the account is switched off, `Code::PhoneNotVerified`
/// when the terms want a number that is verified.
pub fn sign_in(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    terms: &Terms,
    known: &Known,
    by: &Target,
    rehashed: Option<&str>,
) -> Result<SignedIn> {
    let (Some(user), Some(stored)) = (&known.user, &known.stored) else {
        return Err(Code::InvalidCredentials.into());
    };
    // The account's row is locked before the password is looked at again: whoever changes it at this moment either is
    // seen here, or waits and then ends this session with the others.
    let user = match user::touch_sign_in(tx, ctx, &user.id) {
        Err(error) if error.code == Code::UserNotFound => return Err(Code::InvalidCredentials.into()),
        touched => touched?,
    };
    unchanged(tx, ctx, &user.id, Some(stored))?;
    // Once more, for those who guess all at once.
    if known.locked || is_locked(tx, ctx, project, Some(&user), by)? {
        return Err(Code::AccountLocked.into());
    }
    if let Some(hash) = rehashed {
        password::replace_hash(tx, ctx, &user.id, stored, hash)?;
    }
    let (provider, uid) = match by {
        Target::Email(_) => ("email", by.as_str()),
        Target::Phone(phone) if user.phone.as_ref() != Some(phone) => return Err(Code::InvalidCredentials.into()),
        Target::Phone(_) if terms.verified_numbers && user.verified_phone().is_none() => {
            return Err(Code::PhoneNotVerified.into());
        }
        Target::Phone(_) => ("phone", ""),
    };
    count_right(tx, ctx, by.as_str())?;
    forgive_others(tx, ctx, &user, &password_target(by.as_str()))?;
    open(tx, ctx, project, terms, user, Opening { provider, uid, factor: "password" }, First::default())
}

/// Gives the caller another password. Every other session of his ends. A first one is another way in, so it asks for what
/// a new factor asks for.
pub fn update_password(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    caller: &Caller,
    stored: Option<&Stored>,
    hash: &str,
) -> Result<User> {
    let before = caller.reload(tx, ctx)?;
    if stored.is_none() {
        may_add(ctx, project, &before, caller)?;
    }
    let after = store(tx, ctx, project, &before.id, stored, hash)?;
    session::delete_others(tx, ctx, &after.id, &caller.session.id)?;
    if let Some(email) = &after.email {
        // A link that somebody asked for before must not undo this.
        verification::consume_all(tx, ctx, Purpose::Recovery, email.as_str())?;
    }
    audit::record(tx, ctx, What::PasswordUpdate, Some(&after.id), "{}")?;
    notice::send(tx, ctx, project, &before, Notice::PasswordChanged)?;
    Ok(after)
}

/// A password as it is stored.
#[derive(Clone, Debug)]
pub enum Password {
    /// By our own hash, as a PHC string.
    Own(String),
    /// By the hash of another system.
    Foreign(Foreign),
}

impl Password {
    /// Gives it to a user, in place of what was `stored` when it was read.
    pub(super) fn store(
        &self,
        tx: &mut Tx<'_>,
        ctx: &Ctx,
        project: &Project,
        user: &str,
        stored: Option<&Stored>,
    ) -> Result<User> {
        let history = project.settings.auth.password_history;
        let set = match self {
            Self::Own(hash) => password::set(tx, ctx, user, stored, hash, history)?,
            Self::Foreign(foreign) => password::set_foreign(tx, ctx, user, stored, foreign, history)?,
        };
        if !set {
            return Err(Code::InvalidCredentials.into());
        }
        device::delete_all(tx, ctx, user)?;
        user::set_password_at(tx, ctx, user, Some(ctx.now))
    }
}

/// Stores a password of a user, by our own hash.
pub(super) fn store(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    user: &str,
    stored: Option<&Stored>,
    hash: &str,
) -> Result<User> {
    Password::Own(hash.to_owned()).store(tx, ctx, project, user, stored)
}

/// How the caller showed that he may change how he is reached.
#[derive(Clone, Copy, Debug)]
pub enum Shown<'a> {
    /// He knew the password.
    Password(&'a Stored),
    /// He has none; this is the hash of his first.
    First(&'a str),
}

/// Gives the caller another address, which he has yet to prove. The old one is told. `Code::EmailTaken` when another
/// account has it.
pub fn update_email(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    caller: &Caller,
    shown: Shown<'_>,
    email: &Email,
) -> Result<User> {
    let before = caller.reload(tx, ctx)?;
    may_add(ctx, project, &before, caller)?;
    let after = user::set_email(tx, ctx, &before.id, email)?;
    if after.email != before.email {
        device::delete_all(tx, ctx, &before.id)?;
        notice::send(tx, ctx, project, &before, Notice::EmailChanged)?;
    }
    audit::record(tx, ctx, What::EmailUpdate, Some(&before.id), "{}")?;
    accept(tx, ctx, project, after, shown)
}

/// Notes another number for the caller, which he has yet to prove. Until then the old one is his.
pub fn update_phone(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    caller: &Caller,
    shown: Shown<'_>,
    phone: &Phone,
) -> Result<User> {
    let before = caller.reload(tx, ctx)?;
    may_add(ctx, project, &before, caller)?;
    let after = user::claim_phone(tx, ctx, &before.id, phone)?;
    audit::record(tx, ctx, What::PhoneUpdate, Some(&before.id), "{}")?;
    accept(tx, ctx, project, after, shown)
}

fn accept(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, user: User, shown: Shown<'_>) -> Result<User> {
    match shown {
        Shown::Password(stored) => unchanged(tx, ctx, &user.id, Some(stored)).map(|()| user),
        Shown::First(hash) => {
            audit::record(tx, ctx, What::PasswordUpdate, Some(&user.id), "{}")?;
            store(tx, ctx, project, &user.id, None, hash)
        }
    }
}

/// Whether the password is still the one that was checked.
fn unchanged(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, stored: Option<&Stored>) -> Result<()> {
    let now = password::find(tx, ctx, user)?;
    let same = now.as_ref().map(|s| s.changed_at) == stored.map(|s| s.changed_at);
    if same { Ok(()) } else { Err(Code::InvalidCredentials.into()) }
}
