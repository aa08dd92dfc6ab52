//! Accounts of people.

mod attribute;
mod change;
mod import;
mod list;
mod notes;
mod numbers;
mod proof;
pub(crate) mod sql;
#[cfg(test)]
mod tests;

pub use change::{
    activate, claim_phone, set_blocked, set_email, set_email_by_key, set_email_proof, set_labels, set_mfa,
    set_mfa_bypass, set_mfa_phone, set_password_at, set_phone_by_key, set_phone_proof, set_pref, set_totp,
    touch_sign_in, update_name, update_prefs,
};
pub(crate) use change::{check_name, labels_text, prefs_text};
pub use import::{Import, Imported, Taken, find_place, import};
pub use list::{list, list_members};
pub use notes::{Notes, find_by_external_id, find_notes, set_external_id, set_vendor_metadata};
pub use numbers::{NumberQuery, NumberRow, NumberSort, list_numbers, remove_phone};
pub use proof::{Proved, Proving, create_pending, drop_claims, ensure_pending, prove, prove_claim, prove_email, wipe};

use crate::args;
use crate::base::{Code, Ctx, Email, Error, Phone, Result, Target, Time, fold};
use crate::db::{Row, Tx};
use crate::revocation;

/// The topic under which the process and other nodes learn that an account or one of its sessions changed; the key is
/// made by [`key`].
pub const CHANGED: &str = "user";

/// How an account came to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// By a code or link sent to a number or address nobody had.
    Flow,
    /// By somebody who gave an e-mail address and a password.
    SignUp,
    /// As a guest.
    Anonymous,
    /// By an API key.
    Key,
    /// By an import.
    Import,
}

impl Origin {
    const fn name(self) -> &'static str {
        match self {
            Self::Flow => "flow",
            Self::SignUp => "sign-up",
            Self::Anonymous => "anonymous",
            Self::Key => "key",
            Self::Import => "import",
        }
    }
}

/// Why an account's number or e-mail address is trusted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Proof {
    /// It is not: nobody proved it, and no API key set it.
    None,
    /// An API key set it.
    Set,
    /// An API key set it and says that it is verified.
    Vouched,
    /// A mock code, which proves nothing about the real owner.
    Mock,
    /// A code or link that was sent to it.
    Code,
}

impl Proof {
    /// As stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Set => "set",
            Self::Vouched => "vouched",
            Self::Mock => "mock",
            Self::Code => "code",
        }
    }

    /// Whether people are told that it is verified.
    pub const fn is_verified(self) -> bool {
        matches!(self, Self::Vouched | Self::Mock | Self::Code)
    }

    /// The one that is stored as `text`.
    pub fn find(text: &str) -> Option<Self> {
        [Self::None, Self::Set, Self::Vouched, Self::Mock, Self::Code].into_iter().find(|p| p.name() == text)
    }

    fn parse(text: &str) -> Result<Self> {
        Self::find(text).ok_or_else(|| Error::internal("an unknown proof"))
    }
}

/// An account.
#[expect(clippy::struct_excessive_bools, reason = "each is a column of its own meaning")]
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct User {
    /// Its id.
    pub id: String,
    /// How it came to be, as stored.
    pub origin: String,
    /// Made by the send path and not yet proved by anybody.
    pub pending: bool,
    /// Switched off: it may not sign in and its sessions do not work.
    pub blocked: bool,
    /// Its name, or empty.
    pub name: String,
    /// Its e-mail address.
    pub email: Option<Email>,
    /// Why that is trusted.
    pub email_proof: Proof,
    /// The number that finds it.
    pub phone: Option<Phone>,
    /// Why that is trusted.
    pub phone_proof: Proof,
    /// A number that the user set himself and has not proved.
    pub phone_claim: Option<Phone>,
    /// Whether a second factor is asked for.
    pub mfa: bool,
    /// Whether an authenticator app is verified.
    pub totp: bool,
    /// When its password was set, if it has one.
    pub password_at: Option<Time>,
    /// A proved number for codes of second factors: it finds nobody and signs nobody in.
    pub mfa_phone: Option<Phone>,
    /// Whether a server says that nobody asks it for a second factor.
    pub mfa_bypass: bool,
    /// Labels, set by API keys.
    pub labels: Vec<String>,
    /// The user's own JSON object, as text.
    pub prefs: String,
    /// When somebody first proved that it is his.
    pub proved_at: Option<Time>,
    /// The last sign-in.
    pub signed_in_at: Option<Time>,
    /// When it was made.
    pub created_at: Time,
    /// When it was changed last.
    pub updated_at: Time,
}

impl User {
    /// The account that `insert` makes.
    fn new(new: &Insert<'_>, now: Time) -> Self {
        let (phone, email) = match new.target {
            Some(Target::Phone(phone)) => (Some(phone.clone()), None),
            Some(Target::Email(email)) => (None, Some(email.clone())),
            None => (None, None),
        };
        Self {
            id: new.id.to_owned(),
            origin: new.origin.name().to_owned(),
            pending: new.origin == Origin::Flow,
            blocked: false,
            name: new.name.to_owned(),
            email,
            email_proof: Proof::None,
            phone,
            phone_proof: Proof::None,
            phone_claim: None,
            mfa: false,
            totp: false,
            password_at: None,
            mfa_phone: None,
            mfa_bypass: false,
            labels: Vec::new(),
            prefs: "{}".to_owned(),
            proved_at: None,
            signed_in_at: new.signed_in_at(now),
            created_at: now,
            updated_at: now,
        }
    }

    /// The number to show: a claim stands in front of the number it is to replace.
    pub fn shown_phone(&self) -> Option<&Phone> {
        self.phone_claim.as_ref().or(self.phone.as_ref())
    }

    /// Whether the number that is shown is verified.
    pub fn is_phone_verified(&self) -> bool {
        self.phone_claim.is_none() && self.phone.is_some() && self.phone_proof.is_verified()
    }

    /// The number that is verified, also while another one is claimed.
    pub fn verified_phone(&self) -> Option<&Phone> {
        self.phone.as_ref().filter(|_| self.phone_proof.is_verified())
    }

    /// The number that gets the codes of its second factor: one that is for this alone, else the verified one.
    pub fn second_phone(&self) -> Option<&Phone> {
        self.mfa_phone.as_ref().or_else(|| self.verified_phone())
    }

    /// Whether its e-mail address is verified.
    pub fn is_email_verified(&self) -> bool {
        self.email.is_some() && self.email_proof.is_verified()
    }

    /// A text in the user's own JSON object.
    pub fn pref(&self, name: &str) -> Option<String> {
        // Hardly anybody has one, and most answers need none.
        let named = self.prefs.contains(&format!("\"{name}\""));
        let prefs: serde_json::Value = named.then(|| serde_json::from_str(&self.prefs).ok()).flatten()?;
        prefs[name].as_str().map(str::to_owned)
    }

    /// Whether a mock code may sign in to it: nobody real holds the number there.
    pub fn takes_mock_codes(&self) -> bool {
        matches!(self.phone_proof, Proof::None | Proof::Mock)
    }

    fn load(row: &Row<'_>) -> Result<Self> {
        Self::load_from(row, 0)
    }

    /// Reads the columns of a user that begin at `first`.
    pub(crate) fn load_from(row: &Row<'_>, first: usize) -> Result<Self> {
        Ok(Self {
            id: row.get(first)?,
            origin: row.get(first + 1)?,
            pending: row.get(first + 2)?,
            blocked: row.get(first + 3)?,
            name: row.get(first + 4)?,
            email: row.get(first + 5)?,
            email_proof: Proof::parse(&row.get::<String>(first + 6)?)?,
            phone: row.get(first + 7)?,
            phone_proof: Proof::parse(&row.get::<String>(first + 8)?)?,
            phone_claim: row.get(first + 9)?,
            mfa: row.get(first + 10)?,
            labels: match row.get::<String>(first + 11)?.as_str() {
                "[]" => Vec::new(),
                labels => serde_json::from_str(labels).map_err(Error::internal)?,
            },
            prefs: row.get(first + 12)?,
            proved_at: row.get(first + 13)?,
            signed_in_at: row.get(first + 14)?,
            created_at: row.get(first + 15)?,
            updated_at: row.get(first + 16)?,
            totp: row.get(first + 17)?,
            password_at: row.get(first + 18)?,
            mfa_phone: row.get(first + 19)?,
            mfa_bypass: row.get(first + 20)?,
        })
    }
}

/// The key under which changes of an account are announced.
pub fn key(project: &str, user: &str) -> String {
    format!("{project}/{user}")
}

/// Tells everybody who remembers the account or its sessions to look again.
pub fn announce(tx: &mut Tx<'_>, ctx: &Ctx, id: &str) -> Result<()> {
    revocation::announce(tx, ctx, CHANGED, &key(&ctx.project, id))
}

/// The account with this id.
pub fn find(tx: &mut Tx<'_>, project: &str, id: &str) -> Result<Option<User>> {
    tx.find(sql::FIND, args![project, id], User::load)
}

/// The account with this id, or `Code::UserNotFound`.
pub fn get(tx: &mut Tx<'_>, project: &str, id: &str) -> Result<User> {
    find(tx, project, id)?.ok_or_else(|| Code::UserNotFound.into())
}

/// The account that this number or address finds.
pub fn find_by(tx: &mut Tx<'_>, project: &str, target: &Target) -> Result<Option<User>> {
    match target {
        Target::Phone(phone) => tx.find(sql::FIND_BY_PHONE, args![project, phone], User::load),
        Target::Email(email) => tx.find(sql::FIND_BY_EMAIL, args![project, email], User::load),
    }
}

/// Reads an account of somebody else, the one next to `near`, where nobody was found: so that a name that nobody has is
/// answered no sooner than one that somebody has. Without `near` it reads none, by the same statement.
pub fn stand_in(tx: &mut Tx<'_>, project: &str, near: Option<&str>) -> Result<()> {
    // No project has an empty id.
    let (project, near) = near.map_or(("", ""), |near| (project, near));
    tx.find(sql::FIND_NEAR, args![project, near], User::load).map(drop)
}

/// Whether the id belongs to an account that somebody signed in to or that a key made. A pending one holds no id.
pub fn is_reserved(tx: &mut Tx<'_>, project: &str, id: &str) -> Result<bool> {
    Ok(tx.find(sql::IS_RESERVED, args![project, id], |_| Ok(()))?.is_some())
}

/// How many accounts the project has. Pending ones do not count.
pub fn count(tx: &mut Tx<'_>, project: &str) -> Result<i64> {
    Ok(tx.find(sql::COUNT, args![project], |row| row.get(0))?.unwrap_or(0))
}

/// Removes accounts of the send path that nobody signed in to since `before`.
pub fn purge_pending(tx: &mut Tx<'_>, project: &str, before: Time) -> Result<u64> {
    tx.exec(sql::PURGE_PENDING, args![before, project])
}

/// What `insert` takes.
struct Insert<'a> {
    id: &'a str,
    origin: Origin,
    name: &'a str,
    target: Option<&'a Target>,
}

impl Insert<'_> {
    /// A guest is signed in as soon as he is there.
    fn signed_in_at(&self, now: Time) -> Option<Time> {
        (self.origin == Origin::Anonymous).then_some(now)
    }
}

/// Makes an account; none when its id, number or address is taken.
fn insert(tx: &mut Tx<'_>, ctx: &Ctx, new: &Insert<'_>) -> Result<Option<User>> {
    let user = User::new(new, ctx.now);
    let made = tx.exec(
        sql::INSERT,
        args![
            &ctx.project,
            new.id,
            &user.origin,
            user.pending,
            new.name,
            user.email.as_ref(),
            user.phone.as_ref(),
            user.signed_in_at,
            ctx.now,
            &fold(new.name),
        ],
    )?;
    Ok((made == 1).then_some(user))
}

/// Makes a guest's account.
pub fn create_anonymous(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<User> {
    let new = Insert { id: &ctx.id(), origin: Origin::Anonymous, name: "", target: None };
    insert(tx, ctx, &new)?.ok_or_else(|| Code::UserExists.into())
}

/// What a server makes an account of.
#[derive(Clone, Copy, Debug, Default)]
pub struct NewByKey<'a> {
    /// The id that it is to have.
    pub id: Option<&'a str>,
    /// Its e-mail address.
    pub email: Option<&'a Email>,
    /// Its number.
    pub phone: Option<&'a Phone>,
    /// Its name, or empty.
    pub name: &'a str,
}

/// Makes an account by a server's word: number and address are trusted, though not shown as verified. A pending account
/// holds nothing against it. `Code::UserExists` when its id, number or address is taken.
pub fn create_by_key(tx: &mut Tx<'_>, ctx: &Ctx, new: &NewByKey<'_>) -> Result<User> {
    check_name(new.name)?;
    let id = new.id.map_or_else(|| ctx.id(), str::to_owned);
    tx.exec(sql::DELETE_PENDING_BY_ID, args![&ctx.project, &id])?;
    if let Some(email) = new.email {
        tx.exec(sql::DELETE_PENDING_BY_EMAIL, args![&ctx.project, email])?;
    }
    if let Some(phone) = new.phone {
        match proof::release(tx, ctx, &id, phone, true) {
            Err(error) if error.code == Code::PhoneTaken => return Err(Code::UserExists.into()),
            released => released?,
        }
    }
    let proof = |given: bool| if given { Proof::Set.name() } else { Proof::None.name() };
    let (email_proof, phone_proof) = (proof(new.email.is_some()), proof(new.phone.is_some()));
    let made = tx.find(
        sql::INSERT_BY_KEY,
        args![&ctx.project, &id, new.name, new.email, email_proof, new.phone, phone_proof, ctx.now, &fold(new.name),],
        User::load,
    )?;
    made.ok_or_else(|| Code::UserExists.into())
}

/// Removes an account, and tells everybody who remembers it. `Code::UserNotFound` when there is none.
pub fn delete(tx: &mut Tx<'_>, ctx: &Ctx, id: &str) -> Result<()> {
    if tx.exec(sql::DELETE, args![&ctx.project, id])? == 0 {
        return Err(Code::UserNotFound.into());
    }
    announce(tx, ctx, id)
}

/// Makes the account of somebody who signs up with an e-mail address; a pending one holds neither its id nor its
/// address against him. `Code::UserExists` when the id or the address is taken.
pub fn create(tx: &mut Tx<'_>, ctx: &Ctx, id: Option<&str>, email: &Email, name: &str) -> Result<User> {
    check_name(name)?;
    let id = id.map_or_else(|| ctx.id(), str::to_owned);
    tx.exec(sql::DELETE_PENDING_BY_ID, args![&ctx.project, &id])?;
    tx.exec(sql::DELETE_PENDING_BY_EMAIL, args![&ctx.project, email])?;
    let target = Target::Email(email.clone());
    insert(tx, ctx, &Insert { id: &id, origin: Origin::SignUp, name, target: Some(&target) })?
        .ok_or_else(|| Code::UserExists.into())
}
